"""Clean tables -> one row per participant: derived columns, daily grades, populations, endpoints, participant flow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ..checks.values import fields
from ..clean.fields import DTYPES
from ..errors import InputError, Problem, raise_if
from ..expression import Columns, Expression, ExpressionError, ranks
from ..files import write_csv, write_parquet
from ..kinds import order
from ..plan import Derived, Plan, level_texts, own_word
from ..study import Study
from .columns import OfRows, OfSubjects
from .endpoints import follow
from .grades import SCALES, bounds, grade, highest

FLOW = ["step", "n", "excluded", "reason"]


@dataclass(frozen=True)
class Cohort:
    """subjects: one row per participant; daily: grades by participant and day; flow: the participant flow."""

    subjects: pd.DataFrame
    daily: pd.DataFrame
    flow: pd.DataFrame


def _evaluate(where: str, text: str, columns: Mapping[str, pd.Series]) -> pd.Series:
    try:
        return Expression(text)(columns)
    except ExpressionError as error:
        raise InputError(
            [
                Problem(
                    where, str(error), "the column cannot be computed", "check the types of the columns that it names"
                )
            ]
        ) from None


def _ordered(where: str, text: str, columns: Columns) -> tuple[pd.Series, tuple[str, ...]]:
    """(values that sort as they should, the codes whose places they are): codes stand in the order of the dictionary."""
    values, codes = _evaluate(where, text, columns), order(Expression(text).kind(columns.kinds)[0])
    return (ranks(values, codes), codes) if codes else (values, ())


def other_reason(step: Mapping) -> str:
    """What those are excluded for whom no reason of the plan explains; another word where a reason is called so."""
    return own_word("other", step.get("reasons", {}), "no reason holds")


class Builder:
    def __init__(self, study: Study, plan: Plan, tables: Mapping[str, pd.DataFrame]):
        self.study, self.plan, self.tables = study, plan, tables
        self.who = study.participant
        self.subjects = tables[plan.cohort_table].sort_values(self.who).reset_index(drop=True).copy()
        self.graded: dict[str, tuple] = {}

    def columns(self) -> OfSubjects:
        return OfSubjects(self.subjects, self.tables, self.who, self.plan.kinds)

    def rows_of(self, table: str) -> tuple[pd.DataFrame, OfRows]:
        """The rows of a table that belong to a participant, and the columns that an expression over them may use."""
        frame = self.tables[table]
        frame = frame[frame[self.who].isin(self.subjects[self.who])].reset_index(drop=True)
        kinds = {**self.plan.kinds, **fields(self.study)[table]}
        return frame, OfRows(frame, self.columns(), self.who, kinds)

    def chosen(self, where: str, spec: Mapping, columns: Columns) -> tuple[pd.Series, tuple[str, ...]]:
        """(the values that are taken, their codes in order): for take min and max codes are their places."""
        if spec.get("take") in ("min", "max"):
            return _ordered(f"{where}.value", spec["value"], columns)
        return _evaluate(f"{where}.value", spec["value"], columns), ()

    def take(self, where: str, spec: Mapping) -> pd.Series:
        """One value per participant from the rows of another table."""
        frame, columns = self.rows_of(spec["from"])
        keep = Expression(spec["where"]).condition(columns) if "where" in spec else pd.Series(True, index=frame.index)
        how = spec.get("take", "only")
        value, codes = self.chosen(where, spec, columns) if "value" in spec else (keep, ())
        rows = pd.DataFrame(
            {
                "who": frame[self.who],
                "value": value,
                "by": _ordered(f"{where}.by", spec["by"], columns)[0] if "by" in spec else 0,
            }
        )[keep]
        if how == "count":
            return rows.groupby("who")["value"].count().reindex(self.subjects[self.who], fill_value=0).astype("Int64")
        if how == "any":
            return pd.Series(
                self.subjects[self.who].isin(rows["who"]).to_numpy(), index=self.subjects[self.who], dtype="boolean"
            )
        rows = rows[rows["value"].notna()]
        if how == "only":
            twice = rows["who"][rows["who"].duplicated()].unique()
            if len(twice):
                shown = ", ".join(map(str, twice[:5]))
                raise InputError(
                    [
                        Problem(
                            where,
                            f"several rows of {spec['from']} for participant {shown}",
                            "one of them would be chosen by chance",
                            "set take: first, last, min, max, ...",
                        )
                    ]
                )
            how = "first"
        if how in ("first", "last"):
            rows = rows.sort_values(["who", "by"], kind="stable")
        grouped = getattr(rows.groupby("who", sort=True)["value"], how)().reindex(self.subjects[self.who])
        return grouped.map(dict(enumerate(codes))).astype("string") if codes else grouped

    def derive(self, column: Derived) -> pd.Series:
        spec, where = column.spec, f"plan.yaml, cohort.columns.{column.name}"
        if "expression" in spec:
            values = _evaluate(where, spec["expression"], self.columns())
        elif "from" in spec:
            values = self.take(where, spec).set_axis(self.subjects.index)
        elif "cut" in spec:
            source = self.subjects[spec["cut"]].astype("Float64")
            classes = pd.cut(source.astype(float), [-float("inf"), *spec["at"], float("inf")], labels=spec["labels"])
            values = pd.Series(classes.astype("string"), index=self.subjects.index)
        elif "rank" in spec:
            among = (
                Expression(spec["among"]).condition(self.columns())
                if "among" in spec
                else self.subjects[spec["rank"]].notna()
            )
            by, _ = _ordered(where, spec["rank"], self.columns())
            ordered = (
                self.subjects[[self.who]]
                .assign(by=by)[among]
                .sort_values(["by", self.who], ascending=[not spec.get("descending", False), True])
            )
            values = pd.Series(range(1, len(ordered) + 1), index=ordered.index, dtype="Int64").reindex(
                self.subjects.index
            )
        else:
            values = self.highest(spec["daily"])
        kind = spec.get("type")
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
        day = _evaluate("plan.yaml, cohort.daily.day", daily["day"], columns).astype("Int64")
        first, last = daily["window"]
        keep = day.between(first, last).fillna(False).astype(bool)
        where = f"plan.yaml, cohort.daily.grades.{name}.signs"
        signs = {sign: _evaluate(f"{where}.{sign}", str(text).lower() if isinstance(text, bool) else text, columns)[keep]
                 for sign, text in daily["grades"][name]["signs"].items()}  # fmt: skip
        self.graded[name] = pd.DataFrame({self.who: frame[self.who], "day": day})[keep], signs
        return self.graded[name]

    def highest(self, name: str) -> pd.Series:
        rows, signs = self.signs(name)
        low, high = bounds(SCALES[self.plan.daily["grades"][name]["scale"]], signs)
        return highest(rows[self.who], low, high).reindex(self.subjects[self.who]).set_axis(self.subjects.index)

    def daily(self) -> pd.DataFrame:
        if not self.plan.daily:
            return pd.DataFrame({self.who: pd.Series(dtype="string"), "day": pd.Series(dtype="Int64")})
        frames = None
        for name, spec in self.plan.daily["grades"].items():
            rows, signs = self.signs(name)
            frames = rows.copy() if frames is None else frames
            frames[name] = grade(SCALES[spec["scale"]], signs)
        return frames.sort_values([self.who, "day"]).reset_index(drop=True)

    def populations(self):
        """A column for each population; InputError names all that have no participant and may not be without."""
        problems, excused = [], set()
        for population in self.plan.populations.values():
            member = Expression(population.condition).condition(self.columns())
            if population.within:
                member &= self.subjects[population.within]
            self.subjects[population.id] = member.astype(bool)
            if member.any():
                continue
            if population.may_be_empty or population.within in excused:
                excused.add(population.id)
                continue
            among = f"{self.plan.cohort_table} has {len(member)} rows"
            if population.within:
                outer = self.plan.populations[population.within]
                among += (
                    f", the population {outer.id} ({outer.label}) {int(self.subjects[outer.id].sum())} participants"
                )
            what = f"nobody belongs to it: '{population.condition}' holds for no participant ({among})"
            why = "what is computed in it would be missing, or a count of 0 that nobody meant"
            do = "correct the condition, or add may_be_empty: true if it can really be empty"
            problems.append(Problem(f"plan.yaml, populations.{population.id}", what, why, do))
        raise_if(problems)

    def endpoints(self):
        for endpoint in self.plan.endpoints.values():
            where, columns = f"plan.yaml, endpoints.{endpoint.id}", self.columns()

            def evaluate(at: str, text: str, where: str = where, columns: Columns = columns) -> pd.Series:
                return _evaluate(f"{where}.{at}", text, columns)

            for name, values in follow(endpoint, evaluate, self.subjects[self.who]).items():
                self.subjects[name] = values

    def flow(self) -> pd.DataFrame:
        """One row per step and reason; a step without exclusions has one row. `n` is the population's size."""
        rows, before = [], None
        for step in self.plan.flow:
            start = step.get("from", before)
            member = self.subjects[step["population"]]
            label, n = self.plan.populations[step["population"]].label, int(member.sum())
            if start is None:
                rows.append({"step": label, "n": n, "excluded": 0, "reason": ""})
            else:
                out = self.subjects[start] & ~member
                for reason, condition in step.get("reasons", {}).items():
                    because = out & Expression(condition).condition(self.columns())
                    rows.append({"step": label, "n": n, "excluded": int(because.sum()), "reason": reason})
                    out &= ~because
                if out.any() or not step.get("reasons"):
                    rows.append(
                        {
                            "step": label,
                            "n": n,
                            "excluded": int(out.sum()),
                            "reason": other_reason(step) if out.any() else "",
                        }
                    )
            before = step["population"]
        return pd.DataFrame(rows, columns=FLOW)


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
            problems.append(Problem(where, f"{what}, which is not among the levels", why, f"add '{value}' to levels"))
    return problems


