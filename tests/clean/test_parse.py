"""Dates, times, durations, numbers and codes as they are written: the value, what was done to it, or why it is none."""

from __future__ import annotations

import pytest
from trialpress.clean.parse.codes import CodeList
from trialpress.clean.parse.dates import How, parse_date, parse_datetime, parse_duration, parse_time
from trialpress.clean.parse.numbers import parse_number, whole
from trialpress.clean.parse.reading import Reading

NO_DAY, NO_MONTH, NO_DATE = "is not a day of the calendar", "is not a month of the calendar", "is not a date"
PIVOT, TIME = "has a year of two digits; declare two_digit_years of the file", "is not a time of day"
TWO, SEVERAL = (
    "may be day/month or month/day; declare date_order of the file or column",
    "may be read in several orders",
)
SERIAL, OTHER, GONE = "spreadsheet serial number", "datetime written otherwise", "time of day removed"


def said(reading: Reading, text: str) -> str:
    """The value; what is known of a partial date and '?'; or what is wrong, without the text; then the rules."""
    if reading.problem:
        assert reading.value is None and not reading.given
        return reading.problem.removeprefix(f"'{text}' ")
    value = reading.value.isoformat() if hasattr(reading.value, "isoformat") else reading.value
    assert value is None or not reading.given
    return "; ".join([f"{reading.given}?" if value is None else str(value), *reading.rules])


@pytest.mark.parametrize(
    "text, expected",
    [
        ("2020-03-07", "2020-03-07"), ("2020.3.7", "2020-03-07; date written y.m.d"), ("2020-3-07", "2020-03-07; date written y-m-d"),
        ("2020-02-30", NO_DAY), ("2020/13/01", NO_DAY), ("2020-02-29", "2020-02-29"), ("2019-02-29", NO_DAY),
        # 00 is not known
        ("2020-12-00", "2020-12?; partial date"), ("2020-00-00", "2020?; partial date"), ("2020/12/00", "2020-12?; partial date"),
        ("2020/0/3", "2020?; partial date"), ("2020-00-15", "2020?; partial date"), ("2020-10-20", "2020-10-20"), ("00/05/2015", TWO),
        ("00/00/2015", "2015?; partial date"), ("00 Feb 2020", "2020-02?; partial date"), ("UN/00/2019", "2019?; partial date"),
        # Chinese
        ("2015年6月", "2015-06?; partial date"), ("2015年", "2015?; partial date"), ("2015 年 6 月 5 日", "2015-06-05; date written 年月日"),
        ("2015年6月31日", NO_DAY), ("2015年13月", NO_MONTH),
        # packed
        ("18991231", "1899-12-31; date written yyyymmdd"), ("20151306", NO_DAY), ("17991231", NO_DATE), ("21000101", "2100-01-01; date written yyyymmdd"),
        # parts
        ("2015-13", NO_MONTH), ("2015-6", "2015-06?; partial date"), ("2015-06", "2015-06?"), ("2015-12", "2015-12?"), ("2015-01", "2015-01?"),
        ("2015", "2015?"), ("2015-UN", "2015?; partial date"), ("2015-UN-UN", "2015?; partial date"), ("2015--", "2015?; partial date"),
        ("2015-06-UN", "2015-06?; partial date"), ("2015---07", "2015?; partial date"), ("06/2015", "2015-06?; partial date"),
        ("0/2015", NO_MONTH), ("13.2015", NO_MONTH), ("May 2013", "2013-05?; partial date"), ("2013-May", "2013-05?; partial date"),
        ("2013 sept", "2013-09?; partial date"), ("Mai 2013", NO_DATE), ("2013 Mai", NO_DATE), ("01-UNK-2020", "2020?; partial date"),
        ("XX.12.2019", TWO), ("UN-UNK-2019", "2019?; partial date"), ("UN/13/2019", "2019?; partial date"), ("13/UN/2019", "2019?; partial date"),
        ("03/UNK/2019", TWO), ("3 UN 2019", TWO), ("01UNK2020", "2020?; partial date"), ("10 UNK 2020", "2020?; partial date"),
        # names of months
        ("Nov 12, 2020", "2020-11-12; date written mon d, y"), ("Nov 1st, 2020", "2020-11-01; date written mon d, y"), ("Nov 31, 2020", NO_DAY),
        ("Nuv 12, 2020", NO_DATE), ("1 Mai 2020", NO_DATE), ("12-NOV-2020", "2020-11-12; date written d-mon-y"), ("15-Sep-20", PIVOT), ("UN-Sep-20", PIVOT),
        # three numbers
        ("3/13/2015", "2015-03-13; date written m/d/y"), ("13/3/2015", "2015-03-13; date written d/m/y"), ("5/5/2015", "2015-05-05; date written d/m/y"),
        ("12/12/2015", "2015-12-12; date written d/m/y"), ("12/13/2015", "2015-12-13; date written m/d/y"),
        ("13/12/2015", "2015-12-13; date written d/m/y"), ("12/11/2015", TWO), ("1/2/2015", TWO), ("0/5/2015", TWO), ("31/2/2015", NO_DAY), ("31.2-2015", NO_DATE),
        ("1/2/15", f"{SEVERAL}; declare date_order of the file or column"), ("0/13/2015", "2015?; partial date"), ("00/00/0000", NO_DATE), ("0000", NO_DATE), ("0000-05", NO_DATE),
        # numbers that are texts: of five digits only
        ("42449", f"2016-03-20; {SERIAL}"), ("42449.5", f"2016-03-20; {SERIAL}; {GONE}"), ("1", NO_DATE), ("60", NO_DATE), ("2015.5", NO_DATE),
        ("9999", "9999?"), ("123456", NO_DATE), ("10000", f"1927-05-18; {SERIAL}"), ("99999", f"2173-10-13; {SERIAL}"),
    ],
)  # fmt: skip
def test_dates(text, expected):
    assert said(parse_date(text), text) == expected


