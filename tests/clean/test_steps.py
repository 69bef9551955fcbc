"""Whole rows: which are part of a table, by what they are known, and that none is lost without a word."""

import json

import pytest
from trialpress.clean import LossError
from trialpress.errors import InputError

from .small import READ, cleaned, column, values

ID = {"source": "ID", "type": "id"}
PEOPLE = {"file": "f", "key": ["participant"], "columns": {"participant": ID}}
LONG = (
    "ID,PARAMCD,AVISITN,AVAL\n"
    + "".join(f"S{i},ALT,{visit},{10 * i + visit}\n" for i in range(1, 5) for visit in (1, 2))
    + "".join(f"S{i},AST,{visit},{100 * i + visit}\n" for i in range(1, 5) for visit in (1, 2))
    + "S1,ALT,,99\n"
)


def long_table(code: str, key: list[str], **more) -> dict:
    return {
        "file": "adlb",
        "key": key,
        "where": f"paramcd == '{code}'",
        "columns": {
            "participant": ID,
            "paramcd": {"source": "PARAMCD"},
            "visit": {"source": "AVISITN", "type": "integer"},
            "value": {"source": "AVAL", "type": "number", "required": True},
        },
        **more,
    }


def test_where_comes_before_duplicates_keys_and_checks(tmp_path):
    """ADaM and REDCap: one long export cut into tables; the other tables' rows are no duplicates, misfits or queries."""
    checks = [{"id": "small", "assert": "value < 50", "field": "value", "message": "an ALT above 50"}]
    tables = {
        "alt": long_table("ALT", ["participant", "visit?"], checks=checks),
        "ast": long_table("AST", ["participant", "visit"]),
    }
    data = cleaned(tmp_path, {"adlb.csv": LONG}, {"people": {**PEOPLE, "file": "adlb"}, **tables})
    assert [len(data.tables[name]) for name in ("people", "alt", "ast")] == [4, 9, 8]
    assert data.queries["message"].tolist() == ["an ALT above 50"]
    assert (data.rows["rows_in"] == data.rows["rows_kept"] + data.rows["rows_rejected"]).all()
    reasons = data.rejected[data.rejected["table"] == "alt"]["reason"].unique()
    assert list(reasons) == ["not part of the table: paramcd == 'ALT'"]


def test_a_condition_over_joined_files_waits_for_the_join(tmp_path):
    table = {
        "file": "a", "key": ["participant"], "where": "use == 'y'", "columns": {"participant": ID, "x": {"source": "X"}},
        "join": [{"file": "b", "columns": {"participant": ID, "use": {"source": "Use"}}}],
    }  # fmt: skip
    data = cleaned(tmp_path, {"a.csv": "ID,X\nS1,1\nS2,2\nS3,3\n", "b.csv": "ID,Use\nS2,y\nS1,n\nS3,y\n"}, {"t": table})
    assert data.tables["t"]["participant"].tolist() == ["S2", "S3"]
    assert data.rows["rows_rejected"].tolist() == [1, 1]


def test_a_part_of_the_key_may_be_blank_where_the_dictionary_says_so(tmp_path):
    text = (
        "ID,PARAMCD,AVISITN,AVAL\n" + "".join(f"S{i},ALT,{i},1\n" for i in range(60)) + "S1,ALT,,99\nS1,ALT,soon,98\n"
    )
    kept = cleaned(
        tmp_path,
        {"adlb.csv": text},
        {"people": {**PEOPLE, "file": "adlb"}, "t": long_table("ALT", ["participant", "visit?"])},
    )
    assert "S1/" in set(kept.cells["key"]) and kept.tables["t"]["visit"].isna().sum() == 1
    strict = cleaned(
        tmp_path / "b",
        {"adlb.csv": text},
        {"people": {**PEOPLE, "file": "adlb"}, "t": long_table("ALT", ["participant", "visit"])},
    )
    reasons = strict.rejected[strict.rejected["table"] == "t"]["reason"].tolist()
    assert reasons == ["no usable key: visit is missing", "no usable key: visit 'soon' is not a number"]


