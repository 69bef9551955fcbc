"""The results of record, and the proof that a rerun from the raw records gives them again.

python -m trialpress.audit.record accept <study>    results/<study>/ becomes data/<study>/record/
python -m trialpress.audit.record verify <study>    rerun elsewhere and compare; exit status 1 if anything moved
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from xml.etree import ElementTree

from .. import receipts
from ..contracts import ARD
from ..environment import ROOT, STAGED
from ..errors import InputError, Problem
from ..files import read_csv, read_json, sha256
from ..job import boundary, given
from ..studies import checked
from . import digest, second
from .differences import LAST_DIGITS, describe

# what a run leaves behind, and what it does not need
NOT_SOURCES = {"benchmarks", "docs", "logs", "results", "tests"}
# inputs that decide what the records say; the rest (code, lock file, prose) may change while every number stays
DECISIVE = ("config/", "data/")
# these show a second opinion by R and its version, which not every machine has
WITH_R = {
    "audit/concordance.csv",
    "audit/computed_once.csv",
    "audit/second_opinion.json",
    "audit/crate.zip",
    "audit/index.html",
}
BEGINS = re.compile(r"Job \d+: (.+)")  # Snakemake says the message of a rule


class Report:
    """Collects lines; a finding fails the verification, a remark does not."""

    def __init__(self, say=print):
        self.failed, self.say = False, say

    def finding(self, file: str, lines: list[str]):
        self.failed = True
        self.remark(file, lines)

    def remark(self, file: str, lines: list[str]):
        self.say(f"  {file}: {lines[0]}" if len(lines) == 1 else f"  {file}:")
        for line in lines if len(lines) > 1 else ():
            self.say(f"    {line}")


def recorded(folder: Path) -> list[str]:
    """The files of results/<study>/ that the record keeps, as paths below it."""
    tables = sorted(f"tables/{path.name}" for path in (folder / "tables").glob("*.csv"))
    return ["analysis/ard.csv", *tables, "audit/claims.csv", "audit/manifest.json"]


def _manifest(folder: Path) -> dict:
    return read_json(folder / "audit" / "manifest.json", study=str, inputs=dict, outputs=dict)


def accept(root: Path, study: str, say=print) -> bool:
    """Copy the results of record to data/<study>/record/, saying what moves.

    False if its manuscript prints an older outcome of the second computation: that is put on record first. InputError if
    results/<study>/ is not there or is not what its own manifest says.
    """
    folder, record = root / "results" / study, root / "data" / study / "record"
    if not (folder / "audit" / "manifest.json").exists():
        what, do = "there are no results to accept", f"make report STUDY={study}"
        raise InputError([Problem(f"results/{study}", what, "a record is the outcome of a whole run", do)])
    outputs = _manifest(folder)["outputs"]
    changed = [
        name
        for name, at in outputs.items()
        if not (folder / name).exists() or digest(folder / name)["sha256"] != at["sha256"]
    ]
    if changed:
        why, do = "a record must be what the workflow wrote", f"make clean report STUDY={study}"
        raise InputError(
            [Problem(f"results/{study}/{name}", "is not what the run's manifest says", why, do) for name in changed]
        )
    computed = (folder / "audit" / "computed_once.csv").is_file()
    if computed and second.keep(root / "config" / study / "plan.yaml", folder):
        say(
            f"config/{study}/{second.FILE}: written; the manuscript prints what the second computation gave: make report record STUDY={study}"
        )
        return False
    names = recorded(folder)
    report = Report(say)
    for name in names:
        if not (record / name).exists():
            report.remark(name, ["new in the record"])
        elif lines := describe(record / name, folder / name):
            report.remark(name, lines)
    shutil.rmtree(record, ignore_errors=True)
    for name in names:
        (record / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(folder / name, record / name)
    say(f"data/{study}/record: {len(names)} files accepted; commit them")
    return True


def copy_sources(root: Path, study: str, to: Path) -> None:
    """What a run of the study needs, without results, records, other studies' data, and without asking git."""
    others = {path.name for path in (root / "config").iterdir() if path.is_dir()} - {study}

    def left_out(folder: str, names: list[str]) -> set[str]:
        at = Path(folder).relative_to(root).parts
        out = {name for name in names if name.startswith(".") or name == "__pycache__"}
        if not at:
            out |= NOT_SOURCES & set(names)
        elif at[0] == "report" and at[1:]:  # what `quarto render` had staged there
            told = root / "report" / at[1] / STAGED
            staged = set(told.read_text(encoding="utf-8").splitlines()) if told.is_file() else set()
            out |= {name for name in names if "/".join((*at[2:], name)) in staged}
        elif at[0] == "data":
            out |= {"record"} & set(names) | (others & set(names) if at == ("data",) else set())
        return out

    shutil.copytree(root, to, ignore=left_out)


