"""The tables of the plan, as Markdown that Pandoc and Quarto number, and as CSV."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pandas as pd

from ..analysis.precision import merged, printed, problems
from ..errors import from_the_plan, raise_if
from ..figures.read import left_out
from ..files import write_csv, write_text
from ..plan.objects import of_table
from ..results import MARK, Results
from .table import Table


def tabulate(results: Results, name: str) -> Table:
    """One table of the plan."""
    from .kinds import KINDS

    spec, results = results.plan.tables[name], _marked(results)
    if "precision" in spec:
        raise_if(problems(f"plan.yaml, tables.{name}", spec["precision"], results.ard))
        results = replace(results, ard=_as_precise(results, spec["precision"]))
    with from_the_plan(f"tables.{name}"):
        own = [of_table(name)] if KINDS.traits[spec["kind"]].get("own") else []
        table = KINDS.functions[spec["kind"]](results, *own, **KINDS.options(spec))
    table.note(*(f"{text}." for text in (results.left_out(own[0]) if own else left_out(results, KINDS, spec))))
    if table.marked:
        table.note(f"{MARK} Simulated.")
    elif results.marked and own and own[0] not in results.plan.analyses:  # a list of simulated patients
        table.note(f"{MARK} All values of this table are simulated.")
    return table.translated(results.plan.say) if results.plan.say else table


def _marked(results: Results) -> Results:
    marked = bool(results.study.reconstruction)
    return results if results.marked == marked else replace(results, marked=marked)


def _as_precise(results: Results, precision: Mapping) -> pd.DataFrame:
    """The results as a table prints them that has a precision of its own."""
    plan, ard = results.plan, results.ard.copy()
    for name, rows in ard.groupby("analysis", sort=False):
        how = merged(plan.precision, plan.analyses[name].get("precision", {}), precision)
        ard.loc[rows.index, "display"] = printed(rows, how)
    return ard


def write_all(results: Results, folder: Path) -> None:
    """Every table of the plan as <id>.md and <id>.csv in `folder`."""
    results = _marked(results)  # once, so that what is looked up in the results is indexed once
    for name, spec in results.plan.tables.items():
        table = tabulate(results, name)
        write_text(table.markdown(name, spec["caption"]), folder / f"{name}.md")
        write_csv(table.frame(), folder / f"{name}.csv")
