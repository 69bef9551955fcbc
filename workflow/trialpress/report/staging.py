"""The manuscript's project folder as it goes to the engine: the author's files, and what they include from the results."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..environment import STAGED, sources
from ..errors import InputError, Problem, raise_if
from ..files import write_text
from ..receipts import FOLDER
from ..text import MARK, escape
from . import qmd, quarto
from .engine import engine_version, render
from .renderer import choose


@dataclass(frozen=True)
class Fragments:
    """What a manuscript includes from the results, apart from the pictures.

    files: path in the project -> text; numbers: the numbers by name, nested; planned: the plan as it is written; date: that of the
    data; notice: what is said of a reconstruction, or ""; p_values: those of tables and figures, as `audit.p_values.shown` has them.
    """

    files: Mapping[str, str]
    numbers: Mapping
    planned: Mapping
    date: str
    notice: str
    p_values: Sequence[tuple[str, str, bool]] = ()


def read(folder: Path) -> Fragments:
    """Those in results/<study>/report/fragments.json."""
    return Fragments(**json.loads((folder / "report" / "fragments.json").read_text(encoding="utf-8")))


def without_reconstruction(text: str) -> str:
    """The manuscript without its `::: {.reconstruction}` divisions: what is said of simulated patients only."""
    kept, depth = [], 0
    for line in text.splitlines(keepends=True):
        fence = line.startswith(":::")
        opens = fence and line.strip(": \n") != ""
        if depth or (opens and ".reconstruction" in line):
            depth += 1 if opens else -1 if fence else 0
            continue
        kept.append(line)
    return "".join(kept)


NUMBER = re.compile(r"\{\{< var (\S+) >\}\}")


def places(manuscript: str) -> list[tuple[str, str]]:
    """(heading, variable) of every variable in a manuscript's source, in the order of reading, each once a heading."""
    found: dict[tuple[str, str], None] = {}
    heading, front = "Abstract", manuscript.startswith("---")
    for line in manuscript.splitlines()[front:]:
        if front and line.startswith("---"):
            front, heading = False, "Opening"
        elif not front and (match := re.match(r"#+ (.+?)(?: *\{[^}]*\})?$", line)):
            heading = match[1]
        found |= dict.fromkeys((heading, name) for name in NUMBER.findall(line))
    return list(found)


def _at(tree: Mapping, name: str) -> Mapping | str:
    for part in name.split("."):
        tree = tree.get(part, {}) if isinstance(tree, Mapping) else {}
    return tree


def numbers_markdown(manuscript: str, named: Mapping, written: Mapping) -> str:
    """Where the numbers of the text come from: in HTML each is a link, elsewhere a table has their ids. named: the numbers by name;
    written: the same as the text has them, with the mark of a simulated one. The table has no number of its own: those of the others
    would be different in HTML."""
    rows, mark, simulated = [], f"^{MARK}^", False
    for heading, name in places(manuscript):
        if isinstance(value := _at(named, name), str):
            marked = str(_at(written, name)).endswith(mark)
            simulated |= marked
            rows.append(f"| {escape(heading)} | {escape(value)}{mark if marked else ''} | `{name}` |")
    note = ["::: {.table-note}", f"{MARK} Simulated.", ":::", ""] if simulated else []
    return "\n".join(
        [
            '::: {.content-visible when-format="html"}',
            "Every number in the text and the tables is a link to its record on [the page of the audit](../audit/index.html): the analysis, the population,",
            "the participants counted and their raw cells.",
            ":::",
            "",
            ':::: {.content-visible unless-format="html"}',
            "The numbers of the text and the ids of their records. Each id leads to the number's record in `audit/trace.json` and on the page",
            "of the audit: the analysis, the population, the participants counted and their raw cells.",
            "",
            "| Place | Printed | Id of the number |",
            "|:------------|:--------------------|:--------------------|",
            *rows,
            "",
            *note,
            "::::",
            "",
        ]
    )


MADE = {"figures", "tables", "generated", "_variables.yml"}  # in the staged project, beside the manuscript's own files


