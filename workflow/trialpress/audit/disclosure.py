"""A copy of the results for public release in which small counts are suppressed or rounded.

Off by default (threshold 0): in a study of a few dozen patients nearly every cell would be blank. With a threshold the
audit writes `audit/release/`: ard.csv, the tables, the numbers behind the figures, and `suppressed.csv`, which says what was
withheld. A count that is not small is withheld, too, where a small one would follow from it and the sums of its file
(`suppression`); a sum across files is left to the person who releases, and so are pictures and manuscript, which are not copied.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from ..files import write_csv, write_text
from .differences import read_table
from .suppression import secondary, sums

COUNTS = {"n", "N", "events", "excluded", "missing", "n_at_risk", "n_censored", "n_event", "n_population"}
WITHHELD = "–"
COLUMNS = ["file", "row", "column", "why"]
# in a printed cell: 3, 3/40, 3 (7.5%), (n = 3)
_PRINTED = re.compile(
    r"^(?P<a>\d+)(?=$|/| \()|(?<=\bn = )(?P<b>\d+)|(?<![\d.])(?P<c>\d+)(?=/\d)|(?<=/)(?P<d>\d+)(?![\d.])"
)

_SIZE = re.compile(r"\bn = \d+")
_COUNT = re.compile(r"^(\d+)(?:/(\d+))?(?=$| \()")
# what a column of counts goes down by
_FALLS = {"n": ("excluded",)}
CURVE = {"n_at_risk", "n_event", "n_censored"}
FOLLOWS = "another count would follow from it"


def reason(disclosure: Mapping) -> str:
    """One sentence for the supplement: what the setting is and why."""
    threshold = disclosure["threshold"]
    if not threshold:
        return (
            "Disclosure control is off: in a study of this size nearly every cell of a table counts a handful of patients and "
            "would be blank. The files are meant for readers who may see them; for public release set a threshold in config.yaml."
        )
    how = "withheld" if disclosure["mode"] == "suppress" else f"rounded to a multiple of {threshold}"
    return (
        f"For public release counts from 1 to {threshold - 1} are {how} in `audit/release/`, with what is computed from them; "
        "`suppressed.csv` lists them. What a withheld count would follow from within its file is withheld, too."
    )


class Control:
    """One threshold and mode; remembers what it withheld."""

    def __init__(self, threshold: int, mode: str):
        self.threshold, self.mode = threshold, mode
        self.withheld: list[dict] = []

    def small(self, text: str) -> bool:
        try:
            return 0 < float(text) < self.threshold
        except ValueError:
            return False

    def count(self, text: str) -> str:
        """A small count as it is released."""
        if self.mode == "round":
            return str(self.threshold * int(float(text) / self.threshold + 0.5))
        return f"<{self.threshold}"

    def beside(self, counts: np.ndarray, sizes: np.ndarray, falls=()) -> set[tuple[int, int]]:
        """The cells that are withheld beside the small ones of a matrix of counts; none where they are rounded."""
        small = {cell for cell in zip(*np.nonzero((counts > 0) & (counts < self.threshold)), strict=True)}
        small = {(int(row), int(column)) for row, column in small}
        if not small or self.mode == "round":
            return set()
        return secondary(counts, sums(counts, sizes, falls), small, self.threshold)

    def note(self, file: str, row: int, column: str, why: str):
        self.withheld.append({"file": file, "row": row + 2, "column": column, "why": why})

    def numbers(self, frame: pd.DataFrame, file: str) -> pd.DataFrame:
        """Columns of counts: small ones are replaced, and the other numbers of their row withheld."""
        frame = frame.copy()
        frame = frame.reset_index(drop=True)
        counts = [column for column in frame if column in COUNTS]
        parts = [column for column in counts if column != "N"]  # N is what its rows add up to
        numbers = frame[parts].apply(pd.to_numeric, errors="coerce").to_numpy(dtype=float)
        size = (
            pd.to_numeric(frame["N"], errors="coerce").to_numpy(dtype=float)
            if "N" in counts
            else np.full(len(frame), np.nan)
        )
        falls = [(parts.index(stock), tuple(parts.index(flow) for flow in flows if flow in parts))
                 for stock, flows in _FALLS.items() if stock in parts and set(flows) & set(parts)]  # fmt: skip
        if set(parts) >= CURVE:  # whoever is at risk goes down by one or two at each step: no count of it can stay
            small = self.mode != "round" and frame[parts].map(self.small).any(axis=None)
            hidden = {(row, column) for column in CURVE for row in frame.index[frame[column] != ""]} if small else set()
        else:
            sizes = np.tile(size[:, None], len(parts))
            hidden = {(row, parts[column]) for row, column in self.beside(numbers, sizes, falls)}
        touched = frame[counts].map(self.small).any(axis=1) | frame.index.isin({row for row, _ in hidden})
        for row in frame.index[touched] if counts else ():
            for column in frame:
                text = frame.at[row, column]
                if column in counts and self.small(text):
                    frame.at[row, column] = self.count(text)
                    self.note(file, row, column, "small count")
                elif (row, column) in hidden:
                    frame.at[row, column] = WITHHELD
                    self.note(file, row, column, FOLLOWS)
                elif column not in counts and re.fullmatch(r"-?\d*\.\d+(e-?\d+)?|-?\d+\.?\d*e-?\d+", text):
                    frame.at[row, column] = ""
                    self.note(file, row, column, "computed from a small count")
        return frame

    def statistics(self, ard: pd.DataFrame) -> pd.DataFrame:
        """ard.csv: a group and level with a small count loses all of its statistics but the counts."""
        ard = ard.copy()
        hidden = self._hidden(ard)
        small = ard["statistic"].isin(COUNTS) & ard["value"].map(self.small)
        where = ["analysis", "group", "level"]
        touched = pd.MultiIndex.from_frame(ard[where]).isin(
            pd.MultiIndex.from_frame(ard.loc[small | ard.index.isin(hidden), where])
        )
        for row in ard.index[touched]:
            if small[row]:
                ard.at[row, "value"] = ard.at[row, "display"] = self.count(ard.at[row, "value"])
                self.note("ard.csv", row, "value", "small count")
            elif row in hidden:
                ard.at[row, "value"], ard.at[row, "display"] = "", WITHHELD
                self.note("ard.csv", row, "value", FOLLOWS)
            elif ard.at[row, "statistic"] not in COUNTS:
                ard.at[row, "value"], ard.at[row, "display"] = "", WITHHELD
                self.note("ard.csv", row, "value", "computed from a small count")
        return ard

    def _hidden(self, ard: pd.DataFrame) -> set[int]:
        """The counts of ard.csv from which a small one would follow: levels by groups of one analysis."""
        hidden = set()
        for _, rows in ard[ard["statistic"] == "n"].groupby("analysis", sort=False):
            every = ard[(ard["analysis"] == rows["analysis"].iloc[0]) & (ard["statistic"] == "N")].set_index(
                ["group", "level"]
            )["value"]
            levels, groups = (list(dict.fromkeys(rows[name])) for name in ("level", "group"))
            index = np.full((len(levels), len(groups)), -1)
            counts, sizes = (np.full(index.shape, np.nan) for _ in range(2))
            for row in rows.itertuples():
                at = levels.index(row.level), groups.index(row.group)
                index[at], counts[at] = row.Index, pd.to_numeric(row.value, errors="coerce")
                sizes[at] = pd.to_numeric(
                    every.get((row.group, row.level), every.get((row.group, ""), "")), errors="coerce"
                )
            hidden |= {int(index[cell]) for cell in self.beside(counts, sizes)}
        return hidden

    def printed(self, frame: pd.DataFrame, file: str) -> pd.DataFrame:
        """A printed table: small counts within the cells' text; a row with one keeps no percentage, interval or p-value."""

        def released(text: str) -> str:
            return _PRINTED.sub(lambda match: self.count(match[0]) if self.small(match[0]) else match[0], text)

        frame = frame.reset_index(drop=True)
        cells = frame.columns[2 if frame.columns[0] == "section" else 1 :]  # behind the row's label
        counted = [[_COUNT.match(text) for text in frame[column]] for column in cells]
        counts = np.array([[float(m[1]) if m else np.nan for m in column] for column in counted]).T.reshape(
            len(frame), len(cells)
        )
        sizes = np.array([[float(m[2]) if m and m[2] else size for m in column] for column, size in
                          zip(counted, map(_size, cells), strict=True)]).T.reshape(counts.shape)  # fmt: skip
        hidden = self.beside(counts, sizes)
        for row in frame.index:
            texts = [released(frame.at[row, column]) for column in cells]
            touched = [new != frame.at[row, column] or (row, at) in hidden
                       for at, (new, column) in enumerate(zip(texts, cells, strict=True))]  # fmt: skip
            for at, (column, text, small) in enumerate(zip(cells, texts, touched, strict=True)):
                if (row, at) in hidden:
                    frame.at[row, column] = WITHHELD
                    self.note(file, row, column, FOLLOWS)
                elif small:
                    frame.at[row, column] = re.sub(r" \(.*", "", text)
                    self.note(file, row, column, "small count")
                elif any(touched) and re.search(r"\d\.\d", text) and not _PRINTED.search(text):
                    frame.at[row, column] = WITHHELD
                    self.note(file, row, column, "computed from a small count")
        return frame.set_axis([_SIZE.sub(lambda match: released(match[0]), column) for column in frame.columns], axis=1)


