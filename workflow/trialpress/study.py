"""A study's three YAML files as checked objects: the data dictionary, the analysis plan, the published claims.

Everything that can be wrong without looking at the data is found here, all at once, before anything runs.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator

from .errors import InputError, Problem, nearest, raise_if
from .expression import Expression, ExpressionError

SCHEMAS = Path(__file__).resolve().parents[1] / "schemas"
NOTHING_RUNS = "nothing runs until the configuration is right"
REWRITE = "write it over columns that exist at this point; config/README.md describes the language"


# --- YAML -----------------------------------------------------------------------------------------------------------


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """YAML without its surprises: `no` and `on` are words, 2015-06-03 is text, 1e5 is a number, a key stands once."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag.rsplit(":", 1)[1] not in ("bool", "timestamp", "float")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?(?:\d+\.\d*(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?|\d+[eE][-+]?\d+)$"),
    list("-+0123456789."),
)


def _mapping(loader: _Loader, node: yaml.MappingNode):
    keys = [loader.construct_object(key, deep=True) for key, _ in node.value]
    for position, key in enumerate(keys):
        if key in keys[:position]:
            raise yaml.constructor.ConstructorError(
                None, None, f"the key '{key}' stands twice", node.value[position][0].start_mark
            )
    return {key: loader.construct_object(value, deep=True) for key, (_, value) in zip(keys, node.value, strict=True)}


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def load_yaml(path: Path) -> Any:
    """The content of a YAML file; InputError names file and line if it cannot be read."""
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)
    except FileNotFoundError:
        raise InputError(
            [Problem(str(path), "the file does not exist", NOTHING_RUNS, "create it; see config/README.md")]
        ) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}, line {mark.line + 1}" if mark else str(path)
        what = getattr(error, "problem", None) or str(error)
        raise InputError([Problem(where, f"not valid YAML: {what}", NOTHING_RUNS, "mend this line")]) from None


def _path(parts: Iterable) -> str:
    return ".".join(map(str, parts)) or "(top level)"


def schema_problems(path: Path, content: Any, schema_name: str) -> list[Problem]:
    """What in `content` does not follow the schema, unknown keys with the nearest known one."""
    schema = load_yaml(SCHEMAS / f"{schema_name}.schema.yaml")
    problems = []
    for error in Draft202012Validator(schema).iter_errors(content):
        where = f"{path}, {_path(error.absolute_path)}"
        if error.validator == "additionalProperties" and isinstance(error.instance, Mapping):
            known = list(error.schema.get("properties", {}))
            for key in sorted(set(error.instance) - set(known), key=str):
                problems.append(
                    Problem(
                        where,
                        f"unknown key '{key}'",
                        "a key that is not understood would be ignored in silence",
                        nearest(key, known),
                    )
                )
        elif error.validator == "required":
            for key in (key for key in error.validator_value if key not in error.instance):
                near = difflib.get_close_matches(key, map(str, error.instance), n=1)
                do = f"is '{near[0]}' meant to be '{key}'?" if near else f"add '{key}'; see config/README.md"
                problems.append(Problem(where, f"the key '{key}' is missing", NOTHING_RUNS, do))
        else:
            message = (
                error.message
                if len(error.message) < 200
                else f"does not fit: {error.schema.get('description', error.validator)}"
            )
            problems.append(
                Problem(where, message, NOTHING_RUNS, error.schema.get("description", "see config/README.md"))
            )
    return problems


# --- the data dictionary --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class File:
    """A raw file as study.yaml describes it."""

    name: str
    path: str
    format: str = ""
    encoding: str = "utf-8"
    delimiter: str = ","
    sheet: str | int = 1
    header_rows: int = 1
    skip_rows: int = 0
    footer: str = ""
    decimal: str = ""
    date_order: str = ""
    description: str = ""

    def __post_init__(self):
        if not self.format:
            object.__setattr__(self, "format", "xlsx" if self.path.lower().endswith((".xlsx", ".xlsm")) else "csv")


