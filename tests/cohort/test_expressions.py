"""Every function and operator of the language, on known, missing and impossible values."""

from __future__ import annotations

import pandas as pd
import pytest
from trialpress.calculation import ARGUMENTS, FUNCTIONS, family
from trialpress.expression import Expression, ExpressionError, impossible
from trialpress.kinds import Kind

DATES = ["2015-01-31", "2015-02-28", None, "2016-02-29"]
COLUMNS = {
    "n": pd.Series([1, 2, None, -3], dtype="Int64"),
    "x": pd.Series([0.5, 0.0, 4.0, None], dtype="Float64"),
    "s": pd.Series(["a", "b", None, "ab"], dtype="string"),
    "b": pd.Series([True, False, None, True], dtype="boolean"),
    "c": pd.Series([None, True, False, None], dtype="boolean"),
    "d": pd.Series(pd.to_datetime(DATES)),
    "e": pd.Series(pd.to_datetime(["2016-01-31 06:00", "2015-02-27 12:00", "2015-01-01 00:00", None])),
    "none": pd.Series([None] * 4, dtype="string"),
}
T, F, N = True, False, None


def values(text: str, columns=COLUMNS) -> list:
    found = Expression(text)(columns)
    return [None if pd.isna(value) else value for value in found]


@pytest.mark.parametrize(
    "text, expected",
    [
        # comparison: what is compared with a missing value is not known
        ("n == 2", [F, T, N, F]), ("n != 2", [T, F, N, T]), ("n < 2", [T, F, N, T]), ("n <= 2", [T, T, N, T]),
        ("n > 1", [F, T, N, F]), ("n >= 1", [T, T, N, F]), ("1 < n", [F, T, N, F]), ("n == x", [F, F, N, N]),
        ("-3 <= n < 2", [T, F, N, T]), ("1 < n <= 2", [F, T, N, F]), ("s == 'a'", [T, F, N, F]), ("d == d", [T, T, N, T]),
        ("d > date('2015-02-01')", [F, T, N, T]), ("d <= date('2015-02-28')", [T, T, N, F]), ("b == true", [T, F, N, T]),
        ("s in ('a', 'b')", [T, T, N, F]), ("s not in ('a',)", [F, T, N, T]), ("n in (1, -3)", [T, F, N, T]),
        ("n in (x, 2)", [F, T, N, N]), ("n not in (x, 2)", [T, F, N, N]), ("none == 'a'", [N, N, N, N]),
        # logic of three values
        ("b and c", [N, F, F, N]), ("b or c", [T, T, N, T]), ("not b", [F, T, N, F]), ("not c", [N, F, T, N]),
        ("b and true", [T, F, N, T]), ("b or true", [T] * 4), ("b and false", [F] * 4), ("b or false", [T, F, N, T]),
        ("not true", [F] * 4), ("not false", [T] * 4), ("n > 0 and x > 0 or b", [T, F, N, T]),
        # arithmetic
        ("n + 1", [2, 3, N, -2]), ("n - 1", [0, 1, N, -4]), ("n * 3", [3, 6, N, -9]), ("n / 2", [0.5, 1.0, N, -1.5]),
        ("n ** 2", [1, 4, N, 9]), ("2 ** n", [2.0, 4.0, N, 0.125]), ("-n", [-1, -2, N, 3]), ("+n", [1, 2, N, -3]),
        ("n + x", [1.5, 2.0, N, N]), ("x - n", [-0.5, -2.0, N, N]), ("2 + 3 * n", [5, 8, N, -7]), ("b + 1", [2, 1, N, 2]),
        ("n * 0.5", [0.5, 1.0, N, -1.5]), ("9 - 2 ** 3", [1] * 4), ("s + '-'", ["a-", "b-", N, "ab-"]), ("1 / 4", [0.25] * 4),
        # missing and present
        ("missing(n)", [F, F, T, F]), ("present(n)", [T, T, F, T]), ("missing(missing(n))", [F] * 4), ("missing", [N] * 4),
        ("n + missing", [N] * 4), ("missing - x", [N] * 4), ("missing * missing", [N] * 4),
        # times
        ("days(d, e)", [365, -1, N, N]), ("days(e, d)", [-365, 1, N, N]), ("days(date('2015-01-30'), d)", [1, 29, N, 395]),
        ("hours(d, e)", [8766.0, -12.0, N, N]), ("years(d, date('2016-02-28'))", [1, 1, N, -1]),
        ("years(date('2000-02-29'), d)", [14, 14, N, 16]), ("years(date('2000-02-28'), d)", [14, 15, N, 16]),
        ("years(d, d)", [0, 0, N, 0]), ("days(d, shift(d, 30))", [30, 30, N, 30]), ("days(d, shift(d, n))", [1, 2, N, -3]),
        ("d < shift(d, 1)", [T, T, N, T]),
        # choices
        ("coalesce(n, 7)", [1, 2, 7, -3]), ("coalesce(x, n)", [0.5, 0.0, 4.0, -3.0]), ("coalesce(c, b)", [T, T, F, T]),
        ("coalesce(none, s, 'z')", ["a", "b", "z", "ab"]), ("coalesce(s, none)", ["a", "b", N, "ab"]),
        ("min(n, x)", [0.5, 0.0, 4.0, -3.0]), ("max(n, x)", [1.0, 2.0, 4.0, -3.0]), ("min(n, 1)", [1, 1, 1, -3]),
        ("max(n, 1, 2)", [2, 2, 2, 2]), ("when(present(n) and present(x), max(n, x))", [1.0, 2.0, N, N]),
        ("days(d, min(d, e))", [0, -1, N, 0]), ("days(d, max(d, e))", [365, 0, N, 0]),
        ("when(b, 'yes', 'no')", ["yes", "no", N, "yes"]), ("when(b, n, x)", [1.0, 0.0, N, -3.0]), ("when(b, 1)", [1, N, N, 1]),
        ("when(b, missing, 'no')", [N, "no", N, N]), ("when(b, 'yes', missing)", ["yes", N, N, "yes"]), ("when(c, b)", [N, F, N, N]),
        ("when(missing(b), 'unknown', when(b, 'yes', 'no'))", ["yes", "no", "unknown", "yes"]), ("when(b, d)", "dates"),
        ("when(true, n, 0)", [1, 2, N, -3]), ("when(false, n, 0)", [0] * 4), ("when(b, none, s)", [N, "b", N, N]),
        # numbers and texts
        ("log10(x + 10) > 1", [T, F, T, N]), ("log10(100)", [2.0] * 4), ("log10(n * n) == 0", [T, F, N, F]),
        ("round(n / 8, 2)", [0.12, 0.25, N, -0.38]), ("round(n / 8, 15)", [0.125, 0.25, N, -0.375]), ("round(x)", [0.0, 0.0, 4.0, N]), ("round(n * 12.6, -1)", [10.0, 30.0, N, -40.0]),
        ("starts(s, 'a')", [T, F, N, T]), ("starts(none, 'a')", [N] * 4), ("text(n)", ["1", "2", N, "-3"]),
        ("text(d)", ["2015-01-31", "2015-02-28", N, "2016-02-29"]), ("s + text(n)", ["a1", "b2", N, "ab-3"]),
        ("text(x)", ["0.5", "0", "4", N]), ("TRUE", [T] * 4), ("False", [F] * 4), ("1.5", [1.5] * 4), ("'a'", ["a"] * 4),
    ],
)  # fmt: skip
def test_values(text, expected):
    if expected == "dates":
        expected = [pd.Timestamp("2015-01-31"), None, None, pd.Timestamp("2016-02-29")]
    assert values(text) == expected


