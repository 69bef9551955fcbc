"""Designs of trials with two stages."""

from __future__ import annotations

from ..figures.read import label, names, shown
from ..registry import Analysis
from ..results import Results
from .table import KINDS, NO_VALUE, Table, linked

COLUMNS = ("alpha", "power", "expected_n", "early_stop")


@KINDS.add("two_stage_designs")
def two_stage_designs(results: Results, *, analyses: list[Analysis]) -> Table:
    """Simon's designs: when they stop and when they call for more, their error rates, expected size and early stop under p0.

    Parameters
        analyses: simon_design analyses, a section each
    """
    header = ["Design", "Stop if \u2264", "Promising if >", "\u03b1", "Power", "Expected n", "Early stop"]
    table = Table(header, ["left", *["right"] * 6])
    for analysis in analyses:
        table.section(label(results, analysis))
        for level in names(results.analysis(analysis), "level")[::-1]:  # optimal, then minimax
            said = {
                name: shown(results, analysis, name, level=level) for name in ("r1", "n1", "r", "n_planned", *COLUMNS)
            }
            bounds = [f"{said[r]}/{said[n]}" for r, n in (("r1", "n1"), ("r", "n_planned"))]
            cells = [text if "NE" not in text else NO_VALUE for text in (*bounds, *(said[name] for name in COLUMNS))]
            table.add(
                level.label.capitalize(), *(linked(results, analysis, text, level=level) for text in cells), indent=1
            )
    table.note(
        "Responses of participants; \u03b1, expected number and early stop under the uninteresting rate, power under the other."
    )
    return table
