"""What a dictionary cannot mean is found before a file is read; each kind with its message."""

from __future__ import annotations

import time

import pytest
from clean.small import cleaned, column, folder_of, values
from trialpress.clean import clean
from trialpress.errors import InputError
from trialpress.study import load_study, load_yaml

ID = {"source": "ID", "type": "id"}
X, D = {"source": "X", "type": "integer"}, {"source": "D", "type": "date"}
FILE = {"f.csv": "ID,X,D\nS1,1,2020-01-01\nS2,2,2019-01-01\n"}
CODES = {"source": "X", "type": "code"}


def table(columns, **more):
    return {"t": {"file": "f", "key": ["participant"], "columns": {"participant": ID, **columns}, **more}}


def check(text, field="x"):
    return {"checks": [{"id": "c", "assert": text, "field": field, "message": "m"}]}


WRONG = {  # message -> columns, more of the table
    "names the column 'b', which is computed with it or after it": ({"a": {"derive": "b + 1", "type": "integer"}, "b": {"derive": "a + 1", "type": "integer"}}, {}),
    "names the column 'a', which is computed with it": ({"a": {"derive": "a + 1", "type": "integer"}}, {}),
    "gives a text, the column is of type integer": ({"x": X, "a": {"derive": "text(x)", "type": "integer"}}, {}),
    "gives a date, the column is of type integer": ({"d": D, "a": {"derive": "d", "type": "integer"}}, {}),
    "gives a number, the column is of type date": ({"x": X, "a": {"derive": "x", "type": "date"}}, {}),
    "gives a boolean, the column is of type text": ({"x": X, "a": {"derive": "x > 1"}}, {}),
    "gives 'r', which is not among the codes": ({"x": X, "a": {"derive": "when(x > 1, 'q', 'r')", "type": "code", "codes": {"q": []}}}, {}),
    "where: is a number, not a condition": ({"x": X}, {"where": "x"}),
    "where: is a text, not a condition": ({"x": {"source": "X"}}, {"where": "x"}),
    "assert: is a number, not a condition": ({"x": X}, check("x")),
    "x is a number, '1' a text": ({"x": X}, check("x == '1'")),
    "d is a date, '2020-01-01' a text": ({"d": D}, check("d > '2020-01-01'", "d")),
    "'on' is not a value of x": ({"x": {**CODES, "codes": {"one": ["1"], "two": ["2"]}}}, check("x == 'on'")),
    "'a' is no number": ({"x": {**X, "possible": ["a", "b"]}}, {}),
    "'1' is no date": ({"d": {**D, "possible": [1, 2]}}, {}),
    "'2020-13-01' is no date": ({"d": {**D, "possible": ["2020-13-01", None]}}, {}),
    "lower bound 10 is above 1": ({"x": {**X, "possible": [10, 1]}}, {}),
    "possible: means nothing for a column of type text": ({"x": {"source": "X", "possible": [1, 2]}}, {}),
    "required: means nothing beside derive": ({"x": X, "a": {"derive": "x", "type": "integer", "required": True}}, {}),
    r"pattern: '\(' is no regular expression": ({"x": {"source": "X", "pattern": "("}}, {}),
    r"rewrite: '\(' is no regular expression": ({"x": {"source": "X", "rewrite": {"(": "a"}}}, {}),
    "rewrite: 'a' is no regular expression: invalid group reference": ({"x": {"source": "X", "rewrite": {"a": r"\5"}}}, {}),
    r"ignore: '\*' is no regular expression": ({"x": {"source": "X", "ignore": "*"}}, {}),
    "0 is no factor": ({"x": {"source": "X", "type": "number", "unit": "m", "units": {"k": 0}}}, {}),
    "gives a boolean, not a number": ({"x": {"source": "X", "type": "number", "unit": "m", "units": {"k": "x > 1"}}}, {}),
    "'k ' and 'k' are one unit with two factors": ({"x": {"source": "X", "type": "number", "unit": "m", "units": {"k": 2, "k ": 5}}}, {}),
    "the text '1' stands for two codes, a and b": ({"x": {**CODES, "codes": {"a": ["1"], "b": ["1"]}}}, {}),
    "'1' and '１' stands for two codes": ({"x": {**CODES, "codes": {"a": ["１"], "b": ["1"]}}}, {}),
    "'ｘ' cannot name a column": ({"ｘ": X}, {}),
    "adds the column 'participant', which exists": ({"x": {"source": "X", "type": "number", "limit": "participant"}}, {}),
    "key: names a column twice": ({"x": X}, {"key": ["participant", "participant"]}),
    "are 1000000001 blocks": ({"x": {"source": "X{block}"}, "b": {"block": True, "type": "integer"}}, {"blocks": {"from": 0, "to": 10**9}}),
    "from a to z are no whole numbers": ({"x": {"source": "X{block}"}, "b": {"block": True}}, {"blocks": {"from": "a", "to": "z"}}),
}  # fmt: skip


