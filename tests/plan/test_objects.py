"""The plan as objects: what is printed of a column, units of time, what an endpoint is made of."""

from __future__ import annotations

import pandas as pd
import pytest
from trialpress.plan import Derived, Endpoint, Population
from trialpress.plan.objects import Plan, level_texts, other_level, own_word, reasons
from trialpress.plan.read import endpoint_of
from trialpress.plan.units import WRITTEN, unit_of_time

COLUMNS = {
    "os": Derived("os", {}, "Survival", "mo", "number"), "late": Derived("late", {}, "", "months"), "age": Derived("age", {}, "Age", "a"),
    "plain": Derived("plain", {}), "arm": Derived("arm", {}, "Arm", levels={"A": "Arm A", "True": "yes", "1": "one"}),
}  # fmt: skip


def plan(**more) -> Plan:
    keys = {name: {} for name in ("derived", "daily", "populations", "endpoints", "analyses", "figures", "tables")}
    given = {
        "level": 0.95,
        "alpha": 0.05,
        "seed": 1,
        "multiplicity": "",
        "cohort_table": "t",
        "flow": (),
        "columns": COLUMNS,
    }
    return Plan(**{**keys, **given, **more})


def test_what_is_printed_of_a_column_and_of_its_levels():
    shown = plan()
    assert [shown.label(name) for name in COLUMNS] == ["Survival", "late", "Age", "plain", "Arm"]
    assert [shown.label(name, unit=True) for name in ("os", "late", "plain", "no_such")] == [
        "Survival, mo",
        "late, months",
        "plain",
        "no such",
    ]
    assert [shown.level_label("arm", value) for value in ("A", True, 1, "B")] == ["Arm A", "Yes", "one", "B"]
    assert shown.level_label("plain", False) == "No" and shown.level_label("no_such", "x") == "x"


def test_units_of_time():
    months = plan(endpoints={"os": Endpoint("os", "OS", unit="months"), "h": Endpoint("h", "H", unit="hours")})
    assert [months.days(unit) for unit in ("hours", "days", "weeks", "months", "years")] == [
        1 / 24,
        1,
        7,
        30.4375,
        365.25,
    ]
    assert plan(days_per_month=30).days("years") == 360
    assert (
        months.per("os", "months") == 1 and months.per("os", "years") == 12 and months.per("os", "days") == 1 / 30.4375
    )
    assert months.per("h", "days") == 24
    for unit, texts in WRITTEN.items():
        assert (
            {unit_of_time(text) for text in texts} == {unit} == {unit_of_time(f" {text.upper()}. ") for text in texts}
        )
    assert unit_of_time("mg") == "" and unit_of_time("") == ""


def test_files_that_analyses_read_and_figures_show():
    entries = {"a": {"file": "z.csv"}, "b": {}, "c": {"file": "b.csv"}, "d": {"file": "z.csv"}}
    assert plan(analyses=entries).files == plan(figures=entries).shown == ["b.csv", "z.csv"]
    assert plan(figures=entries).files == plan(analyses=entries).shown == []


@pytest.mark.parametrize(
    "given, unit, moments, conditions, columns",
    [
        ({"origin": "a", "events": {"x": "b"}, "censor": "c"}, "days", {"origin": "a", "events.x": "b", "censor": "c"}, {}, "time event"),
        ({"origin": "a", "events": {"x": "b", "y": "d"}, "censor": "c", "censor_at": "e", "competing": True, "entry": 3}, "days",
         {"origin": "a", "events.x": "b", "events.y": "d", "censor": "c", "censor_at.0": "e", "entry": "3"}, {}, "time event cut entry cause"),
        ({"time": "os", "event": "s == 1"}, "months", {"time": "os"}, {"event": "s == 1"}, "time event"),
        ({"time": "os", "event": "s == 1", "unit": "weeks"}, "weeks", {"time": "os"}, {"event": "s == 1"}, "time event"),
        ({"time": "os + late", "event": "s"}, "months", {"time": "os + late"}, {"event": "s"}, "time event"),
        ({"time": "os + age", "event": "s"}, "days", {"time": "os + age"}, {"event": "s"}, "time event"),
        ({"time": "plain", "causes": {"x": "s == 1", "y": "s == 2"}, "censor_at": [12, "late"]}, "days",
         {"time": "plain", "censor_at.0": "12", "censor_at.1": "late"}, {"causes.x": "s == 1", "causes.y": "s == 2"}, "time event cut cause"),
    ],
)  # fmt: skip
def test_what_an_endpoint_is_made_of(given, unit, moments, conditions, columns):
    endpoint = endpoint_of("os", {"label": "OS", **given}, COLUMNS)
    assert (endpoint.unit, dict(endpoint.moments), dict(endpoint.conditions)) == (unit, moments, conditions)
    assert list(endpoint.moments) == list(moments) and endpoint.columns == tuple(
        f"os_{name}" for name in columns.split()
    )
    assert endpoint.from_durations == ("time" in given)


def test_levels_are_texts_and_words_of_ours_give_way():
    assert level_texts(pd.Series([1.0, 2.5, None])).fillna("-").tolist() == ["1", "2.5", "-"]
    assert level_texts(pd.Series([True, None], dtype="boolean")).fillna("-").tolist() == ["True", "-"]
    assert own_word("other", [], "x") == "other" and own_word("other", ["other", "other (x)"], "x") == "other (x) (x)"
    assert other_level({"other": 7}) == {"other": "7"} and other_level({}) == {}
    found = reasons({"reasons": {"a": "x > 1", "b": {"label": "B", "condition": "y"}, "c": {"condition": "z"}}})
    assert [(name.id, name.label, text) for name, text in found.items()] == [
        ("a", "a", "x > 1"),
        ("b", "B", "y"),
        ("c", "c", "z"),
    ]
    assert reasons({}) == {}


def test_what_a_population_and_an_endpoint_are_where_nothing_is_said():
    all_of, endpoint = Population("a", "A"), Endpoint("e", "E")
    assert (all_of.within, all_of.condition, all_of.definition, all_of.may_be_empty) == ("", "true", "", False)
    assert (endpoint.competing, endpoint.unit, endpoint.from_durations, endpoint.censor_at) == (
        False,
        "days",
        False,
        (),
    )
    assert "written" not in repr(plan())