@pytest.mark.parametrize(
    "number, from_1900, from_1904",
    [
        ("1", "1900-01-01", "1904-01-02"), ("59", "1900-02-28", "1904-02-29"), ("59.75", "1900-02-28T18:00:00", "1904-02-29T18:00:00"),
        ("60", "is 29 February 1900, which never was", "1904-03-01"), ("60.5", "is 29 February 1900, which never was", "1904-03-01T12:00:00"),
        ("61", "1900-03-01", "1904-03-02"), ("61.25", "1900-03-01T06:00:00", "1904-03-02T06:00:00"), ("42449.5", "2016-03-20T12:00:00", "2020-03-21T12:00:00"),
        ("1799", "1904-12-03", "1908-12-04"), ("1800", "1800?", "1800?"), ("2199", "2199?", "2199?"), ("2200", "1906-01-08", "1910-01-09"),
        ("0.5", NO_DATE, NO_DATE), ("0", NO_DATE, NO_DATE), ("999999", NO_DATE, NO_DATE),
    ],
)  # fmt: skip
def test_numbers_of_a_workbook_are_days_and_years_are_years(number, from_1900, from_1904):
    for expected, how in ((from_1900, How()), (from_1904, How(date_1904=True))):
        found = said(parse_datetime(number, how, True), number)
        assert found == (expected if "is " in expected or expected.endswith("?") else f"{expected}; {SERIAL}")


