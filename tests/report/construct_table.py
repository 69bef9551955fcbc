"""`PYTHONPATH=workflow:tests python -m report.construct_table`: renders every construct and writes docs/constructs.md."""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path

from trialpress.errors import InputError
from trialpress.report import engine

from .constructs import CASES, Case
from .reading import text

DATE = "2026-01-31"
FORMATS = ("html", "pdf", "docx", "jats")
ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "tests" / "fixtures" / "report" / "figures"


def squeezed(words: str) -> str:
    """Without spaces: a PDF's lie elsewhere."""
    return re.sub(r"\s", "", words)


def render(case: Case, folder: Path, name: str = "embedded") -> dict[str, Path]:
    """The editions of one construct; InputError if the engine refuses it."""
    source = folder / "source"
    shutil.copytree(PICTURES, source / "figures")
    (source / "manuscript.qmd").write_text(f"---\ntitle: T\n{case.front}---\n\n{case.text}\n", encoding="utf-8")
    (source / "_quarto.yml").write_text(f"project: {{type: default}}\n{case.project}", encoding="utf-8")
    (source / "_variables.yml").write_text("a: {b: 36/40}\n", encoding="utf-8")
    (source / "_part.md").write_text("From a part.\n", encoding="utf-8")
    (source / "own.css").write_text("h1 { color: teal }\n", encoding="utf-8")
    for own, content in {
        "a.html": "",
        "t.html": "$body$\n",
        "a.lua": "return {}\n",
        "a.yml": "keywords: [one]\n",
    }.items():
        (source / own).write_text(content, encoding="utf-8")
    shutil.copyfile(engine.ASSETS / "reference.docx", source / "a.docx")
    return engine.render(source, folder / "out", FORMATS, engine=name, date=DATE)


def lacking(case: Case, editions: dict[str, Path]) -> dict[str, list[str]]:
    """By format, the words that a construct should print and does not, or prints and should not."""
    found = {}
    for fmt, path in editions.items():
        read = squeezed(text(path))
        wrong = [words for words in case.shows if squeezed(words) not in read]
        wrong += [words for words in case.hides if squeezed(words) in read]
        if wrong:
            found[fmt] = wrong
    return found


def said(case: Case, name: str) -> str:
    """What an engine does with a construct, for the table."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            wrong = lacking(case, render(case, Path(folder), name))
        except InputError as error:
            first = error.problems[0]
            what = first.what.replace("|", "\\|").splitlines()[0]
            return f"refused: {what}" + (f"; {first.do}" if first.do else "")
    if wrong:
        return "prints otherwise: " + "; ".join(f"{fmt}: {', '.join(words)}" for fmt, words in wrong.items())
    return "done"


def kept() -> tuple[str, dict[str, str]]:
    """The heading and the cells of Quarto's column as they were written where there was one."""
    rows = re.findall(
        r"^\| (.+?) \| .+? \| (.*?) \|$", (ROOT / "docs" / "constructs.md").read_text(encoding="utf-8"), re.M
    )
    heading = next((third for first, third in rows if first == "Construct"), "Quarto")
    return heading, {first: third for first, third in rows if first != "Construct"}


def table() -> str:
    """docs/constructs.md; without Quarto its column stays as it is."""
    quarto = shutil.which("quarto") is not None
    column, cells = (engine.engine_version("quarto"), {}) if quarto else kept()
    lines = [
        "# What each engine does, construct by construct",
        "",
        "Written by `PYTHONPATH=workflow:tests python -m report.construct_table`, which renders one small document each in HTML, PDF, DOCX and",
        "JATS; the test suite does so again. *Done*: the words of the construct and its numbers are in all four editions. *Refused*: nothing is\nwritten, and the message names file and line.",
        "*Prints otherwise*: the words that one of them lacks. Quarto's column is written where a `quarto` is on PATH, and kept elsewhere.",
        "",
        f"{len(CASES)} constructs.",
    ]
    for group in dict.fromkeys(case.group for case in CASES):
        lines += ["", f"## {group}", "", f"| Construct | Embedded engine | {column} |", "|:--|:--|:--|"]
        lines += [
            f"| {case.name} | {said(case, 'embedded')} | {said(case, 'quarto') if quarto else cells.get(case.name, '')} |"
            for case in CASES
            if case.group == group
        ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    (ROOT / "docs" / "constructs.md").write_text(table(), encoding="utf-8")
