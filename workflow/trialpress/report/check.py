"""What must hold in a manuscript whichever engine renders it: identifiers, citations, links, images, alternative texts."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ..errors import InputError, Problem
from . import qmd, tree
from .conditions import said, shown
from .process import Failed, run
from .renderer import base, pandoc

KINDS = {"fig", "tbl", "sec", "eq", "lst", "thm", "lem", "cor", "prp", "cnj", "def", "exm", "exr", "sol", "rem", "alg"}
KINDS |= {"nte", "tip", "wrn", "imp", "cau"}
TABLE = re.compile(r"<!--|</|<(table|caption|colgroup|col|thead|tbody|tfoot|tr|th|td)\b")  # Quarto reads tables in HTML
ATTR = {"Div": 0, "Span": 0, "Code": 0, "CodeBlock": 0, "Header": 1, "Figure": 0, "Table": 0, "Link": 0, "Image": 0}
BARE = {"Str", "Space", "SoftBreak", "LineBreak", "HorizontalRule"}  # nothing is looked for in them


class Seen:
    """What stands in a document as one format shows it."""

    def __init__(self, fmt: str) -> None:
        self.fmt = fmt
        self.ids: Counter[str] = Counter()
        self.cited: dict[str, None] = {}
        self.links: dict[str, None] = {}
        self.images: list[tuple[str, str, str]] = []  # address, alternative text, figure
        self.raw: list[tuple[str, str]] = []  # format, text


def _plain(nodes: Any) -> str:
    """The text of inlines."""
    if isinstance(nodes, list):
        return "".join(map(_plain, nodes))
    if not isinstance(nodes, dict):
        return ""
    content = nodes.get("c")
    if nodes.get("t") in ("Str",):
        return content
    return " " if nodes.get("t") in ("Space", "SoftBreak") else _plain(content)


def look(node: Any, seen: list[Seen], figure: str = "", conditional: bool = False) -> None:
    """Walk the document's tree once for all formats, leaving out for each what it does not show."""
    if isinstance(node, list):
        for i, item in enumerate(node):
            if isinstance(item, list) or isinstance(item, dict) and item.get("t") not in BARE:
                look(item, seen, figure, conditional)
                if isinstance(item, dict) and item.get("t") == "Math" and item["c"][0]["t"] == "DisplayMath":
                    following = _plain(node[i + 1 : i + 3]).strip()
                    if following.startswith("{#eq-") and following.endswith("}"):
                        for one in seen:
                            one.ids[following[2:-1].split()[0]] += 1
        return
    if not isinstance(node, dict):
        return
    kind, content = node.get("t"), node.get("c")
    if kind is None:  # metadata, or the whole
        for value in node.values():
            look(value, seen, figure, conditional)
        return
    if kind in ATTR:
        attr = content[ATTR[kind]]
        if kind in ("Div", "Span"):
            written = said(attr)
            seen = [one for one in seen if shown(written, one.fmt) is not False]
            conditional = conditional or "-meta" in written or "-profile" in written
        if attr[0]:
            for one in seen:
                one.ids[attr[0]] += 0 if conditional and one.ids[attr[0]] else 1
    match kind:
        case "Figure":
            figure = content[0][0] or "a figure"
        case "Div" if content[0][0].startswith("fig-"):
            figure = content[0][0]
        case "Cite":
            for one in seen:
                one.cited |= {item["citationId"]: None for item in content[0]}
        case "Link" if content[2][0].startswith("#"):
            for one in seen:
                one.links[content[2][0][1:]] = None
        case "Image":
            given = dict(content[0][2])
            # the text between the brackets is a figure's caption, but an inline image's alternative text
            alt = given.get("fig-alt") or given.get("alt") or ("" if figure else _plain(content[1]))
            for one in seen:
                one.images.append((content[2][0], alt.strip(), figure))
        case "RawInline" | "RawBlock":
            for one in seen:
                one.raw.append((content[0], content[1]))
    if seen:
        look(content, seen, figure, conditional)