def build(study: Study, plan: Plan, tables: Mapping[str, pd.DataFrame]) -> Cohort:
    """The cohort from the clean tables (name -> frame)."""
    builder = Builder(study, plan, tables)
    if builder.subjects.empty:
        what, why = "has no row: there is no participant", "0 participants must never become a manuscript"
        do = "see clean/rejected.csv and clean/queries.csv for why, and correct study.yaml"
        raise InputError([Problem(f"plan.yaml, cohort.table {plan.cohort_table}", what, why, do)])
    for column in plan.derived.values():
        builder.subjects[column.name] = builder.derive(column)
    raise_if(_without_level(builder.subjects, plan))
    builder.endpoints()
    builder.populations()
    return Cohort(builder.subjects, builder.daily(), builder.flow())


def read_tables(folder: Path, study: Study) -> dict[str, pd.DataFrame]:
    """The clean tables that the clean stage wrote."""
    return {name: pd.read_parquet(folder / f"{name}.parquet") for name in study.tables}


def write(cohort: Cohort, folder: Path) -> None:
    """subjects.parquet, daily.parquet, flow.csv."""
    write_parquet(cohort.subjects, folder / "subjects.parquet")
    write_parquet(cohort.daily, folder / "daily.parquet")
    write_csv(cohort.flow, folder / "flow.csv")
