"""The tables of the plan, as Markdown that Pandoc and Quarto number, and as CSV."""

from __future__ import annotations

from pathlib import Path

from ..analysis import events_left_out
from ..errors import from_the_plan
from ..figures.read import analysed, label, without_group
from ..files import write_csv, write_text
from ..results import Results
from .table import Table


def tabulate(results: Results, name: str) -> Table:
    """One table of the plan."""
    from .kinds import KINDS

    spec = results.plan.tables[name]
    with from_the_plan(f"tables.{name}"):
        table = KINDS.functions[spec["kind"]](results, **KINDS.options(spec))
    several = len(spec.get("analyses", ())) > 1
    for text, analysis in left_out(results, spec):
        if not any(text in note for note in table.footnotes):
            table.note(f"{text}: {label(results, analysis)}." if several and analysis else f"{text}.")
    return table


def left_out(results: Results, spec) -> list[tuple[str, str]]:
    """(who or what is left out, the analysis that says it) of a table."""
    named = [name for name in [spec.get("analysis"), *spec.get("analyses", ())] if name]
    cut = [(events_left_out(analysed(results, name), results.plan.analyses[name]), name) for name in named]
    return [*without_group(results, spec), *((text, name) for text, name in cut if text)]


def write_all(results: Results, folder: Path) -> None:
    """Every table of the plan as <id>.md and <id>.csv in `folder`."""
    for name, spec in results.plan.tables.items():
        table = tabulate(results, name)
        write_text(table.markdown(name, spec["caption"]), folder / f"{name}.md")
        write_csv(table.frame(), folder / f"{name}.csv")
