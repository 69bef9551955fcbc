"""Ranges and units: bounds belong to the range, slips of a unit are guessed at, a unit is beside, apart, or inferred."""

from __future__ import annotations

import pytest

from .small import cleaned, column, values

ID = {"source": "ID", "type": "id"}


@pytest.mark.parametrize(
    "spec, text, value, message",
    [
        # the bounds are within
        ({"possible": [0, 10]}, "0", 0, ""), ({"possible": [0, 10]}, "10", 10, ""), ({"possible": [0, 10]}, "-0.1", None, "-0.1 is impossible (possible: 0 to 10)"),
        ({"plausible": [2, 8]}, "2", 2, ""), ({"plausible": [2, 8]}, "8", 8, ""), ({"plausible": [2, 8]}, "8.1", 8.1, "8.1 is unusual (plausible: 2 to 8)"),
        ({"plausible": [2, 8]}, "1.9", 1.9, "1.9 is unusual (plausible: 2 to 8)"),
        ({"possible": [0, 10], "plausible": [2, 8]}, "9", 9, "9 is unusual (plausible: 2 to 8)"), ({"possible": [0, 10], "plausible": [2, 8]}, "5", 5, ""),
        # open ends, units
        ({"possible": [None, 10]}, "-1e6", -1e6, ""), ({"possible": [None, 10]}, "11", None, "11 is impossible (possible: at most 10); divided by 10 it would be plausible: a unit slip?"),
        ({"possible": [5, None]}, "1e6", 1e6, ""), ({"possible": [5, None]}, "4", None, "4 is impossible (possible: at least 5); times 10 it would be plausible: a unit slip?"),
        ({"possible": [0, 10], "unit": "mg"}, "-1", None, "-1 is impossible (possible: 0 to 10 mg)"),
        # a slip of ten, a hundred, a thousand, into the plausible range; no further
        ({"possible": [1, 10]}, "50", None, "50 is impossible (possible: 1 to 10); divided by 10 it would be plausible: a unit slip?"),
        ({"possible": [1, 10]}, "100", None, "100 is impossible (possible: 1 to 10); divided by 10 it would be plausible: a unit slip?"),
        ({"possible": [1, 5]}, "700", None, "700 is impossible (possible: 1 to 5)"), ({"possible": [1, 5]}, "400", None, "400 is impossible (possible: 1 to 5); divided by 100 it would be plausible: a unit slip?"),
        ({"possible": [1, 5]}, "5000", None, "5000 is impossible (possible: 1 to 5); divided by 1000 it would be plausible: a unit slip?"),
        ({"possible": [1, 5]}, "50000", None, "50000 is impossible (possible: 1 to 5)"), ({"possible": [1, 5]}, "0.001", None, "0.001 is impossible (possible: 1 to 5); times 1000 it would be plausible: a unit slip?"),
        ({"possible": [1, 5]}, "0.05", None, "0.05 is impossible (possible: 1 to 5); times 100 it would be plausible: a unit slip?"),
        ({"possible": [1, 100], "plausible": [1, 5]}, "400", None, "400 is impossible (possible: 1 to 100); divided by 100 it would be plausible: a unit slip?"),
    ],
)  # fmt: skip
def test_ranges_of_numbers(tmp_path, spec, text, value, message):
    data = column(tmp_path, {"type": "number", **spec}, text)
    assert values(data) == [value] and data.queries["message"].tolist() == [message][: bool(message)]
    assert data.queries["severity"].tolist() == ["error" if value is None else "warning"][: bool(message)]


@pytest.mark.parametrize(
    "kind, text, value, message",
    [
        ("date", "2015-01-01", "2015-01-01", ""), ("date", "2016-12-31", "2016-12-31", ""), ("date", "2014-12-31", None, "2014-12-31 is impossible (possible: 2015-01-01 to 2016-12-31)"),
        ("date", "2017-01-01", None, "2017-01-01 is impossible (possible: 2015-01-01 to 2016-12-31)"), ("datetime", "2016-12-31T23:59:00", "2016-12-31T23:59:00", ""),
        ("datetime", "2017-01-01T00:01:00", None, "2017-01-01T00:01:00 is impossible (possible: 2015-01-01 to 2016-12-31)"),
    ],
)  # fmt: skip
def test_ranges_of_dates(tmp_path, kind, text, value, message):
    data = column(tmp_path, {"type": kind, "possible": ["2015-01-01", "2016-12-31"]}, text)
    assert values(data) == [value] and data.queries["message"].tolist() == [message][: bool(message)]


