"""Tables that are as they were: Pandoc reads and writes one word in the place of their cells, and what it made of them the last
time is put there. Of an edited manuscript it so reads and writes the text alone.

What Pandoc makes of a table is the same wherever it stands if it holds nothing that has a number, a name or a place of its own (a
reference, a note, a formula, a picture, an identifier). Its caption, which has, is made anew each time. A word that is not where the
cells would be is not looked for elsewhere: then Pandoc is given all cells, as if nothing were kept.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from ..files import sha256
from ..parts import hash_of
from ..store import Store
from .conditions import said, shown
from .renderer import pandoc_version

# A pipe table whose caption has an identifier, after an empty line.
_PIPE = re.compile(r"(?:\A|(?<=\n\n))((?:\|[^\n]*\n){3,})(?=\n+:[ \t][^\n]*\{#([\w-]+)[^{}\n]*\}[ \t]*$)", re.M)
# What is read by something that stands elsewhere: citations, formulas, notes, macros, HTML; and, by the name of their target, links:
# brackets that are left when links and spans with attributes are taken out.
_ELSEWHERE = re.compile(r"(?<![A-Za-z0-9])@|\$|\^\[|\[\^|\\[A-Za-z\[\]]|<[A-Za-z/!?]")
_LINK = re.compile(r"\[[^\[\]]*\]\([^()\s]*\)(?:\{[^{}]*\})?")
_SPAN = re.compile(r"\[[^\[\]]*\]\{[^{}]*\}")
# What a table may consist of, in the words of Pandoc's tree.
_KINDS = """
    Plain Para Str Space SoftBreak LineBreak Strong Emph Superscript Subscript Strikeout Underline SmallCaps
    Quoted SingleQuote DoubleQuote Link Span Code AlignLeft AlignRight AlignCenter AlignDefault ColWidthDefault ColWidth
"""
# An identifier, a key with its value, code in a language, a link that leads to a place of the document or of the web.
_OWN = re.compile(r'"c":\[\["[^"]|\["",\[[^]]*\],\[\[|"Code","c":\[\["",\["|\["(?:#|[A-Za-z][\w+.-]*:)')
Attr = list[Any]


@dataclass
class Kept:
    """What was made of tables: in one format, or when they were read. store: where it is from and goes to, or None."""

    store: Store | None
    had: Mapping[str, Any] = field(default_factory=dict)
    used: dict[str, Any] = field(default_factory=dict)

    def get(self, key: str) -> Any | None:
        if key in self.had:
            self.used[key] = self.had[key]
        return self.had.get(key)

    def save(self) -> None:
        """Keep what was used or made, and nothing else."""
        if self.store and self.used != self.had:
            used = dict(sorted(self.used.items()))
            self.store.keep("tables", json.dumps(used, ensure_ascii=False, separators=(",", ":")).encode("utf-8"))
            self.store.forget()


def opened(folder: Path | None, what: str) -> Kept:
    """What is kept below `folder` of a format, or of the tree. It is made by Pandoc, its filters and this package's report."""
    if folder is None:
        return Kept(None)
    store = Store(folder / what, [what, _code(), pandoc_version()])
    content = store.taken("tables")
    return Kept(store, json.loads(content) if content else {})


@cache
def _code() -> list[str]:
    here = Path(__file__).parent
    return [sha256(path) for path in sorted([*here.glob("*.py"), *here.glob("assets/*")]) if path.is_file()]


def word(key: str) -> str:
    """What stands in a table's place."""
    return f"unchanged{key[:24]}"


# reading ----------------------------------------------------------------------------------------------------------------


def found(text: str, reader: str) -> dict[str, tuple[str, tuple[int, int]]]:
    """Identifier -> key and place of each pipe table of a text that is read the same wherever it stands."""
    at, named = {}, Counter(re.findall(r"\{#([\w-]+)", text))
    for match in _PIPE.finditer(text):
        if named[match[2]] == 1 and _alike(match[1]):
            at[match[2]] = hash_of([reader, match[1]]), match.span(1)
    return at


