"""Across trials: published counts from a file."""

from __future__ import annotations

from typing import Literal

import pandas as pd

from ...expression import Expression
from ...files import read_guessed
from ...ids import Name, word
from ...registry import File
from .. import Data, Rows
from .common import METHODS, PERCENT


@METHODS.add("pool")
def pool(data: Data, rows: Rows, *, file: File, n: str, N: str, trial: str = "trial", trials: str = "true",
         overlaps: str = "overlaps", transform: Literal["logit", "freeman-tukey"] = "logit",
         tau2: Literal["reml", "pm", "dl"] = "reml", knapp_hartung: bool = True):  # fmt: skip
    """Random-effects pooling of a proportion across published trials: pooled estimate with interval, prediction interval
    of a new trial, heterogeneity, and each trial with its weight and its Clopper-Pearson interval. Of two trials that share patients
    the larger one is pooled (of equal ones the first in the file), never both; the note names what is left out and why.

    Parameters
        file: CSV file with one row per trial, its path from the repository
        n: its column of the events
        N: its column of the participants
        trial: its column of the trial's name
        trials: which trials are pooled, a condition over the file's columns
        overlaps: its column of the name of a trial that shares patients
        transform: scale of pooling
        tau2: estimator of the variance between trials: REML, Paule-Mandel, DerSimonian-Laird
        knapp_hartung: Hartung-Knapp interval instead of the normal one
    """
    from ...stats.pooling import pooled_proportion
    from ...stats.proportions import proportion

    table = read_guessed(file, trial, overlaps).convert_dtypes()
    columns = {name: table[name] for name in table}
    wanted = Expression(trials)
    problems = wanted.check(table.columns)
    problems += [f"{file} has no column '{name}'" for name in (n, N, trial, overlaps) if name not in table]
    numeric = [name for name in (n, N) if name in table and not pd.api.types.is_numeric_dtype(table[name])]
    problems += [f"{file}, column '{name}' holds texts where numbers are counted" for name in numeric]
    if problems:
        raise ValueError("; ".join(problems))
    table = table[wanted.condition(columns)]
    known = table[[n, N]].notna().all(axis=1) & (table[N] > 0).fillna(False)
    out = {name: "counts not known" for name in table.loc[~known, trial]}
    pooled = []
    shares = dict(zip(table[trial], table[overlaps].astype("string").fillna(""), strict=True))
    for name in table[known].sort_values(N, ascending=False, kind="stable")[trial]:
        twin = next((other for other in pooled if shares[name] == other or shares[other] == name), None)
        if twin is None:
            pooled.append(name)
        else:
            out[name] = f"shares patients with {twin}"
    kept = table[table[trial].isin(pooled)]
    events, totals = (kept[name].to_numpy(dtype=int) for name in (n, N))
    for name, x, total in zip(kept[trial], events, totals, strict=True):
        rows.add(proportion(x, total, level=data.plan.level), level=Name(name, name), kinds=PERCENT)
    result = pooled_proportion(
        events, totals, transform=transform, tau2=tau2, knapp_hartung=knapp_hartung, level=data.plan.level
    )
    weights = result.curve["weight"] if result.curve else [float("nan")] * len(kept)
    for name, weight in zip(kept[trial], weights, strict=True):
        rows.add({"weight": weight}, level=Name(name, name), kind="percent", method=result.method, note=result.note)
    left = "; ".join(f"{name} left out: {why}" for name, why in sorted(out.items()))
    kinds = PERCENT | {"trials": "count", "prediction_low": "percent", "prediction_high": "percent"}
    shown = ("n", "N", "trials", "estimate", "ci_low", "ci_high", "prediction_low", "prediction_high")
    rows.add(result, kinds=kinds, only=shown, note=left)
    rows.add(result, level=word("heterogeneity"), kinds={"tau2": "decimal3", "i2": "decimal1"}, names={"q": "statistic"},
             only=("q", "df", "p_value", "tau2", "i2"))  # fmt: skip