def copy_text(source: Path, to: Path, notice: str) -> list[str]:
    """Copy the manuscript's own files; their paths in the project. Without a notice nothing is said of a reconstruction."""
    own = [Path(path).relative_to(source).as_posix() for path in sources(source)]
    # `run` links a manuscript file by file from the folder that holds it
    roots = [source.resolve(), (source / "manuscript.qmd").resolve().parent]
    raise_if(
        Problem(f"{source}/{name}", "is a link that leads out of the manuscript's folder", "what lies there would be printed",
                "put a copy of the file there")
        for name in own if not any((source / name).resolve().is_relative_to(root) for root in roots)
    )  # fmt: skip
    for name in own:
        (to / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / name, to / name)
    if not notice:
        manuscript = to / "manuscript.qmd"
        write_text(without_reconstruction(manuscript.read_text(encoding="utf-8")), manuscript)
    return own


def lay_beside(staged: Path, source: Path, fragments: Fragments) -> int:
    """What `quarto render` in report/<study>/ needs, beside the manuscript; the number of files."""
    document = qmd.read(staged, embedded=False)
    in_place = ["html", "pdf", "docx"]  # JATS needs the text itself changed
    quarto.furnish(staged, document, in_place, fragments.date, beside=True, notice=bool(fragments.notice))
    own = {Path(path).relative_to(source).as_posix() for path in sources(source)}
    made = sorted(path.relative_to(staged).as_posix() for path in staged.rglob("*") if path.is_file())
    made = [name for name in made if name not in own]
    write_text("\n".join(made) + "\n", source / STAGED)
    for name in made:
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(staged / name, source / name)
    return len(made)


def depends_on_text(fragments: Fragments, checklists: str, to: Path) -> None:
    """generated/numbers.md, where the numbers of this text come from, and checklists.md, which names its sections."""
    written = json.loads(fragments.files["_variables.yml"])
    text = numbers_markdown((to / "manuscript.qmd").read_text(encoding="utf-8"), fragments.numbers, written)
    write_text(text, to / "generated" / "numbers.md")
    write_text(checklists, to / "generated" / "checklists.md")


def stage(fragments: Fragments, checklists: str, pictures: Path, source: Path, to: Path) -> None:
    """Fill `to` with the project: a copy of `source`, figures/, tables/, generated/ and _variables.yml. checklists: their
    Markdown, which names places of the text; pictures: the folder that holds them."""
    own = copy_text(source, to, fragments.notice)
    if clash := sorted({path.split("/")[0] for path in own} & MADE):
        do = "give what lies there another name; what the results hold is staged under these"
        raise InputError(
            [Problem(f"{source}/{name}", "has the name of what the results are staged to", do=do) for name in clash]
        )
    for name, text in fragments.files.items():
        write_text(text, to / name)
        if name.startswith("figures/"):
            for suffix in (".svg", ".png"):
                picture = Path(name).with_suffix(suffix).name
                shutil.copyfile(pictures / picture, to / "figures" / picture)
    depends_on_text(fragments, checklists, to)


def refresh(fragments: Fragments, checklists: str, source: Path, to: Path) -> None:
    """The author's files as they are now into the project, and what depends on them."""
    copy_text(source, to, fragments.notice)
    depends_on_text(fragments, checklists, to)


def make(
    fragments: Fragments, checklists: str, source: Path, folder: Path, formats: Iterable[str], engine: str
) -> None:
    """Stage and render the manuscript into <folder>/report; renderer.json beside it says by what."""
    out, formats = folder / "report", list(formats)
    out.mkdir(parents=True, exist_ok=True)
    for left in out.glob(".stage-*"):  # by a run that was killed
        shutil.rmtree(left)
    with tempfile.TemporaryDirectory(prefix=".stage-", dir=out) as scratch:
        to = Path(scratch) / source.name
        stage(fragments, checklists, folder / "figures", source, to)
        render(to, out, formats, engine=engine, date=fragments.date, kept=folder / FOLDER)
        if choose(engine) == "quarto":  # which reads the includes before its hook runs
            lay_beside(to, source, fragments)
    rendered = {"engine": choose(engine), "version": engine_version(engine), "formats": formats}
    write_text(json.dumps(rendered, indent=2) + "\n", out / "renderer.json")
