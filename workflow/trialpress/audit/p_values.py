"""Whether a p-value stands alone: in the text without an estimate and its interval in the same sentence, in a table without
them in the same analysis."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import pandas as pd

from ..figures.read import analyses_of
from ..ids import Name
from ..results import Results
from ..tables.kinds import KINDS
from .checklists import NUMBER, headed

PRINTING = ("comparisons", "coefficients", "baseline", "proportions", "toxicity")  # kinds of table that print p-values
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
    those of the groups, each against the first."""
    for table, spec in results.plan.tables.items():
        for analysis in analyses_of(KINDS, spec):
            rows = results.analysis(analysis)
            limits = rows[rows["statistic"].eq("ci_low")]
            by = results.plan.analyses[analysis].get("by", "")
            for row in rows[rows["statistic"].eq("p_value") & rows["value"].notna()].itertuples():
                here = _at(limits, row.group, row.level) or (
                    not row.level and limits["level"].str.startswith(f"{by}=").any()
                )
                if spec["kind"] in PRINTING:
                    record = results.record(analysis, Name(row.group, ""), Name(row.level, ""))
                    yield table, f"{record}.p_value", bool(here)


def _at(limits: pd.DataFrame, group: str, level: str) -> bool:
    return bool((limits["group"].eq(group) & limits["level"].eq(level)).any())


def verdict(manuscript: str, tables: Iterable[tuple[str, str, bool]]) -> tuple[bool, str]:
    """(whether no p-value stands alone, a sentence that says so or where they do); tables: what `in_tables` gives."""
    found = [*in_text(manuscript), *((f"@tbl-{table}", number, both) for table, number, both in tables)]
    alone = [f"`{number}` ({place})" for place, number, both in found if not both]
    if alone:
        return False, f"Not met: no estimate with its interval beside {', '.join(alone)}."
    return True, f"Each of {len(found)} p-values of text and tables stands beside an estimate with its interval."
