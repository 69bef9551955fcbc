"""study.yaml as a checked data dictionary: everything that can be wrong without looking at the data, all at once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path, PureWindowsPath
from typing import Any

from ..errors import Problem, nearest, raise_if
from ..expression import WORDS, Expression, ExpressionError
from . import consistent
from .dictionary import Column, File, Limits, Part, Partial, Study, Table
from .files import NOTHING_RUNS, load_yaml, schema_problems

LOGS = ("cells", "changes", "queries", "rejected", "rows")  # files of the clean stage beside its tables
DURATIONS = ("d", "h", "min", "s")
REWRITE = "write it over columns that exist at this point; config/README.md describes the language"


def _blocks(spec, most: int) -> dict[Any, str]:
    """Value of the block -> its text; ValueError, in words, if it cannot be."""
    if spec is None:
        return {}
    if isinstance(spec, list):
        return {value: str(value) for value in spec}
    if set(spec) == {"from", "to"}:
        first, last = spec["from"], spec["to"]
        if not all(isinstance(end, int) and not isinstance(end, bool) for end in (first, last)):
            raise ValueError(f"from {first} to {last} are no whole numbers")
        if not 0 < last - first + 1 <= most:
            raise ValueError(
                f"from {first} to {last} are {last - first + 1} blocks; from 1 to {most} can be (limits.blocks)"
            )
        return {value: str(value) for value in range(first, last + 1)}
    return {key: str(text) for key, text in spec.items()}


def _names(text: str) -> tuple[str, ...]:
    """'site, number' -> ('site', 'number')."""
    return tuple(part.strip() for part in str(text).split(","))


def _target(text: str) -> tuple[str, tuple[str, ...]]:
    """'enrolment.site, number' -> ('enrolment', ('site', 'number'))."""
    table, _, columns = str(text).partition(".")
    return table, _names(columns)


class _Reader:
    """Turns the checked content of study.yaml into objects and collects what does not fit together."""

    def __init__(self, path: Path, content: Mapping):
        self.path, self.content, self.problems = path, content, []
        self.codes = content.get("codes", {})
        self.units = content.get("units", {})
        self.limits = Limits(**content.get("limits", {}))

    def problem(self, where: str, what: str, do: str = "", why: str = NOTHING_RUNS):
        self.problems.append(Problem(f"{self.path}, {where}", what, why, do))

    def places(self, files: Mapping[str, File]) -> None:
        """Raw files lie below data/<study>/raw; a clean table is a file of its own name beside the logs of the stage."""
        for name, file in files.items():
            path = PureWindowsPath(file.path)  # knows both separators, and drives
            if path.drive or path.root or ".." in path.parts:
                what, do = (
                    f"'{file.path}' leads out of the folder of raw files",
                    "put the file there and write its name",
                )
                self.problem(f"files.{name}.path", what, do, "a run reads nothing outside the study")
        for name in self.content["tables"]:
            if not re.fullmatch(r"\w[\w-]*", name) or name in LOGS:
                what = (
                    "is the name of a log of the clean stage"
                    if name in LOGS
                    else "has other signs than letters, digits, _ and -"
                )
                self.problem(
                    f"tables.{name}", f"the id '{name}' {what}", "give the table another id", "it is a file's name, too"
                )

    def shared(self, where: str, kind: str, value, lists: Mapping) -> Mapping:
        if not isinstance(value, str):
            return value or {}
        if value not in lists:
            self.problem(where, f"the shared {kind} list '{value}' is not defined", nearest(value, lists))
        return lists.get(value, {})

    def column(self, where: str, name: str, spec: Mapping | None) -> Column:
        spec = dict(spec or {})
        where = f"{where}.columns.{name}"
        if str(name).lower() in WORDS:
            self.problem(where, f"'{name}' is a word of the language of expressions", "give the column another name")
        consistent.name(where, name, self.problem)
        consistent.keys(where, spec, self.problem)
        source = spec.pop("source", name)
        codes = spec.pop("codes", None)
        from_file = codes == "from file"
        codes = {} if from_file else self.shared(where, "code", codes, self.codes)
        units = self.shared(where, "unit", spec.pop("units", None), self.units)
        if spec.get("type") == "code" and not codes and not from_file:
            self.problem(where, "a column of type code needs codes", "add codes: {code: [raw texts]}")
        if spec.get("type") == "duration" and spec.get("unit") not in DURATIONS:
            self.problem(where, "a duration needs its unit", f"add unit: {' or '.join(DURATIONS)}")
        if "partial" in spec:
            spec["partial"] = self.partial(where, name, spec)
        if "missing" in spec:
            spec["missing"] = reasons(spec["missing"])
        for key in ("infer_unit", "possible", "plausible"):
            if key in spec:
                spec[key] = tuple(spec[key])
        for unit in spec.get("infer_unit", ()):
            if unit not in units:
                self.problem(
                    where, f"infer_unit names the unit '{unit}', which has no conversion", nearest(unit, units)
                )
        own = not (spec.get("derive") or spec.get("block") or spec.get("row"))
        is_text = spec.get("type", "text") == "text"
        if "free_text" in spec and (not is_text or spec.get("identifier")):
            self.problem(where, "free_text says that a text was reviewed, and this is none", "take it away")
        column = Column(
            name,
            source=((source,) if isinstance(source, str) else tuple(source)) if own else (),
            codes={str(code): tuple(map(str, texts)) for code, texts in codes.items()},
            codes_from_file=from_file,
            units=units,
            held_back=own and is_text and not (spec.get("free_text") or spec.get("identifier")),
            **spec,
        )
        consistent.column(where, column, self.problem)
        return column

    def partial(self, where: str, name: str, spec: Mapping) -> Partial:
        if spec.get("type") not in ("date", "datetime"):
            self.problem(f"{where}.partial", "only dates can be partial", "give the column type: date")
        given = spec["partial"]
        bounds = {key: tuple(map(str, given.get(key, ()))) for key in ("not_before", "not_after")}
        return Partial(
            given.get("impute", ""), given=given.get("given", f"{name}_given"), flag=given.get("flag", f"{name}_imputed"), **bounds
        )  # fmt: skip

    def part(self, where: str, spec: Mapping, default_file: str, files: Mapping[str, File]) -> Part:
        name = spec.get("file", default_file)
        if name not in files:
            self.problem(where, f"the file '{name}' is not defined under files", nearest(name, files))
        columns = {key: self.column(where, key, value) for key, value in spec["columns"].items()}
        try:
            blocks = _blocks(spec.get("blocks"), self.limits.blocks)
        except ValueError as error:
            self.problem(f"{where}.blocks", str(error), "write {from: 0, to: 28}, or a list")
            blocks = {}
        if blocks and sum(column.block for column in columns.values()) != 1:
            self.problem(
                where,
                "a table with blocks needs exactly one column with 'block: true'",
                "mark the column that tells the blocks apart",
            )
        return Part(files.get(name, File(name, "")), columns, blocks)

    def table(self, name: str, spec: Mapping, files: Mapping[str, File]) -> Table:
        where = f"tables.{name}"
        parts = [self.part(where, spec, spec["file"], files)]
        parts += [
            self.part(f"{where}.join.{i}", joined, spec["file"], files) for i, joined in enumerate(spec.get("join", []))
        ]
        key = tuple(name.removesuffix("?") for name in spec["key"])
        if len(set(key)) < len(key):
            self.problem(f"{where}.key", f"names a column twice: {', '.join(key)}", "name each column once")
        self.added(where, parts)
        for number, part in enumerate(parts):
            for column in key:
                if column not in part.columns:
                    at = where if number == 0 else f"{where}.join.{number - 1}"
                    self.problem(
                        at, f"the key column '{column}' is not among the columns", nearest(column, part.columns)
                    )
        return Table(
            name,
            key,
            tuple(parts),
            blank=frozenset(name.removesuffix("?") for name in spec["key"] if name.endswith("?")),
            label=spec.get("label", ""),
            references={_names(column): _target(to) for column, to in spec.get("references", {}).items()},
            complete=spec.get("complete", {}),
            where=spec.get("where", ""),
            may_be_empty=spec.get("may_be_empty", False),
            misfit=spec.get("misfit", 3),
            checks=tuple(spec.get("checks", ())),
        )

    def added(self, where: str, parts: Iterable[Part]):
        """A column that another one adds takes no other column's place."""
        columns = [column for part in parts for column in part.columns.values()]
        names = {column.name for column in columns}
        for column in {column.name: column for column in columns}.values():
            for name in (added.name for added in column.added):
                at = f"{where}.columns.{column.name}"
                if name in names:
                    what = f"adds the column '{name}', which exists"
                    self.problem(
                        at, what, "give the added column another name", "one would take the place of the other"
                    )
                consistent.name(at, name, self.problem)
                names.add(name)

    def free_text(self, tables: Mapping[str, Table], participant: str) -> None:
        """What names a participant or a row of another table is an id whatever its type; another text in a key would stand
        in every log. A text made of one that is withheld is withheld."""
        columns = [(name, part.columns, column) for name, table in tables.items() for part in table.parts
                   for column in part.columns.values()]  # fmt: skip
        naming = {(name, participant) for name in tables}
        for name, table in tables.items():
            naming |= {(name, key) for key in table.key[:1] if len(table.key) == 1}
            for names, (other, targets) in table.references.items():
                naming |= {(name, column) for column in names} | {(other, column) for column in targets}
        withheld = set()
        for name, of, column in columns:
            if column.held_back and (name, column.name) in naming:
                of[column.name] = replace(column, held_back=False)
            elif column.withheld:
                withheld.add((name, column.name))
                if column.held_back and column.name in tables[name].key:
                    self.problem(
                        f"tables.{name}.columns.{column.name}", "is free text in a key, which stands in every log",
                        "give it type: id or code; or say who has reviewed it: free_text: {reviewed: NAME, date: 2026-01-31}",
                        "a narrative cannot be searched reliably for names",
                    )  # fmt: skip
        derived, before = [one for one in columns if one[2].derive and one[2].type == "text"], -1
        while before != len(withheld):
            before = len(withheld)
            for name, of, column in derived:
                named = (other.rpartition(".") for other in names_of(column.derive))
                if not column.free_text and any((table or name, other) in withheld for table, _, other in named):
                    of[column.name] = replace(column, held_back=not column.identifier)
                    withheld.add((name, column.name))

    def expression(self, where: str, text: str, known: Iterable[str]):
        for problem in expression_problems(text, known):
            self.problem(where, problem, REWRITE)

    def study(self) -> Study:
        head = self.content["study"]
        files = {name: File(name, limits=self.limits, **spec) for name, spec in self.content["files"].items()}
        self.places(files)
        for name, file in files.items():
            consistent.file(f"files.{name}", file, self.problem)
        participant = head.get("participant", "participant")
        tables = {name: self.table(name, spec, files) for name, spec in self.content["tables"].items()}
        self.free_text(tables, participant)
        foreign = {
            f"{name}.{column}"
            for name, table in tables.items()
            if table.key == (participant,)
            for column in table.columns
        }
        keys = [f"{name}.{table.key[0]}" for name, table in tables.items() if len(table.key) == 1]
        for name, table in tables.items():
            where = f"tables.{name}"
            known = set(table.columns)
            for column in table.columns.values():
                if column.derive:
                    self.expression(f"{where}.columns.{column.name}.derive", column.derive, known | foreign)
                for unit, factor in column.units.items():
                    if isinstance(factor, str):
                        self.expression(f"{where}.columns.{column.name}.units.{unit}", factor, known | {"x"})
                if column.partial:
                    for text in (*column.partial.not_before, *column.partial.not_after):
                        self.expression(f"{where}.columns.{column.name}.partial", text, known | foreign)
                by = column.unit_by or column.ranges_by.get("column")
                if by and by not in known:
                    self.problem(
                        f"{where}.columns.{column.name}",
                        f"is chosen by the column '{by}', which does not exist",
                        nearest(by, known),
                    )
            if table.where:
                self.expression(f"{where}.where", table.where, known)
            for number, check in enumerate(table.checks):
                at = f"{where}.checks.{check['id']}"
                self.expression(f"{at}.assert", check["assert"], known | foreign)
                if check["field"] not in known:
                    self.problem(
                        at,
                        f"questions the column '{check['field']}', which does not exist",
                        nearest(check["field"], known),
                    )
                if check.get("action") == "reject" and any(part.blocks for part in table.parts):
                    self.problem(at, "action reject is not possible in a table with blocks", "use action clear")
                if check["id"] in [other["id"] for other in table.checks[:number]]:
                    self.problem(at, "the id of a check stands twice", "give it another id")
            for column, target in table.complete.items():
                if target not in keys:
                    self.problem(
                        f"{where}.complete.{column}", f"'{target}' is not a table's key", nearest(target, keys)
                    )
            before = list(tables)[: list(tables).index(name)]
            completes = [((column,), _target(target)) for column, target in table.complete.items()]
            for columns, (other, targets) in [*table.references.items(), *completes]:
                at, shown = f"{where}.references.{', '.join(columns)}", f"{other}.{', '.join(targets)}"
                for column in (column for column in columns if column not in known):
                    self.problem(at, f"the column '{column}' does not exist", nearest(column, known))
                if other not in tables or not set(targets) <= set(tables[other].columns):
                    choices = [f"{n}.{', '.join(t.key)}" for n, t in tables.items()]
                    self.problem(at, f"'{shown}' does not exist", nearest(shown, choices))
                elif len(columns) != len(targets):
                    self.problem(
                        at, f"names {len(columns)} columns, '{shown}' {len(targets)}", "name as many on both sides"
                    )
                elif other not in before:
                    self.problem(at, f"'{other}' comes after '{name}'", f"put {other} before {name}")
        quasi = self.content.get("quasi_identifiers", ())
        once = [
            f"{name}.{column}" for name, table in tables.items() if table.key == (participant,) for column in table.kept
        ]
        for name in (name for name in quasi if name not in once):
            what = f"'{name}' is not a column, kept, of a table with one row per participant"
            self.problem("quasi_identifiers", what, nearest(name, once))
        if "." in participant or not any(table.key == (participant,) for table in tables.values()):
            self.problem(
                "tables", f"no table has the key [{participant}]", "one table must have one row per participant"
            )
        study = Study(
            id=head["id"],
            title=head["title"],
            data_cutoff=head["data_cutoff"],
            reconstruction=head["reconstruction"],
            short_title=head.get("short_title", head["title"]),
            citation=head.get("citation", ""),
            participant=participant,
            missing=reasons(self.content.get("missing", ())),
            units=self.units,
            files=files,
            tables=tables,
            fetch=tuple(self.content.get("fetch", ())),
            statements=head.get("statements", {}),
            data_managers=tuple(head.get("data_managers", ())),
            not_identifying=self.content.get("not_identifying", {}),
            quasi_identifiers=tuple(tuple(name.split(".")) for name in quasi),
        )
        if not self.problems:
            consistent.expressions(study, self.problem)
        return study


