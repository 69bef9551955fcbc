"""The toy project's editions by both engines, as independent tools and a reader with a keyboard see them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import validators
from trialpress.report import engine

from .conftest import DATE, FIXTURE

FORMATS = ("html", "pdf", "docx", "jats")


@pytest.fixture(scope="module", params=["embedded", "quarto"])
def made(request, tmp_path_factory) -> dict[str, Path]:
    if request.param == "quarto":
        request.getfixturevalue("real_quarto")
    base = tmp_path_factory.mktemp(request.param)
    source = shutil.copytree(FIXTURE, base / "s")
    return engine.render(source, base / "out", FORMATS, engine=request.param, date=DATE) | {"engine": request.param}


def test_each_is_valid_to_an_independent_tool(made, tmp_path):
    assert validators.jats(made["jats"]) == []
    assert validators.archive(made["jats"].with_name("manuscript.jats.zip")) == []
    assert validators.pdf(made["pdf"]) == []
    assert validators.word(made["docx"], tmp_path) == []
    assert validators.html(made["html"], frame=made["engine"] == "quarto") == []
    assert validators.accessibility(made["html"]) == []


def test_a_figure_enlarges_moves_and_closes_by_keyboard(made):
    validators.needed(validators.CHROMIUM)
    sync_api = pytest.importorskip("playwright.sync_api", reason="there is no Playwright")
    with sync_api.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=str(validators.CHROMIUM), args=validators.FLAGS)
        for width in (1280, 380):
            context = browser.new_context(viewport={"width": width, "height": 800}, offline=True)
            tab = context.new_page()
            tab.goto(made["html"].as_uri())
            assert tab.evaluate("window.find('36/40 (90.0%)')")
            tab.get_by_role("button", name="Enlarge Figure 1").focus()
            tab.keyboard.press("Enter")
            image = tab.locator("dialog.zoom[open] img")
            image.wait_for()
            tab.wait_for_function("document.querySelector('dialog.zoom img').style.width")
            fitted = image.bounding_box()["width"]
            assert fitted <= width and image.get_attribute("alt") == 'Bars of response in three "dose" groups'
            for _ in range(5):
                tab.keyboard.press("+")
            assert image.bounding_box()["width"] > 2 * fitted
            place = "document.querySelector('.zoom-view').scrollLeft"
            before = tab.evaluate(place)
            tab.keyboard.press("ArrowRight")
            tab.wait_for_function(f"{place} > {before}")
            tab.keyboard.press("Escape")
            assert not tab.evaluate("document.querySelector('dialog.zoom').open")
            assert tab.evaluate("document.activeElement.innerText").startswith("Enlarge")
            context.close()
        browser.close()


def test_a_wide_table_says_that_it_scrolls(made):
    validators.needed(validators.CHROMIUM)
    sync_api = pytest.importorskip("playwright.sync_api", reason="there is no Playwright")
    with sync_api.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=str(validators.CHROMIUM), args=validators.FLAGS)
        tab = browser.new_page(viewport={"width": 380, "height": 800})
        tab.goto(made["html"].as_uri())
        box = tab.locator("#tbl-wide .table-scroll")
        assert "wide" in box.get_attribute("class").split()
        said = "getComputedStyle(document.querySelector('#tbl-wide .table-scroll'), '::before').content"
        assert "scroll" in tab.evaluate(said)
        assert tab.locator("#tbl-wide caption > span").bounding_box()["width"] <= 380
        browser.close()
