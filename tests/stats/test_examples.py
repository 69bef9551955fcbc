"""The examples in docstrings are true, and every public function of `stats` has one."""

import doctest
import importlib
import inspect
import re
import types
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "workflow" / "trialpress"


def name(path: Path) -> str:
    return ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)


STATS = sorted(name(path) for path in (PACKAGE / "stats").glob("*.py") if path.stem != "__init__")
SHOWING = sorted(
    name(path) for path in PACKAGE.rglob("*.py") if re.search(r"^\s*>>> ", path.read_text(encoding="utf-8"), re.M)
)
# these show what they do, too
OTHERS = [
    "trialpress.text",
    "trialpress.calculation",
    "trialpress.expression",
    "trialpress.plan.objects",
]


def public_functions(module) -> dict:
    """The functions that a module defines and does not hide; not what it imports."""
    return {
        name: function
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__ and not name.startswith("_")
    }


def without_example(module) -> list[str]:
    """The public functions whose own docstring has no example with an answer."""
    parser = doctest.DocTestParser()
    return [
        name
        for name, function in public_functions(module).items()
        if not any(example.want for example in parser.get_examples(function.__doc__ or ""))
    ]


@pytest.mark.parametrize("name", sorted({*STATS, *OTHERS, *SHOWING}))
def test_examples_are_true(name):
    failed, tried = doctest.testmod(importlib.import_module(name))
    assert tried, "no example at all"
    assert not failed, "the difference is printed above"


@pytest.mark.parametrize("name", STATS)
def test_every_public_function_of_stats_has_an_example(name):
    module = importlib.import_module(name)
    assert public_functions(module)
    assert not without_example(module)


def test_a_function_without_an_example_is_noticed():
    def shown():
        """A number.

        >>> 1 + 1
        2
        """

    def not_shown():
        """A number."""

    def unanswered():
        """A number.

        >>> x = 1
        """

    def _hidden():
        pass

    module = types.ModuleType(__name__)
    module.__dict__.update({function.__name__: function for function in (shown, not_shown, unanswered, _hidden)})
    assert without_example(module) == ["not_shown", "unanswered"]
