"""What a reader reads in an edition, as one text."""

from __future__ import annotations

import re
import zipfile
from collections import Counter
from pathlib import Path

import pypdf
from lxml import etree

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"


def squeezed(text: str) -> str:
    return re.sub(r"\s+", " ", text.replace("\xa0", " "))


def text(path: Path) -> str:
    match path.suffix:
        case ".html":
            body = etree.HTML(path.read_text(encoding="utf-8")).find("body")
            # what only a screen reader says, and the heading that Quarto gives the footnotes, are no part of the text
            apart = [
                f".//*[contains(@class, '{name}')]"
                for name in ("screen-reader-only", "visually-hidden", "quarto-appendix-heading")
            ]
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


def links(path: Path) -> Counter[str]:
    """Where an edition's links, cross-references and citations lead, each as often as it stands there."""
    match path.suffix:
        case ".html":
            article = etree.HTML(path.read_text(encoding="utf-8")).find(".//main")
            frame = ("anchorjs-link", "lightbox", "footnote-back")
            found = article.xpath(".//a[@href]")
            return Counter(a.get("href") for a in found if not any(name in a.get("class", "") for name in frame))
        case ".docx":
            with zipfile.ZipFile(path) as parts:
                document = etree.fromstring(parts.read("word/document.xml"))
                relations = etree.fromstring(parts.read("word/_rels/document.xml.rels"))
            target = {part.get("Id"): part.get("Target") for part in relations}
            fields = [field.text for field in document.iter(f"{W}instrText")]
            counted = [field.get(f"{W}instr") for field in document.iter(f"{W}fldSimple")]
            jumps = [a.get(f"{W}anchor") or target[a.get(f"{R}id")] for a in document.iter(f"{W}hyperlink")]
            return Counter([*fields, *counted, *jumps])
        case ".xml":
            tree = etree.fromstring(path.read_bytes())
            inner = [f"{a.get('ref-type')} {a.get('rid')}" for a in tree.iter("xref")]
            return Counter([*inner, *(a.get("{http://www.w3.org/1999/xlink}href") for a in tree.iter("ext-link"))])
    pages = pypdf.PdfReader(path).pages
    notes = [note.get_object() for page in pages for note in page.get("/Annots", ())]
    return Counter(str(note.get("/A", {}).get("/URI", "in the document")) for note in notes)
