"""A generated grid of small, tied, one-sided and huge samples: every statistic against R, apart where they differ.

Usage: PYTHONPATH=workflow python benchmarks/statistics_grid.py [samples, default 1500]. Needs Rscript with survival and cmprsk.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import warnings
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
from trialpress.stats import contingency, continuous, correlation, proportions
from trialpress.stats.competing import cumulative_incidence, gray, incidence_at
from trialpress.stats.cox import cox
from trialpress.stats.log_rank import log_rank
from trialpress.stats.survival import kaplan_meier, quantile, survival_at

FOUR = ("estimate", "std_error", "ci_low", "ci_high")


def sample(seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    n = int(rng.choice([4, 6, 9, 14, 25, 60, 200]))
    g = (rng.random(n) < rng.choice([0.1, 0.5, 0.7])).astype(int)
    g[:2] = 0, 1
    digits, size = int(rng.choice([-1, 0, 1, 6])), 10.0 ** int(rng.choice([0, 0, 0, 6, -6]))
    x, z = (np.round(rng.normal(5, 5, n) + shift * g, digits) * size for shift in (rng.choice([0, 3]), 0))
    time = (
        np.ceil(rng.exponential(rng.choice([2, 20, 1000]), n))
        if rng.random() < 0.7
        else rng.exponential(10, n).round(6)
    )
    cause = rng.choice(3, n, p=rng.dirichlet([1, 2, 1]))
    y = (rng.random(n) < rng.choice([0.05, 0.3, 0.9])).astype(int)
    return pd.DataFrame({"set": seed, "x": x, "z": z, "g": g, "y": y, "k": rng.integers(0, 3, n), "time": time,
                         "event": (cause > 0).astype(int), "cause": cause})  # fmt: skip


def ours(d: pd.DataFrame) -> dict[str, float]:
    x, z, g, y, k, time, event, cause = (d[name].to_numpy() for name in list(d)[1:])
    found: dict[str, float] = {}

    def put(name: str, result, *statistics: str):
        found.update({f"{name}.{statistic}": result.values.get(statistic, np.nan) for statistic in statistics})

    def table(a, b):
        return np.array([[((a == i) & (b == j)).sum() for j in (1, 0)] for i in (1, 0)])

    t = table(g, y)
    put("fisher", contingency.fisher_2x2(t), "p_value")
    put("fisher_greater", contingency.fisher_2x2(t, alternative="greater"), "p_value")
    put("chi", contingency.chi_square(t, correction=True), "statistic", "p_value")
    put("mh", contingency.mantel_haenszel([table(g[k == i], y[k == i]) for i in np.unique(k)]), "statistic", "p_value")
    put("mcnemar", contingency.mcnemar(table(y, g), exact=False), "statistic", "p_value")
    put("mw", continuous.mann_whitney(x[g == 1], x[g == 0]), "statistic", "p_value")
    put("t", continuous.t_test(x[g == 1], x[g == 0]), "statistic", "df", "p_value", "ci_low", "ci_high")
    put("kw", continuous.kruskal_wallis(x, k), "statistic", "p_value")
    put("kendall", correlation.kendall(x, z), "estimate", "p_value")
    put("spearman", correlation.spearman(x, z), "estimate", "p_value")
    put("binom", proportions.exact_test(y.sum(), len(y), 0.3), "p_value")
    put("binom", proportions.proportion(y.sum(), len(y)), "ci_low", "ci_high")
    for group in (0, 1):
        here = g == group
        at = np.sort(time[here])[np.ceil(here.sum() * np.array([0.25, 0.5, 0.75])).astype(int) - 1]
        for scale in ("log-log", "log", "plain"):
            km = kaplan_meier(time[here], event[here], transform=scale)
            values = [survival_at(km, when)[name] for name in FOUR for when in at]
            values += [quantile(km, 0.5)[name] for name in ("estimate", "ci_low", "ci_high")]
            found |= {f"km{group}{scale}.{i}": value for i, value in enumerate(values, start=1)}
    put("lr", log_rank(time, event, g), "statistic", "p_value")
    if len(np.unique(k)) > 1:
        put("fh", log_rank(time, event, k, rho=1), "statistic", "p_value")
    put("cox", cox(time, event, z), "coefficient", "std_error", "p_value")
    at = np.sort(time)[np.ceil(len(time) * np.array([0.25, 0.5, 0.75])).astype(int) - 1]
    for of in (1, 2):
        curve = cumulative_incidence(time, cause, of)
        values = [incidence_at(curve, when)[name] for name in FOUR for when in at]
        found |= {f"cif{of}.{i}": value for i, value in enumerate(values, start=1)}
    put("gray", gray(time, cause, g), "statistic", "p_value")
    put("gray_stratified", gray(time, cause, g, stratum=k), "statistic", "p_value")
    return found


def main(n: int) -> None:
    samples = [sample(seed) for seed in range(n)]
    with tempfile.TemporaryDirectory() as folder:
        pd.concat(samples).to_csv(Path(folder, "grid.csv"), index=False, float_format="%.17g")
        script = Path(__file__).with_name("statistics_grid.R")
        subprocess.run(["Rscript", "--vanilla", script, folder], check=True)
        theirs = pd.read_csv(Path(folder, "r.csv"), float_precision="round_trip")
    mine = {d["set"].iloc[0]: ours(d) for d in samples}
    compared, apart, shown, nothing = Counter(), Counter(), Counter(), 0
    for row in theirs.dropna().itertuples():
        value, method = mine[row.set].get(row.statistic, np.nan), row.statistic.split(".")[0]
        compared[method] += 1
        size = abs(row.value) if abs(row.value) > 1e-9 else 1.0
        if np.isnan(value) and row.value in (0.0, 1.0):  # R's statistic of 0 where nothing is compared: not estimable
            nothing += 1
        elif not abs(value - row.value) <= 1e-6 * size:
            apart[method] += 1
            shown[method] += 1
            if shown[method] <= 3:
                print(f"set {row.set} {row.statistic}: R {row.value:.10g}, ours {value:.10g}")
    for method in sorted(compared):
        print(f"{method:20} {compared[method]:7} compared {apart[method]:5} apart")
    print(f"{sum(compared.values())} compared, {nothing} not estimable where R has 0 or 1, {sum(apart.values())} apart")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    with np.errstate(all="ignore"):
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 1500)
