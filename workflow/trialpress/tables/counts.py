"""A table of what it counts itself: one classification against others. The counts are those of the analysis that the table
declares."""

from __future__ import annotations

from ..figures.read import shown
from ..ids import EVERYONE, Name, column
from ..plan import own_word
from ..registry import Column, Population
from ..results import Results
from .table import KINDS, NO_VALUE, Cell, Table, aligned, linked


@KINDS.add("crosstab", own=True)
def crosstab(results: Results, analysis: str, *, population: Population, rows: Column, columns: list[Column]) -> Table:
    """One classification against others: counts of participants, those without a value apart. The counts are the analysis
    `table_<id of the table>` (method crosstab).

    Parameters
        population: who is counted
        rows: classification in the rows
        columns: classifications in the columns, side by side
    """
    data, found = results.population(population), results.analysis(analysis)
    every = [name.label for one in (rows, *columns) for name in data.groups(one)]
    unknown, everyone = own_word("Unknown", every, "no value"), own_word("All", every, "together")
    across = {}
    for one in columns:
        pairs = zip(data.groups(one), data.levels(one), strict=True)
        across[one] = {code.label: group for code, group in pairs}
        if column(one, "").id in set(found["group"]):
            across[one][unknown] = column(one, "")
    titles = list(dict.fromkeys(name for levels in across.values() for name in levels if name != unknown))
    titles += [unknown] if any(unknown in levels for levels in across.values()) else []
    lines: list[tuple[str, Name, str]] = [(level.label, level, "n") for level in data.groups(rows)]
    lines += [(unknown, EVERYONE, "missing")] if found["statistic"].eq("missing").any() else []
    lines += [(everyone, EVERYONE, "N")]
    table = Table([results.plan.label(rows), *titles, everyone], aligned("left", [*titles, ""]))
    for one, levels in across.items():
        table.section(f"Columns: {results.plan.label(one)}")
        for name, level, statistic in lines:
            cells = [_count(results, analysis, statistic, levels.get(title), level) for title in titles]
            table.add(name, *cells, _count(results, analysis, statistic, EVERYONE, level), indent=1)
    table.note(f"Numbers of participants; in the rows: {results.plan.label(rows)}.")
    if any(cell == NO_VALUE for row in table.rows for cell in row.cells):
        table.note(f"{NO_VALUE}: not a level of the classification in the columns.")
    return table


def _count(results: Results, analysis: str, statistic: str, group: Name | None, level: Name) -> Cell:
    if group is None:
        return Cell(NO_VALUE)
    return linked(results, analysis, shown(results, analysis, statistic, group, level), group, level)
