"""The run as a Workflow Run RO-Crate (https://w3id.org/ro/wfrun/workflow): code, plan, results and manuscript in one archive.

Raw records are referenced by name and hash and never packed; nor are files with one row per participant. The archive has
neither a clock nor a path in it: two runs give the same bytes.
"""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from ..environment import engine, located
from ..files import write_whole
from ..study import Study

PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": ("Process Run Crate", "0.5"),
    "https://w3id.org/ro/wfrun/workflow/0.5": ("Workflow Run Crate", "0.5"),
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0": ("Workflow RO-Crate", "1.0"),
}
# results that hold no row of a participant
PACKED = (
    "analysis/*.csv",
    "analysis/ard.json",
    "audit/*.csv",
    "audit/manifest.json",
    "cohort/flow.csv",
    "report/*",
    "tables/*",
)
MEDIA = {".csv": "text/csv", ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
         ".html": "text/html", ".json": "application/json", ".md": "text/markdown", ".pdf": "application/pdf", ".py": "text/x-python",
         ".txt": "text/plain", ".xml": "application/xml", ".yaml": "application/yaml"}  # fmt: skip
EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip archive can hold


def packed(folder: Path) -> list[str]:
    """The results that go into the crate, as paths below `folder`."""
    return sorted(
        path.relative_to(folder).as_posix() for pattern in PACKED for path in folder.glob(pattern) if path.is_file()
    )


def _properties(path: str, hashes: Mapping) -> dict:
    found = {"name": Path(path).name, "sha256": hashes["sha256"], "contentSize": str(hashes["bytes"])}
    media = MEDIA.get(Path(path).suffix)
    return found | ({"encodingFormat": media} if media else {})


def build(study: Study, manifest: Mapping, folder: Path, digest):
    """The crate as the library's object. digest: path -> {sha256, bytes}."""
    from rocrate.model import ContextEntity
    from rocrate.rocrate import ROCrate

    crate = ROCrate()

    def thing(identifier: str, kind, **properties):
        return crate.add(ContextEntity(crate, identifier, properties={"@type": kind, **properties}))

    inputs = {name: hashes for name, hashes in manifest["inputs"].items() if name != "Snakefile"}
    crate.name = f"{study.id}: one run from raw records to the publication"
    notice = f" {study.notice}" if study.notice else ""
    crate.description = f"{study.title}.{notice} Raw records are referenced by hash and not included."
    crate.datePublished = study.data_cutoff
    crate.license = thing(
        "https://spdx.org/licenses/MIT",
        "CreativeWork",
        name="MIT License",
        description="Holds for the code and the text.",
    )
    workflow = crate.add_workflow(
        engine("Snakefile"), "Snakefile", main=True, lang="snakemake", gen_cwl=False,
        properties={"name": "From raw records to the publication", "license": {"@id": "https://spdx.org/licenses/MIT"},
                    "description": "raw, clean, cohort, analysis, figures, tables, report, audit",
                    **{key: value for key, value in _properties("Snakefile", digest(Path(engine("Snakefile")))).items() if key != "name"}},
    )  # fmt: skip
    workflow["softwareRequirements"] = [
        thing(f"#{name}", "SoftwareApplication", name=name, version=version)
        for name, version in {**manifest["software"], **manifest.get("second_opinion", {})}.items()
    ]
    used, made = [], []
    for name, hashes in inputs.items():
        if name.startswith("data/"):
            said = "Not included: it may hold personal records. Whoever has the file can check it against the hash."
            used.append(thing(f"#{name}", "CreativeWork", **_properties(name, hashes), conditionsOfAccess=said))
        else:
            entity = crate.add_file(located(name), name, properties=_properties(name, hashes))
            if name.startswith(("config/", "report/")):
                used.append(entity)
    for name in packed(folder):
        made.append(
            crate.add_file(folder / name, f"results/{name}", properties=_properties(name, digest(folder / name)))
        )
    action = crate.add_action(
        workflow, identifier="#run", object=used, result=made,
        properties={"name": f"Run of the workflow on {study.id}", "actionStatus": {"@id": "http://schema.org/CompletedActionStatus"},
                    "agent": {"@id": "#trialpress"}, "description": "The time of the run is not recorded, so that a rerun gives the same crate."},
    )  # fmt: skip
    thing("#trialpress", "Organization", name="The trialpress authors")
    crate.root_dataset["mentions"] = action
    crate.root_dataset["conformsTo"] = [
        thing(url, "CreativeWork", name=name, version=version) for url, (name, version) in PROFILES.items()
    ]
    return crate


def write(study: Study, manifest: Mapping, folder: Path, digest, to: Path) -> None:
    """Write the crate as a zip archive, members in order of their names and without times."""
    with tempfile.TemporaryDirectory(prefix="trialpress-crate-") as scratch:
        crate = build(study, manifest, folder, digest)
        crate.write(Path(scratch))
        files = sorted(path for path in Path(scratch).rglob("*") if path.is_file())
        write_whole(to, lambda path: _zip(path, Path(scratch), files))


def _zip(to: Path, base: Path, files: Iterable[Path]) -> None:
    with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for path in files:
            member = zipfile.ZipInfo(path.relative_to(base).as_posix(), date_time=EPOCH)
            member.compress_type, member.external_attr, member.create_system = zipfile.ZIP_DEFLATED, 0o644 << 16, 3
            archive.writestr(member, path.read_bytes())
