"""Measurements and their change from baseline by visit."""

from __future__ import annotations

from ..errors import Problem, raise_if
from ..figures.read import groups, label, shown
from ..figures.visits import panels_of
from ..ids import Name
from ..registry import Analysis
from ..results import Results
from .described import STATISTICS, Statistic, described
from .table import KINDS, NO_VALUE, Cell, Head, Table, aligned, linked


@KINDS.add("visits")
def visits(
    results: Results,
    *,
    analyses: list[Analysis],
    changes: list[Analysis] = (),
    titles: list[str] = (),
    visits: list[str] = (),
    statistic: Statistic = "median_iqr",
) -> Table:
    """Measurements by visit and their change from baseline, by group: n, a summary of the values, and of the changes of those
    who have both.

    Parameters
        analyses: summary analyses of the value, one for each visit in order; of several measurements those of the first, then of the next
        changes: summary analyses of the change at the same visits in the same order, or at all but the first, which is the baseline
        titles: names and units of the measurements; the analyses are divided among them
        visits: names of the visits (default: the labels of the first analyses)
        statistic: how values and changes are described
    """
    panels = panels_of(analyses, titles or [label(results, analyses[0])], "tables")
    later = [analysis for panel in panels for analysis in panel.visits[1:]]
    why, do = (
        "a change would stand beside the value of another visit",
        "name one for each visit, or for each but the first",
    )
    wrong = [Problem("plan.yaml, tables, changes", f"{len(changes)} changes for {len(analyses)} visits", why, do)]
    raise_if(wrong if changes and len(changes) not in (len(analyses), len(later)) else [])
    change_of = dict(zip(analyses if len(changes) == len(analyses) else later, changes, strict=False))
    names = list(visits) or [label(results, analysis) for analysis in panels[0].visits]
    why, do = "a visit would have the name of another", "write one for each analysis of a title"
    wrong = [Problem("plan.yaml, tables, visits", f"{len(names)} names for {len(panels[0].visits)} visits", why, do)]
    raise_if(wrong if len(names) != len(panels[0].visits) else [])
    own = groups(results, analyses[0])
    said = STATISTICS[statistic][0]
    header = ["Visit"]
    what = ["n", said[:1].upper() + said[1:] if said != "n" else said, *([f"Change, {said}"] if changes else [])]
    for group in own:
        header += [Head(group.label, text) if group else text for text in what]
    table = Table(header, aligned("left", header[1:]))
    for panel in panels:
        if len(panels) > 1:
            table.section(panel.title)
        for analysis, name in zip(panel.visits, names, strict=True):
            cells = []
            for group in own:
                cells += [
                    _n(results, analysis, group),
                    described(results, analysis, group, statistic=statistic),
                ]
                cells += [_change(results, change_of.get(analysis, ""), analysis, group, statistic)] if changes else []
            table.add(name, *cells)
    if changes:
        table.note(
            "Change: value less that at baseline, of those in whom both are known; n of the change in square brackets where it is another."
        )
    if "iqr" in statistic:
        table.note("IQR: interquartile range.")
    if "sd" in statistic:
        table.note("SD: standard deviation.")
    return table


def _n(results: Results, analysis: str, group: Name) -> Cell:
    return linked(results, analysis, shown(results, analysis, "n", group) or "0", group)


def _change(results: Results, analysis: str, of: str, group: Name, statistic: str) -> Cell:
    """A change, with its number of participants if that of the values is another; nothing at the baseline."""
    if not analysis:
        return Cell(NO_VALUE)
    n, all_ = (shown(results, one, "n", group) or "0" for one in (analysis, of))
    cell = described(results, analysis, group, statistic=statistic)
    return cell if n == all_ or cell == NO_VALUE else Cell(cell, " [", linked(results, analysis, n, group), "]")
