"""What single cells say: a value is right or there is a query that names it."""

import pytest

from .small import READ, column, values

NUMBERS = {
    "plain": ({}, "1.25", 1.25, ""),
    "point where a comma is declared": ({"decimal": ","}, "11.6", 11.6, ""),
    "three decimals that cannot be a group": ({"decimal": ","}, "0.125", 0.125, ""),
    "two readings, declared": ({"decimal": ","}, "1.025", 1025, "may be 1025 or 1.025"),
    "two readings, nothing declared": ({}, "1,250", None, "may be 1250 or 1.250"),
    "two readings, grouping declared": ({"grouping": ","}, "1,250", 1250, ""),
    "two readings, decimal point declared": ({"decimal": "."}, "1,250", 1250, "may be 1250 or 1.250"),
    "two readings, a comma elsewhere": ({"decimal": "."}, "1.250", 1.25, ""),
    "German grouping": ({"decimal": ","}, "1.234,5", 1234.5, ""),
    "English grouping": ({}, "1,234.5", 1234.5, ""),
    "Swiss grouping": ({}, "1'234.5", 1234.5, ""),
    "grouping by a thin space": ({}, "12\u202f345,6", 12345.6, ""),
    "groups of the wrong size": ({}, "1,23.4", None, "is not a number"),
    "decimal comma": ({}, "39,9", 39.9, ""),
    "minus sign": ({}, "\u22125.5", -5.5, ""),
    "power": ({}, "2.1E+05", 210000, ""),
    "too large": ({}, "1e400", None, "too large"),
    "too small": ({}, "1e-400", None, "too small"),
    "words": ({}, "about 5", None, "is not a number"),
    "limit kept": ({"limit": "beyond"}, "<0.5", 0.5, ""),
    "limit dropped": ({}, "<0.5", 0.5, "'<' of a value beyond a limit was dropped"),
    "unit directly behind": ({"unit": "mg/L"}, "12mg/L", 12, ""),
    "unit of a power": ({"unit": "10^9/L"}, "5.2x10^9/L", 5.2, ""),
    "unit of a power, superscript": ({"unit": "10^9/L"}, "5.2 ×10⁹/L", 5.2, ""),
    "unit of a power, E": ({"unit": "10^9/L"}, "5.2 10E9/L", 5.2, ""),
    "unit of a power, UCUM": ({"unit": "10^9/L"}, "5.2 10*9/L", 5.2, ""),
    "giga": ({"unit": "10^9/L"}, "5.2 G/L", 5.2, ""),
    "the declared unit spelt otherwise": ({"unit": "G/L"}, "5.2×10^9/l", 5.2, ""),
    "micro": ({"unit": "µg/dL"}, "3 ug/dl", 3, ""),
    "case of a unit": ({"unit": "mIU/mL"}, "3 MIU/mL", None, "'MIU/mL' has no conversion"),
    "power and a unit": ({"unit": "/kg"}, "1×10^5/kg", 100000, ""),
    "Chinese power": ({"unit": "/kg"}, "10万/kg", 100000, ""),
    "conversion": ({"unit": "mg/L", "units": {"mg/dL": 10}}, "1.5 mg/dL", 15, ""),
    "expression": ({"unit": "°C", "units": {"°F": "(x - 32) / 1.8"}}, "101.3°F", 38.5, ""),
    "impossible": ({"possible": [0, 10]}, "11", None, "11 is impossible"),
    "unusual": ({"plausible": [0, 10]}, "11", 11, "11 is unusual"),
}


@pytest.mark.parametrize("name", NUMBERS)
def test_numbers(tmp_path, name):
    spec, text, value, asked = NUMBERS[name]
    data = column(tmp_path, {"type": "number", **spec}, text)
    assert values(data) == [value]
    assert len(data.queries) == bool(asked) and asked in "".join(data.queries["message"])
    for query in data.queries.itertuples():
        assert (query.file, query.row, query.column, query.value) == ("f.csv", 2, "X", text)


INTEGERS = {
    "130.5": None,
    "130.0": 130,
    "007": 7,
    "9007199254740993": 9007199254740993,
    "9223372036854775808": None,
    "1e3": 1000,
}


@pytest.mark.parametrize("text", INTEGERS)
def test_whole_numbers_are_never_rounded(tmp_path, text):
    data = column(tmp_path, {"type": "integer"}, text)
    assert values(data) == [INTEGERS[text]]
    assert len(data.queries) == (INTEGERS[text] is None)


