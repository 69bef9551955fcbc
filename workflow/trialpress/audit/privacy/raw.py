"""What is looked for, from the raw files and the dictionary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from ...clean.read import Raw, read, resolve
from ...clean.read import declared as shown
from ...clean.read import identifiers as declared
from ...errors import Problem
from ...store import Store
from ...study import File, Study
from ...text import number_text
from ...workers import each
from .content import Leaf
from .forms import FREE_TEXT, SEPARATOR, UNDECLARED, Key, fold, plain_tokens, words_of
from .known import Sought


def distinct(raw: Raw, index: int) -> set[str]:
    """The different texts of a column."""
    return {text.strip() for cell in raw.columns[index].cells for text in (cell.text, cell.shown)}


def undeclared(study: Study, raw: Raw) -> list[tuple[int, str]]:
    """(position, header) of every column of the file that no table of the study declares."""
    parts = [part for table in study.tables.values() for part in table.parts if part.file.name == raw.file.name]
    used = {index for part in parts for index in resolve(raw, part, "")[0].values()}
    used |= {index for index, _ in declared(study, raw)}
    return [(index, raw.header(index)) for index in range(len(raw.headers)) if index not in used]


def _harmless(said: Iterable[str], header: str) -> list[str]:
    """What of these says that a column identifies nobody: its header, or the beginning of its path."""
    return [text for text in said if header == text or header.startswith(f"{text} | ")]


def _texts(values: pd.Series) -> str:
    """The different values of a clean column, as text."""
    if pd.api.types.is_datetime64_any_dtype(values):
        return SEPARATOR.join(values.drop_duplicates().dt.strftime("%Y-%m-%d").unique())
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        return SEPARATOR.join(map(number_text, values.astype(float).unique()))
    return SEPARATOR.join(map(str, values.unique()))


def recorded(tables: Iterable[pd.DataFrame]) -> Iterator[str]:
    """The dates and numbers of clean tables, as text."""
    for frame in tables:
        for column in frame:
            values = frame[column].dropna()
            if pd.api.types.is_datetime64_any_dtype(values) or (
                pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
            ):
                yield _texts(values)


def copies(told: Sought, tables: Mapping[str, pd.DataFrame]) -> tuple[list[Problem], dict[tuple[str, str], set[Key]]]:
    """Columns that leave the clean stage and hold the values of an identifier: a copy, a derivation, another declaration of
    the same raw column. Half of either is no chance. Beside them what of less each column of texts holds, by table and name."""
    every = Counter(told.kind(key) for known in (told.dates, told.names, told.words) for key in known if key not in told.lesser)  # fmt: skip
    problems: list[Problem] = []
    fewer: dict[tuple[str, str], set[Key]] = {}
    for name, frame in tables.items():
        for column in frame:
            values = frame[column].dropna()
            hits = told.hits(_texts(values))
            counted = Counter(kind for key, kind in hits.items() if key not in told.lesser)
            copied = {
                kind: n for kind, n in counted.items() if n >= every[kind] / 2 or (n > 2 and n >= values.nunique() / 2)
            }
            problems += (
                Problem(
                    f"table {name}, column {column}", f"holds {n} of {every[kind]} values of an identifier: {kind}",
                    "whoever receives a file made of it can tell who a participant is",
                    "declare that column an identifier, too, or derive from it only what tells nobody (an age, a year)",
                ) for kind, n in copied.items()
            )  # fmt: skip
            if rest := {key for key, kind in hits.items() if kind not in copied}:
                fewer[name, str(column)] = rest
    return problems, fewer


def _of_others(study: Study, folder: Path, told: Sought, tables: Mapping[str, pd.DataFrame], files: Sequence[File],
               held: Mapping[tuple[str, str], set[Key]]) -> set[Key]:  # fmt: skip
    """What of the ids of participants and of their rows reads like an identifier by chance: one of other participants alone, as the
    raw rows say. held: what each column holds. Whose it is must be known; an id made of its own participant's stays an identifier.
    """
    columns = study.tables.items()
    naming = {(name, at) for name, table in columns for at, column in table.columns.items() if column.type == "id"}
    held = {at: keys for at, keys in held.items() if at in naming}
    wanted = set().union(*held.values())
    if not wanted:
        return set()
    bearers: dict[Key, set[str]] = {}
    for (table, column), keys in held.items():
        rows = tables[table][[study.participant, column]].dropna().astype(str).drop_duplicates()
        for who, text in rows.itertuples(index=False):
            for key in keys & told.hits(text).keys():
                bearers.setdefault(key, set()).add(_as_id(who))
    known = {
        _as_id(who)
        for name in tables
        if name in study.tables
        for who in tables[name][study.participant].dropna().unique()
    }
    owners = [found for file in files for found in _owners(study, read(folder / file.path, file), wanted)]
    whose = {key: {who for of, who in owners if of == key} for key in wanted}
    return {key for key, who in whose.items() if who and who <= known and not who & bearers.get(key, who)}


def _owners(study: Study, raw: Raw, wanted: Container[Key]) -> Iterator[tuple[Key, str]]:
    """(identifier, id of a participant in whose raw row it stands), of those that are wanted; an id of "" is not known."""
    parts = [part for table in study.tables.values() for part in table.parts if part.file.name == raw.file.name]
    found = {resolve(raw, part, "")[0].get((study.participant, None)) for part in parts} - {None}
    for index, column in declared(study, raw):
        cells = raw.columns[index]
        for code, cell in enumerate(cells.cells):
            one = Sought()
            one.add(cell.text.strip(), column.identifier, column.type == "date")
            for key in (key for key in one.keys if key in wanted):
                rows = np.flatnonzero(np.asarray(cells.codes) == code).tolist()
                yield from (
                    (key, _as_id(raw.columns[at].cells[raw.columns[at].codes[row]].text))
                    for at in found
                    for row in rows
                )
                if not found:
                    yield key, ""


def _as_id(text: str) -> str:
    return " ".join(plain_tokens(fold(str(text))))


@dataclass(frozen=True)
class OfFile:
    """What is looked for in a raw file: told, untold, the values of columns that are declared identifiers and of others, with their
    kind and whether they are dates; vain, what of the dictionary excuses nothing in it; elsewhere, what other columns hold."""

    told: list[tuple[set[str], str, bool]]
    untold: list[tuple[set[str], str, bool]]
    vain: list[str]
    identifier_columns: int
    undeclared_columns: int
    elsewhere: list[str]


def _of_file(study: Study, folder: Path, file: File) -> OfFile:
    raw = read(folder / file.path, file)
    identifying, unread = declared(study, raw), undeclared(study, raw)
    unknown = [(index, header) for index, header in unread if not _harmless(file.not_identifying, header)]
    headers = [raw.header(index) for index in range(len(raw.headers))]
    vain = [text for text in file.not_identifying if not any(_harmless([text], header) for header in headers)]
    told, untold = [], []
    for index, column in identifying:
        values = _without(distinct(raw, index), (*study.missing, *column.missing))
        told.append((values, column.identifier, column.type == "date"))
    names = sorted({index for index, column in identifying if "name" in column.identifier.casefold()})
    if len(names) > 1:
        told.append((_without(_together(raw, names), study.missing), "name", False))
    hidden, seen = {index for index, _ in (*identifying, *unread)}, shown(study, raw)
    free = sorted(set(range(len(headers))) - hidden - seen.keys())
    for kind, index in [*((UNDECLARED, at) for at, _ in unknown), *((FREE_TEXT, at) for at in free)]:
        untold.append((_without(distinct(raw, index), study.missing), f"{kind} '{headers[index]}'", False))
    elsewhere = [SEPARATOR.join(distinct(raw, index)) for index in seen if index not in hidden]
    return OfFile(told, untold, vain, len({index for index, _ in identifying}), len(unknown), elsewhere)


def _without(values: set[str], missing: Iterable[str]) -> set[str]:
    nothing = {fold(text) for text in (*missing, "")}
    return {value for value in values if fold(value) not in nothing}


def _together(raw: Raw, columns: Sequence[int]) -> set[str]:
    """The different rows of some columns: a family name beside a given one."""
    found = ([raw.columns[at].cells[code].text.strip() for code in raw.columns[at].codes.tolist()] for at in columns)
    return {" ".join(filter(None, row)) for row in zip(*found, strict=True) if all(row)}


def sought(study: Study, folder: Path, innocent: Iterable[str], ours: Iterable[str] = (), told_apart: Iterable[str] = (),
           tables: Mapping[str, pd.DataFrame] | None = None, engine: Sequence[Leaf] = (), store: Store | None = None,
           processes: int = 1) -> Sought:  # fmt: skip
    """The raw values of every column that is declared an identifier and of every undeclared one, but for what `innocent`
    texts hold. What stands in a declared column is no sign of a participant in an undeclared one. `copied` says which of the
    clean `tables` hold an identifier.

    ours: texts of the study that people have written. They excuse no declared identifier, and of a name's single parts only
    such as are written there in small letters. told_apart: texts that excuse single parts (names of authors). engine: innocent, too;
    store: knows what they held; processes: each reads a raw file.
    """
    told, untold, files = Sought(), Sought(), list(study.files.values())
    every = each(partial(_of_file, study, folder), files, processes)  # one at a time is held
    for file, one in zip(files, every, strict=True):
        told.vain += one.vain
        told.identifier_columns += one.identifier_columns
        untold.undeclared_columns += one.undeclared_columns
        for to, taken in ((told, one.told), (untold, one.untold)):
            for values, kind, is_date in taken:
                for value in sorted(values):
                    to.add(value, kind, is_date, file.path)
    copied, held = copies(told, tables or {})
    chance = _of_others(
        study, folder, told, tables or {}, [file for file, one in zip(files, every, strict=True) if one.told], held
    )
    untold.excuse([text for one in every for text in one.elsewhere] if len(untold) else [])
    innocent, ours = list(innocent), list(ours)
    if untold.words:
        untold.excuse_words(set().union(*map(words_of, (*innocent, *_all(engine), *ours))))
    untold.excuse(ours)
    told.excuse_parts(told_apart)
    told.excuse_parts(" ".join(word for word in text.split() if word == word.lower()) for text in ours)
    found = told.over(untold)
    found.give_up(chance)
    found.excuse(innocent)
    _excuse(found, engine, store)
    found.copied = copied
    return found


def _all(leaves: Iterable[Leaf]) -> Iterator[str]:
    return (text for _, read in leaves for text in read())


def _excuse(found: Sought, engine: Sequence[Leaf], store: Store | None) -> None:
    """Give up what the engine's files hold. The store has a sign for each value in an order that only who has the values knows."""
    keys, made_of = found.keys, ["excused", found.content, [name.hex() for name, _ in engine]]
    kept = store.taken(made_of) if store else None
    if kept is not None:
        found.give_up(key for key, sign in zip(keys, kept.decode(), strict=True) if sign == "-")
        return
    found.excuse(_all(engine))
    still = {*found.keys}
    if store:
        store.keep(made_of, "".join("+" if key in still else "-" for key in keys).encode())