def reasons(missing) -> dict[str, str]:
    """Text -> why a value is missing, of a list of texts or of texts with their reasons.

    >>> reasons(["NA"]), reasons({"-999": "Not asked"})
    ({'NA': ''}, {'-999': 'Not asked'})
    """
    return {str(text): missing[text] if isinstance(missing, Mapping) else "" for text in missing}


def names_of(text) -> list[str]:
    """The columns that an expression names; none if it cannot be read, which is told elsewhere."""
    try:
        return Expression(text).names
    except ExpressionError:
        return []


def expression_problems(text, known: Iterable[str]) -> list[str]:
    """What is wrong with an expression over the columns `known`, in words."""
    try:
        return Expression(text).check(known)
    except ExpressionError as error:
        return [f"expression {error}"]


def load_study(path: Path | str) -> Study:
    """The data dictionary study.yaml; InputError with all of its problems."""
    path = Path(path)
    content = load_yaml(path)
    raise_if(schema_problems(path, content, "study"))
    reader = _Reader(path, content)
    study = reader.study()
    raise_if(reader.problems)
    return study


def preflight(study: Study, data: Path | str) -> None:
    """Stop before anything runs if a raw file is missing, says how to get it. Content is checked by the clean stage."""
    problems = []
    known = {item["path"]: item for item in study.fetch}
    for file in study.files.values():
        path = Path(data) / "raw" / file.path
        try:
            there = path.exists()
        except (OSError, ValueError):  # too long for a name, or with a NUL
            there = False
        if not there:
            do = "put the file there as received, and its checksum into SHA256SUMS"
            if file.path in known:
                do = f"make fetch STUDY={study.id}; or put a copy there by hand (sha256 {known[file.path]['sha256']}) from {known[file.path]['url']}"
            problems.append(
                Problem(str(path), "the raw file does not exist", "a study starts from its raw records", do)
            )
        elif not path.is_file() or not path.resolve().is_relative_to((Path(data) / "raw").resolve()):
            what = (
                "leads out of the folder of raw files" if path.is_file() else "is no file that can be read to its end"
            )
            do = "put a copy of the file there; links, devices and folders are not followed"
            problems.append(Problem(str(path), what, "a run reads nothing outside the study", do))
    raise_if(problems)
