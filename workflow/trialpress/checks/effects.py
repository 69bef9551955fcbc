"""A plan against the data: what in it has no effect on them.

A part of a condition that could be left out, a bound that could be twice as high, the largest of values of which each participant
has one: the results would be the same, and no reader would notice that something else was written. So each part is tried,
taken away or put otherwise and what is made of it computed again, and what changes nothing is said in no_effect.csv.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cache, partial

import numpy as np
import pandas as pd

from ..analysis.methods import METHODS
from ..cohort import Builder
from ..cohort.endpoints import follow
from ..cohort.flow import exclusions
from ..cohort.grades import SCALES, filled
from ..contracts import NO_EFFECT
from ..errors import InputError
from ..expression import Expression, ExpressionError
from ..figures.kinds import KINDS as FIGURES
from ..plan import Plan, reasons
from ..registry import Condition
from ..study import Study
from ..tables.kinds import KINDS as TABLES
from ..text import number_text

OTHERWISE = {"min": "max", "max": "min", "first": "last", "last": "first", "sum": "mean", "mean": "sum"}
LEFT_OUT, ALONE, STAY = "could be left out", "alone gives the same", "holds for participants who stay, too"

FEW, MANY = 50, 500  # participants on whom a part is tried first, of so many or more
KEPT = 5_000_000  # values of expressions that are kept, or a few columns

# the cohort, an expression in the place of another -> what is made of it
Made = Callable[["Once", str], object]
Finding = tuple[str, str, str]  # entry of the plan, part of it, what has no effect
SHOWN = {"analyses": (METHODS, "method"), "figures": (FIGURES, "kind"), "tables": (TABLES, "kind")}
TRIED = ("population", "where", "rows", "file", "table", "day", "last_day", "item", "items")  # and their conditions


def tried(room: str, specs: Mapping[str, Mapping]) -> dict[str, dict]:
    """What of the analyses, figures or tables of a plan can be found to have no effect."""
    registry, of = SHOWN[room]
    found = {name: {of, *TRIED, *_conditions(registry, spec[of])} for name, spec in specs.items()}
    return {name: {key: spec[key] for key in spec if key in found[name]} for name, spec in specs.items()}


def _conditions(registry, kind: str) -> list[str]:
    return [key for key, one in registry.parameters(kind).items() if one.annotation is Condition]


def no_effect(study: Study, plan: Plan, tables: Mapping[str, pd.DataFrame], subjects: pd.DataFrame) -> pd.DataFrame:
    """What has no effect, in the contract's columns and in the order of the plan. subjects: as the plan makes them of the tables."""
    found = list(dict.fromkeys(Trial(study, plan, tables, subjects).findings()))
    return pd.DataFrame(found, columns=list(NO_EFFECT.columns))


def variants(text: str) -> Iterator[tuple[tuple[ast.AST, ...], str, str, str]]:
    """(what does not count if nothing changes, the part as it is shown, what it means, the expression put otherwise), the larger parts first.

    >>> [(part, instead) for _, part, _, instead in variants("arm == 'A' and age > 50")][:2]
    [("arm == 'A'", 'age > 50'), ('age > 50', "arm == 'A'")]
    """
    tree = ast.parse(str(text).strip(), mode="eval")
    for whole in ast.walk(tree):
        for gone, part, said, instead in _otherwise(whole):
            yield gone, ast.unparse(part), said, ast.unparse(copy.deepcopy(tree, {id(whole): instead}))


