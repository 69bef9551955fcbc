"""Time and memory of the survival statistics at registry size, beside R where Rscript is present.

Usage: PYTHONPATH=workflow python benchmarks/statistics.py [number of patients, default 1000000]

The same simulated patients go to both sides; only the fit is timed, in processor seconds of one thread, which other work on the
machine does not lengthen much. Each of our fits runs in a process of its own, so that its peak memory (with the data) is its own.
Seconds vary between machines: compare the ratios.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from trialpress.stats.competing import cumulative_incidence, gray
from trialpress.stats.competing_regression import fine_gray
from trialpress.stats.contingency import fisher_rxc
from trialpress.stats.continuous import mann_whitney
from trialpress.stats.cox import cox
from trialpress.stats.delayed import mantel_byar, start_stop
from trialpress.stats.log_rank import log_rank, permutation_log_rank
from trialpress.stats.survival import kaplan_meier


def patients(n: int) -> dict[str, np.ndarray]:
    """Integer days with ties, two causes, three covariates, and something that begins during follow-up for some."""
    rng = np.random.default_rng(20)
    x1, x2, x3 = rng.integers(0, 2, n).astype(float), rng.normal(size=n), rng.normal(size=n)
    days = np.ceil(rng.exponential(1000 * np.exp(-0.3 * x1 - 0.2 * x2 + 0.1 * x3))).clip(1, 3650)
    cause = np.where(days < 3650, rng.choice(3, n, p=[0.4, 0.4, 0.2]), 0)
    begin = np.where(rng.random(n) < 0.5, np.ceil(rng.exponential(500, n)), np.nan)
    begin = np.where(begin < days, begin, np.nan)
    return {"time": days, "cause": cause.astype(float), "x1": x1, "x2": x2, "x3": x3, "begin": begin}


def head(d: dict[str, np.ndarray], n: int) -> dict[str, np.ndarray]:
    return {name: column[:n] for name, column in d.items()}


def crossed(d: dict[str, np.ndarray]) -> np.ndarray:
    """A 3 x 5 table: cause by period of follow-up."""
    return np.histogram2d(d["cause"], d["time"] // 400, bins=[range(4), [0, 1, 2, 3, 4, 10]])[0]


def X(d: dict[str, np.ndarray]) -> np.ndarray:
    return np.column_stack([d["x1"], d["x2"], d["x3"]])


def intervals(d: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """As many start-stop intervals as there are patients."""
    n = len(d["time"])
    rows = start_stop(d["time"], d["cause"] > 0, d["begin"])
    kept = {"entry": rows.entry, "time": rows.time, "event": rows.event, "begun": rows.begun}
    kept |= {name: d[name][rows.patient] for name in ("x2", "x3")}
    return {name: column[:n].astype(float) for name, column in kept.items()}


# name: (data, our fit, R's expression on the same data as `d`)
FITS = {
    "Kaplan-Meier, log-log": (
        lambda d: d,
        lambda d: kaplan_meier(d["time"], d["cause"] > 0),
        'survfit(Surv(time, cause > 0) ~ 1, d, conf.type = "log-log")',
    ),
    "log-rank": (
        lambda d: d,
        lambda d: log_rank(d["time"], d["cause"] > 0, d["x1"]),
        "survdiff(Surv(time, cause > 0) ~ x1, d)",
    ),
    "Aalen-Johansen with variance": (
        lambda d: d,
        lambda d: cumulative_incidence(d["time"], d["cause"], variance="cmprsk"),
        "cuminc(d$time, d$cause)",
    ),
    "Aalen-Johansen, jackknife": (lambda d: d, lambda d: cumulative_incidence(d["time"], d["cause"]), None),
    "Gray": (lambda d: d, lambda d: gray(d["time"], d["cause"], d["x1"]), "cuminc(d$time, d$cause, d$x1)"),
    "Mantel-Byar": (
        lambda d: d,
        lambda d: mantel_byar(d["time"], d["cause"] > 0, d["begin"]),
        # Base R and survival have no Mantel-Byar test: the score test of this fit is the nearest.
        "{b <- pmin(d$begin, Inf, na.rm = TRUE); k <- is.finite(b); "
        "r <- data.frame(s = c(rep(0, nrow(d)), b[k]), t = c(pmin(b, d$time), d$time[k]), "
        "e = c((d$cause > 0) & !k, d$cause[k] > 0), z = rep(0:1, c(nrow(d), sum(k)))); "
        "coxph(Surv(s, t, e) ~ z, r, iter.max = 0)}",
    ),
    "Cox, Efron, 3 covariates": (
        lambda d: d,
        lambda d: cox(d["time"], d["cause"] > 0, X(d)),
        "coxph(Surv(time, cause > 0) ~ x1 + x2 + x3, d)",
    ),
    "Cox, start-stop intervals": (
        intervals,
        lambda d: cox(d["time"], d["event"], np.column_stack([d["begun"], d["x2"], d["x3"]]), entry=d["entry"]),
        "coxph(Surv(entry, time, event) ~ begun + x2 + x3, d)",
    ),
    "Mann-Whitney with its shift": (
        lambda d: d,
        lambda d: mann_whitney(d["x2"][d["x1"] == 0], d["x2"][d["x1"] == 1]),
        "wilcox.test(x2 ~ x1, d, conf.int = TRUE)",
    ),
    "Fine-Gray, a tenth": (
        lambda d: head(d, len(d["time"]) // 10),
        lambda d: fine_gray(d["time"], d["cause"], X(d)),
        None,
    ),
    "Fine-Gray, 2,000": (
        lambda d: head(d, 2000),
        lambda d: fine_gray(d["time"], d["cause"], X(d)),
        'crr(d$time, d$cause, d[c("x1", "x2", "x3")])',
    ),
    "Fisher exact, 3 x 5, n = 200": (
        lambda d: head(d, 200),
        lambda d: fisher_rxc(crossed(d)),
        "fisher.test(table(d$cause, pmin(d$time %/% 400, 4)), workspace = 2e8)",
    ),
    "permutation log-rank, 10,000 x 51": (
        lambda d: head(d, 51),
        lambda d: permutation_log_rank(d["time"], d["cause"] > 0, d["x1"], replicates=10_000, seed=1),
        None,
    ),
}


def ours(name: str, n: int) -> tuple[float, float]:
    """Processor seconds of the fit and peak memory of the process in MB."""
    select, fit, _ = FITS[name]
    d = select(patients(n))
    start = time.process_time()
    fit(d)
    seconds = time.process_time() - start
    return seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def in_r(name: str, n: int, folder: Path) -> float:
    """Processor seconds of R's fit alone."""
    select, _, expression = FITS[name]
    d = select(patients(n))
    names = ", ".join(f'{column} = read("{column}")' for column in d)
    for column, values in d.items():
        values.astype("<f8").tofile(folder / f"{column}.bin")
    script = f"""
        suppressPackageStartupMessages({{library(survival); library(cmprsk)}})
        read <- function(column) readBin(file.path("{folder}", paste0(column, ".bin")), "double", {len(d["time"])})
        d <- data.frame({names})
        cat(sum(system.time({expression})[1:2]))
    """
    run = subprocess.run(["Rscript", "-e", script], capture_output=True, text=True)
    return float(run.stdout) if run.returncode == 0 else float("nan")


def main() -> None:
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    has_r = shutil.which("Rscript") is not None
    print(f"{n:,} patients")
    print(f"{'CPU seconds':36}{'ours':>9}{'MB':>7}{'R':>9}{'R / ours':>10}")
    os.environ |= dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1")  # of both sides
    with tempfile.TemporaryDirectory() as folder:
        for name, (_, _, expression) in FITS.items():
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                seconds, megabytes = pool.apply(ours, (name, n))
            line = f"{name:36}{seconds:9.3f}{megabytes:7.0f}"
            if has_r and expression:
                reference = in_r(name, n, Path(folder))
                line += f"{reference:9.3f}{reference / seconds:10.1f}"
            print(line, flush=True)


if __name__ == "__main__":
    main()