@pytest.mark.parametrize(
    "order, text, expected",
    [
        ("dmy", "1/2/15", "2015-02-01; date written d/m/yy"), ("mdy", "1/2/15", "2015-01-02; date written m/d/yy"),
        ("ymd", "1/2/15", "2001-02-15; date written y/m/d"), ("dmy", "01.02.2015", "2015-02-01; date written d.m.y"),
        ("mdy", "01.02.2015", "2015-01-02; date written m.d.y"), ("ymd", "01.02.2015", TWO), ("ymd", "15-02-03", "2015-02-03; date written yy-m-d"),
        ("dmy", "31/12/99", "1999-12-31; date written d/m/yy"), ("mdy", "31/12/99", NO_DAY), ("dmy", "00/05/15", "2015-05?; partial date"),
        ("mdy", "00/00/15", "2015?; partial date"), ("mdy", "05/0/15", "2015-05?; partial date"), ("mdy", "05/0/2015", "2015-05?; partial date"),
        ("mdy", "13/05/2015", NO_DAY), ("dmy", "05/13/2015", NO_DAY),
        # what is not known stands where the order says
        ("mdy", "UNK/12/2019", "2019?; partial date"), ("mdy", "00/12/19", "2019?; partial date"), ("mdy", "--/12/2019", "2019?; partial date"),
        ("mdy", "03/UNK/2019", "2019-03?; partial date"), ("mdy", "03-??-2019", "2019-03?; partial date"), ("mdy", "03/XX/19", "2019-03?; partial date"),
        ("mdy", "13/UN/2019", NO_MONTH), ("mdy", "UN/UN/2019", "2019?; partial date"), ("mdy", "UN FEB 2012", "2012-02?; partial date"),
        ("mdy", "03UNK2019", "2019?; partial date"), ("mdy", "13-UNK-2019", "2019?; partial date"),
        ("dmy", "UNK/12/2019", "2019-12?; partial date"), ("dmy", "UN.12.19", "2019-12?; partial date"), ("dmy", "03/UNK/2019", "2019?; partial date"),
        ("dmy", "UN/13/2019", NO_MONTH), ("ymd", "19/UN/03", "2019?; partial date"),
    ],
)  # fmt: skip
def test_a_declared_order_and_pivot(order, text, expected):
    assert said(parse_date(text, How(order, 1930)), text) == expected
    if len(text) < 9:
        assert said(parse_date(text, How(order)), text) == PIVOT


def test_years_of_two_digits_run_from_the_pivot():
    for pivot, years in ((1900, [1900, 1929, 1930, 1950, 1999]), (1930, [2000, 2029, 1930, 1950, 1999]), (2000, [2000, 2029, 2030, 2050, 2099])):  # fmt: skip
        how = How("", pivot)
        assert [parse_date(f"15-Sep-{year}", how).value.year for year in ("00", "29", "30", "50", "99")] == years
    assert said(parse_date("15-Sep-20", How("", 1930)), "") == "2020-09-15; date written d-mon-yy"
    assert said(parse_date("UN-Sep-20", How("", 1930)), "") == "2020-09?; partial date"


