"""Whether a p-value stands alone: in the text without an estimate and its interval in the same sentence, in a table or figure
without them in the same analysis."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from ..ids import Name
from .checklists import NUMBER, headed

if TYPE_CHECKING:  # who judges a text alone reads no results
    from ..results import Results

PRINTING = (
    "comparisons",
    "coefficients",
    "baseline",
    "proportions",
    "toxicity",
    "subgroups",
    "estimates",
)  # kinds of table that print p-values
# kinds of figure that print p-values -> the keys of their analyses
DRAWN = {"rates": ("analyses", "tests"), "grades": ("tests",), "strip": ("tests",), "kaplan_meier": ("tests",), "scatter": ("correlation",),
         "cumulative_incidence": ("tests",), "simon_makuch": ("tests", "landmark", "naive"), "dose_response": ("analyses",),
         "forest": ("analyses",), "boxes": ("tests",)}  # fmt: skip
TESTED = {"p", "p_value", "p_adjusted", "p_value_adjusted", "with_p"}
INTERVAL = {"text", "ci", "with_p"}
SENTENCE = re.compile(r"(?<=[.!?])\s+|\n\s*\n")


def in_text(manuscript: str) -> Iterator[tuple[str, str, bool]]:
    """(heading, number, whether the sentence has an estimate with its interval) of the p-values of a manuscript's source."""
    for heading, text in headed(manuscript):
        for sentence in SENTENCE.split(text):
            names = NUMBER.findall(sentence)
            last = {name: name.rpartition(".")[2] for name in names}
            both = {"ci_low", "ci_high"} <= set(last.values()) or bool(INTERVAL & set(last.values()))
            yield from ((heading, name, both) for name in dict.fromkeys(names) if last[name] in TESTED)


def in_tables(results: Results) -> Iterator[tuple[str, str, bool]]:
    """(table, number, whether its analysis has an interval there) of the p-values of the tables. One of groups together has
    those of the groups, each against the first; one of an interaction those of the subgroups."""
    from ..figures.read import analyses_of
    from ..tables.kinds import KINDS

    for table, spec in results.plan.tables.items():
        asked = spec["kind"] != "toxicity" or spec.get(
            "difference"
        )  # which prints the difference and the p-value, or neither
        for analysis in analyses_of(KINDS, spec) if spec["kind"] in PRINTING and asked else ():
            yield from ((table, *found) for found in _of(results, analysis))


def in_figures(results: Results) -> Iterator[tuple[str, str, bool]]:
    """The same of the figures. A test without an estimate of its own, such as Mantel and Byar's, has that of another analysis
    of the same question that the figure prints beside it."""
    for figure, spec in results.plan.figures.items():
        named = [spec[key] for key in DRAWN.get(spec["kind"], ()) if spec.get(key)]
        analyses = [one for names in named for one in ([names] if isinstance(names, str) else names)]
        limited = {_question(results, one) for one in analyses if results.analysis(one)["statistic"].eq("ci_low").any()}
        for analysis in dict.fromkeys(analyses):
            beside = _question(results, analysis) in limited and "begin" in results.plan.analyses[analysis]
            yield from ((figure, number, both or beside) for number, both in _of(results, analysis))


def _question(results: Results, analysis: str) -> tuple:
    spec = results.plan.analyses[analysis]
    return tuple(spec.get(key) for key in ("population", "where", "endpoint", "begin"))


def _of(results: Results, analysis: str) -> Iterator[tuple[str, bool]]:
    rows, spec = results.analysis(analysis), results.plan.analyses[analysis]
    found = [*zip(*(rows[name].tolist() for name in ("statistic", "group", "level", "value")), strict=True)]
    limits = {(group, level) for statistic, group, level, _ in found if statistic == "ci_low"}
    of_groups = any(level.startswith(f"{spec.get('by', '')}=") or ("subgroup" in spec and level) for _, level in limits)
    for statistic, group, level, value in found:
        if statistic == "p_value" and not math.isnan(value):
            here = (group, level) in limits or (not level and of_groups)
            yield f"{results.record(analysis, Name(group, ''), Name(level, ''))}.p_value", here


def shown(results: Results) -> list[tuple[str, str, bool]]:
    """(place, number, whether an interval is there) of the p-values of tables and figures."""
    kinds = (("tbl", in_tables(results)), ("fig", in_figures(results)))
    return [(f"@{kind}-{name}", number, both) for kind, found in kinds for name, number, both in found]


def verdict(manuscript: str, elsewhere: Iterable[tuple[str, str, bool]]) -> tuple[bool, str]:
    """(whether no p-value stands alone, a sentence that says so or where they do); elsewhere: what `shown` gives."""
    found = [*in_text(manuscript), *elsewhere]
    alone = [f"`{number}` ({place})" for place, number, both in found if not both]
    if alone:
        return False, f"Not met: no estimate with its interval beside {', '.join(alone)}."
    return (
        True,
        f"Each of {len(found)} p-values of text, tables and figures stands beside an estimate with its interval.",
    )
