"""For random dictionaries and random dirt: replay holds, rows add up, and what is not kept is somewhere."""

import csv
import io
import json
import tempfile
from pathlib import Path

import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from trialpress.clean import clean, replay, write
from trialpress.study import load_study
from trialpress.text import plain, text_of

from .small import READ, folder_of

DIRT = [
    "", " ", "-", "NA", "na", "0", "1", "2", "-3", "007", "1.5", "1,5", "1,250", "1.234,5", "<0.5", "5 mg/L", "5 mg/dL", "5 MG/L", "1e3",
    "1e400", "x", "yes", "Yes ", "no", "YES", "男", "5.2 ×10⁹/L", "2015-06-05", "05.06.2015", "03/04/2015", "2013-05", "12NOV2020", "42449",
    "2015-06-15T10:00:00Z", "10:30", "1 d 2 h", "ＡＢ", "a\nb", 'say "hi"', "a,b", "\u200bz",
]  # fmt: skip
SPECS = [
    READ,
    {**READ, "rewrite": {"^x$": "y"}, "missing": ["x"]},
    {"type": "number"},
    {"type": "number", "unit": "mg/L", "units": {"mg/dL": 10}, "possible": [-1, 100], "limit": "beyond"},
    {"type": "number", "decimal": ",", "grouping": "."},
    {"type": "number", "unit": "10^9/L", "plausible": [0, 3]},
    {"type": "integer", "required": True},
    {"type": "date", "possible": ["2014-01-01", "2018-01-01"]},
    {"type": "date", "date_order": "dmy", "partial": {"impute": "middle"}},
    {"type": "datetime"},
    {"type": "time"},
    {"type": "duration", "unit": "h"},
    {"type": "code", "codes": {"yes": ["1"], "no": ["0", "x"]}},
    {"type": "id", "pattern": "[A-Za-z0-9]+"},
]


@st.composite
def studies(draw):
    """(columns, key, rows, options of the table and the file)."""
    specs = draw(st.lists(st.sampled_from(SPECS), min_size=1, max_size=4))
    columns = {"participant": {"source": "ID", "type": "id"}}
    columns |= {f"c{i}": {"source": f"C{i}", **spec} for i, spec in enumerate(specs)}
    for name, spec in columns.items():  # what a column adds has a name of its own
        if "limit" in spec:
            columns[name] = {**spec, "limit": f"{name}_limit"}
    key = ["participant", *draw(st.sampled_from([[], ["c0"], ["c0?"]]))]
    cell = st.sampled_from(DIRT) | st.text(
        st.characters(codec="utf-8", exclude_characters="\0\ufffd\r", exclude_categories=("Cs",)), max_size=5
    )
    who = st.sampled_from(["S1", "S2", "S3", "s1 ", "", "S/4"])
    rows = draw(st.lists(st.tuples(who, *[cell] * len(specs)), min_size=1, max_size=8))
    table = {"file": "f", "key": key, "columns": columns, "may_be_empty": True}
    if draw(st.booleans()):
        table["where"] = "participant != 'S2'"
    if draw(st.booleans()):
        action = draw(st.sampled_from(["keep", "clear", "reject"]))
        table["checks"] = [
            {"id": "one", "assert": "participant == 'S1'", "field": "c0", "message": "not S1", "action": action}
        ]
    return table, rows


@given(studies())
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_nothing_is_lost_and_nothing_changes_in_silence(study):
    table, rows = study
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([["ID", *(f"C{i}" for i in range(len(rows[0]) - 1))], *rows])
    people = {"file": "p", "key": ["participant"], "columns": {"participant": {"source": "ID", "type": "id"}}}
    with tempfile.TemporaryDirectory() as name:
        files = {"f.csv": text.getvalue(), "p.csv": "ID\nS1\n"}
        if not any(any(cell.strip() for cell in row) for row in rows):
            return  # a file without rows stops, and is tested elsewhere
        folder = folder_of(
            Path(name), files, {"p": people, "t": table}, missing=["-", "NA"], options={"f": {"max_rejected": 1}}
        )
        loaded = load_study(folder / "study.yaml")
        data = clean(loaded, folder / "data" / "raw", folder / "none.csv")
        write(data, folder / "clean")
        again = pd.read_csv(folder / "clean" / "changes.csv", dtype=str, keep_default_na=False)
    assert len(again) == len(data.changes)
    check(loaded, data, rows)


def check(study, data, rows) -> None:
    kept, columns = data.tables["t"], study.tables["t"].columns
    account = data.rows[data.rows["table"] == "t"].iloc[0]
    filled = [row for row in rows if any(cell.strip() for cell in row)]
    cells = data.cells[data.cells["table"] == "t"]
    rejected = data.rejected[data.rejected["table"] == "t"]
    # rows add up, each once
    assert account["rows_in"] == len(filled) == account["rows_kept"] + account["rows_rejected"]
    assert len(rejected) == account["rows_rejected"] == rejected["row"].nunique() and len(kept) == account["rows_kept"]
    assert not set(cells["row"]) & set(rejected["row"]) and (rejected["reason"] != "").all()
    assert cells["row"].nunique() + len(rejected) == len(filled)
    for content in rejected["content"]:
        assert set(json.loads(content)) <= {"ID", *(f"C{i}" for i in range(len(rows[0]) - 1))}
    # replay
    replayed = replay(study, data.cells, data.changes, "t")
    names = [name for name in kept if name in replayed]
    assert kept[[name for name in kept if name not in names]].isna().all(axis=None)
    order = cells[cells["field"] == "participant"].drop_duplicates("key").set_index("key")["row"]
    ours = pd.DataFrame(
        {
            name: [text_of(_python(value, columns[name].type), columns[name].type) for value in kept[name]]
            for name in names
        }
    )
    theirs = pd.DataFrame(
        {
            name: [text_of(_python(value, columns[name].type), columns[name].type) for value in replayed[name]]
            for name in names
        }
    )
    assert sorted(map(tuple, ours.to_numpy().tolist())) == sorted(map(tuple, theirs.to_numpy().tolist()))
    assert len(order) == len(kept)
    # a value that is not what its cell says stands in the log; one that was cleared has a query
    changes = data.changes[data.changes["table"] == "t"]
    logged = {(change.field, change.source_row): change for change in changes.itertuples()}
    asked = {(query.field, query.row) for query in data.queries.itertuples()}
    for cell in cells.itertuples():
        change = logged.get((cell.field, cell.row))
        if change is None:
            assert cell.raw == "" or plain(cell.raw, columns[cell.field].type) is not None
            continue
        assert change.rule and change.raw_value == cell.raw and change.kind in ("value", "unit", "code", "spelling")
        if (
            change.clean_value == ""
            and "missing code" not in change.rule
            and "blank" not in change.rule
            and cell.raw.strip()
        ):
            assert (cell.field, cell.row) in asked or not plain_enough(cell.raw), change


def plain_enough(raw: str) -> bool:
    """Whether anything is left of a text without spaces and invisible characters."""
    from trialpress.text import normalise

    return bool(normalise(raw))


def _python(value, kind: str):
    if pd.isna(value):
        return None
    return value.date() if kind == "date" else value.to_pydatetime() if kind == "datetime" else value
