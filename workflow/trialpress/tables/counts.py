"""Tables of what they count themselves: one classification against others, adverse events. The counts are those of the analysis
that the table declares."""

from __future__ import annotations

from ..figures.read import groups, names, shown, value
from ..ids import EVERYONE, Name, column
from ..plan import own_word
from ..registry import Column, Field, Population
from ..registry import Table as CleanTable
from ..results import Results
from .table import KINDS, N_IS, NO_VALUE, Cell, Table, aligned, linked


@KINDS.add("crosstab", own=True)
def crosstab(results: Results, analysis: str, *, population: Population, rows: Column, columns: list[Column]) -> Table:
    """One classification against others: counts of participants, those without a value apart.

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


@KINDS.add("adverse_events", own=True)
def adverse_events(results: Results, analysis: str, *, population: Population, table: CleanTable, term: Field, grade: Field,
                   by: Column = "", severe: int = 3, at_least: int = 1) -> Table:  # fmt: skip
    """Adverse events by term: participants with any grade and with a severe one, each participant once at the worst grade.

    Parameters
        population: who is counted, and the denominator
        table: clean table with one row per event
        term: its column of the term
        grade: its column of the grade
        by: column of the groups
        severe: lowest severe grade
        at_least: terms in fewer participants are left out
    """
    rows = results.analysis(analysis)
    levels = names(rows[rows["level"].ne("")], "level")
    any_grade, severe_grade = (
        next(name for name in levels if name.id.startswith(first)) for first in ("any_grade", "grade_")
    )
    columns = {group: group.label for group in (groups(results, analysis) if by else ())}
    columns[EVERYONE] = own_word("Overall", columns.values(), "everyone") if by else "All"
    header: list[str] = ["Term"]
    for group, name in columns.items():
        size = linked(results, analysis, shown(results, analysis, "N", group), group)
        header += [Cell(f"{name} ({N_IS}", size, "): any grade"), f"{name}: grade ≥{severe}"]
    result = Table(header, aligned("left", header[1:]))

    def line(title: str, *pair: Name) -> None:
        cells = [_share(results, analysis, group, level) for group in columns for level in pair]
        result.add(title, *cells)

    line("Any event", any_grade, severe_grade)
    terms = {name.id.partition("=")[2]: name for name in levels if name.id.startswith("any_grade=")}
    severely = {name.id.partition("=")[2]: name for name in levels if name.id.startswith("grade_") and "=" in name.id}
    n = {term: value(results, analysis, "n", EVERYONE, name) for term, name in terms.items()}
    for term in sorted(terms, key=lambda term: (-n[term], term)):
        if n[term] >= at_least:
            line(term, terms[term], severely[term])
    if not value(results, analysis, "n", EVERYONE, any_grade):
        result.note("No adverse event was recorded.")
    result.note("Participants, n (%), each counted once per term at the worst grade.")
    said = rows.loc[rows["level"].isin([any_grade.id, severe_grade.id]), "note"]
    result.note(*(f"{note}." for text in said for note in text.split("; ") if note and "not estimable" not in note))
    return result


def _share(results: Results, analysis: str, group: Name, level: Name) -> Cell:
    n, percent = (shown(results, analysis, name, group, level) for name in ("n", "percent"))
    text = f"{n} ({percent.replace('%', '')})" if percent not in ("", "NE") else ""
    return linked(results, analysis, text, group, level) if text else Cell(NO_VALUE)
