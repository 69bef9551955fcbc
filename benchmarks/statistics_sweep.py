"""Every statistic on inputs that nobody chose: small, tied, empty, separated and huge.

Usage: PYTHONPATH=workflow:tests python -P benchmarks/statistics_sweep.py [tables|methods|second|firth|fisher] [how many]

tables: Barnard's and Boschloo's test of every 2 x 2 table with groups up to so many (15) against enumeration in rational
arithmetic. methods: so many (2000) runs of methods of a plan on degenerate cohorts; none may raise, and every gap has a
reason. second: so many (600) of these runs computed a second time, by R where it is; none may differ, and what is left is
listed. firth: Firth's logistic and Cox regression of so many (350) samples that separate; all converge. fisher: processor
seconds of Fisher's test of so many (250) 6 x 5 tables with n = 100, balanced, skewed, sparse, dependent, and in five groups
of 20; fisher-r: of every tenth of them, beside R where it ends within a minute. A sample of each is among the tests.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
import warnings
from ast import literal_eval
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


KINDS = ("balanced", "skewed", "sparse", "dependent", "groups")


def crossed(kind: str, seed: int, rows: int = 6, columns: int = 5, n: int = 100) -> np.ndarray:
    """A random table without an empty row or column."""
    rng = np.random.default_rng([seed, KINDS.index(kind)])
    while True:
        if kind == "groups":
            table = np.array([rng.multinomial(n // columns, rng.dirichlet(np.full(rows, 3))) for _ in range(columns)]).T
            if table.any(axis=1).all():
                return table
            continue
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


def alone(table: np.ndarray) -> tuple[float, str, float, float]:
    """p, note, processor seconds and peak memory in MB of Fisher's test in a process of its own."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        before = time.process_time()
        result = fisher_rxc(table, seed=1)
        seconds = time.process_time() - before
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        os.write(write, repr((float(result["p_value"]), result.note, seconds, peak)).encode())
        os._exit(0)
    os.close(write)
    os.waitpid(child, 0)
    with os.fdopen(read) as pipe:
        return literal_eval(pipe.read())


def by_r(table: np.ndarray, most: int = 60) -> tuple[float, float] | None:
    """p and processor seconds of fisher.test with a workspace of 800 MB; None if it gives none within `most` seconds."""
    cells = ",".join(map(str, table.T.ravel().tolist()))
    code = (
        f"m <- matrix(c({cells}), {len(table)}); a <- proc.time()[[1]]; p <- fisher.test(m, workspace = 2e8)$p.value; "
    )
    code += 'cat(sprintf("%.15g", p), proc.time()[[1]] - a)'
    limited = ["bash", "-c", f'ulimit -t {most}; exec Rscript -e "$1"', "bash", code]
    done = subprocess.run(limited, capture_output=True, text=True)
    if done.returncode:
        return None
    p, seconds = map(float, done.stdout.split())
    return p, seconds


def fisher(n: int) -> None:
    for kind in KINDS:
        found = [alone(crossed(kind, seed)) for seed in range(n // len(KINDS))]
        spread = " ".join(f"{q:.2f}" for q in np.quantile([seconds for *_, seconds, _ in found], (0.5, 0.9, 1)))
        exact_ones, peak = sum(not note for _, note, _, _ in found), max(peak for *_, peak in found)
        print(f"{kind}: {exact_ones} of {len(found)} exact; s, median, 90%, max: {spread}; {peak:.0f} MB", flush=True)


def fisher_r(n: int) -> None:
    for kind in KINDS:
        for seed in range(0, n // len(KINDS), 10):
            table = crossed(kind, seed)
            p, note, seconds, _ = alone(table)
            theirs = by_r(table)
            beside = f"R {theirs[1]:.1f} s, apart {abs(p / theirs[0] - 1):.0e}" if theirs else "R: none within a minute"
            print(f"{kind} {seed}: p {p:.3g}{', estimated' * bool(note)}, {seconds:.2f} s; {beside}", flush=True)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    what = sys.argv[1] if len(sys.argv) > 1 else "methods"
    started = time.perf_counter()
    sweep, usual = {
        "tables": (tables, 15),
        "methods": (methods, 2000),
        "second": (again, 600),
        "firth": (converging, 350),
        "fisher": (fisher, 250),
        "fisher-r": (fisher_r, 250),
    }[what]
    with np.errstate(all="ignore"):
        sweep(int(sys.argv[2]) if len(sys.argv) > 2 else usual)
    print(f"{time.perf_counter() - started:.0f} s")
