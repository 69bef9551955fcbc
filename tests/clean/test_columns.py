"""The tools of the clean stage below its steps: columns by distinct values, combinations, logs by pieces, words for numbers."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from trialpress import contracts
from trialpress.clean import log
from trialpress.clean.fields import Coded, combine
from trialpress.clean.part import combine_codes
from trialpress.clean.read.encode import number_text
from trialpress.clean.read.encoding import advice
from trialpress.clean.read.numberformat import HIDES, shown, shows
from trialpress.clean.read.serial import clock, dated, python_cell
from trialpress.clean.read.sheet import area, letters, ranges
from trialpress.errors import InputError
from trialpress.study import File

from .small import READ, cleaned, column, values

ID = {"source": "ID", "type": "id"}


def test_a_column_by_its_distinct_values():
    found = Coded.of(pd.Series(["b", None, "a", "b"], dtype="string"))
    assert (found.codes.tolist(), found.values) == ([0, 2, 1, 0], ["b", "a", None])
    assert found.map(lambda value: value is None).tolist() == [False, True, False, False]


def test_combinations_of_columns():
    first, second = Coded(np.array([0, 1, 1, 0]), ["a", "b"]), Coded(np.array([2, 0, 0, 1]), ["x", "y", "z"])
    which, pairs = combine(first, second, rows=np.array([3, 0, 2, 1]))
    assert [pairs[at] for at in which] == [("a", "y"), ("a", "z"), ("b", "x"), ("b", "x")] and len(pairs) == 3
    assert combine_codes([first, second])[0].tolist() == [2, 3, 3, 1] and combine_codes([first, second])[1] == 6


@pytest.mark.parametrize("size", [2**20, 2**31, 2**32])
def test_combinations_of_columns_with_more_values_than_a_number_can_hold(size):
    parts = [
        Coded(np.array(codes), range(size)) for codes in ([0, 0, size - 1, 0], [0, 1, 0, 0], [5, 5, 5, 5], [7, 7, 7, 7])
    ]
    found, most = combine_codes(parts)
    assert len(set(found.tolist())) == 3 and found[0] == found[3] and most > found.max() >= 0


def test_a_log_is_written_whole_whatever_its_pieces(tmp_path, monkeypatch):
    texts = ["a", 'say "b"', "c, d", "e\nf", "g"]
    rows = {
        "file": "f",
        "row": [1, 2, 3, 4, 5],
        "table": "t",
        "reason": texts,
        "content": Coded(np.array([1, 0, 1, 0, 0]), ["x", "y"]),
    }
    parts = [log.batch(log.REJECTED, 5, **rows), log.batch(log.REJECTED, 1, **{name: value if isinstance(value, str) else value[:1] for name, value in rows.items() if name != "content"}, content="z")]  # fmt: skip
    for chunk in (1, 2, 5, 100):
        monkeypatch.setattr(log, "CHUNK", chunk)
        log.write_csv_log(log.REJECTED, parts, tmp_path / "rejected.csv")
        found = contracts.REJECTED.texts(tmp_path)
        assert found["reason"].tolist() == [*texts, "a"] and found["row"].tolist() == ["1", "2", "3", "4", "5", "1"]
        assert found["content"].tolist() == ["y", "x", "y", "x", "x", "z"] and set(found["file"]) == {"f"}
    frame = log.frame(log.REJECTED, parts)
    assert frame["row"].tolist() == [1, 2, 3, 4, 5, 1] and frame["reason"].tolist() == [*texts, "a"]
    assert log.frame(log.REJECTED, []).columns.tolist() == log.REJECTED


def test_a_question_asked_once_counts_its_rows_only_where_there_are_several(tmp_path):
    once = column(tmp_path / "a", {"type": "datetime"}, "2015-06-15", "2015-06-16", "2015-06-16", "2015-06-17T10:00:00")
    assert sorted(once.queries["message"]) == [
        "'2015-06-15' has no time of day, midnight was put in",
        "'2015-06-16' has no time of day, midnight was put in (in 2 rows, of which this is the first)",
    ]
    assert sorted(once.queries["row"]) == [2, 3]


def test_the_sign_of_a_limit_that_is_kept_is_a_change_of_its_own(tmp_path):
    data = column(tmp_path, {"type": "number", "limit": "beyond"}, "<0.5", "0.5", "> 7", "")
    changes = data.changes[data.changes["field"] == "beyond"]
    assert changes[["raw_value", "clean_value", "rule", "kind"]].to_numpy().tolist() == [
        ["<0.5", "<", "limit sign kept", "spelling"],
        ["> 7", ">", "limit sign kept", "spelling"],
    ]
    assert values(data, "beyond") == ["<", None, ">", None]


def test_a_limit_in_words(tmp_path):
    spec = {"type": "number", "limit": "beyond", "limit_text": {"not detected": 0.25}}
    data = column(tmp_path, spec, "Not  detected", "not detectable", "3")
    assert values(data) == [0.25, None, 3] and values(data, "beyond") == ["<", None, None]
    assert data.changes[data.changes["field"] == "x"]["rule"].tolist() == [
        "spaces trimmed; limit of quantification",
        "does not fit, cleared",
    ]


def test_text_that_is_ignored_or_rewritten_says_so(tmp_path):
    data = column(tmp_path, {"type": "number", "ignore": r"\(.*\)"}, "5 (hand)", "6", "(none)")
    assert values(data) == [5, 6, None]
    assert data.changes["rule"].tolist()[0] == "ignored text removed" and len(data.changes) == 2
    data = column(tmp_path / "b", {**READ, "rewrite": {"^pt": "P-"}, "pattern": r"P-\d"}, "pt1", "P-2", "ptx")
    assert values(data) == ["P-1", "P-2", None]
    assert (
        data.changes["rule"].tolist()[0] == "rewritten"
        and "'P-x' does not have the form" in data.queries["message"].item()
    )


def test_a_ragged_footnote_is_a_footnote(tmp_path):
    table = {"file": "f", "key": ["participant"], "columns": {"participant": ID, "x": {"source": "X"}}}
    data = cleaned(
        tmp_path, {"f.csv": "ID,X\nS1,a\n* a note\n,* b\nS2,b\n"}, {"t": table}, options={"f": {"footer": r"\*"}}
    )
    assert data.tables["t"]["participant"].tolist() == ["S1", "S2"] and data.queries.empty
    assert data.rejected[["row", "reason"]].to_numpy().tolist() == [[3, "footnote"], [4, "footnote"]]


def test_a_folder_below_others_is_made(tmp_path):
    data = column(tmp_path, {}, "a")
    from trialpress.clean import write

    write(data, tmp_path / "a" / "b" / "clean")
    assert (tmp_path / "a" / "b" / "clean" / "t.parquet").exists()


@pytest.mark.parametrize(
    "value, text",
    [(0.1, "0.1"), (np.float32(0.1), "0.1"), (1e16, "10000000000000000"), (1e21, "1000000000000000000000"), (1e22, "1e+22"), (np.float32(3), "3"),
     (-2.0, "-2"), (7, "7"), (Decimal("1.50"), "1.5"), (Decimal("200"), "200"), (Decimal("0E+3"), "0"), (float("inf"), "inf")],
)  # fmt: skip
def test_numbers_in_their_shortest_form(value, text):
    assert number_text(value) == text


@pytest.mark.parametrize(
    "text, code, seen",
    [
        ("0.35", "0%", "35%"), ("0.35", "0%%", "3500%%"), ("-0.35", "0%", "-35%"), ("7", "000", "007"), ("0", "00", "00"), ("7", "0", ""), ("7.5", "00", "07.5"),
        ("123456789", "000-00-0000", "123-45-6789"), ("1234567890", "000-00-0000", "1234-56-7890"), ("12", "0-0", "1-2"),
        ("1500", '0,"k"', "1.5k"), ("1500000", '0,,"M"', "1.5M"), ("1500", "#,##0", ""), ("5", '"n="0', "n=5"), ("5", "(0)", ""), ("-5", '0;(0)" d"', "-5 d"),
        ("-5", '0;-0" d"', "-5 d"), ("-5", '0;0" d"', "-5 d"), ("5", '0" d";-0', "5 d"), ("0", '0;0;"none"', "none"), ("0", '0" d";-0', "0 d"),
        ("0.5", '[<1]"low";[>=5]"high";0', "low"), ("5", '[<1]"low";[>=5]"high";0', "high"), ("3", '[<1]"low";[>=5]"high";0', ""), ("3", '[=3]"three";0', "three"),
        ("3", '[<>3]"other";"three"', "three"), ("1", '[<=1]"a"', "a"), ("2", '[<=1]"a"', ""), ("2", '[>1]"b"', "b"), ("1", '[>1]"b"', ""),
        ("5", ";;;", HIDES), ("5", '""', HIDES), ("5", "@", ""), ("5", '0"x";@', "5x"), ("5", "0.00E+00", ""), ("5", "[$\u20ac-407]0", "\u20ac5"), ("5", "[$-409]0", ""),
        ("42064", "yyyy", ""), ("5", "General", ""), ("5", 'General" d"', "5 d"),
    ],
)  # fmt: skip
def test_what_a_format_shows_of_a_number(text, code, seen):
    assert shown(text, code) == seen


@pytest.mark.parametrize(
    "code, parts",
    [
        ("yyyy-mm-dd", "year month day"), ("h:mm", "hour minute"), ("mm:ss", "minute second"), ("hh:mm:ss", "hour minute second"), ("mmm-yy", "month year"),
        ("dd/mm/yyyy hh:mm", "day month year hour minute"), ("[h]:mm", "elapsed hour minute"), ("[mm]", "elapsed minute"), ("0.0", ""), ("General", ""),
        ("m/d", "month day"), ("ge.m.d", "year month day"), ('yyyy"\u5e74"', "year"), ("0%", ""), ("m", "month"), ("s m", "second month"),
    ],
)  # fmt: skip
def test_what_a_format_shows_of_a_date(code, parts):
    assert shows(code) == frozenset(parts.split())


@pytest.mark.parametrize(
    "text, code, date_1904, cell",
    [
        ("0", "yyyy-mm-dd", True, ("1904-01-01", "date", "")), ("0", "h:mm", True, ("00:00:00", "time", "")), ("0", "h:mm", False, ("00:00:00", "time", "")),
        ("60", "yyyy-mm-dd", True, ("1904-03-01", "date", "")), ("0.5", "yyyy-mm-dd", False, ("0.5", "error", "a date that is none: serial number 0.5")),
        ("2958465", "yyyy-mm-dd", False, ("9999-12-31", "date", "")), ("2958466", "yyyy-mm-dd", False, ("2958466", "error", "a date that is none: serial number 2958466")),
        ("-1", "yyyy-mm-dd", True, ("-1", "error", "a date that is none: serial number -1")), ("1", "mmmm", False, ("1900-01-01", "date", "January")),
        ("60.5", "h:mm", False, ("60.5", "error", "1900-02-29, a day that never was")), ("1.5", "d", False, ("1900-01-01T12:00:00", "datetime", "1 Jan")),
    ],
)  # fmt: skip
def test_days_at_the_ends_of_the_calendar(text, code, date_1904, cell):
    assert tuple(dated(text, code, date_1904)) == cell


def test_times_of_python():
    import datetime

    assert clock(86399) == "23:59:59" and clock(3600) == "01:00:00" and clock(61) == "00:01:01"
    assert python_cell(datetime.timedelta(hours=25, seconds=0.6))[:2] == ("90001", "duration")
    assert python_cell(datetime.time(1, 2, 3))[:2] == ("01:02:03", "time")
    assert python_cell(datetime.date(2015, 3, 1))[:2] == ("2015-03-01", "date")
    assert python_cell(datetime.datetime(2015, 3, 1, 23, 59, 59, 500_000)) == ("2015-03-02", "date", "")
    assert python_cell(datetime.datetime(2015, 3, 1, 0, 0, 1)) == ("2015-03-01T00:00:01", "datetime", "")


def test_places_of_a_sheet_in_words():
    assert [letters(at) for at in (1, 26, 27, 52, 53, 702, 703)] == ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]
    assert area(1, 2, 3, 28) == "B1:AB3"
    assert ranges([9, 5, 7, 6]) == "5 to 7, 9" and ranges([1, 2], letters) == "A to B" and ranges([]) == ""
    assert ranges(range(1, 40, 2)) == ", ".join(map(str, range(1, 40, 2)))  # twenty are shown
    assert ranges(range(1, 42, 2)).endswith("39 and 1 more")


def test_two_byte_texts_without_a_mark_are_recognised():
    file = File("f", "f.csv")
    for encoding in ("utf-16-le", "utf-16-be"):
        assert advice("id,age\n1,2\n".encode(encoding), file) == f"set files.f.encoding: {encoding}"
    assert "utf-16" not in advice(b"\0\0\0\0\0\0\0\0", file) and "utf-16" not in advice(b"a\0b", file)
    assert "utf-16" not in advice(b"id,age\n\0\0", file)


def test_a_table_that_keeps_no_row_stops_unless_it_may_be_empty(tmp_path):
    def tables(**more):
        own = {"participant": ID, "x": {"source": "X", **READ}}
        return {
            "t": {"file": "f", "key": ["participant"], "columns": own, "where": "x == 'no'", **more},
            "u": {"file": "f", "key": ["participant"], "columns": own},
        }

    with pytest.raises(InputError, match=r"study.yaml, tables.t: keeps no row: 2 x not part of the table: x == 'no'"):
        cleaned(tmp_path, {"f.csv": "ID,X\nS1,a\nS2,b\n"}, tables())
    data = cleaned(tmp_path / "b", {"f.csv": "ID,X\nS1,a\nS2,b\n"}, tables(may_be_empty=True))
    assert len(data.tables["t"]) == 0 and data.tables["t"].columns.tolist() == ["participant", "x"]
