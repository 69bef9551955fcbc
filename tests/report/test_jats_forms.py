"""What JATS has elements for and Pandoc has not: authors who are a group, notes of a table."""

import shutil

import pytest
import validators
from lxml import etree
from trialpress.report import engine
from trialpress.report.authors import authors
from trialpress.report.embedded import labelled

from .conftest import DATE, FIXTURE


@pytest.mark.parametrize(
    "name",
    [
        "The trialpress authors",
        "The authors of the study",
        "INDO Study Group",
        "ERCP Investigators",
        "COG ALL Committee",
    ],
)
def test_a_group_has_no_family_name(name):
    (one,) = authors({"author": [{"name": name}]}, jats=True)["author"]
    assert (one["surname"], one["given-names"], one["name"]) == ("", "", name)
    assert authors({"author": [name]}, jats=False)["author"] == [name]


@pytest.mark.parametrize(("name", "given", "family"), [
    ("Anna de Groot", "Anna de", "Groot"), ("Suharto", "", "Suharto"), ("Li Wang", "Li", "Wang"), ({"given": "Anna", "family": "de Groot"}, "Anna", "de Groot"),
])  # fmt: skip
def test_a_person_has_one(name, given, family):
    (one,) = authors({"author": [{"name": name}]}, jats=True)["author"]
    assert (one["surname"], one["given-names"]) == (family, given)


def test_a_note_goes_into_the_table_before_it():
    note = "<table-wrap-foot>\n<p>Note {}</p>\n</table-wrap-foot>"
    text = f"<sec><table-wrap><table/></table-wrap>\n{note.format(1)}<p>x</p>{note.format(2)}<table-wrap><table/></table-wrap></sec>"
    tree = etree.fromstring(labelled(text))
    assert tree.xpath("table-wrap[1]/table-wrap-foot/p/text()") == ["Note 1"]
    assert tree.xpath("boxed-text/p/text()") == ["Note 2"] and len(tree.xpath("//table-wrap-foot")) == 1


def test_an_edition_has_them_and_is_valid(tmp_path):
    source = shutil.copytree(FIXTURE, tmp_path / "s")
    (source / "manuscript.qmd").write_text(
        "---\ntitle: T\nabstract: A.\nauthor:\n  - name: The study authors\n    orcid: 0000-0002-1825-0097\n  - name: Anna Wang\nbanner: ''\n---\n\n# One\n\n"
        "| a | b |\n|:--|--:|\n| x | 1 |\n\n: Caption. {#tbl-x}\n\n::: {.table-note}\nIQR: range & *more*.\n:::\n\nText.\n",
        encoding="utf-8",
    )
    made = engine.render(source, tmp_path / "out", ["jats"], engine="embedded", date=DATE)["jats"]
    tree = etree.parse(made)
    assert tree.xpath("//contrib/collab/text()") == ["The study authors"] and tree.xpath(
        "//contrib/name/surname/text()"
    ) == ["Wang"]
    assert tree.xpath("//table-wrap[table/@id='tbl-x']/table-wrap-foot/p//text()")[0].startswith("IQR: range & ")
    assert not tree.xpath("//boxed-text | //string-name")
    assert validators.jats(made) == []
