"""This pipeline beside an analyst's R Markdown of the same data and the same as 20 scripts: python benchmarks/peers.py [runs].

Both peers lie in benchmarks/peers/: they read the same raw files, apply the same signed corrections, and end in one HTML
with ten figures and four tables; they log no change, ask nothing, check nothing and have no audit. In one run, alternating,
so that ratios hold on a shared machine. They need R with readxl, survival, cmprsk, survminer, ggplot2 and rmarkdown (Debian:
r-cran-*) and take Pandoc from this environment. Printed too: whether their numbers are ours.
"""

from __future__ import annotations

import csv
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pypandoc
from pipeline import ROOT, checkout

NEEDED = ("readxl", "survival", "cmprsk", "survminer", "ggplot2", "rmarkdown")
RENDER = 'rmarkdown::render("analyst.Rmd", output_dir = Sys.getenv("OUT"), quiet = TRUE)'
STUDY = "low-dose-cd19"
RATES = ("cr_rr_evaluable", "cr_rr_infused", "mrd_negative_mrdpos", "crs_severe")


def timed(command: list[str], folder: Path, **more: str) -> tuple[float, float]:
    """Seconds of the clock, and CPU seconds of all that it started."""
    settings = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=settings | more, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    clock = time.perf_counter() - start
    return clock, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def agreement(ours: Path, peer: Path) -> str:
    """The counts of the peer against those of our results."""
    with open(ours, encoding="utf-8") as file:
        known = {(row["analysis"], row["statistic"]): float(row["value"]) for row in csv.DictReader(file)
                 if row["analysis"] in RATES}  # fmt: skip
    with open(peer, encoding="utf-8") as file:
        found = {row[""]: (float(row["n"]), float(row["N"])) for row in csv.DictReader(file) if row[""] in RATES}
    should = {name: (known[name, "n"], known[name, "N"]) for name in RATES}
    wrong = [f"{name} ({n:g} of {N:g} for {should[name][0]:g} of {should[name][1]:g})"
             for name, (n, N) in found.items() if (n, N) != should[name]]  # fmt: skip
    return f"{len(found)} rates of theirs have our counts" + (f", but for {', '.join(wrong)}" if wrong else "")


def main(runs: int) -> None:
    lacking = f"cat(setdiff(c({', '.join(map(repr, NEEDED))}), rownames(installed.packages())))"
    if shutil.which("Rscript") is None:
        sys.exit("there is no Rscript; install R first")
    if missing := subprocess.run(["Rscript", "-e", lacking], capture_output=True, text=True).stdout:
        sys.exit(f"R lacks {missing}; Debian: apt-get install {' '.join(f'r-cran-{name}' for name in missing.split())}")
    measured: dict[str, list[tuple[float, float]]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        project, peers = checkout(folder / "project"), shutil.copytree(ROOT / "benchmarks" / "peers", folder / "peers")
        results = project / "results" / STUDY
        settings = {"RAW": str(project / "data" / STUDY / "raw"), "LC_ALL": "C.UTF-8", "SLURM_CONF": "/dev/null",
                    "RSTUDIO_PANDOC": str(Path(pypandoc.get_pandoc_path()).parent)}  # fmt: skip
        snakemake = [str(ROOT / ".venv" / "bin" / "python"), "-m", "snakemake", "--cores", "2", "--quiet"]
        for run in range(runs):
            for what, command in (("R Markdown", ["Rscript", "-e", RENDER]), ("20 scripts", snakemake)):
                out = folder / f"{what} {run}".replace(" ", "-")
                out.mkdir()
                measured.setdefault(what, []).append(timed(command, peers, OUT=str(out), **settings))
                assert (out / "analyst.html").is_file()
            shutil.rmtree(results, ignore_errors=True)
            measured.setdefault("ours", []).append(timed(["make", "report", "CORES=2"], project))
        told = agreement(results / "analysis" / "ard.csv", out / "statistics.csv")
    best = {what: min(seconds) for what, seconds in measured.items()}
    print(f"{'':12}{'clock, s':>9}{'CPU, s':>9}{'ours / it':>11}{'CPU':>7}   (best of {runs})")
    for what, (clock, cpu) in best.items():
        print(f"{what:12}{clock:9.1f}{cpu:9.1f}{best['ours'][0] / clock:11.2f}{best['ours'][1] / cpu:7.2f}")
    print(told)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
