"""One analysis as it was exported, and how what is found of it is handed on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from statistics import NormalDist

from .arithmetic import Row, exact_limits, jeffreys, wilson

CLOSED, EXACT, FITTED = 1e-9, 1e-7, 1e-6
PAIRS = 10**6  # differences that are listed
COUNTED, DESCRIBED, TAILS, FRACTIONS = "counting", "statistics", "tails of distributions, bisection", "fractions"
PROFILE = "Newton's method, profile by false position"
NEWCOMBE, TABLES = "Wilson's roots, combined as Newcombe", "all tables, by fractions"
Found = tuple[str, str, str, float, dict[str, float]]  # group, level, by what, tolerance, statistics


class Job:
    """One analysis: its options, its rows, its ids in the order of printing."""

    def __init__(self, job: Row, rows: list[Row], named: Callable[..., list[str]]):
        self.options, self.rows, self.named, self.z = (
            job,
            rows,
            named,
            NormalDist().inv_cdf((1 + float(job["conf"])) / 2),
        )

    def __getitem__(self, key: str) -> str:
        return self.options[key]

    @property
    def tail(self) -> float:
        return (1 - float(self["conf"])) / 2

    @property
    def times(self) -> list[str]:
        return self["at"].split(";") if self["at"] else []

    def groups(self) -> Iterator[tuple[str, list[Row]]]:
        """(group, its rows); without groups all are of the group ''."""
        for group in self.named("group"):
            yield group, [row for row in self.rows if row["group"] == group]

    def limits(self, x: int, n: int) -> tuple[str, dict[str, float]]:
        """An interval of x of n as the plan asks for it: (by what, limits); nothing where this knows none."""
        match self["interval"]:
            case "clopper-pearson" if n:
                return TAILS, dict(zip(("ci_low", "ci_high"), exact_limits(x, n, self.tail), strict=True))
            case "wilson" if n:
                return NEWCOMBE, dict(zip(("ci_low", "ci_high"), wilson(x, n, self.z), strict=True))
            case "jeffreys" if n:
                return TAILS, dict(zip(("ci_low", "ci_high"), jeffreys(x, n, self.tail), strict=True))
        return "", {}
