"""What is kept of tables changes no byte of an edition: of a text that was edited Pandoc makes the text alone."""

import json
import shutil

import pytest
from trialpress.report import embedded, engine, tree

from .conftest import DATE

FORMATS = ["html", "pdf", "docx", "jats"]
ROWS = '| Term | n |\n|:-----|--:|\n| Fever  | [3](../audit/index.html#a){.num} |\n| **Cough**, `x` | "4" -- 5 |\n'
OTHER = "| A | B |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |\n"
SPANNED = "| A | [Low [2](x.html)]{.spanner} n | [Low [2](x.html)]{.spanner} % |\n|:--|--:|--:|\n| [b](t.html#p@L-1){.num} | 1 | 2 |\n"
WIDE = (
    "|"
    + "|".join(f" {name} " for name in ["Name", *(f"Measurement{i:02d}" for i in range(30))])
    + "|\n|:--"
    + "|--:" * 30
)
WIDE += "|\n" + "| Someone |" + " 1234.5678 |" * 30 + "\n"


def captioned(rows, name, caption="Of all."):
    return f"{rows}\n: {caption} {{#tbl-{name}}}\n\n"


@pytest.fixture
def made(tmp_path, monkeypatch):
    """Bytes of the editions of a text, made with what is kept and anew, and what Pandoc was given with what is kept."""
    given = []
    for module in (tree, embedded):
        monkeypatch.setattr(
            module, "run", lambda command, run=module.run, **how: given.append(how["stdin"]) or run(command, **how)
        )

    def make(text, formats=FORMATS, front=""):
        project = tmp_path / "project"
        shutil.rmtree(project, ignore_errors=True)
        project.mkdir()
        (project / "references.bib").write_text("@article{own, title={T}, author={B, A}, journal={J}, year={2020}}\n")
        (project / "manuscript.qmd").write_text(f"---\ntitle: T\nbibliography: references.bib\n{front}---\n\n{text}\n")
        bytes_of = []
        for kept in (None, tmp_path / "kept"):
            given.clear()
            found = engine.render(project, tmp_path / "out", formats, engine="embedded", date=DATE, kept=kept)
            bytes_of.append({fmt: path.read_bytes() for fmt, path in found.items()})
        assert bytes_of[0] == bytes_of[1]
        return bytes_of[0], list(given)

    make.kept = tmp_path / "kept" / "written"
    return make


def kept(made, what):
    (path,) = (made.kept / what).iterdir()
    return json.loads(path.read_text())


TEXTS = {
    "one": captioned(ROWS, "a"),
    "beside another": captioned(ROWS, "a") + "Text[^1].\n\n[^1]: Note.\n\n" + captioned(OTHER, "b"),
    "a caption that refers": captioned(ROWS, "a", "As @tbl-b, after @own.") + captioned(OTHER, "b", "Own $x$."),
    "spanning heads": captioned(SPANNED, "a"),
    "a link": captioned(OTHER.replace("1", "[1](other.html)"), "a"),
    "below headings": f"# One\n\n## Two {{#sec-two}}\n\n### Three\n\n{captioned(ROWS, 'a')}",
    "on the long side": f"::: {{.landscape}}\n{captioned(ROWS, 'a')}\n:::\n",
    "in one format": f'::: {{.content-visible when-format="html"}}\n\n{captioned(ROWS, "a")}\n:::\n',
    "one below the other": captioned(ROWS, "a") + captioned(ROWS, "b"),
    "in parts": captioned(WIDE, "a"),
    "a note below": captioned(ROWS, "a") + "::: {.table-note}\nOf all.\n:::\n",
    "in a list": f"- item\n\n{captioned(ROWS, 'a')}",
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_an_edited_text_has_the_bytes_of_one_that_is_made_anew(made, text):
    made(f"One.\n\n{text}")
    made(f"Another, @own, and [a place](https://example.org), [another](https://example.org/b).\n\n{text}\n\nLast.")
    made(f"# New {{#sec-new}}\n\n{captioned(OTHER, 'first')}\n\nMore.\n\n{text}")


def test_pandoc_is_given_no_cell_of_a_table_that_is_as_it_was(made):
    before = made("One.\n\n" + captioned(ROWS, "a"))[1]
    after = made("Two.\n\n" + captioned(ROWS, "a", "Another caption."))[1]
    assert len(before) == len(after) == 5
    assert all("Fever" in text for text in before) and not any("Fever" in text for text in after)


def test_a_cell_that_was_edited_is_made_anew(made):
    made(captioned(ROWS, "a") + captioned(OTHER, "b"))
    editions, given = made(captioned(ROWS.replace("Fever", "Chills"), "a") + captioned(OTHER, "b"))
    assert b"Chills" in editions["html"] and all("Chills" in text and "| 3 | 4 |" not in text for text in given)
    assert all(len(kept(made, what)) == 2 for what in ("tree", *FORMATS))
    made("None.")
    assert all(kept(made, what) == {} for what in ("tree", *FORMATS))


@pytest.mark.parametrize(
    "held", ["as @own says", "of @tbl-b", "a note[^1]", "$x$", "[own]", "[A name]", "[A name](#sec-name)"]
)
def test_what_has_its_meaning_elsewhere_is_made_with_the_text(made, held):
    table = captioned(ROWS.replace("Fever", held), "a")
    rest = "# A name {{#sec-name}}\n\n[^1]: {0}.\n\n[own]: {0}.html\n".replace("{{", "{").replace("}}", "}")
    for word in ("one", "two"):
        text = f"Of @own, {word}.\n\n{table}{captioned(OTHER, 'b')}{rest.replace('{0}', word)}"
        made(text.replace("[^1]: ", "") if "[^1]" not in held else text)
    assert len(kept(made, "tree")) == (2 if held.endswith(")") else 1)


def test_another_language_or_direction_makes_tables_anew(made):
    for front in ("", "lang: zh\n", "dir: rtl\n"):
        made(captioned(ROWS, "a"), ["html", "docx"], front)


def test_the_lines_of_a_table_in_code_are_no_table(made):
    made(captioned(ROWS, "a"))
    editions, _ = made(f"```\n\n{captioned(ROWS, 'a')}```\n\nText.")
    assert b"Fever" in editions["html"] and b"unchanged" not in editions["html"]


def test_what_someone_wrote_into_what_is_kept_is_not_taken(made):
    made(captioned(ROWS, "a"))
    for path in made.kept.glob("*/*"):
        path.write_text(path.read_text().replace("Fever", "Plague"))
    editions, _ = made(captioned(ROWS, "a"))
    assert b"Plague" not in editions["html"]


def test_html_alone_leaves_what_is_kept_of_other_formats(made):
    made(captioned(ROWS, "a"))
    made(captioned(ROWS, "a") + captioned(OTHER, "b"), ["html"])
    assert len(kept(made, "html")) == 2 and len(kept(made, "docx")) == 1