def test_identifiers_derived_from_several_columns(tmp_path):
    both = {
        "participant": {"derive": "site + '-' + number", "type": "id"},
        "site": {"source": "Site", "type": "id"},
        "number": {"source": "No", "type": "id"},
    }
    tables = {
        "people": {"file": "people", "key": ["participant"], "columns": {**both, "age": {"source": "Age", "type": "integer"}}},
        "visits": {
            "file": "visits", "key": ["participant", "day"], "references": {"participant": "people.participant"},
            "complete": {"participant": "people.participant"},
            "columns": {**both, "day": {"source": "Day", "type": "integer"}},
            "checks": [{"id": "adult", "assert": "people.age >= 18", "field": "day", "message": "a visit of a child"}],
        },
        "pairs": {
            "file": "visits", "key": ["site", "number", "day"], "references": {"site, number": "people.site, number"},
            "columns": {name: spec for name, spec in both.items() if name != "participant"} | {"day": {"source": "Day", "type": "integer"}},
        },
    }  # fmt: skip
    files = {
        "people.csv": "Site,No,Age\nA,1,17\nA,2,40\nB,1,50\nB,2,60\n",
        "visits.csv": "Site,No,Day\nA,1,0\nA,1,7\nB,1,0\nB,9,0\nA,2,0\n",
    }
    data = cleaned(tmp_path, files, tables)
    assert data.tables["people"]["participant"].tolist() == ["A-1", "A-2", "B-1", "B-2"]
    assert data.tables["visits"][["participant", "day"]].to_numpy().tolist() == [
        ["A-1", 0],
        ["A-1", 7],
        ["A-2", 0],
        ["B-1", 0],
    ]
    assert sorted(data.queries["message"]) == [
        "B-2 is in people and has no row in visits",
        "a visit of a child",
        "a visit of a child",
    ]
    reasons = set(data.rejected["reason"])
    assert reasons == {
        "orphan: participant 'B-9' is not in people.participant",
        "orphan: site, number 'B, 9' is not in people.site, number",
    }


def test_a_file_without_an_identifier_uses_its_row_number(tmp_path):
    columns = {"participant": {"row": True, "type": "id"}, "x": {"source": "X", "type": "integer"}}
    data = cleaned(tmp_path, {"f.csv": "X\n5\n\n6\n"}, {"t": {"file": "f", "key": ["participant"], "columns": columns}})
    assert data.tables["t"].to_numpy().tolist() == [["2", 5], ["4", 6]]


def test_keys_that_would_print_alike_stay_apart(tmp_path):
    columns = {"participant": ID, "a": {"source": "A", "type": "id"}, "b": {"source": "B", "type": "id"}}
    tables = {"people": PEOPLE, "t": {"file": "f", "key": ["a", "b"], "columns": columns}}
    data = cleaned(tmp_path, {"f.csv": "ID,A,B\nS1,x/y,z\nS2,x,y/z\n"}, tables)
    assert len(data.tables["t"]) == 2 and data.cells[data.cells["table"] == "t"]["key"].nunique() == 2


# --- shifted rows -----------------------------------------------------------------------------------------------------

SHIFT = {
    "participant": {**ID, "pattern": r"S\d+"},
    "date": {"source": "Date", "type": "date"},
    "sex": {"source": "Sex", "type": "code", "codes": {"F": [], "M": []}},
    "grade": {"source": "Grade", "type": "integer", "possible": [0, 5]},
    "drug": {"source": "Drug", "type": "code", "codes": {"tocilizumab": [], "none": []}},
    "end": {"source": "End", "type": "date"},
}


def shifted(tmp_path, *rows: str):
    good = "".join(f"S{i},2015-01-0{i},F,{i % 5},none,2015-02-0{i},\n" for i in range(1, 10))
    text = "ID,Date,Sex,Grade,Drug,End,Note\n" + good + "".join(rows)
    tables = {"t": {"file": "f", "key": ["participant"], "columns": SHIFT}}
    return cleaned(tmp_path, {"f.csv": text}, tables)


