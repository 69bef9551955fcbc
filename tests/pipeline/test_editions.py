"""Every edition of both studies as independent tools see it: validators, a browser, Word's and a journal's readers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import validators

pytestmark = pytest.mark.xdist_group("pipeline")
STUDIES = {"low-dose-cd19": "project", "cd22-nci": "cd22"}


@pytest.fixture(params=STUDIES)
def results(request) -> Path:
    return request.getfixturevalue(STUDIES[request.param]) / "results" / request.param


def test_jats_is_valid_and_its_images_are_there(results):
    assert validators.jats(results / "report" / "manuscript.xml") == []


def test_the_archive_of_jats_is_whole(results):
    assert validators.archive(results / "report" / "manuscript.jats.zip") == []


@pytest.mark.parametrize("page", ["report/manuscript.html", "audit/index.html"])
def test_html_has_no_error(results, page):
    by = json.loads((results / "report" / "renderer.json").read_text())["engine"]
    assert validators.html(results / page, frame=by == "quarto" and page.startswith("report")) == []


def test_the_article_has_no_serious_barrier(results):
    assert validators.accessibility(results / "report" / "manuscript.html") == []


def test_the_page_of_the_audit_has_no_serious_barrier(results):
    views = (
        "",
        "#/claims",
        "#/numbers",
        "#/cleaning",
        "#/queries",
        "#/rejected",
        "#/environment",
        "#/participants",
        "#/left_out",
        "#/corrections",
        "#/concordance",
        "#/search?q=os",
        "#os",
        "#population.first.n",
    )
    assert validators.accessibility(results / "audit" / "index.html", views) == []


def test_word_is_opened_and_converted_without_loss(results, tmp_path):
    assert validators.word(results / "report" / "manuscript.docx", tmp_path) == []


def test_pdf_is_sound_archival_and_accessible(results):
    assert validators.pdf(results / "report" / "manuscript.pdf") == []


def test_no_page_of_the_pdf_but_the_last_is_half_empty(results, tmp_path):
    *pages, _ = validators.gaps(results / "report" / "manuscript.pdf", tmp_path)
    assert {at: round(gap, 2) for at, gap in enumerate(pages, 1) if gap > 0.4} == {}


def test_no_word_of_the_pdf_touches_another_or_leaves_the_page(results):
    pages = validators.boxes(results / "report" / "manuscript.pdf")
    assert {at: said for at, words in enumerate(pages, 1) if (said := validators.overlaps(words))} == {}
    assert [word for words in pages for left, _, right, _, word in words if left < 64 or right > 536] == []


def test_every_figure_is_strict_svg_and_every_table_strict_csv(results):
    svgs, tables = sorted(results.rglob("*.svg")), sorted(results.rglob("*.csv"))
    assert len(svgs) >= 4 and len(tables) >= 15
    assert {path.name: said for path in svgs if (said := validators.svg(path))} == {}
    assert {path.name: said for path in tables if (said := validators.table(path))} == {}
