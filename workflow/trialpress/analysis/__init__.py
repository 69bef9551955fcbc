"""The analysis results data: every analysis of the plan, one row per statistic."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path

import pandas as pd

from .. import ids
from ..calculation import days_between
from ..checks.values import SAME_NAME, shared_names
from ..cohort.columns import OfSubjects
from ..cohort.endpoints import whole
from ..contracts import ARD, CURVES, PARTICIPANTS
from ..errors import InputError, Problem, raise_if
from ..expression import Expression, ExpressionError, impossible
from ..ids import EVERYONE, Name
from ..names import names_of
from ..plan import Plan, level_texts
from ..study import Study
from ..text import number_text
from .display import display, together
from .families import NOT_ADJUSTED, adjusted
from .precision import merged, printed, problems

ROW = ["group", "group_label", "level", "level_label", "statistic", "value", "display", "method", "note"]
COUNTS = ("n", "N", "events")  # statistics beside which it is said who is left out


@dataclass
class Data:
    """What a method works on: the participants of its population, and what the plan and the dictionary say of them.
    unknown: whether a participant with an unknown outcome is `left_out` or counts as `no_event`.
    """

    frame: pd.DataFrame
    plan: Plan
    study: Study
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    daily: pd.DataFrame | None = None
    unknown: str = "left_out"

    def columns(self) -> OfSubjects:
        return OfSubjects(self.frame, self.tables, self.study.participant, self.plan.kinds)

    def holds(self, condition: str) -> pd.Series:
        """Boolean with missing: where the condition is not known it stays missing."""
        return Expression(condition)(self.columns()).astype("boolean")

    def outcome(self, condition: str) -> pd.Series:
        """The same of what is counted: false where it is not known, if the analysis counts unknown outcomes so."""
        holds = self.holds(condition)
        return holds.fillna(False) if self.unknown == "no_event" else holds

    def groups(self, by: str) -> dict[Name, pd.Series]:
        """Level -> members, in the order of printing; a level without participants stays. No `by`: everyone."""
        if not by:
            return {EVERYONE: pd.Series(True, index=self.frame.index)}
        values = level_texts(self.frame[by])
        known = list(self.plan.columns[by].levels)
        levels = known or sorted(values.dropna().unique(), key=_natural)
        if "" in levels:
            what, why = "a level is the empty text", "its participants would be taken for everyone"
            raise InputError([Problem(f"plan.yaml, {by}", what, why, "give it a code, or make it missing")])
        names = {level: self.plan.level_label(by, level) for level in levels}
        raise_if(Problem(f"plan.yaml, {by}", what, SAME_NAME, do) for what, do in shared_names(names))
        codes, found = pd.factorize(values)
        at = {text: code for code, text in enumerate(found)}
        members = {level: pd.Series(codes == at.get(level, len(at)), index=values.index) for level in names}
        return {Name(level, label): members[level] for level, label in names.items()}

    def days_after_origin(self, endpoint: str, moments: pd.Series) -> pd.Series:
        """Days from the time origin of an endpoint: of dates by the calendar, as its times are; of an endpoint from durations the
        moments are durations in its unit. Missing where a moment is."""
        of = self.plan.endpoints[endpoint]
        if of.from_durations:
            return whole(moments) / self.plan.per(endpoint, "days")
        return days_between(Expression(of.origin)(self.columns()), moments)

    def column(self, name: str) -> Name:
        """A column as a row of results names it."""
        return ids.column(name, self.plan.label(name, unit=True))

    def levels(self, variable: str) -> dict[Name, pd.Series]:
        """The groups of a column as rows of results name them beside other columns."""
        of = ids.column(variable, self.plan.label(variable))
        return {ids.level(of, code): members for code, members in self.groups(variable).items()}


def _natural(text: str):
    """Numbers by size, then texts; nan and inf are texts."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    return (0, number, text) if math.isfinite(number) else (1, 0.0, text)


@dataclass
class Rows:
    """Collects the rows and curves of one analysis."""

    method: str = ""
    rows: list[dict] = field(default_factory=list)
    curves: list[pd.DataFrame] = field(default_factory=list)

    def add(self, result, *, group: Name = EVERYONE, level: Name = EVERYONE, kind: str = "estimate", kinds: Mapping[str, str] | None = None,
            names: Mapping[str, str] | None = None, method: str = "", note: str = "", only: tuple[str, ...] = ()):  # fmt: skip
        """Rows from a stats Result or a mapping of statistics. `kind` and `kinds` say how values are printed."""
        values = result if isinstance(result, Mapping) else result.values
        method = method or getattr(result, "method", "")
        note = "; ".join(part for part in (getattr(result, "note", ""), note) if part)
        renamed = {(names or {}).get(name, name): value for name, value in values.items() if not only or name in only}
        kinds = (together(renamed) if kind == "estimate" else {}) | dict(kinds or {})
        for name, value in values.items():
            if only and name not in only:
                continue
            statistic = (names or {}).get(name, name)
            value = float(value)
            missing = math.isnan(value)
            self.rows.append(
                {**_about(group, level), "statistic": statistic, "value": value,
                 "display": display(statistic, value, kinds.get(name, kinds.get(statistic, kind))), "method": method,
                 "note": note or ("not estimable" if missing else "")}
            )  # fmt: skip

    def curve(self, curve: Mapping, *, group: Name = EVERYONE, level: Name = EVERYONE):
        frame = pd.DataFrame(
            {name: values for name, values in curve.items() if name in CURVES.columns or name == "time"}
        )
        frame = frame.rename(columns={"time": "x"})
        self.curves.append(frame.assign(**_about(group, level)))


