"""A page holds each picture in the smallest of its files, and no pixel of it is lost."""

import base64
import io
import re
from unittest.mock import patch

import pytest
from PIL import Image, ImageDraw
from trialpress.report import engine, pictures

from .conftest import DATE


def drawn(path, size=(400, 300)):
    picture = Image.new("RGB", size, "white")
    for at in range(0, size[0], 7):
        ImageDraw.Draw(picture).line((at, 0, size[0] - at, size[1]), fill=(at % 256, 90, 30), width=2)
    picture.quantize(256).save(path)
    return Image.open(path).convert("RGB")


@pytest.mark.parametrize(("svg", "kind"), [(None, "png"), ("", "svg"), (" " * 99_999, "webp")])
def test_a_page_holds_a_picture_in_the_smallest_of_its_files(project, tmp_path, svg, kind):
    folder = project / "figures"
    folder.mkdir(exist_ok=True)
    before = drawn(folder / "lines.png")
    if svg is not None:
        text = f'<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10">{svg}</svg>'
        (folder / "lines.svg").write_text(text)
    address = "figures/lines.png" if svg is None else "figures/lines.svg"
    (project / "manuscript.qmd").write_text(
        f'---\ntitle: T\n---\n\n![Lines.]({address}){{#fig-lines fig-alt="Lines"}}\n'
    )
    page = engine.render(project, tmp_path / "out", ["html"], engine="embedded", date=DATE)["html"].read_text()
    held = re.search(r'src="data:image/([a-z]+)[^,"]*,([^"]*)"', page)
    assert held[1] == kind
    if kind != "svg":
        shown = Image.open(io.BytesIO(base64.b64decode(held[2])))
        assert shown.size == before.size and shown.convert("RGB").tobytes() == before.tobytes()


def test_a_picture_is_made_light_once_and_again_when_it_changes_or_someone_was_there(tmp_path):
    path, light, kept = tmp_path / "a.png", tmp_path / "a.webp", tmp_path / "kept"
    drawn(path)
    with patch.object(Image.Image, "save", autospec=True, side_effect=Image.Image.save) as save:
        pictures.lighten(tmp_path, kept)
        first = light.read_bytes()
        light.unlink()
        pictures.lighten(tmp_path, kept)
        assert light.read_bytes() == first and save.call_count == 1
        (copy,) = kept.iterdir()
        copy.write_bytes(b"of someone else")
        pictures.lighten(tmp_path, kept)
        assert light.read_bytes() == first and save.call_count == 2
    drawn(path, (200, 300))
    pictures.lighten(tmp_path, kept)
    assert Image.open(light).size == (200, 300)
    assert [file.read_bytes() for file in kept.iterdir()] == [light.read_bytes()]
