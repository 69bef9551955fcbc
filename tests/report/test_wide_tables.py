"""Tables that are wider than a page of the PDF: every word stands apart from every other, on the page, and none is lost."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import docx
import pytest
import typst
import validators
from trialpress.report import embedded, engine

from .conftest import DATE, FIXTURE

LONG = [
    "Neutrophil count decreased",
    "Characteristic",
    "Attributed",
    "n",
    "Any grade",
    "95% CI",
    "Hypertriglyceridaemia",
    "Grade ≥3",
]


def pipe(name: str, heads: list[str], rows: list[list[str]]) -> str:
    lines = [f"| {' | '.join(row)} |" for row in (heads, *rows)]
    rule = f"|:--|{'--:|' * (len(heads) - 1)}"
    return "\n".join([lines[0], rule, *lines[1:], "", f": Caption of {name}. {{#tbl-{name}}}", ""])


def cells(n: int, text: str) -> list[list[str]]:
    return [[f"Patient {row}", *(text.format(row, i) for i in range(1, n))] for row in range(1, 13)]


TABLES = {
    "short": pipe("short", ["Patient", *(f"{LONG[i % len(LONG)]} {i}" for i in range(1, 30))], cells(30, "{1}")),
    "shares": pipe("shares", ["Patient", *(f"{LONG[i % len(LONG)]} {i}" for i in range(1, 30))], cells(30, "{0}{1} (100.0)†")),
    "spanned": pipe(
        "spanned",
        ["System organ class, term", *(f"[{arm} (n = 42)]{{.spanner}} {LONG[i]}" for arm in ("R/R", "MRD-positive", "Overall") for i in (4, 7, 2, 3))],
        [["Musculoskeletal and connective tissue disorders", *(["42 (100)†", "30 (71.4)†", "127†", "157†"] * 3)] for _ in range(9)],
    ),
    "words": pipe("words", ["Name", "What it says", *(f"Item {i}" for i in range(12))], cells(14, "a sentence of {0} words in {1}")),
}  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> dict[str, Path]:
    source = shutil.copytree(FIXTURE, tmp_path_factory.mktemp("wide") / "s")
    text = (
        "---\ntitle: Wide\nabstract: Wide tables.\n---\n\n# Tables\n\n"
        + "\n\n".join(TABLES.values())
        + MERGED
        + "\nSee @tbl-merged.\n"
    )
    (source / "manuscript.qmd").write_text(text, encoding="utf-8")
    return engine.render(source, source.parent / "out", ("html", "pdf", "docx", "jats"), engine="embedded", date=DATE)


MERGED = """
+--------------+------------------------+
| Arm          | Response               |
|              +------------+-----------+
|              | CR         | CRi       |
+==============+============+===========+
| Low dose     | 20         | 5         |
|              +------------+-----------+
|              | of them two with HCT   |
+--------------+------------+-----------+
| High dose    | 11         | 0         |
+--------------+------------+-----------+

