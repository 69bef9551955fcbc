"""Pandoc is given small files in the place of pictures; the editions hold the pictures, and their sizes."""

import base64
import re
import zipfile

import pytest
from PIL import Image
from trialpress.report import engine, stand_ins
from trialpress.report.renderer import RenderError

from .conftest import DATE

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="30" height="20"><rect width="30" height="20"/></svg>'


@pytest.fixture
def drawn(project):
    """A project with figures of two sizes on paper, one of them inline, and a picture of the author's own."""
    (project / "figures").mkdir(exist_ok=True)
    for name, dpi in (("a", 100), ("b", 200)):
        Image.new("RGB", (400, 300), (90, 30, 7)).quantize(16).save(project / "figures" / f"{name}.png", dpi=(dpi, dpi))
    Image.new("L", (40, 20)).save(project / "own.png")
    (project / "figures" / "c.svg").write_bytes(SVG)
    (project / "manuscript.qmd").write_text(
        "---\ntitle: T\n---\n\n"
        + "".join(f'![{name}.](figures/{name}.png){{#fig-{name} fig-alt="{name}"}}\n\n' for name in "ab")
        + "An ![own](own.png) one.\n\n"
        + '::: {.content-visible when-format="html"}\n![c.](figures/c.svg){#fig-c fig-alt="c"}\n:::\n'
    )
    return project


def test_the_page_holds_the_pictures(drawn, tmp_path):
    paths = [drawn / name for name in ("figures/a.png", "figures/b.png", "figures/c.svg", "own.png")]
    held = {path.read_bytes() for path in paths}
    page = engine.render(drawn, tmp_path / "out", ["html"], engine="embedded", date=DATE)["html"].read_text()
    shown = {base64.b64decode(found) for found in re.findall(r'src="data:image/[a-z+]+;base64,([^"]*)"', page)}
    assert shown == held and len(shown) == 4


def test_word_holds_the_pictures_in_their_sizes(drawn, tmp_path):
    out = engine.render(drawn, tmp_path / "out", ["docx"], engine="embedded", date=DATE)["docx"]
    with zipfile.ZipFile(out) as parts:
        media = {parts.read(name) for name in parts.namelist() if name.startswith("word/media/")}
        sizes = re.findall(r'<wp:extent cx="(\d+)" cy="(\d+)"', parts.read("word/document.xml").decode())
    files = {
        path.read_bytes() for path in (drawn / "figures" / "a.png", drawn / "figures" / "b.png", drawn / "own.png")
    }
    assert media == files
    inch = 914_400
    assert [(round(int(x) / inch, 1), round(int(y) / inch, 1)) for x, y in sizes[:2]] == [(4.0, 3.0), (2.0, 1.5)]


def test_a_stand_in_that_is_no_picture_in_the_page_is_told(tmp_path):
    with pytest.raises(RenderError, match="a picture is not in its place"):
        stand_ins.embed(f"<p>{stand_ins.MARK.decode()}figures/a.svg</p>", tmp_path)


def test_other_data_stay_as_they_are(tmp_path):
    page = f"data:text/css;base64,{base64.b64encode(b'p { color: red; of: all }').decode()}"
    assert stand_ins.embed(page, tmp_path) == page
