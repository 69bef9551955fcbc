"""Methods of a plan on cohorts made at random of whatever is awkward."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
from analysis import test_methods
from analysis.cohort import ARMS, AWKWARD, DOSES, compute, data, levels_table, usual
from audit import twice
from trialpress.audit.concordance import once

CHANGES = [name for name in AWKWARD if name != "usual"]


def cohort(rng: np.random.Generator):
    """A cohort of 0 to 30 with up to three kinds of trouble, and values that are few, huge, tiny or missing."""
    frame = usual(int(rng.choice([1, 2, 3, 5, 8, 12, 30])))
    for name in ("x", "y"):
        kind = rng.integers(0, 5)
        values = [frame[name], frame[name].round(-1), frame[name] * 10.0 ** rng.integers(-200, 200), frame[name] * 0 + 7.0,
                  pd.Series(rng.choice([0.0, 1.0], len(frame)), dtype="Float64")][kind]  # fmt: skip
        frame[name] = values.astype("Float64")
    if rng.random() < 0.5:
        scale = int(rng.choice([1, 2, 10, 1_000_000]))
        frame["os_time"] = frame["relapse_time"] = pd.Series(rng.integers(0, 4, len(frame)) * scale, dtype="Int64")
    if rng.random() < 0.4:
        chance = rng.random()
        for name in ("response", "later", "os_event"):
            frame[name] = pd.Series(rng.random(len(frame)) < chance, dtype="boolean")
    if rng.random() < 0.3:
        frame["arm"] = pd.Series(rng.choice(["a", "b"], len(frame), p=[0.9, 0.1]), dtype="string")
    for name in rng.choice(CHANGES, int(rng.integers(0, 3)), replace=False):
        frame = AWKWARD[name](frame.reset_index(drop=True))
    frame = frame.reset_index(drop=True)
    if rng.random() < 0.3 and len(frame):
        for name in ("x", "y", "dose", "os_time", "response"):
            frame[name] = frame[name].mask(rng.random(len(frame)) < 0.4)
    return data(frame, {"arm": ARMS, "dose_group": DOSES}, {"levels": levels_table(frame)})


def runs(n: int, first: int = 0) -> Iterator[tuple[str, pd.DataFrame | None, str]]:
    """(method with options, its rows, what it raised)."""
    every = [(name, options) for name, all_of in test_methods.OPTIONS.items() for options in all_of]
    for number in range(first, first + n):
        method, options = every[number % len(every)]
        try:
            yield f"{method} {options}", compute(method, cohort(np.random.default_rng(number)), **options)[0], ""
        except Exception as error:  # whatever it is, it is the fault that is looked for
            yield f"{method} {options}", None, f"{type(error).__name__}: {error}"


FINITE = frozenset({"mean", "sd", "std_error", "standard_error", "median", "q1", "q3"})


def faults(method: str, rows: pd.DataFrame | None, error: str) -> list[str]:
    """What is wrong with a run: it raised, says nothing, has a gap without a reason, or what is finite is not."""
    if rows is None:
        return [f"{method}: {error}"]
    if rows.empty:
        return [f"{method}: no row"]
    gaps = rows[rows["value"].isna() & ~rows["note"].map(lambda note: bool(re.search(test_methods.REASON, note)))]
    ends = rows[np.isinf(rows["value"]) & rows["statistic"].isin(FINITE)]
    return [
        *(f"{method}: {row.group} {row.level} {row.statistic} is missing: '{row.note}'" for row in gaps.itertuples()),
        *(f"{method}: {row.group} {row.level} {row.statistic} is infinite" for row in ends.itertuples()),
    ]


def second(numbers: Iterable[int]) -> tuple[dict[str, str], pd.DataFrame]:
    """(what each run is, what R or plain Python says of it): runs computed a second time, as analyses of one plan."""
    every = [(name, options) for name, all_of in test_methods.OPTIONS.items() for options in all_of]
    found, datas, analyses = [], {}, {}
    for number in numbers:
        method, options = every[number % len(every)]
        population = cohort(np.random.default_rng(number))
        name = f"r{number}"
        rows, _ = compute(method, population, **options)
        found.append(rows.assign(analysis=name))
        datas[name], analyses[name] = population, {"method": method, **options}
    ard = pd.concat(found, ignore_index=True)
    plan = replace(next(iter(datas.values())).plan, analyses=analyses)
    results = SimpleNamespace(
        plan=plan, ard=ard, analysed=datas.__getitem__, analysis=lambda name: ard[ard["analysis"] == name]
    )
    rows, answer = twice.second(results)
    said = {name: str(spec) for name, spec in analyses.items()}
    rest = once(results, rows, answer.failed, True)
    return said, pd.concat([rows, rest.assign(verdict="once")], ignore_index=True)