def seal(raw: Path) -> list[str]:
    """Rewrite SHA256SUMS where a listed file differs; returns those files. In the copy only: so that a rerun shows what
    an edited file does instead of stopping at it."""
    sums = raw / "SHA256SUMS"
    if not sums.exists():
        return []
    lines, edited = [], []
    for line in sums.read_text(encoding="utf-8").splitlines():
        stated, _, name = line.partition(" ")
        path = raw / name.strip().lstrip("*")
        now = sha256(path) if path.is_file() else stated
        edited += [path.name] if now != stated else []
        lines.append(f"{now}  {path.name}" if now != stated else line)
    if edited:
        sums.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return edited


def rerun(project: Path, study: str, engine: str = "auto", say=print) -> subprocess.CompletedProcess:
    """The whole workflow in `project`, its manuscript by this engine; each rule is said as it begins."""
    snakefile = "Snakefile" if (project / "Snakefile").exists() else str(ROOT / "Snakefile")
    command = [
        sys.executable,
        "-m",
        "snakemake",
        "--snakefile",
        snakefile,
        "--cores",
        "all",
        "--quiet",
        "host",
        "reason",
        "progress",
    ]
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "PYTHON", "SNAKEMAKE"))}
    command += ["--config", f"study={study}", f"engine={engine}"]
    printed = []
    with subprocess.Popen(
        command, cwd=project, env={**kept, "PYTHONUTF8": "1", "LC_ALL": "C.UTF-8"}, text=True, errors="replace",
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    ) as process:  # fmt: skip
        for line in process.stdout:
            printed.append(line)
            if begun := BEGINS.match(line):
                say(f"  {begun[1]}")
    return subprocess.CompletedProcess(command, process.returncode, "".join(printed))


def _inputs(report: Report, old: dict, root: Path, now: dict | None) -> bool:
    """Compare the inputs of two manifests (`now` None: the files as they lie); whether code, lock file or prose differ."""
    at = {name: root / name if (root / name).is_file() else ROOT / name for name in old}
    found = now if now is not None else {name: digest(path) for name, path in at.items() if path.is_file()}
    excused = False
    for name in sorted({*old, *found}):
        if name in old and name in found and old[name]["sha256"] == found[name]["sha256"]:
            continue
        what = "its hash differs" if name in old and name in found else "is gone" if name in old else "is new"
        if name.startswith(DECISIVE):
            report.finding(name, [f"input: {what}"])
        else:
            report.remark(name, [f"code or text: {what}"])
            excused = True
    return excused


def _last_digits(old: Path, new: Path) -> bool:
    """Whether two ard.csv print the same everywhere and no value moved by more than 1e-9 of itself."""
    a, b = (read_csv(path, ARD.numbers, ARD.whole) for path in (old, new))
    if len(a) != len(b) or list(a) != list(b) or not a.drop(columns="value").equals(b.drop(columns="value")):
        return False
    close = (a["value"] - b["value"]).abs() <= LAST_DIGITS * a["value"].abs()
    return bool((close | a["value"].eq(b["value"]) | (a["value"].isna() & b["value"].isna())).all())


