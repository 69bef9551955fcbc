"""Clean tables -> one row per participant: derived columns, daily grades, populations, endpoints, participant flow."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, MutableMapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from ..calculation import ranks
from ..checks.values import fields
from ..contracts import FLOW
from ..errors import InputError, Problem, raise_if
from ..expression import Columns, Expression, ExpressionError, impossible
from ..files import Tables, write_parquet
from ..kinds import order
from ..plan import OTHER, Derived, Plan, level_texts
from ..study import DTYPES, Study, Table
from ..text import number_text
from .columns import OfRows, OfSubjects, placed
from .endpoints import follow
from .flow import flow
from .grades import SCALES, Scale, bounds, grade, highest
from .taking import Ambiguous, places, take
from .undated import Asked, possible


@dataclass(frozen=True)
class Cohort:
    """subjects: one row per participant; daily: grades by participant and day; flow: the participant flow."""

    subjects: pd.DataFrame
    daily: pd.DataFrame
    flow: pd.DataFrame


class Builder:
    def __init__(self, study: Study, plan: Plan, tables: Mapping[str, pd.DataFrame]):
        self.study, self.plan, self.tables = study, plan, tables
        self.who = study.participant
        self.subjects = tables[plan.cohort_table].sort_values(self.who).reset_index(drop=True).copy()
        self.fields = fields(study)
        self.graded: dict[str, tuple] = {}
        self.rows: dict[str, tuple] = {}
        self.asked: Asked = {}
        self.doubtful: dict[str, pd.Series] = {}  # taken column -> in whom it is missing because rows may count or not
        self.unknown: dict[str, pd.Series] = {}  # population -> of whom it is not known whether they belong to it

    def evaluate(self, where: str, text: str, columns: Mapping[str, pd.Series]) -> pd.Series:
        """An expression over the subjects or the rows of a table; InputError names the participants without a result."""
        try:
            return Expression(text)(columns)
        except ExpressionError as error:
            raise InputError(impossible(where, error, columns[self.who])) from None

    def known(self, where: str, text: str, columns: Mapping[str, pd.Series]) -> pd.Series:
        """A condition, missing where it is not known."""
        return self.evaluate(where, text, columns).astype("boolean")

    def ordered(self, where: str, text: str, columns: Columns) -> tuple[pd.Series, tuple[str, ...]]:
        """(values that sort as they should, the codes whose places they are): codes stand in the order of the dictionary."""
        values, codes = self.evaluate(where, text, columns), order(Expression(text).kind(columns.kinds)[0])
        return (ranks(values, codes), codes) if codes else (values, ())

    def columns(self) -> OfSubjects:
        return OfSubjects(self.subjects, self.tables, self.who, self.plan.kinds)

    def rows_of(self, table: str) -> tuple[pd.DataFrame, OfRows]:
        """The rows of a table that belong to a participant, and the columns that an expression over them may use."""
        if table not in self.rows:  # the participants stay the same, their columns do not
            self.rows[table] = placed(self.tables[table], self.subjects[self.who])
        frame, at = self.rows[table]
        return frame, OfRows(frame, self.columns(), at, {**self.plan.kinds, **self.fields[table]})

    def chosen(self, where: str, spec: Mapping, columns: Columns) -> tuple[pd.Series, tuple[str, ...]]:
        """(the values that are taken, their codes in order): for take min and max codes are their places."""
        if spec.get("take") in ("min", "max"):
            return self.ordered(f"{where}.value", spec["value"], columns)
        return self.evaluate(f"{where}.value", spec["value"], columns), ()

    def places(self, where: str, spec: Mapping, columns: OfRows) -> pd.Series:
        """The place of each row in the order of `by`; without it in that of the key of their table."""
        if "by" in spec:
            return self.ordered(f"{where}.by", spec["by"], columns)[0]
        table = self.study.tables[spec["from"]]
        key = [self.orderly(table, name, columns[name]) for name in table.key if name != self.who]
        return places(columns.at, [values for values in key if values is not None])

    def orderly(self, table: Table, name: str, values: pd.Series) -> pd.Series | None:
        """Values of a column of the key that sort as they should, codes and blocks as they are declared; None of texts without an
        order."""
        kind = self.fields[table.name][name]
        if kind.codes and kind.ordered:
            return ranks(values, kind.codes)
        if kind.family != "text" or kind.ordered:
            return values
        if not table.columns[name].block:
            return None
        blocks = dict.fromkeys(str(block) for part in table.parts for block in part.blocks)
        return values.map({block: at for at, block in enumerate(blocks)}).astype("Int64")

    def take(self, where: str, spec: Mapping) -> pd.Series:
        """One value per participant from the rows of another table."""
        frame, columns = self.rows_of(spec["from"])
        counts = self.known(f"{where}.where", spec["where"], columns) if "where" in spec else True
        value, codes = self.chosen(where, spec, columns) if "value" in spec else (1, ())
        by = self.places(where, spec, columns) if spec.get("take") in ("first", "last") else 0
        rows = pd.DataFrame({"who": columns.at, "value": value, "by": by, "counts": counts}, index=frame.index)
        try:
            taken = take(spec.get("take", "only"), rows, self.subjects.index)
        except Ambiguous as error:
            shown = ", ".join(map(str, self.subjects.loc[error.who[:5], self.who]))
            what, why = (
                f"{error.what} of {spec['from']} for participant {shown}",
                "one of them would be chosen by chance",
            )
            do = "set take: first, last, min, max, ..., with a `by` that tells them apart"
            raise InputError([Problem(where, what, why, do)]) from None
        open_ = rows.loc[rows["counts"].isna() & rows["value"].notna(), "who"]
        self.doubtful[where.rpartition(".")[2]] = (
            pd.Series(self.subjects.index.isin(open_), index=self.subjects.index) & taken.isna().to_numpy()
        )
        return taken.map(dict(enumerate(codes))).astype("string") if codes else taken

    def rank(self, where: str, spec: Mapping) -> pd.Series:
        """1, 2, ... in the order of a column; participants without a value have no place."""
        by, _ = self.ordered(where, spec["rank"], self.columns())
        among = by.notna()
        if "among" in spec:
            among &= self.decided(f"{where}.among", spec["among"])
        rows = pd.DataFrame({"who": self.subjects[self.who], "by": by})[among]
        rows = rows.sort_values(["by", "who"], ascending=[not spec.get("descending", False), True])
        return pd.Series(range(1, len(rows) + 1), index=rows.index, dtype="Int64").reindex(self.subjects.index)

    def decided(self, where: str, text: str) -> pd.Series:
        """A condition that must be known of everybody."""
        holds = self.known(where, text, self.columns())
        if holds.isna().any():
            shown = ", ".join(self.subjects.loc[holds.isna(), self.who].head(5))
            what = f"it is not known whether '{text}' holds for participant {shown}"
            do = "say what holds for a missing value: `present(x) and ...` or `missing(x) or ...`"
            raise InputError([Problem(where, what, "the places of all others depend on it", do)])
        return holds.astype(bool)

    def derive(self, column: Derived) -> pd.Series:
        spec, where = column.spec, f"plan.yaml, cohort.columns.{column.name}"
        if "expression" in spec:
            values = self.evaluate(where, spec["expression"], self.columns())
        elif "from" in spec:
            values = self.take(where, spec).set_axis(self.subjects.index)
        elif "cut" in spec:
            source = self.subjects[spec["cut"]].astype("Float64")
            classes = pd.cut(source.astype(float), [-float("inf"), *spec["at"], float("inf")], labels=spec["labels"])
            values = pd.Series(classes.astype("string"), index=self.subjects.index)
        elif "rank" in spec:
            values = self.rank(where, spec)
        else:
            values = self.highest(spec["daily"])
        kind = spec.get("type")
        if "other" in spec:
            values = level_texts(values)
            return values.where(values.isin(list(column.levels)) | values.isna(), OTHER)
        if kind == "boolean":
            return values.astype("boolean")
        if kind:
            return values.astype(DTYPES.get(kind, "string"))
        return values.astype("string") if values.dtype == object else values

    def signs(self, name: str) -> tuple[pd.DataFrame, dict[str, pd.Series]]:
        """Participant, day and signs of one daily grade, within its window."""
        if name in self.graded:
            return self.graded[name]
        daily = self.plan.daily
        frame, columns = self.rows_of(daily["table"])
        day = self.evaluate("plan.yaml, cohort.daily.day", daily["day"], columns).astype("Int64")
        first, last = daily["window"]
        keep = day.between(first, last).fillna(True).astype(bool)  # a row of no known day may lie in the window
        rows = pd.DataFrame({self.who: frame[self.who], "day": day})[keep]
        spec, where = daily["grades"][name], f"plan.yaml, cohort.daily.grades.{name}.signs"
        signs = {sign: self.evaluate(f"{where}.{sign}", text, columns)[keep] for sign, text in spec["signs"].items()}
        raise_if(self.beyond(where, SCALES[spec["scale"]], signs, rows[self.who]))
        self.graded[name] = rows, signs
        return self.graded[name]

    @staticmethod
    def beyond(where: str, scale: Scale, signs: Mapping[str, pd.Series], who: pd.Series) -> Iterator[Problem]:
        """Values that a sign cannot have, such as a share of oxygen of 0.4 for 40%."""
        for name, sign in scale.signs.items():
            values = signs[name].astype("Float64")
            wrong = ~values.between(sign.least, sign.most).fillna(True).astype(bool)
            if wrong.any():
                what = f"is {number_text(float(values[wrong].iloc[0]))} for participant {who[wrong].iloc[0]}"
                why = f"{scale.title} asks for {sign.meaning}: {number_text(sign.least)} to {number_text(sign.most)}"
                yield Problem(f"{where}.{name}", what, why, "correct the expression, or the records")

    def highest(self, name: str) -> pd.Series:
        rows, signs = self.signs(name)
        low, high = bounds(SCALES[self.plan.daily["grades"][name]["scale"]], signs)
        low = np.where(rows["day"].notna(), low, 0)
        return highest(rows[self.who], low, high).reindex(self.subjects[self.who]).set_axis(self.subjects.index)

    def daily(self) -> pd.DataFrame:
        if not self.plan.daily:
            return pd.DataFrame({self.who: pd.Series(dtype="string"), "day": pd.Series(dtype="Int64")})
        frames = None
        for name, spec in self.plan.daily["grades"].items():
            rows, signs = self.signs(name)
            frames = rows.copy() if frames is None else frames
            frames[name] = grade(SCALES[spec["scale"]], signs)
        return frames[frames["day"].notna()].sort_values([self.who, "day"]).reset_index(drop=True)

    def populations(self):
        """A column for each population, and of whom it is not known whether they belong to it."""
        for population in self.plan.populations.values():
            member = self.known(f"plan.yaml, populations.{population.id}", population.condition, self.columns())
            if population.within:
                outer = self.subjects[population.within].astype("boolean")
                if population.within in self.unknown:
                    outer = outer.mask(self.unknown[population.within])
                member &= outer
            self.subjects[population.id] = member.fillna(False).astype(bool)
            if member.isna().any():
                self.unknown[population.id] = member.isna()
                self.subjects[population.unknown] = member.isna()

    def endpoints(self):
        for endpoint in self.plan.endpoints.values():
            where, columns = f"plan.yaml, endpoints.{endpoint.id}", self.columns()

            def evaluate(at: str, text: str, where: str = where, columns: OfSubjects = columns) -> pd.Series:
                return self.evaluate(f"{where}.{at}", text, columns)

            for name, values in follow(endpoint, evaluate, self.subjects[self.who]).items():
                self.subjects[name] = values
            could = possible(self.study, self.plan, columns, self.asked, self.doubtful)
            dates = () if endpoint.from_durations else endpoint.events.values()
            undated = sum(
                (could(text) & evaluate("events", text).isna() for text in dates),
                pd.Series(False, index=self.subjects.index),
            )
            undated = undated.astype(bool) & self.subjects[f"{endpoint.id}_event"].eq(False).fillna(False)
            if undated.any():
                self.subjects[endpoint.undated] = undated


def empty_populations(plan: Plan, subjects: pd.DataFrame) -> list[Problem]:
    """The populations that have no participant and may not be without."""
    problems, excused = [], set()
    for population in plan.populations.values():
        if subjects[population.id].any():
            continue
        if population.may_be_empty or population.within in excused:
            excused.add(population.id)
            continue
        among = f"{plan.cohort_table} has {len(subjects)} rows"
        if population.within:
            outer = plan.populations[population.within]
            among += f", the population {outer.id} ({outer.label}) {int(subjects[outer.id].sum())} participants"
        what = f"nobody belongs to it: '{population.condition}' holds for no participant ({among})"
        why = "what is computed in it would be missing, or a count of 0 that nobody meant"
        do = "correct the condition, or add may_be_empty: true if it can really be empty"
        problems.append(Problem(f"plan.yaml, populations.{population.id}", what, why, do))
    return problems


def _without_level(subjects: pd.DataFrame, plan: Plan) -> list[Problem]:
    """The values of columns with levels that no level names: whoever has one would be in no row and no group."""
    problems = []
    for name, column in plan.derived.items():
        known = subjects[name].notna()
        found = level_texts(subjects.loc[known, name])
        for value in sorted(set(found) - set(column.levels)) if column.levels else ():
            where, what = (
                f"plan.yaml, cohort.columns.{name}.levels",
                f"{(found == value).sum()} have the value '{value}'",
            )
            why = "who has it would be in no row and in no group"
            problems.append(
                Problem(
                    where,
                    f"{what}, which is not among the levels",
                    why,
                    f"add '{value}' to levels, or other: ... for all that have no level",
                )
            )
    return problems


def build(
    study: Study, plan: Plan, tables: Mapping[str, pd.DataFrame], everyone: bool = True, asked: Asked | None = None
) -> Cohort:
    """The cohort from the clean tables (name -> frame). everyone: they are of all participants, so that a population of nobody
    stops it; asked: the values that are asked about."""
    builder = Builder(study, plan, tables)
    builder.asked = asked or {}
    return assembled(builder, everyone)


def assembled(builder: Builder, everyone: bool = True) -> Cohort:
    """The cohort by a builder that has derived nothing yet."""
    plan = builder.plan
    if builder.subjects.empty:
        what, why = "has no row: there is no participant", "0 participants must never become a manuscript"
        do = "see clean/rejected.csv and clean/queries.csv for why, and correct study.yaml"
        raise InputError([Problem(f"plan.yaml, cohort.table {plan.cohort_table}", what, why, do)])
    for column in plan.derived.values():
        builder.subjects[column.name] = builder.derive(column)
    _completed(builder)
    raise_if(empty_populations(plan, builder.subjects) if everyone else ())
    return Cohort(builder.subjects, builder.daily(), flow(plan, builder.subjects, builder.columns()))


def _completed(builder: Builder) -> None:
    """What follows from the derived columns."""
    raise_if(_without_level(builder.subjects, builder.plan))
    builder.endpoints()
    builder.populations()


def again(
    study: Study, plan: Plan, tables: Mapping[str, pd.DataFrame], before: pd.DataFrame, anew: Container[str],
    made: MutableMapping[str, pd.Series],
) -> pd.DataFrame:  # fmt: skip
    """The subjects of other clean tables, of some participants. before: as they were, by participant; anew: the derived columns
    that may not be what they were; made: those of them that have been derived, by participant, to which it adds. It stops where
    `build` does."""
    builder = Builder(study, plan, tables)
    who = builder.subjects[builder.who]
    for column in plan.derived.values():
        if column.name in anew and column.name not in made:
            made[column.name] = builder.derive(column).set_axis(who)
        known = made[column.name] if column.name in anew else before[column.name]
        builder.subjects[column.name] = known.loc[who].set_axis(builder.subjects.index)
    _completed(builder)
    builder.daily()
    flow(plan, builder.subjects, builder.columns())
    return builder.subjects


def read_tables(folder: Path, study: Study) -> Tables:
    """The clean tables that the clean stage wrote."""
    return Tables({name: folder / f"{name}.parquet" for name in study.tables})


def write(cohort: Cohort, folder: Path) -> None:
    """subjects.parquet, daily.parquet, flow.csv."""
    write_parquet(cohort.subjects, folder / "subjects.parquet")
    write_parquet(cohort.daily, folder / "daily.parquet")
    FLOW.write(cohort.flow, folder)
