"""A rerun from a crate alone plus the raw records, compared with what the crate holds and with the hashes of what it does not."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from ...errors import InputError, Problem, raise_if
from ...files import read_json
from ...studies import checked
from .. import digest
from ..record import WITH_R, Report, across_engines, against_results, engine_of, rerun
from . import private
from .reading import DO, inside, unpacked

METADATA = "ro-crate-metadata.json"
MANIFEST = "results/audit/manifest.json"
NOT_VERIFIED = "nothing can be verified"


def unpack(path: Path, to: Path) -> tuple[dict, list[str]]:
    """(manifest, names of the members) of a crate, unpacked; InputError if it is none, or not what it says of its files."""
    names = unpacked(path, to, NOT_VERIFIED)
    lacking = [name for name in (METADATA, MANIFEST) if name not in names]
    raise_if(Problem(f"{path}, {name}", "is not in the crate", NOT_VERIFIED, DO) for name in lacking)
    graph = read_json(to / METADATA, **{"@graph": list})["@graph"]
    manifest = read_json(to / MANIFEST, study=str, inputs=dict, outputs=dict)
    listed = {**manifest["inputs"], **manifest["outputs"]}
    outside = [name for name in listed if not inside(name)]
    raise_if(
        Problem(f"{path}, {MANIFEST}", f"names {name}, outside of the crate", NOT_VERIFIED, DO) for name in outside
    )
    entities = [entity for entity in graph if isinstance(entity, dict) and isinstance(entity.get("@id"), str)]
    unhashed = not all(isinstance(at, dict) and isinstance(at.get("sha256"), str) for at in listed.values())
    if unhashed or len(entities) < len(graph):
        raise InputError([Problem(str(path), "lists files without a name or a hash", NOT_VERIFIED, DO)])
    said = {entity["@id"]: entity["sha256"] for entity in entities if "sha256" in entity}
    problems = [
        Problem(f"{path}, {name}", "is not what the crate says of it", "it was changed after the run", "take the crate as it was published")
        for name in names
        if name != METADATA and (name not in said or digest(to / name)["sha256"] != said[name])
    ]  # fmt: skip
    lost = [name for name in said if not name.startswith("#") and name not in names]
    raise_if([*problems, *(Problem(f"{path}, {name}", "is not in the crate", NOT_VERIFIED) for name in lost)])
    return manifest, names


def lay_out(inputs: Mapping[str, Mapping], study: str, raw: Path, project: Path) -> None:
    """The study's data from `raw`, or from the folder that it lies in, to where the crate's run had them; InputError names every
    file that is not there or is another one."""
    problems = []
    for name in (name for name in inputs if private(name, study)):
        below = name.removeprefix(f"data/{study}/")
        places = [raw / below.removeprefix("raw/"), raw / below, raw.parent / below]
        found = next((path for path in places if path.is_file()), None)
        if found is None:
            do = f"put it into {raw}"
            problems.append(Problem(str(places[0]), "is not there", f"the run has read it as {name}", do))
        elif digest(found)["sha256"] != inputs[name]["sha256"]:
            what = "is not the file that the run has read: its hash differs"
            problems.append(Problem(str(found), what, "other records give other results", "take the file as received"))
        else:
            (project / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(found, project / name)
    raise_if(problems)


def compare(report: Report, manifest: Mapping, held: Path, again: Path) -> int:
    """The crate's results in `held` against a rerun's: those that it holds whole, the others by their hash. How many."""
    packed = {path.relative_to(held).as_posix() for path in held.rglob("*") if path.is_file()}
    theirs = {path.relative_to(again).as_posix() for path in again.rglob("*") if path.is_file()}
    against_results(report, held, again, theirs - packed)
    apart = across_engines(Report(lambda line: None), held, again) | WITH_R
    rest = {name: at["sha256"] for name, at in manifest["outputs"].items() if name not in packed | apart}
    for name, known in rest.items():
        if name not in theirs:
            report.finding(name, ["the rerun does not make it"])
        elif digest(again / name)["sha256"] != known:
            report.finding(name, ["other bytes than those of the crate's run"])
    return len(packed) + len(rest)


def verify(crate: Path, raw: Path, say=print) -> bool:
    """Run the code of a crate on the raw records; True if every output is what the crate says. InputError if it cannot be run."""
    report = Report(say)
    with tempfile.TemporaryDirectory(prefix="trialpress-") as scratch:
        project, held = Path(scratch) / "project", Path(scratch) / "results"
        manifest, names = unpack(crate, project)
        study = checked(manifest["study"])
        say(
            f"{crate}: {len(names):,} files, each as the crate says; running the study {study} from the records in {raw}"
        )
        shutil.move(project / "results", held)
        lay_out(manifest["inputs"], study, raw, project)
        done = rerun(project, study, engine_of(held), say)
        if done.returncode:
            say("The rerun stopped:")
            report.finding("rerun", done.stdout.strip().splitlines()[-40:])
            return False
        n = compare(report, manifest, held, project / "results" / study)
    say(
        f"{study}: "
        + ("NOT VERIFIED, see above" if report.failed else f"reproduced: {n:,} outputs are those of the crate")
    )
    return not report.failed


def main(crate: Path, raw: Path) -> int:
    """The command: status 1 if anything is not what the crate says."""
    return 0 if verify(crate, raw) else 1