@pytest.mark.parametrize(
    "text, dtype",
    [("n + 1", "Int64"), ("n ** 0", "Int64"), ("n ** 1", "Int64"), ("n ** 2", "Int64"), ("n ** -1", "Float64"), ("2 ** n", "Float64"), ("n / 1", "Float64"),
     ("n * 1.0", "Float64"), ("b * 2", "Int64"), ("min(n, 2)", "Int64"), ("min(n, 2.0)", "Float64"), ("round(x)", "Float64"), ("n ** 0.5 > 0", "boolean")],
)  # fmt: skip
def test_whole_numbers_stay_whole(text, dtype):
    assert str(Expression(text)({**COLUMNS, "n": COLUMNS["n"].abs()}).dtype) == dtype


def test_every_function_has_a_value_above():
    (mark,) = [mark for mark in test_values.pytestmark if mark.name == "parametrize"]
    written = " ".join(text for text, _ in mark.args[1])
    assert [name for name in FUNCTIONS if f"{name}(" not in written] == []


def test_codes_stand_in_their_order():
    from trialpress.expression import Columns

    kind = Kind("text", ("CR", "PR", "PD"), True)
    frame = {"r": pd.Series(["PD", "CR", None], dtype="string"), "q": pd.Series(["PR", "PR", "PD"], dtype="string")}
    columns = Columns(frame, {"r": kind, "q": kind})
    assert values("r < 'PR'", columns) == [F, T, N]
    assert values("r >= q", columns) == [T, F, N]
    assert values("min(r, q)", columns) == ["PR", "CR", "PD"] and values("max(r, q)", columns) == ["PD", "PR", "PD"]
    assert values("max(r, 'PR')", columns) == ["PD", "PR", "PR"]
    for unknown in (["X", "X", "X"], ["PR", "X", None]):
        with pytest.raises(ExpressionError, match="'X' is not one of the codes CR, PR, PD"):
            Expression("r < q")(Columns({**frame, "q": pd.Series(unknown, dtype="string")}, columns.kinds))


