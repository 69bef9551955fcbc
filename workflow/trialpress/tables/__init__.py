"""The tables of the plan, as Markdown that Pandoc and Quarto number, and as CSV."""

from __future__ import annotations

from pathlib import Path

from ..errors import from_the_plan
from ..figures.read import left_out
from ..files import write_csv, write_text
from ..results import Results
from .table import Table


def tabulate(results: Results, name: str) -> Table:
    """One table of the plan."""
    from .kinds import KINDS

    spec = results.plan.tables[name]
    with from_the_plan(f"tables.{name}"):
        table = KINDS.functions[spec["kind"]](results, **KINDS.options(spec))
    table.note(*(f"{text}." for text in left_out(results, KINDS, spec)))
    return table


def write_all(results: Results, folder: Path) -> None:
    """Every table of the plan as <id>.md and <id>.csv in `folder`."""
    for name, spec in results.plan.tables.items():
        table = tabulate(results, name)
        write_text(table.markdown(name, spec["caption"]), folder / f"{name}.md")
        write_csv(table.frame(), folder / f"{name}.csv")