@pytest.mark.parametrize(
    ("bounds", "kept"), [([None, "2030-01-01"], [None, "2015-01-01", "2015-02-01"]), (["1899-01-01", None], ["1900-01-01", "2015-01-01", None])]
)  # fmt: skip
def test_a_bound_that_is_declared_takes_the_place_of_that_end_only(tmp_path, bounds, kept):
    """Without a bound 1900-01-01 and 9999-12-31 stand for an unknown date, whatever is said of the other end."""
    last = "2015-02-01" if bounds[1] else "9999-12-31"
    assert values(column(tmp_path, {"type": "date", "plausible": bounds}, "1900-01-01", "2015-01-01", last)) == kept


def test_a_unit_that_is_written_is_removed_and_noted(tmp_path):
    data = column(tmp_path, {"type": "number", "unit": "mg"}, "5 mg", "6")
    assert values(data) == [5, 6] and data.changes[["key", "rule"]].to_numpy().tolist() == [["S0", "unit mg removed"]]


def lab(folder, text: str, value: dict, **study):
    columns = {
        "participant": ID,
        "test": {"source": "Test", "type": "code", "codes": {"crp": [], "alb": [], "x": []}},
        "value": {"source": "Value", "type": "number", **value},
    }
    table = {"file": "f", "key": ["participant", "test"], "columns": columns}
    return cleaned(
        folder,
        {"f.csv": "ID,Test,Value,Unit\n" + text},
        {"people": {"file": "f", "key": ["participant"], "columns": {"participant": ID}}, "t": table},
        **study,
    )


def test_ranges_by_another_column(tmp_path):
    spec = {
        "ranges_by": {
            "column": "test",
            "ranges": {"crp": {"possible": [0, 100], "plausible": [0, 50]}, "alb": {"possible": [10, 20]}},
        }
    }
    data = lab(tmp_path, "S1,crp,100,\nS2,crp,101,\nS3,crp,51,\nS1,alb,20,\nS2,alb,21,\nS3,alb,10,\nS1,x,1e9,\n", spec)
    found = data.tables["t"].sort_values(["test", "participant"])["value"]
    assert [None if value != value else value for value in found.astype("float")] == [20, None, 10, 100, None, 51, 1e9]
    assert sorted(data.queries["message"]) == [
        "100 is unusual (plausible: 0 to 50)", "101 is impossible (possible: 0 to 100); divided by 10 it would be plausible: a unit slip?",
        "21 is impossible (possible: 10 to 20)", "51 is unusual (plausible: 0 to 50)",
    ]  # fmt: skip


def test_a_unit_apart_from_the_number(tmp_path):
    spec = {"unit": "mg/L", "units": {"mg/dL": 10, "g/L": "x * 1000"}, "unit_from": "Unit", "unit_to": "unit"}
    data = lab(
        tmp_path,
        "S1,crp,5,mg/L\nS2,crp,5,mg/dl\nS3,crp,0.5,g/L\nS4,crp,5 mg/dL,\nS5,crp,5,\nS6,crp,5,MG/L\nS7,crp,,mg/L\n",
        spec,
    )
    found = data.tables["t"]
    assert [None if value != value else value for value in found["value"].astype(float)] == [
        5,
        50,
        500,
        50,
        None,
        None,
        None,
    ]
    assert set(found["unit"]) == {"mg/L"}
    assert data.queries["message"].tolist() == [
        "5 has no unit",
        "the unit 'MG/L' has no conversion (did you mean 'mg/L'? the case of letters counts)",
    ]
    changes = data.changes[data.changes["field"] == "value"]
    assert changes[["key", "clean_value", "rule"]].to_numpy().tolist() == [
        ["S2/crp", "50", "unit mg/dL to mg/L"], ["S3/crp", "500", "unit g/L to mg/L"], ["S4/crp", "50", "unit mg/dL to mg/L"],
        ["S5/crp", "", "does not fit, cleared"], ["S6/crp", "", "does not fit, cleared"],
    ]  # fmt: skip
    units = data.changes[data.changes["field"] == "unit"]
    assert set(units["rule"]) == {"canonical unit"} and "S1/crp" not in set(units["key"])


def test_the_unit_of_a_number_that_is_not_possible_as_it_stands(tmp_path):
    spec = {
        "type": "number",
        "unit": "mg/L",
        "units": {"mg/dL": 10, "g/L": 1000},
        "infer_unit": ["mg/dL", "g/L"],
        "possible": [50, 100000],
        "plausible": [100, 3000],
    }
    data = column(tmp_path, spec, "500", "50", "49", "2", "0.05", "0.2", "0.001", "7 mg/dL")
    # 49 mg/dL are 490, 49 g/L are 49000, which is not plausible; 2 would be 20 or 2000; nothing fits 0.05, 0.2 is 200
    assert values(data) == [500, 50, 490, 2000, None, 200, None, 70]
    inferred = data.changes[data.changes["rule"].str.startswith("unit inferred")]
    assert inferred[["raw_value", "clean_value", "rule", "kind"]].to_numpy().tolist() == [
        ["49", "490", "unit inferred mg/dL to mg/L", "unit"], ["2", "2000", "unit inferred g/L to mg/L", "unit"], ["0.2", "200", "unit inferred g/L to mg/L", "unit"],
    ]  # fmt: skip


