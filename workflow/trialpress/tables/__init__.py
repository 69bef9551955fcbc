"""The tables of the plan, as Markdown that Pandoc and Quarto number, and as CSV."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ..errors import from_the_plan
from ..figures.read import analyses_of, left_out
from ..files import write_csv, write_text
from ..results import MARK, Results
from .table import Table


def tabulate(results: Results, name: str) -> Table:
    """One table of the plan."""
    from .kinds import KINDS

    spec, results = results.plan.tables[name], replace(results, marked=bool(results.study.reconstruction))
    with from_the_plan(f"tables.{name}"):
        table = KINDS.functions[spec["kind"]](results, **KINDS.options(spec))
    table.note(*(f"{text}." for text in left_out(results, KINDS, spec)))
    if table.marked:
        table.note(f"{MARK} Simulated.")
    elif results.marked and not analyses_of(KINDS, spec):  # counted or listed from simulated patients
        table.note(f"{MARK} All values of this table are simulated.")
    return table


def write_all(results: Results, folder: Path) -> None:
    """Every table of the plan as <id>.md and <id>.csv in `folder`."""
    for name, spec in results.plan.tables.items():
        table = tabulate(results, name)
        write_text(table.markdown(name, spec["caption"]), folder / f"{name}.md")
        write_csv(table.frame(), folder / f"{name}.csv")
