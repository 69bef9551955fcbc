"""Balance of the covariates of an observational comparison, before and after weighting."""

from __future__ import annotations

from ..figures.read import covariate_order, groups, names, shown, value
from ..registry import Analysis
from ..results import Results, with_marks
from .table import KINDS, NO_VALUE, Head, Table, aligned, linked

TIMES = {"before": "Before weighting", "after": "After weighting"}


@KINDS.add("balance")
def balance(results: Results, *, analysis: Analysis) -> Table:
    """Balance of the covariates of an observational comparison: means and shares of the two groups and their standardised
    mean difference, before and after weighting; sizes and effective sizes in the first row.

    Parameters
        analysis: weighting analysis
    """
    own = groups(results, analysis)
    header = ["Covariate"]
    for time in TIMES.values():
        header += [*(Head(time, group.label) for group in own), Head(time, "SMD")]
    table = Table(header, aligned("left", header[1:]))
    sizes = [
        linked(results, analysis, shown(results, analysis, name, group) or NO_VALUE, group)
        for name in ("n", "effective_n")
        for group in own
    ]
    half = len(own)
    table.add("n (effective)", *sizes[:half], NO_VALUE, *sizes[half:], NO_VALUE)
    rows = results.analysis(analysis)
    for level in covariate_order(results, analysis, names(rows[rows["statistic"] == "smd_before"], "level")):
        cells = []
        for time in TIMES:
            cells += [
                linked(
                    results, analysis, shown(results, analysis, f"mean_{time}", group, level) or NO_VALUE, group, level
                )
                for group in own
            ]
            cells.append(
                linked(results, analysis, shown(results, analysis, f"smd_{time}", level=level) or NO_VALUE, level=level)
            )
        table.add(level.label, *cells)
    for method in dict.fromkeys(rows.loc[rows["statistic"] == "truncated", "method"]):
        table.note(f"{method[:1].upper()}{method[1:]}.")
    for group in own:
        low, high = (shown(results, analysis, f"weight_{end}", group) for end in ("min", "max"))
        table.note(with_marks(f"Weights of {group.label}: {low} to {high}.") if low not in ("", "NE") else "")
    lowered = shown(results, analysis, "truncated")
    table.note(with_marks(f"{lowered} weights were lowered.") if value(results, analysis, "truncated") > 0 else "")
    table.note(
        "Mean or share. Effective: Kish's effective sample size. SMD: standardised mean difference, with the standard deviations before weighting."
    )
    table.note(
        *(f"{note[:1].upper()}{note[1:]}." for note in dict.fromkeys(rows["note"]) if note.startswith("not estimable"))
    )
    return table