@pytest.mark.parametrize(
    "text, piece, what, rows, value",
    [
        ("n / x", "n / x", "divides by zero", [1], [2.0, N, N, N]),
        ("x / 0", "x / 0", "divides by zero", [0, 1, 2], [N] * 4),
        ("0 / x", "0 / x", "divides by zero", [1], [0.0, N, 0.0, N]),
        ("1 + 1 / (n - 1)", "1 / (n - 1)", "divides by zero", [0], [N, 2.0, N, 0.75]),
        ("log10(x)", "log10(x)", "is the logarithm of 0 or less", [1], "log"),
        ("log10(n)", "log10(n)", "is the logarithm of 0 or less", [3], "log"),
        ("n ** 0.5", "n ** 0.5", "has no real value", [3], "root"),
        ("x ** -1", "x ** -1", "is too large a number", [1], [2.0, N, 0.25, N]),
        ("x * 1e308", "x * 1e308", "is too large a number", [2], [5e307, 0.0, N, N]),
        ("(n + 7) ** 22", "(n + 7) ** 22", "is too large a number", [0, 1], [N, N, N, 4**22]),
        ("n * 5000000000000000000", "n * 5000000000000000000", "is too large a number", [1, 3], [5 * 10**18, N, N, N]),
        ("n + 9223372036854775807", "n + 9223372036854775807", "is too large a number", [0, 1, 3], "sum"),
    ],
)
def test_a_number_that_does_not_exist_is_a_fault_of_its_rows(text, piece, what, rows, value):
    faults = []
    found = Expression(text)(COLUMNS, faults)
    assert [(fault.piece, fault.what, [*fault.rows[fault.rows].index]) for fault in faults] == [(piece, what, rows)]
    assert found[rows].isna().all()
    if isinstance(value, list):
        assert [None if pd.isna(v) else v for v in found] == value
    with pytest.raises(ExpressionError, match="in ") as error:
        Expression(text)(COLUMNS)
    assert str(error.value) == f"'{piece}' {what} in {len(rows)} row{'s' if len(rows) > 1 else ''}: {text}"
    assert len(error.value.faults) == 1


