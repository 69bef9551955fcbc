"""Models of repeated measures: means of the groups at each visit and their differences."""

from __future__ import annotations

from ..figures.read import groups, interval, label, levels_of, p_value_text, shown
from ..ids import EVERYONE, Name, word
from ..registry import Analysis
from ..results import Results, with_marks
from .table import KINDS, NO_VALUE, Cell, Head, Table, aligned, linked


@KINDS.add("repeated")
def repeated(results: Results, *, analyses: list[Analysis]) -> Table:
    """Least-squares means of the groups at each visit with standard errors, the difference of each group from the first with its
    interval and p-value, and that of the average of all visits; a section for each analysis. F tests stand below.

    Parameters
        analyses: mmrm analyses of the same groups
    """
    own = groups(results, analyses[0])
    header: list[str] = ["Visit"]
    for group in own:
        header += [Head(group.label, "n"), Head(group.label, "mean (SE)")]
    for group in own[1:]:
        against = f"{group.label} against {own[0].label}"
        header += [Head(against, f"difference ({100 * results.plan.level:g}% CI)"), Head(against, "P")]
    table = Table(header, aligned("left", header[1:]))
    for analysis in analyses:
        if len(analyses) > 1:
            table.section(Cell(label(results, analysis)))
        for visit in [*levels_of(results, analysis, "visit"), EVERYONE]:
            cells = [cell for group in own for cell in _mean(results, analysis, group, visit)]
            cells += [cell for group in own[1:] for cell in _difference(results, analysis, group, visit)]
            table.add(visit.label or "All visits", *cells)
        table.note(_tests(results, analysis, len(analyses) > 1))
    rows = [results.analysis(analysis) for analysis in analyses]
    table.note("Mean: least-squares mean. SE: standard error.")
    table.note(*(f"{text[:1].upper()}{text[1:]}." for one in rows for text in dict.fromkeys(one.loc[one["statistic"] == "difference", "method"])))  # fmt: skip
    table.note(
        *(
            f"{text[:1].upper()}{text[1:]}."
            for one in rows
            for text in one["note"]
            if text.startswith("no estimate with")
        )
    )
    if any("NE" in cell for row in table.rows for cell in row.cells[1:]):
        table.note("NE: not estimable.")
    return table


def _mean(results: Results, analysis: str, group: Name, visit: Name) -> list[Cell]:
    n, mean, error = (shown(results, analysis, name, group, visit) for name in ("n", "estimate", "std_error"))
    text = f"{mean} ({error})" if error and mean != "NE" else mean or NO_VALUE
    return [linked(results, analysis, one, group, visit) for one in (n or NO_VALUE, text)]


def _difference(results: Results, analysis: str, group: Name, visit: Name) -> list[Cell]:
    names = ("difference", "difference_low", "difference_high", "p_value")
    difference, low, high, p = (shown(results, analysis, name, group, visit) for name in names)
    text = f"{difference} ({interval(low, high)})" if difference not in ("", "NE") else difference or NO_VALUE
    return [linked(results, analysis, one, group, visit) for one in (text, p or NO_VALUE)]


def _tests(results: Results, analysis: str, named: bool) -> str:
    """'F tests: groups P = 0.03 (F = 5.2 on 1 and 48.1 degrees of freedom); groups by visits ...'"""
    said = []
    for level, what in ((EVERYONE, "groups"), (word("interaction"), "groups by visits")):
        F, df, rest, p = (
            shown(results, analysis, name, level=level) for name in ("statistic", "df", "df_residual", "p_value")
        )
        if p:
            text = p_value_text(p)
            said.append(f"{what} {text}" + (f" (F = {F} on {df} and {rest} degrees of freedom)" if F != "NE" else ""))
    of = f" of {label(results, analysis)}" if named else ""
    return with_marks(f"F tests{of}: {'; '.join(said)}.") if said else ""
