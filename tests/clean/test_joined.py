"""Tables of several files, references, partial dates with bounds, and questions that point to the right cell."""

from __future__ import annotations

import pytest

from .small import cleaned, column, values

ID = {"source": "ID", "type": "id"}
PEOPLE = {"file": "p", "key": ["participant"], "columns": {"participant": ID}}


def joined(folder, **more):
    table = {
        "file": "a", "key": ["participant"],
        "columns": {"participant": ID, "x": {"source": "X", "type": "number"}, "both": {"source": "Both", "type": "integer"}, "sum": {"derive": "x + y", "type": "number"}},
        "join": [
            {"file": "b", "columns": {"participant": ID, "y": {"source": "Y", "type": "number", "limit": "y_sign"}, "both": {"source": "Both", "type": "integer"}}},
            {"file": "c", "columns": {"participant": ID, "z": {"source": "Z", "type": "date", "partial": {"impute": "first"}}}},
        ],
        "checks": [{"id": "low", "assert": "y < 50", "field": "y", "message": "a high Y"}, {"id": "zero", "assert": "sum > 0", "field": "sum", "message": "no sum"}],
        **more,
    }  # fmt: skip
    files = {
        "a.csv": "ID,X,Both\nS1,1,\nS2,2,5\nS3, 3,6\n",
        "b.csv": "ID,Y,Both\nS4,<7,9\nS3,60,7\nS1,10,8\n",
        "c.csv": "ID,Z\nS3,2015-05\nS5,2015\n",
    }
    return cleaned(folder, files, {"t": table})


def test_the_first_file_that_says_something_counts(tmp_path):
    data = joined(tmp_path)
    found = data.tables["t"]
    assert found["participant"].tolist() == ["S1", "S2", "S3", "S4", "S5"]
    assert (
        values(data, "x") == [1, 2, 3, None, None]
        and values(data, "y") == [10, None, 60, 7, None]
        and values(data, "both") == [8, 5, 6, 9, None]
    )
    assert values(data, "y_sign") == [None, None, None, "<", None] and values(data, "sum") == [11, None, 63, None, None]
    assert values(data, "z") == [None, None, "2015-05-01", None, "2015-01-01"] and values(data, "z_imputed") == [
        None,
        None,
        "D",
        None,
        "M",
    ]
    assert values(data, "z_given") == [None, None, "2015-05", None, "2015"]
    # a value that is not known breaks no check; a question points to the file that holds the cell
    asked = data.queries[data.queries["message"] == "a high Y"]
    assert asked[["key", "file", "row", "column", "value"]].to_numpy().tolist() == [["S3", "b.csv", 3, "Y", "60"]]
    rest = data.queries[data.queries["message"] != "a high Y"][["key", "file", "row", "message"]].to_numpy().tolist()
    unknown = "and not in a.csv: is it a participant of this study, and written as there?"
    assert rest == [
        ["S3", "a.csv", 4, "row 3 of b.csv says 7; 6 was taken"],
        ["S4", "b.csv", 2, f"is in b.csv {unknown}"],
        ["S5", "c.csv", 3, f"is in c.csv {unknown}"],
    ]
    assert data.rows[["file", "rows_in", "rows_kept", "rows_rejected"]].to_numpy().tolist() == [
        ["a.csv", 3, 3, 0],
        ["b.csv", 3, 3, 0],
        ["c.csv", 2, 2, 0],
    ]
    assert data.changes[data.changes["field"] == "x"][["key", "source_file", "source_row"]].to_numpy().tolist() == [
        ["S3", "a.csv", 4]
    ]


def test_a_question_on_a_derived_value_names_a_row_of_its_participant(tmp_path):
    """Who is in the second file alone is asked about there."""
    columns = {
        "participant": ID,
        "x": {"source": "X", "type": "number"},
        "total": {"derive": "coalesce(x, 0) + coalesce(y, 0)", "type": "number"},
    }
    table = {"file": "a", "key": ["participant"], "columns": columns,
             "join": [{"file": "b", "columns": {"participant": ID, "y": {"source": "Y", "type": "number"}}}],
             "checks": [{"id": "much", "assert": "total < 50", "field": "total", "message": "much"}]}  # fmt: skip
    data = cleaned(tmp_path, {"a.csv": "ID,X\nS1,1\nS2,60\n", "b.csv": "ID,Y\nS3,70\nS1,2\n"}, {"t": table})
    asked = data.queries[data.queries["field"] == "total"][["key", "file", "row", "value"]].to_numpy().tolist()
    assert asked == [["S2", "a.csv", 3, "60"], ["S3", "b.csv", 2, "70"]]


