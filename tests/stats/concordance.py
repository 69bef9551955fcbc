"""Every statistic beside R's.

A topic is a pair: `tests/fixtures/r/<topic>.R`, whose output `<topic>.csv` is committed, and `cases_<topic>.py`,
whose `compute()` returns our values under the same keys (dataset, method, statistic). A third file or a registration
is not needed. Run as a script (`PYTHONPATH=workflow:tests python -m stats.concordance`) this writes
`docs/concordance.md`, a line for each method, and `docs/concordance.csv.gz`, every statistic.
"""

from __future__ import annotations

import csv
import functools
import gzip
import importlib
import io
import math
import re
from pathlib import Path
from typing import NamedTuple

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "tests" / "fixtures" / "r"
PAGE = ROOT / "docs" / "concordance.md"
ROWS = ROOT / "docs" / "concordance.csv.gz"
COLUMNS = ("topic", "dataset", "method", "statistic", "r", "trialpress", "difference", "tolerance")

Key = tuple[str, str, str]


class Reference(NamedTuple):
    """R's value of one statistic and the relative difference that counts as agreement."""

    value: float
    tolerance: float


class Row(NamedTuple):
    """One statistic, R's value beside ours (None where we have no counterpart)."""

    topic: str
    key: Key
    reference: Reference
    ours: float | None

    @property
    def difference(self) -> float:
        """Relative to R's value; absolute where that is zero (below 1e-12)."""
        theirs, ours = self.reference.value, self.ours
        if ours is None:
            return math.inf
        if theirs == ours or (math.isnan(theirs) and math.isnan(ours)):
            return 0.0
        difference = abs(theirs - ours)
        if not math.isfinite(difference):
            return math.inf
        return difference / abs(theirs) if abs(theirs) > 1e-12 else difference

    @property
    def agrees(self) -> bool:
        return self.difference <= self.reference.tolerance


def topics() -> list[str]:
    """Every topic that has an R script or a Python module, whether or not it has both."""
    scripts = {path.stem for path in SCRIPTS.glob("*.R") if path.stem != "record"}
    modules = {path.stem.removeprefix("cases_") for path in Path(__file__).parent.glob("cases_*.py")}
    return sorted(scripts | modules)


def complete(topic: str) -> bool:
    """Whether a topic has its script, R's output and our module; the page shows those that do."""
    files = (SCRIPTS / f"{topic}.R", SCRIPTS / f"{topic}.csv", Path(__file__).with_name(f"cases_{topic}.py"))
    return all(path.exists() for path in files)


def everything() -> list[Row]:
    return [row for topic in topics() if complete(topic) for row in compare(topic)]


def read(path: Path) -> dict[Key, Reference]:
    """A fixture as R wrote it. A key that occurs twice is an error."""
    table: dict[Key, Reference] = {}
    with path.open(newline="", encoding="utf-8") as file:
        for line in csv.DictReader(file):
            key = (line["dataset"], line["method"], line["statistic"])
            if key in table:
                raise ValueError(f"{path.name}: {key} occurs twice")
            value = math.nan if line["value"] == "NA" else float(line["value"])
            table[key] = Reference(value, float(line["tolerance"]))
    return table


def data(name: str) -> dict[str, np.ndarray]:
    """The columns of a data set that an R script exported: floats (empty is NaN) where they can be, else text."""
    with (SCRIPTS / "data" / f"{name}.csv").open(newline="", encoding="utf-8") as file:
        header, *lines = csv.reader(file)
    columns = {}
    for column, values in zip(header, zip(*lines, strict=True), strict=True):
        try:
            columns[column] = np.array([float(value or "nan") for value in values])
        except ValueError:
            columns[column] = np.array(values)
    return columns


def keyed(results) -> dict[Key, float]:
    """{(dataset, method): Result} as {(dataset, method, statistic): value}."""
    return {(*key, name): float(value) for key, result in results.items() for name, value in result.values.items()}


@functools.cache
def compare(topic: str) -> list[Row]:
    """R's statistics of a topic beside ours, sorted."""
    reference = read(SCRIPTS / f"{topic}.csv")
    ours = importlib.import_module(f"stats.cases_{topic}").compute()
    return [Row(topic, key, reference[key], ours.get(key)) for key in sorted(reference)]


def shown(value: float | None) -> str:
    return "missing" if value is None else f"{value:.10g}"


def bucket(difference: float) -> str:
    """The power of ten above a difference: its digits are rounding errors and vary from machine to machine."""
    for exponent in (-12, -9, -6, -3):
        if difference < 10.0**exponent:
            return f"< 1e{exponent}"
    return f"{difference:.1e}"


def method(row: Row) -> str:
    """The method of a statistic without the covariate, time, cause or state that it is of."""
    return re.sub(r" (x|(day|cause|time|state|at) )\d+", "", row.key[1])


def page(rows: list[Row]) -> str:
    """The concordance as Markdown: a line for each method."""
    by_method: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        by_method.setdefault((row.topic, method(row)), []).append(row)

    def line(*names: str, of: list[Row]) -> str:
        apart = sum(not row.agrees for row in of)
        largest = bucket(max(row.difference for row in of))
        return f"| {' | '.join(names)} | {len({row.key[0] for row in of})} | {len(of)} | {apart} | {largest} |"

    lines = [
        "# Concordance with R",
        "",
        "Generated by `tests/stats/concordance.py`; do not edit. Each statistic is computed by R (`tests/fixtures/r/`)",
        "and by `trialpress.stats` from the same data. Differences are relative to R's value (absolute at 0); *apart* is",
        "what differs by more than the tolerance beside it in the R script, 1e-5 or less. Every statistic with both values",
        "is in [concordance.csv.gz](concordance.csv.gz).",
        "",
        "| topic | method | data sets | compared | apart | largest difference |",
        "|---|---|---:|---:|---:|---:|",
        line("**all**", "", of=rows),
        *(line(topic, name, of=by_method[topic, name]) for topic, name in sorted(by_method)),
    ]
    return "\n".join(lines) + "\n"


def table(rows: list[Row]) -> bytes:
    """Every statistic, as compressed CSV."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        values = shown(row.reference.value), shown(row.ours), bucket(row.difference), f"{row.reference.tolerance:g}"
        writer.writerow([row.topic, *row.key, *values])
    return gzip.compress(text.getvalue().encode("utf-8"), mtime=0)


def main() -> None:
    rows = everything()
    PAGE.write_text(page(rows), encoding="utf-8")
    ROWS.write_bytes(table(rows))


if __name__ == "__main__":
    main()