def _size(column: str) -> float:
    """The participants of a printed column: 'MRD (n = 4)'."""
    found = _SIZE.search(column)
    return float(found[0].removeprefix("n = ")) if found else np.nan


def _markdown(frame: pd.DataFrame) -> str:
    rows = [list(frame.columns), ["---"] * frame.shape[1], *frame.itertuples(index=False)]
    return (
        "\n".join(
            "| " + " | ".join(str(cell).replace("|", "\\|").replace("<", "\\<") for cell in row) + " |" for row in rows
        )
        + "\n"
    )


def release(folder: Path, disclosure: Mapping, participants: Iterable[str]) -> pd.DataFrame:
    """Write <folder>/audit/release/ and return what was withheld. Files with rows of single participants are left out."""
    control, to = Control(disclosure["threshold"], disclosure["mode"]), folder / "audit" / "release"
    known = set(participants)
    write_csv(control.statistics(read_table(folder / "analysis" / "ard.csv")), to / "ard.csv")
    for path in sorted([*(folder / "figures").glob("*.csv"), *(folder / "tables").glob("*.csv")]):
        frame, name = read_table(path), path.relative_to(folder).as_posix()
        if frame.isin(known).any(axis=None):
            control.withheld.append({"file": name, "row": "", "column": "", "why": "rows of single participants"})
            continue
        printed = path.parent.name == "tables"
        frame = control.printed(frame, name) if printed else control.numbers(frame, name)
        write_csv(frame, to / name)
        if printed:
            write_text(_markdown(frame), to / "tables" / f"{path.stem}.md")
    withheld = pd.DataFrame(control.withheld, columns=COLUMNS)
    write_csv(withheld, to / "suppressed.csv")
    return withheld
