"""The search of every file that a run leaves behind. A finding names the file and the kind of value, never the value."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType

from ... import hashes
from ...errors import InputError, Problem
from ...receipts import FOLDER
from ...store import Store
from ...workers import each
from . import quick
from .content import columns, is_log, leaves
from .forms import Key, is_undeclared, key_of
from .known import Sought

LARGE = 2**25  # bytes of a CSV file that is searched by the different texts of its columns
PIECE = 2**20  # characters that are searched at a time
OVERLAP = 500
_CLOCK = re.compile(rb'"(?:start|end)time": ?[\d.]+')  # in which alone two records of Snakemake may differ
CHANCE = 7  # digits: shorter numbers are not looked for in logs, which hold times and numbers of processes


def gate(
    known: Sought, folders: Iterable[Path], processes: int = 1, *, ours: Mapping[str, str] | None = None,
    allow: Mapping[str, str] | None = None, passed: Iterable[bytes] = (), store: Store | None = None,
) -> dict:  # fmt: skip
    """Search every file below the folders; returns what was searched for, in how many files, and what could not be.

    folders: results first, then logs. ours: where -> text of what people wrote for the study. allow: text -> reason of what
    is no identifier in spite of its looks; an entry that never fires is told. passed: sha256 of the engine's files. store: knows
    what was searched for the same before and held nothing; it is not searched again.
    PrivacyError names each file that holds an identifier, and its kind; columns that hold one are told with them.
    """
    first, *others = folders
    paths = [(first, path, False) for path in sorted(p for p in first.rglob("*") if p.is_file())]
    paths += [(folder, path, True) for folder in others for path in sorted(p for p in folder.rglob("*") if p.is_file())]
    # of an archive what lies beside it as a file is not searched again
    single, archives = ([at for at in paths if (at[1].suffix == ".zip") is zipped] for zipped in (False, True))
    digests = {path: _digest(path) for _, path, _ in paths}
    passed = {*passed, *(digests[path] for _, path, _ in single if digests[path])}
    # Snakemake keeps the same of each output of a rule: one content is searched once
    alike = {path: _digest(path, _CLOCK) if logged else digests[path] for _, path, logged in single}
    once = {(alike[path], path.suffix == ".csv", logged): (path, logged, alike[path]) for _, path, logged in single}
    held = _remembered(store, known)
    once |= {path: (path, logged, digests[path]) for _, path, logged in archives}
    largest_first = sorted(once.items(), key=lambda one: -_size(one[1][0]))
    _search_for(known, passed, held)
    answers = each(lambda one: _content(*one[1]), largest_first, processes)
    inside = dict(zip((key for key, _ in largest_first), answers, strict=True))
    if store:
        _remember(store, known, [clean for _, clean in answers])
    # a file that is kept for the next run is told where it lies as a result
    results = {digests[path] for _, path, _ in single if FOLDER not in path.parts}
    searched = [
        _named(folder, path, logged)
        | (
            inside[alike[path], path.suffix == ".csv", logged][0]
            if FOLDER not in path.parts or digests[path] not in results
            else {}
        )
        for folder, path, logged in single
    ]
    searched += [_named(*at) | inside[at[1]][0] for at in archives]
    allowed = {key: text for text in allow or {} for key in key_of(text)}
    fired: set[str] = set()
    problems = list(known.copied)
    found = [(path.as_posix(), hits) for (_, path, _), hits in zip([*single, *archives], searched, strict=True)]
    found += [
        (_line(known, where, text, hits), hits) for where, text in (ours or {}).items() if (hits := known.hits(text))
    ]
    for where, hits in found:
        fired |= {allowed[key] for key in hits if key in allowed}
        kinds = Counter(kind for key, kind in hits.items() if key not in allowed)
        problems += [_problem(where, kind, n, known, hits) for kind, n in sorted(kinds.items()) if _tell(kind, kinds)]
    if problems:
        raise PrivacyError(problems)
    not_searchable: dict[str, dict[str, int]] = {}
    for (file, kind), n in sorted(known.unsearchable.items()):
        if n:
            not_searchable.setdefault(file, {})[kind] = n
    return {
        "files": len(paths),
        "identifier_columns": known.identifier_columns,
        "undeclared_columns": known.undeclared_columns,
        "searched": len(known),
        "not_searchable": not_searchable,
        "allowed": {text: reason for text, reason in (allow or {}).items() if text in fired},
        "allowed_in_vain": sorted({*(allow or {}), *known.vain} - fired),
    }


def _line(known: Sought, where: str, text: str, hits: Mapping[Key, str]) -> str:
    """The place of a text with the first of its lines that holds what it holds."""
    lines = text.split("\n")
    at = next((number for number, line in enumerate(lines, 1) if known.hits(line).keys() & hits.keys()), 0)
    return f"{where}, line {at}" if at and len(lines) > 1 else where


def _tell(kind: str, kinds: Mapping[str, int]) -> bool:
    """A part of a name is not told beside the whole."""
    return not (kind.startswith("a part of a ") and kind.removeprefix("a part of a ") in kinds)


def _problem(where: str, kind: str, n: int, known: Sought, hits: Mapping[Key, str]) -> Problem:
    why = "whoever receives this file can tell who a participant is"
    if is_undeclared(kind):
        do = "declare that column in study.yaml, with identifier: or as what it is; or find the column that carries its values"
        return Problem(where, f"holds values of the {kind} ({n} different)", f"if they identify, {why}", do)
    raw = sorted({known.files.get(key, "") for key, of in hits.items() if of == kind} - {""})
    do = "find the column that carries it and declare it with identifier: in study.yaml, or take it out of the text; then run again"
    do += "; a word that is no name here goes into not_identifying of study.yaml, with a reason"
    return Problem(
        where, f"holds a direct identifier: {kind} ({n} different{f', of {chr(44).join(raw)}' if raw else ''})", why, do
    )


# hash of what holds nothing -> sha256 of what was passed over when it was searched, and the hashes of its parts
Clean = Mapping[str, tuple[list[str], list[str]]]


def _remembered(store: Store | None, known: Sought) -> Clean:
    kept = store and store.taken(["searched for", known.content])
    return json.loads(kept) if kept else {}


def _remember(store: Store, known: Sought, found: Iterable[Clean]) -> None:
    """Hashes alone: who reads the store learns nothing of a participant."""
    clean = {name: of for one in found for name, of in one.items()}
    store.keep(["searched for", known.content], json.dumps(clean, indent=0, sort_keys=True).encode())
    store.forget()


def _search_for(known: Sought, passed: Container[bytes] = frozenset(), held: Clean = MappingProxyType({})) -> None:
    """Remember in this process, of which the others are forked, what is searched for."""
    global _known, _passed, _held, _left
    _known, _passed, _held, _left = known, passed, held, partial(quick.left, known)


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _digest(path: Path, without: re.Pattern | None = None) -> bytes:
    try:
        if without:
            return hashlib.sha256(without.sub(b"", path.read_bytes())).digest()
        return bytes.fromhex(hashes.of(path))
    except FileNotFoundError:  # of another run that goes on
        return b""


def _names(path: Path) -> str:
    """The name of a file, and what Snakemake has written into it in base64."""
    try:
        return f"{path.as_posix()} {base64.b64decode(path.name, validate=True).decode('utf-8')}"
    except (binascii.Error, ValueError):
        return path.as_posix()


def _named(folder: Path, path: Path, is_log_file: bool) -> dict[Key, str]:
    """Identifier -> kind found in the name of a file."""
    return _found([_names(path.relative_to(folder))], is_log_file)


def _content(path: Path, is_log_file: bool, digest: bytes) -> tuple[dict[Key, str], Clean]:
    """(Identifier -> kind found in a file, what of it holds none). digest: of the file."""
    name = _name(is_log_file, b"columns" * (path.suffix == ".csv"), digest)
    if digest and _is_held(name):
        return {}, {one: _held[one] for one in (name, *_held[name][1])}
    try:
        data = b"" if path.suffix == ".csv" and path.stat().st_size > LARGE else path.read_bytes()
    except FileNotFoundError:
        return {}, {}
    if path.suffix == ".csv" and (not data or is_log(data)) and path.stat().st_size:
        found, clean, over = _found(columns(path, _left), is_log_file), {}, []
        data = b""
    else:
        found, clean, over = {}, {}, []
    for part, read in leaves(data, _passed, over, _left) if data else ():
        inner, start = _name(is_log_file, b"part", part), len(over)
        if part and _is_held(inner):
            over += map(bytes.fromhex, _held[inner][0])
        elif hits := _found(read(), is_log_file):
            found |= hits
            continue
        if part:
            clean[inner] = [one.hex() for one in over[start:]], []
    same = digest and digest == _digest(path, _CLOCK if is_log_file else None)  # a log may have grown since
    return found, clean if found or not same else clean | {name: ([one.hex() for one in over], [*clean])}


def _name(is_log_file: bool, *parts: bytes) -> str:
    return hashlib.sha256(repr((is_log_file, parts)).encode()).hexdigest()


def _is_held(name: str) -> bool:
    """Whether it was searched before, and what was passed over then is searched on its own now, too."""
    return name in _held and all(bytes.fromhex(one) in _passed for one in _held[name][0])


def _found(every: Iterable[str], is_log_file: bool) -> dict[Key, str]:
    found: dict[Key, str] = {}
    for text in every:
        for piece in pieces(text):
            found |= _known.hits(piece)
    if is_log_file:
        found = {key: kind for key, kind in found.items() if not _by_chance(key)}
    return found


def _by_chance(key: Key) -> bool:
    return isinstance(key, tuple) and all(map(str.isdigit, key)) and sum(map(len, key)) < CHANCE


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
