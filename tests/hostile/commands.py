"""What people type behind a command, and the files that they hand to it: targets of make, `trialpress` with a study, a crate, a date.

A command ends with what was asked for, or with a message that says what to do; it runs nothing and writes nowhere else.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import random
import shutil
import struct
import subprocess
import warnings
import zipfile
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

from trialpress.__main__ import main
from trialpress.errors import InputError, Problem
from trialpress.plan import lock

from .dictionaries import PLAN, STUDY
from .names import NAMES, harmless

AREA = "commands"
ROOT = Path(__file__).resolve().parents[2]
GIVEN = ("STUDY", "ENGINE", "CORES", "ID", "PARTICIPANT", "N", "SEED", "MAKEFLAGS", "MAKELEVEL", "MFLAGS")
TYPED = [name for name in NAMES if "\0" not in name]  # no argument holds it
TARGETS = ("report", "preview", "verify", "record", "explain", "fetch", "clean", "workflow-report")
# how a refusal in words looks: three parts, how a command is used, or what cannot be named
SAID = ("what to do:", "usage:", "cannot name a study", "does not exist", "unknown:", "nothing was removed")
ARD = (
    "analysis,population,group,group_label,level,level_label,statistic,value,display,method,n_population,note,origin\n"
)


def house(folder: Path) -> Path:
    """A repository with one study, whose engine is this one; what stands beside it nobody may touch."""
    root = folder / "house"
    (root / "config" / "s").mkdir(parents=True)
    for name, content in (("study", STUDY), ("plan", PLAN)):
        (root / "config" / "s" / f"{name}.yaml").write_text(json.dumps(content), encoding="utf-8")
    shutil.copy(ROOT / "config" / "config.yaml", root / "config")
    for name in ("Makefile", "Snakefile", "profiles", "workflow", "envs", ".venv"):
        (root / name).symlink_to(ROOT / name)
    (folder / "decoy").mkdir()
    (folder / "decoy" / "kept.txt").write_text("kept")
    return root


def judged(folder: Path, status: int, said: str, accepted: str) -> str:
    """What is silently wrong; raises what a refusal, or a fault of the program, is. accepted: why it may not be accepted."""
    if not (folder / "decoy" / "kept.txt").exists():
        return "executed: another folder was touched"
    if "Traceback" in said or "fault of trialpress" in said:
        raise RuntimeError(said[-300:])
    if status == 0:
        return accepted
    said = said.replace("WorkflowError in", "in")  # how Snakemake begins a message
    if any(words in said for words in SAID):
        raise InputError([Problem("command", said, "as it says", "as it says")])
    return f"ends without saying what to do: {said[-200:]!r}"


def typed(folder: Path, arguments: list[str], accepted: str = "is accepted", check: Callable | None = None) -> str:
    """One call of `trialpress` in the house. check: root -> what is wrong after a call that was accepted."""
    root, out = house(folder), io.StringIO()
    with (
        contextlib.chdir(root),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(out),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        try:
            status = main(arguments)
        except SystemExit as ended:
            status = 0 if ended.code in (0, None) else 1
            print(ended.code if isinstance(ended.code, str) else "")
        if status == 0 and check:
            accepted = check(root)
    return judged(folder, status, out.getvalue(), accepted)


def made(folder: Path, target: str, given: Mapping[str, str]) -> str:
    """One target of make with what people paste."""
    root = house(folder)
    environment = {key: value for key, value in os.environ.items() if key not in GIVEN}
    values = [f"{name}={value}" for name, value in given.items()]
    done = subprocess.run(["make", "-o", ".venv/.ready", target, *values], cwd=root, env=environment, capture_output=True,
                          text=True, errors="replace", timeout=50)  # fmt: skip
    study = given.get("STUDY", "")
    accepted = f"'{study}' is accepted" if not harmless(study) else ""
    return judged(folder, done.returncode, done.stdout + done.stderr, accepted)


def crate(files: Mapping[str, bytes], graph: object = None, encrypt: bool = False) -> bytes:
    """An archive with these files, which its metadata vouch for unless `graph` is given."""
    out, files = io.BytesIO(), {"config/config.yaml": b"{}", **files}
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        said = [{"@id": name, "sha256": _sha(data)} for name, data in files.items()] if graph is None else graph
        archive.writestr(
            "ro-crate-metadata.json", json.dumps({"@graph": said}) if not isinstance(said, bytes) else said
        )
        for name, data in files.items():
            archive.writestr(name, data)
    data = out.getvalue()
    if encrypt:  # the flag alone: nothing can be read without a password
        data = bytearray(data)
        for mark, at in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
            start = -1
            while (start := data.find(mark, start + 1)) >= 0:
                data[start + at] |= 1
    return bytes(data)


def _sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _manifest(**more) -> bytes:
    return json.dumps({"study": "s", "inputs": {}, "outputs": {}} | more).encode()


WHERE = "results/audit/manifest.json"
OUTSIDE = {"data/s/raw/../raw/../../../../x.csv": {"sha256": _sha(b"x"), "bytes": 1}}
CRATES = {
    "empty file": b"", "no archive": b"PK\3\4" + b"\0" * 200, "a text": b"hello", "empty archive": crate({}, []),
    "metadata a list": crate({WHERE: _manifest()}, b"[]"), "metadata no JSON": crate({WHERE: _manifest()}, b"{"),
    "metadata deep": crate({WHERE: _manifest()}, b"[" * 100_000), "metadata NUL": crate({WHERE: _manifest()}, b"\0"),
    "entities that are texts": crate({WHERE: _manifest()}, ["x", 5, None]), "entity without id": crate({WHERE: _manifest()}, [{"sha256": "x"}]),
    "id a number": crate({WHERE: _manifest()}, [{"@id": 5, "sha256": "x"}]),
    "manifest a list": crate({WHERE: b"[]"}), "manifest a number": crate({WHERE: b"5"}), "manifest deep": crate({WHERE: b"[" * 100_000}),
    "manifest without study": crate({WHERE: b"{}"}), "study a path": crate({WHERE: _manifest(study="../../decoy")}),
    "study a list": crate({WHERE: _manifest(study=["s"])}), "inputs a list": crate({WHERE: _manifest(inputs=["x"])}),
    "inputs without hash": crate({WHERE: _manifest(inputs={"data/s/raw/x.csv": 5})}),
    "input outside": crate({WHERE: _manifest(inputs=OUTSIDE)}), "outputs a list": crate({WHERE: _manifest(outputs=[5])}),
    "member outside": crate({WHERE: _manifest(), "../../hacked": b"x"}), "member absolute": crate({WHERE: _manifest(), "/tmp/hacked-by-crate": b"x"}),
    "member twice the manifest": crate({WHERE: _manifest(), "results/audit/../audit/manifest.json": b"x"}),
    "member below a file": crate({WHERE: _manifest(), f"{WHERE}/x": b"x"}), "member of 300 letters": crate({WHERE: _manifest(), "x" * 300: b"x"}),
    "member with NUL": crate({WHERE: _manifest(), "a\nb": b"x"}), "not as it says": crate({WHERE: _manifest()}, [{"@id": WHERE, "sha256": "0" * 64}]),
    "nothing said": crate({WHERE: _manifest()}, []), "encrypted": crate({WHERE: _manifest()}, encrypt=True),
    "no engine": crate({WHERE: _manifest()}), "bomb": crate({WHERE: _manifest(), "results/zeros": b"\0" * 1000}).replace(struct.pack("<I", 1000), struct.pack("<I", 4_000_000_000)),
}  # fmt: skip
SIDES = {
    "ard empty": {"analysis/ard.csv": b""}, "ard NUL": {"analysis/ard.csv": b"\0" * 50}, "ard half a header": {"analysis/ard.csv": ARD[:40].encode()},
    "ard latin": {"analysis/ard.csv": ARD.encode() + b"a,all,,,,,n,1,\xff,m,2,,\n"}, "ard text": {"analysis/ard.csv": ARD.encode() + b"a,all,,,,,n,x,x,m,x,,\n"},
    "ard row too long": {"analysis/ard.csv": ARD.encode() + b"a" + b"," * 40 + b"\n"}, "ard a quote": {"analysis/ard.csv": ARD.encode() + b'"a\n'},
    "manifest no JSON": {"analysis/ard.csv": ARD.encode(), "audit/manifest.json": b"{"}, "manifest a list": {"analysis/ard.csv": ARD.encode(), "audit/manifest.json": b"[]"},
    "trace no JSON": {"analysis/ard.csv": ARD.encode(), "audit/trace.json": b"{"}, "trace empty": {"analysis/ard.csv": ARD.encode(), "audit/trace.json": b"{}"},
    "trace a list": {"analysis/ard.csv": ARD.encode(), "audit/trace.json": b"[]"}, "trace deep": {"analysis/ard.csv": ARD.encode(), "audit/trace.json": b"[" * 100_000},
}  # fmt: skip
REFERENCES = [
    *NAMES,
    "--output=hacked",
    "-o",
    "HEAD:..",
    "HEAD^{/x}",
    "@{-1}",
    ":/x",
    "HEAD..",
    "--remote=/tmp",
    "--exec=touch hacked",
]
WHO = ["A. Reader", "a: b", "- x", "# x", "&a *a", "!!python/object:os.system", "'", '"', "a\nb: c", "a\tb", "\x07", "\0", "\ud800", "\x85", "\u2028", "\ufeffA",
       "{{< include /etc/passwd >}}", "```{=html}", "$x$", "é" * 3000, "null", "true", "1e5", "~", "[", "{", "%YAML 9", "|", ">", "2026-01-31", "  A  "]  # fmt: skip
DAYS = ["2026-02-30", "31.01.2026", "9999-99-99", "", "x", "20260131", "2026-1-31", "2026-W05-6", "٢٠٢٦-٠١-٣١", "2026-01-31T00:00", "$(touch hacked)", "-1", "2026-01-31\n"]  # fmt: skip


def _kept(root: Path, by: str) -> str:
    (version,) = lock.read(root / "config" / "s" / "plan.yaml")
    return "" if version.by == by.strip() else f"{version.by!r} was kept for {by!r}"


def _crate(folder: Path, data: bytes, command: str) -> str:
    path = folder / "crate.zip"
    path.write_bytes(data)
    (folder / "raw").mkdir()
    (folder / "raw" / "x.csv").write_bytes(b"x")
    arguments = ["verify", "--crate", str(path), "--raw", str(folder / "raw")]
    other = ["compare", str(path), str(path), "--study", "s"]
    return typed(folder, arguments if command == "verify" else other, accepted="is accepted")


def _side(folder: Path, files: Mapping[str, bytes]) -> str:
    for name, data in files.items():
        (folder / "side" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "side" / name).write_bytes(data)
    side = str(folder / "side")
    return typed(folder, ["compare", side, side, "--study", "s"], accepted="")


def cases(rng: random.Random) -> Iterator:
    from .judge import Case

    for name in NAMES:
        at = "is accepted"
        for command, more in {
            "plan": (),
            "lock": ("--by", "A", "--date", "2026-01-31"),
            "preview": (),
            "report": ("--out", "o"),
        }.items():
            yield Case(AREA, f"{command} {name!r:.40}", partial(typed, arguments=[command, name, *more], accepted=at))
        yield Case(
            AREA, f"explain {name!r:.40}", partial(typed, arguments=["explain", "x", f"--study={name}"], accepted=at)
        )
        yield Case(
            AREA,
            f"compare --study {name!r:.40}",
            partial(typed, arguments=["compare", "now", "now", f"--study={name}"], accepted=at),
        )
    for name in REFERENCES:
        yield Case(
            AREA,
            f"compare {name!r:.40}",
            partial(typed, arguments=["compare", "--study=s", "--", name, "now"], accepted="is accepted"),
        )
    for by in WHO:
        arguments = ["lock", "s", f"--by={by}", "--date", "2026-01-31"]
        yield Case(AREA, f"lock --by {by!r:.30}", partial(typed, arguments=arguments, check=partial(_kept, by=by)))
    for day in DAYS:
        yield Case(AREA, f"lock --date {day!r}", partial(typed, arguments=["lock", "s", "--by", "A", f"--date={day}"]))
    for name, data in CRATES.items():
        for command in ("verify", "compare"):
            yield Case(AREA, f"{command} a crate: {name}", partial(_crate, data=data, command=command))
    for name, files in SIDES.items():
        yield Case(AREA, f"compare results: {name}", partial(_side, files=files))
    for target in TARGETS:
        for name in rng.sample(TYPED, 8):
            given = {"STUDY": name, "ID": name, "PARTICIPANT": name}
            yield Case(AREA, f"make {target} {name!r:.40}", partial(made, target=target, given=given))
    for name in ("ENGINE", "CORES", "ID", "PARTICIPANT"):
        for value in rng.sample(TYPED, 3):
            target = "explain" if name in ("ID", "PARTICIPANT") else "report"
            given = {"STUDY": "s", name: value}
            yield Case(AREA, f"make {target} {name} {value!r:.40}", partial(made, target=target, given=given))
