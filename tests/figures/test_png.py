"""A picture has at most 256 colours, those that matter as they were drawn, and the same bytes on every run."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image
from trialpress.figures import png


def drawn(colours: int) -> Figure:
    """A white page with squares of so many colours."""
    figure = Figure(figsize=(2, 1), dpi=300)
    shades = np.arange(colours)
    cells = np.stack([shades % 16, shades // 16 % 16, shades // 256], axis=1)[None] * 15
    figure.figimage(cells.astype(np.uint8).repeat(9, axis=0))
    return figure


def saved(figure: Figure, path) -> tuple[np.ndarray, np.ndarray, int]:
    """(as drawn, as in the file, colours of the file)."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    png.save(np.asarray(canvas.buffer_rgba()), figure.dpi, path)
    picture = Image.open(path)
    assert picture.mode == "P" and picture.info["dpi"] == pytest.approx((300, 300), abs=0.1)
    return (
        np.asarray(canvas.buffer_rgba())[..., :3].astype(int),
        np.asarray(picture.convert("RGB")).astype(int),
        len(picture.getcolors()),
    )


@pytest.fixture(autouse=True)
def resolution():
    from trialpress.figures import style

    with style.look():
        yield


@pytest.mark.parametrize("n", [1, 200, 255])
def test_few_colours_are_exact(tmp_path, n):
    before, after, colours = saved(drawn(n), tmp_path / "x.png")
    assert (before == after).all() and colours == n + 1


def test_of_many_colours_those_are_exact_that_are_seen_most_and_the_others_near(tmp_path):
    before, after, colours = saved(drawn(600), tmp_path / "x.png")
    assert colours == 256
    assert (after[before.sum(axis=2) == 765] == 255).all()  # the page
    assert 0 < np.abs(before - after).max() <= 15  # the next shade
    first = (tmp_path / "x.png").read_bytes()
    saved(drawn(600), tmp_path / "x.png")
    assert (tmp_path / "x.png").read_bytes() == first
