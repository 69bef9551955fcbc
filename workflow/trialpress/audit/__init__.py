"""The audit: claims checked, a manifest of every input and output, a copy for public release, and the privacy gate."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from .. import environment
from ..contracts import CLAIM_CHECKS, CLAIMS, COMPUTED_ONCE, CONCORDANCE
from ..files import write_text
from ..results import Results
from . import crate, disclosure, privacy
from .claims import check, consistency
from .concordance import Second, once

# the texts of a study and of the engine; a word that stands in them is no sign of a participant
SOURCES = {".bib", ".css", ".html", ".js", ".lua", ".py", ".qmd", ".R", ".smk", ".typ", ".yaml", ".yml"}


def digest(path: Path) -> dict:
    """sha256 and size of a file."""
    with open(path, "rb") as file:
        return {"sha256": hashlib.file_digest(file, "sha256").hexdigest(), "bytes": path.stat().st_size}


def manifest(inputs: Iterable[str], folder: Path, second: Mapping[str, str]) -> dict:
    """Hash and size of every input and of every output below `folder`; software versions. No clock, no path of a machine.

    Of the audit's own files it lists the claims: the others are made from it, or with software that not all machines have.
    """
    outputs = sorted(
        p for p in folder.glob("[!.]*/**/*")
        if p.is_file() and not p.name.startswith(".") and (p.parent.name != "audit" or p.name.startswith("claim"))
        and p.relative_to(folder).parts[:2] not in (("audit", "trace"), ("audit", "page"))
    )  # fmt: skip
    rendered = folder / "report" / "renderer.json"
    manuscript = (
        {"manuscript": json.loads(rendered.read_text(encoding="utf-8"))["version"]} if rendered.exists() else {}
    )
    return {
        "study": folder.name,
        "software": environment.versions() | manuscript,
        "second_opinion": dict(second),
        "inputs": {environment.named(path): digest(Path(path)) for path in sorted(set(inputs), key=environment.named)},
        "outputs": {
            p.relative_to(folder).as_posix(): {"rule": p.relative_to(folder).parts[0], **digest(p)} for p in outputs
        },
    }


def write_json(content, path: Path) -> None:
    write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", path)


def write_second(second: Second, folder: Path) -> None:
    """audit/concordance.csv and computed_once.csv, every statistic in one of them; second_opinion.json: what made it."""
    concordance, versions = second.answer()
    CONCORDANCE.write(concordance, folder / "audit")
    COMPUTED_ONCE.write(once(second.results, concordance, second.failed, bool(versions)), folder / "audit")
    write_json(versions, folder / "audit" / "second_opinion.json")


def write(results: Results, claims: tuple, inputs: Iterable[str], folder: Path) -> None:
    """audit/claims.csv, claim_checks.csv, manifest.json, and crate.zip with all of it."""
    CLAIMS.write(check(claims[0], results.ard), folder / "audit")
    CLAIM_CHECKS.write(consistency(*claims), folder / "audit")
    versions = json.loads((folder / "audit" / "second_opinion.json").read_text(encoding="utf-8"))
    listed = manifest(inputs, folder, versions)
    write_json(listed, folder / "audit" / "manifest.json")
    crate.write(results.study, results.plan, listed, folder, digest, folder / "audit" / "crate.zip")


def _written_by_us(inputs: Iterable[str]) -> Iterator[str]:
    """The texts of the engine, whatever holds them, and those of the study that people write."""
    for path in map(Path, inputs):
        name = environment.named(path)
        if name.startswith(environment.ENGINE):
            yield from privacy.texts(path.read_bytes())
        elif not name.startswith("data/") and path.suffix in SOURCES:
            yield path.read_text(encoding="utf-8")


def guard(results: Results, inputs: Iterable[str], raw: Path, folders: Iterable[Path], setting: Mapping,
          processes: int = 1) -> None:  # fmt: skip
    """Last of all: the copy for public release, then the privacy gate over everything; audit/privacy.json says what both did.

    PrivacyError if a file below `folders` (results first, logs) holds a direct identifier.
    """
    first, *others = folders
    who = results.subjects[results.study.participant]
    written = disclosure.release(first, setting, who) if setting["threshold"] else []
    recorded = privacy.recorded([*results.tables.values(), results.subjects])
    known = privacy.sought(results.study, raw, [*recorded, *_written_by_us(inputs), *results.study.not_identifying])
    found = privacy.gate(known, [first, *others], processes)
    # of the stages only: what else lies about differs from run to run
    found["files"] = sum(path.is_file() for path in first.glob("[!.]*/**/*"))
    said = {"threshold": setting["threshold"], "withheld": len(written), "reason": disclosure.reason(setting)}
    write_json({"gate": found, "disclosure": said}, first / "audit" / "privacy.json")