def bibliography(source: Path, meta: dict[str, Any]) -> set[str]:
    """The keys of all entries."""
    named = meta.get("bibliography") or []
    keys = {str(entry.get("id")) for entry in meta.get("references", []) if isinstance(entry, dict)}
    for name in [named] if isinstance(named, str) else named:
        path = source / str(name)
        if not path.is_file() or not path.resolve().is_relative_to(source.resolve()):
            what, do = "bibliography does not exist in the manuscript's folder", "put the file there and write its name"
            raise InputError([Problem(str(name), what, "no citation could be printed", do)])
        reader = {".json": "csljson", ".bibtex": "bibtex", ".ris": "ris"}.get(path.suffix, "biblatex")
        if path.suffix in (".yaml", ".yml"):
            entries = qmd.load_yaml(path).get("references", [])
        else:
            try:
                entries = json.loads(run([pandoc(), f"--from={reader}", "--to=csljson", str(path)])[0])
            except Failed as error:
                why, do = "no citation could be printed", "mend the file"
                raise InputError([Problem(name, f"the bibliography cannot be read: {error}", why, do)]) from None
        keys |= {str(entry["id"]) for entry in entries}
    return keys


PRINTED = ("title", "subtitle", "abstract", "banner")  # of the metadata


def problems(
    source: Path, document: qmd.Document, formats: Iterable[str], read: tree.Tree | None = None
) -> list[Problem]:
    """Dangling and double identifiers, unknown citations, missing images and alternative texts, by file and line.

    read: the document's tree, with the metadata of the first format, if Pandoc has read it already.
    """
    found: dict[tuple[str, str], Problem] = {}
    formats = list(formats)
    meta = qmd.merged(document, formats[0])
    read = read or tree.read(document, {formats[0]: {name: meta[name] for name in PRINTED if meta.get(name)}})
    front, keys = read.metas[formats[0]], bibliography(source, meta)
    whole = [[front[name] for name in PRINTED if name in front], read.blocks]
    custom = {str(own.get("key")) for own in _crossref(meta).get("custom", ()) if isinstance(own, dict)}
    seen = [Seen(fmt) for fmt in formats]
    look(whole, seen)
    for one in seen:
        for problem in _of(one, one.fmt, source, keys, KINDS | custom, document):
            found.setdefault((problem.where, problem.what), problem)
    return list(found.values())


def _crossref(meta: dict[str, Any]) -> dict[str, Any]:
    value = meta.get("crossref")
    return value if isinstance(value, dict) else {}


def _of(
    seen: Seen, fmt: str, source: Path, keys: set[str], kinds: set[str], document: qmd.Document
) -> Iterator[Problem]:
    find = document.find
    gap = "the reader would find a gap or a wrong number there"
    for name, times in seen.ids.items():
        if times > 1 and name.partition("-")[0] in kinds and "-" in name:
            yield Problem(find(f"#{name}"), f"duplicate identifier: {name}", gap, "give one another identifier")
    for name in seen.cited:
        kind, dash, _ = name.partition("-")
        if dash and kind in kinds:
            if name not in seen.ids:
                yield Problem(find(f"@{name}"), f"unresolved cross-reference: @{name}", gap, "name what is there")
        elif name not in keys and name != "*":
            do = "add the entry, or mend the key"
            yield Problem(find(f"@{name}"), f"citation @{name} is not in the bibliography", gap, do)
    for name in seen.links:
        raw = any(f'"{name}"' in text or f"'{name}'" in text for _, text in seen.raw)
        if name and name not in seen.ids and not raw and not name.startswith("ref-"):
            yield Problem(find(f"#{name}"), f"link to #{name}, which is not there", gap, "mend the link")
    for address, alt, figure in seen.images:
        local = "://" not in address and not address.startswith("data:")
        if local and not (source / address.lstrip("/")).is_file():
            yield Problem(find(address), f"image {address} does not exist", gap, "mend the path")
        if not alt:
            where = (find(f"#{figure}") if "-" in figure else "") or find(address)
            name = figure if "-" in figure else address
            why = "who cannot see the image is told nothing"
            yield Problem(where, f"no fig-alt: {name}", why, 'add fig-alt="..." between the braces')
    for kind, text in seen.raw:
        first = text.strip().splitlines()[0] if text.strip() else ""
        if kind in ("tex", "latex"):
            what = f"raw LaTeX, which none of the formats prints: {first}"
            yield Problem(document.holding(first), what, gap, "write it in Markdown")
        elif kind == "html" and base(fmt) != "html" and first and not TABLE.match(first):
            what = f"raw HTML outside content for HTML: {first}"
            do = 'write it in Markdown, or put it into ::: {.content-visible when-format="html"}'
            yield Problem(document.holding(first), what, f"the {fmt} edition leaves it out", do)
