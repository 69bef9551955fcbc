"""The fonts that a study brings, inside its HTML: of each the letters that the page has and Latin fonts have not."""

from __future__ import annotations

import base64
from pathlib import Path

from ..environment import fonts

FAMILY = "Study"  # as the style sheet of the page names them
OTHERS = 0x2E80  # from here on: scripts for which the page's own fonts have nothing


def embed(page: Path, source: Path) -> None:
    """Write the letters into the head of an HTML page; source: the manuscript's folder, with fonts/."""
    if not (files := fonts(source)):
        return
    text = page.read_text(encoding="utf-8")
    letters = {letter for letter in text if ord(letter) >= OTHERS}
    faces = "".join(face for file in files if (face := _face(file, letters)))
    if faces:
        page.write_bytes(text.replace("</head>", f"<style>{faces}</style>\n</head>", 1).encode("utf-8"))


def _face(file: str, letters: set[str]) -> str:
    from fontTools.ttLib import TTFont

    from ..figures.svg import part

    font = TTFont(file, lazy=True)
    of = letters & set(map(chr, font.getBestCmap()))
    if not of:
        return ""
    weight, kind = (700 if font["OS/2"].usWeightClass >= 600 else 400), "otf" if "CFF " in font else "ttf"
    held = base64.b64encode(part(file, of)).decode("ascii")
    return f"@font-face{{font-family:{FAMILY};font-weight:{weight};src:url(data:font/{kind};base64,{held})}}"