@pytest.mark.parametrize(
    "text, moment, date",
    [
        ("2015-06-15T10:05:00", "2015-06-15T10:05:00", f"2015-06-15; {GONE}"),
        ("2015-06-15 10:05:00", f"2015-06-15T10:05:00; {OTHER}", f"2015-06-15; {GONE}"),
        ("2015-06-15T10:05", f"2015-06-15T10:05:00; {OTHER}", f"2015-06-15; {GONE}"),
        ("2015-06-15 24:00", f"2015-06-16T00:00:00; {OTHER}", "2015-06-16; midnight removed"),
        ("2015-06-15 00:00", f"2015-06-15T00:00:00; {OTHER}", "2015-06-15; midnight removed"),
        ("2015-06-15 24:01", TIME, TIME), ("2015-06-15 25:00", TIME, TIME), ("2015-06-15 23:60", TIME, TIME), ("2015-06-15 10:05:61", TIME, TIME),
        ("2015-06-15 12:05 AM", f"2015-06-15T00:05:00; {OTHER}", f"2015-06-15; {GONE}"),
        ("2015-06-15 12:05 PM", f"2015-06-15T12:05:00; {OTHER}", f"2015-06-15; {GONE}"),
        ("2015-06-15 1:05 pm", f"2015-06-15T13:05:00; {OTHER}", f"2015-06-15; {GONE}"),
        ("2015-06-15 1:05 a.m.", f"2015-06-15T01:05:00; {OTHER}", f"2015-06-15; {GONE}"),
        ("2015-06-15 13:05 pm", TIME, TIME), ("2015-06-15 0:05 am", TIME, TIME),
        ("2015-06-15T10:05:00Z", f"2015-06-15T10:05:00; {OTHER}; time zone Z removed", "2015-06-15; time of day and zone removed"),
        ("2015-06-15T00:00:00Z", f"2015-06-15T00:00:00; {OTHER}; time zone Z removed", "2015-06-15; midnight and zone removed"),
        ("2015-06-15T10:05:00.000", f"2015-06-15T10:05:00; {OTHER}", f"2015-06-15; {GONE}"),
        ("2015-06-15T10:05:00.250", f"2015-06-15T10:05:00; {OTHER}; fraction of a second removed", f"2015-06-15; {GONE}"),
        ("2015-06-15T10:05:00,5+02:00", f"2015-06-15T10:05:00; {OTHER}; fraction of a second removed; time zone +02:00 removed",
         "2015-06-15; time of day and zone removed"),
        ("15.6.2015 10:05", "2015-06-15T10:05:00; date written d.m.y", f"2015-06-15; date written d.m.y; {GONE}"),
        ("15JUN2015:22:05:09", "2015-06-15T22:05:09; date written d-mon-y", f"2015-06-15; date written d-mon-y; {GONE}"),
        ("2015-06-15", "2015-06-15", "2015-06-15"), ("2015-06 10:00", "2015-06?", "2015-06?"),
    ],
)  # fmt: skip
def test_datetimes(text, moment, date):
    assert said(parse_datetime(text), text) == moment and said(parse_date(text), text) == date


@pytest.mark.parametrize(
    "text, number, expected",
    [
        ("10:05", False, "10:05"), ("9:05", False, "09:05; time written otherwise"), ("1:05 pm", False, "13:05; time written otherwise"),
        ("12:00 am", False, "00:00; time written otherwise"), ("12:30 p.m.", False, "12:30; time written otherwise"), ("10:05:30", False, "10:05:30"),
        ("25:00", False, TIME), ("24:00", False, TIME), ("10:60", False, TIME), ("10:05:60", False, TIME), ("noon", False, TIME), ("13:05 am", False, TIME),
        ("10:05Z", False, "10:05; time written otherwise; time zone Z removed"), ("0:00", False, "00:00; time written otherwise"),
        ("0", True, f"00:00:00; {SERIAL}"), ("0.5", True, f"12:00:00; {SERIAL}"), ("0.25", True, f"06:00:00; {SERIAL}"), ("1", True, TIME),
        ("-0.1", True, TIME), ("0.0000115740740741", True, f"00:00:01; {SERIAL}"), ("0.4201388889", True, f"10:05:00; {SERIAL}"),
        ("0.958344907407", True, f"23:00:01; {SERIAL}"), ("0.999999", True, f"00:00:00; {SERIAL}"),
    ],
)  # fmt: skip
def test_times(text, number, expected):
    assert said(parse_time(text, number), text) == expected


@pytest.mark.parametrize(
    "text, seconds",
    [
        ("1:30", 5400), ("1:30:30", 5430), ("0:05", 300), ("PT1H30M", 5400), ("P1D", 86400), ("P1DT2H3M4S", 93784), ("PT0.5S", 0.5),
        ("2 d 4 h", 187200), ("90 min", 5400), ("90 m", 5400), ("30 s", 30), ("1,5 h", 5400), ("2 days 3 hours 4 minutes 5 seconds", 183845),
        ("1:60", None), ("1:30:60", None), ("P", None), ("PT", None), ("-1", None), ("1 week", None), ("", None),
    ],
)  # fmt: skip
def test_durations_in_every_unit(text, seconds):
    for unit, size in {"d": 86400, "h": 3600, "min": 60, "s": 1}.items():
        found = parse_duration(text, unit)
        if seconds is None:
            assert found.problem == f"'{text}' is not a duration"
        else:
            assert found.value == seconds / size and found.rules == (f"duration in {unit}",)
        assert parse_duration("2.5", unit) == Reading(2.5)