def _about(group: Name, level: Name) -> dict[str, str]:
    """The columns that say what a row is about."""
    return {"group": group.id, "group_label": group.label, "level": level.id, "level_label": level.label}


def _noted(rows: list[dict], notes: list[str]) -> list[dict]:
    """The notes added to the rows of counts, or to all rows where nothing is counted."""
    counted = any(row["statistic"] in COUNTS for row in rows)
    for row in rows:
        if (row["statistic"] in COUNTS) == counted:
            row["note"] = "; ".join(dict.fromkeys(filter(None, [row["note"], *notes])))
    return rows


def run(
    study: Study, plan: Plan, subjects: pd.DataFrame, daily: pd.DataFrame, tables: Mapping, published: Mapping = {}
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """All analyses of the plan: (ard, curves, participants), sorted, in the contracts' columns. published: what is known of
    the patients of a reconstruction, see `origin`."""
    from .methods import METHODS
    from .origin import COMPUTED, origins, sets
    from .participants import parted, table, unlike
    from .source import Kept, analysed

    found, curves, counted, of, kept = [], [], [], {}, Kept()
    for name, spec in plan.analyses.items():
        population = spec["population"]
        n_population = int(subjects[population].sum())
        rows, data = Rows(), Data(subjects, plan, study)
        try:
            data, before = analysed(study, plan, subjects, daily, tables, name, kept)
            METHODS.functions[spec["method"]](data, rows, **METHODS.options(spec))
        except ExpressionError as error:
            raise InputError(impossible(f"plan.yaml, analyses.{name}", error, data.frame[study.participant])) from error
        except ValueError as error:
            why, do = "the analysis cannot be computed", "correct its options, or the columns that it names"
            raise InputError([Problem(f"plan.yaml, analyses.{name}", str(error), why, do)]) from error
        part, left = parted(data, spec)
        out = [*before, *left]
        about = {"analysis": name, "population": population, "n_population": n_population}
        mine = [row | about for row in _noted(rows.rows, [str(one) for one in out if one.said])]
        own = spec.get("precision", {})
        if precision := merged(plan.precision, own):
            ard = pd.DataFrame(mine, columns=[*ROW, *about])
            raise_if(problems(f"plan.yaml, analyses.{name}", own, ard))
            mine = [row | {"display": text} for row, text in zip(mine, printed(ard, precision), strict=True)]
        found += mine
        curves += [curve.assign(analysis=name) for curve in rows.curves]
        counted += table(name, spec, n_population, data, part, out)
        of[name] = data
    why = "one endpoint would have two denominators in one report"
    do = "write `unknown: left_out` or `unknown: no_event` in both, the same one unless both are meant"
    raise_if(Problem(f"plan.yaml, analyses.{name}", what, why, do) for name, what in unlike(study, plan, of))
    ard = pd.DataFrame(found, columns=[*ROW, "analysis", "population", "n_population"])
    ard = pd.concat(
        [ard, *(adjusted(ard, plan, family) for family, how in plan.families.items() if how != NOT_ADJUSTED)],
        ignore_index=True,
    )
    raise_if(problems("plan.yaml, plan", plan.precision, ard))
    twice = ard.duplicated(list(ARD.key))
    if twice.any():
        raise_if(
            Problem(f"plan.yaml, analyses.{row.analysis}", f"'{' / '.join(filter(None, (row.group, row.level, row.statistic)))}' stands twice",
                    "one would take the place of the other", "name each variable, time and cause once")
            for row in ard[twice].itertuples()
        )  # fmt: skip
    named: dict[str, list[tuple]] = {}
    for name, *row in sorted(
        zip(*(ard[column].to_numpy(dtype=object) for column in ARD.key), strict=True), key=itemgetter(0)
    ):
        named.setdefault(name, []).append(row)
    for name, rows in named.items():  # two rows of one name stop here and not in the manuscript
        names_of(name, ((group, level) for group, level, _ in rows), (statistic for *_, statistic in rows))
    simulated = study.reconstruction
    everyone = pd.Index(subjects[study.participant])
    counts = {name: sets(plan, data, name, everyone) for name, data in of.items()} if simulated else {}
    ard["origin"] = origins(plan, published, ard, counts) if simulated else COMPUTED
    ard = ard.sort_values(list(ARD.key), kind="stable")[list(ARD.columns)].reset_index(drop=True)
    curve = pd.concat(curves, ignore_index=True) if curves else pd.DataFrame()
    participants = pd.DataFrame(counted, columns=list(PARTICIPANTS.columns))
    return ard, curve.reindex(columns=list(CURVES.columns)), participants


def write(ard: pd.DataFrame, curves: pd.DataFrame, participants: pd.DataFrame, folder: Path) -> None:
    """ard.csv, curves.csv and participants.csv."""
    text = ard.assign(
        value=[("" if pd.isna(v) else number_text(v) if math.isfinite(v) else str(v)) for v in ard["value"]]
    )
    ARD.write(text, folder)
    CURVES.write(curves, folder)
    PARTICIPANTS.write(participants, folder)
