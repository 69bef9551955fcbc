"""Texts of YAML and of data: each prints as it stands. All of them are levels, labels and a population in one table; pandoc
reads it as the manuscript does, and a person's words are looked for in what it prints.
"""

from __future__ import annotations

import json
import random
import subprocess
import tempfile
from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path

from pypandoc import get_pandoc_path
from trialpress import stages

from .dictionaries import PLAN, ROWS, STUDY, built
from .judge import Case

AREA = "texts of YAML"
TEXTS = [
    "ANC <LLN and PLT >ULN", "a $x$ b", "$$\\input{/etc/passwd}$$", "\\newpage x", "<script>alert(1)</script>", "<b>x</b>", "a | b", "*a* b", "_a_ b", "`a` b", "@fig-x",
    "[x](http://x.y)", "![x](/etc/passwd)", "~a~ b", "a^2^ b", "^[note]", "[^1]", "# x", "a -- b", "a --- b", "a ... b", "'quoted' x", '"quoted" x', "it's", "&lt; x",
    "&amp; x", "a &nbsp; b", "100 % of x", "{.class} x", "[x]{.y}", "::: x", "> x", "1. x", "- x", "+ x", "(1) x", "a \\ b", "a \\* b", "=1+1", "+cmd|x", "-2+3", "{{< x >}}",
    "{{< meta title >}}", "a  b", "≥ 3 × 10⁹/L", "CD4+/CD8−", "t(9;22)", "男性", "é à ü", "x<!-- y", "<!-- x -->", "http://x.y", "a@b.c", "$5 and $6", "50% (n=3)", "a\u00a0b",
    "``` x", "~~x~~", "==x==", "H~2~O", "\\(x\\)", "\\begin x", "#tag", "|x|", "a/b", "a\\nb", "#let x = 1", "#include \"x\"", "<x@y.z>", ":smile:", "[@smith]",
]  # fmt: skip


@cache
def printed(seed: int) -> str:
    """The table's text as it is read by pandoc, one line a cell."""
    texts = [*dict.fromkeys(TEXTS)]
    columns = {
        f"q{at}": {
            "expression": "arm",
            "label": f"L{at} {text}",
            "levels": {"a": f"A{at} {text}", "b": f"B{at} {text}"},
        }
        for at, text in enumerate(texts)
    }
    plan = {
        **PLAN, "cohort": {"table": "t", "columns": columns}, "analyses": {"base": {"method": "baseline", "population": "all", "variables": list(columns)}},
        "tables": {"x": {"kind": "baseline", "analysis": "base", "caption": "C"}},
    }  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        at = Path(folder)
        assert ROWS and len(built(at, json.dumps(STUDY), json.dumps(plan)))
        for stage in (stages.figures, stages.tables):
            stage(at / "study.yaml", at / "plan.yaml", at / "out")
        text = (at / "out" / "tables" / "x.md").read_text(encoding="utf-8")
        command = [get_pandoc_path(), "-f", "markdown", "-t", "json"]
        tree = json.loads(subprocess.run(command, input=text, capture_output=True, encoding="utf-8", check=True).stdout)
    return "\n".join(cells(tree["blocks"]))


def cells(node) -> Iterator[str]:
    """The text of every block of a document, white space as one space."""
    if isinstance(node, dict):
        if node.get("t") in ("Plain", "Para"):
            yield " ".join("".join(words(node["c"])).split())
        else:
            yield from cells(node.get("c"))
    elif isinstance(node, list):
        for one in node:
            yield from cells(one)


def words(nodes) -> Iterator[str]:
    for node in nodes:
        match node.get("t"):
            case "Str":
                yield node["c"]
            case "Space" | "SoftBreak" | "LineBreak":
                yield " "
            case kind:
                yield f"<{kind}>"  # what is no plain text has been made something of


def _shown(_: Path, text: str, at: int, what: str, seed: int) -> str:
    wanted = f"{what}{at} {' '.join(text.split())}"
    lines = printed(seed).split("\n")
    found = next((line for line in lines if line.startswith(f"{what}{at} ") or line == f"{what}{at}"), "nothing")
    return "" if found.startswith(wanted) else f"'{found[:60]}' for '{wanted[:60]}'"


def cases_of(seed: int) -> Iterator[Case]:
    for at, text in enumerate(dict.fromkeys(TEXTS)):
        for what, of in (("L", "label"), ("A", "level")):
            yield Case(AREA, f"{of} {text!r}", partial(_shown, text=text, at=at, what=what, seed=seed))


def cases(rng: random.Random) -> Iterator[Case]:
    yield from cases_of(rng.randrange(1000))
