"""What Word's file needs beyond what Pandoc writes: the banner in the header of every page, and rows that stay whole."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

from . import stand_ins

BANNER = re.compile(r'<w:pStyle w:val="Banner" ?/>.*?</w:p>', re.S)
TEXT = re.compile(r"<w:t(?: [^>]*)?>([^<]*)</w:t>")
FIELD = re.compile(r'(<w:fldSimple w:instr=" STYLEREF Banner ">.*?<w:t[^>]*>)[^<]*(</w:t>.*?</w:fldSimple>)', re.S)


def document(path: Path) -> str:
    """The text of a file, in Word's XML."""
    with zipfile.ZipFile(path) as parts:
        return parts.read("word/document.xml").decode("utf-8")


def finish(path: Path, source: Path | None = None, text: str | None = None) -> None:
    """Write the banner's text into the header's field, which Word alone would fill; no row goes over two pages; the pictures of the
    project `source` take the places of what stands in for them. text: instead of that of the file."""
    text = document(path) if text is None else text
    found = BANNER.search(text)
    said = "".join(TEXT.findall(found[0])) if found else ""
    rewrite(path, {"word/document.xml": lambda _: whole_rows(text)}, said, source)


def rewrite(path: Path, changes: dict[str, Callable[[str], str]], banner: str, source: Path | None = None) -> None:
    """The parts again, changed, in their order and with their times; without a banner the header is empty."""
    held, packed = BytesIO(path.read_bytes()), BytesIO()
    with zipfile.ZipFile(held) as parts, zipfile.ZipFile(packed, "w") as out:
        for part in parts.infolist():
            content = parts.read(part)
            if part.filename in changes:
                content = changes[part.filename](content.decode("utf-8")).encode("utf-8")
            elif re.fullmatch(r"word/header\d*\.xml", part.filename):
                content = header(content.decode("utf-8"), banner).encode("utf-8")
            elif source and part.filename.startswith("word/media/"):
                content = stand_ins.picture(content, source) or content
            stored = part.filename.endswith((".png", ".jpg", ".jpeg"))  # they are packed already
            out.writestr(part, content, zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED)
    path.write_bytes(packed.getvalue())


def header(text: str, banner: str) -> str:
    return FIELD.sub(lambda field: f"{field[1]}{banner}{field[2]}" if banner else "", text)


def whole_rows(text: str) -> str:
    text = re.sub(r"(<w:tr(?: [^>]*)?>)(?!\s*<w:trPr>)", r"\1<w:trPr></w:trPr>", text)
    return re.sub(r"<w:trPr>(?!<w:cantSplit)", "<w:trPr><w:cantSplit />", text)