def _otherwise(whole: ast.AST) -> Iterator[tuple[tuple[ast.AST, ...], ast.AST, str, ast.AST]]:
    """(what does not count, the part that is shown, what is said, what stands in the place of the whole)."""
    match whole:
        case ast.BoolOp(op=op, values=values):
            for at, value in enumerate(values):
                yield (value,), value, LEFT_OUT, _joined(op, values[:at] + values[at + 1 :])
        case ast.Compare(left=left, ops=ops, comparators=rest):
            ends = [left, *rest]
            pairs = [ast.Compare(a, [op], [b]) for op, a, b in zip(ops, ends, ends[1:], strict=False)]
            for at, pair in enumerate(pairs) if len(pairs) > 1 else ():
                yield (pair,), pair, LEFT_OUT, _joined(ast.And(), pairs[:at] + pairs[at + 1 :])
            for at, end in enumerate(ends):
                for said, other in _put(end):
                    yield (end,), pairs[max(at - 1, 0)], said, copy.deepcopy(whole, {id(end): other})
        case ast.Call(func=ast.Name(id="when"), args=[condition, *branches]):
            for branch in branches:
                rest = [other for other in branches if other is not branch]
                yield (condition, *rest), condition, f"{ast.unparse(branch)} {ALONE}", branch
            for branch in branches:
                for said, other in _put(branch):
                    yield (branch,), whole, said, copy.deepcopy(whole, {id(branch): other})
        case ast.Call(func=ast.Name(id=name), args=args) if name in ("min", "max"):
            yield (whole,), whole, f"{OTHERWISE[name]} gives the same", ast.Call(ast.Name(OTHERWISE[name]), args, [])
        case ast.Call(func=ast.Name(id="coalesce") as function, args=args):
            for at, value in enumerate(args):
                rest = args[:at] + args[at + 1 :]
                yield (value,), value, LEFT_OUT, rest[0] if len(rest) == 1 else ast.Call(function, rest, [])


def _joined(op: ast.boolop, parts: list) -> ast.AST:
    return parts[0] if len(parts) == 1 else ast.BoolOp(op, parts)


def _put(end: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """What a number or a list of codes in a comparison could be instead."""
    match end:
        case (
            ast.Constant(value=float() | int() as value) | ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=value))
        ):
            value = -value if isinstance(end, ast.UnaryOp) else value
            for other in _moved(value):
                yield f"{number_text(other)} in the place of {number_text(value)} gives the same", ast.Constant(other)
        case ast.Tuple(elts=items) | ast.List(elts=items) if len(items) > 1:
            for at, item in enumerate(items):
                yield f"without {ast.unparse(item)} gives the same", ast.Tuple(items[:at] + items[at + 1 :])


def _moved(value: float) -> tuple[float, float]:
    """The numbers to which a bound is moved: away from 0 by its own size, and by 1 at least; and to 0."""
    step = max(abs(value), 1)
    return value + step if value >= 0 else 0, value - step if value <= 0 else 0


class Once(Builder):
    """A builder whose subjects do not change any more: what is evaluated again soon is kept."""

    def __init__(self, study: Study, plan: Plan, tables: Mapping[str, pd.DataFrame], subjects: pd.DataFrame):
        super().__init__(study, plan, tables)
        self.subjects = subjects
        self.rows_of, self.columns = cache(super().rows_of), cache(super().columns)
        self._values: dict[tuple, pd.Series] = {}  # the last ones
        self._held = 0

    def evaluate(self, where: str, text: str, columns: Mapping[str, pd.Series]) -> pd.Series:
        key = id(columns), str(text)
        found = self._values.pop(key, None)
        if found is None:
            found = super().evaluate(where, text, columns)
            self._held += len(found)
        self._values[key] = found
        while len(self._values) > 4 and self._held > KEPT:
            self._held -= len(self._values.pop(next(iter(self._values))))
        return found