@pytest.mark.parametrize("message", WRONG)
def test_what_cannot_be_meant_is_refused(tmp_path, message):
    columns, more = WRONG[message]
    with pytest.raises(InputError, match=message):
        load_study(folder_of(tmp_path, FILE, table(columns, **more)) / "study.yaml")


def test_a_table_that_comes_later_has_no_values_yet(tmp_path):
    tables = {**table({"x": X}, **check("u.d > date('2000-01-01')")), "u": table({"d": D})["t"]}
    with pytest.raises(InputError, match="names 'u.d', but the table 'u' comes after 't'"):
        load_study(folder_of(tmp_path, FILE, tables) / "study.yaml")


def test_a_derived_whole_number_is_never_cut(tmp_path):
    data = cleaned(tmp_path, FILE, table({"x": X, "half": {"derive": "x / 2", "type": "integer"}}))
    assert values(data, "half") == [None, 1]
    assert data.queries["message"].tolist() == ["is missing: 'x / 2' is not a whole number"]


def test_a_derived_day_has_no_time(tmp_path):
    moment = {"source": "D", "type": "datetime"}
    data = cleaned(
        tmp_path,
        {"f.csv": "ID,D\nS1,2020-01-01T10:30:00\n"},
        table({"d": moment, "day": {"derive": "d", "type": "date"}}),
    )
    assert values(data, "day") == ["2020-01-01"]


@pytest.mark.parametrize("spec", [{"pattern": "(a+)+$"}, {"rewrite": {"(a+)+$": "b"}}, {"ignore": "(a+)+$"}])
def test_a_regular_expression_without_end_is_ended(tmp_path, spec):
    start = time.monotonic()
    with pytest.raises(InputError, match="a regular expression of the column 'x' takes longer than 0.2 s"):
        column(tmp_path, spec, "a" * 40 + "!", limits={"pattern_seconds": 0.2})
    assert time.monotonic() - start < 10


@pytest.mark.parametrize(
    ("text", "said"),
    [("9999-12-31", "is no date of a trial"), ("1900-01-01", "is no date of a trial"), ("0015-06-03", "is no date of a trial"),
     ("2565-06-03", r"a Buddhist year\? 2022"), ("2203-06-03", "is no date of a trial")],
)  # fmt: skip
def test_dates_that_no_trial_has_are_cleared_and_asked_about(tmp_path, text, said):
    data = column(tmp_path / "a", {"type": "date"}, text)
    assert values(data) == [None] and data.queries["message"].str.contains(said).all() and len(data.queries) == 1
    data = column(tmp_path / "b", {"type": "date", "possible": ["0001-01-01", "9999-12-31"]}, text)
    assert values(data) == [text] and data.queries.empty


def test_a_date_after_the_cutoff_is_kept_and_asked_about(tmp_path):
    data = column(tmp_path / "a", {"type": "date"}, "2031-01-01")
    assert values(data) == ["2031-01-01"]
    assert data.queries["message"].tolist() == ["2031-01-01 is after the data cut-off (2030-12-31)"]
    data = column(tmp_path / "b", {"type": "date", "plausible": [None, "2032-01-01"]}, "2031-01-01")
    assert values(data) == ["2031-01-01"] and data.queries.empty


def test_limits_are_raised_where_a_study_needs_it(tmp_path):
    note = {"free_text": {"reviewed": "A. Reader", "date": "2020-02-01"}}
    with pytest.raises(InputError, match="row 2: a cell has more than 1000 characters"):
        column(tmp_path / "a", note, "x" * 1001, limits={"cell": 1000})
    assert values(column(tmp_path / "b", note, "x" * 1001, limits={"cell": 2000})) == ["x" * 1001]


def test_words_of_yaml_are_words(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text("[NULL, Null, no, 1:30, 007, 0x1F, 1_000, 2015-06-03, .inf, =, null, ~, 1e3, -4, true]")
    assert load_yaml(path) == [
        "NULL",
        "Null",
        "no",
        "1:30",
        "007",
        "0x1F",
        "1_000",
        "2015-06-03",
        ".inf",
        "=",
        None,
        None,
        1000.0,
        -4,
        True,
    ]


def test_a_raw_file_that_nothing_names_is_said(tmp_path):
    folder = folder_of(tmp_path, FILE, table({"x": X}))
    for name in ("second.csv", "README.md"):
        (folder / "data" / "raw" / name).write_text("ID\nS9\n")
    data = clean(load_study(folder / "study.yaml"), folder / "data" / "raw", folder / "none.csv")
    assert data.queries[["file", "severity"]].values.tolist() == [["second.csv", "warning"]]
