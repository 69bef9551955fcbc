"""The run as a Provenance Run Crate (https://w3id.org/ro/wfrun/provenance): code, plan, results and manuscript in one archive.

Raw records are referenced by name and hash and never packed; nor are files with one row per participant. The archive has
neither a clock nor a path in it: two runs give the same bytes. What it holds suffices to run all again, given the records.
"""

from __future__ import annotations

import json
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

import yaml

from ...environment import located
from ...files import write_whole
from ...plan import Plan
from ...study import Study
from .steps import LATER, PARTS, matching
from .texts import codecheck, front_matter, readme

# results that hold no row of a participant
PACKED = (
    "analysis/*.csv",
    "analysis/ard.json",
    "audit/*.csv",
    "audit/manifest.json",
    "audit/second_opinion.json",
    "cohort/flow.csv",
    "report/*",
    "tables/*",
)
COMPRESSED = {".docx", ".png", ".zip"}  # as they are: compressing them again gains nothing
EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip archive can hold


# the editions that hold the pictures: the first of them that there is says what the others say. PDF/A is made to be kept, and
# the page's links lead to records that are not packed
PICTURED = tuple(f"report/manuscript.{suffix}" for suffix in ("pdf", "html", "docx", "jats.zip"))


def packed(folder: Path) -> list[str]:
    """The results that go into the crate, as paths below `folder`: of the manuscript's editions with pictures one."""
    found = {path.relative_to(folder).as_posix() for wild in PACKED for path in folder.glob(wild) if path.is_file()}
    there = [name for name in PICTURED if name in found]
    return sorted(found.difference(there[1:]))


def private(name: str, study: str) -> bool:
    """Whether an input is the study's data, which stay where they are."""
    return name.startswith(f"data/{study}/")


def build(study: Study, plan: Plan, manifest: Mapping, folder: Path, scratch: Path, digest):
    """(the crate as the library's object, name in it -> file on disk). digest: path -> {sha256, bytes}; scratch: where its own texts are written."""
    from .graph import Content, Graph

    inputs = dict(manifest["inputs"])
    rendered = folder / "report" / "renderer.json"
    rendered = json.loads(rendered.read_text(encoding="utf-8")) if rendered.is_file() else {}
    parameters = {"level": plan.level, "seed": plan.seed}
    parameters |= {"formats": " ".join(rendered["formats"]), "engine": rendered["engine"]} if rendered else {}
    results = sorted(p.relative_to(folder).as_posix() for p in folder.glob("[!.]*/**/*") if p.is_file())
    results = [
        name for name in results if not matching([name], (*LATER, *PARTS), {}) and not Path(name).name.startswith(".")
    ]
    held = packed(folder)
    source = located(f"report/{study.id}/manuscript.qmd")
    front = front_matter(Path(source).read_text(encoding="utf-8"))
    own = {
        "README.md": readme(study.id, study.title, study.notice, (name for name in inputs if private(name, study.id))),
        "codecheck.yml": codecheck(
            front,
            (
                f"results/{name}"
                for name in held
                if name.startswith(("report/manuscript", "tables/", "analysis/ard.csv"))
            ),
        ),
    }
    files = {}
    for name, text in own.items():
        (scratch / name).write_text(text, encoding="utf-8", newline="\n")
        files[name] = (scratch / name, digest(scratch / name))
    files |= {name: (Path(located(name)), hashes) for name, hashes in inputs.items() if not private(name, study.id)}
    files |= {f"results/{name}": (folder / name, digest(folder / name)) for name in held}
    absent = {name: hashes for name, hashes in inputs.items() if private(name, study.id)}
    absent |= {f"results/{name}": digest(folder / name) for name in results if name not in held}
    citation = yaml.safe_load(Path(located("CITATION.cff")).read_text(encoding="utf-8"))
    software, second = manifest["software"], manifest.get("second_opinion", {})
    crate = Graph(Content(study, plan, files, absent, software, second, parameters, citation)).crate
    return crate, {name: path for name, (path, _) in files.items()}


def write(study: Study, plan: Plan, manifest: Mapping, folder: Path, digest, to: Path) -> None:
    """Write the crate as a zip archive, members in order of their names and without times."""
    with tempfile.TemporaryDirectory(prefix="trialpress-crate-") as scratch:
        crate, files = build(study, plan, manifest, folder, Path(scratch), digest)
        for name, content in crate.metadata.stream():
            files[name] = Path(scratch) / name
            files[name].write_bytes(content)
        write_whole(to, lambda path: _zip(path, files))


def _zip(to: Path, files: Mapping[str, Path]) -> None:
    with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name in sorted(files, key=lambda name: PurePosixPath(name).parts):
            member = zipfile.ZipInfo(name, date_time=EPOCH)
            stored = PurePosixPath(name).suffix in COMPRESSED
            member.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
            member.external_attr, member.create_system = 0o644 << 16, 3
            archive.writestr(member, files[name].read_bytes())
