"""Texts are set once: the same letters at the same places, in any size, for what is measured, for pixels and for vectors.

matplotlib sets a text anew whenever it measures or draws it. Nothing here depends on where a text stands: its letters are placed
without hinting, as in a vector graphic, and their pixels, hinted, at whole pixels, so that a letter looks the same wherever it is.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.font_manager import FontProperties, fontManager, get_font
from matplotlib.ft2font import FT2Font, LoadFlags, RenderMode
from matplotlib.textpath import TextToPath

SIZE = 100.0  # points, in which texts are set, at 72 dpi


def font_of(prop: FontProperties) -> FT2Font:
    """The font of a text, with those that are asked for what it does not have."""
    return font(tuple(prop.get_family()), prop.get_style(), prop.get_weight(), prop.get_file())


@cache
def font(family: tuple[str, ...], style: str, weight: str | int, file: str | None) -> FT2Font:
    """The same by its properties."""
    prop = FontProperties(family=[*family], style=style, weight=weight, fname=file)
    return get_font(fontManager._find_fonts_by_props(prop))


def _upright(font: FT2Font, size: float, dpi: float) -> None:
    font.set_size(size, dpi)
    font._set_transform([[0x10000, 0], [0, 0x10000]], [0, 0])  # an oblique text leaves its own


@cache
def extent(text: str, font: FT2Font) -> tuple[float, float, float]:
    """Width, height and descent of a line of text at SIZE."""
    _upright(font, SIZE, 72)
    font.set_text(text, 0.0, flags=LoadFlags.NO_HINTING)
    width, height = font.get_width_height()
    return width / 64, height / 64, font.get_descent() / 64


@cache
def letters(text: str, font: FT2Font) -> list[tuple[FT2Font, int, float, float]]:
    """Font, glyph and place at SIZE of each letter of a line of text."""
    _upright(font, SIZE, 72)
    return [(one.ft_object, one.glyph_index, one.x, one.y) for one in font._layout(text, LoadFlags.NO_HINTING)]


@cache
def outline(font: FT2Font, glyph: int) -> tuple[np.ndarray, np.ndarray]:
    """The path of a letter at SIZE: its points and codes."""
    _upright(font, SIZE, 72)
    font.load_glyph(glyph, flags=LoadFlags.NO_HINTING)
    return font.get_path()


@cache
def _letter(font: FT2Font, glyph: int, size: float, dpi: float) -> tuple[np.ndarray, int, int]:
    """The shades of a letter from 0 to 255, and the pixels from its origin to the left edge and up to the upper one."""
    _upright(font, size, dpi)
    picture = font._render_glyph(glyph, LoadFlags.DEFAULT, RenderMode.NORMAL)
    return picture.buffer, picture.left, picture.top


@cache
def picture(text: str, font: FT2Font, size: float, dpi: float) -> tuple[np.ndarray, int, int]:
    """The same of a line of text."""
    scale, parts = size / SIZE * dpi / 72, []
    for face, glyph, x, y in letters(text, font):
        shades, left, top = _letter(face, glyph, size, dpi)
        if shades.size:
            parts.append((shades, left + round(x * scale), top + round(y * scale)))
    if not parts:
        return np.zeros((0, 0), np.uint8), 0, 0
    left, top = min(part[1] for part in parts), max(part[2] for part in parts)
    right, bottom = max(x + part.shape[1] for part, x, _ in parts), min(y - part.shape[0] for part, _, y in parts)
    whole = np.zeros((top - bottom, right - left), np.uint8)
    for shades, x, y in parts:
        place = whole[top - y : top - y + shades.shape[0], x - left : x - left + shades.shape[1]]
        np.maximum(place, shades, out=place)
    return whole, left, top


@cache
def heights(font: FT2Font) -> tuple[float, float, float]:
    """Ascent, descent and gap of the lines of a font, at the size of 1, as matplotlib finds them."""
    units = font.get_sfnt_table("head")["unitsPerEm"]
    table, names = font.get_sfnt_table("OS/2"), ("sTypoAscender", "sTypoDescender", "sTypoLineGap")
    if table is None:
        table, names = font.get_sfnt_table("hhea"), ("ascent", "descent", "lineGap")
    ascent, descent, gap = (table[name] / units for name in names)
    return ascent, -descent, gap


class Pixels(RendererAgg):
    """Agg with these letters. Mathematics and oblique texts are drawn by itself."""

    def _get_font_height_metrics(self, prop):
        scale = prop.get_size_in_points() * self.dpi / 72
        return tuple(part * scale for part in heights(font_of(prop)))

    def get_text_width_height_descent(self, s, prop, ismath):
        if ismath:
            return super().get_text_width_height_descent(s, prop, ismath)
        scale = prop.get_size_in_points() / SIZE * self.dpi / 72
        return tuple(part * scale for part in extent(s, font_of(prop)))

    def draw_text(self, gc, x, y, s, prop, angle, ismath=False, mtext=None):
        if ismath or angle % 90 or not gc.get_antialiased():
            return super().draw_text(gc, x, y, s, prop, angle, ismath, mtext)
        shades, left, top = picture(s, font_of(prop), prop.get_size_in_points(), self.dpi)
        rows, columns = shades.shape
        for _ in range(round(angle / 90) % 4):  # counterclockwise
            shades, left, top, rows, columns = np.rot90(shades), -top, left + columns, columns, rows
        if shades.size:
            base = int(self.height) - round(self.height - y)
            self._renderer.draw_text_image(np.ascontiguousarray(shades), round(x) + left, base - top + rows, 0, gc)


class Outlines(TextToPath):
    """Paths of these letters."""

    def _get_font(self, prop):
        return font_of(prop)

    def get_glyphs_with_font(
        self, font, s, glyph_map=None, return_new_glyphs_only=False, *, features=None, language=None
    ):
        known = {} if glyph_map is None else glyph_map
        placed = [(_name(face, glyph), x, y, 1.0) for face, glyph, x, y in letters(s, font)]
        new = {} if return_new_glyphs_only else known
        for (name, *_), (face, glyph, *_) in zip(placed, letters(s, font), strict=True):
            if name not in known:
                new[name] = outline(face, glyph)
        return placed, new, []


@cache
def _name(font: FT2Font, glyph: int) -> str:
    """Of a letter within a file."""
    return TextToPath()._get_glyph_repr(font, glyph)