def test_a_shifted_row_is_rejected_and_asked_about(tmp_path):
    data = shifted(tmp_path, "S90,,2015-03-01,M,2,none,2015-03-09\n")
    assert data.rejected["reason"].tolist() == [
        "4 cells do not fit their columns and do when moved by 1 column to the left: the row is shifted"
    ]
    query = data.queries.iloc[0]
    assert (query["row"], query["key"], query["severity"]) == (11, "S90", "error") and "it was rejected" in query[
        "message"
    ]
    assert (
        "Note" not in data.rejected["content"].item()
    )  # undeclared, and cells may stand under it that are not its own


@pytest.mark.parametrize(
    "row, by",
    [
        ("S90,,2015-03-01,M,2,none,2015-03-09", "1 column to the left"),
        ("S90,2015-03-01,x,M,2,none,2015-03-09", "1 column to the left"),
        ("S90,2015-03-01,2,none,2015-03-09,,", "1 column to the right"),  # without sex
        ("S90,M,2,none,2015-03-09,,", "1 column to the right"), ("S90,2,none,2015-03-09,,,", "2 columns to the right"),
    ],
)  # fmt: skip
def test_rows_are_shifted_to_either_side(tmp_path, row, by):
    data = shifted(tmp_path, f"{row}\n")
    assert [by in reason for reason in data.rejected["reason"]] == [True] * bool(by)


def test_the_cells_of_one_block_of_a_row_are_shifted(tmp_path):
    """Of the other block a cell fits nowhere: it says nothing of these."""
    columns = {"participant": SHIFT["participant"], "visit": {"block": True, "type": "text"},
               "day": {"source": "Day {block}", "type": "date"}, "grade": {"source": "Grade {block}", "type": "integer"}}  # fmt: skip
    header = "ID,Day 1,Grade 1,Note 1,Day 2,Grade 2,Note 2\n"
    good = "".join(f"S{i},2015-01-0{i},{i},,2015-02-0{i},{i},\n" for i in range(1, 10))
    tables = {"t": {"file": "f", "key": ["participant", "visit"], "blocks": ["1", "2"], "misfit": 2, "columns": columns},
              "people": {"file": "f", "key": ["participant"], "columns": {"participant": SHIFT["participant"]}}}  # fmt: skip
    data = cleaned(tmp_path, {"f.csv": f"{header}{good}S90,x,2015-03-01,2,2015-03-09,y,\n"}, tables)
    found = data.tables["t"]
    assert found.loc[found["participant"] == "S90", "visit"].tolist() == ["2"]
    said = "the row looks shifted: day, grade do not fit and do when moved by 1 column to the left; it was rejected"
    assert data.queries["message"].iloc[0] == said


def test_a_row_that_lacks_a_cell_is_shifted_to_the_right(tmp_path):
    tables = {"t": {"file": "f", "key": ["participant"], "columns": SHIFT}}
    good = "".join(f"S{i},a,2015-01-0{i},F,{i % 5},none,2015-02-0{i}\n" for i in range(1, 10))
    text = f"ID,Note,Date,Sex,Grade,Drug,End\n{good}S90,2015-03-01,M,2,none,2015-03-09,\n"
    data = cleaned(tmp_path, {"f.csv": text}, tables)
    assert (
        "4 cells do not fit their columns and do when moved by 1 column to the right" in data.rejected["reason"].item()
    )