class Trial:
    """Tries the parts of a plan on a cohort that was built by it: on a few of its participants first, since what is otherwise for one
    of them is not the same."""

    def __init__(self, study: Study, plan: Plan, tables: Mapping[str, pd.DataFrame], subjects: pd.DataFrame):
        self.plan = plan
        self.all = self.few = Once(study, plan, tables, subjects)
        if len(subjects) >= MANY:
            some = np.linspace(0, len(subjects) - 1, FEW).round().astype(int)
            self.few = Once(study, plan, tables, subjects.iloc[some].reset_index(drop=True))

    def findings(self) -> Iterator[Finding]:
        yield from self._columns()
        yield from self._daily()
        yield from self._populations()
        yield from self._endpoints()
        yield from self._flow()
        for where, (registry, of) in SHOWN.items():
            for name, spec in getattr(self.plan, where).items():
                yield from self._shown(f"{where}.{name}", spec, _conditions(registry, spec[of]))

    def _tried(
        self, where: str, text, made: Made, values: Made | None = None, together: bool = False
    ) -> Iterator[Finding]:
        """The parts of an expression without which, or with another number in which, what is made of it is the same.

        values: of the expression, if what is made follows from them; together: one participant's follows from those of others."""
        idle: set[int] = set()
        whole = cache(lambda of: _computed(made, of, str(text)))
        for gone, part, said, instead in variants(text):
            if id(gone[0]) not in idle and self._same(made, whole, str(text), instead, values, together):
                if said.endswith((LEFT_OUT, ALONE)):  # of what is within it nothing more is said
                    idle |= {id(inner) for node in gone for inner in ast.walk(node)}
                yield where, part, said

    def _same(self, made: Made, whole: Callable[[Once], object], text: str, instead: str, values: Made | None = None,
              together: bool = False) -> bool:  # fmt: skip
        """Whether another expression makes the same as the whole, of a few participants and then of all."""
        for of in [self.all] if together or self.few is self.all else [self.few, self.all]:
            if values:
                one, other = (_computed(values, of, written) for written in (text, instead))
                if one is None or other is None:
                    return False
                if one.equals(other):
                    continue
            known = whole(of)
            if known is None or not _alike(_computed(made, of, instead), known):
                return False
        return True

    def _columns(self) -> Iterator[Finding]:
        for column in self.plan.derived.values():
            where, spec = f"cohort.columns.{column.name}", column.spec
            whole = cache(lambda of, column=column: of.derive(column))

            def made(of: Once, value: str, key: str, column=column, spec=spec, whole=whole) -> pd.Series:
                return whole(of) if spec[key] == value else of.derive(replace(column, spec={**spec, key: value}))

            def values(of: Once, text: str, spec=spec) -> pd.Series:
                return of.evaluate("", text, of.rows_of(spec["from"])[1] if "from" in spec else of.columns())

            for key in ("expression", "value", "where", "by", "among"):
                if key in spec:  # codes have an order by what gives them, and not by themselves
                    alone = None if key in ("value", "by") else values
                    yield from self._tried(f"{where}.{key}", spec[key], partial(made, key=key), alone, "rank" in spec)
            other = OTHERWISE.get(spec.get("take", ""))
            if other and self._same(partial(made, key="take"), whole, spec["take"], other):
                yield where, f"take: {spec['take']}", f"{other} gives the same: nobody has two values to choose from"

    def _daily(self) -> Iterator[Finding]:
        daily = self.plan.daily
        if not daily:
            return

        def values(of: Once, text: str) -> pd.Series:
            return of.evaluate("", text, of.rows_of(daily["table"])[1])

        for at, bound in enumerate(daily["window"]):
            yield from self._beyond(f"cohort.daily.window.{at}", bound, values(self.all, daily["day"]), daily["table"])
        for name, grade in daily["grades"].items():
            scale = SCALES[grade["scale"]]
            known = cache(lambda of, name=name, scale=scale: filled(scale, of.signs(name)[1]))
            for sign, text in grade["signs"].items():

                def made(of: Once, text: str, name=name, sign=sign, scale=scale, known=known) -> list:
                    rows, _ = of.signs(name)
                    other = filled(scale, {sign: values(of, text).loc[rows.index]})
                    return [scale.grade(one | changed) for one, changed in zip(known(of), other, strict=True)]

                yield from self._tried(f"cohort.daily.grades.{name}.signs.{sign}", text, made, values)

    def _populations(self) -> Iterator[Finding]:
        seen: dict[tuple, str] = {}
        for population in self.plan.populations.values():

            def made(of: Once, text: str, within=population.within) -> pd.Series:
                return Expression(text).known(of.columns()) & (of.subjects[within] if within else True)

            yield from self._tried(f"populations.{population.id}.condition", population.condition, made)
            members = tuple(self.all.subjects[population.id])
            if (twin := seen.setdefault(members, population.id)) != population.id:
                yield f"populations.{population.id}", population.id, f"has the same participants as {twin}"

    def _endpoints(self) -> Iterator[Finding]:
        for endpoint in self.plan.endpoints.values():
            for at, text in {**endpoint.moments, **endpoint.conditions}.items():

                def made(of: Once, instead: str, at=at, endpoint=endpoint) -> list[pd.Series]:
                    def evaluate(where: str, written: str) -> pd.Series:
                        return Expression(instead if where == at else written)(of.columns())

                    return [*follow(endpoint, evaluate, of.subjects[of.who]).values()]

                yield from self._tried(f"endpoints.{endpoint.id}.{at}", text, made)

    def _flow(self) -> Iterator[Finding]:
        before = None
        for number, step in enumerate(self.plan.flow):
            start, before = step.get("from", before), step["population"]
            for reason, text in reasons(step).items() if start else ():
                where = f"flow.{number}.reasons.{reason.id}"

                def made(of: Once, text: str, step=step, start=start, reason=reason) -> list:
                    instead = {**step["reasons"], reason.id: {"label": reason.label, "condition": text}}
                    out = exclusions(self.plan, of.subjects, of.columns(), {**step, "reasons": instead}, start)
                    return [one.members for one in out]

                yield from self._tried(where, text, made)
                if (Expression(text).condition(self.all.columns()) & self.all.subjects[before]).any():
                    yield where, text, STAY

    def _shown(self, where: str, spec: Mapping, conditions: list[str]) -> Iterator[Finding]:
        """An analysis, a figure or a table: its conditions among those of its population, and what it shows of a table."""
        population = spec.get("population")
        if "file" in spec or population is None:
            return
        rows = spec["rows"] if where.startswith("analyses.") and "rows" in spec else {}
        for key in [*conditions, "where"]:
            if key in spec and not rows:
                yield from self._tried(
                    f"{where}.{key}",
                    spec[key],
                    lambda of, text: Expression(text).known(of.columns())[of.subjects[population]],
                )
        for key in ("where", "at", "baseline", "value"):
            if key in rows:
                yield from self._tried(
                    f"{where}.rows.{key}",
                    rows[key],
                    lambda of, text: of.evaluate("", text, of.rows_of(rows["table"])[1]),
                )
        if "table" in spec:
            frame, columns = self.all.rows_of(spec["table"])
            without = self.all.subjects[population].to_numpy(dtype=bool, copy=True)
            without[columns.at] = False
            if without.any():
                yield f"{where}.population", population, f"some of its participants have no row of {spec['table']}"
            if spec.get("last_day"):
                day = _computed(lambda of, text: Expression(text)(columns), self.all, spec["day"])
                if day is not None:
                    day = day[frame[spec["item"]].isin(spec["items"])] if "items" in spec else day
                    yield from self._beyond(f"{where}.last_day", spec["last_day"], day, spec["table"])

    @staticmethod
    def _beyond(where: str, bound: float, day: pd.Series, table: str) -> Iterator[Finding]:
        """A first or last day that could be another."""
        for other in _moved(bound):
            low, high = sorted((bound, other))
            if not (day.between(low, high) & (day != bound)).any():
                said = f"{number_text(other)} in the place of {number_text(bound)} gives the same rows of {table}"
                yield where, number_text(bound), said


def _computed(made: Made, of: Once, text: str):
    """What is made of an expression; None where it has no result: the stage that needs it says so."""
    try:
        return made(of, text)
    except (InputError, ExpressionError):
        return None


def _alike(a, b) -> bool:
    if a is None:
        return False
    if isinstance(a, pd.Series):
        if a.equals(b):
            return True
        numbers = a.dtype == b.dtype and a.dtype.kind in "biuf"  # of which others are other texts, too
        return not numbers and a.astype("string").fillna("").equals(b.astype("string").fillna(""))
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(_alike, a, b))
    return bool((a == b).all())
