"""Which library reads simplest at the required speed: the kernel of the clean stage in three of them.

`python benchmarks/libraries.py [rows]` in an environment that has polars and duckdb besides (they are not needed by the
pipeline and not in its lock). The kernel: from the raw texts of laboratory rows to typed values in the canonical unit,
with the first of each key, the count of changed cells, and sums by analyte. Parsing is Python in all three, once per
distinct text; each library must give the same sums.
"""

from __future__ import annotations

import random
import re
import resource
import subprocess
import sys
import time

import numpy as np
import pandas as pd

UNITS = {f"T{i}": {"mg/L": 1.0, "mg/dL": 10.0} for i in range(20)}


def raw(rows: int) -> dict[str, list[str]]:
    draw = random.Random(1)
    return {
        "who": [f"S{i // 200:07d}" for i in range(rows)],
        "date": [f"2015-0{1 + i % 9}-1{i // 20 % 10}" for i in range(rows)],
        "test": [f"Test {i % 20}" for i in range(rows)],
        "value": [f"{draw.random() * 100:.3g}" if draw.random() > 0.01 else "<0.5" for _ in range(rows)],
        "unit": ["mg/dL" if i % 2 else "mg/L" for i in range(rows)],
    }


def parse(text: str) -> float:
    return float(re.sub(r"^<\s*", "", text))


def with_numpy(columns: dict[str, list[str]]) -> dict[str, float]:
    coded = {name: pd.factorize(pd.Series(texts, dtype=object)) for name, texts in columns.items()}
    number = np.array([parse(text) for text in coded["value"][1]], dtype=float)[coded["value"][0]]
    code = np.array([text.replace("Test ", "T") for text in coded["test"][1]], dtype=object)
    pair = coded["test"][0].astype(np.int64) * len(coded["unit"][1]) + coded["unit"][0]
    factor = np.array([UNITS[t][u] for t in code for u in coded["unit"][1]])[pair]
    key = coded["who"][0].astype(np.int64)
    for name in ("date", "test"):
        key = key * len(coded[name][1]) + coded[name][0]
    first = ~pd.Series(key).duplicated().to_numpy()
    sums = np.bincount(coded["test"][0][first], weights=(number * factor)[first])
    return dict(zip(code, sums, strict=True))


def with_polars(columns: dict[str, list[str]]) -> dict[str, float]:
    import polars as pl

    frame = pl.DataFrame(columns)
    numbers = {text: parse(text) for text in frame["value"].unique()}
    factors = pl.DataFrame(
        [(t, u, f) for t, of in UNITS.items() for u, f in of.items()], schema=["code", "unit", "factor"], orient="row"
    )
    done = (
        frame.lazy()
        .with_columns(
            number=pl.col("value").replace_strict(numbers, return_dtype=pl.Float64),
            code=pl.col("test").str.replace("Test ", "T"),
        )
        .join(factors.lazy(), on=["code", "unit"], how="left", maintain_order="left")
        .unique(["who", "date", "test"], keep="first", maintain_order=True)
        .group_by("code")
        .agg((pl.col("number") * pl.col("factor")).sum().alias("sum"))
        .collect()
    )
    return dict(zip(done["code"], done["sum"], strict=True))


def with_duckdb(columns: dict[str, list[str]]) -> dict[str, float]:
    import duckdb

    frame = pd.DataFrame(columns, dtype="str")
    frame["place"] = np.arange(len(frame))
    numbers = pd.DataFrame([(text, parse(text)) for text in frame["value"].unique()], columns=["value", "number"])
    factors = pd.DataFrame(
        [(t, u, f) for t, of in UNITS.items() for u, f in of.items()], columns=["code", "unit", "factor"]
    )
    query = """
        with typed as (select f.*, replace(test, 'Test ', 'T') as code, n.number from frame f left join numbers n using (value)),
        kept as (select *, row_number() over (partition by who, date, test order by place) as nth from typed)
        select code, sum(number * factor) as total from kept left join factors using (code, unit) where nth = 1 group by code"""
    with duckdb.connect(config={"threads": 2}) as base:
        for name, table in (("frame", frame), ("numbers", numbers), ("factors", factors)):
            base.register(name, table)
        done = base.execute(query).fetchall()
    return dict(done)


LIBRARIES = {"numpy + pandas": with_numpy, "polars": with_polars, "duckdb": with_duckdb}


def main(rows: int, name: str = "") -> None:
    if name:
        columns = raw(rows)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        start = time.perf_counter()
        sums = LIBRARIES[name](columns)
        seconds = time.perf_counter() - start
        more = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        print(
            f"{name:<16} {rows:>10,} rows {seconds:7.2f} s {more:7.0f} MB more, sum {sum(sums.values()):.6g}",
            flush=True,
        )
        return
    for name in LIBRARIES:
        done = subprocess.run([sys.executable, __file__, str(rows), name], text=True, capture_output=True)
        print(done.stdout.strip() or f"{name:<16} {done.stderr.strip().splitlines()[-1]}", flush=True)


if __name__ == "__main__":
    main(int(float(sys.argv[1])) if len(sys.argv) > 1 else 10**6, *sys.argv[2:])
