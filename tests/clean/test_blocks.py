"""A text file says the same whether Arrow takes its blocks apart or the csv module all of its rows."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from trialpress.clean.read import blocks, read, text
from trialpress.errors import InputError
from trialpress.study import File
from trialpress.study.dictionary import Limits


def said(path, **keys):
    """All that is known of a file, or why it is not read."""
    try:
        raw = read(path, File("f", path.name, limits=Limits(cell=12), **keys))
    except InputError as error:
        return [str(problem) for problem in error.problems]
    columns = [(column.codes.tolist(), column.codes.dtype, column.cells) for column in raw.columns]
    return raw.headers, raw.numbers.tolist(), columns, raw.refused, raw.remarks, raw.padded


PIECES = [
    "a",
    "b1",
    ",",
    ",",
    ",",
    "\n",
    "\n",
    "\r\n",
    '"',
    '""',
    '"x,y"',
    '"p\nq,r"',
    " ",
    "ü",
    "Ã¼",
    "\xa0",
    "long " * 3,
    "\r",
]


@settings(deadline=None, max_examples=300)
@given(
    st.lists(st.sampled_from(PIECES), max_size=40), st.integers(1, 40), st.booleans(), st.sampled_from(['"', "", "'"])
)
def test_blocks_and_rows_say_the_same(tmp_path_factory, pieces, size, pad, quote):
    path = tmp_path_factory.mktemp("f") / "f.csv"
    path.write_bytes(("x,y,z\n" + "".join(pieces)).encode())
    keys = {"quote": quote, "short_rows": "pad" if pad else File.short_rows}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "BLOCK", size)
        found = said(path, **keys)
        patch.setattr(text, "_plain", lambda *_: False)
        assert found == said(path, **keys)


@pytest.mark.parametrize("size", [8, 1000])
def test_rows_of_every_kind_in_their_order(tmp_path, monkeypatch, size):
    monkeypatch.setattr(blocks, "BLOCK", size)
    path = tmp_path / "f.csv"
    path.write_text('x,y,z\n1,2,3\n\n"4,a","b\n\nc",5\n6,7\n8,9,10,\n1,"2",3\n1,2,3,4\n11,,12', encoding="utf-8")
    raw = read(path, File("f", "f.csv"))
    assert raw.numbers.tolist() == [2, 4, 8, 9, 11]
    assert [raw.texts(at) for at in range(3)] == [
        ["1", "4,a", "8", "1", "11"], ["2", "b\n\nc", "9", "2", ""], ["3", "5", "10", "3", "12"],
    ]  # fmt: skip
    assert [(row.row, row.cells) for row in raw.refused] == [(7, ("6", "7")), (10, ("1", "2", "3", "4"))]
    assert all(in_order(column.codes) == [*range(len(column.cells))] for column in raw.columns)


def in_order(codes):
    """The different codes in the order of their rows."""
    return list(dict.fromkeys(codes.tolist()))
