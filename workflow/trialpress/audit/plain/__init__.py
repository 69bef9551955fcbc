"""The second computation where R is not there: from the same exported data, in plain Python, of all that needs no package.

Fractions, statistics and math of Python's standard library alone, so it shares no code with the first: counts, percentages,
means and quantiles, exact and Wilson intervals, Kaplan-Meier by fractions, Fisher's test by counting tables. What needs an
iterated model (Cox, Firth, pooling) is left to R, and computed_once.csv says so. Each method gives what concordance.R gives.
"""

from __future__ import annotations

import csv
import math
import platform
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from . import counts, times, values
from .arithmetic import Row
from .job import Found, Job

MISSING = "@missing@"  # what a missing cell is in the exported files: a level may be called NA


def versions() -> dict[str, str]:
    return {"Python": platform.python_version()}


def second(folder: Path) -> list[dict]:
    """The rows that the files of `concordance.export` in `folder` give, as second.csv of R has them."""
    jobs, levels, data = (list(_read(folder / f"{name}.csv")) for name in ("jobs", "levels", "data"))
    rows, ids = defaultdict(list), defaultdict(list)
    for row in data:
        rows[row["analysis"]].append(row)
    for row in sorted(levels, key=lambda row: int(row["position"])):
        ids[row["analysis"], row["set"], row["kind"]].append(row["id"])
    found = []
    for job in jobs:
        method = METHODS.get(job["method"])
        of = Job(job, rows[job["analysis"]], lambda kind, within="", name=job["analysis"]: ids[name, within, kind])
        for group, level, by, tolerance, statistics in method(of) if method else ():
            found += [{"analysis": job["analysis"], "group": group, "level": level, "statistic": name, "tolerance": tolerance,
                       "second": "NA" if math.isnan(value) else repr(float(value)), "implementation": f"Python, {by}"}
                      for name, value in statistics.items()]  # fmt: skip
    return found


def _read(path: Path) -> Iterator[Row]:
    with open(path, newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            yield {key: "" if text == MISSING else text for key, text in row.items()} | {"@": _gaps(row)}


def _gaps(row: Mapping[str, str]) -> frozenset[str]:
    return frozenset(key for key, text in row.items() if text == MISSING)


METHODS: dict[str, Callable[[Job], Iterator[Found]]] = {
    "proportion": counts.proportion, "dose_escalation": counts.proportion, "missing_response": counts.missing_response, "trend": counts.trend,
    "summary": values.summary, "frequency": counts.frequency, "baseline": values.baseline, "crosstab": counts.crosstab, "toxicity": counts.toxicity,
    "combinations": counts.combinations, "fisher": counts.fisher_test, "risk_difference": counts.risk_difference, "risk_ratio": counts.risk_ratio,
    "fisher_rxc": counts.cells, "chi_square": counts.cells, "mann_whitney": values.mann_whitney, "kruskal_wallis": values.kruskal_wallis,
    "spearman": values.spearman, "kinetics_by_day": values.kinetics_by_day, "kaplan_meier": times.kaplan_meier, "follow_up": times.follow_up,
    "concordance_index": times.concordance_index,
    "survival_difference": times.survival_difference, "cumulative_incidence": times.cumulative_incidence,
}  # fmt: skip