def _alike(lines: str) -> bool:
    """Whether a table is read the same wherever it stands."""
    return not _ELSEWHERE.search(lines) and not re.search(r"[\[\]]", _SPAN.sub("", _LINK.sub("", lines)))


def without(text: str, at: Mapping[str, tuple[str, tuple[int, int]]], kept: Kept) -> tuple[str, set[str]]:
    """The text with one word in the place of each table that is kept, its lines where they were; and the tables' identifiers."""
    parts, last, names = [], 0, set()
    for name, (key, (start, end)) in at.items():
        if kept.get(key) is not None:
            room = "\n" * (text.count("\n", start, end) - 3)
            parts += [text[last:start], f"{room}| a |\n|---|\n| {word(key)} |\n"]
            last = end
            names.add(name)
    return "".join([*parts, text[last:]]), names


def tables(blocks: list, within: tuple[Attr, ...] = ()) -> Iterator[tuple[list, int, tuple[Attr, ...]]]:
    """Each table with an identifier: the blocks that hold it, its place in them, and the attributes of the divisions around it."""
    for i, block in enumerate(blocks):
        match block["t"]:
            case "Div":
                yield from tables(block["c"][1], (*within, block["c"][0]))
            case "Table" if block["c"][0][0]:
                yield blocks, i, within


def filled(blocks: list, at: Mapping[str, tuple[str, tuple[int, int]]], names: set[str], kept: Kept) -> bool:
    """Put the cells of kept tables into the tree, and keep those of the others; False if a word is not where its table was."""
    seen = set()
    for held, i, _ in tables(blocks):
        content = held[i]["c"]
        name = content[0][0]
        if name in names:
            if name in seen or not _is_word(content, at[name][0]):
                return False
            content[2:] = kept.get(at[name][0])
            seen.add(name)
        elif name in at:
            kept.used[at[name][0]] = content[2:]
    return seen == names


def _is_word(content: list, key: str) -> bool:
    """Whether a table has one cell with this word."""
    cells = [cell for body in content[4] for row in body[3] for cell in row[1]]
    return len(cells) == 1 and cells[0][4] == [{"t": "Plain", "c": [{"t": "Str", "c": word(key)}]}]


# writing ----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Edition:
    """The tables of one format. blocks: the document's, with one word in the place of each table that is kept; keys and put: the
    keys of those that were written, and of those that are put in, by identifier."""

    fmt: str
    blocks: list
    keys: Mapping[str, str]
    put: Mapping[str, str]
    kept: Kept

    def whole(self, text: str) -> str | None:
        """What Pandoc has written, with all tables, and what it has made of the others kept; None if a word is not in its place."""
        for name, key in self.put.items():
            cut = _cut(self.fmt, text, name)
            if cut is None or text.count(word(key)) != 1 or word(key) not in text[slice(*cut)]:
                return None
        for name, key in self.keys.items():
            if (cut := _cut(self.fmt, text, name)) and (made := _taken(self.fmt, text, cut)):
                self.kept.used[key] = [made[0], made[2]]
        for name, key in self.put.items():
            start, end = _cut(self.fmt, text, name)
            made = _taken(self.fmt, text, (start, end))
            if made is None:
                return None
            before, after = (_indented(self.fmt, text, start, part) for part in self.kept.used[key])
            text = f"{text[:start]}{before}{made[1]}{after}{text[end:]}"
        return text


def edition(fmt: str, blocks: list, meta: Mapping[str, Any], kept: Kept) -> Edition:
    """The tables of a document in one format. meta: its metadata, in which its language, its direction and what is on or off decide
    how Pandoc writes."""
    keys, put = {}, {}
    settings = {name: meta[name] for name in meta if name in ("lang", "dir") or meta[name]["t"] == "MetaBool"}
    if kept.store is None:
        return Edition(fmt, blocks, keys, put, kept)

    def given(blocks: list, within: tuple[Attr, ...]) -> list:
        return [one(block, within) for block in blocks]

    def one(block: dict, within: tuple[Attr, ...]) -> dict:
        if block["t"] == "Div":
            attr, inner = block["c"]
            if shown(said(attr), fmt) is False:
                return block
            return {"t": "Div", "c": [attr, given(inner, (*within, attr))]}
        if block["t"] != "Table" or not block["c"][0][0]:
            return block
        attr, caption, *cells = block["c"]
        if (key := _key([fmt, settings, attr, list(within)], cells)) is None:
            return block
        if kept.get(key) is None:
            keys[attr[0]] = key
            return block
        put[attr[0]] = key
        return {"t": "Table", "c": [attr, caption, *_cells(word(key))]}

    made = given(blocks, ())
    return Edition(fmt, made, keys, put, kept)