DATES = {
    "ISO": ({}, "2019-04-04", "2019-04-04", ""),
    "DATE9": ({}, "12NOV2020", "2020-11-12", ""),
    "DATE9 with a space": ({}, "13NOV 2010", "2010-11-13", ""),
    "DATETIME20": ({}, "12NOV2020:10:30:00", "2020-11-12", ""),
    "English": ({}, "3-September-2020", "2020-09-03", ""),
    "American": ({}, "Nov 12, 2020", "2020-11-12", ""),
    "a man, not a month": ({}, "1 Marx 2022", None, "is not a date"),
    "points": ({}, "23.05.2019", "2019-05-23", ""),
    "midnight": ({}, "6/15/2015 12:00:00 AM", "2015-06-15", ""),
    "with zone": ({}, "2015-06-15T10:00:00.000+08:00", "2015-06-15", ""),
    "Chinese": ({}, "2015年6月5日", "2015-06-05", ""),
    "packed": ({}, "20150605", "2015-06-05", ""),
    "serial": ({}, "42449", "2016-03-20", ""),
    "serial with a time": ({}, "42449.75", "2016-03-20", ""),
    "two orders": ({}, "03/04/2015", None, "day/month or month/day"),
    "order declared": ({"date_order": "mdy"}, "03/04/2015", "2015-03-04", ""),
    "two digits": ({}, "15-Sep-20", None, "year of two digits"),
    "two digits, numbers": ({"date_order": "dmy"}, "15/09/20", None, "year of two digits"),
    "no such day": ({}, "2016-11-31", None, "not a day of the calendar"),
    "month only": ({}, "2013-05", None, "is a partial date (the day is not known)"),
    "year only": ({}, "2013", None, "is a partial date (only the year is known)"),
    "day and month unknown": ({}, "10 UNK 2020", None, "is a partial date (only the year is known)"),
    "day unknown": ({"date_order": "dmy"}, "UN/12/2019", None, "is a partial date (the day is not known)"),
    "day or month unknown": ({}, "UN/12/2019", None, "day/month or month/day"),
    "a month without its name": ({"date_order": "mdy"}, "10-UNK-2020", None, "may be a day of an unknown month"),
    "a time": ({}, "10:30", None, "is not a date"),
}


@pytest.mark.parametrize("name", DATES)
def test_dates(tmp_path, name):
    spec, text, value, asked = DATES[name]
    data = column(tmp_path, {"type": "date", **spec}, text)
    assert values(data) == [value]
    assert len(data.queries) == bool(asked) and asked in "".join(data.queries["message"])


@pytest.mark.parametrize(
    ("text", "value"), [("15-Sep-20", "2020-09-15"), ("15-Sep-29", "2029-09-15"), ("15-Sep-30", "1930-09-15")]
)
def test_the_pivot_of_two_digit_years_is_declared(tmp_path, text, value):
    data = column(tmp_path, {"type": "date"}, text, options={"f": {"two_digit_years": 1930}})
    assert values(data) == [value] and data.queries.empty


MOMENTS = {
    "datetime": {"2015-06-15T10:05:00": "2015-06-15T10:05:00", "15JUN2015:22:05:09": "2015-06-15T22:05:09",
                 "6/15/2015 1:05 PM": "2015-06-15T13:05:00", "42449.75": "2016-03-20T18:00:00", "25:00": None},
    "time": {"10:05": "10:05", "9:05": "09:05", "1:05 pm": "13:05", "10:05:30": "10:05:30", "25:00": None},
    "duration": {"1:30": 1.5, "PT1H30M": 1.5, "2 d 4 h": 52, "90 min": 1.5, "2.5": 2.5, "long": None},
}  # fmt: skip


@pytest.mark.parametrize("kind", MOMENTS)
def test_datetimes_times_and_durations(tmp_path, kind):
    expected = MOMENTS[kind]
    data = column(tmp_path, {"type": kind, "unit": "h" if kind == "duration" else ""}, *expected)
    assert values(data) == list(expected.values())
    assert len(data.queries) == 1 and set(data.queries["severity"]) == {"error"}


