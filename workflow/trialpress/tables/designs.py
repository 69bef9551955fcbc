"""Designs of trials: those with two stages, and their size."""

from __future__ import annotations

from ..analysis.methods import METHODS
from ..analysis.methods.two_stage import assumed, size_statement
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


@KINDS.add("sample_sizes")
def sample_sizes(results: Results, *, analyses: list[Analysis]) -> Table:
    """How many participants or events a trial needs: what is assumed, the errors that are allowed, and the size; below it the statement
    of each design in a sentence.

    Parameters
        analyses: sample_size analyses, a row each
    """
    header = ["Design", "Assumed", "\u03b1", "Power", "Per group", "Participants", "Events", "Promising if >"]
    table = Table(header, ["left", "left", *["right"] * 6])
    for analysis in analyses:
        given = METHODS.given(results.plan.analyses[analysis])
        sides = "one-sided" if given["design"] == "single-arm" else "two-sided"
        said = (shown(results, analysis, name) for name in ("power", "n_per_group", "n_planned", "events_planned", "r"))
        cells = [linked(results, analysis, text) if text else NO_VALUE for text in said]
        table.add(label(results, analysis), assumed(given), f"{given['alpha']:g}, {sides}", *cells)
        table.note(size_statement(given))
    return table
