"""The first pass of the privacy gate over many texts: it may leave too many for the search, and must lose none that holds something."""

import random

import pyarrow as pa
import pytest
from trialpress.audit.privacy import Sought, quick

PEOPLE = [
    ("14323792", "number"), ("00512-88", "number"), ("7712", "number"), ("1404488000017", "number"), ("+41 44 555 01 99", "telephone"),
    ("LD-2291", "number"), ("A/77123", "number"), ("Okafor, Chidi", "name"), ("Min-su Park", "name"), ("Li Wei", "name"),
    ("O'Brien, Anna Maria", "name"), ("Müller, Jürgen", "name"), ("张伟", "name"), ("1989-02-07", "birth"), ("2003-11-30", "birth"),
]  # fmt: skip
PIECES = [
    "14323792", "1432", "3792", "00512", "512", "88", "1404488", "000017", "0", "00", "17", "7712", "771", "2", "44", "41", "555", "01",
    "99", "ld", "LD", "2291", "A", "77123", "Okafor", "okaforchidi", "Chidi", "C", "min", "su", "minsu", "Park", "Li", "Wei", "O'Brien",
    "obrien", "Anna", "Maria", "Mueller", "Jürgen", "张伟", "1989", "89", "02", "7", "07", "Feb", "february", "feb89", "07021989", "19890207",
    "2003", "03", "11", "30", "Nov", "2016", "08", "22", "sha256", "x", "12.5", "7712.0", "32546", "32546.0", "d" * 33, "%2D", "<b>",
]  # fmt: skip
SIGNS = [
    "",
    "",
    " ",
    "-",
    "/",
    ".",
    ", ",
    "- ",
    "/ ",
    ":",
    "_",
    "+",
    "(",
    ")",
    " - ",
    "\u2013",
    "\n",
    '"',
    "th ",
    " of ",
]


def known() -> Sought:
    found = Sought()
    for value, kind in PEOPLE:
        found.add(value, kind, is_date=kind == "birth")
    return found


def written(seed: int, n: int) -> list[str]:
    some = random.Random(seed)
    return [
        "".join(some.choice(PIECES) + some.choice(SIGNS) for _ in range(some.randint(1, 6))) for _ in range(n)
    ]  # fmt: skip


@pytest.mark.parametrize("seed", range(3))
def test_no_text_is_lost_that_holds_something(seed):
    looked_for, texts = known(), written(seed, 6000)
    left = {*quick.left(looked_for, pa.array(texts))}
    lost = [text for text in texts if text not in left and looked_for.hits(text)]
    assert lost == []


def test_plain_texts_that_hold_nothing_are_not_left():
    texts = [f"LD-{n:08d}/2016-08-{n % 28 + 1:02d}/ANC" for n in range(3000, 4000)]
    assert quick.left(known(), pa.array(texts)) == []


def test_parts_of_a_long_array_are_read_where_they_begin(monkeypatch):
    monkeypatch.setattr(quick, "MANY", 300)
    texts = [f"LD-{n:08d}/x" for n in range(3000, 4000)]
    texts[3] = texts[701] = texts[702] = "no. 14323792"
    assert quick.left(known(), pa.array(["", *texts]).slice(1)) == [texts[3], quick.GAP, texts[701], texts[702]]


def test_texts_that_were_not_side_by_side_are_no_name():
    looked_for = Sought()
    looked_for.add("Li Wei", "name")
    texts = ["Li", *(f"{n}" for n in range(500)), "Wei"]
    assert looked_for.hits("\n".join(quick.left(looked_for, pa.array(texts)))) == {}
    assert looked_for.hits("\n".join(quick.left(looked_for, pa.array(["Li", "Wei", *texts])))) != {}


def test_few_texts_and_none():
    assert quick.left(known(), pa.array([], pa.string())) == []
    assert quick.left(known(), pa.array(["x", None])) == ["x"]
    assert quick.left(Sought(), pa.array([""] * 500)) == []