GROUPED, COMMA, POINT, SET_APART = "thousands separator", "decimal comma", "decimal point", "sign of a limit set apart"


@pytest.mark.parametrize(
    "text, expected",
    [
        ("1.25", "1.25"), ("\u22125.5", "-5.5; minus sign"), ("+7", "7.0"), ("-3", "-3.0"), (".5", "0.5"), ("5.", "5.0"), ("0", "0.0"),
        (",5", f"0.5; {COMMA}"), ("5,", f"5.0; {COMMA}"), ("39,9", f"39.9; {COMMA}"), ("0,250", f"0.25; {COMMA}"), ("01,250", f"1.25; {COMMA}"),
        ("1 234", f"1234.0; {GROUPED}"), ("12 345,6", f"12345.6; {GROUPED}; {COMMA}"), ("1'234.5", f"1234.5; {GROUPED}"),
        ("1\u2019234\u2019567", f"1234567.0; {GROUPED}"), ("1 000 000", f"1000000.0; {GROUPED}"), ("1 23", "1.0 23"), ("1000 000", "1000.0 000"),
        ("1.234.567", f"1234567.0; {GROUPED}"), ("1,234,567", f"1234567.0; {GROUPED}"), ("1.234,5", f"1234.5; {GROUPED}"), ("1,234.5", f"1234.5; {GROUPED}"),
        ("12,345,678.9", f"12345678.9; {GROUPED}"), ("1,23.4", "is not a number"), ("1.2.3", "is not a number"), ("1,234.567,8", "is not a number"),
        ("1,234.5.6", "is not a number"), ("0,123.4", "is not a number"), ("abc", "is not a number"), ("", "is not a number"), ("1,23,4 mg", "'1,23,4' is not a number (in '1,23,4 mg')"),
        ("2.1E+05", "210000.0; power of ten"), ("2e-3", "0.002; power of ten"), ("1x10^5", "100000.0; power of ten"), ("1\u00d710^5/kg", "100000.0 /kg; power of ten"),
        ("1\u00b710**5", "100000.0; power of ten"), ("5x10^-2", "0.05; power of ten"), ("1.e5", "100000.0; power of ten"), ("0e5", "0.0; power of ten"),
        ("10\u4e07/kg", "100000.0 /kg; multiplier \u4e07"), ("2\u4ebf", "200000000.0; multiplier \u4ebf"), ("3 \u5343", "3000.0; multiplier \u5343"),
        ("0.7\u4e07", "7000.0; multiplier \u4e07"), ("1e400", "is too large for a number"), ("1e-400", "is too small for a number"), ("-1e400", "is too large for a number"),
        ("<0.5", f"<0.5; {SET_APART}"), ("<=0.5", f"<0.5; {SET_APART}"), ("\u2264 0.5", f"<0.5; {SET_APART}"), ("\u22653", f">3.0; {SET_APART}"),
        ("> 3", f">3.0; {SET_APART}"), (">=1,5", f">1.5; {COMMA}; {SET_APART}"), ("12mg", "12.0 mg"), ("1e", "1.0 e"), ("5.2 10E9/L", "5.2 10E9/L"),
    ],
)  # fmt: skip
def test_numbers(text, expected):
    found = parse_number(text)
    shown = f"{found.limit}{found.value}{f' {found.unit}' if found.unit else ''}"
    assert not found.questions
    assert (found.problem.removeprefix(f"'{text}' ") or "; ".join([shown, *found.rules])) == expected


NONE = "'{}' may be {} or {}; declare decimal and grouping of the file or column"


