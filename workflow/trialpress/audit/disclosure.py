"""A copy of the results for public release in which small counts are suppressed or rounded.

Off by default (threshold 0): in a study of a few dozen patients nearly every cell would be blank. With a threshold the
audit writes `audit/release/`: ard.csv, the tables, the numbers behind the figures, and `suppressed.csv`, which says what was
withheld. A count that is not small is withheld, too, where a small one would follow from it and the sums of all released files
together (`suppression`), and what is withheld in one file is withheld in all. A file of which a small count can be told whatever is
withheld is left out. Pictures and manuscript are not copied.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from ..files import write_csv, write_text
from .differences import read_table
from .suppression import Union

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
_COMPUTED = re.compile(r"-?\d*\.\d+(e-?\d+)?|-?\d+\.?\d*e-?\d+")
LONG = 6  # characters: a number of more stands in two files by no chance
TOLD = "a small count would follow from its sums"
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
        "`suppressed.csv` lists them. What a withheld count would follow from, in whichever files, is withheld in all of them, too."
    )


class Control:
    """One threshold and mode; remembers what it withheld. Before it releases files it `looks` at all of them."""

    def __init__(self, threshold: int, mode: str):
        self.threshold, self.mode = threshold, mode
        self.withheld: list[dict] = []
        self.secret: set[str] = set()  # numbers that were computed from withheld counts, as they are written
        self.open = False  # whether what was released last has a small count that can be told
        self._union, self._looking, self._at = Union(threshold), False, 0  # which matrix is next

    def looks(self, files: Iterable[tuple[Callable, tuple]]) -> None:
        """Call what releases each file, to see the counts of all, and what is computed from the withheld ones. They are released
        in the same order then."""
        files = list(files)
        self._looking = True
        for how, arguments in files:
            how(*arguments)
        self._looking, self.withheld = False, []
        self._union.solve()
        for how, arguments in files:
            how(*arguments)
        self._at, self.withheld = 0, []

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
        """The cells of a matrix of counts that are not small and are withheld; none where they are rounded."""
        if self.mode == "round":
            return set()
        if self._looking:
            self._union.add(counts, sizes, falls)
            return set()
        self._at += 1
        self.open |= self._union.open(self._at - 1)
        return self._union.hidden(self._at - 1)

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
        if "N" in counts:
            hidden |= {(row, "N") for row, _ in self.beside(size[:, None], np.full((len(frame), 1), np.nan))}
        touched = frame[counts].map(self.small).astype(bool).any(axis=1) | frame.index.isin({row for row, _ in hidden})
        told = frame.isin(self.secret)
        for row in frame.index[touched | told.any(axis=1)]:
            for column in frame:
                text = frame.at[row, column]
                if column in counts and self.small(text):
                    frame.at[row, column] = self.count(text)
                    self.note(file, row, column, "small count")
                elif (row, column) in hidden:
                    frame.at[row, column] = WITHHELD
                    self.note(file, row, column, FOLLOWS)
                elif told.at[row, column] or (touched[row] and column not in counts and _COMPUTED.fullmatch(text)):
                    self.secret |= {text} if len(text) > LONG else set()
                    frame.at[row, column] = ""
                    self.note(file, row, column, "computed from a small count")
        return frame

    def statistics(self, ard: pd.DataFrame) -> pd.DataFrame:
        """ard.csv: a group and level with a small count loses all of its statistics but the counts."""
        ard = ard.copy()
        hidden, told = self._hidden(ard)
        small = ard["statistic"].isin(COUNTS) & ard["value"].map(self.small).astype(bool)
        where = ["analysis", "group", "level"]
        of_size = ard.loc[
            ard.index.isin(hidden) & (ard["statistic"] == "N"), where[:2]
        ]  # the levels of a withheld group, too
        touched = pd.MultiIndex.from_frame(ard[where]).isin(
            pd.MultiIndex.from_frame(ard.loc[small | ard.index.isin(hidden), where])
        ) | pd.MultiIndex.from_frame(ard[where[:2]]).isin(pd.MultiIndex.from_frame(of_size))
        for row in ard.index[ard["analysis"].isin(told)]:
            ard.at[row, "value"], ard.at[row, "display"] = "", WITHHELD
            self.note("ard.csv", row, "value", TOLD)
        for row in ard.index[touched & ~ard["analysis"].isin(told)]:
            if small[row]:
                ard.at[row, "value"] = ard.at[row, "display"] = self.count(ard.at[row, "value"])
                self.note("ard.csv", row, "value", "small count")
            elif row in hidden:
                ard.at[row, "value"], ard.at[row, "display"] = "", WITHHELD
                self.note("ard.csv", row, "value", FOLLOWS)
            elif ard.at[row, "statistic"] not in COUNTS:
                self.secret |= {text for text in ard.loc[row, ["value", "display"]] if len(text) > LONG}
                ard.at[row, "value"], ard.at[row, "display"] = "", WITHHELD
                self.note("ard.csv", row, "value", "computed from a small count")
        return ard

    def _hidden(self, ard: pd.DataFrame) -> tuple[set[int], set[str]]:
        """The counts of ard.csv from which a small one would follow: levels by groups of one analysis. And the analyses of which one
        can be told whatever is withheld."""
        hidden, told = set(), set()
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
            told |= {rows["analysis"].iloc[0]} if self.told() else set()
        for _, rows in ard[ard["statistic"].isin(COUNTS - {"n"})].groupby(
            ["analysis", "level", "statistic"], sort=False
        ):
            counts = pd.to_numeric(rows["value"], errors="coerce").to_numpy(dtype=float)[None, :]
            hidden |= {int(rows.index[at]) for _, at in self.beside(counts, np.full(counts.shape, np.nan))}
            told |= {rows["analysis"].iloc[0]} if self.told() else set()
        return hidden, told

    def told(self) -> bool:
        """Whether a small count can be told, since this was asked last."""
        told, self.open = self.open, False
        return told

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
        heads = np.array([[_size(column) for column in cells]])
        hidden = self.beside(counts, sizes)
        gone = {at for _, at in self.beside(heads, np.full(heads.shape, np.nan))}  # columns whose size is withheld
        hidden |= {(row, at) for row in frame.index for at in gone if re.search(r"\d", frame.at[row, cells[at]])}
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
                elif text in self.secret or (any(touched) and re.search(r"\d\.\d", text) and not _PRINTED.search(text)):
                    self.secret |= {text} if len(text) > LONG else set()
                    frame.at[row, column] = WITHHELD
                    self.note(file, row, column, "computed from a small count")
        for at in sorted(gone):
            self.note(file, -1, cells[at], FOLLOWS)
        named = {
            column: _SIZE.sub(f"n = {WITHHELD}" if at in gone else lambda match: released(match[0]), column)
            for at, column in enumerate(cells)
        }
        return frame.set_axis([named.get(column, column) for column in frame.columns], axis=1)


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
    found = {"ard.csv": (control.statistics, (read_table(folder / "analysis" / "ard.csv"),))}
    left_out = []
    for path in sorted([*(folder / "figures").glob("*.csv"), *(folder / "tables").glob("*.csv")]):
        frame, name = read_table(path), path.relative_to(folder).as_posix()
        if frame.isin(known).any(axis=None):
            left_out.append({"file": name, "row": "", "column": "", "why": "rows of single participants"})
        else:
            found[name] = (control.printed if path.parent.name == "tables" else control.numbers, (frame, name))
    control.looks(found.values())
    shutil.rmtree(to, ignore_errors=True)  # of another threshold
    for name, (how, arguments) in found.items():
        before = len(control.withheld)
        frame = how(*arguments)
        if control.told():
            del control.withheld[before:]
            left_out.append({"file": name, "row": "", "column": "", "why": TOLD})
            continue
        write_csv(frame, to / name)
        if name.startswith("tables/"):
            write_text(_markdown(frame), (to / name).with_suffix(".md"))
    withheld = pd.DataFrame([*control.withheld, *left_out], columns=COLUMNS)
    write_csv(withheld, to / "suppressed.csv")
    return withheld