def _key(around: list, cells: list) -> str | None:
    """Of all that decides what a format makes of a table, apart from its caption; None if something else does."""
    text = json.dumps(cells, ensure_ascii=False, separators=(",", ":"))
    if _OWN.search(text) or not {*_KINDS.split()}.issuperset(re.findall(r'"t":"(\w+)"', text)):
        return None
    return hash_of([*around, text])


def _cells(text: str) -> list:
    """Columns, head, body and foot of a table with one cell."""
    none = ["", [], []]
    cell = [none, {"t": "AlignDefault"}, 1, 1, [{"t": "Plain", "c": [{"t": "Str", "c": text}]}]]
    columns = [[{"t": "AlignDefault"}, {"t": "ColWidthDefault"}]]
    return [columns, [none, []], [[none, 0, [], [[none, [cell]]]]], [none, []]]


def _once(text: str, part: str) -> int:
    """Where a part stands, if it does once; else -1."""
    return text.find(part) if text.count(part) == 1 else -1


def _cut(fmt: str, text: str, name: str) -> tuple[int, int] | None:
    """From where to where the cells of a table stand in what Pandoc has written."""
    if fmt == "pdf":
        at = _once(text, f"\n<{name}>\n")
        end = text.rfind(")]\n  , caption: ", 0, max(at, 0))
        start = text.rfind("#figure(\n", 0, max(end, 0))
        parted = "#figure(" in text[max(end, 0) : at] or text[at + len(name) + 4 :][:40].lstrip().startswith(
            "#table-continued"
        )
        return (start + 9, end + 2) if -1 not in (at, end, start) and not parted else None
    first = {"html": f'<div id="{name}" class="table-float">\n<div class="table-scroll"', "jats": f'<table id="{name}"'}
    first["docx"] = f'w:name="_Ref_{re.sub("[^A-Za-z0-9]", "_", name)}"/>'
    opens, closes = ("<w:tbl>", "</w:tbl>") if fmt == "docx" else ("<table", "</table>")
    at = _once(text, first[fmt])
    start = text.find(opens, max(at, 0))
    end = text.find(closes, start)
    parted = fmt == "docx" and "Continued, further columns:" in text[end : end + 300]
    if -1 in (at, start, end) or parted or fmt == "docx" and text.count("<w:p>", at, start):
        return None
    return start, end + len(closes)


def _taken(fmt: str, text: str, cut: tuple[int, int]) -> tuple[str, str, str] | None:
    """What stands before the caption, the caption, and what stands after it, of what was cut out; None if it cannot be parted."""
    held, hole = text[slice(*cut)], {"html": r"<caption>.*?</caption>\n", "docx": r'<w:tblCaption w:val="[^"]*" />'}
    if fmt == "jats":
        indent = _indent(text, cut[0])
        lines = held.split(f"\n{indent}")
        return ("\n".join(lines), "", "") if len(lines) == held.count("\n") + 1 else None
    if fmt == "pdf":
        return held, "", ""
    match = re.search(hole[fmt], held, re.S)
    return (held[: match.start()], match[0], held[match.end() :]) if match else None


def _indent(text: str, at: int) -> str:
    """The spaces before a place."""
    before = text[text.rfind("\n", 0, at) + 1 : at]
    return before if before.isspace() else ""


def _indented(fmt: str, text: str, at: int, part: str) -> str:
    return part.replace("\n", f"\n{_indent(text, at)}") if fmt == "jats" else part
