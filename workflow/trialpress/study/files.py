"""YAML files read strictly and checked against their schemas."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator

from ..errors import InputError, Problem, nearest

SCHEMAS = Path(__file__).resolve().parents[2] / "schemas"
NOTHING_RUNS = "nothing runs until the configuration is right"


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
        if isinstance(key, list | dict):
            what = "a key is a list or a mapping; a text that begins with { or [ stands in quotes"
            raise yaml.constructor.ConstructorError(None, None, what, node.value[position][0].start_mark)
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
    for error in Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER).iter_errors(content):
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