@pytest.mark.parametrize(
    "text, decimal, grouping, expected",
    [
        # declared: what has one reading is read, what has two is read as declared and asked about
        ("1,250", "", "", None), ("1,250", ",", "", 1.25), ("1,250", ".", "", "1250 point"), ("1,250", "", ",", 1250), ("1,250", ".", ",", 1250),
        ("1.250", "", "", 1.25), ("1.250", ",", "", "1250 comma"), ("1.250", ".", "", 1.25), ("1.250", "", ".", 1250), ("1.250", ",", ".", 1250),
        ("1,250", "", ".", None), ("39,9", ".", "", 39.9), ("39.9", ",", "", 39.9), ("0.125", ",", ".", 0.125), ("1250", ",", ".", 1250),
        ("12.34", "", ".", 12.34), ("1234.567", "", ".", 1234.567), ("1234,567", ".", ",", 1234.567),
    ],
)  # fmt: skip
def test_declared_signs(text, decimal, grouping, expected):
    found = parse_number(text, decimal, grouping)
    whole, broken = text.replace(",", "").replace(".", ""), text.replace(",", ".")
    if expected is None:
        assert found == Reading(problem=NONE.format(text, whole, broken))
    elif isinstance(expected, str):
        value, sign = expected.split()
        (question,) = found.questions
        assert found.value == float(value) and question.severity == "warning"
        assert (
            question.message
            == f"'{text}' may be {whole} or {broken}; read as {whole}, for the decimal sign is a {sign}"
        )
    else:
        assert found.value == expected and not found.questions


def test_what_was_done_to_declared_signs():
    assert parse_number("39.9", ",").rules == (POINT,) and parse_number("39.9", ".").rules == ()
    assert parse_number("39,9", ".").rules == (COMMA,) and parse_number("39,9", ",").rules == (COMMA,)
    assert parse_number("1.250", "", ".").rules == parse_number("1,250", ".").rules == (GROUPED,)


def test_what_follows_a_number_is_a_unit_where_the_column_knows_it():
    assert parse_number("5.2x10^9/L", units={"10^9/L"})[::4] == (5.2, "x10^9/L")
    assert parse_number("5.2x10^9/L", units={"/L"})[::4] == (5.2e9, "/L")


@pytest.mark.parametrize(
    "text, expected",
    [("7", 7), ("-7", -7), ("7.0", 7), ("7.5", "is not a whole number"), ("9007199254740993", 9007199254740993),
     ("9223372036854775807", 9223372036854775807), ("9223372036854775808", "is too large for a whole number"),
     ("-9223372036854775808", "is too large for a whole number"), ("1e19", "is too large for a whole number"), ("1e3", 1000)],
)  # fmt: skip
def test_whole_numbers(text, expected):
    found = whole(parse_number(text), text)
    if isinstance(expected, str):
        assert found == Reading(problem=f"'{text}' {expected}")
    else:
        assert found.value == expected and type(found.value) is int
    assert whole(Reading(), "") == Reading()


@pytest.mark.parametrize(
    "text, label, expected",
    [
        ("M", "", "M"), ("male", "", "M; code list"), ("MALE ", "", "M; code list"), ("1", "", "M; code list"), ("1.0", "", "M; code list"),
        ("7", "male", "M; value label of 7"), ("02", "", "two; code list"), ("2", "", "2.0 and more; code list"), ("2.00", "", "is not in the code list"),
        ("pos", "", "may be a or b: they differ by the case of letters only"), ("Pos", "", "a; code list"), ("fmale", "", "is not in the code list (did you mean 'female'?)"),
    ],
)  # fmt: skip
def test_codes(text, label, expected):
    codes = CodeList(
        {"M": ("male", "1"), "F": ("female",), "two": ("02",), "2.0 and more": ("2",), "a": ("Pos",), "b": ("POS",)}
    )
    assert said(codes(text, label), text).partition(" (known")[0] == expected
