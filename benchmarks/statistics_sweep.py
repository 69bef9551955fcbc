"""Every statistic on inputs that nobody chose: small, tied, empty, separated and huge.

Usage: PYTHONPATH=workflow:tests python -P benchmarks/statistics_sweep.py [tables|methods|second|firth|fisher] [how many]

tables: Barnard's and Boschloo's test of every 2 x 2 table with groups up to so many (15) against enumeration in rational
arithmetic. methods: so many (2000) runs of methods of a plan on degenerate cohorts; none may raise, and every gap has a
reason. second: so many (600) of these runs computed a second time, by R where it is; none may differ, and what is left is
listed. firth: Firth's logistic and Cox regression of so many (350) samples that separate; all converge. fisher: processor
seconds of Fisher's test of so many (200) 6 x 5 tables with n = 100, balanced, skewed, sparse and dependent. A sample of each
is among the tests.
"""

from __future__ import annotations

import sys
import time
import warnings
from collections import Counter

import numpy as np
from analysis.degenerate import faults, runs, second
from stats import exact
from stats.test_cox import separating
from stats.test_logistic import separated
from trialpress.stats.contingency import fisher_rxc
from trialpress.stats.cox import firth_cox
from trialpress.stats.logistic import firth
from trialpress.stats.unconditional import barnard, boschloo


def tables(largest: int) -> None:
    done, worst = 0, {"barnard": 0.0, "boschloo": 0.0}
    for n1 in range(1, largest + 1):
        for n2 in range(1, n1 + 1):  # the groups exchanged give the same p-value
            for test, reference in ((barnard, exact.barnard), (boschloo, exact.boschloo)):
                for (x1, x2), p in reference(n1, n2).items():
                    ours = test([[x1, n1 - x1], [x2, n2 - x2]])["p_value"]
                    name = test.__name__
                    worst[name] = max(worst[name], abs(ours - p) / p)
                    done += 1
        print(f"groups up to {n1}: {done} p-values, largest relative difference {worst}", flush=True)


def methods(n: int) -> None:
    found, statistics = Counter(), 0
    for number, (method, rows, error) in enumerate(runs(n)):
        statistics += len(rows) if rows is not None else 0
        for fault in faults(method, rows, error):
            found[fault] += 1
            print(f"run {number}: {fault}", flush=True)
    print(f"{n} runs, {statistics} statistics, {sum(found.values())} faults")


def again(n: int, at_once: int = 200) -> None:
    verdicts: Counter = Counter()
    for first in range(0, n, at_once):
        said, rows = second(range(first, min(first + at_once, n)))
        why = (
            rows["why"]
            .fillna("")
            .where(~rows["why"].fillna("").str.startswith("no value to compare"), "no value to compare")
        )
        verdicts.update(rows["verdict"].where(rows["verdict"].ne("once"), why))
        for row in rows[rows["verdict"].eq("differs")].itertuples():
            print(
                row.analysis, said[row.analysis], row.group, row.level, row.statistic, row.value, row.second, flush=True
            )
    for verdict, count in verdicts.most_common():
        print(count, verdict)


def converging(n: int) -> None:
    found: Counter = Counter()
    for seed in range(n):
        y, X = separated(seed)
        time_, event, Z = separating(seed)
        names = [f"x{j}" for j in range(X.shape[1])]
        for name, fit in (("logistic", lambda: firth(y, X, names)), ("cox", lambda: firth_cox(time_, event, Z))):  # noqa: B023
            try:
                note = fit().note
                found[name, note.split(":")[-1] if note.startswith("not estimable") else "converged"] += 1
            except ArithmeticError as error:
                found[name, str(error)] += 1
                print(seed, name, error, flush=True)
    for key, count in sorted(found.items()):
        print(*key, count)


def crossed(kind: str, seed: int, rows: int = 6, columns: int = 5, n: int = 100) -> np.ndarray:
    """A random table without an empty row or column."""
    rng = np.random.default_rng([seed, ["balanced", "skewed", "sparse", "dependent"].index(kind)])
    while True:
        margins = [np.ones(k) for k in (rows, columns)]
        if kind == "skewed":
            margins = [rng.dirichlet(m) for m in margins]
        elif kind == "sparse":  # half of the rows and columns hold a few patients each
            margins = [np.where(np.arange(len(m)) < len(m) // 2, 0.15, 1.0) for m in margins]
        chance = np.outer(*margins)
        if kind == "dependent":
            chance *= np.exp(rng.normal(size=chance.shape) * rng.choice([0.2, 0.4, 0.8]))
        table = rng.multinomial(n, chance.ravel() / chance.sum()).reshape(rows, columns)
        if table.any(axis=0).all() and table.any(axis=1).all():
            return table


def fisher(n: int) -> None:
    for kind in ("balanced", "skewed", "sparse", "dependent"):
        seconds, exact_ones = [], 0
        for seed in range(n // 4):
            table = crossed(kind, seed)
            before = time.process_time()
            exact_ones += not fisher_rxc(table, seed=1).note
            seconds.append(time.process_time() - before)
        spread = " ".join(f"{q:.2f}" for q in np.quantile(seconds, (0, 0.25, 0.5, 0.75, 0.9, 1)))
        print(f"{kind}: {exact_ones} of {n // 4} exact; s, min, quartiles, 90%, max: {spread}", flush=True)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    what = sys.argv[1] if len(sys.argv) > 1 else "methods"
    started = time.perf_counter()
    sweep, usual = {
        "tables": (tables, 15),
        "methods": (methods, 2000),
        "second": (again, 600),
        "firth": (converging, 350),
        "fisher": (fisher, 200),
    }[what]
    with np.errstate(all="ignore"):
        sweep(int(sys.argv[2]) if len(sys.argv) > 2 else usual)
    print(f"{time.perf_counter() - started:.0f} s")