@pytest.mark.parametrize(
    ("row", "option", "rows", "message"),
    [
        # the grade is lacking: refused, and the reader is told where its cells belong
        ("S90,2015-03-01,F,none,2015-03-09", {}, 9,
         "the row has 5 cells, the header has 7 and looks shifted: its cells fit when moved by 1 column to the right; it was rejected"),
        # lacking at its end, or without a place where it fits: not shifted
        ("S90,2015-03-01,F,3,none", {}, 9, "the row has 5 cells, the header has 7; it was rejected"),
        ("S90,2015-03-01,5,F,none", {}, 9, "the row has 5 cells, the header has 7; it was rejected"),
        ("S90,x,2015-03-01,F,3,none,2015-03-09,,n", {}, 9,
         "the row has 9 cells, the header has 7 and looks shifted: its cells fit when moved by 1 column to the left; it was rejected"),
        # filled up at its end: never with the cells of another column
        ("S90,2015-03-01,F,none,2015-03-09", {"short_rows": "pad"}, 9,
         "the row looks shifted: grade, drug do not fit and do when moved by 1 column to the right; it was rejected"),
        ("S90,2015-03-01,F,none", {"short_rows": "pad"}, 9,
         "the row looks shifted: grade does not fit and does when moved by 1 column to the right; it was rejected"),
        ("S90,2015-03-01,F,3", {"short_rows": "pad"}, 10, None),
        # a row of full width is not rejected for two misfits, but asked about
        ("S90,2015-03-01,3,none,,,", {}, 10, None),
    ],
)  # fmt: skip
def test_a_row_with_cells_too_few_or_too_many(tmp_path, row, option, rows, message):
    good = "".join(f"S{i},2015-01-0{i},F,{i % 5},none,2015-02-0{i},\n" for i in range(1, 10))
    text = "ID,Date,Sex,Grade,Drug,End,Note\n" + good + f"{row}\n"
    tables = {"t": {"file": "f", "key": ["participant"], "columns": SHIFT}}
    data = cleaned(tmp_path, {"f.csv": text}, tables, options={"f": option})
    assert len(data.tables["t"]) == rows
    asked = data.queries[data.queries["message"].str.contains("looks shifted|was rejected")]
    assert asked["message"].tolist() == ([message] if message else [])
    assert asked["file"].tolist() == ["f.csv"] * len(asked) and asked["row"].tolist() == [11] * len(asked)


def test_one_misfit_is_enough_in_a_row_that_was_filled_up(tmp_path):
    """Without the grade; and a row that is no part of the table is not asked about."""
    good = "".join(f"S{i},2015-01-0{i},F,{i % 5},none,2015-02-0{i},\n" for i in range(1, 10))
    text = "ID,Date,Sex,Grade,Drug,End,Note\n" + good + "S90,2015-03-01,F,none\nS91,2015-03-01,M,none\n"
    table = {"file": "f", "key": ["participant"], "columns": SHIFT, "where": "participant != 'S91'"}
    data = cleaned(tmp_path, {"f.csv": text}, {"t": table}, options={"f": {"short_rows": "pad"}})
    assert data.rejected[["row", "reason"]].to_numpy().tolist() == [
        [11, "1 cell does not fit its column and does when moved by 1 column to the right: the row is shifted"],
        [12, "not part of the table: participant != 'S91'"],
    ]  # fmt: skip
    assert data.queries["row"].tolist() == [11] and "looks shifted" in data.queries["message"].item()


def test_numbers_with_their_unit_fit_their_column(tmp_path):
    """In the row without arm the dose stands under the arm, and the weight, whose unit is known, under the dose."""
    columns = {"participant": ID, "arm": {"source": "Arm", "type": "code", "codes": {"A": [], "B": []}},
               "dose": {"source": "Dose", "type": "number", "unit": "mg"}, "weight": {"source": "Weight", "type": "number", "unit": "kg"},
               "sex": {"source": "Sex", "type": "code", "codes": {"F": [], "M": []}}, "day": {"source": "Day", "type": "integer"}}  # fmt: skip
    good = "".join(f"S{i},A,5 mg,7{i} kg,F,{i}\n" for i in range(20))
    tables = {"t": {"file": "f", "key": ["participant"], "columns": columns}}
    data = cleaned(tmp_path, {"f.csv": f"ID,Arm,Dose,Weight,Sex,Day\n{good}S99,5 mg,75 kg,F,3,\n"}, tables)
    assert data.rejected["reason"].tolist() == [
        "3 cells do not fit their columns and do when moved by 1 column to the right: the row is shifted"
    ]
    assert len(data.tables["t"]) == 20 and data.tables["t"]["weight"].notna().all()


def test_none_of_something_is_none_of_it_in_any_unit(tmp_path):
    columns = {
        "participant": ID,
        "x": {"source": "X", "type": "number", "unit": "mg", "units": {"g": 1000, "ug": 0.001}},
    }
    tables = {"t": {"file": "f", "key": ["participant"], "columns": columns}}
    data = cleaned(tmp_path, {"f.csv": "ID,X\nS1,0 g\nS2,1 g\nS3,0 ug\nS4,1 ug\nS5,1000 ug\n"}, tables)
    assert values(data) == [0, 1000, 0, 0.001, 1] and data.queries.empty


