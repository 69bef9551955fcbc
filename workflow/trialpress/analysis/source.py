"""What an analysis works on: the participants of its population, or the rows of a long table that belong to them.

    rows: {table: labs, where: analyte == 'CRP', at: day == 7, value: value, baseline: day == 0}

`where` chooses the rows, `at` those of them that are analysed, `baseline` the one row per participant that they are
compared with. The method then finds the columns of the table and of the subjects, and `value`, `baseline`, `change` and `z`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from ..checks.values import fields
from ..cohort.columns import OfRows, placed
from ..errors import InputError, Problem
from ..expression import Expression, ExpressionError, impossible
from ..kinds import NUMBER
from ..plan import Derived, Plan
from ..study import Study
from ..text import number_text
from . import Data
from .participants import NO_SUCH_POPULATION, NOT_CHOSEN, LeftOut

CHANCE = "one of them would be chosen by chance, or a participant counted twice"


def rows_of(data: Data, table: str) -> tuple[pd.DataFrame, OfRows]:
    """The rows of a clean table that belong to the participants of `data`, and the columns that an expression over them
    may use: those of the table and of the subjects."""
    frame, at = placed(data.tables[table], data.frame[data.study.participant])
    return frame, OfRows(frame, data.columns(), at, {**data.plan.kinds, **fields(data.study)[table]})


def columns_of_rows(study: Study, spec: Mapping) -> dict[str, Derived]:
    """What is printed of the columns that `rows` adds: those of the table, then value, z, baseline and change."""
    source = study.tables[spec["table"]]
    found = {
        name: Derived(name, {}, column.label, column.unit, column.type, {code: code for code in column.codes})
        for name in source.kept
        if name != study.participant
        for column in [source.columns[name]]
    }
    if "value" not in spec:
        return found
    plain = found.get(str(spec["value"]), Derived("", {}))
    label, unit = spec.get("label", "") or plain.label, spec.get("unit", "") or plain.unit
    found["value"] = Derived("value", {}, label or "value", unit, plain.type, plain.levels)
    found["z"] = Derived("z", {}, f"{label}, z-score" if label else "z-score", "", "number")
    if "baseline" in spec:
        name = label or "value"
        found["baseline"] = Derived("baseline", {}, f"{name} at baseline", unit, "number")
        found["change"] = Derived("change", {}, f"{name}, change from baseline", unit, "number")
    return found


def with_rows(plan: Plan, study: Study, spec: Mapping) -> Plan:
    """The plan as an analysis of rows sees it."""
    columns = columns_of_rows(study, spec)
    kinds = {**fields(study)[spec["table"]], **dict.fromkeys(set(columns) & {"z", "baseline", "change"}, NUMBER)}
    if "value" in spec:
        kinds["value"] = Expression(spec["value"]).kind({**plan.kinds, **kinds})[0]
    return replace(plan, columns={**plan.columns, **columns}, kinds={**plan.kinds, **kinds})


@dataclass
class Placed:
    """The rows of a clean table that belong to some participants. of: the place of whom each belongs to; values: of the
    expressions over them that were evaluated."""

    frame: pd.DataFrame
    of: np.ndarray
    columns: OfRows
    values: dict[str, pd.Series] = field(default_factory=dict)

    def value(self, text: str) -> pd.Series:
        if text not in self.values:
            self.values[text] = Expression(text)(self.columns)
        return self.values[text]


@dataclass
class Kept:
    """What was chosen of the same subjects for other analyses. chosen: (population, condition) -> who is, who is not; rows: of the
    last table that was asked for."""

    chosen: dict[tuple, tuple[pd.DataFrame, list[LeftOut]]] = field(default_factory=dict)
    rows: tuple[tuple, Placed] | None = None


def analysed(
    study: Study, plan: Plan, subjects: pd.DataFrame, daily: pd.DataFrame | None, tables: Mapping, name: str,
    kept: Kept | None = None,
) -> tuple[Data, list[LeftOut]]:  # fmt: skip
    """(what an analysis works on, who is left out of it before its method sees them)."""
    from .methods import METHODS

    spec, kept = plan.analyses[name], Kept() if kept is None else kept
    counts = METHODS.traits.get(spec["method"], {}).get("unknown_is_no_event")
    unknown = spec.get("unknown", "no_event" if counts else "left_out")
    key = spec["population"], spec.get("where")
    if key not in kept.chosen:
        kept.chosen[key] = _chosen(Data(subjects, plan, study, tables, daily), *key)
    frame, out = kept.chosen[key]
    data, out = Data(frame, plan, study, tables, daily, unknown), [*out]
    if "rows" in spec:
        data, more = _rows(data, name, spec, kept)
        out += more
    _once_a_day(f"plan.yaml, analyses.{name}", data, spec)
    return data, [one for one in out if one.n and "file" not in spec]  # of other trials: nobody here is counted


def _once_a_day(where: str, data: Data, spec: Mapping) -> None:
    """Of a table that a method reads itself, a participant has one value on a day."""
    from .methods import METHODS

    traits, who = METHODS.traits.get(spec["method"], {}), data.study.participant
    if "once" not in traits:
        return
    day, value, rows = spec[traits["once"]], spec["value"], data.tables[spec["table"]]
    known = rows[who].isin(data.frame[who]) & rows[[day, value]].notna().all(axis=1)
    if "since" in traits:
        known &= (rows[day] >= float(traits["since"])).fillna(False).astype(bool)
    rows = rows.loc[known, [who, day]]
    twice = rows[rows.duplicated()].drop_duplicates()
    if len(twice):
        shown = ", ".join(f"{name} on day {number_text(at)}" for name, at in twice.head(5).to_numpy(dtype=object))
        more = f" and {len(twice) - 5} more" if len(twice) > 5 else ""
        what = f"several values of {spec['table']} for participant {shown}{more}"
        do = f"leave one of them in the table, by `where` in study.yaml, tables.{spec['table']}; or correct the records"
        raise InputError([Problem(where, what, "a participant would count twice", do)])


def _chosen(data: Data, population: str, where: str | None) -> tuple[pd.DataFrame, list[LeftOut]]:
    """The subjects of a population for whom a condition holds, and the others of it."""
    known, out = data.plan.populations[population], []
    if known.unknown in data.frame:
        text = f"not known whether in {known.label}"
        out.append(LeftOut.of(NO_SUCH_POPULATION, text, data, data.frame[known.unknown]))
    data = replace(data, frame=those(data.frame, data.frame[known.id].to_numpy(dtype=bool)))
    if where is None:
        return data.frame, out
    holds = data.holds(where)
    out.append(LeftOut.of(f"{NOT_CHOSEN}_unknown", f"not known whether {where}", data, holds.isna()))
    out.append(LeftOut.of(NOT_CHOSEN, f"not {where}", data, ~holds.fillna(True)))
    return those(data.frame, holds.to_numpy(dtype=bool, na_value=False)), out


def those(frame: pd.DataFrame, here: np.ndarray) -> pd.DataFrame:
    """The rows of a frame for which `here` is true, numbered anew."""
    return (frame if here.all() else frame[here]).reset_index(drop=True)


def _placed(data: Data, plan: Plan, analysis: Mapping, kept: Kept) -> Placed:
    """The rows of the table that an analysis reads; those of the last time if they are the same."""
    spec = analysis["rows"]
    # by spec["value"] the column `value` is of another kind
    key = analysis["population"], analysis.get("where"), spec["table"], spec.get("value")
    if kept.rows is None or kept.rows[0] != key:
        frame, of = placed(data.tables[spec["table"]], data.frame[data.study.participant])
        kept.rows = key, Placed(frame, of, OfRows(frame, data.columns(), of, plan.kinds))
    return kept.rows[1]


def _rows(data: Data, name: str, analysis: Mapping, kept: Kept) -> tuple[Data, list[LeftOut]]:
    spec, who = analysis["rows"], data.study.participant
    table, at = spec["table"], f"plan.yaml, analyses.{name}.rows"
    plan = with_rows(data.plan, data.study, spec)
    rows = _placed(data, plan, analysis, kept)
    frame, out = rows.frame, []

    def evaluate(key: str) -> pd.Series:
        try:
            return rows.value(spec[key])
        except ExpressionError as error:
            raise InputError(impossible(f"{at}.{key}", error, frame[who])) from None

    def holds(key: str, among: np.ndarray) -> np.ndarray:
        if key not in spec:
            return among
        found = evaluate(key).astype("boolean")
        text, unknown = f"not known whether {spec[key]}", found.isna().to_numpy() & among
        out.append(LeftOut.of(f"rows_{key}_unknown", text, replace(data, frame=frame), unknown, f"rows of {table}"))
        return found.to_numpy(dtype=bool, na_value=False) & among

    chosen = holds("where", np.ones(len(frame), dtype=bool))
    here = holds("at", chosen)
    # what is known of the participants is put beside the analysed rows alone
    theirs = data.frame.drop(columns=frame.columns, errors="ignore").take(rows.of[here]).reset_index(drop=True)
    made = pd.concat([frame[here].reset_index(drop=True), theirs], axis=1)
    if "value" in spec:
        value = evaluate("value")
        made["value"] = value[here].reset_index(drop=True)
        if pd.api.types.is_numeric_dtype(value) and value.dtype != "boolean":
            made["value"] = made["value"].astype("Float64")
            made["z"] = _z(made["value"])
            if "baseline" in spec:
                base = _baseline(at, frame[who], value, holds("baseline", chosen), table)
                made["baseline"] = made[who].map(base).astype("Float64")
                made["change"] = made["value"] - made["baseline"]
    _once(at, made, who, analysis, table, data)
    without = np.ones(len(data.frame), dtype=bool)
    without[rows.of[here]] = False
    out.append(LeftOut.of("no_row", f"no such row of {table}", data, without))
    return replace(data, frame=made, plan=plan), out


def _baseline(where: str, who: pd.Series, value: pd.Series, base: np.ndarray, table: str) -> pd.Series:
    """Participant -> the value of the baseline row."""
    base = base & value.notna().to_numpy()
    rows = value[base].astype("Float64").set_axis(who[base])
    twice = rows.index[rows.index.duplicated()].unique()
    if len(twice):
        what = f"several baseline rows of {table} for participant {', '.join(map(str, twice[:5]))}"
        raise InputError([Problem(f"{where}.baseline", what, CHANCE, "write a condition that holds for one row")])
    return rows


def _z(values: pd.Series) -> pd.Series:
    """Distance from the mean of the analysed rows in their standard deviations; missing where those do not differ."""
    spread = values.std()
    return (values - values.mean()) / spread if pd.notna(spread) and spread > 0 else values.mask(values.notna())


def _once(where: str, frame: pd.DataFrame, who: str, analysis: Mapping, table: str, data: Data) -> None:
    """A participant stands once; where the method describes groups, once in each of them."""
    from .methods import METHODS

    trait = METHODS.traits[analysis["method"]].get("rows")  # True, or the parameter whose column tells rows apart
    by = analysis.get(trait if isinstance(trait, str) else "by", "")
    apart = bool(trait) and by in data.tables[table]
    twice = frame.duplicated([who, *([by] if apart else [])])
    if twice.any():
        shown = ", ".join(map(str, frame.loc[twice, who].unique()[:5]))
        what = f"several rows of {table} for participant {shown}" + (f" in one level of {by}" if apart else "")
        able = ", ".join(name for name, traits in METHODS.traits.items() if traits.get("rows"))
        do = f"choose one row per participant with where and at; or describe them `by` a column of {table} ({able})"
        raise InputError([Problem(where, what, CHANCE, do)])
