"""The registry of methods, and what several of them need."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from ...ids import EVERYONE, Name
from ...registry import Registry
from ...stats.result import Result
from .. import Data, Rows

METHODS = Registry(
    "method", "method", ("population", "where", "label", "family", "family_of", "rows", "unknown", "precision")
)

Interval = Literal["clopper-pearson", "wilson", "jeffreys", "mid-p", "blaker"]
Alternative = Literal["two-sided", "greater", "less"]
Unit = Literal["hours", "days", "weeks", "months", "years"]
PERCENT = dict.fromkeys(("estimate", "ci_low", "ci_high", "std_error", "standard_error"), "percent")
RATIO = dict.fromkeys(("ci_low", "ci_high"), "ratio")


def not_estimable(
    rows: Rows, statistics: Iterable[str], why: str, method: str, *, group: Name = EVERYONE, level: Name = EVERYONE
):
    """Rows without a value that say why."""
    rows.add(
        dict.fromkeys(statistics, float("nan")),
        group=group,
        level=level,
        method=method,
        note=f"not estimable: {why}",
    )


def reworded(result: Result, words: Mapping[str, str]) -> Result:
    """The result with groups called by their names in its method and note."""
    pattern = "|".join(map(re.escape, words))  # all at once: a name may itself be called "group 1"
    method, note = (re.sub(pattern, lambda found: words[found[0]], text) for text in (result.method, result.note))
    return Result(method, result.values, note, result.curve)


def by_suffix(result: Result) -> dict[str, Result]:
    """The part of a result for each level, of statistics that are named `statistic:level`; the others under ''."""
    parts: dict[str, dict[str, float]] = {}
    for name, value in result.values.items():
        statistic, _, level = name.partition(":")
        parts.setdefault(level, {})[statistic] = value
    return {level: Result(result.method, values, result.note) for level, values in parts.items()}


# --- columns ----------------------------------------------------------------------------------------------------------


def is_categorical(data: Data, variable: str) -> bool:
    """Whether a column is counted by level rather than summarised."""
    return bool(data.plan.columns[variable].levels) or not pd.api.types.is_numeric_dtype(data.frame[variable]) or (
        data.frame[variable].dtype == "boolean"
    )  # fmt: skip


def number(values: pd.Series) -> np.ndarray:
    """A column as floats, NaN where it is missing."""
    return values.astype("Float64").to_numpy(dtype=float, na_value=np.nan)


def is_measured(data: Data, variable: str) -> bool:
    """Whether a column holds numbers (codes that are numbers among them), and not codes in an order."""
    if pd.api.types.is_numeric_dtype(data.frame[variable]):
        return True
    return bool(pd.to_numeric(data.frame[variable].dropna(), errors="coerce").notna().all())


def scores(data: Data, variable: str) -> np.ndarray:
    """A column as floats: numbers as they are, codes by their position (1, 2, ...) in the order of the dictionary."""
    if is_measured(data, variable):
        return number(data.frame[variable])
    kind = data.plan.kinds.get(variable)
    order = kind.codes if kind and kind.codes else [level.id for level in data.groups(variable)]
    places = {code: float(at) for at, code in enumerate(order, start=1)}
    return data.frame[variable].map(places).to_numpy(dtype=float, na_value=np.nan)


def both_known(data: Data, x: str, y: str) -> tuple[np.ndarray, np.ndarray]:
    """Two columns as floats (see `scores`), of the participants in whom both are known."""
    first, second = scores(data, x), scores(data, y)
    known = ~np.isnan(first) & ~np.isnan(second)
    return first[known], second[known]


def differences(data: Data, after: str, before: str) -> np.ndarray:
    """One column less another, in whom both are known."""
    first, second = both_known(data, after, before)
    return first - second


def samples(data: Data, variable: str, by: str) -> dict[Name, np.ndarray]:
    """The known values of a column in each group."""
    values = scores(data, variable)
    groups = {group: values[members.to_numpy()] for group, members in data.groups(by).items()}
    return {group: here[~np.isnan(here)] for group, here in groups.items()}


def outcomes(data: Data, event: str, needed: list[str]) -> tuple[np.ndarray, pd.Series]:
    """(whether the condition holds, in whom it and the needed columns are known)."""
    holds = data.outcome(event)
    known = holds.notna() & data.frame[needed].notna().all(axis=1)
    return holds[known].to_numpy(dtype=bool), known


# --- groups -----------------------------------------------------------------------------------------------------------


def comparable(
    rows: Rows,
    sizes: Mapping[Name, int],
    method: str,
    statistics: Iterable[str],
    *,
    two: bool = True,
    level: Name = EVERYONE,
) -> bool:
    """Whether two groups (or more, if not `two`) have participants; if not, rows that say so."""
    filled = sum(size > 0 for size in sizes.values())
    if filled == 2 or (filled > 2 and not two):
        return True
    groups = f"{filled} group{'s' if filled != 1 else ''} with participants"
    not_estimable(
        rows, statistics, f"{groups} where two {'are' if two else 'or more are'} compared", method, level=level
    )
    return False


def two_samples(rows: Rows, groups: Mapping[Name, np.ndarray], method: str, statistics: Iterable[str]):
    """The values of the second and of the first group; None, and rows that say why, unless two groups have some."""
    if not comparable(rows, {group: values.size for group, values in groups.items()}, method, statistics):
        return None
    first, second = (values for values in groups.values() if values.size)
    return second, first


def event_counts(data: Data, holds: pd.Series, by: str) -> dict[Name, tuple[int, int]]:
    """Group -> (events, participants in whom the condition is known)."""
    return {
        group: (int(holds[members].sum()), int(holds[members].notna().sum()))
        for group, members in data.groups(by).items()
    }


def known_counts(rows: Rows, counts: Mapping[Name, tuple[int, int]]):
    """Rows of events, participants and share per group."""
    for group, (n, N) in counts.items():
        rows.add(
            {"n": n, "N": N, "percent": n / N if N else float("nan")},
            group=group,
            method="counts of known outcomes",
            note="" if N else "not estimable: no participants with a known outcome",
        )


def two_proportions(data: Data, rows: Rows, event: str, by: str, method: str, statistics: Iterable[str]):
    """The two groups that are compared as {group: (n, N)}, the second before the first, since it is compared with it.

    None, and rows that say why, unless two groups have participants. The counts become rows in any case.
    """
    counts = event_counts(data, data.outcome(event), by)
    known_counts(rows, counts)
    if not comparable(rows, {group: N for group, (_, N) in counts.items()}, method, statistics):
        return None
    first, second = (group for group, (_, N) in counts.items() if N)
    return {second: counts[second], first: counts[first]}


def two_by_two(counts: Mapping[Name, tuple[int, int]]) -> np.ndarray:
    """Groups in rows, events and non-events in columns."""
    return np.array([[n, N - n] for n, N in counts.values()])


def cross_table(data: Data, variable: str, by: str) -> tuple[np.ndarray, list[Name], list[Name]]:
    """Counts of `variable` (rows) by `by` (columns), with the names of columns and rows."""
    columns, lines = data.groups(by), data.groups(variable)
    table = [[int((line & column).sum()) for column in columns.values()] for line in lines.values()]
    return np.array(table).reshape(len(lines), len(columns)), list(columns), list(lines)


# --- time to event ----------------------------------------------------------------------------------------------------


def followed(data: Data, endpoint: str, outcome: str = "event") -> pd.Series:
    """Whose time and outcome are known; with delayed entry also: who comes under observation before the end of it."""
    frame, entry = data.frame, f"{endpoint}_entry"
    known = frame[[f"{endpoint}_time", f"{endpoint}_{outcome}"]].notna().all(axis=1)
    if data.plan.endpoints[endpoint].entry:
        known &= (frame[entry] < frame[f"{endpoint}_time"]).fillna(False).astype(bool)
    return known


def follow_up(
    data: Data, endpoint: str, unit: str, needed: Iterable[str] = (), outcome: str = "event"
) -> tuple[np.ndarray, np.ndarray, pd.Series]:
    """(times in `unit`, outcomes, in whom they and the needed columns are known); outcome: event or cause."""
    known = followed(data, endpoint, outcome) & data.frame[list(needed)].notna().all(axis=1)
    time, values = (data.frame.loc[known, f"{endpoint}_{name}"].to_numpy(dtype=float) for name in ("time", outcome))
    return time / data.plan.per(endpoint, unit), values, known


def entry_of(data: Data, endpoint: str, unit: str, known: pd.Series) -> np.ndarray | None:
    """When each participant of `known` comes under observation, in `unit`; None where all are from the start."""
    if not data.plan.endpoints[endpoint].entry:
        return None
    return data.frame.loc[known, f"{endpoint}_entry"].to_numpy(dtype=float) / data.plan.per(endpoint, unit)


def strata_of(data: Data, stratum: str, known: pd.Series) -> np.ndarray | None:
    """The stratum of each participant of `known` as text; None without strata."""
    return data.frame.loc[known, stratum].astype(str).to_numpy(dtype=object) if stratum else None


def group_codes(data: Data, by: str, known: pd.Series) -> tuple[np.ndarray, dict[Name, int]]:
    """(position of the group of each known participant, size of each group), of the groups that have participants."""
    members = {group: here[known].to_numpy() for group, here in data.groups(by).items()}
    members = {group: here for group, here in members.items() if here.any()}
    code = np.zeros(int(known.sum()), dtype=int)
    for at, here in enumerate(members.values()):
        code[here] = at
    return code, {group: int(here.sum()) for group, here in members.items()}


# --- models -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Design:
    """Covariates of a model. X: (participants, columns); names: of the columns; known: who is complete; note: which
    covariates are left out; why: why no model can be fitted, or empty.
    """

    X: np.ndarray
    names: list[Name]
    known: pd.Series
    note: str
    why: str

    @classmethod
    def of(cls, data: Data, covariates: Iterable[str], known: pd.Series) -> Design:
        """Continuous covariates as they are, categorical ones against their first level that has participants."""
        covariates = list(covariates)
        known = known & data.frame[covariates].notna().all(axis=1)
        columns, names, single = [], [], []
        for covariate in covariates:
            if not is_categorical(data, covariate):
                columns.append(data.frame.loc[known, covariate].to_numpy(dtype=float))
                names.append(data.column(covariate))
                continue
            levels = {level: m[known].to_numpy(dtype=float) for level, m in data.levels(covariate).items()}
            present = [level for level, column in levels.items() if column.any()]
            single += [] if len(present) > 1 else [data.plan.label(covariate, unit=True)]
            columns += [levels[level] for level in present[1:]]
            names += present[1:]
        notes = [f"{label} has one level only and is left out" for label in single]
        why = "no participants" if not known.any() else "" if columns else "the covariates have one level only"
        X = np.column_stack(columns) if columns else np.empty((int(known.sum()), 0))
        return cls(X, names, known, "; ".join(notes), why)

    @property
    def labels(self) -> list[str]:
        """What notes call the covariates."""
        return [name.label for name in self.names]

    def refused(self, data: Data, rows: Rows, covariates: Iterable[str], ratio: str, method: str) -> bool:
        """Whether no model can be fitted; if so, a row per covariate says why."""
        for covariate in covariates if self.why else ():
            not_estimable(rows, (ratio,), self.why, method, level=data.column(covariate))
        return bool(self.why)


def coefficients(rows: Rows, result: Result, names: list[Name], ratio: str, note: str = ""):
    """Per covariate rows from a Result whose `curve` has one row per covariate; not estimable: rows that say why."""
    for at, name in enumerate(names):
        values = dict.fromkeys((ratio,), float("nan"))
        if result.curve:
            values = {key: result.curve[key][at] for key in (ratio, "ci_low", "ci_high", "p_value")}
        rows.add(Result(result.method, values, result.note), level=name, kinds=RATIO, note=note)