def against_record(report: Report, record: Path, again: Path, root: Path) -> None:
    """A rerun's results (`again`) against the results of record."""
    old, new = _manifest(record), _manifest(again)
    excused = _inputs(report, old["inputs"], root, new["inputs"])
    for key in ("software", "second_opinion"):
        for name in sorted({*old.get(key, {}), *new.get(key, {})}):
            before, after = old.get(key, {}).get(name, "absent"), new.get(key, {}).get(name, "absent")
            if before != after:
                report.remark(name, [f"version {before} -> {after}"])
                excused = True
    for name in recorded(record):
        if name == "audit/manifest.json":
            continue
        if name in old["outputs"] and digest(record / name)["sha256"] != old["outputs"][name]["sha256"]:
            report.finding(f"record/{name}", ["was edited after it was accepted"])
        if not (again / name).exists():
            report.finding(name, ["the rerun does not make it"])
        elif lines := describe(record / name, again / name):
            if name == "analysis/ard.csv" and excused and _last_digits(record / name, again / name):
                report.remark(
                    name, [f"values moved in their last digits only (less than {LAST_DIGITS:g} of themselves)"]
                )
            else:
                report.finding(name, lines)
    for name in sorted({*old["outputs"], *new["outputs"]} - set(recorded(record))):
        before, after = old["outputs"].get(name, {}).get("sha256"), new["outputs"].get(name, {}).get("sha256")
        if before != after:
            (report.remark if excused else report.finding)(name, ["other bytes than those of record"])


def _renderer(folder: Path) -> dict:
    """Engine, version and formats of the manuscript in results/<study>/."""
    told = folder / "report" / "renderer.json"
    return read_json(told) if told.is_file() else {}


def engine_of(folder: Path) -> str:
    """The engine that rendered results/<study>/, so that like is compared with like; the one there is where it is not here."""
    engine = _renderer(folder).get("engine", "auto")
    return engine if engine != "quarto" or shutil.which("quarto") else "auto"


def _article(folder: Path) -> str | None:
    """The text of the JATS edition but for the engine's name."""
    path = folder / "report" / "manuscript.xml"
    if not path.is_file():
        return None
    text = " ".join("".join(ElementTree.parse(path).getroot().itertext()).split())
    return text.replace(_renderer(folder).get("version", ""), "the engine")


def across_engines(report: Report, folder: Path, again: Path) -> set[str]:
    """The files that another engine or version makes otherwise, if one did; the article's words are compared instead."""
    renderers = [_renderer(at) for at in (folder, again)]
    if renderers[0] == renderers[1]:
        return set()
    mine, theirs = (renderer.get("version", "an unknown engine") for renderer in renderers)
    articles = [_article(at) for at in (folder, again)]
    if None in articles:
        what = "its text cannot be compared without the JATS edition"
    else:
        what = "its text is compared"
        if articles[0] != articles[1]:
            report.finding("report/manuscript.xml", [f"prints another text than that of {theirs}"])
    report.remark("report", [f"the manuscript was rendered by {mine}, here by {theirs}; {what}"])
    editions = {f"report/{path.name}" for at in (folder, again) for path in (at / "report").glob("manuscript*")}
    return editions | {"report/fragments.json", "report/renderer.json", *WITH_R, "audit/manifest.json"}


def _files(folder: Path) -> dict[str, Path]:
    found = {p.relative_to(folder).as_posix(): p for p in sorted(folder.rglob("*")) if p.is_file()}
    return {name: path for name, path in found.items() if not name.startswith(f"{receipts.FOLDER}/")}


