"""What a method is and where it is from: read from the docstrings of the statistics that it calls."""

from __future__ import annotations

import ast
import inspect
from functools import cache
from pathlib import Path

from ...analysis.methods import METHODS
from ...cohort import Builder as Builder

STATS = Path(__file__).parents[2] / "stats"


@cache
def _module(path: Path) -> dict[str, ast.FunctionDef]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}


def references(method: str) -> list[str]:
    """The docstrings of the statistics that a method of the plan calls, read from their source."""
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
                    whole |= {alias.asname or alias.name: _module(STATS / f"{alias.name}.py") for alias in imported}
                case ast.ImportFrom(module=str(module), names=imported) if module.startswith("stats."):
                    source = _module(STATS / f"{module.removeprefix('stats.')}.py")
                    for alias in imported:
                        if alias.name in source:
                            found[inspect.cleandoc(ast.get_docstring(source[alias.name]) or "")] = None
                case ast.Attribute(value=ast.Name(id=module), attr=used) if used in whole.get(module, {}):
                    found[inspect.cleandoc(ast.get_docstring(whole[module][used]) or "")] = None
                case ast.Call(func=ast.Name(id=called)):
                    waiting.append((path, called))
    return [text for text in found if text]


def describe(method: str) -> str:
    """What a method does, without its parameters."""
    return (inspect.getdoc(METHODS.functions[method]) or "").split("Parameters")[0].strip()
