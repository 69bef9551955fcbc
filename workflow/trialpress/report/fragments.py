"""What a manuscript includes from the results, without the manuscript's own text: numbers by name, figures and tables with
their captions, lists. A stage of its own, so that an edited text is printed without reading a result again."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict
from pathlib import Path

import pandas as pd

from ..analysis.families import warning
from ..audit import claims as claims_room
from ..audit import p_values
from ..clean import tally
from ..figures.kinds import width_of
from ..files import write_text
from ..results import Results
from ..text import escape, record_link
from ..wording import ENGLISH, Wording
from .renderer import engine_version
from .staging import Fragments
from .variables import link, numbers, simulated, variables


def figure_markdown(results: Results, name: str, alt: str) -> str:
    """A figure with its caption, as the manuscript includes it: {{< include figures/<id>.md >}}."""
    spec = results.plan.figures[name]
    notice = f" *{results.plan.say('Reconstructed patients.')}*" if results.study.notice else ""
    width = "85mm" if width_of(spec) == "single" else "100%"
    alt = alt.replace('"', "'").replace("\n", " ")
    return f'![{spec["caption"]}{notice}](figures/{name}.svg){{#fig-{name} fig-alt="{alt}" width="{width}"}}\n'


def _bullets(items: Iterable[tuple[str, str]]) -> str:
    return "\n".join(f"- **{head}.** {text}" if text else f"- **{head}.**" for head, text in items) + "\n"


def populations_markdown(results: Results, marked: Collection[str] = ()) -> str:
    """The populations with their definitions, for the methods section."""
    return _bullets(
        (
            f"{escape(p.label)} (n = {link(f'population.{p.id}.n', str(int(results.subjects[p.id].sum())), marked)})",
            p.definition,
        )
        for p in results.plan.populations.values()
    )


def endpoints_markdown(results: Results) -> str:
    """The time-to-event endpoints with their definitions, for the methods section."""
    return _bullets((escape(e.label), e.definition) for e in results.plan.endpoints.values())


STATEMENTS = {"ethics": "Ethics", "registration": "Registration", "funding": "Funding", "conflicts": "Conflicts of interest",
              "contributions": "Contributions", "data": "Availability of data", "code": "Availability of code"}  # fmt: skip


def statements_markdown(results: Results, second: str) -> str:
    """What study.yaml states for the end of an article (what it does not is printed as not stated), the plan, the second computation."""
    given, lock, say = results.study.statements, results.plan.lock, results.plan.say
    planned = " ".join(map(say, [f"The analysis plan was {lock.text}.", *lock.amendments]))
    stated = [(say(head), given.get(key, say("Not stated."))) for key, head in STATEMENTS.items()]
    last = [(say("Analysis plan"), escape(planned)), (say("Second computation"), escape(say(f"{second}.")))]
    return _bullets([*stated, *last])


def methods_markdown(results: Results) -> str:
    """Which statistical methods were used for which analyses: from the rows themselves, so it cannot be wrong."""
    say = results.plan.say
    lines = [f"| {say('Method')} | {say('Analyses')} |", "|:-------|:------------|"]
    for method, rows in results.ard[results.ard["method"] != ""].groupby("method", sort=True):
        lines.append(f"| {escape(say(method))} | {', '.join(f'`{name}`' for name in rows['analysis'].unique())} |")
    return "\n".join(
        [*lines, "", f": {say('Statistical methods and the analyses that used them.')} {{#tbl-methods}}", ""]
    )


def claims_markdown(results: Results, claims: tuple) -> str:
    """Published claims against recomputed results, as a table."""
    say = results.plan.say
    heads = map(say, ("Claim", "Source", "Published", "Recomputed", "Verdict"))
    lines = [f"| {' | '.join(heads)} |", "|:------|:---|:---|:-----|:-----|"]
    for row in claims_room.check(claims[0], results.ard).itertuples():
        source = claims[1][row.source]["title"]
        verdict = say(f"{row.verdict}.") + f" {say.exactly(row.note)}" if row.note else say(row.verdict)
        cells = [*map(say, (row.label, source, row.published, row.recomputed)), verdict]
        cells = [escape(cell) or "–" for cell in cells]
        if row.analysis:
            cells[3] = link(f"{row.analysis}.text", cells[3])
        lines.append("| " + " | ".join(cells) + " |")
    caption = f": {say('Published claims and what the records give, with denominators.')} {{#tbl-claims}}"
    return "\n".join([*lines, "", caption, ""])


def sources_markdown(name: str, spec: Mapping, say: Wording = ENGLISH) -> str:
    """Links below a figure, in HTML, to the numbers that it shows and to the records of its analyses."""
    names = [*spec.get("analyses", ()), *filter(None, [spec.get("analysis")]), *spec.get("tests", ())]
    links = [record_link(one.replace("_", "\\_"), one) for one in dict.fromkeys(names)]
    said = f"[{say('Data')}](../figures/{name}.csv)" + (f"; {say('records')}: {', '.join(links)}" if links else "")
    return f'\n:::: {{.content-visible when-format="html"}}\n::: {{.table-note}}\n{said}\n:::\n::::\n'


GENERATED = {
    "populations": populations_markdown,
    "endpoints": endpoints_markdown,
    "methods": methods_markdown,
    "statements": statements_markdown,
    "claims": claims_markdown,
}


def fragments(
    results: Results, claims: tuple, logs: Mapping[str, pd.DataFrame], folder: Path, engine: str, second: str
) -> Fragments:
    """All of it, from the results in `folder`. logs: those of the clean stage; second: what is on record of the second computation."""
    plan, study = results.plan, results.study
    alts = json.loads((folder / "figures" / "alt.json").read_text(encoding="utf-8"))
    named, marked = numbers(results, logs), simulated(results)
    content = variables(results, named, engine_version(engine), marked)
    files = {"_variables.yml": json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n"}  # JSON is YAML
    for name, spec in plan.figures.items():
        files[f"figures/{name}.md"] = figure_markdown(results, name, alts[name]) + sources_markdown(
            name, spec, plan.say
        )
    for name in plan.tables:
        files[f"tables/{name}.md"] = (folder / "tables" / f"{name}.md").read_text(encoding="utf-8")
    needs = {populations_markdown: (marked,), claims_markdown: (claims,), statements_markdown: (second,)}
    files |= {f"generated/{name}.md": make(results, *needs.get(make, ())) for name, make in GENERATED.items()}
    tested = p_values.shown(results)
    return Fragments(files, named, plan.written, study.data_cutoff, study.notice, tested)


KINDS = {"value": "values", "unit": "units", "code": "codes", "spelling": "spelling only"}  # of changes, for people


def summary(results: Results, claims: tuple, logs: Mapping[str, pd.DataFrame], editions: Iterable[str]) -> str:
    """What a run prints at the end; its paths are below the folder of the results, wherever that lies. editions: names of
    files."""
    counts = tally(logs)
    kinds = ", ".join(f"{counts[f'{kind}_changes']:,} {what}" for kind, what in KINDS.items())
    verdicts = claims_room.check(claims[0], results.ard)["verdict"].value_counts()
    first = next(iter(results.plan.populations.values()))
    lines = [
        ("participants", f"{int(results.subjects[first.id].sum())} in the population '{first.label}'"),
        ("raw rows", f"{counts['rows']:,} in {counts['files']} {'files' if counts['files'] > 1 else 'file'}, {counts['rejected']:,} rejected (clean/rejected.csv)"),
        ("cells changed", f"{counts['changes']:,}: {kinds} (clean/changes.csv)"),
        ("open queries", f"{counts['queries']:,}, of severity error {counts['errors']:,} (clean/queries.csv)"),
        ("results", f"{len(results.ard):,} statistics of {len(results.plan.analyses)} analyses (analysis/ard.csv)"),
        *([("tests", warning(results.plan))] if warning(results.plan) else []),
        *([("plan", results.plan.lock.text)] if results.plan.lock.versions else []),
        ("claims", ", ".join(f"{n} {_of(n, verdict)}" for verdict, n in verdicts.items()) or "none"),
        ("manuscript", ", ".join(f"report/{name}" for name in editions)),
    ]  # fmt: skip
    head = results.study.title + (f"\n{results.study.notice}" if results.study.notice else "")
    return head + "\n" + "\n".join(f"  {name:<14} {text}" for name, text in lines) + "\n"


def write(found: Fragments, said: str, folder: Path) -> None:
    """report/fragments.json, and summary.txt: what the run says at its end."""
    write_text(json.dumps(asdict(found), ensure_ascii=False, indent=1) + "\n", folder / "report" / "fragments.json")
    write_text(said, folder / "report" / "summary.txt")


def _of(n: int, verdict: str) -> str:
    """A verdict as it is said of so many.

    >>> _of(13, "holds by construction"), _of(1, "agrees"), _of(2, "not checkable")
    ('hold by construction', 'agrees', 'not checkable')
    """
    return verdict if n == 1 else re.sub(r"^(agree|differ|hold)s\b", r"\1", verdict)
