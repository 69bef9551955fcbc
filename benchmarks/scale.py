"""Every stage at 500, 5,000, 50,000 participants: `python benchmarks/scale.py [participants ...] [--until STAGE] [--in FOLDER]`.

The default study's raw files are repeated (`tile.py`). Printed for each stage: seconds of the clock, CPU seconds (user and
system, of children too: what a shared machine measures honestly), the peak memory of its largest process, the size of what it
wrote, and the exponent of the CPU seconds against the size before. Counts must be n times those of the study, estimates the
same. Last comes what 10^8 rows would need by calculation. Nothing here is a test.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pandas as pd
import tile

sys.path.insert(0, str(tile.ROOT / "workflow"))
from trialpress import environment
from trialpress.chunks import chunks, cohort_chunks
from trialpress.contracts import ARD
from trialpress.plan import read_plan
from trialpress.study import load_study

SIZES = (500, 5_000, 50_000)
STAGES = ("clean", "cohort", "analysis", "trace", "tables", "figures", "fragments", "report", "audit")
FORMATS = ("html", "pdf", "docx", "jats")
RUN = """
import json, os, resource, shutil, sys, time
from pathlib import Path
from trialpress import folder, stages
from trialpress.plan import read_plan
from trialpress.study import load_study
stage, name, formats = sys.argv[1], sys.argv[2], sys.argv[3].split(",")
config, raw, out, logs = Path(f"config/{name}"), Path(f"data/{name}/raw"), Path(f"results/{name}"), Path(f"logs/{name}")
two, claims = (config / "study.yaml", config / "plan.yaml"), config / "claims.yaml"
stage, _, item = stage.partition(":")
parts = Path(f"parts/{stage}/{name}")
logs.mkdir(parents=True, exist_ok=True)
def call():
    if item.isdigit():
        stages.clean_deal(two[0], raw, int(item), parts / "dealt", processes=2)
    elif item == "cells":
        stages.trace_cells(*two, out, parts / item)
    elif item:
        given = {"clean": (two[0], raw, parts / "dealt", item), "cohort": (*two, out / "clean", item), "trace": (*two, item, out)}[stage]
        getattr(stages, f"{stage}_part")(*given, parts / item)
    elif stage in ("clean", "cohort", "trace"):
        done = sorted(parts.glob("*-of-*"))
        given = {"clean": (two[0], raw, out, done, 2 if done else 1), "cohort": (*two, out, done),
                 "trace": (*two, out, parts / "cells", done)}[stage]
        getattr(stages, stage)(*given)
        shutil.rmtree(parts, ignore_errors=True)
    elif stage == "analysis":
        stages.analysis(*two, claims, out)
    elif stage == "fragments":
        stages.fragments(*two, claims, out, formats, "embedded")
    elif stage == "report":
        stages.report(["config/checklists.yaml", config / "checklists.yaml"], Path(f"report/{name}"), out, formats, "embedded")
    elif stage == "audit":
        study = load_study(two[0])
        given = folder.inputs(study, read_plan(two[1], study))
        stages.audit(*two, claims, given, raw, out, logs, {"threshold": 0}, processes=2)
    else:
        getattr(stages, stage)(*two, out)
start = time.perf_counter()
if len(sys.argv) > 4:
    import cProfile
    profile = cProfile.Profile()
    profile.runcall(call)
    profile.dump_stats(sys.argv[4])
else:
    call()
used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
print("MEASURED", json.dumps({"clock": time.perf_counter() - start, "cpu": sum(u.ru_utime + u.ru_stime for u in used),
                              "peak": max(u.ru_maxrss for u in used) / 1024}))
"""


def run(stage: str, project: Path, profile: Path | None) -> dict:
    """One stage in a process of its own: clock and cpu in seconds, peak in MB."""
    wanted = environment.settings(tile.ROOT, "2016-12-31")
    done = subprocess.run(
        [sys.executable, "-c", RUN, stage, tile.STUDY, ",".join(FORMATS), *([str(profile)] if profile else [])],
        cwd=project, env=os.environ | wanted, text=True, capture_output=True,
    )  # fmt: skip
    line = next((line for line in done.stdout.splitlines() if line.startswith("MEASURED")), None)
    if line is None:
        sys.exit(f"the stage {stage} stopped\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    return json.loads(line.removeprefix("MEASURED"))


def pieces(project: Path, stage: str, setting: int | str) -> int:
    """Into how many parts a run would cut a stage."""
    raw, config = project / "data" / tile.STUDY / "raw", project / "config" / tile.STUDY
    study = load_study(config / "study.yaml")
    if stage == "cohort":
        return cohort_chunks(setting, study, read_plan(config / "plan.yaml", study), raw)
    return chunks(setting, study, raw) if stage in ("clean", "trace") else 1


def size_of(folder: Path) -> float:
    """MB below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


COUNTS = {"n", "N", "missing", "events", "n_at_risk"}
ESTIMATES = {"estimate", "median", "mean", "min", "max", "risk_difference", "hazard_ratio"}
# what n copies change: others' trials, the first 20, penalties that weigh less, ties, interpolated quartiles
CHANGED = "pool|recent20|literature|Firth|Efron|Spearman|landmark|time-dependent"


