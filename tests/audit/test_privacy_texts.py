"""What repeats itself is searched once: JSON by its different texts, logs by blocks, a PDF's letters together."""

import io
import json

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pypdf
import pytest
import typst
from trialpress import files
from trialpress.audit.privacy import Sought, content, search, texts

NUMBER, NAME, BORN = "14323792", "Okafor, Chidi", "1989-02-07"
LOG = "table,key,field,raw_value,clean_value,rule,source_file,source_row,source_column,kind\n"


@pytest.fixture
def known():
    found = Sought()
    found.add(NUMBER, "number")
    found.add(NAME, "name")
    found.add(BORN, "birth", is_date=True)
    return found


def kinds(known, data: bytes) -> set[str]:
    return {kind.removeprefix("a part of a ") for text in texts(data) for kind in known.hits(text).values()}


def part(value) -> bytes:
    return f'part("x-0001",{json.dumps(value)});\n'.encode()


def within(value) -> bytes:
    """As what is kept of the page lies in the store."""
    return json.dumps({"held": {"changes": json.dumps(value)}}).encode()


@pytest.mark.parametrize(
    "value",
    [{"mrn": 14323792}, {"a": [1, "b", 14323792]}, {"a": [14323792]}, {NUMBER: {"cells": []}}, [NUMBER], ["x"] * 9 + [NUMBER],
     {"cells": [[14323792, "k", 3, "raw", "clean", 0]]}, {"cells": [[1, NUMBER, 3, "raw", "clean", 0]]},
     {"cells": [[1, "k", 3, NUMBER, "clean", 0]]}, {"cells": [[1, "k", 3, "raw", NUMBER, 0]]}, {"cells": [[1, "k", 14323792, None, "x", 0]]},
     {"rows": {"labs": {"0": [[NUMBER, 2, 3]]}}}, {"raw": {"values": [NUMBER]}}, {"row": {"values": ["no. 14323792"]}}, {"first": NUMBER}],
)  # fmt: skip
@pytest.mark.parametrize("written", [part, within, lambda value: json.dumps(value).encode()])
def test_a_value_is_found_wherever_it_stands_in_json(known, value, written):
    assert kinds(known, written(value)) == {"number"}


@pytest.mark.parametrize(
    "value",
    [{"codes": [1, 432379]}, {"cells": [[1, "k", 14323792, "raw", "clean", 0]]}, {"rows": 14323792}, {"first": 14323792},
     {"row": {"values": [NUMBER]}}, {"rows": {"labs": {"0": [["labs.csv", 14323792, 14323799]]}}}, {"bytes": 14323792}],
)  # fmt: skip
@pytest.mark.parametrize("written", [part, within])
def test_what_counts_rows_and_cells_is_no_hospital_number(known, value, written):
    assert kinds(known, written(value)) == set()


def test_of_two_values_of_one_name_both_are_read(known):
    assert kinds(known, b'{"a": "Chidi Okafor", "a": "x"}') == {"name"}


def test_the_data_of_a_page_are_read_as_json_and_its_text_as_text(known):
    page = '<p>{}</p><script type="application/json" id="data">{}</script>'
    assert kinds(known, page.format("x", '{"a":["Chidi\\u0020Okafor"]}').encode()) == {"name"}
    assert kinds(known, page.format(NUMBER, '{"a":14323792').encode()) == {"number"}


@pytest.mark.parametrize("text", ["1989-02-07/2016-08-22", "LD-1/1989-02-07/ANC", "2016-08-22/1989-02-07", "7th of February 1989", '"7/2/1989"', "2/7/1989"])  # fmt: skip
def test_a_date_beside_another(known, text):
    assert kinds(known, text.encode()) == {"birth"}


def test_a_log_is_read_a_block_after_the_other(known, tmp_path, monkeypatch):
    monkeypatch.setattr(files, "BLOCK", 400)
    rows = [f"labs,k{n},f,raw,clean,rule,file,14323792,column,code\n" for n in range(50)]
    search._search_for(known)
    for last, found in (("Okafor", {"name"}), ("x", set())):
        (tmp_path / "changes.csv").write_text(
            LOG + "".join(rows) + f"labs,{last} Chidi,f,r,c,rule,file,5,column,code\n"
        )
        assert len([*files.read_blocks(tmp_path / "changes.csv")]) > 5
        assert {*search._content(tmp_path / "changes.csv", False, b"")[0].values()} >= found


def test_a_log_without_rows_is_one_block(tmp_path):
    (tmp_path / "changes.csv").write_text(LOG)
    assert [len(block) for block in files.read_blocks(tmp_path / "changes.csv")] == [0]


def test_a_row_that_is_longer_than_a_block_is_read_in_larger_ones(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "BLOCK", 400)
    rows = [("a", f"{n}") for n in range(90)]
    rows[50:50] = [("x" * 3000, "50"), ("y" * 30_000, "51")]
    (tmp_path / "long.csv").write_text("one,two\n" + "".join(f"{a},{b}\n" for a, b in rows))
    blocks = [*files.read_blocks(tmp_path / "long.csv")]
    assert [tuple(row.values()) for block in blocks for row in block.to_pylist()] == rows and len(blocks) > 2
    assert files.read_categories(tmp_path / "long.csv", ["two"])["two"].tolist() == [b for _, b in rows]
    monkeypatch.setattr(files, "LONGEST", 4000)
    with pytest.raises(pa.ArrowInvalid, match="block size"):
        [*files.read_blocks(tmp_path / "long.csv")]


@pytest.mark.parametrize("column", [["k"] * 3000 + [NUMBER], [f"key {n}" for n in range(3000)] + [NUMBER], pd.Categorical(["k"], ["k", NUMBER])])  # fmt: skip
def test_texts_of_parquet_that_come_again_and_others(known, column):
    written = io.BytesIO()
    pd.DataFrame({"a": column}).to_parquet(written, row_group_size=1000)
    assert kinds(known, written.getvalue()) == {"number"}


@pytest.mark.parametrize("name", ["row", "first", "last"])
def test_rows_of_a_part_are_counted_and_other_numbers_looked_at(known, name):
    counted, looked_at = f'{{"{name}":[1,{NUMBER}]}}', f'{{"other":[1,{NUMBER}]}}'
    assert (kinds(known, counted.encode()), kinds(known, looked_at.encode())) == (set(), {"number"})


def test_a_column_of_which_not_all_is_held(known, monkeypatch):
    monkeypatch.setattr(content, "HELD", 3)
    written = io.BytesIO()
    pq.write_table(pa.table({"a": [f"k{n}" for n in range(10)] + [NUMBER]}), written, row_group_size=2)
    assert kinds(known, written.getvalue()) == {"number"}


def test_letters_of_a_pdf_are_read_together_as_pypdf_reads_them_one_by_one(known):
    said = (
        "#set par(justify: true)\n#set text(size: 9pt)\n"
        + "AV To We, (a) \\\\ fi Tä 5.5 " * 60
        + "Chidi Okafor #table(columns: 2)[a][b]"
    )
    data = typst.compile(said.encode(), timestamp=0)
    plain = [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(data)).pages]
    assert [text for text in texts(data) if "AV To" in text] == plain and kinds(known, data) == {"name"}
