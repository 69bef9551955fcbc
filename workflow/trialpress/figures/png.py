"""PNG files with a palette in the place of four bytes a pixel: a third of the size."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..files import write_whole

COLOURS = 256  # a figure has fewer, but for the shades at the edges of its letters and lines


def save(pixels: np.ndarray, dpi: float, path: Path) -> None:
    """Opaque pixels (height, width, 4) as matplotlib draws them."""
    import pyarrow as pa
    from PIL import Image

    flat = pixels.view(np.uint32).ravel()
    starts = np.flatnonzero(np.r_[True, flat[1:] != flat[:-1]])  # of runs of one colour: a tenth of the pixels
    lengths = np.diff(starts, append=len(flat))
    seen = pa.array(flat[starts]).dictionary_encode()
    colours = seen.dictionary.to_numpy().view(np.uint8).reshape(-1, 4)[:, :3]
    places = seen.indices.to_numpy()
    palette, of = chosen(colours, np.bincount(places, weights=lengths))
    picture = Image.fromarray(np.repeat(of[places], lengths).reshape(pixels.shape[:2]))
    picture.putpalette(palette.tobytes())
    write_whole(path, lambda to: picture.save(to, format="PNG", dpi=(dpi, dpi)))


def chosen(colours: np.ndarray, counts: np.ndarray, most: int = COLOURS) -> tuple[np.ndarray, np.ndarray]:
    """Of colours (n, 3) and how often each is seen at most `most` (k, 3), from light to dark, and the place of each colour's
    nearest among them (n,). The next one chosen is always the one that is worst shown by those before (Gonzalez 1985, with
    the root of the counts as weights), so that few colours are exact.

    >>> chosen(np.array([[0, 0, 0], [9, 9, 9], [8, 9, 9]], np.uint8), np.array([1, 9, 1]), 2)
    (array([[9, 9, 9],
           [0, 0, 0]], dtype=uint8), array([1, 0, 0], dtype=uint8))
    """
    points, weights = colours.astype(np.float32), np.sqrt(counts)  # whole numbers below 2 to the 24: exact
    squares = (points**2).sum(axis=1)
    far, nearest = np.full(len(points), np.float32(2**24)), np.zeros(len(points), np.uint8)
    picked: list[int] = []
    if len(points) <= most:  # all of them
        far, weights, nearest, picked = np.zeros(1), np.ones(1), np.arange(len(points)), [*range(len(points))]
    while len(picked) < most and far[one := int((far * weights).argmax())]:  # else all are shown as they are
        picked.append(one)
        distance = squares - 2 * (points @ points[one]) + squares[one]
        closer = distance < far
        far[closer], nearest[closer] = distance[closer], len(picked) - 1
    order = np.argsort(-points[picked].sum(axis=1), kind="stable")
    return colours[picked][order], order.argsort().astype(np.uint8)[nearest]
