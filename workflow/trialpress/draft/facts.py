"""A raw column in numbers: its distinct filled cells with how many rows hold each, and how many of them a type would read."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

import numpy as np

from ..clean.parse import Parser, Reading
from ..clean.read import Cell, Raw, is_footnote
from ..study import Column, File
from ..text import normalise, unit_form

# what people write into a cell that has no value; exactly as written
NOTHING = frozenset(
    re.split(r"\|", "not done|Not done|NOT DONE|-|--|---|–|—|.|NA|N/A|n/a|NaN|nan|n.a.|ND|N.D.|n.d.|NULL|null|None|missing|Missing|MISSING|UNK|unk|未查|未测|未做|不详|缺失")
)  # fmt: skip


@lru_cache(maxsize=100_000)
def is_nothing(text: str) -> bool:
    """Whether people write so into a cell that has no value; also several times, as two columns that were put together have it.

    >>> is_nothing("NA"), is_nothing("NA_NA"), is_nothing("NA-1")
    (True, True, False)
    """
    return text in NOTHING or (
        len(text) < 40 and {*re.split(r"[_ ,;/|-]+", text)} in ({"NA"}, {"NaN"}, {"NULL"}, {"null"}, {"missing"})
    )


@dataclass(frozen=True, eq=False)
class Facts:
    """One column of a raw file, or the same column of several blocks."""

    raw: Raw
    places: tuple[int, ...]
    codes: frozenset[str] = field(default=frozenset())  # missing data codes of the project

    def nothing_in(self, text: str) -> bool:
        """Whether a normalised text means that there is no value."""
        return is_nothing(text) or text in self.codes

    @property
    def at(self) -> int:
        return self.places[0]

    @property
    def file(self) -> File:
        return self.raw.file

    @cached_property
    def header(self) -> str:
        return self.raw.header(self.at)

    @cached_property
    def counts(self) -> dict[Cell, int]:
        """Distinct cells that hold something, from the most frequent; equally frequent ones by their text."""
        found: Counter[Cell] = Counter()
        for at in self.places:
            column = self.raw.columns[at]
            codes = column.codes[body(self.raw)]
            rows = np.bincount(codes, minlength=len(column.cells)).tolist() if len(column.cells) else []
            for cell, n in zip(column.cells, rows, strict=True):
                if n and (text := normalise(cell.text)) and not self.nothing_in(text) and cell.kind != "missing":
                    found[cell] += n
        return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))

    @cached_property
    def nothing(self) -> set[str]:
        """The texts of the column that mean that there is no value."""
        texts = {
            normalise(cell.text) for at in self.places for cell in self.raw.columns[at].cells if cell.kind != "error"
        }
        return set(filter(self.nothing_in, texts))

    @cached_property
    def texts(self) -> dict[str, int]:
        """Distinct normalised texts with their rows."""
        found: Counter[str] = Counter()
        for cell, n in self.counts.items():
            found[normalise(cell.text)] += n
        return dict(found)

    @cached_property
    def n(self) -> int:
        """Rows that hold something."""
        return sum(self.counts.values())

    @property
    def rows(self) -> int:
        return len(self.raw.numbers) * len(self.places)

    def share(self, pattern: str) -> float:
        """Share of the filled rows whose text has a form."""
        form = re.compile(pattern)
        return sum(n for text, n in self.texts.items() if form.fullmatch(text)) / self.n if self.n else 0.0

    def read(self, type: str, **keys) -> Read:
        """What the intake reads of the column if it has this type."""
        unit = keys.get("unit", "")
        parser = Parser(
            Column("column", type, **keys), self.file, {}, units=[unit] if unit else (), date_1904=self.raw.date_1904,
            serials=self.raw.serials,
        )  # fmt: skip
        return Read([(cell, n, parser(cell)) for cell, n in self.counts.items()])

    def by_row(self) -> list[str]:
        """The normalised text of every row, '' where it has no value; of the first place."""
        column = self.raw.columns[self.at]
        texts = [normalise(cell.shown if re.fullmatch(r"0+\d+", cell.shown) else cell.text) for cell in column.cells]
        texts = ["" if self.nothing_in(text) else text for text in texts]
        return [texts[code] for code in column.codes.tolist()]


@dataclass(frozen=True)
class Read:
    """The readings of a column's cells with their rows."""

    cells: list[tuple[Cell, int, Reading]]

    @cached_property
    def n(self) -> int:
        return sum(n for _, n, _ in self.cells)

    @cached_property
    def fits(self) -> float:
        """Share of the filled rows that are read."""
        return sum(n for _, n, r in self.cells if not r.problem and r.value is not None) / self.n if self.n else 0.0

    @cached_property
    def values(self) -> dict[object, int]:
        found: Counter = Counter()
        for _, n, reading in self.cells:
            if reading.value is not None and not reading.problem:
                found[reading.value] += n
        return dict(found)

    @cached_property
    def strays(self) -> dict[str, int]:
        """Texts that are not read, from the most frequent."""
        found = Counter({})
        for cell, n, reading in self.cells:
            if reading.problem:
                found[normalise(cell.text)] += n
        return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))

    @cached_property
    def limits(self) -> int:
        return sum(n for _, n, r in self.cells if r.limit)

    @cached_property
    def units(self) -> dict[str, int]:
        found: Counter[str] = Counter()
        for _, n, reading in self.cells:
            if reading.unit:
                found[unit_form(reading.unit)] += n
        return dict(found.most_common())


@lru_cache(maxsize=64)
def body(raw: Raw) -> np.ndarray:
    """The rows that are no footnote and do not repeat the header, as a mask."""
    same, filled = (np.zeros(len(raw.numbers), dtype=np.int32) for _ in range(2))
    notes = np.zeros(len(raw.numbers), dtype=bool)
    for path, column in zip(raw.headers, raw.columns, strict=True):
        texts = [normalise(cell.text) for cell in column.cells]
        same += np.array([bool(text) and text == path[-1] for text in texts] or [False])[column.codes]
        if raw.file.footer:
            notes |= (filled == 0) & np.array([is_footnote(raw.file, text) for text in texts] or [False])[column.codes]
        filled += np.array([bool(text) for text in texts] or [False])[column.codes]
    return ~notes & ~((same == filled) & (filled >= 2))


def source(raw: Raw, at: int) -> str:
    """The shortest text by which study.yaml names a column of the file and no other."""
    path = [part for part in raw.headers[at] if part]
    ways = [path[-1], *(" | ".join(path[-k:]) for k in range(2, len(path) + 1))] if path else []
    for way in ways:
        if raw.find(way) == [at] and "{" not in way and way.isprintable():
            return way
    for way in reversed(ways):
        if (
            way.isprintable()
            and at in (found := raw.find(way))
            and raw.find(counted := f"{way}#{found.index(at) + 1}") == [at]
        ):
            return counted
    return f"#{at + 1}"