def test_a_datetime_without_its_time_is_said(tmp_path):
    data = column(tmp_path, {"type": "datetime"}, "2015-06-15", "2015-06-15")
    assert data.changes["rule"].str.contains("taken as midnight").all() and len(data.changes) == 2
    assert data.queries["message"].tolist() == [
        "'2015-06-15' has no time of day, midnight was put in (in 2 rows, of which this is the first)"
    ]


PARTIAL = {
    "first": ({"impute": "first"}, {"2013-05": ("2013-05-01", "D"), "2013": ("2013-01-01", "M"), "2013-05-07": ("2013-05-07", None)}),
    "middle": ({"impute": "middle"}, {"May 2013": ("2013-05-15", "D"), "UNK UNK 2013": ("2013-06-30", "M")}),
    "last": ({"impute": "last"}, {"UN FEB 2012": ("2012-02-29", "D"), "2013-UN-UN": ("2013-12-31", "M")}),
    "bounded below": ({"impute": "first", "not_before": ["date('2013-05-10')"]}, {"2013-05": ("2013-05-10", "D"), "2013-06": ("2013-06-01", "D")}),
    "bounded above": ({"impute": "last", "not_after": ["date('2013-05-10')"]}, {"2013": ("2013-05-10", "M"), "2012": ("2012-12-31", "M")}),
    "kept": ({}, {"2013-05": (None, None)}),
}  # fmt: skip


@pytest.mark.parametrize("name", PARTIAL)
def test_partial_dates_are_imputed_by_rule_with_flag_and_line(tmp_path, name):
    rule, expected = PARTIAL[name]
    data = column(tmp_path, {"type": "date", "partial": rule}, *expected)
    assert list(zip(values(data), values(data, "x_imputed"), strict=True)) == list(expected.values())
    partly = [text for text, (_, flag) in expected.items() if flag or name == "kept"]
    assert data.changes[data.changes["field"] == "x_given"]["raw_value"].tolist() == partly
    imputed = data.changes[(data.changes["field"] == "x") & data.changes["rule"].str.contains("imputed")]
    assert len(imputed) == len(partly) and set(imputed["kind"]) == {"value"}


def test_missing_words_match_as_declared_and_a_code_goes_before(tmp_path):
    codes = {"type": "code", "codes": {"NA": [], "ND": ["n.d."]}}
    data = column(tmp_path, codes, "NA", "n.d.", "-", missing=["NA", "ND", "-"])
    assert values(data) == ["NA", "ND", None] and data.queries.empty
    data = column(tmp_path / "b", READ, "NA", "Na", "na", missing=["NA"])
    assert values(data) == [None, "Na", "na"]
    data = column(tmp_path / "c", {"type": "number"}, "-999", "-999.0", "-99", "na", missing=["-999", "NA"])
    assert values(data) == [None, None, -99, None] and data.queries["value"].tolist() == ["na"]


def test_codes_that_differ_by_case_alone(tmp_path):
    data = column(tmp_path, {"type": "code", "codes": {"a": ["Pos"], "b": ["POS"]}}, "Pos", "POS", "pos", "A")
    assert values(data) == ["a", "b", None, "a"]
    assert "may be a or b" in data.queries["message"].item()


def test_the_change_log_says_what_was_done_and_what_matters(tmp_path):
    data = column(
        tmp_path,
        {"type": "number", "unit": "mg/L", "units": {"mg/dL": 10}, "possible": [0, 100]},
        "1 mg/dL",
        " 5",
        "500",
        "6",
    )
    assert list(zip(data.changes["clean_value"], data.changes["rule"], data.changes["kind"], strict=True)) == [
        ("10", "unit mg/dL to mg/L", "unit"),
        ("5", "spaces trimmed", "spelling"),
        ("", "impossible value cleared", "value"),
    ]
    dates = column(tmp_path / "b", {"type": "date"}, "23.05.2019", "2019-05-23 10:00")
    assert dates.changes["rule"].tolist() == ["date written d.m.y", "time of day removed"]


def test_a_code_that_is_a_number_may_be_written_as_one(tmp_path):
    data = column(
        tmp_path,
        {"type": "code", "codes": {"no": ["0"], "yes": ["1"], "x": ["01"], "two": ["2"]}},
        "2.0",
        "1.0",
        "01",
        "1",
        "2.5",
    )
    assert values(data) == ["two", None, "x", "yes", None] and data.queries["value"].tolist() == ["1.0", "2.5"]
