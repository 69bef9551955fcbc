"""The manuscript's project folder as it goes to the engine: source, variables, figures, tables, generated fragments."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

import pandas as pd
import yaml

from ..analysis.families import warning
from ..audit import claims as claims_room
from ..audit import p_values
from ..audit.checklists import Checklist, judged
from ..audit.checklists import markdown as checklists_markdown
from ..clean import read_logs, tally
from ..environment import STAGED, sources
from ..errors import InputError, Problem, raise_if
from ..figures.kinds import width_of
from ..files import write_text
from ..results import Results, record_link
from . import qmd, quarto
from .engine import engine_version, render
from .renderer import choose
from .variables import link, numbers, simulated, variables


def figure_markdown(results: Results, name: str, alt: str) -> str:
    """A figure with its caption, as the manuscript includes it: {{< include figures/<id>.md >}}."""
    spec = results.plan.figures[name]
    notice = " *Reconstructed patients.*" if results.study.notice else ""
    width = "85mm" if width_of(spec) == "single" else "100%"
    alt = alt.replace('"', "'").replace("\n", " ")
    return f'![{spec["caption"]}{notice}](figures/{name}.svg){{#fig-{name} fig-alt="{alt}" width="{width}"}}\n'


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


def _bullets(items: Iterable[tuple[str, str]]) -> str:
    return "\n".join(f"- **{head}.** {text}" if text else f"- **{head}.**" for head, text in items) + "\n"


def _escape(text: str) -> str:
    return str(text).replace("|", "\\|").replace("*", "\\*").replace("_", "\\_").replace("<", "\\<").replace("@", "\\@")


def populations_markdown(results: Results, marked: Collection[str] = ()) -> str:
    """The populations with their definitions, for the methods section."""
    return _bullets(
        (
            f"{p.label} (n = {link(f'population.{p.id}.n', str(int(results.subjects[p.id].sum())), marked)})",
            p.definition,
        )
        for p in results.plan.populations.values()
    )


def endpoints_markdown(results: Results) -> str:
    """The time-to-event endpoints with their definitions, for the methods section."""
    return _bullets((e.label, e.definition) for e in results.plan.endpoints.values())


STATEMENTS = {"ethics": "Ethics", "registration": "Registration", "funding": "Funding", "conflicts": "Conflicts of interest",
              "contributions": "Contributions", "data": "Availability of data", "code": "Availability of code"}  # fmt: skip


def statements_markdown(results: Results) -> str:
    """What study.yaml states for the end of an article; what it does not is printed as not stated."""
    given = results.study.statements
    return _bullets((head, given.get(key, "Not stated.")) for key, head in STATEMENTS.items())


def methods_markdown(results: Results) -> str:
    """Which statistical methods were used for which analyses: from the rows themselves, so it cannot be wrong."""
    lines = ["| Method | Analyses |", "|:-------|:------------|"]
    for method, rows in results.ard[results.ard["method"] != ""].groupby("method", sort=True):
        lines.append(f"| {_escape(method)} | {', '.join(f'`{name}`' for name in rows['analysis'].unique())} |")
    return "\n".join([*lines, "", ": Statistical methods and the analyses that used them. {#tbl-methods}", ""])


def claims_markdown(results: Results, claims: tuple) -> str:
    """Published claims against recomputed results, as a table."""
    lines = ["| Claim | Source | Published | Recomputed | Verdict |", "|:------|:---|:---|:-----|:-----|"]
    for row in claims_room.check(claims[0], results.ard).itertuples():
        source = claims[1][row.source]["title"]
        cells = [row.label, source, row.published, row.recomputed, row.verdict + (f". {row.note}" if row.note else "")]
        cells = [_escape(cell) or "–" for cell in cells]
        if row.analysis:
            cells[3] = link(f"{row.analysis}.text", cells[3])
        lines.append("| " + " | ".join(cells) + " |")
    caption = ": Published claims and what the records give, with denominators. {#tbl-claims}"
    return "\n".join([*lines, "", caption, ""])


def sources_markdown(name: str, spec: Mapping) -> str:
    """Links below a figure, in HTML, to the numbers that it shows and to the records of its analyses."""
    names = [*spec.get("analyses", ()), *filter(None, [spec.get("analysis")]), *spec.get("tests", ())]
    links = [record_link(one.replace("_", "\\_"), one) for one in dict.fromkeys(names)]
    said = f"[Data](../figures/{name}.csv)" + (f"; records: {', '.join(links)}" if links else "")
    return f'\n:::: {{.content-visible when-format="html"}}\n::: {{.table-note}}\n{said}\n:::\n::::\n'


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


def numbers_markdown(manuscript: str, named: Mapping) -> str:
    """Where the numbers of the text come from: in HTML each is a link, elsewhere a table has their ids."""
    rows = []
    for heading, name in places(manuscript):
        value: Mapping | str = named
        for part in name.split("."):
            value = value.get(part, {}) if isinstance(value, Mapping) else {}
        if isinstance(value, str):
            rows.append(f"| {_escape(heading)} | {_escape(value)} | `{name}` |")
    return "\n".join(
        [
            '::: {.content-visible when-format="html"}',
            "Every number in the text and the tables is a link to its record on [the page of the audit](../audit/index.html): the analysis, the population,",
            "the participants counted and their raw cells.",
            ":::",
            "",
            '::: {.content-visible unless-format="html"}',
            "Each id leads to the number's record in `audit/trace.json` and on the page of the audit: the analysis, the population, the",
            "participants counted and their raw cells.",
            "",
            "| Place | Printed | Id of the number |",
            "|:------------|:--------------------|:--------------------|",
            *rows,
            "",
            ": The numbers of the text and the ids of their records. {#tbl-numbers}",
            ":::",
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


def lay_beside(staged: Path, source: Path, date: str, notice: str) -> int:
    """What `quarto render` in report/<study>/ needs, beside the manuscript; the number of files."""
    document = qmd.read(staged, embedded=False)
    in_place = ["html", "pdf", "docx"]  # JATS needs the text itself changed
    quarto.furnish(staged, document, in_place, date, beside=True, notice=bool(notice))
    own = {Path(path).relative_to(source).as_posix() for path in sources(source)}
    made = sorted(path.relative_to(staged).as_posix() for path in staged.rglob("*") if path.is_file())
    made = [name for name in made if name not in own]
    write_text("\n".join(made) + "\n", source / STAGED)
    for name in made:
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(staged / name, source / name)
    return len(made)


def write_numbers(to: Path, named: Mapping) -> None:
    """generated/numbers.md: where the numbers of this text come from."""
    text = numbers_markdown((to / "manuscript.qmd").read_text(encoding="utf-8"), named)
    write_text(text, to / "generated" / "numbers.md")


def stage(
    results: Results, claims: tuple, logs: Mapping[str, pd.DataFrame], source: Path, folder: Path, to: Path, engine: str,
    checklists: Iterable[Checklist],
) -> dict:  # fmt: skip
    """Fill `to` with the project: a copy of `source`, figures/, tables/, generated/ and _variables.yml; the numbers by
    name. `logs`: those of the clean stage."""
    own = copy_text(source, to, results.study.notice)
    if clash := sorted({path.split("/")[0] for path in own} & MADE):
        do = "give what lies there another name; what the results hold is staged under these"
        raise InputError(
            [Problem(f"{source}/{name}", "has the name of what the results are staged to", do=do) for name in clash]
        )
    (to / "figures").mkdir()
    alts = json.loads((folder / "figures" / "alt.json").read_text(encoding="utf-8"))
    for name in results.plan.figures:
        for suffix in ("svg", "png"):
            shutil.copyfile(folder / "figures" / f"{name}.{suffix}", to / "figures" / f"{name}.{suffix}")
        text = figure_markdown(results, name, alts[name]) + sources_markdown(name, results.plan.figures[name])
        write_text(text, to / "figures" / f"{name}.md")
    (to / "tables").mkdir()
    for name in results.plan.tables:
        shutil.copyfile(folder / "tables" / f"{name}.md", to / "tables" / f"{name}.md")
    named = numbers(results, logs)
    marked = simulated(results)
    content = variables(results, named, engine_version(engine), marked)
    write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=True, width=10_000), to / "_variables.yml")
    manuscript = (to / "manuscript.qmd").read_text(encoding="utf-8")
    fragments = {
        "populations": populations_markdown(results, marked),
        "endpoints": endpoints_markdown(results),
        "statements": statements_markdown(results),
        "methods": methods_markdown(results),
        "claims": claims_markdown(results, claims),
        "checklists": checklists_markdown(judged(checklists, {("sampl", "11"): p_values.verdict(results, manuscript)})),
    }
    for name, text in fragments.items():
        write_text(text, to / "generated" / f"{name}.md")
    write_numbers(to, named)
    return named


KINDS = {"value": "values", "unit": "units", "code": "codes", "spelling": "spelling only"}  # of changes, for people


def summary(results: Results, claims: tuple, logs: Mapping[str, pd.DataFrame], made: Iterable[Path]) -> str:
    """What a run prints at the end; its paths are below the folder of the results, wherever that lies."""
    counts = tally(logs)
    kinds = ", ".join(f"{counts[f'{kind}_changes']:,} {what}" for kind, what in KINDS.items())
    verdicts = claims_room.check(claims[0], results.ard)["verdict"].value_counts()
    first = next(iter(results.plan.populations.values()))
    lines = [
        ("participants", f"{int(results.subjects[first.id].sum())} {first.label.lower()}"),
        ("raw rows", f"{counts['rows']:,} in {counts['files']} {'files' if counts['files'] > 1 else 'file'}, {counts['rejected']:,} rejected (clean/rejected.csv)"),
        ("cells changed", f"{counts['changes']:,}: {kinds} (clean/changes.csv)"),
        ("open queries", f"{counts['queries']:,}, of severity error {counts['errors']:,} (clean/queries.csv)"),
        ("results", f"{len(results.ard):,} statistics of {len(results.plan.analyses)} analyses (analysis/ard.csv)"),
        *([("tests", warning(results.plan))] if warning(results.plan) else []),
        ("claims", ", ".join(f"{n} {verdict}" for verdict, n in verdicts.items()) or "none"),
        ("manuscript", ", ".join(f"report/{path.name}" for path in made)),
    ]  # fmt: skip
    head = results.study.title + (f"\n{results.study.notice}" if results.study.notice else "")
    return head + "\n" + "\n".join(f"  {name:<14} {text}" for name, text in lines) + "\n"


def make(
    results: Results,
    claims: tuple,
    source: Path,
    folder: Path,
    formats: Iterable[str],
    engine: str,
    checklists: Iterable[Checklist] = (),
) -> None:
    """Stage and render the manuscript into <folder>/report; write summary.txt beside it."""
    out, logs = folder / "report", read_logs(folder / "clean")
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".stage-", dir=out) as scratch:
        to = Path(scratch) / source.name
        stage(results, claims, logs, source, folder, to, engine, checklists)
        made = render(to, out, formats, engine=engine, date=results.study.data_cutoff)
        if choose(engine) == "quarto":  # which reads the includes before its hook runs
            lay_beside(to, source, results.study.data_cutoff, results.study.notice)
    rendered = {"engine": choose(engine), "version": engine_version(engine), "formats": list(formats)}
    write_text(json.dumps(rendered, indent=2) + "\n", out / "renderer.json")
    write_text(summary(results, claims, logs, [out / path.name for path in made.values()]), out / "summary.txt")
