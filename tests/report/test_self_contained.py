"""A page is made self-contained as Pandoc does it, to the byte; what is not known is left to Pandoc."""

import pytest
from PIL import Image
from trialpress.report import engine, self_contained

from .conftest import DATE

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="30" height="20"><rect width="30" height="20"/></svg>'
TEXT = """---
title: "A \\"trial's\\" page & more"
abstract: Isn't it?
css: own.css
---

# It's `x's <y>` & "quoted" {#sec-a data-k="it's"}

![A caption's [link](http://a.b/?c='d'&e=f).](figures/a.png){#fig-a fig-alt="An 'alt' & \\"more\\" <x>" width="40%"}

Inline ![b's](figures/b.svg){.small title="it's"}, a note^[It's one.], a line\\
break, H~2~O^2^ and ~~nothing~~ [small]{.smallcaps}.

* * *

+-----+-----------+
| a   | it's      |
+=====+===========+
| x   | y         |
+-----+-----------+

: Widths {#tbl-w}

Term
:   What it's called

```python
print("it's")  # a
```

> A quote
"""
CSS = "/* it's /* mine */ p  {\n    color: red; }\n\n\n a { content: 'a  b' } /* last */"


@pytest.fixture
def written(project):
    (project / "figures").mkdir(exist_ok=True)
    Image.new("RGB", (40, 30), (90, 30, 7)).save(project / "figures" / "a.png")
    (project / "figures" / "b.svg").write_bytes(SVG)
    (project / "own.css").write_text(CSS)
    (project / "manuscript.qmd").write_text(TEXT)
    return project


def pages(source, to, monkeypatch):
    """The page as it is made, and by Pandoc's own option; whether it was made without it."""
    page, found = self_contained.page, []

    def seen(text, source):
        found.append(page(text, source))
        return found[-1]

    def render(name):
        return engine.render(source, to / name, ["html"], engine="embedded", date=DATE)["html"].read_bytes()

    monkeypatch.setattr(self_contained, "page", seen)
    made = render("made")
    monkeypatch.setattr(self_contained, "page", lambda text, source: None)
    return made, render("pandoc"), found != [None]


def test_the_page_is_that_of_pandoc_to_the_byte(written, tmp_path, monkeypatch):
    made, of_pandoc, alone = pages(written, tmp_path, monkeypatch)
    assert alone and made == of_pandoc
    assert b"p {\ncolor: red; }\na { content: 'a b' }" in made and b"It&#39;s one." not in made
    assert made.count(b'<img role="img" aria-label="') == 2


@pytest.mark.parametrize(
    "added",
    [
        "A formula: $x^2$.",
        "- [ ] to do",
        "An ![o](own.png) inline.",
        "A ![m](film.mp4) inline.",
        '::: {.content-visible when-format="html"}\n<details open><summary>a</summary></details>\n:::',
    ],
)
def test_what_is_not_known_is_left_to_pandoc(written, tmp_path, monkeypatch, added):
    Image.new("L", (4, 2)).save(written / "own.png")
    (written / "film.mp4").write_bytes(b"film")
    (written / "manuscript.qmd").write_text(f"{TEXT}\n{added}\n")
    made, of_pandoc, alone = pages(written, tmp_path, monkeypatch)
    assert not alone and made == of_pandoc


@pytest.mark.parametrize(
    "css", ["a { background: URL(figures/b.svg) }", '@import "other.css";', "a::after { content: 'é' }"]
)
def test_a_style_sheet_that_leads_elsewhere_is_left_to_pandoc(tmp_path, css):
    assert self_contained.page(f"<style>{css}</style>\n<p>a</p>", tmp_path) is None
    assert self_contained.page("<style>a  { }</style>\n<p>a</p>", tmp_path) == "<style>a { }</style>\n<p>a</p>"