def compared(small: pd.DataFrame, large: pd.DataFrame, n: int) -> str:
    """How many counts are n times those of the study, and how many estimates of proportions, survival and comparisons the same."""
    both = small.merge(large, on=list(ARD.key), suffixes=("", "_large"), how="left")
    both = both[~(both["analysis"] + both["method"]).str.contains(CHANGED) & both["value"].map(math.isfinite)]
    counts, same = both[both["statistic"].isin(COUNTS)], both[both["statistic"].isin(ESTIMATES)]
    pairs = zip(same["value"], same["value_large"], strict=True)
    wrong = [*counts[counts["value"] * n != counts["value_large"]].index,
             *same[[not math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9) for a, b in pairs]].index]  # fmt: skip
    names = [".".join(key) for key in both.loc[wrong, list(ARD.key)].itertuples(index=False)]
    said = f"{len(counts)} counts of {n} times the study's and {len(same)} estimates as the study's were looked for: "
    return said + (f"all but {len(wrong)}: {', '.join(names[:8])}" if wrong else "all found")


def calculated(found: dict, rows: int, towards: int) -> None:
    """What so many rows would need if every stage went on growing with the rows; memory that does not grow is counted as if it
    did, so that is an upper bound."""
    times = towards / rows
    print(f"\nby calculation, {towards:,} raw rows ({times:.0f} times as many), each stage in proportion to the rows")
    print(f"{'stage':<10} {'CPU h':>9} {'peak GB':>9}")
    for stage, here in found.items():
        print(f"{stage:<10} {here['cpu'] * times / 3600:9.1f} {here['peak'] * times / 1024:9.0f}")
    print(f"{'all':<10} {sum(here['cpu'] for here in found.values()) * times / 3600:9.1f}")


def measure(
    participants: int, until: str, folder: Path, before: dict, only: str, profile: bool, setting: int | str
) -> tuple[dict, int]:
    n = max(1, round(participants / 51))
    project = folder / f"{participants}"
    if not project.exists():
        tile.project(project, n)
    found: dict = {}
    rows = sum(path.read_bytes().count(b"\n") for path in (project / "data").rglob("raw/*.[ct]sv"))
    print(f"\n{51 * n:,} participants ({n} copies), {rows:,} raw rows in text files", flush=True)
    print(f"{'stage':<10} {'clock s':>9} {'CPU s':>9} {'peak MB':>9} {'wrote MB':>9} {'exponent':>9}")
    for stage in STAGES[: STAGES.index(until) + 1]:
        if only and stage not in only.split(","):
            continue
        parts = pieces(project, stage, setting)
        each = [f"{stage}:{part}-of-{parts}" for part in range(1, parts + 1)] if parts > 1 else []
        before_parts = {"clean": [f"clean:{parts}"], "trace": ["trace:cells"]}.get(stage, [])
        each = [*before_parts, *each] if each else []
        runs = []
        for name in [*each, stage]:
            runs.append(one := run(name, project, project / f"{stage}.prof" if profile else None))
            if each:
                print(f"  {name:<18} CPU {one['cpu']:6.1f} s, peak {one['peak']:6.0f} MB", flush=True)
        here = {"clock": sum(one["clock"] for one in runs), "cpu": sum(one["cpu"] for one in runs),
                "peak": max(one["peak"] for one in runs), "n": n}  # fmt: skip
        found[stage] = here
        wrote = size_of(project / "results" / tile.STUDY / ("audit" if stage == "trace" else stage))
        old = before.get(stage)
        grown = f"{math.log(here['cpu'] / old['cpu']) / math.log(n / old['n']):9.2f}" if old and old["n"] < n else ""
        print(
            f"{stage:<10} {here['clock']:9.1f} {here['cpu']:9.1f} {here['peak']:9.0f} {wrote:9.1f} {grown:9}"
            + (f"   in {parts} parts, one after the other" if parts > 1 else ""),
            flush=True,
        )
    total = {key: sum(one[key] for one in found.values()) for key in ("clock", "cpu")}
    print(f"{'all':<10} {total['clock']:9.1f} {total['cpu']:9.1f} {max(one['peak'] for one in found.values()):9.0f}")
    if "analysis" in found:
        ard = ARD.read(project / "results" / tile.STUDY / "analysis")
        small = ARD.read(tile.ROOT / "data" / tile.STUDY / "record" / "analysis")
        print(compared(small, ard, n), flush=True)
    return found, rows


def main() -> None:
    parse = argparse.ArgumentParser()
    parse.add_argument("participants", nargs="*", type=int, default=SIZES)
    parse.add_argument("--until", choices=STAGES, default=STAGES[-1])
    parse.add_argument("--only", default="", help="these stages only, on what lies in --in")
    parse.add_argument("--in", dest="folder", help="work there and leave it; default: a folder that is removed")
    parse.add_argument("--chunks", default="auto", help="a number of parts, or auto")
    parse.add_argument("--profile", action="store_true", help="STAGE.prof beside the results")
    given = parse.parse_args()
    folder = Path(given.folder or tempfile.mkdtemp(prefix="scale-"))
    before: dict = {}
    try:
        for participants in given.participants:
            setting = int(given.chunks) if given.chunks.isdigit() else given.chunks
            before, rows = measure(participants, given.until, folder, before, given.only, given.profile, setting)
        calculated(before, rows, 10**8)
    finally:
        if not given.folder:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
