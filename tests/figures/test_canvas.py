"""A figure is drawn once, and its two files are what matplotlib would make of it in two drawings."""

import io
import re

import numpy as np
import pytest
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.path import Path
from trialpress.figures import canvas, style

ABOUT = {"Date": None, "Creator": None}
NUMBER = re.compile(r"-?\d+\.?\d*(?:e-?\d+)?")
DRAWINGS = {
    "a line with markers": lambda axes: axes.plot([0, 0.4, 1], [1, 0.2, 2], "o-", clip_on=False),
    "a line that is cut": lambda axes: axes.plot([-3, 4], [-1, 3], linestyle="--"),
    "hatched bars": lambda axes: axes.bar([0.2, 0.6], [0.4, 0.8], 0.2, hatch="//", edgecolor="white"),
    "a cloud": lambda axes: axes.scatter(np.linspace(0, 1, 40), np.linspace(0, 1, 40) ** 2, s=np.arange(40), alpha=0.5),
    "lines of a collection": lambda axes: axes.add_collection(LineCollection([[(0, 0), (1, 1)], [(0, 1), (1, 0)]], linewidths=2)),
    "cells": lambda axes: axes.pcolormesh(np.arange(12).reshape(3, 4), edgecolor="white", linewidth=0.5),
    "an image": lambda axes: axes.imshow(np.arange(12).reshape(3, 4) * 20, extent=(0, 1, 0, 1), aspect="auto"),
    "a picture within": lambda axes: axes.plot(np.linspace(0, 1, 30), np.linspace(0, 1, 30), "o", rasterized=True),
    "what a path cuts": lambda axes: axes.plot([0, 1], [0, 1])[0].set_clip_path(Path.circle((0.5, 0.5), 0.3), axes.transData),
}  # fmt: skip


@pytest.fixture(autouse=True)
def look():
    with style.look():
        yield


def page(draw=lambda axes: None, ticks=()) -> Figure:
    figure = Figure(figsize=(2, 1.5))
    axes = figure.add_axes((0.2, 0.2, 0.7, 0.7))
    draw(axes)
    axes.set(xticks=ticks, yticks=ticks, xlim=(0, 1), ylim=(0, 1))
    return figure


def by_matplotlib(figure: Figure) -> tuple[np.ndarray, str]:
    to, agg = io.StringIO(), FigureCanvasAgg(figure)
    agg.draw()
    pixels = np.array(agg.buffer_rgba())
    figure.savefig(to, format="svg", metadata=ABOUT)
    return pixels, to.getvalue()


def parts(svg: str) -> tuple[str, list[float]]:
    """An SVG without its numbers and ids, and its numbers; embedded pictures and what is numbered by content left out."""
    svg = re.sub(r'base64,[^"]*|(?<=#)[\w-]+|id="[^"]*"', "", svg)
    return NUMBER.sub("0", svg), [float(number) for number in NUMBER.findall(svg)]


@pytest.mark.parametrize("what", DRAWINGS)
def test_both_files_are_those_of_two_drawings(what):
    pixels, svg = canvas.drawn(page(DRAWINGS[what]), ABOUT)
    wanted, vectors = by_matplotlib(page(DRAWINGS[what]))
    assert (pixels == wanted).all()
    (structure, numbers), (other, others) = parts(svg), parts(vectors)
    assert structure == other
    assert numbers == pytest.approx(others, abs=0.0051)


def test_it_is_drawn_once():
    class Counted(Artist):
        times = 0

        def draw(self, renderer):
            self.times += 1

    figure, one = page(), Counted()
    figure.add_artist(one)
    canvas.drawn(figure, ABOUT)
    assert one.times == 1


def text(words: str, x: float = 0.5, **options) -> tuple[np.ndarray, str, Figure]:
    figure = Figure(figsize=(2, 1.5))
    figure.text(x, 0.5, words, **options)
    return *canvas.drawn(figure, ABOUT), figure


def ink(pixels: np.ndarray) -> tuple[int, int, int, int]:
    """Left, right, top and bottom of what is drawn."""
    rows, columns = np.nonzero(pixels[..., 0] < 128)
    return columns.min(), columns.max(), rows.min(), rows.max()


@pytest.mark.parametrize("angle", [0, 90, 180, 270, 30])
@pytest.mark.parametrize("ha", ["left", "center", "right"])
def test_a_text_stands_where_matplotlib_puts_it(angle, ha):
    pixels, svg, figure = text("Nadir: 1,234 HgÅ⁺", ha=ha, rotation=angle)
    wanted, vectors = by_matplotlib(figure)
    assert ink(pixels) == pytest.approx(
        ink(wanted), abs=4
    )  # 16 letters, hinted there: less than a third of a pixel each
    assert parts(svg)[1] == pytest.approx(parts(vectors)[1], abs=0.02)


def test_a_letter_looks_the_same_wherever_it_stands():
    found = []
    for x in (0.5, 0.50071, 0.5013):  # of a pixel: 0, 0.43, 0.78
        pixels = text("n", x)[0]
        left, right, top, bottom = ink(pixels)
        found.append(pixels[top : bottom + 1, left - 1 : right + 2])
    assert all((one == found[0]).all() for one in found)


def test_an_oblique_text_leaves_the_next_one_upright():
    before = text("Ωmega 8")[:2]
    for cached in (canvas.letters.outline, canvas.letters.letters, canvas.letters.picture, canvas.letters._letter):
        cached.cache_clear()
    text("Ωmega 8", rotation=30)
    after = text("Ωmega 8")[:2]
    assert (after[0] == before[0]).all() and after[1] == before[1]


def test_only_a_label_that_is_there_is_given_a_place(monkeypatch):
    from matplotlib import axis

    asked = []
    own = axis.Axis._get_tick_boxes_siblings
    monkeypatch.setattr(
        axis.Axis,
        "_get_tick_boxes_siblings",
        lambda self, renderer: asked.append(self.axis_name) or own(self, renderer),
    )
    with style.look():
        axes = Figure(figsize=(2, 2)).add_subplot()
        axes.set_xlabel("Days")
        canvas.drawn(axes.figure, {})
    assert asked == ["x"]
