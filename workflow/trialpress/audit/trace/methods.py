"""What a method is and where it is from: read from the docstrings of the statistics that it calls."""

from __future__ import annotations

import ast
import inspect
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from types import CodeType, FunctionType

from ...analysis.methods import METHODS
from ...cohort import Builder as Builder
from ...files import used

STATS = f"{__name__.partition('.')[0]}.stats"


@cache
def _module(path: Path) -> dict[str, ast.FunctionDef]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}


@cache
def _stated(module: str) -> dict[str, str]:
    """The functions of a module of statistics with their docstrings, of its compiled code: it is not run, and to read its source
    takes ten times as long."""
    found = find_spec(f"{STATS}.{module}")
    if found is None:
        return {}
    used.add(found.origin)  # an edited docstring is another trace
    code = found.loader.get_code(found.name)
    parts = [part for part in code.co_consts if isinstance(part, CodeType)]
    functions = {part.co_name: FunctionType(part, {}) for part in parts if part.co_flags & inspect.CO_OPTIMIZED}
    return {name: inspect.getdoc(function) or "" for name, function in functions.items()}


def references(method: str) -> list[str]:
    """The docstrings of the statistics that a method of the plan calls."""
    here = Path(inspect.getsourcefile(METHODS.functions[method]))
    found: dict[str, None] = {}
    waiting, seen = [(here, METHODS.functions[method].__name__)], set()
    while waiting:
        path, name = waiting.pop()
        node = _module(path).get(name)
        if node is None or (path, name) in seen:
            continue
        seen.add((path, name))
        whole = {}  # modules of statistics by the name that they have here
        for part in ast.walk(node):
            match part:
                case ast.ImportFrom(module="stats", names=imported):
                    whole |= {alias.asname or alias.name: _stated(alias.name) for alias in imported}
                case ast.ImportFrom(module=str(module), names=imported) if module.startswith("stats."):
                    stated = _stated(module.removeprefix("stats."))
                    found |= {stated[alias.name]: None for alias in imported if alias.name in stated}
                case ast.Attribute(value=ast.Name(id=module), attr=function) if function in whole.get(module, {}):
                    found[whole[module][function]] = None
                case ast.Call(func=ast.Name(id=called)):
                    waiting.append((path, called))
    return [text for text in found if text]


def describe(method: str) -> str:
    """What a method does, without its parameters."""
    return (inspect.getdoc(METHODS.functions[method]) or "").split("Parameters")[0].strip()
