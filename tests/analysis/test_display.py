"""Numbers as a journal prints them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from trialpress.analysis import Rows
from trialpress.analysis.display import display, p_value, precision, ratio, recorded_decimals, rounded, significant

INF, NAN = math.inf, math.nan


@pytest.mark.parametrize(
    "value, digits, text",
    [
        (0.125, 2, "0.13"), (0.135, 2, "0.14"), (2.675, 2, "2.68"), (-0.125, 2, "\u22120.13"), (-0.04, 1, "0.0"), (0.5, 0, "1"), (1.5, 0, "2"),
        (2.5, 0, "3"), (999.4, 0, "999"), (9999, 0, "9,999"), (10000, 0, "10,000"), (9999.5, 0, "10,000"), (-12345.67, 1, "\u221212,345.7"), (1e21, 0, "1,000,000,000,000,000,000,000"),
        (NAN, 2, "NE"), (INF, 2, "\u221e"), (-INF, 2, "\u2212\u221e"), (0, 3, "0.000"), (1e-300, 2, "0.00"),
    ],
)  # fmt: skip
def test_a_half_is_rounded_away_from_zero(value, digits, text):
    assert rounded(value, digits) == text


@pytest.mark.parametrize(
    "value, text",
    [(0, "<0.001"), (0.00099, "<0.001"), (0.001, "0.001"), (0.0495, "0.050"), (0.0994, "0.099"), (0.0999, "0.100"), (0.1, "0.10"), (0.455, "0.46"),
     (0.99, "0.99"), (0.991, ">0.99"), (1, ">0.99"), (NAN, "NE")],
)  # fmt: skip
def test_p_values(value, text):
    assert p_value(value) == text and display("p_value", value, "count") == text


@pytest.mark.parametrize(
    "value, text",
    [(0.5, "0.50"), (9.994, "9.99"), (9.999, "10.00"), (10, "10.0"), (-10, "\u221210.0"), (99.94, "99.9"), (100, "100"), (-100, "\u2212100"), (999.4, "999"),
     (1000, ">1,000"), (1e9, ">1,000"), (INF, "\u221e"), (NAN, "NE"), (0, "0.00")],
)  # fmt: skip
def test_ratios(value, text):
    assert ratio(value) == text and display("hazard_ratio", value) == text


@pytest.mark.parametrize(
    "value, digits, text",
    [(123456, 3, "123,456"), (123.4, 3, "123"), (12.34, 3, "12.3"), (1.234, 3, "1.23"), (0.01234, 3, "0.0123"), (-0.01234, 2, "\u22120.012"), (0, 3, "0"),
     (100, 3, "100"), (10, 3, "10.0"), (1, 2, "1.0"), (INF, 3, "\u221e"), (NAN, 3, "NE")],
)  # fmt: skip
def test_significant_digits(value, digits, text):
    assert significant(value, digits) == text


def test_significant_digits_are_three_where_nothing_is_said():
    assert significant(1.2345) == "1.23" and display("cmax", 1234.5, "significant") == "1,235"


@pytest.mark.parametrize(
    "values, decimals",
    [
        ([], 0), ([NAN], 0), ([NAN, INF], 0), ([1, 2, 3], 0), ([7.5, 8, NAN], 1), ([1.25] * 10, 2), ([0.125], 3), ([1.2345], None), ([1 / 3], None),
        # one of ten may have more digits than the others; two may not
        ([1.5] * 9 + [1.25], 1), ([1.5] * 8 + [1.25] * 2, 2), ([1.0] * 9 + [0.5], 0), ([1.0] * 8 + [0.5] * 2, 1), ([0.5] * 9 + [1 / 3], 1),
        ([0.5] * 8 + [1 / 3] * 2, None), ([0.1 + 0.2], 1), ([-7.5], 1), ([100.1 - 100], 1), ([0.1 * 3, 1.1 * 1.1], 2),
        # of large numbers, too: 0.1 of a hundred million is no rounding
        ([123456789.1], 1), ([-123456789.125], 3), ([1e12 + 0.5], 1), ([123456789.1234], None), ([2.0**60], 0), ([1e9 / 3], None),
    ],
)  # fmt: skip
def test_the_decimals_that_a_column_was_recorded_with(values, decimals):
    assert recorded_decimals(np.array(values, dtype=float)) == decimals


@pytest.mark.parametrize(
    "recorded, values, kinds",
    [
        # whole numbers: mean and SD with a decimal, median and quartiles where they have one, extremes as they are
        (0, {"mean": 7.25, "sd": 2, "median": 7.5, "q1": 7, "q3": 7.25, "min": 1, "max": 9}, [1, 1, 1, 0, 1, 0, 0]),
        (0, {"mean": 999.9, "sd": 1000, "median": 1000.5, "q1": -999.5, "q3": -1000.5}, [1, 0, 0, 1, 0]),
        (0, {"min": 7.5, "max": 7.125, "mean": NAN}, [1, 3, 0]), (0, {"min": 1 / 3}, [3]),
        (1, {"mean": 7.25, "sd": 2, "median": 7.55, "min": 7, "max": 7.25}, [1, 1, 1, 1, 2]),
        (2, {"mean": 7.25, "median": 7, "min": 7, "max": 1e5}, [2, 2, 2, 2]), (3, {"median": 1 / 3, "max": 1 / 3}, [3, 3]),
    ],
)  # fmt: skip
def test_a_description_is_printed_as_it_was_recorded(recorded, values, kinds):
    assert precision(recorded, values) == {name: f"decimal{digits}" for name, digits in zip(values, kinds, strict=True)}


@pytest.mark.parametrize(
    "value, text",
    [(0, "0.00"), (0.05, "0.050"), (0.0994, "0.099"), (0.1, "0.10"), (0.5, "0.50"), (1.04, "1.04"), (-0.0123, "\u22120.012"), (9.994, "9.99"), (9.995, "10.0"),
     (99.94, "99.9"), (99.95, "100"), (-99.95, "\u2212100"), (12345.6, "12,346"), (NAN, "NE"), (INF, "\u221e")],
)  # fmt: skip
def test_estimates_by_their_magnitude(value, text):
    assert display("estimate", value) == text


@pytest.mark.parametrize(
    "share, text",
    [(0, "0.0%"), (0.0001, "<0.1%"), (0.000499, "<0.1%"), (0.0005, "0.1%"), (0.5, "50.0%"), (0.9994, "99.9%"), (0.9995, ">99.9%"), (0.99999, ">99.9%"),
     (1, "100.0%"), (1.5, "150.0%"), (-0.25, "\u221225.0%"), (NAN, "NE"), (INF, "\u221e"), (-INF, "\u2212\u221e")],
)  # fmt: skip
def test_shares(share, text):
    assert display("percent", share) == text


@pytest.mark.parametrize("value, text", [(2.0, "2"), (2.04, "2.0"), (999.96, "1,000.0"), (1000.4, "1,000"), (2 + 1e-10, "2"), (-3, "\u22123"), (NAN, "NE")])  # fmt: skip
def test_degrees_of_freedom(value, text):
    assert display("df", value) == text


def test_computed_values_have_three_digits():
    assert precision(None, {"mean": 1, "min": 2}) == {"mean": "significant", "min": "significant"}


@pytest.mark.parametrize(
    "statistic, value, kind, text",
    [
        ("n", 12, "decimal2", "12"), ("n_at_risk", 10000, "decimal1", "10,000"), ("events", NAN, "decimal2", "NE"), ("percent", 0.4567, "decimal2", "45.7%"),
        ("percent", NAN, "count", "NE"), ("missing_percent", 1, "count", "100.0%"), ("df", 2, "count", "2"), ("statistic", 1.005, "count", "1.01"),
        ("estimate", 0.5, "percent", "50.0%"), ("estimate", 0.5, "decimal2", "0.50"), ("mean", 0.12345, "decimal4", "0.1235"), ("mean", 0.12345, "decimal0", "0"),
        ("odds_ratio", 12.34, "decimal4", "12.3"), ("ci_low", 12.34, "ratio", "12.3"), ("p_value_adjusted", 0.0001, "decimal2", "<0.001"),
    ],
)  # fmt: skip
def test_a_statistic_is_printed_by_its_name_or_by_its_kind(statistic, value, kind, text):
    assert display(statistic, value, kind) == text


@pytest.mark.parametrize(("estimate", "low", "high", "printed"), [
    (9.862, 5.32, 12.31, ["9.9", "5.3", "12.3"]), (2.0, -16.9, 27.4, ["2.0", "\u221216.9", "27.4"]), (-0.081, -0.35, 0.2, ["\u22120.08", "\u22120.35", "0.20"]),
    (0.5, -120.0, 300.0, ["0.5", "\u2212120.0", "300.0"]), (150.0, 120.0, 181.4, ["150", "120", "181"]), (NAN, 8.0, NAN, ["NE", "8.00", "NE"]),
    (0.0012, 0.0003, 0.0051, ["0.0012", "0.0003", "0.0051"]), (3.0, -INF, INF, ["3.00", "\u2212\u221e", "\u221e"]),
])  # fmt: skip
def test_an_estimate_and_its_interval_have_the_same_decimals(estimate, low, high, printed):
    rows = Rows()
    rows.add({"estimate": estimate, "ci_low": low, "ci_high": high}, method="m")
    assert [row["display"] for row in rows.rows] == printed
