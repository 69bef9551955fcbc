"""A page that needs nothing beside it, as Pandoc's --embed-resources makes it: byte for byte, in a tenth of its time. Pandoc parses the
whole page and writes it anew; of a page of the parts that are known here, this does what it would do to them."""

from __future__ import annotations

import base64
import re
from pathlib import Path

MEDIA = {".png": "image/png", ".webp": "image/webp", ".svg": "image/svg+xml"}
_APART = re.compile(r"(<style>.*?</style>|<script>.*?</script>)", re.S)
_CSS = re.compile(r"/\*.*?\*/|(?<=\s)\s+", re.S)
_ATTRIBUTES = r'(?:\ [a-z][a-z-]*="[^"<>]*")*'
_KNOWN = re.compile(
    rf"""<!DOCTYPE\ html> | <(?:br|hr|img|col){_ATTRIBUTES}\ /> | <meta{_ATTRIBUTES}>
    | </?(?:a|abbr|aside|b|blockquote|body|caption|code|colgroup|dd|del|div|dl|dt|em|figcaption|figure|h[1-6]|head|header|html|i|kbd|li
    |main|mark|nav|ol|p|pre|section|small|span|strong|sub|sup|table|tbody|td|tfoot|th|thead|title|tr|u|ul){_ATTRIBUTES}>""",
    re.X,
)
_IMAGE = re.compile(r'<img src="([^"]*)"([^<>]*)>')


def page(text: str, source: Path) -> str | None:
    """A page as Pandoc writes it, with the pictures of source/figures/ within it; None if it has anything else: a picture of another
    place, a video, a formula, HTML of the author, a style sheet that leads to other files."""
    parts = _APART.split(text)
    made = [_styles(part) if i % 2 else _markup(part, source) for i, part in enumerate(parts)]
    return None if None in made else "".join(made)


def _styles(part: str) -> str | None:
    if part.startswith("<script>"):
        return part
    if not part.isascii() or re.search(r"url\(|@import", part, re.I):
        return None
    return _CSS.sub("", part)


def _markup(part: str, source: Path) -> str | None:
    if re.search(r"<|&(?!(?:amp|lt|gt|quot|#39);)", _KNOWN.sub("", part)):
        return None
    held = {name: _held(name, source) for name, _ in _IMAGE.findall(part)}
    if None in held.values() or part.count("<img ") != len(_IMAGE.findall(part)):
        return None

    def put(match: re.Match) -> str:
        alt = re.search(r' alt="([^"]+)"', match[2])
        label = f' aria-label="{alt[1]}"' if alt else ""
        return f'<img role="img"{label} src="{held[match[1]]}"{match[2]}>'

    return _IMAGE.sub(put, part.replace("'", "&#39;"))


def _held(name: str, source: Path) -> str | None:
    """The address of a picture that holds it."""
    path, kind = source / name, MEDIA.get(Path(name).suffix)
    if not (kind and re.fullmatch(r"figures/[\w.-]+", name, re.A) and path.is_file()):
        return None
    return f"data:{kind};base64,{base64.b64encode(path.read_bytes()).decode('ascii')}"
