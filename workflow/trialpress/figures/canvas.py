"""A figure is drawn once, and both its files come of it: what is drawn goes to the pixels and, in points, to the vectors."""

from __future__ import annotations

import copy
import io
from collections.abc import Mapping

import numpy as np
from matplotlib import _path, rcParams
from matplotlib.backend_bases import GraphicsContextBase, RendererBase
from matplotlib.backends.backend_mixed import MixedModeRenderer
from matplotlib.backends.backend_svg import RendererSVG
from matplotlib.figure import Figure
from matplotlib.transforms import Affine2D, TransformedPath

from . import letters


def drawn(figure: Figure, about: Mapping[str, str | None]) -> tuple[np.ndarray, str]:
    """The pixels (height, width, 4) of a figure in its own resolution, and its SVG with the metadata `about`."""
    to, (width, height), dpi = io.StringIO(), figure.get_size_inches(), figure.dpi
    svg = Vectors(width * 72, height * 72, to, image_dpi=dpi, metadata=dict(about))
    pixels = letters.Pixels(*figure.bbox.size, dpi)
    both = Both(pixels, MixedModeRenderer(figure, width, height, dpi, Points(svg, dpi)))
    figure.draw(both)
    svg.finalize()
    return np.asarray(pixels.buffer_rgba()), to.getvalue()


class Both(RendererBase):
    """Draws on two canvases of the same size in pixels; the first says how long a text is. Only what is drawn on the second may be
    rasterized."""

    def __init__(self, first: letters.Pixels, second: MixedModeRenderer):
        super().__init__()
        self.first, self.second = first, second
        self.width, self.height = first.width, first.height
        for name in (
            "points_to_pixels",
            "get_canvas_width_height",
            "get_text_width_height_descent",
            "_get_font_height_metrics",
            "option_image_nocomposite",
        ):
            setattr(self, name, getattr(first, name))
        self.start_rasterizing, self.stop_rasterizing = second.start_rasterizing, second.stop_rasterizing

    def open_group(self, *args, **options) -> None:  # pixels have no groups
        self.second.open_group(*args, **options)

    def close_group(self, *args, **options) -> None:
        self.second.close_group(*args, **options)


def _on_both(name: str):
    def draw(self: Both, *args, **options) -> None:
        getattr(self.first, name)(*args, **options)
        getattr(self.second, name)(*args, **options)

    return draw


for _what in ("path", "markers", "path_collection", "quad_mesh", "image", "text"):
    setattr(Both, f"draw_{_what}", _on_both(f"draw_{_what}"))


class Vectors(RendererSVG):
    """Paths to a hundredth of a point, with letters that are set once."""

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self._text2path = letters.Outlines()

    def _convert_path(self, path, transform=None, clip=None, simplify=None, sketch=None):
        box, commands = (0.0, 0.0, self.width, self.height) if clip else None, [b"M", b"L", b"Q", b"C", b"z"]
        return _path.convert_to_string(path, transform, box, simplify, sketch, 2, commands, False).decode("ascii")


class Points(RendererBase):
    """A canvas in points, to draw on in pixels."""

    def __init__(self, inside: RendererSVG, dpi: float):
        super().__init__()
        self.inside, self.share = inside, 72 / dpi
        self.scale = Affine2D().scale(self.share)
        self.open_group, self.close_group = inside.open_group, inside.close_group

    def _clipped(self, gc: GraphicsContextBase) -> GraphicsContextBase:
        box, (path, transform) = gc.get_clip_rectangle(), gc.get_clip_path()
        if box is None and path is None:
            return gc
        own = self.new_gc()
        own.copy_properties(gc)
        if box is not None:
            own.set_clip_rectangle(box.transformed(self.scale))
        if path is not None:
            own.set_clip_path(TransformedPath(path, transform + self.scale))
        return own

    def draw_path(self, gc, path, transform, rgbFace=None):
        self.inside.draw_path(self._clipped(gc), path, transform + self.scale, rgbFace)

    def draw_markers(self, gc, marker_path, marker_trans, path, trans, rgbFace=None):
        transforms = marker_trans + self.scale, path, trans + self.scale
        self.inside.draw_markers(self._clipped(gc), marker_path, *transforms, rgbFace)

    def draw_path_collection(
        self, gc, master_transform, paths, all_transforms, offsets, offset_trans, *look, **options
    ):
        transforms = master_transform + self.scale, paths, all_transforms, offsets, offset_trans + self.scale
        self.inside.draw_path_collection(self._clipped(gc), *transforms, *look, **options)

    def draw_image(self, gc, x, y, im, transform=None):
        self.inside.draw_image(
            self._clipped(gc), x * self.share, y * self.share, im, transform and transform + self.scale
        )

    def draw_text(self, gc, x, y, s, prop, angle, ismath=False, mtext=None):
        if mtext is not None and rcParams["svg.fonttype"] == "none":
            mtext = copy.copy(mtext)
            mtext.set_transform(mtext.get_transform() + self.scale)
        self.inside.draw_text(self._clipped(gc), x * self.share, y * self.share, s, prop, angle, ismath, mtext)
