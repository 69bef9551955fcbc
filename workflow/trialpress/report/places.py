"""Where a manuscript prints a number: the sentence, the cell of a table, the legend of a figure. Every number in it is a link to its
record on the audit's page, and only numbers are."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from lxml import html

SENTENCE = re.compile(r"(?<=[.;:!?])\s+(?=[A-Z0-9])")
BLOCKS = ("p", "li", "dd", "h1", "h2", "h3", "figcaption", "caption", "td", "th", "div")


@dataclass(frozen=True)
class Place:
    """kind: text, table or figure; where: the sentence, or table, row and column; text: what is printed there."""

    kind: str
    where: str
    text: str


def plain(node) -> str:
    return " ".join("".join(node.itertext()).split())


def places(folder: Path) -> dict[str, list[Place]]:
    """Id of a number -> its places in report/manuscript.html, in their order; nothing without that edition."""
    found: dict[str, list[Place]] = {}
    tree = _tree(folder)
    for link in () if tree is None else tree.xpath("//a[contains(concat(' ', @class, ' '), ' num ')]"):
        _, _, record = link.get("href", "").partition("#")
        found.setdefault(unquote(record), []).append(_place(link))
    return found


def sentences(folder: Path) -> list[str]:
    """The sentences of paragraphs, lists and headings in report/manuscript.html, each once; nothing without that edition."""
    tree = _tree(folder)
    blocks = () if tree is None else tree.xpath("//*[self::p or self::li or self::dd or self::h1 or self::h2 or self::h3][not(.//p or .//li)]")  # fmt: skip
    return list(dict.fromkeys(one for block in blocks for one in SENTENCE.split(plain(block)) if one))


def _tree(folder: Path):
    path = folder / "report" / "manuscript.html"
    if not path.is_file():
        return None
    return html.document_fromstring(path.read_bytes(), parser=html.HTMLParser(encoding="utf-8", huge_tree=True))


def _place(link) -> Place:
    above = list(link.iterancestors())
    cell = next((node for node in above if node.tag in ("td", "th")), None)
    table = next((node for node in above if node.tag == "table"), None)
    if cell is not None and table is not None:
        return Place("table", _cell(cell, table), plain(link))
    caption = next((node for node in above if node.tag in ("figcaption", "caption")), None)
    if caption is not None:
        return Place("figure" if caption.tag == "figcaption" else "table", plain(caption), plain(link))
    block = next((node for node in above if node.tag in BLOCKS), above[0])
    return Place("text", _sentence(block, link), plain(link))


def _cell(cell, table) -> str:
    """'Table 1. Characteristics: Sex; Male; Overall (n = 51)', and of a head that spans others 'R/R (n = 42): Grade ≥3'."""
    row, caption = cell.getparent(), table.find("caption")
    if row.getparent().tag == "thead":
        names = [plain(cell)]
    else:
        at = sum(int(one.get("colspan", 1)) for one in cell.itersiblings("td", "th", preceding=True))
        names = [*_rows(row), _heads(table).get(at, "")]
    named = plain(caption) if caption is not None else "a table"
    return f"{named} {'; '.join(filter(None, dict.fromkeys(names)))}"


def _heads(table) -> dict[int, str]:
    """The name of each column: the heads over it from above. A head that spans rows takes its columns in each of them."""
    found: dict[tuple[int, int], str] = {}
    rows = table.xpath("./thead/tr")
    for line, row in enumerate(rows):
        at = 0
        for head in row:
            while (line, at) in found:
                at += 1
            wide, deep = (int(head.get(name, 1)) for name in ("colspan", "rowspan"))
            found |= {(line + i, at + j): plain(head) for i in range(deep) for j in range(wide)}
    columns = {column for _, column in found}
    over = {column: [found.get((line, column), "") for line in range(len(rows))] for column in columns}
    return {column: ": ".join(filter(None, dict.fromkeys(names))) for column, names in over.items()}


def _rows(row) -> list[str]:
    """The name of a row, before it that of the row which it stands below: one that is indented less, or a heading."""
    deep, above = _indent(row), row.itersiblings("tr", preceding=True)
    before = next((one for one in above if _indent(one) < deep or _heading(one)), None)
    if before is not None and _indent(before) == deep and _indent(before.getnext()) > deep:
        before = None  # a heading of the rows that are indented below it
    return [*([] if before is None else [plain(before[0])]), plain(row[0])]


def _heading(row) -> bool:
    return row[0].find(".//strong") is not None and not any(plain(cell) for cell in row[1:])


def _indent(row) -> int:
    text = "".join(row[0].itertext())
    return len(text) - len(text.lstrip("\u00a0"))


def _sentence(block, link) -> str:
    """The sentence of a paragraph in which the link stands."""
    before = []

    def walk(node) -> bool:
        if node is link:
            return True
        before.append(node.text or "")
        for child in node:
            if walk(child):
                return True
            before.append(child.tail or "")
        return False

    walk(block)
    start, end = len(" ".join("".join(before).split())), 0
    for sentence in SENTENCE.split(plain(block)):
        end += len(sentence) + 1
        if start < end - 1:
            return sentence
    return plain(block)
