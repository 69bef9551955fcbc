"""Methods, figure kinds and table kinds that a plan can name: one registry each, checked and documented from signatures.

A parameter's annotation says what the plan may write there; its line under "Parameters" in the docstring says what it
means. The checks of the plan and the lists in config/README.md both come from here, so neither can fall behind.
"""

from __future__ import annotations

import inspect
import math
import re
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType

from .checks.values import expression_values
from .errors import Problem, nearest
from .kinds import Kind
from .study import expression_problems

Condition = typing.NewType("Condition", str)  # expression over the subjects that is true or false
Column = typing.NewType("Column", str)  # a column of the subjects
Number = typing.Annotated[Column, "number"]  # one that holds numbers
Ordinal = typing.Annotated[Column, "order"]  # one that holds numbers, or codes in an order
Endpoint = typing.NewType("Endpoint", str)  # id of a time-to-event endpoint
Population = typing.NewType("Population", str)
Analysis = typing.NewType("Analysis", str)  # id of an analysis
Table = typing.NewType("Table", str)  # a clean table
File = typing.NewType("File", str)  # a file of the repository that an analysis reads
Field = typing.NewType("Field", str)  # a column of the clean table that the entry's `table` names
RowValue = typing.NewType("RowValue", str)  # expression over its rows; columns of the subjects may be used too
RowCondition = typing.NewType("RowCondition", str)
Item = typing.NewType("Item", str)  # a value of its column that the entry's `item` names
Count = typing.NewType("Count", int)  # 1 or more
Positive = typing.NewType("Positive", float)  # above 0
Share = typing.NewType("Share", float)  # strictly between 0 and 1

_WRITTEN = {
    Condition: "condition", Column: "column", Endpoint: "endpoint", Population: "population", Analysis: "analysis",
    Table: "clean table", File: "file", Field: "column of the table", RowValue: "expression over its rows",
    Count: "whole number, 1 or more", Positive: "number above 0", Share: "number between 0 and 1",
    RowCondition: "condition over its rows", Item: "value", str: "text", int: "whole number", float: "number", bool: "true or false", dict: "mapping",
}  # fmt: skip


@dataclass
class Names:
    """What a plan may refer to."""

    columns: Iterable[str] = ()
    endpoints: Iterable[str] = ()
    populations: Iterable[str] = ()
    analyses: Iterable[str] = ()
    tables: Iterable[str] = ()
    kinds: Mapping[str, Kind] = field(default_factory=dict)  # of the columns of the subjects
    fields: Mapping[str, Mapping[str, Kind]] = field(default_factory=dict)  # of the columns of the clean tables

    def of(self, kind) -> Iterable[str]:
        return {Column: self.columns, Endpoint: self.endpoints, Population: self.populations,
                Analysis: self.analyses, Table: self.tables}[kind]  # fmt: skip


@cache
def _parameters(function: Callable) -> Mapping[str, inspect.Parameter]:
    hints = typing.get_type_hints(function)
    return MappingProxyType({
        key: parameter.replace(annotation=hints.get(key, str))
        for key, parameter in inspect.signature(function).parameters.items()
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY
    })  # fmt: skip


@dataclass
class Registry:
    """Functions by name. `what` is the word for one of them in messages; `common` are keys that all of them share."""

    what: str
    key: str
    common: tuple[str, ...]
    functions: dict[str, Callable] = field(default_factory=dict)
    traits: dict[str, Mapping[str, bool | str]] = field(
        default_factory=dict
    )  # what a function can or needs, by its name

    def add(self, name: str, **traits: bool | str) -> Callable:
        def register(function: Callable) -> Callable:
            self.functions[name], self.traits[name] = function, traits
            return function

        return register

    def parameters(self, name: str) -> Mapping[str, inspect.Parameter]:
        """The keyword-only parameters of a function, with resolved annotations."""
        return _parameters(self.functions[name])

    def given(self, spec: Mapping) -> dict:
        """Every parameter of a plan's entry with its value: as written, else the default, else empty text."""
        return {
            key: spec.get(key, "" if parameter.default is inspect.Parameter.empty else parameter.default)
            for key, parameter in self.parameters(spec[self.key]).items()
        }

    def scale(self, name: str, key: str) -> str:
        """What the column of a parameter must hold: `number`, `order` (numbers or ordered codes), or anything: ''."""
        kind = typing.get_type_hints(self.functions[name], include_extras=True).get(key)
        return next(iter(getattr(kind, "__metadata__", ())), "")

    def options(self, spec: Mapping) -> dict:
        """The part of a plan's entry that goes to the function."""
        return {key: value for key, value in spec.items() if key not in self.common and key != self.key}

    def problems(self, where: str, spec: Mapping, names: Names) -> list[Problem]:
        """What is wrong with one entry of the plan."""
        name = spec[self.key]
        if name not in self.functions:
            return [
                Problem(
                    where,
                    f"unknown {self.what} '{name}'",
                    "nothing runs until the plan is right",
                    nearest(name, self.functions),
                )
            ]
        parameters, options, problems = self.parameters(name), self.options(spec), []
        for key, value in options.items():
            if key not in parameters:
                known = [*parameters, *self.common, self.key]
                why = "a key that is not understood would be ignored in silence"
                problems.append(
                    Problem(where, f"unknown key '{key}' for the {self.what} '{name}'", why, nearest(key, known))
                )
                continue
            problems += [
                Problem(f"{where}.{key}", what, "nothing runs until the plan is right", do)
                for what, do in (*_misfits(value, parameters[key].annotation, names, options),
                                 *_unmeasured(value, self.scale(name, key), names))
            ]  # fmt: skip
        for key, parameter in parameters.items():
            if parameter.default is inspect.Parameter.empty and key not in options:
                do = f"{key}: {self.describe_parameter(name, key)}"
                problems.append(
                    Problem(
                        where, f"the {self.what} '{name}' needs '{key}'", "nothing runs until the plan is right", do
                    )
                )
        return problems

    def describe_parameter(self, name: str, key: str) -> str:
        match = re.search(rf"^\s+{key}: (.+)$", inspect.getdoc(self.functions[name]) or "", re.MULTILINE)
        return match[1] if match else ""

    def markdown(self) -> str:
        """The list of all functions with their parameters, for config/README.md."""
        lines = []
        for name in self.functions:
            text = (inspect.getdoc(self.functions[name]) or "").split("Parameters")[0].strip()
            lines += [f"### `{name}`", "", text, ""]
            for key, parameter in self.parameters(name).items():
                default = "" if parameter.default is inspect.Parameter.empty else f", default `{parameter.default}`"
                lines.append(
                    f"- `{key}` ({_written(parameter.annotation)}{default}): {self.describe_parameter(name, key)}"
                )
            lines.append("")
        return "\n".join(lines)