BLOCKS = {
    "people": {**PEOPLE, "columns": {"participant": {**ID, "pattern": r"S\d+"}}},
    "v": {"file": "f", "key": ["participant", "visit"], "blocks": ["1", "2"], "references": {"participant": "people.participant"},
          "columns": {"participant": ID, "visit": {"block": True}, "day": {"source": "Day {block}", "type": "integer"},
                      "x": {"source": "X {block}", "type": "integer"}}},
}  # fmt: skip


def test_rows_with_a_record_for_each_block(tmp_path):
    """A row counts as rejected if none of its records is kept; one that fills no block holds nothing for the table."""
    rows = ["S1,1,5,2,6", "S2,3,7,,", "S2,3,7,4,8", "S2,3,7,,", "S4,,,,", "S5,,,4,9", "a footnote,,,,"] + [
        f"S{i},1,1,2,2" for i in range(10, 60)
    ]
    text = "ID,Day 1,X 1,Day 2,X 2\n" + "".join(f"{row}\n" for row in rows)
    data = cleaned(tmp_path, {"f.csv": text}, BLOCKS, options={"f": {"footer": "a foot"}})
    found = data.tables["v"][["participant", "visit", "x"]].astype(str).to_numpy().tolist()
    few = [row for row in found if row[0] in ("S1", "S2", "S4", "S5")]
    assert few == [["S1", "1", "5"], ["S1", "2", "6"], ["S2", "1", "7"], ["S2", "2", "8"], ["S5", "2", "9"]]
    out = data.rejected[data.rejected["table"] == "v"]
    assert out[["row", "reason"]].to_numpy().tolist() == [
        [5, "duplicate of row 3"], [6, "holds nothing for this table"], [8, "footnote"],
    ]  # fmt: skip
    counts = data.rows.set_index("table").loc["v", ["rows_in", "rows_kept", "rows_rejected"]].tolist()
    assert counts == [57, 54, 3]


def test_a_row_that_fits_when_moved_is_asked_about_though_most_of_it_fits_as_it_stands(tmp_path):
    """Age is lacking: weight and height stand under age and weight, and are numbers there, too."""
    columns = {"participant": ID, **{name: {"source": name, "type": "number"} for name in ("age", "weight", "height")},
               "sex": {"source": "sex", "type": "code", "codes": {"F": [], "M": []}}}  # fmt: skip
    good = "".join(f"S{i},40,7{i},17{i},F\n" for i in range(10))
    tables = {"t": {"file": "f", "key": ["participant"], "columns": columns}}
    data = cleaned(tmp_path, {"f.csv": f"ID,age,weight,height,sex\n{good}S99,75,178,F,\nS98,75,178,none,\n"}, tables)
    assert len(data.tables["t"]) == 12
    first = data.queries[data.queries["key"] == "S99"]["message"].tolist()
    assert first[0] == (
        "the row looks shifted: height does not fit and does when moved by 1 column to the right; it was kept: cells beside these may be another column's, too"
    )
    assert not data.queries[data.queries["key"] == "S98"]["message"].str.contains("shifted").any()


def test_a_row_with_several_misfits_keeps_its_place(tmp_path):
    data = shifted(tmp_path, "S90,Teclistamab,Teclistamab,Teclistamab,none,2015-03-01,\n")
    assert data.rejected.empty and "S90" in set(data.tables["t"]["participant"])
    assert data.queries["field"].tolist() == ["date", "sex", "grade"]


# --- loss stops the run -----------------------------------------------------------------------------------------------


def stopped(folder, *given, **more) -> str:
    with pytest.raises(LossError) as error:
        cleaned(folder, *given, **more)
    text = str(error.value)
    assert "why it matters" in text and "what to do" in text
    return text


