"""The bibliography of the methods: its form, and that what cites and what is cited are the same."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from trialpress.analysis.methods import METHODS
from trialpress.audit.trace.methods import describe, references
from trialpress.citations import FILE, cited, entries, keys
from trialpress.draft import manuscript

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "workflow" / "trialpress"
YEAR = re.compile(r"(?<![\d.])(?:18|19|20)\d\d(?!\d|\.\d)")
NEEDED = {"article": {"journal"}, "book": {"publisher"}, "inproceedings": {"booktitle"}, "phdthesis": {"school"}, "misc": {"note"}}  # fmt: skip


def docstrings():
    """file:name -> docstring on one line, without its examples, of whatever computes, draws or tabulates."""
    for room in ("stats", "analysis/methods", "figures", "tables"):
        for path in sorted((PACKAGE / room).glob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef):
                    text = (ast.get_docstring(node) or "").partition("\n>>> ")[0].partition("\n    >>> ")[0]
                    yield f"{room}/{path.name}:{getattr(node, 'name', '')}", " ".join(text.split())


DOCSTRINGS = [*docstrings()]


@pytest.mark.parametrize("key", entries())
def test_an_entry_has_the_form_of_a_reference(key):
    one = entries()[key]
    first = re.sub(r"[^a-z]", "", one.names[0].lower())
    assert key == first + one.fields["year"]
    assert re.fullmatch(r"(1[89]|20)\d\d", one.fields["year"])
    assert NEEDED[one.kind] <= set(one.fields), "says where it stands"
    assert all(
        re.fullmatch(r"[\w' -]+, [A-Z]( [A-Z])*|others", author) for author in one.fields["author"].split(" and ")
    )
    assert re.fullmatch(r"10\.\d{4,5}/[\x21-\x7e]+", one.fields.get("doi", "10.1000/none"))
    assert re.fullmatch(r"\d+(–\d+)?", one.fields.get("pages", "1"))
    if "–" in one.fields.get("pages", ""):
        start, end = map(int, one.fields["pages"].split("–"))
        assert start < end
    assert one.fields.get("volume", "1").isdigit() and one.fields["title"][0].isupper() | one.fields[
        "title"
    ].startswith("mice")
    assert " - " not in one.line and not re.search(r"pages=\{\d+[-–]\d", one.line), "-- between pages"


def test_no_key_no_doi_and_no_line_stands_twice():
    lines = [line for line in FILE.read_text(encoding="utf-8").splitlines() if not line.startswith("%")]
    assert [one.line for one in entries().values()] == lines
    assert list(entries()) == sorted(entries())
    dois = [one.fields["doi"].lower() for one in entries().values() if "doi" in one.fields]
    assert len(dois) == len(set(dois)) > 80


def test_whatever_a_docstring_cites_is_in_the_bibliography():
    assert len(DOCSTRINGS) > 300
    for name, text in DOCSTRINGS:
        within = [range(start, end) for start, end, _ in cited(text)]
        lost = [
            text[max(0, at.start() - 40) : at.end()]
            for at in YEAR.finditer(text)
            if not any(at.start() in span for span in within)
        ]
        assert not lost, (name, lost, "add it to methods.bib, from a second source")


def test_whatever_is_in_the_bibliography_is_cited():
    assert set(entries()) - set(keys(text for _, text in DOCSTRINGS)) == set()


def test_the_references_of_a_method_are_found_through_what_it_calls():
    of = {method: keys([describe(method), *references(method)]) for method in METHODS.functions}
    for method, known in {
        "mmrm": "kenward1997", "gee": "liang1986", "ancova": "searle1980", "mann_whitney": "vanelteren1960", "fine_gray": "fine1999",
        "multiple_imputation": "barnard1999", "e_value": "vanderweele2017", "win_ratio": "pocock2012", "max_combo": "lee2007",
        "dose_escalation": "liu2015", "concordance_index": "uno2011", "kappa": "cohen1960", "bland_altman": "bland1999",
        "kaplan_meier": "kaplan1958", "proportion": "clopper1934", "roc": "delong1988", "simon_inference": "koyama2008", "sample_size": "ahern2001", "cumulative_incidence": "aalen1978",
    }.items():  # fmt: skip
        assert known in of[method], (method, of[method])


@pytest.mark.parametrize("text", ["Foo & Cox 1972", "Lin & Wei 19890", "Coxe 1972", "Fine and Grey 1999"])
def test_another_name_or_year_cites_nothing(text):
    assert cited(text) == []


def bibliographies():
    found = [*ROOT.glob("report/*/references.bib"), *ROOT.glob("examples/*/report/*/references.bib")]
    return {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in found} | {
        "a draft": manuscript.REFERENCES
    }


@pytest.mark.parametrize("name", bibliographies())
def test_a_study_cites_the_same_publication_in_the_same_words(name):
    for line in bibliographies()[name].splitlines():
        head = re.match(r"@\w+\{(\w+), ", line)
        if head and (known := entries().get(head[1])):
            fields = dict(re.findall(r"(\w+)=\{((?:[^{}]|\{[^{}]*\})*)\}", line))
            for field in ("title", "journal", "year", "volume", "pages", "doi"):
                given = fields.get(field, "").replace("{", "").replace("}", "").replace("--", "–")
                assert given == known.fields.get(field, ""), (head[1], field)