@pytest.mark.parametrize(
    "text, expected",
    [
        ("when(x != 0, n / x)", [2.0, N, N, N]),
        ("when(x == 0, 0, n / x)", [2.0, 0.0, N, N]),
        ("x != 0 and n / x > 1", [T, F, N, N]),
        ("x == 0 or n / x > 1", [T, T, N, N]),
        ("coalesce(n, 1 / 0 * x)", "refused"),
        ("coalesce(x, 1 / (n + 3), 5)", "fault"),
        ("coalesce(when(x > 0, log10(x)), 0) < 0", [T, F, F, F]),
        ("coalesce(n, 1 / (n - 1))", [1, 2, N, -3]),
        ("when(false, 1 / x, 0)", [0.0] * 4),
        ("when(n == 1, when(x > 0, 1 / x, 7), 0)", [2.0, 0.0, N, 0.0]),
        ("false and 1 / x > 0", [F] * 4),
        # the condition is not known where the divisor is 0: the result is missing, whatever the branch would give
        ("when(b, 7 / (x - 4), 0)", [-2.0, 0.0, N, N]),
        ("when(b, 0, 7 / (x - 4))", [0.0, -1.75, N, 0.0]),
        ("when(b, 7 / (x - 4))", [-2.0, N, N, N]),
    ],
)
def test_what_does_not_matter_is_no_fault(text, expected):
    if expected == "refused":
        with pytest.raises(ExpressionError, match="'1 / 0' divides by zero"):
            Expression(text)
    elif expected == "fault":
        faults = []
        Expression(text)(COLUMNS, faults)
        assert [[*fault.rows[fault.rows].index] for fault in faults] == [[3]]
    else:
        assert values(text) == expected


@pytest.mark.parametrize(
    "text, message",
    [
        ("9**9**9", "is too large a number"),
        ("2 ** 63", "'2 ** 63' is too large"),
        ("9223372036854775808", "too large a number"),
        ("x * 99999999999999999999", "too large a number"),
        ("1e999", "too large a number"),
        ("x > 1e-400", "'1e-400' is too small a number"),
        ("x > 2.5E-400", "'2.5E-400' is too small a number"),
        ("1e200 * 1e200", "'1e200 * 1e200' is too large"),
        ("x > 1 / 0", "'1 / 0' divides by zero"),
        ("0 ** -1", "too large"),
        ("(-8) ** 0.5", "no real value"),
        ("(" * 150 + "x" + ")" * 150 + " + 1" * 70, "too long or too deep"),
        ("(" * 100_000 + "x" + ")" * 100_000, "is longer than 50000 characters"),
        ("(" * 20_000 + "x" + ")" * 20_000, "cannot be read|too deep"),
        (" + ".join(["x"] * 100_000), "is longer than"),
        (" + ".join(["x"] * 10_000), "too long or too deep|too deep"),
        ("x in (" + ", ".join(["1"] * 12_000) + ")", "too long or too deep"),
        ("not " * 100 + "b", "too long or too deep"),
        ("days(d)", "days is written days(from, to), not with 1 arguments"),
        ("min(x)", "min is written"),
        ("missing()", "missing is written"),
        ("when(b, 1, 2, 3)", "when is written"),
        ("when(b)", "when is written"),
        ("round(x, 1, 2)", "round is written"),
        ("round(x, n)", "whole number of digits"),
        ("round(x, 16)", "whole number of digits up to 15"),
        ("round(x, 1.5)", "whole number of digits"),
        ("date('2016')", "a date is written date('2016-12-31'), not '2016'"),
        ("date('01/02/2016')", "a date is written"),
        ("date('2016-13-01')", "a date is written"),
        ("date('2015-02-29')", "a date is written"),
        ("date(s)", "a date is written"),
        ("starts(s, s)", "with a text in quotes"),
        ("starts(s, 1)", "with a text in quotes"),
        ("dayz(d, e)", "unknown function 'dayz'"),
        ("min(x, key=n)", "is not part of the language"),
        ("x.y.z", "is not part of the language"),
        ("x if b else n", "is not part of the language"),
        ("x // 2", "is not part of the language"),
        ("x % 2", "is not part of the language"),
        ("x is None", "is not part of the language"),
        ("x < 1 is 2", "is not part of the language"),
        ("None", "is not part of the language"),
        ("1j", "is not part of the language"),
        ("[y for y in x]", "is not part of the language"),
        ("__import__('os')", "unknown function"),
        ("f'{x}'", "is not part of the language"),
        ("x[0]", "is not part of the language"),
        ("~b", "is not part of the language"),
        ("x = 1", "cannot be read"),
        ("", "cannot be read"),
        ("a b", "cannot be read at character"),
    ],
)
def test_what_is_refused_when_it_is_read(text, message):
    import re

    with pytest.raises(ExpressionError, match="|".join(map(re.escape, message.split("|")))) as error:
        Expression(text)
    assert len(str(error.value)) < 500


