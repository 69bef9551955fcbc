"""SVG files with texts."""

from __future__ import annotations

import base64
import io
import re
import xml.etree.ElementTree as ET

import pytest
from figures.small import PLAN, small
from figures.test_figures import with_options
from fontTools.ttLib import TTFont
from matplotlib.text import Text
from trialpress import figures
from trialpress.errors import InputError
from trialpress.figures import style


def svg(results, folder, **options) -> str:
    figures.draw_all(with_options(results, "km", **options), folder)
    return (folder / "km.svg").read_text(encoding="utf-8")


def test_svg_has_its_texts_as_texts_with_the_fonts_inside_and_the_same_bytes(usual, tmp_path):
    first, second = (svg(usual, tmp_path / folder, svg="text") for folder in ("a", "b"))
    assert first == second
    root = ET.fromstring(first)
    shown = {"".join(one.itertext()).strip() for one in root.iter("{http://www.w3.org/2000/svg}text")}
    drawn = {text.get_text() for text in figures.draw(usual, "km").figure.findobj(Text) if text.get_text().strip()}
    assert {"At risk (events)", "Time, months", "R/R"} <= shown & drawn
    faces = re.findall(
        r"@font-face\{font-family:'([^']+)';font-weight:(\d+);src:url\(data:font/ttf;base64,([^)]+)\)", first
    )
    assert {(family, weight) for family, weight, _ in faces} >= {(style.FAMILY, "400"), (style.FAMILY, "600")}
    assert len(first) < 200_000 and "dc:date" not in first


def test_the_font_in_an_svg_has_every_glyph_that_its_texts_need(tmp_path):
    results = small(
        tmp_path, names={"RR_NAME": "CD19⁺ R/R", "MRD_NAME": "MRD+", "A_NAME": "a", "EMPTY_NAME": "d", "NOTICE": "true"}
    )
    text = svg(results, tmp_path / "out", svg="text")
    has = {}
    for family, font in re.findall(r"font-family:'([^']+)'.*?base64,([^)]+)\)", text):
        has.setdefault(family, set()).update(TTFont(io.BytesIO(base64.b64decode(font))).getBestCmap())
    root = ET.fromstring(text)
    needed = {ord(char) for one in root.iter("{http://www.w3.org/2000/svg}text") for char in "".join(one.itertext())}
    assert needed - {10, 32} <= has[style.FAMILY] | has[style.FALLBACK]
    assert ord("⁺") in has[style.FALLBACK] and len(has[style.FALLBACK]) < 10


def test_paths_are_the_default_and_another_word_is_refused(usual, tmp_path):
    assert "<text" not in svg(usual, tmp_path / "a") == svg(usual, tmp_path / "b", svg="paths")
    with pytest.raises(InputError, match="figures.km_options.svg: 'outlines' is not one of \\['paths', 'text'\\]"):
        small(tmp_path, plan=PLAN.replace("svg: text", "svg: outlines"))
