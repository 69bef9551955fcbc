"""The search of every file that a run leaves behind. A finding names the file and the kind of value, never the value."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Container, Iterable, Iterator
from itertools import chain
from multiprocessing import get_context
from pathlib import Path

from ...errors import InputError, Problem
from .content import columns, texts
from .known import Sought, is_undeclared

LARGE = 2**25  # bytes of a CSV file that is searched by the different texts of its columns
PIECE = 2**22  # characters that are searched at a time
OVERLAP = 500


def gate(known: Sought, folders: Iterable[Path], processes: int = 1) -> dict:
    """Search every file below the folders; returns what was searched for, in how many files, and what could not be.

    PrivacyError names each file that holds an identifier, and its kind.
    """
    paths = [(folder, path) for folder in folders for path in sorted(p for p in folder.rglob("*") if p.is_file())]
    # archives last, when the files that they were made of have passed
    single, archives = ([at for at in paths if (at[1].suffix == ".zip") is zipped] for zipped in (False, True))
    with get_context("fork").Pool(processes, _search_for, (known,)) as pool:
        searched = pool.starmap(_search, single, chunksize=1)
    passed = {digest for found, digest in searched if not found}
    _search_for(known)
    searched += [_search(folder, path, passed) for folder, path in archives]
    problems = [
        _problem(path, kind, n)
        for (_, path), (found, _) in zip([*single, *archives], searched, strict=True)
        for kind, n in sorted(Counter(found.values()).items())
    ]
    if problems:
        raise PrivacyError(problems)
    return {
        "files": len(paths),
        "identifier_columns": known.identifier_columns,
        "undeclared_columns": known.undeclared_columns,
        "searched": len(known),
        "not_searchable": dict(sorted(known.unsearchable.items())),
        "verdict": "nothing found" + ("; not everything could be looked for" if known.unsearchable else ""),
    }


def _problem(path: Path, kind: str, n: int) -> Problem:
    why = "whoever receives this file can tell who a participant is"
    if not is_undeclared(kind):
        do = "find the column that carries it and declare it with identifier: in study.yaml; then run again"
        return Problem(path.as_posix(), f"holds a direct identifier: {kind} ({n} different)", why, do)
    do = "declare that column in study.yaml, with identifier: or as what it is; or find the column that carries its values"
    return Problem(path.as_posix(), f"holds values of the {kind} ({n} different)", f"if they identify, {why}", do)


def _search_for(known: Sought) -> None:
    """Remember in this process what is searched for: compiled patterns do not travel between processes."""
    global _known
    _known = known


def _search(folder: Path, path: Path, passed: Container[bytes] = frozenset()) -> tuple[dict[str, str], bytes]:
    """(identifier -> kind found in a file or its name, sha256 of the file)."""
    found: dict[str, str] = {}
    with open(path, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").digest()
    large = path.suffix == ".csv" and path.stat().st_size > LARGE
    inside = columns(path) if large else texts(path.read_bytes(), passed)
    for text in chain([path.relative_to(folder).as_posix()], inside):
        for piece in pieces(text):
            found |= _known.hits(piece)
    return found, digest


def pieces(text: str) -> Iterator[str]:
    """A long text in parts that overlap by more than an identifier, so that none is cut in two. They begin and end where a
    line does, or a quoted text, or a word: half of a date could be another one."""
    start = 0
    while len(text) - start > PIECE:
        end = _cut(text, start + PIECE // 2, start + PIECE)
        yield text[start:end]
        start = _cut(text, max(start, end - 2 * OVERLAP), end - OVERLAP)
    yield text[start:]


def _cut(text: str, first: int, last: int) -> int:
    """The last place to cut between two."""
    return next((at for mark in ("\n", '"', " ") if (at := text.rfind(mark, first, last)) > first), last)


class PrivacyError(InputError):
    """Identifiers in files that a run has written."""

    def __str__(self) -> str:
        n = len(self.problems)
        head = f"The privacy gate found identifiers in {n} place{'s' if n != 1 else ''}; share none of these files."
        return "\n".join([head, *map(str, self.problems)])
