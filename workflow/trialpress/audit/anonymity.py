"""Who could be told from the others by what the outputs show: audit/anonymity.csv, one row per file, the last for all together.

A quasi-identifier (`quasi_identifiers` of study.yaml) is what an outsider may know of a participant. A file shows it
where one of its columns tells the participants apart as the quasi-identifier does, whatever it calls its values. `k` is the
least number of participants that share a combination of those that the file shows, `alone` how many share theirs with nobody.
Files with rows of participants name them by the same pseudonym, so whoever has several can put them together. `small` counts
the cells of the file that count fewer than five participants.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from ..contracts import ANONYMITY
from ..files import read_dictionaries
from ..results import Results
from .crate import packed
from .disclosure import COUNTS

FEW = 5
_PRINTED = re.compile(rf"0*[1-{FEW - 1}](?=/| \()")  # so few, before a denominator or a share
Column = tuple[str, list[str], np.ndarray]  # its name, its different texts, which of them each row has


def reads(name: str, folder: Path) -> bool:
    """Whether the report is made of this file, which the audit reads."""
    below = name.removeprefix(f"{folder.as_posix()}/")
    rooms = ("analysis/", "clean/", "cohort/", "figures/", "tables/")
    return below.startswith(rooms) if below != name else name.endswith("/study.yaml")


def report(results: Results, folder: Path) -> pd.DataFrame:
    """The rows of ANONYMITY for the tables and figures of a run, and ard.csv."""
    who = results.study.participant
    known = pd.DataFrame({who: results.subjects[who].astype(str)})
    for table, column in results.study.quasi_identifiers:
        frame = results.tables[table]
        values = frame.set_index(frame[who].astype(str))[column].astype("string").fillna("")
        known[f"{table}.{column}"] = known[who].map(values).fillna("")
    people, in_crate, rows, every = set(known[who]), set(packed(folder)), [], []
    for path in sorted(
        [folder / "analysis" / "ard.csv", *(folder / "tables").glob("*.csv"), *(folder / "figures").glob("*.csv")]
    ):
        columns, name = _columns(path), path.relative_to(folder).as_posix()
        of = next((at for at, (_, held, _) in enumerate(columns) if len(held) and {*held} - {""} <= people), None)
        shows = [] if of is None else _shown(columns, of, known.set_index(who))
        theirs = {*columns[of][1]} - {""} if of is not None else set()
        every += [one for one in shows if one not in every]
        here = known[known[who].isin(theirs)]
        small = _small(columns)
        rows.append(
            (name, "yes" if name in in_crate else "no", len(theirs), ", ".join(shows), *_least(here, shows), small)
        )
    n = len(known) if every else 0
    rows.append(("all together", "", n, ", ".join(every), *_least(known, every), sum(row[-1] for row in rows)))
    return pd.DataFrame(rows, columns=list(ANONYMITY.columns))


def _columns(path: Path) -> list[Column]:
    table = read_dictionaries(path).combine_chunks()
    return [
        (name, column.chunk(0).dictionary.to_pylist(), column.chunk(0).indices.to_numpy()) if len(column) else (name, [], np.empty(0, int))
        for name, column in zip(table.column_names, table.columns, strict=True)
    ]  # fmt: skip


def _shown(columns: Sequence[Column], of: int, known: pd.DataFrame) -> list[str]:
    """The quasi-identifiers that the rows of participants show: some column has as many values, each with one of theirs."""
    _, named, codes = columns[of]
    who, first = np.unique(codes, return_index=True)
    kept = [at for at, code in enumerate(who.tolist()) if named[code] != ""]
    first, theirs = first[kept], known.loc[[named[code] for code in who[kept].tolist()]]
    found = []
    for name in known:
        of_them, n = pd.factorize(theirs[name])[0], theirs[name].nunique()
        for other in (codes[first] for at, (_, _, codes) in enumerate(columns) if at != of):
            both = other.astype(np.int64) * (n + 1) + of_them
            if pd.unique(both).size == pd.unique(other).size == n > 1:  # numpy's hashing takes ten times as long
                found.append(name)
                break
    return found


def _least(known: pd.DataFrame, shows: Iterable[str]) -> tuple[str, str]:
    """(k, alone), empty where nothing is shown."""
    if not shows or known.empty:
        return "", ""
    sizes = known.groupby(list(shows)).size()
    return str(int(sizes.min())), str(int((sizes == 1).sum()))


def _small(columns: Sequence[Column]) -> int:
    """Cells that count from 1 to 4 participants: counts of figures and ard.csv, and those that begin a printed cell."""
    by_name = {name: (held, codes) for name, held, codes in columns}
    counts = [name for name in by_name if name in COUNTS]
    if {"statistic", "value"} <= set(by_name):
        held, codes = by_name["statistic"]
        counted = np.array([text in COUNTS for text in held], dtype=bool)[codes]
        return int((_few(pd.Series(by_name["value"][0], dtype=str))[by_name["value"][1]] & counted).sum())
    if counts:
        return sum(int(_few(pd.Series(held, dtype=str))[codes].sum()) for held, codes in map(by_name.get, counts))
    printed = (
        (np.array([bool(_PRINTED.match(text)) for text in held], dtype=bool), codes) for _, held, codes in columns[1:]
    )
    return sum(int(few[codes].sum()) for few, codes in printed)


def _few(texts: pd.Series) -> np.ndarray:
    numbers = pd.to_numeric(texts, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    return (numbers > 0) & (numbers < FEW)
