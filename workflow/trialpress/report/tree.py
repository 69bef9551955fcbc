"""A manuscript as Pandoc reads it: once for all of its editions, which differ in their metadata."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ..errors import InputError, Problem
from . import apart, qmd
from .process import Failed, run
from .renderer import pandoc

_Dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_HTML = re.compile("<[A-Za-z/!?]")


@dataclass(frozen=True)
class Tree:
    """Pandoc's tree of a document. metas: format -> the metadata of its edition; warnings: what Pandoc said when it read it."""

    version: list[int]
    blocks: list[Any]
    metas: Mapping[str, dict[str, Any]]
    warnings: str = ""

    def edition(self, fmt: str, blocks: list[Any] | None = None) -> str:
        """The document of one format, in Pandoc's JSON. blocks: others than its own."""
        whole = {"pandoc-api-version": self.version, "meta": self.metas[fmt], "blocks": blocks or self.blocks}
        return json.dumps(whole, ensure_ascii=False, separators=(",", ":"))


def read(document: qmd.Document, metas: Mapping[str, Mapping[str, Any]], kept: Path | None = None) -> Tree:
    """The tree of a document, the texts of its metadata read with it. InputError if Pandoc cannot read it. kept: where tables are
    that were read at an earlier time, see `apart`."""
    front = yaml.dump(dict(metas), Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=10**6)
    text = f"---\n{front}---\n\n{document.body}"
    # a fifth of its time goes into looking for HTML, which may only stand where such a sign does
    reader = "markdown" if _HTML.search(text) else "markdown-raw_html"
    tables = apart.opened(kept, "tree")
    at = apart.found(text, reader)
    shorter, names = apart.without(text, at, tables)
    made = _read(reader, shorter, metas)
    if not apart.filled(made.blocks, at, names, tables):
        made = _read(reader, text, metas)
    if not made.warnings:  # a table that is kept would not say its own again
        tables.save()
    return made


def _read(reader: str, text: str, metas: Mapping[str, Any]) -> Tree:
    # the columns: a pipe table whose source lines are long would else get column widths from its dashes
    command = [pandoc(), f"--from={reader}", "--to=json", "--columns=100000"]
    try:
        out, warnings = run(command, stdin=text, seconds=30)
    except Failed as error:
        why, do = "it cannot be printed", "look for brackets that are not closed"
        raise InputError([Problem("manuscript.qmd", f"Pandoc cannot read it: {error}", why, do)]) from None
    found = json.loads(out)
    return Tree(
        found["pandoc-api-version"],
        found["blocks"],
        {name: found["meta"][name]["c"] for name in metas},
        warnings.strip(),
    )