def test_two_units_that_would_fit_are_no_inference(tmp_path):
    spec = {
        "type": "number",
        "unit": "mg/L",
        "units": {"mg/dL": 10, "dag/L": 12},
        "infer_unit": ["mg/dL", "dag/L"],
        "possible": [50, 1000],
    }
    data = column(tmp_path, spec, "10")
    assert values(data) == [None] and "10 is impossible" in data.queries["message"].item()


def test_units_chosen_by_another_column(tmp_path):
    units = {"crp": {"mg/L": 1, "mg/dL": 10}, "alb": {"g/L": 1}}
    data = lab(
        tmp_path,
        "S1,crp,5 mg/dL,\nS2,crp,5 mg/L,\nS1,alb,5 g/L,\nS2,alb,5 mg/dL,\nS1,x,5,\n",
        {"unit_by": "test", "unit_to": "unit", "unit_from": "Unit"},
        units=units,
    )
    found = data.tables["t"].sort_values(["test", "participant"])
    assert [None if value != value else value for value in found["value"].astype(float)] == [5, None, 50, 5, None]
    assert found["unit"].fillna("-").tolist() == ["g/L", "g/L", "mg/L", "mg/L", ""]


def test_whole_numbers_stay_whole_when_a_unit_is_converted(tmp_path):
    data = column(
        tmp_path, {"type": "integer", "unit": "d", "units": {"wk": 7, "h": "x / 24"}}, "2 wk", "48 h", "36 h", "3"
    )
    assert values(data) == [14, 2, None, 3] and data.queries["message"].tolist() == [
        "is not a whole number any more (unit h to d)"
    ]


def test_the_first_and_the_last_day_of_a_trial(tmp_path):
    data = column(tmp_path, {"type": "date"}, "1900-01-01", "1900-01-02", "2100-12-31", "2101-01-01")
    assert values(data) == [None, "1900-01-02", "2100-12-31", None]


PARTIALLY = {
    "after the cut-off": ("last", "UNK-MAR-2051", "2051-03-31", "error", "2051-03 is after the data cut-off (2030-12-31)"),
    "a year after the cut-off": ("first", "2031", "2031-01-01", "error", "2031 is after the data cut-off"),
    "imputed after the cut-off": ("last", "2030-12", "2030-12-31", "", ""),
    "no date of a trial": ("first", "1015", None, "error", "1015 is no date of a trial"),
    "of another calendar": ("middle", "2558-06", None, "error", "2558-06 is no date of a trial (a Buddhist year? 2015"),
    "the sign for an unknown date": ("first", "1900", None, "error", "1900 is no date of a trial"),
    "an early year": ("last", "1900", "1900-12-31", "", ""),
    "not imputed": ("", "1015", None, "error", "1015 is no date of a trial"),
}  # fmt: skip


@pytest.mark.parametrize("name", PARTIALLY)
@pytest.mark.parametrize("kind", ["date", "datetime"])
def test_a_partial_date_is_judged_by_the_days_that_it_may_mean(tmp_path, kind, name):
    impute, text, value, severity, message = PARTIALLY[name]
    data = column(tmp_path, {"type": kind, "partial": {"impute": impute} if impute else {}}, text)
    assert [str(found)[:10] for found in values(data) if found] == ([value] if value else [])
    asked = data.queries[~data.queries["message"].str.contains("all that is known")]
    assert [*asked["severity"]] == [severity] * bool(severity) and message in "".join(asked["message"])
    if not value:
        assert values(data, "x_given") == values(data, "x_imputed") == [None]


def test_a_day_that_was_imputed_after_the_cut_off(tmp_path):
    cutoff = {"data_cutoff": "2020-01-01"}
    data = column(tmp_path, {"type": "date", "partial": {"impute": "last"}}, "JAN-2020", "2020", "2019", study=cutoff)
    assert values(data) == ["2020-01-31", "2020-12-31", "2019-12-31"]
    assert data.queries["severity"].tolist() == ["warning"] * 2
    said = "2020 was imputed to 2020-12-31, after the data cut-off (2020-01-01); not_after: [date('2020-01-01')] under partial"
    assert said in data.queries["message"].tolist()[1]
    bound = {"impute": "last", "not_after": ["date('2020-01-01')"]}
    data = column(tmp_path / "b", {"type": "date", "partial": bound}, "JAN-2020", "2020", "2019", study=cutoff)
    assert values(data) == ["2020-01-01", "2020-01-01", "2019-12-31"] and data.queries.empty