def test_what_the_parts_of_a_table_say_of_each_other(tmp_path):
    """Ids that are written otherwise in another file, who is in one of them alone, what two of them say."""
    code = {"type": "code", "codes": {"F": [], "M": []}, "required": True, "source": "Sex"}
    table = {"file": "a", "key": ["participant"], "columns": {"participant": ID, "sex": code},
             "join": [{"file": "b", "columns": {"participant": ID, "sex": code, "risk": {"source": "Risk", "type": "number", "limit": "sign", "required": True}}}]}  # fmt: skip
    files = {
        "a.csv": "ID,Sex\n001,F\nS2,F\nS3,M\nS4,F\nS5,\n",
        "b.csv": "ID,Sex,Risk\n1,F,1\nS2,M,2\nS3,M,<3\nS5,F,5\nS6,,6\n",
    }
    data = cleaned(tmp_path, files, {"t": table})
    asked = data.queries[["severity", "key", "field", "file", "row", "message"]].to_numpy().tolist()
    new = "is in b.csv and not in a.csv: is it a participant of this study, and written as there?"
    assert sorted(asked) == sorted([
        ["error", "001", "risk", "a.csv", 2, "risk is missing: no row in b.csv"],
        ["error", "1", "participant", "b.csv", 2, new],
        ["warning", "1", "participant", "b.csv", 2, "'1' differs from '001' in its spelling alone: is it the same?"],
        ["error", "S2", "sex", "a.csv", 3, "row 3 of b.csv says M; F was taken"],
        ["error", "S4", "risk", "a.csv", 5, "risk is missing: no row in b.csv"],
        ["error", "S5", "sex", "a.csv", 6, "sex is missing"],
        ["error", "S6", "participant", "b.csv", 6, new],
        ["error", "S6", "sex", "b.csv", 6, "sex is missing"],
    ])  # fmt: skip
    assert values(data, "sex") == ["F", "F", "F", "M", "F", "F", None]


def test_derived_values_that_their_column_cannot_hold_are_asked_about(tmp_path):
    columns = {"participant": ID, "a": {"source": "A", "type": "integer"}, "half": {"derive": "a / 2", "type": "integer"},
               "many": {"derive": "a * 1e18", "type": "integer"}, "code": {"derive": "text(a)", "type": "code", "codes": {"4": []}}}  # fmt: skip
    table = {"file": "a", "key": ["participant"], "columns": columns}
    data = cleaned(tmp_path, {"a.csv": "ID,A\nS1,4\nS2,5\nS3,\nS4,-20\n"}, {"t": table})
    assert values(data, "half", "t") == [2, None, None, -10] and values(data, "code", "t") == ["4", None, None, None]
    assert values(data, "many", "t") == [4 * 10**18, 5 * 10**18, None, None]
    assert data.queries[["key", "field", "message"]].to_numpy().tolist() == [
        ["S2", "half", "is missing: 'a / 2' is not a whole number"], ["S2", "code", "is missing: 'text(a)' is not among the codes"],
        ["S4", "many", "is missing: 'a * 1e18' is too large a whole number"], ["S4", "code", "is missing: 'text(a)' is not among the codes"],
    ]  # fmt: skip


def test_a_date_that_is_derived_from_a_moment_has_no_time_of_day(tmp_path):
    columns = {"participant": ID, "t": {"source": "T", "type": "datetime"}, "day": {"derive": "t", "type": "date"},
               "same": {"derive": "t", "type": "datetime"}}  # fmt: skip
    table = {"file": "a", "key": ["participant"], "columns": columns}
    data = cleaned(tmp_path, {"a.csv": "ID,T\nS1,2015-03-01T10:05:00\nS2,\n"}, {"t": table})
    assert values(data, "day") == ["2015-03-01", None] and values(data, "same") == ["2015-03-01T10:05:00", None]


def test_a_check_that_clears(tmp_path):
    clear = [{"id": "low", "assert": "y < 50", "field": "y", "message": "a high Y", "action": "clear"}]
    data = joined(tmp_path / "b", checks=clear)
    assert values(data, "y") == [10, None, None, 7, None] and values(data, "x") == [1, 2, 3, None, None]
    changed = data.changes[data.changes["field"] == "y"].set_index("key")
    assert changed.loc["S3", ["clean_value", "rule", "kind"]].tolist() == ["", "check low: cleared", "value"] and set(
        changed.index
    ) == {"S3", "S4"}
    high = [{"id": "high", "assert": "y > 50", "field": "y", "message": "a low Y", "action": "clear"}]
    data = joined(tmp_path / "c", checks=high)
    assert values(data, "y") == [None, None, 60, None, None] and values(data, "y_sign") == [None] * 5


