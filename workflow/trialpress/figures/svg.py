"""SVG files whose texts stay texts, for editors: with the glyphs that they need of the fonts inside the file.

The glyphs as paths, which every other file has, look the same everywhere; as texts they can be searched, read aloud and
changed, and still look the same where the fonts are not installed.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable
from pathlib import Path

from . import style

WEIGHTS = {"normal": 400, "semibold": 600}


def with_fonts(svg: str, figure) -> str:
    """An SVG file of a figure, written with texts, and the parts of the fonts that its texts need. The same bytes on every
    run: the fonts keep the date of their files."""
    from matplotlib.text import Text

    used: dict[str, set[str]] = {weight: set() for weight in WEIGHTS}
    for text in figure.findobj(Text):
        used["semibold" if text.get_fontweight() in ("semibold", 600) else "normal"] |= set(text.get_text())
    faces = []
    for weight, characters in used.items():
        for family in style.families():
            of = characters if family == style.FALLBACK else characters & style.characters(family)
            characters = characters - of
            if of - {"\n"}:
                font = base64.b64encode(part(style.face(family, weight), of)).decode("ascii")
                faces.append(f"@font-face{{font-family:'{family}';font-weight:{WEIGHTS[weight]};"
                             f"src:url(data:font/ttf;base64,{font}) format('truetype')}}")  # fmt: skip
    end = svg.index(">", svg.index("<svg")) + 1
    return f"{svg[:end]}\n<style>{''.join(faces)}</style>{svg[end:]}"


def part(path: Path | str, characters: Iterable[str]) -> bytes:
    """A font file with the glyphs of these characters only."""
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont

    font = TTFont(path, recalcTimestamp=False)
    options = Options(layout_features=["kern", "liga"], notdef_outline=True)
    options.drop_tables += ["FFTM"]  # the date on which the font was made
    subsetter = Subsetter(options)
    subsetter.populate(text="".join(sorted(characters)))
    subsetter.subset(font)
    to = io.BytesIO()
    font.save(to)
    return to.getvalue()
