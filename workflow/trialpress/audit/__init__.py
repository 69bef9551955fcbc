"""The audit: claims checked, a manifest of every input and output, a copy for public release, and the privacy gate."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from .. import environment, hashes
from ..files import read_text, write_text

if TYPE_CHECKING:  # and in the functions: whoever wants one module of this room does not wait for all of them
    from ..results import Results
    from ..store import Store
    from ..study import Study
    from . import privacy
    from .computing import Answer

# the texts of a study that people write
SOURCES = {".bib", ".css", ".html", ".js", ".lua", ".py", ".qmd", ".R", ".smk", ".typ", ".yaml", ".yml"}


def digest(path: Path) -> dict:
    """sha256 and size of a file."""
    return {"sha256": hashes.of(path), "bytes": path.stat().st_size}


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


def write_second(results: Results, found: Answer, folder: Path) -> None:
    """audit/concordance.csv and computed_once.csv, every statistic in one of them; second_opinion.json: what made it."""
    from ..contracts import COMPUTED_ONCE, CONCORDANCE
    from .concordance import compare, once

    concordance = compare(results.ard, found.second)
    CONCORDANCE.write(concordance, folder / "audit")
    COMPUTED_ONCE.write(once(results, concordance, found.failed, "R" in found.versions), folder / "audit")
    write_json(found.versions, folder / "audit" / "second_opinion.json")


def write(results: Results, claims: tuple, inputs: Iterable[str], folder: Path, store: Store | None = None,
          read: Mapping[str, str] | None = None) -> dict:  # fmt: skip
    """audit/claims.csv, claim_checks.csv, anonymity.csv and manifest.json; returns what that lists. store: where the third of an
    earlier run may be, by the hashes of what is `read`."""
    from ..contracts import ANONYMITY, CLAIM_CHECKS, CLAIMS
    from . import anonymity
    from .claims import check, consistency

    CLAIMS.write(check(claims[0], results.ard), folder / "audit")
    CLAIM_CHECKS.write(consistency(*claims), folder / "audit")
    if store is None:
        _anonymity(results, folder)
    else:
        made_of = ["anonymity", {name: of for name, of in read.items() if anonymity.reads(name, folder)}]
        store.file(made_of, ANONYMITY.path(folder / "audit"), partial(_anonymity, results, folder))
    versions = json.loads((folder / "audit" / "second_opinion.json").read_text(encoding="utf-8"))
    listed = manifest(inputs, folder, versions)
    write_json(listed, folder / "audit" / "manifest.json")
    return listed


def _anonymity(results: Results, folder: Path) -> None:
    from ..contracts import ANONYMITY
    from ..parts import NotRead
    from . import anonymity

    ANONYMITY.write(anonymity.report(replace(results, plan=NotRead("the plan")), folder), folder / "audit")


def pack(results: Results, listed: Mapping, folder: Path) -> None:
    """audit/crate.zip with all of it. listed: the manifest."""
    from . import crate

    crate.write(results.study, results.plan, listed, folder, digest, folder / "audit" / "crate.zip")


def _engine(inputs: Iterable[str]) -> list[Path]:
    """The files of the engine among the inputs: no participant is in them, and words of theirs are words."""
    return [Path(path) for path in inputs if environment.named(path).startswith(environment.ENGINE)]


def _ours(inputs: Iterable[str], study: Study) -> dict[str, str]:
    """Where -> text of what people have written for the study: its YAML (but for the allow-list), its manuscript, the reasons of
    its corrections, the names of its raw files."""
    from .differences import read_table

    found = {f"the name of the raw file {file.path}": file.path for file in study.files.values()}
    for path in sorted(map(Path, inputs)):
        name = environment.named(path)
        if name.startswith(environment.ENGINE):
            continue
        if path.name == "corrections.csv":
            reasons = read_table(path).get("reason", ())
            found |= {f"{name}, row {row}, reason": text for row, text in enumerate(reasons, start=2)}
        elif not name.startswith("data/") and path.suffix in SOURCES:
            text = read_text(path)
            found[name] = _without_allowed(text) if path.name == "study.yaml" else text
    return found


def _without_allowed(text: str) -> str:
    """A dictionary without its key `not_identifying`, line by line as it is."""
    import yaml

    node = yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    for key, value in node.value if isinstance(node, yaml.MappingNode) else ():
        if key.value == "not_identifying":
            cut = text[key.start_mark.index : value.end_mark.index]
            return text.replace(cut, "\n" * cut.count("\n"))
    return text


def sought(
    results: Results, inputs: Iterable[str], raw: Path, store: Store | None = None, processes: int = 1
) -> tuple[privacy.Sought, dict[str, str]]:
    """What the privacy gate looks for, and where -> text of what people have written for the study. store: knows what the engine's
    files held before; processes: of several each reads a raw file."""
    from . import privacy

    inputs = list(inputs)
    tables = {**results.tables, "of the subjects": results.subjects}
    ours = _ours(inputs, results.study)
    engine = [leaf for path in _engine(inputs) for leaf in privacy.leaves(path.read_bytes())]
    recorded = privacy.recorded(tables.values())
    authors = [text for name, text in ours.items() if name.endswith(".bib")]
    written_by_us = {name: text for name, text in ours.items() if not name.endswith(".bib")}
    known = privacy.sought(
        results.study, raw, recorded, written_by_us.values(), authors, tables, engine, store, processes
    )
    return known, ours


def guard(results: Results, inputs: Iterable[str], looked_for: tuple[privacy.Sought, dict[str, str]], folders: Iterable[Path],
          setting: Mapping, processes: int = 1, store: Store | None = None) -> None:  # fmt: skip
    """Last of all: the copy for public release, then the privacy gate over everything; audit/privacy.json says what both did.

    looked_for: as `sought` gives it; store: knows what was searched before. PrivacyError if a file below `folders` (results first,
    logs), what Snakemake remembers of the run, or a text of the study holds a direct identifier.
    """
    from . import disclosure, privacy

    first, *others = folders
    study, inputs, (known, ours) = results.study, list(inputs), looked_for
    who = results.subjects[study.participant]
    written = disclosure.release(first, setting, who) if setting["threshold"] else []
    remembered = [path for path in (Path(".snakemake", name) for name in ("metadata", "log")) if path.is_dir()]
    dictionaries = [Path(path) for path in inputs if Path(path).name == "study.yaml"]
    passed = [hashlib.sha256(path.read_bytes()).digest() for path in (*_engine(inputs), *dictionaries)]
    found = privacy.gate(
        known,
        [first, *others, *remembered],
        processes,
        ours=ours,
        allow=study.not_identifying,
        passed=passed,
        store=store,
    )
    # of the stages only: what else lies about differs from run to run
    found["files"] = sum(path.is_file() for path in first.glob("[!.]*/**/*"))
    found["held_back"] = [f"{name}.{column.name}" for name, table in study.tables.items() for column in table.columns.values() if column.held_back]  # fmt: skip
    said = {"threshold": setting["threshold"], "withheld": len(written), "reason": disclosure.reason(setting)}
    write_json({"gate": found, "disclosure": said}, first / "audit" / "privacy.json")