def _written(kind) -> str:
    origin = typing.get_origin(kind)
    if origin is list:
        one = _written(typing.get_args(kind)[0])
        return f"list of {one.replace('analysis', 'analyse')}s"
    if origin is dict:
        return " -> ".join(_written(part) for part in typing.get_args(kind))
    if origin is typing.Literal:
        return " or ".join(f"`{choice}`" for choice in typing.get_args(kind))
    return _WRITTEN.get(kind, getattr(kind, "__name__", str(kind)))


def _misfits(value, kind, names: Names, options: Mapping) -> list[tuple[str, str]]:
    """(what is wrong, what to do) for one value of the plan; `options` are the values beside it."""
    origin = typing.get_origin(kind)
    if origin is list:
        if not isinstance(value, list):
            return [(f"must be a list, is {value!r}", f"write [{value}]")]
        return [misfit for item in value for misfit in _misfits(item, typing.get_args(kind)[0], names, options)]
    if origin is dict:
        if not isinstance(value, Mapping):
            return [(f"must be a mapping, is {value!r}", "write {key: value}")]
        of, what = typing.get_args(kind)
        return [misfit for key, item in value.items()
                for misfit in (*_misfits(key, of, names, options), *_misfits(item, what, names, options))]  # fmt: skip
    if origin is typing.Literal:
        choices = typing.get_args(kind)
        return [] if value in choices else [(f"'{value}' is not a choice", nearest(value, choices))]
    if kind is Condition:
        unknown = [
            (what, "write it over columns of the subjects") for what in expression_problems(value, names.columns)
        ]
        return unknown + expression_values(value, names.kinds, condition=True)
    if kind in (Field, RowValue, RowCondition, Item):
        return _of_a_table(value, kind, names, options)
    if kind in (Column, Endpoint, Population, Analysis, Table):
        known = list(names.of(kind))
        if kind is Column and "." in str(value) and value in known:
            do = f"derive a column from it: {str(value).replace('.', '_')}: {{expression: {value}}}"
            return [(f"'{value}' is a column of another table", do)]
        return [] if value in known else [(f"the {_WRITTEN[kind]} '{value}' is not defined", nearest(value, known))]
    if kind is File:
        found = isinstance(value, str) and Path(value).is_file()
        return [] if found else [(f"the file '{value}' does not exist", "write its path from the repository")]
    plain = {Count: int, Positive: float, Share: float}.get(kind, kind)
    expected = (int, float) if plain is float else plain
    wrong = not isinstance(value, expected) or (isinstance(value, bool) and kind is not bool)
    wrong = wrong or (kind in (Count, Positive, Share) and not value > 0) or (kind is Share and not value < 1)
    return [(f"must be a {_WRITTEN.get(kind, kind)}, is {value!r}", "correct the value")] if wrong else []


def _unmeasured(column, scale: str, names: Names) -> list[tuple[str, str]]:
    """The same for a column that has no numbers, or no order, where the method needs them."""
    kind = names.kinds.get(column, Kind()) if scale and isinstance(column, str) else Kind()
    if not kind.family or kind.family in ("number", "boolean") or (kind.codes and all(map(_is_number, kind.codes))):
        return []
    if scale == "order" and kind.codes:
        do = "declare its codes in their order, or take a method for categories: fisher_rxc, chi_square, frequency"
        return [] if kind.ordered or len(kind.codes) < 3 else [(f"the codes of '{column}' have no order", do)]
    do = "take a column of numbers, or a method for categories: fisher_rxc, chi_square, frequency"
    what = f"a code ({', '.join(kind.codes[:5])})" if kind.codes else f"a {kind.family}"
    return [(f"'{column}' is {what} where numbers{' or ordered codes' * (scale == 'order')} are needed", do)]


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _of_a_table(value, kind, names: Names, options: Mapping) -> list[tuple[str, str]]:
    """The same for what is written over the clean table of the entry; an unknown table has its own message."""
    fields = names.fields.get(str(options.get("table")))
    if fields is None:
        return []
    if kind is Field:
        return [] if value in fields else [(f"the table has no column '{value}'", nearest(value, fields))]
    if kind is Item:
        codes = fields.get(str(options.get("item")), Kind()).codes
        return [] if not codes or value in codes else [(f"'{value}' is not a value of it", nearest(value, codes))]
    do = "write it over columns of the table or of the subjects"
    unknown = [(what, do) for what in expression_problems(value, {*fields, *names.columns})]
    return unknown + expression_values(value, {**names.kinds, **fields}, condition=kind is RowCondition)
