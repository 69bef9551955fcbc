"""Who could be told from the others by what the outputs show: audit/anonymity.csv, one row per file, the last for all together.

A quasi-identifier (`quasi_identifiers` of study.yaml) is what an outsider may know of a participant. A file shows it
where one of its columns tells the participants apart as the quasi-identifier does, whatever it calls its values. `k` is the
least number of participants that share a combination of those that the file shows, `alone` how many share theirs with nobody.
Files with rows of participants name them by the same pseudonym, so whoever has several can put them together. `small` counts
the cells of the file that count fewer than five participants.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from ..contracts import ANONYMITY
from ..results import Results
from .crate import packed
from .differences import read_table
from .disclosure import COUNTS

FEW = 5


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
    in_crate, rows, every = set(packed(folder)), [], []
    for path in sorted(
        [folder / "analysis" / "ard.csv", *(folder / "tables").glob("*.csv"), *(folder / "figures").glob("*.csv")]
    ):
        frame, name = read_table(path), path.relative_to(folder).as_posix()
        column = next((column for column in frame if len(frame) and set(frame[column]) - {""} <= set(known[who])), None)
        shows = [] if column is None else _shown(frame, column, known.set_index(who))
        n = 0 if column is None else frame.loc[frame[column] != "", column].nunique()
        every += [one for one in shows if one not in every]
        here = known[known[who].isin(frame[column])] if n else known.head(0)
        rows.append(
            (name, "yes" if name in in_crate else "no", n, ", ".join(shows), *_least(here, shows), _small(frame))
        )
    n = len(known) if every else 0
    rows.append(("all together", "", n, ", ".join(every), *_least(known, every), sum(row[-1] for row in rows)))
    return pd.DataFrame(rows, columns=list(ANONYMITY.columns))


def _shown(frame: pd.DataFrame, column: str, known: pd.DataFrame) -> list[str]:
    """The quasi-identifiers that the rows of participants show: some column has as many values, each with one of theirs."""
    first = frame[frame[column] != ""].drop_duplicates(column).set_index(column)
    found = []
    for name in known:
        theirs = known[name].reindex(first.index)
        for other in first:
            pairs = len(set(zip(first[other], theirs, strict=True)))
            if pairs == first[other].nunique() == theirs.nunique() > 1:
                found.append(name)
                break
    return found


def _least(known: pd.DataFrame, shows: Iterable[str]) -> tuple[str, str]:
    """(k, alone), empty where nothing is shown."""
    if not shows or known.empty:
        return "", ""
    sizes = known.groupby(list(shows)).size()
    return str(int(sizes.min())), str(int((sizes == 1).sum()))


def _small(frame: pd.DataFrame) -> int:
    """Cells that count from 1 to 4 participants: counts of figures and ard.csv, and those that begin a printed cell."""
    counts = [column for column in frame if column in COUNTS]
    if {"statistic", "value"} <= set(frame):
        numbers = pd.to_numeric(frame.loc[frame["statistic"].isin(COUNTS), "value"], errors="coerce")
    elif counts:
        numbers = frame[counts].apply(pd.to_numeric, errors="coerce").stack()
    else:
        cells = frame.iloc[:, 1:].stack().astype("string")  # of none but empty cells, numbers
        numbers = cells.str.extract(r"^(\d+)(?=/| \()")[0].astype("Float64")
    return int(((numbers > 0) & (numbers < FEW)).fillna(False).sum())
