"""Published claims checked, and the manifest: the hash of every input and every output."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from .. import environment
from ..files import write_csv, write_text
from ..results import Results
from .claims import check


def digest(path: Path) -> dict:
    """sha256 and size of a file."""
    data = path.read_bytes()
    return {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}


def manifest(inputs: Iterable[str], folder: Path) -> dict:
    """Hash and size of every input and of every output below `folder`; software versions. No clock, no path of a machine.

    Of the audit's own files it lists the claims: the others are made from it, or with software that not all machines have.
    """
    outputs = sorted(
        p for p in folder.glob("*/**/*")
        if p.is_file() and not p.name.startswith(".") and (p.parent.name != "audit" or p.name.startswith("claim"))
    )  # fmt: skip
    return {
        "study": folder.name,
        "software": environment.versions(),
        "inputs": {path: digest(Path(path)) for path in sorted(set(inputs))},
        "outputs": {
            p.relative_to(folder).as_posix(): {"rule": p.relative_to(folder).parts[0], **digest(p)} for p in outputs
        },
    }


def write(results: Results, claims: tuple, inputs: Iterable[str], folder: Path) -> None:
    """audit/claims.csv and audit/manifest.json."""
    write_csv(check(claims[0], results.ard), folder / "audit" / "claims.csv")
    text = json.dumps(manifest(inputs, folder), indent=1, ensure_ascii=False)
    write_text(text + "\n", folder / "audit" / "manifest.json")