def test_references_of_one_column_and_of_several(tmp_path):
    alone = {
        "file": "v",
        "key": ["participant"],
        "references": {"participant": "people.participant"},
        "columns": {"participant": ID},
    }
    data = cleaned(tmp_path, {"p.csv": "ID\nS1\nS2\n", "v.csv": "ID\nS1\nS9\n"}, {"people": PEOPLE, "v": alone})
    assert data.tables["v"]["participant"].tolist() == ["S1"] and data.rejected["reason"].tolist() == [
        "orphan: participant 'S9' is not in people.participant"
    ]
    sites = {
        "file": "p",
        "key": ["participant"],
        "columns": {"participant": ID, "site": {"source": "Site"}, "no": {"source": "No"}},
    }
    pairs = {"file": "v", "key": ["row"], "references": {"site, no": "people.site, no"},
             "columns": {"row": {"source": "Row", "type": "integer"}, "site": {"source": "Site"}, "no": {"source": "No"}}}  # fmt: skip
    files = {
        "p.csv": "ID,Site,No\nS1,A,1\nS2,B,2\n",
        "v.csv": "Row,Site,No\n1,A,1\n2,A,\n3,,\n4,B,2\n5,B,1\n" + "".join(f"{i},A,1\n" for i in range(6, 30)),
    }
    data = cleaned(tmp_path / "b", files, {"people": sites, "v": pairs})
    # what is not said refers to nothing
    assert data.rejected[["row", "reason"]].to_numpy().tolist() == [
        [6, "orphan: site, no 'B, 1' is not in people.site, no"]
    ]


@pytest.mark.parametrize(
    "rule, text, value, flag",
    [
        ({"impute": "last", "not_after": ["date('2013-05-01')"]}, "2013-05", "2013-05-01", "D"), ({"impute": "first", "not_before": ["date('2013-05-31')"]}, "2013-05", "2013-05-31", "D"),
        ({"impute": "last", "not_after": ["date('2013-04-30')"]}, "2013-05", "2013-05-31", "D"), ({"impute": "last"}, "2013-02", "2013-02-28", "D"), ({"impute": "first"}, "2013-02", "2013-02-01", "D"), ({"impute": "first", "not_before": ["date('2013-06-01')"]}, "2013-05", "2013-05-01", "D"),
        ({"impute": "middle", "not_before": ["date('2013-05-20')"]}, "2013-05", "2013-05-20", "D"), ({"impute": "middle", "not_before": ["date('2013-05-10')"]}, "2013-05", "2013-05-15", "D"),
        ({"impute": "first", "not_before": ["date('2013-02-01')", "date('2013-03-01')"]}, "2013", "2013-03-01", "M"), ({"impute": "middle"}, "2013", "2013-06-30", "M"),
        ({"impute": "first", "not_before": ["date('2013-03-01')"], "not_after": ["date('2013-02-01')"]}, "2013", "2013-02-01", "M"),
    ],
)  # fmt: skip
def test_bounds_of_a_partial_date(tmp_path, rule, text, value, flag):
    for kind in ("date", "datetime"):
        data = column(tmp_path / kind, {"type": kind, "partial": rule}, text)
        assert values(data) == [value] and values(data, "x_imputed") == [flag]
        assert str(data.tables["t"]["x"].dtype) == "datetime64[s]"


def test_a_question_on_a_unit_points_to_the_cell_of_the_unit(tmp_path):
    columns = {
        "participant": ID,
        "x": {"source": "X", "type": "number", "unit": "mg/L", "units": {"mg/dL": 10}, "unit_from": "Unit"},
    }
    table = {"file": "f", "key": ["participant"], "columns": columns}
    text = "ID,X,Unit\nS1,5,MG/L\nS2,5 MG/L,\nS3,5,\nS4,5 mg/dL,mg/L\nS5,5,furlong\n"
    data = cleaned(tmp_path, {"f.csv": text}, {"t": table})
    assert data.queries[["row", "column", "value", "message"]].to_numpy().tolist() == [
        [2, "Unit", "MG/L", "the unit 'MG/L' has no conversion (did you mean 'mg/L'? the case of letters counts)"],
        [3, "X", "5 MG/L", "the unit 'MG/L' has no conversion (did you mean 'mg/L'? the case of letters counts)"],
        [4, "Unit", "", "5 has no unit"],
        [6, "Unit", "furlong", "the unit 'furlong' has no conversion (known here: mg/L, mg/dL)"],
    ]
    assert values(data) == [None, None, None, 50, None]