def test_a_table_without_rows_stops(tmp_path):
    table = {**PEOPLE, "where": "participant == 'nobody'"}
    message = stopped(tmp_path, {"f.csv": "ID\nS1\nS2\n"}, {"t": table})
    assert "tables.t: keeps no row: 2 x not part of the table: participant == 'nobody'" in message
    assert {path.name for path in (tmp_path / "clean").iterdir()} == {
        "changes.csv",
        "queries.csv",
        "rejected.csv",
        "rows.csv",
    }
    data = cleaned(tmp_path / "b", {"f.csv": "ID\nS1\n"}, {"all": PEOPLE, "t": {**table, "may_be_empty": True}})
    assert data.tables["t"].empty


def test_losing_more_than_the_stated_share_stops(tmp_path):
    columns = {"participant": {**ID, "pattern": r"S\d+"}}
    table = {"file": "f", "key": ["participant"], "columns": columns}
    bad = [f"S{i}\n" for i in range(38)] + ["X1\n", "X2\n"]
    assert len(cleaned(tmp_path, {"f.csv": "ID\n" + "".join(bad)}, {"t": table}).rejected) == 2  # 5%, as allowed
    message = stopped(tmp_path / "b", {"f.csv": "ID\n" + "".join(bad) + "X3\n"}, {"t": table})
    assert (
        "f.csv, table t: 3 of 41 rows would be rejected (7%, allowed 5%): 3 x no usable key: participant 'X1' does not have the form"
        in message
    )
    assert "(row 40)" in message and "max_rejected" in message
    more = {"options": {"f": {"max_rejected": 0.1}}}
    assert len(cleaned(tmp_path / "c", {"f.csv": "ID\n" + "".join(bad) + "X3\n"}, {"t": table}, **more).rejected) == 3
    assert (
        len(cleaned(tmp_path / "d", {"f.csv": "ID\nS1\nS2\nX3\n"}, {"t": table}).rejected) == 1
    )  # never for one row alone
    stopped(tmp_path / "e", {"f.csv": "ID\nS1\nS2\nX3\n"}, {"t": table}, options={"f": {"max_rejected": 0}})


def test_exact_duplicates_and_footnotes_are_no_loss(tmp_path):
    text = "ID\n" + "S1\nS1\nS1\nS2\n" + "Note: end\nNote: of file\n"
    data = cleaned(tmp_path, {"f.csv": text}, {"t": PEOPLE}, options={"f": {"footer": "^Note", "max_rejected": 0}})
    assert data.rejected["reason"].tolist() == ["duplicate of row 2", "duplicate of row 2", "footnote", "footnote"]


def test_a_duplicate_that_says_something_else_leaves_queries(tmp_path):
    columns = {"participant": ID, "x": {"source": "X", "type": "number"}, "y": {"source": "Y", "type": "number"}}
    table = {"file": "f", "key": ["participant"], "columns": columns}
    data = cleaned(tmp_path, {"f.csv": "ID,X,Y\nS1,1,low\nS1,2,high\n"}, {"t": table})
    assert data.rejected["reason"].tolist() == ["conflicts with row 2 (same key) in x, y"]
    assert data.queries["message"].tolist() == ["row 3 has the same key but '2'; row 2 was kept", "'low' is not a number", "row 3 has the same key but 'high'; row 2 was kept"]  # fmt: skip


# --- what leaves the clean stage --------------------------------------------------------------------------------------


def test_only_declared_columns_that_are_no_identifiers_leave_the_stage(tmp_path):
    text = (
        "ID,Name,Phone,Age\n"
        + "".join(f"S{i},Ann Lee,0151 2345678,{i}\n" for i in range(40))
        + "?,Bo Ray,0171 7654321,5\n"
    )
    columns = {
        "participant": {**ID, "pattern": r"S\d+"},
        "name": {"source": "Name", "identifier": "name"},
        "age": {"source": "Age", "type": "integer"},
    }
    data = cleaned(tmp_path, {"f.csv": text}, {"t": {"file": "f", "key": ["participant"], "columns": columns}})
    assert json.loads(data.rejected["content"].item()) == {"ID": "?", "Age": "5"}
    for path in (tmp_path / "clean").iterdir():
        found = path.read_bytes()
        assert not any(secret in found for secret in (b"Ann", b"Ray", b"0151", b"0171", b"Phone"))


