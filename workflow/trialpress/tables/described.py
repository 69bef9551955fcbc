"""How a number is described in a cell."""

from __future__ import annotations

from typing import Literal

from ..figures.read import interval, shown
from ..ids import EVERYONE, Name
from ..results import Results
from .table import NO_VALUE, Cell, linked

Statistic = Literal["n", "mean_sd", "median_iqr", "median_range", "range"]
# statistic of a number -> how it is called, its parts in the results
STATISTICS = {"n": ("n", ("n",)), "mean_sd": ("mean (SD)", ("mean", "sd")), "median_iqr": ("median (IQR)", ("median", "q1", "q3")),
              "median_range": ("median (range)", ("median", "min", "max")), "range": ("range", ("min", "max"))}  # fmt: skip


def described(
    results: Results, analysis: str, group: Name, level: Name = EVERYONE, statistic: str = "median_iqr"
) -> Cell:
    """'61 (44–70)', '58.3 (12.1)', '44–70', '12' of a number in a group; '61 (44–70) [52–66]' where the analysis has intervals."""
    first, *others = (shown(results, analysis, name, group, level) for name in STATISTICS[statistic][1])
    if first in ("", "NE"):
        return Cell(NO_VALUE)
    if statistic == "range":
        text = interval(first, others[0])
    else:
        text = f"{first} ({interval(*others) if len(others) == 2 else others[0]})" if others else first
    middle = statistic.partition("_")[0]
    limits = interval(*(shown(results, analysis, f"{middle}_ci_{end}", group, level) for end in ("low", "high")))
    return linked(results, analysis, text + bracketed(limits), group, level)


def bracketed(limits: str) -> str:
    """An interval behind what it is of; nothing where it is not estimable."""
    return f" [{limits}]" if limits and "NE" not in limits else ""