@dataclass(frozen=True)
class Column:
    """A column of a clean table."""

    name: str
    type: str = "text"
    source: tuple[str, ...] = ()
    block: bool = False
    derive: str = ""
    label: str = ""
    unit: str = ""
    units: Mapping[str, float | str] = field(default_factory=dict)
    unit_from: str = ""
    unit_by: str = ""
    unit_to: str = ""
    infer_unit: tuple[str, ...] = ()
    codes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    ignore: str = ""
    limit: str = ""
    limit_text: Mapping[str, float | str] = field(default_factory=dict)
    pattern: str = ""
    rewrite: Mapping[str, str] = field(default_factory=dict)
    possible: tuple = (None, None)
    plausible: tuple = (None, None)
    ranges_by: Mapping = field(default_factory=dict)
    required: bool = False
    identifier: str = ""

    @property
    def title(self) -> str:
        return self.label or self.name.replace("_", " ")


@dataclass(frozen=True)
class Part:
    """Columns of a table that come from one file, one row per raw row or per raw row and block."""

    file: File
    columns: Mapping[str, Column]
    blocks: Mapping[Any, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Table:
    """A clean table: its key, its parts (more than one if blocks or files are joined), its checks."""

    name: str
    key: tuple[str, ...]
    parts: tuple[Part, ...]
    label: str = ""
    references: Mapping[str, str] = field(default_factory=dict)
    complete: Mapping[str, str] = field(default_factory=dict)
    where: str = ""
    misfit: int = 3
    checks: tuple[Mapping, ...] = ()

    @cached_property
    def columns(self) -> dict[str, Column]:
        """All columns of the table by name, in order; limit and unit follow the value that they belong to."""
        columns: dict[str, Column] = {}
        for part in self.parts:
            for name, column in part.columns.items():
                columns.setdefault(name, column)
                if column.limit:
                    columns[column.limit] = Column(column.limit, "text", label=f"{column.title}: beyond limit")
                if column.unit_to:
                    columns[column.unit_to] = Column(column.unit_to, "text", label=f"{column.title}: unit")
        return columns

    @property
    def kept(self) -> list[str]:
        """The columns that leave the clean stage: all but direct identifiers."""
        return [name for name, column in self.columns.items() if not column.identifier]


@dataclass(frozen=True)
class Study:
    """The data dictionary of one study."""

    id: str
    title: str
    data_cutoff: str
    reconstruction: str | bool
    short_title: str
    citation: str
    participant: str
    missing: tuple[str, ...]
    units: Mapping[str, Mapping[str, float | str]]
    files: Mapping[str, File]
    tables: Mapping[str, Table]
    fetch: tuple[Mapping, ...]

    @property
    def notice(self) -> str:
        """The sentence that every output carries if the patients are a reconstruction; empty for real records."""
        if self.reconstruction is True:
            return "Reconstruction: simulated patients, not the trial's records."
        return self.reconstruction or ""

    def once_per_participant(self) -> list[str]:
        """The tables with one row per participant; their columns can be named as table.column anywhere."""
        return [name for name, table in self.tables.items() if table.key == (self.participant,)]


def _blocks(spec) -> dict[Any, str]:
    if spec is None:
        return {}
    if isinstance(spec, list):
        return {value: str(value) for value in spec}
    if set(spec) == {"from", "to"}:
        return {value: str(value) for value in range(spec["from"], spec["to"] + 1)}
    return {key: str(text) for key, text in spec.items()}


class _Reader:
    """Turns the checked content of study.yaml into objects and collects what does not fit together."""

    def __init__(self, path: Path, content: Mapping):
        self.path, self.content, self.problems = path, content, []
        self.codes = content.get("codes", {})
        self.units = content.get("units", {})

    def problem(self, where: str, what: str, do: str = "", why: str = NOTHING_RUNS):
        self.problems.append(Problem(f"{self.path}, {where}", what, why, do))

    def shared(self, where: str, kind: str, value, lists: Mapping) -> Mapping:
        if not isinstance(value, str):
            return value or {}
        if value not in lists:
            self.problem(where, f"the shared {kind} list '{value}' is not defined", nearest(value, lists))
        return lists.get(value, {})

    def column(self, where: str, name: str, spec: Mapping | None) -> Column:
        spec = dict(spec or {})
        where = f"{where}.columns.{name}"
        source = spec.pop("source", name)
        codes = self.shared(where, "code", spec.pop("codes", None), self.codes)
        units = self.shared(where, "unit", spec.pop("units", None), self.units)
        if spec.get("type") == "code" and not codes:
            self.problem(where, "a column of type code needs codes", "add codes: {code: [raw texts]}")
        for key in ("missing", "infer_unit", "possible", "plausible"):
            if key in spec:
                spec[key] = tuple(spec[key])
        for unit in spec.get("infer_unit", ()):
            if unit not in units:
                self.problem(
                    where, f"infer_unit names the unit '{unit}', which has no conversion", nearest(unit, units)
                )
        own = not spec.get("derive") and not spec.get("block")
        return Column(
            name,
            source=((source,) if isinstance(source, str) else tuple(source)) if own else (),
            codes={str(code): tuple(map(str, texts)) for code, texts in codes.items()},
            units=units,
            **spec,
        )

    def part(self, where: str, spec: Mapping, default_file: str, files: Mapping[str, File]) -> Part:
        name = spec.get("file", default_file)
        if name not in files:
            self.problem(where, f"the file '{name}' is not defined under files", nearest(name, files))
        columns = {key: self.column(where, key, value) for key, value in spec["columns"].items()}
        blocks = _blocks(spec.get("blocks"))
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
        key = tuple(spec["key"])
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
            spec.get("label", ""),
            spec.get("references", {}),
            spec.get("complete", {}),
            spec.get("where", ""),
            spec.get("misfit", 3),
            tuple(spec.get("checks", ())),
        )

    def expression(self, where: str, text: str, known: Iterable[str]):
        for problem in expression_problems(text, known):
            self.problem(where, problem, REWRITE)

    def study(self) -> Study:
        head = self.content["study"]
        files = {name: File(name, **spec) for name, spec in self.content["files"].items()}
        participant = head.get("participant", "participant")
        tables = {name: self.table(name, spec, files) for name, spec in self.content["tables"].items()}
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
            for column, target in [*table.references.items(), *table.complete.items()]:
                other, _, target_column = target.partition(".")
                if column not in known:
                    self.problem(f"{where}.references", f"the column '{column}' does not exist", nearest(column, known))
                if other not in tables or target_column not in tables[other].columns:
                    choices = [f"{n}.{k}" for n, t in tables.items() for k in t.key]
                    self.problem(f"{where}.references.{column}", f"'{target}' does not exist", nearest(target, choices))
                elif list(tables).index(other) >= list(tables).index(name):
                    self.problem(
                        f"{where}.references.{column}", f"'{other}' comes after '{name}'", f"put {other} before {name}"
                    )
        if "." in participant or not any(table.key == (participant,) for table in tables.values()):
            self.problem(
                "tables", f"no table has the key [{participant}]", "one table must have one row per participant"
            )
        return Study(
            id=head["id"],
            title=head["title"],
            data_cutoff=head["data_cutoff"],
            reconstruction=head["reconstruction"],
            short_title=head.get("short_title", head["title"]),
            citation=head.get("citation", ""),
            participant=participant,
            missing=tuple(self.content.get("missing", ())),
            units=self.units,
            files=files,
            tables=tables,
            fetch=tuple(self.content.get("fetch", ())),
        )


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
        if not path.exists():
            do = "put the file there as received, and its checksum into SHA256SUMS"
            if file.path in known:
                do = f"make fetch STUDY={study.id}; or put a copy there by hand (sha256 {known[file.path]['sha256']}) from {known[file.path]['url']}"
            problems.append(
                Problem(str(path), "the raw file does not exist", "a study starts from its raw records", do)
            )
    raise_if(problems)
