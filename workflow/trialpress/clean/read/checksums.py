"""The raw files are those that were received: below the raw folder, and with the checksums of SHA256SUMS."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable
from pathlib import Path, PurePosixPath, PureWindowsPath

from ... import hashes
from ...errors import Problem
from .problems import STOPS

_GNU = re.compile(r"\\?(?P<sum>[0-9A-Fa-f]{64})\s+\*?(?P<name>\S.*)")
_BSD = re.compile(r"SHA2?-?256\s*\((?P<name>.+)\)\s*=\s*(?P<sum>[0-9A-Fa-f]{64})", re.IGNORECASE)


def _text(data: bytes) -> str:
    """SHA256SUMS as text, also as PowerShell and editors of Windows write it."""
    wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return data.decode("utf-16" if wide else "utf-8-sig", errors="replace")


def _plain(name: str) -> str:
    return str(PurePosixPath(name.strip().replace("\\", "/")))  # without ./


def _listed(data: bytes) -> dict[str, set[str]]:
    """Name -> checksums; more than one if the list contradicts itself."""
    listed: dict[str, set[str]] = {}
    for line in _text(data).splitlines():
        if match := _GNU.fullmatch(line.strip()) or _BSD.fullmatch(line.strip()):
            listed.setdefault(_plain(match["name"]), set()).add(match["sum"].lower())
    return listed


def path_problems(folder: Path, names: Iterable[str]) -> list[Problem]:
    """Paths of study.yaml that lead out of the raw folder."""
    problems = []
    for name in names:
        windows, parts = PureWindowsPath(name), PurePosixPath(name.replace("\\", "/")).parts
        if windows.drive or windows.root or name.startswith("/") or ".." in parts:
            what, do = "leads out of the raw folder", "put the file below it and name it by its path from there"
        elif not (folder / name).resolve().is_relative_to(folder.resolve()):
            what, do = "is a link that leads out of the raw folder", "put a copy of the file itself there"
        else:
            continue
        problems.append(Problem(str(folder / name), what, "only files below it are checked and kept as received", do))
    return problems


def checksum_problems(folder: Path, names: Iterable[str]) -> list[Problem]:
    """What differs from SHA256SUMS: a file of the study that is missing, changed, or not listed; or lies elsewhere."""
    names = list(dict.fromkeys(names))
    if problems := path_problems(folder, names):
        return problems
    sums = folder / "SHA256SUMS"
    if not sums.exists():
        why = "without checksums a changed raw file goes unnoticed"
        return [Problem(str(sums), "does not exist", why, f"run sha256sum * > SHA256SUMS in {folder}")]
    listed = _listed(sums.read_bytes())
    problems = []
    for name in names:
        path, known = folder / name, listed.get(_plain(name), set())
        if not path.is_file():
            problem = (
                "the raw file does not exist",
                STOPS,
                "put the file there (make fetch where study.yaml names its source)",
            )
        elif not known:
            problem = "is not in SHA256SUMS", "an unlisted file could change unnoticed", "add its line to SHA256SUMS"
        elif len(known) > 1:
            problem = (
                "has two lines in SHA256SUMS that differ",
                STOPS,
                "find out which file was received; remove a line",
            )
        elif hashes.of(path) not in known:
            do = "restore the file, or accept the new one with sha256sum"
            problem = "differs from its line in SHA256SUMS", STOPS, do
        else:
            continue
        problems.append(Problem(str(path), *problem))
    return problems