def test_how_long_and_how_deep_an_expression_may_be():
    """50,000 characters, 60 levels, 10,000 parts: as much is read, and no more."""
    assert Expression("a" * 50_000).names and Expression("not " * 58 + "b").names == ["b"]
    assert Expression(f"n in ({', '.join(['1'] * 9_994)})").names == ["n"]
    for text in ("a" * 50_001, "not " * 59 + "b", f"n in ({', '.join(['1'] * 9_995)})"):
        with pytest.raises(ExpressionError, match="is longer than 50000|too long or too deep"):
            Expression(text)


def test_a_number_is_nothing_or_too_small_to_be_told_from_nothing():
    for text in ("0", "0.0", "0e4", "0.0E9", "00.0", "0E-7"):
        assert values(f"n + {text}") == [1, 2, N, -3], text
    for text in ("1e-400", "2.5E-400", "0.1e-330", "10E-999"):
        with pytest.raises(ExpressionError, match=f"'{text}' is too small a number"):
            Expression(f"n + {text}")


def test_a_condition_that_is_not_known_does_not_hold():
    assert Expression("n > 1").condition(COLUMNS).tolist() == [F, T, F, F] and Expression("b").condition(
        COLUMNS
    ).tolist() == [T, F, F, T]
    assert Expression("n > 1").known(COLUMNS)[2] is pd.NA


@pytest.mark.parametrize(("n", "shown"), [(1, "P0"), (5, "P0, P1, P2, P3, P4"), (6, "P0, P1, P2, P3, P4, ...")])
def test_the_participants_without_a_result_are_named_five_of_them(n, shown):
    x = pd.Series([0] * n + [1], dtype="Int64")
    with pytest.raises(ExpressionError) as error:
        Expression("1 / x")({"x": x})
    (problem,) = impossible("here", error.value, pd.Series([f"P{at}" for at in range(n)] + ["P9"]))
    assert problem.what == f"'1 / x' divides by zero for participant {shown}"


def test_long_lists_of_codes_and_long_alternatives_are_read():
    codes = ", ".join(f"'{i}'" for i in range(4000))
    assert Expression(f"s in ({codes})").names == ["s"]
    assert Expression(" or ".join(["n == 1"] * 1000)).names == ["n"]
    assert Expression("((((((((((n + 1) + 1) + 1) + 1) + 1) + 1) + 1) + 1) + 1) + 1)").names == ["n"]


@pytest.mark.parametrize(
    "text",
    [
        "s + 1",
        "s == 1",
        "b and s",
        "n in s",
        "d + 1",
        "not s",
        "coalesce(n, s)",
        "when(b, n, s)",
        "min(d, n)",
        "days(n, d)",
    ],
)
def test_what_cannot_be_evaluated_says_so(text):
    with pytest.raises(ExpressionError, match="cannot be evaluated|compares"):
        Expression(text)(COLUMNS)


@pytest.mark.parametrize(
    ("text", "why"),
    [("coalesce(n, s)", "mixes a number with a text"), ("coalesce(d, n)", "mixes a date with a number"), ("when(b, s, d)", "mixes a date with a text"),
     ("min(s, 'b')", "min of texts would be that of the alphabet"), ("max('a', none)", "max of texts would be that of the alphabet")],
)  # fmt: skip
def test_why_it_cannot_be_evaluated(text, why):
    with pytest.raises(ExpressionError, match=f"cannot be evaluated \\({why}\\)"):
        Expression(text)(COLUMNS)