def test_a_ragged_row_shows_nothing_where_something_is_to_be_held_back(tmp_path):
    people = "".join(f"S{i},1\n" for i in range(30))
    table = {"file": "f", "key": ["participant"], "columns": {"participant": ID}}
    data = cleaned(tmp_path, {"f.csv": "ID,Phone\n" + people + "S99,x,0151 2345678\n"}, {"t": table})
    assert "0151" not in data.rejected["content"].item() and "withheld" in data.rejected["content"].item()
    assert data.queries["message"].tolist() == ["the row has 3 cells, the header has 2; it was rejected"]


# --- corrections ------------------------------------------------------------------------------------------------------


def test_a_correction_of_a_part_of_a_derived_key(tmp_path):
    columns = {
        "participant": {"derive": "site + '-' + number", "type": "id"},
        "site": {"source": "Site", "type": "id"},
        "number": {"source": "No", "type": "id"},
    }
    fixes = "table,key,field,old,new,reason\nt,C-2,site,C,B,misread\n"
    data = cleaned(
        tmp_path,
        {"f.csv": "Site,No\nA,1\nC,2\n"},
        {"t": {"file": "f", "key": ["participant"], "columns": columns}},
        fixes,
    )
    assert data.tables["t"]["participant"].tolist() == ["A-1", "B-2"]


def test_a_correction_that_finds_nothing_stops(tmp_path):
    fixes = "table,key,field,old,new,reason\nt,S9,x,1,2,wrong\nt,S0,x,7,2,wrong\n"
    with pytest.raises(InputError) as error:
        column(tmp_path, {"type": "number"}, "5", corrections=fixes)
    assert "no row has this key" in str(error.value) and "the value there is '5'" in str(error.value)


def test_value_labels_of_the_file_serve_as_codes(tmp_path):
    import pandas as pd
    import pyreadstat

    frame = pd.DataFrame({"ID": ["S1", "S2", "S3"], "SEX": [1.0, 2.0, 1.0]})
    pyreadstat.write_sav(frame, str(tmp_path / "f.sav"), variable_value_labels={"SEX": {1: "Male", 2: "Female"}})
    columns = {"participant": ID, "x": {"source": "SEX", "type": "code", "codes": "from file"}}
    data = cleaned(
        tmp_path / "s",
        {"f.sav": (tmp_path / "f.sav").read_bytes()},
        {"t": {"file": "f", "key": ["participant"], "columns": columns}},
    )
    assert values(data) == ["Male", "Female", "Male"]


def test_an_expression_that_cannot_be_computed_is_explained(tmp_path):
    columns = {"participant": ID, "x": {"derive": "participant - 1", "type": "number"}}
    with pytest.raises(InputError) as error:
        cleaned(tmp_path, {"f.csv": "ID\nS1\n"}, {"t": {"file": "f", "key": ["participant"], "columns": columns}})
    assert "tables.t.columns.x.derive" in str(error.value) and "what to do" in str(error.value)


def test_ids_that_differ_in_spelling_alone_are_asked_about(tmp_path):
    text = "ID\nS1\ns1\nS-2\nS2\n003\n3\n3.0\n4.1\n41\n10\n1\n"
    data = cleaned(tmp_path, {"f.csv": text}, {"t": PEOPLE})
    assert len(data.tables["t"]) == 11 and data.rejected.empty
    assert data.queries["value"].tolist() == ["s1", "S2", "3", "3.0"] and set(data.queries["severity"]) == {"warning"}


def test_only_ids_are_compared_in_their_spelling(tmp_path):
    columns = {"participant": ID, "visit": {"source": "Visit", **READ}, "x": {"source": "X", "type": "integer"}}
    tables = {"t": {"file": "f", "key": ["participant", "visit"], "columns": columns},
              "people": {"file": "f", "where": "x == 1", "key": ["participant"], "columns": {"participant": ID, "x": columns["x"]}}}  # fmt: skip
    data = cleaned(tmp_path, {"f.csv": "ID,Visit,X\nS1,Day 1,1\nS1,day1,2\n"}, tables)
    assert not data.queries["message"].str.contains("spelling").any()
