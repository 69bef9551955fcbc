"""Values, not only names: what every expression of study.yaml and plan.yaml compares, takes the least of, calls by a name.

A code that does not exist, a number against a text, the least of texts without an order, two levels with one name: each
would give a wrong number in silence.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping

from ..errors import Problem, nearest
from ..expression import Expression, ExpressionError
from ..kinds import BOOLEAN, NUMBER, UNKNOWN, Kind
from ..study import NOTHING_RUNS, Study

SILENT = "it would be false, or a wrong value, for everybody, in silence"
SAME_NAME = "printed names are how groups are told apart: one would take the place of the other"
TRUTH = {"True": "Yes", "False": "No", "yes": "Yes", "no": "No"}

# how one value is taken from several rows: whether it needs a value, whether it may be ordered
TAKES = {"only": (True, False), "first": (True, True), "last": (True, True), "min": (True, False), "max": (True, False),
         "sum": (True, False), "mean": (True, False), "count": (False, False), "any": (False, False)}  # fmt: skip

# the keys of a derived column by how it is derived, and those of all
KEYS = {"expression": (), "from": ("value", "where", "by", "take"), "cut": ("at", "labels"),
        "rank": ("descending", "among"), "daily": ()}  # fmt: skip
COMMON = ("type", "label", "unit", "levels", "other")

# what is wrong, where, what to do, why it matters
Report = Callable[[str, str, str, str], None]


def fields(study: Study) -> dict[str, dict[str, Kind]]:
    """Clean table -> column -> what it can hold."""
    return {
        name: {
            key: Kind.of(column.type, column.codes, not column.codes_from_file) for key, column in table.columns.items()
        }
        for name, table in study.tables.items()
    }


def foreign(study: Study) -> dict[str, Kind]:
    """`table.column` of the tables with one row per participant."""
    known = fields(study)
    return {f"{name}.{key}": kind for name in study.once_per_participant() for key, kind in known[name].items()}


def expression_values(text, kinds: Mapping[str, Kind], *, condition: bool = False) -> list[tuple[str, str]]:
    """(what, what to do) of an expression that compares unlike things, or that is to be a condition and is none.

    Expressions that cannot be read, or that name what does not exist, are not judged here.
    """
    try:
        kind, problems = Expression(text).kind(kinds)
    except ExpressionError:
        return []
    if condition and kind.family not in ("boolean", ""):
        problems.append((f"is a {kind.family}, not a condition: {text}", "compare it with a value"))
    return problems


def dictionary(study: Study) -> list[Problem]:
    """The expressions of study.yaml."""
    known, outside, problems = fields(study), foreign(study), []
    for name, table in study.tables.items():
        kinds = {**outside, **known[name]}
        texts = [(f"columns.{column.name}.derive", column.derive, False) for column in table.columns.values()]
        texts += [(f"checks.{check['id']}.assert", check["assert"], True) for check in table.checks]
        for where, text, condition in [*texts, ("where", table.where, True)]:
            for what, do in expression_values(text, kinds, condition=condition) if text else ():
                problems.append(Problem(f"study.yaml, tables.{name}.{where}", what, SILENT, do))
    return problems


def shared_names(levels: Mapping[str, str]) -> list[tuple[str, str]]:
    """(what, what to do) where several levels of a column are printed alike."""
    owners = defaultdict(list)
    for level, label in levels.items():
        owners[TRUTH.get(str(label), str(label))].append(f"'{level}'")
    empty = [
        (f"the level '{level}' has an empty name", "give it a name")
        for level, label in levels.items()
        if not str(label).strip()
    ]
    do = "give each a name of its own; to merge them derive a column: when(x in ({}), 'one', 'other')"
    return empty + [
        (f"the levels {' and '.join(same)} have one name, '{name}'", do.format(", ".join(same)))
        for name, same in owners.items()
        if len(same) > 1
    ]


class Cohort:
    """The kinds of the columns of the subjects, found in the order in which they are derived."""

    def __init__(self, study: Study, report: Report):
        self.study, self.fields, self.report = study, fields(study), report
        self.kinds: dict[str, Kind] = {}

    def start(self, table: str) -> None:
        self.kinds.update(self.fields.get(table, {}))

    def check(self, where: str, text, kinds: Mapping[str, Kind] | None = None, *, condition: bool = False) -> None:
        kinds = self.kinds if kinds is None else kinds
        for what, do in expression_values(text, kinds, condition=condition):
            self.report(where, what, do, SILENT)

    def rows(self, table: str) -> dict[str, Kind]:
        """What an expression over the rows of a table may use."""
        return {**self.kinds, **self.fields.get(table, {})}

    def kind(self, text, kinds: Mapping[str, Kind]) -> Kind:
        try:
            return Expression(text).kind(kinds)[0]
        except ExpressionError:
            return UNKNOWN

    def derive(self, name: str, spec: Mapping, levels: Mapping[str, str]) -> None:
        """A derived column: its expressions, its levels, its kind."""
        where = f"cohort.columns.{name}"
        for how, keys in KEYS.items():
            for key in spec.keys() - {*COMMON, how, *keys} if how in spec else ():
                self.report(f"{where}.{key}", f"is not used by a column with `{how}`", "remove it", SILENT)
        kind = self._derived(where, spec)
        if "other" in spec:
            self._other(where, spec)
            for what, do in shared_names(levels):
                self.report(f"{where}.levels", what, do, SAME_NAME)
            self.kinds[name] = Kind("text", tuple(levels), True)
            return
        kind = self._typed(kind, spec.get("type", ""))
        for what, do in shared_names(levels):
            self.report(f"{where}.levels", what, do, SAME_NAME)
        if "levels" in spec:
            self._named(f"{where}.levels", levels, kind)
            if kind.family in ("text", "") and not (kind.codes and kind.ordered) and spec.get("type", "code") == "code":
                kind = Kind("text", tuple(levels), True) if kind.family else kind
        self.kinds[name] = kind

    def _other(self, where: str, spec: Mapping) -> None:
        """`other` names what the levels do not: without levels it would name everything."""
        if not spec.get("levels"):
            self.report(f"{where}.other", "stands without levels", "name the levels that stay apart", SILENT)
        if "other" in map(str, spec.get("levels", {})):
            self.report(f"{where}.levels", "has a level 'other' of its own", "remove it, or the key other", SAME_NAME)
        if spec.get("type", "code") != "code":
            self.report(f"{where}.type", "a column with `other` holds levels", "write type: code", SILENT)

    def _derived(self, where: str, spec: Mapping) -> Kind:
        if "expression" in spec:
            self.check(f"{where}.expression", spec["expression"])
            return self.kind(spec["expression"], self.kinds)
        if "from" in spec:
            return self._taken(where, spec)
        for key in ("cut", "rank"):
            kind = self.kind(spec[key], self.kinds) if key in spec else UNKNOWN
            if kind.family == "text" and not (key == "rank" and kind.ordered):
                self.report(
                    f"{where}.{key}", f"{spec[key]} is a text without an order", "name a column of numbers", SILENT
                )
        if "among" in spec:
            self.check(f"{where}.among", spec["among"], condition=True)
        at = spec.get("at", ())
        if any(a >= b for a, b in zip(at, at[1:], strict=False)):
            self.report(f"{where}.at", f"the cut points {', '.join(map(str, at))} do not rise", "sort them", SILENT)
        if "cut" in spec:
            return Kind("text", tuple(spec.get("labels", ())), True)
        return NUMBER

    def _taken(self, where: str, spec: Mapping) -> Kind:
        kinds, take = self.rows(spec["from"]), spec.get("take", "only")
        for key in ("value", "where", "by"):
            if key in spec:
                self.check(f"{where}.{key}", spec[key], kinds, condition=key == "where")
        self._asked(where, spec, take)
        kind = self.kind(spec["value"], kinds) if "value" in spec else BOOLEAN
        if kind.family == "text" and take in ("sum", "mean"):
            self.report(where, f"take: {take} of a text has no meaning", "take numbers", SILENT)
        if kind.family == "text" and take in ("min", "max") and not kind.ordered:
            what = f"take: {take} of texts without an order would be that of the alphabet"
            self.report(
                where, what, "give the column codes, the first the lowest; or take: first or last with by", SILENT
            )
        if "by" in spec:
            by = self.kind(spec["by"], kinds)
            if by.family == "text" and not by.ordered:
                self.report(
                    f"{where}.by", f"{spec['by']} is a text without an order", "name a date or a number", SILENT
                )
        return {"count": NUMBER, "sum": NUMBER, "mean": NUMBER, "any": BOOLEAN}.get(take, kind)

    def _asked(self, where: str, spec: Mapping, take: str) -> None:
        """Keys that this way of taking needs, or would ignore."""
        valued, ordered = TAKES[take]
        if valued and "value" not in spec:
            self.report(where, f"take: {take} needs a value", "name what is taken: value: ...", SILENT)
        if take == "any" and "value" in spec:
            self.report(where, "take: any asks whether a row counts, not for a value", "write it into where", SILENT)
        if "by" in spec and not ordered:
            self.report(where, f"take: {take} has no order, `by` would be ignored", "take: first or last", SILENT)

    def _typed(self, kind: Kind, type: str) -> Kind:
        """The kind after the plan's own `type`."""
        given = Kind.of(type)
        return kind if not given.family or given.family == kind.family else given

    def _named(self, where: str, levels: Mapping[str, str], kind: Kind) -> None:
        """Levels that no participant can have."""
        values = ("True", "False") if kind.family == "boolean" else kind.codes
        for level in levels if values else ():
            if level not in values:
                known = f"its values: {', '.join(values)}"
                self.report(
                    where, f"no participant can have the level '{level}' ({known})", nearest(level, values), SILENT
                )
        if kind.family == "number":
            for level in levels:
                if not _is_number(level):
                    self.report(
                        where, f"the column holds numbers, the level '{level}' is a text", "write the number", SILENT
                    )

    def date(self, where: str, text) -> None:
        """An expression that must be a date."""
        self.check(where, text)
        kind = self.kind(text, self.kinds)
        if kind.family not in ("date", ""):
            self.report(where, f"is a {kind.family}, not a date: {text}", "name dates", NOTHING_RUNS)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
