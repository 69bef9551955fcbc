"""What a reader reads in an edition, as one text."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pypdf
from lxml import etree

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"


def squeezed(text: str) -> str:
    return re.sub(r"\s+", " ", text.replace("\xa0", " "))


def text(path: Path) -> str:
    match path.suffix:
        case ".html":
            body = etree.HTML(path.read_text(encoding="utf-8")).find("body")
            # what only a screen reader says, and the heading that Quarto gives the footnotes, are no part of the text
            apart = [f".//*[contains(@class, '{name}')]" for name in ("screen-reader-only", "quarto-appendix-heading")]
            for element in body.xpath(" | ".join([".//script", ".//style", ".//nav", ".//annotation", *apart])):
                element.text = ""
                for child in list(element):
                    element.remove(child)
            return squeezed("".join(body.itertext()))
        case ".docx":
            with zipfile.ZipFile(path) as parts:
                names = [name for name in ("document", "footnotes") if f"word/{name}.xml" in parts.namelist()]
                trees = [etree.fromstring(parts.read(f"word/{name}.xml")) for name in names]
            return squeezed(
                " ".join("".join(p.itertext(f"{W}t", f"{M}t")) for tree in trees for p in tree.iter(f"{W}p"))
            )
        case ".xml":
            return squeezed("".join(etree.fromstring(path.read_bytes()).itertext()))
    return squeezed(" ".join(page.extract_text() for page in pypdf.PdfReader(path).pages))