def against_results(report: Report, folder: Path, again: Path, elsewhere: Iterable[str] = ()) -> None:
    """The files of results/<study>/ as they lie there against a rerun's: every one, byte by byte, but for those `elsewhere`."""
    mine, theirs = _files(folder), _files(again)
    hashes = {digest(path)["sha256"]: name for name, path in theirs.items()}
    apart = set(elsewhere)
    manifests = [_manifest(at) if (at / "audit" / "manifest.json").exists() else {} for at in (folder, again)]
    if len({json.dumps(manifest.get("second_opinion")) for manifest in manifests}) > 1:
        report.remark("audit", ["the second opinion comes from other software here; it is not compared"])
        apart |= {*WITH_R, "audit/manifest.json"}
        outputs = [manifest.get("outputs") for manifest in manifests]
        if outputs[0] != outputs[1]:
            report.finding("audit/manifest.json", ["lists other outputs than the rerun"])
    apart |= across_engines(report, folder, again)
    for name in sorted({*mine, *theirs} - apart):
        if name not in theirs:  # beside the stages lies what was made on request, such as Snakemake's own page
            (report.finding if "/" in name else report.remark)(name, ["no rule makes it"])
        elif name not in mine:
            report.finding(name, ["is gone"])
        elif lines := describe(theirs[name], mine[name]):
            other = hashes.get(digest(mine[name])["sha256"])
            report.finding(name, [f"holds what belongs into {other}"] if other else lines)


def say_causes(report: Report, before: Path, again: Path) -> None:
    """Which numbers moved and why, as `trialpress compare` says it: by the trace where the results that lie there have one."""
    from ..compare import compare, page
    from ..compare.sides import Side

    if report.failed and (before / "analysis" / "ard.csv").is_file():
        found = compare(Side(before.name, before), Side("the rerun", again))
        if found.moved:
            report.say(page.letter(found).rstrip())
            report.say("For each number: trialpress compare, with a folder of results of each run")


def verify(root: Path, study: str, say=print) -> bool:
    """Rerun the study in a fresh folder and compare with the record and with results/<study>/; True if nothing moved."""
    report = Report(say)
    record, folder = root / "data" / study / "record", root / "results" / study
    with tempfile.TemporaryDirectory(prefix="trialpress-") as scratch:
        project = Path(scratch) / "project"
        copy_sources(root, study, project)
        for name in seal(project / "data" / study / "raw"):
            report.finding(f"data/{study}/raw/{name}", ["differs from its line in SHA256SUMS"])
        say(f"{study}: rerunning from data/{study}/raw in a fresh folder; this takes as long as make report")
        done = rerun(project, study, engine_of(folder), say)
        again = project / "results" / study
        if done.returncode:
            say("The rerun stopped:")
            report.finding("rerun", done.stdout.strip().splitlines()[-40:])
            if (record / "audit" / "manifest.json").exists():
                say("Inputs against the record:")
                _inputs(report, _manifest(record)["inputs"], root, None)
            return False
        if (record / "audit" / "manifest.json").exists():
            say(f"The rerun against data/{study}/record:")
            against_record(report, record, again, root)
            say_causes(report, folder if (folder / "audit" / "trace.json").is_file() else record, again)
        else:
            report.finding(
                f"data/{study}/record", [f"there is no record; make record STUDY={study} accepts results/{study}"]
            )
        if folder.exists():
            say(f"results/{study} against the rerun (old: rerun, new: as found):")
            against_results(report, folder, again)
    say(
        f"{study}: "
        + ("NOT VERIFIED, see above" if report.failed else "reproduced: the rerun gives the results of record")
    )
    return not report.failed


def main(command: str, study: str) -> int:
    if command not in ("verify", "accept"):
        sys.exit(f"'{command}' is neither verify nor accept")
    with boundary(f"make {'record' if command == 'accept' else command}"):
        checked(study)
        if command == "accept":
            return 0 if accept(Path.cwd(), study) else 1
        return 0 if verify(Path.cwd(), study) else 1


if __name__ == "__main__":
    sys.exit(main(*given("python -m trialpress.audit.record verify|accept STUDY", 2)))
