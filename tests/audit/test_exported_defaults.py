"""What the second computation is told of an option that the plan leaves out is the method's own default."""

import inspect

import pytest
from trialpress.analysis.methods import METHODS
from trialpress.audit import concordance

NOTHING = ("", 0, False, (), [])
TOLD_BY_ANOTHER_NAME = {("mantel_haenszel", "correction")}  # `continuity`, which is exported as it is in force


@pytest.mark.parametrize("method", [name for name in METHODS.functions if name in concordance.EXPORTS])
def test_options_left_out_are_exported_as_the_method_has_them(method):
    exported = {**concordance.DEFAULTS, **concordance.OWN_DEFAULTS.get(method, {})}
    for name, parameter in METHODS.parameters(method).items():
        default = parameter.default
        if name not in exported or default is inspect.Parameter.empty or (method, name) in TOLD_BY_ANOTHER_NAME:
            continue
        told = exported[name]
        same = (
            told == (list(default) if isinstance(default, tuple) else default)
            or str(told).lower() == str(default).lower()
        )
        assert same or (told in NOTHING and default in NOTHING), (name, told, default)
