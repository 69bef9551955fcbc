"""YAML files read strictly and checked against their schemas."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator

from ..errors import InputError, Problem, nearest

SCHEMAS = Path(__file__).resolve().parents[2] / "schemas"
NOTHING_RUNS = "nothing runs until the configuration is right"


LISTED = 50  # problems of one kind and place in a message
DEEPEST, MOST = 60, 500_000  # levels and values of a YAML file; beyond them nobody wrote it by hand


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """YAML without its surprises: `no`, `on` and NULL are words, 2015-06-03, 1:30 and 007 are texts, 1e5 is a number, a key
    stands once, nothing but texts, numbers, true, false and null."""


_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("bool", r"^(?:true|false)$", "tf"),
    ("null", r"^(?:~|null|)$", ["~", "n", ""]),
    ("int", r"^[-+]?(?:0|[1-9]\d{0,18})$", "-+0123456789"),
    ("float", r"^[-+]?(?:\d+\.\d*(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?|\d+[eE][-+]?\d+)$", "-+0123456789."),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_pattern, re.ASCII), list(_first))


def _refused(what: str, mark) -> yaml.constructor.ConstructorError:
    return yaml.constructor.ConstructorError(None, None, what, mark)


def _mapping(loader: _Loader, node: yaml.MappingNode):
    found = {}
    for written, value in node.value:
        key = loader.construct_object(written, deep=True)
        if isinstance(key, list | dict):
            what = "a key is a list or a mapping; a text that begins with { or [ stands in quotes"
            raise _refused(what, written.start_mark)
        if key in found:
            raise _refused(f"the key '{key}' stands twice", written.start_mark)
        found[key] = loader.construct_object(value, deep=True)
    return found


def _number(loader: _Loader, node: yaml.ScalarNode) -> float:
    value = float(node.value)
    if math.isinf(value) or (value == 0 and re.search("[1-9]", re.split("[eE]", node.value)[0])):
        raise _refused(f"{node.value} is too {'large' if value else 'small'} a number", node.start_mark)
    return value


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)
_Loader.add_constructor("tag:yaml.org,2002:float", _number)


def measured(text: str) -> str:
    """A YAML text that is not too deep, and not too large when its aliases are written out; YAMLError if it is."""
    sizes: dict[str, int] = {}  # of what stands behind an anchor
    open_: list[tuple[str | None, int]] = [(None, 0)]
    for event in yaml.parse(text, Loader=_Loader):
        mark = event.start_mark
        size = 0
        if tag := getattr(event, "tag", None):
            raise _refused(f"has the tag {tag}; values are texts, numbers, true, false and null", mark)
        if isinstance(event, yaml.ScalarEvent):
            size = 1
            if wrong := re.search(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]", event.value):
                raise _refused(f"holds the character U+{ord(wrong[0]):04X}, which no text has", mark)
        elif isinstance(event, yaml.AliasEvent):
            if event.anchor in {anchor for anchor, _ in open_}:
                raise _refused(f"*{event.anchor} stands within what it is an alias of", mark)
            size = sizes.get(event.anchor, 1)
        elif isinstance(event, yaml.CollectionStartEvent):
            open_.append((event.anchor, 1))
            if len(open_) > DEEPEST:
                raise _refused(f"is nested more than {DEEPEST} levels deep", mark)
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, size = open_.pop()
            if anchor:
                sizes[anchor] = size
        if isinstance(event, yaml.ScalarEvent) and event.anchor:
            sizes[event.anchor] = size
        open_[-1] = (open_[-1][0], open_[-1][1] + size)
        if open_[-1][1] > MOST:
            raise _refused(f"holds more than {MOST} values, aliases written out", mark)
    return text


def load_yaml(path: Path) -> Any:
    """The content of a YAML file; InputError names file and line if it cannot be read."""
    try:
        return yaml.load(measured(path.read_text(encoding="utf-8-sig")), Loader=_Loader)
    except FileNotFoundError:
        raise InputError(
            [Problem(str(path), "the file does not exist", NOTHING_RUNS, "create it; see config/README.md")]
        ) from None
    except OSError as error:
        do = "look at the file and who may read it"
        raise InputError([Problem(str(path), f"cannot be read: {error.strerror}", NOTHING_RUNS, do)]) from None
    except UnicodeDecodeError as error:
        what = f"is not UTF-8: byte 0x{error.object[error.start]:02x} at position {error.start}"
        raise InputError([Problem(str(path), what, NOTHING_RUNS, "save it as UTF-8")]) from None
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}, line {mark.line + 1}" if mark else str(path)
        what = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
        raise InputError([Problem(where, f"not valid YAML: {what}", NOTHING_RUNS, "mend this line")]) from None


def _path(parts: Iterable) -> str:
    return ".".join(map(str, parts)) or "(top level)"


def schema_problems(path: Path, content: Any, schema_name: str) -> list[Problem]:
    """What in `content` does not follow the schema, unknown keys with the nearest known one."""
    schema = load_yaml(SCHEMAS / f"{schema_name}.schema.yaml")
    problems = []
    for error in Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER).iter_errors(content):
        where = f"{path}, {_path(error.absolute_path)}"
        if error.validator == "additionalProperties" and isinstance(error.instance, Mapping):
            known = list(error.schema.get("properties", {}))
            unknown = sorted(set(error.instance) - set(known), key=str)
            if len(unknown) > LISTED:
                what = f"{len(unknown)} unknown keys, of which the first {LISTED} are listed"
                problems.append(Problem(where, what, "they would be ignored in silence", "see config/README.md"))
            for key in unknown[:LISTED]:
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