@pytest.mark.parametrize(("text", "written"), [("n == 'a'", "'a'"), ("1 < s", "1"), ("n == s", "in two columns")])
def test_what_is_compared_with_another_kind_is_shown_as_it_is_written(text, written):
    with pytest.raises(ExpressionError, match=f"compares a (number|text) with a (number|text) .written {written}."):
        Expression(text)(COLUMNS)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(pd.Series([None, 7.5], dtype=object), "number"), (pd.Series([None, "a"], dtype=object), "text"), (pd.Series([True, None], dtype=object), "boolean"),
     (pd.Series([None, pd.Timestamp("2015-01-01")], dtype=object), "date"), (pd.Series([None], dtype=object), ""), (pd.NA, ""),
     (COLUMNS["none"], ""), (COLUMNS["s"], "text"), (COLUMNS["d"], "date"), (pd.Timestamp("2015-01-01"), "date"), (True, "boolean"), (1, "number")],
)  # fmt: skip
def test_what_a_value_or_a_column_holds(value, expected):
    assert family(value) == expected


@pytest.mark.parametrize(
    "text",
    ["n == missing", "missing != n", "n in (1, missing)", "missing and b", "not missing", "n + missing", "min(n, missing)",
     "days(missing, d)", "when(missing, 1, 2)", "missing(missing)", "n in ()"],
)  # fmt: skip
def test_the_literal_missing_stands_for_a_value_only(text):
    _, problems = Expression(text).kind({"n": Kind("number", ordered=True), "b": Kind("boolean"), "d": Kind("date")})
    assert problems and all(what and do for what, do in problems)


def test_kinds_of_when():
    kinds = {"n": Kind("number", ordered=True), "b": Kind("boolean"), "s": Kind("text")}
    for text, expected in (
        ("when(b, 1)", "number"), ("when(b, missing, 'a')", "text"), ("when(b, missing, missing)", ""), ("when(b, n, s)", ""),
    ):  # fmt: skip
        assert Expression(text).kind(kinds)[0].family == expected
    assert Expression("when(b, 'x', missing)").kind(kinds)[0].codes == ("x",)
    assert "mixes kinds" in Expression("when(b, n, s)").kind(kinds)[1][0][0]


def test_how_many_arguments_each_function_takes():
    many = (2, 1000)
    assert {
        "missing": (1, 1), "present": (1, 1), "log10": (1, 1), "date": (1, 1), "text": (1, 1), "round": (1, 2),
        "days": (2, 2), "hours": (2, 2), "years": (2, 2), "shift": (2, 2), "starts": (2, 2), "when": (2, 3),
        "coalesce": many, "min": many, "max": many,
    } == ARGUMENTS  # fmt: skip


@pytest.mark.parametrize("units", [("ns", "ms"), ("ms", "ms"), ("s", "us")])
def test_days_are_those_of_the_calendar_whatever_the_time_of_day(units):
    moments = ["1969-12-31 23:59", "1970-01-01 00:00", "2016-02-29 12:00", None, "1900-03-01 00:01"]
    start = pd.Series(pd.to_datetime(moments)).astype(f"datetime64[{units[0]}]")
    end = start.iloc[::-1].reset_index(drop=True).astype(f"datetime64[{units[1]}]")
    found = Expression("days(start, end)")({"start": start, "end": end})
    wanted = [
        pd.NA if pd.isna(a) or pd.isna(b) else (b.date() - a.date()).days for a, b in zip(start, end, strict=True)
    ]
    pd.testing.assert_series_equal(found, pd.Series(wanted, dtype="Int64"))


@pytest.mark.parametrize("storage", ["python", "pyarrow"])
def test_texts_are_compared_alike_however_they_are_held(storage):
    texts = pd.Series(["a", None, "b", ""], dtype=pd.StringDtype(storage), index=[3, 5, 8, 9])
    for text, wanted in (("t == 'a'", [True, pd.NA, False, False]), ("t != u", [False, pd.NA, False, False])):
        found = Expression(text)({"t": texts, "u": texts})
        pd.testing.assert_series_equal(found, pd.Series(wanted, dtype="boolean", index=texts.index), check_names=False)