: Merged cells. {#tbl-merged}
"""


def test_no_word_of_a_wide_table_touches_another_or_leaves_the_page(made):
    for at, words in enumerate(validators.boxes(made["pdf"]), 1):
        assert validators.overlaps(words) == [], f"page {at}"
        assert [
            word for left, top, right, low, word in words if left < 64 or right > 536 or top < 20 or low > 830
        ] == []


def test_words_that_overlap_are_found():
    beside = [(0.0, 0.0, 10.0, 8.0, "one"), (10.0, 0.0, 22.0, 8.0, "two"), (0.0, 8.0, 10.0, 16.0, "below")]
    assert validators.overlaps(beside) == []
    assert validators.overlaps([*beside, (20.0, 0.0, 30.0, 8.0, "over")]) == ["two / over"]


def test_every_cell_of_a_wide_table_is_in_the_pdf(made):
    words = [word for page in validators.boxes(made["pdf"]) for *_, word in page]
    for row in range(1, 13):
        for column in range(1, 30):
            assert f"{row}{column}" in words
    assert sum(word == "Attributed" for word in words) >= 3


def test_merged_cells_are_valid_in_every_edition(made, tmp_path):
    assert validators.jats(made["jats"]) == []
    assert validators.pdf(made["pdf"]) == []
    assert validators.html(made["html"]) == []
    assert validators.accessibility(made["html"]) == []
    assert validators.word(made["docx"], tmp_path) == []


def test_a_printed_page_cuts_no_column_off(made, tmp_path):
    validators.needed(validators.CHROMIUM)
    sync_api = pytest.importorskip("playwright.sync_api", reason="there is no Playwright")
    with sync_api.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=str(validators.CHROMIUM), args=validators.FLAGS)
        tab = browser.new_page()
        tab.goto(made["html"].as_uri())
        tab.pdf(path=str(tmp_path / "print.pdf"), format="A4", margin=dict.fromkeys(("left", "right"), "15mm"))
        browser.close()
    words = [word for page in validators.boxes(tmp_path / "print.pdf") for word in page]
    assert sum(word[4] == "157†" for word in words) == 27 and max(word[2] for word in words) < 560


def test_a_table_that_is_too_high_to_float_is_not_measured_for_it(tmp_path, monkeypatch):
    """What the filter knows by its rows the template would find by setting the table: the same page."""
    source, written, out = shutil.copytree(FIXTURE, tmp_path / "s"), [], tmp_path / "asked.pdf"
    high, low = (
        pipe(name, ["Day", "n"], [[f"{day}", "1"] for day in range(n)]) for name, n in (("high", 43), ("low", 41))
    )
    (source / "manuscript.qmd").write_text(f"---\ntitle: T\n---\n\n{high}\n\n{low}\n\nText.\n", encoding="utf-8")
    typeset = embedded.typst.compile

    def compile(text: bytes, **how):
        written.append(text.decode())
        typeset(text, **how)
        asked = text.replace(b"#staying(0)[", b'#floated("table", 0)[', 1)
        typeset(asked, **how | {"output": out})

    monkeypatch.setattr(embedded.typst, "compile", compile)
    made = engine.render(source, tmp_path / "out", ["pdf"], engine="embedded", date=DATE)
    before, _, after = written[0].partition("<tbl-high>")
    assert '#floated("table", 0)[' not in before and '#floated("table", 0)[' in after
    assert made["pdf"].read_bytes() == out.read_bytes()


def test_nothing_stands_within_a_long_table_nor_before_its_heading(tmp_path, monkeypatch):
    """Tables before and behind one that runs over pages, in its section and the next, and those of the supplement, stand where they
    are in the text."""
    source, said = shutil.copytree(FIXTURE, tmp_path / "s"), []

    def table(name: str, n: int) -> str:
        return pipe(name, ["Day", "n"], [[f"{name}{row}", "1"] for row in range(n)])

    filler = "Words that fill the page, of which there are many. " * 40
    text = f"""---
title: T
---

# Methods

{filler}

{table("before", 8)}

# Results

{filler}

{table("first", 6)}

{table("long", 60)}

{table("second", 6)}

Text.

# Discussion

{filler}

{table("after", 9)}

# References

{filler}

# Supplement {{.supplement}}

## One

{table("one", 5)}

## Two

{table("two", 5)}
"""
    (source / "manuscript.qmd").write_text(text, encoding="utf-8")
    monkeypatch.setattr(embedded.typst, "compile", _telling(said))
    made = engine.render(source, tmp_path / "out", ["pdf"], engine="embedded", date=DATE)
    words = [word for page in validators.boxes(made["pdf"]) for *_, word in page]
    read = [word for word in words if re.fullmatch(r"(before|first|long|second|after|one|two)\d+", word)]
    wanted = {"before": 8, "first": 6, "long": 60, "second": 6, "after": 9, "one": 5, "two": 5}
    assert read == [f"{name}{row}" for name, n in wanted.items() for row in range(n)]
    assert words.index("Supplement") < words.index("one0") < words.index("Two") < words.index("two0")
    assert said == []


def _telling(said: list):
    """`typst.compile` that notes what it warns of: that a page does not settle, say."""

    def compile(text: bytes, output=None, **how):
        made, warnings = typst.compile_with_warnings(text, **how)
        said.extend(warning.message for warning in warnings)
        output.write_bytes(made)

    return compile


def test_word_breaks_no_word_of_a_wide_table(made):
    """In type as wide as any: a table is divided by its groups where its words ask for more than the page."""
    tables = [table for table in docx.Document(made["docx"]).tables if "Musculoskeletal" in table.cell(2, 0).text]
    assert [table.cell(0, len(table.columns) - 1).text for table in tables] == [
        "R/R (n = 42)",
        "MRD-positive (n = 42)",
        "Overall (n = 42)",
    ]
    for table in tables:
        assert [cell.text for cell in table.rows[1].cells][1:] == ["Any grade", "Grade ≥3", "Attributed", "n"]
        assert [cell.text for cell in table.rows[2].cells][1:] == ["42 (100)†", "30 (71.4)†", "127†", "157†"]
        for column in table.columns:
            longest = max(len(word) for cell in column.cells[1:] for word in cell.text.split())
            assert column.width.pt > 8.5 * 0.55 * longest + 7, [cell.text for cell in column.cells][:3]
