"""What a figure reads of the results: all that it can read goes through objects that note it.

A note is (where, how, name): ("subjects", "column", "age"), ("ard", "analysis", "os"), ("plan.endpoints", "entry", "os"); or
("subjects", "all", "") where a table is used in a way of which it is not known what is read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cache, partial

import numpy as np
import pandas as pd
import pyarrow as pa
from pandas.core.generic import NDFrame

from ..files import Tables
from ..ids import EVERYONE, Name
from ..parts import hash_of
from ..results import Results

ALL, COLUMN, ROWS, ANALYSIS, ENTRY = "all", "column", "rows", "analysis", "entry"
FRAMES = ("subjects", "daily", "flow", "ard", "curves", "participants")
ENTRIES = (
    "derived",
    "populations",
    "endpoints",
    "analyses",
    "columns",
    "kinds",
)  # of the plan; of the rest every figure is made

Note = tuple[str, str, str]
To = Callable[[str, str], None]  # how, name


class Noted(pd.DataFrame):
    """A table that notes which of its columns are read. What pandas takes of a table it takes through `_mgr`: whatever is not
    written here, where it is known what is read, notes all of it. Of rows that are chosen the columns are noted as before."""

    _internal_names = [*pd.DataFrame._internal_names, "_to", "_quiet", "_inside"]
    _internal_names_set = frozenset(_internal_names)

    def __init__(self, frame: pd.DataFrame, to: To):
        object.__setattr__(self, "_to", to)
        object.__setattr__(self, "_quiet", True)
        super().__init__(frame)
        object.__setattr__(self, "_quiet", False)

    @property
    def _mgr(self):
        if not self._quiet:
            self._to(ALL, "")
        return self._inside

    @_mgr.setter
    def _mgr(self, value):
        object.__setattr__(self, "_inside", value)

    def _quietly(self, do: Callable):
        before = self._quiet
        object.__setattr__(self, "_quiet", True)
        try:
            return do(self)
        finally:
            object.__setattr__(self, "_quiet", before)

    def _rows(self, do: Callable) -> Noted:
        """Some of the rows."""
        made = Noted.__new__(Noted)
        object.__setattr__(made, "_to", self._to)
        object.__setattr__(made, "_quiet", False)
        NDFrame.__init__(made, self._quietly(do)._mgr)  # nobody else has the frame: it need not be copied
        return made

    def _named(self, key) -> bool:
        """Note one column, or a list of them; False if it is something else."""
        names = [key] if isinstance(key, str) else key
        known = isinstance(names, list) and all(isinstance(name, str) for name in names)
        for name in names if known else ():
            self._to(COLUMN, name)
        return known

    def __getitem__(self, key):
        own = super()
        if self._named(key):
            return self._quietly(lambda _: own.__getitem__(key))
        if isinstance(key, pd.Series | np.ndarray) and key.dtype == bool:
            return self._rows(lambda _: own.__getitem__(key))
        return own.__getitem__(key)

    def __setitem__(self, key, value):
        own = super()
        self._quietly(lambda _: own.__setitem__(key, value)) if self._named(key) else own.__setitem__(key, value)

    def __contains__(self, key) -> bool:
        own = super()
        return self._quietly(lambda _: own.__contains__(key)) if self._named(key) else own.__contains__(key)

    def __len__(self) -> int:
        return len(self.index)

    @property
    def empty(self) -> bool:
        return not len(self)

    @property
    def index(self) -> pd.Index:
        self._to(ROWS, "")
        return self._quietly(pd.DataFrame.index.__get__)

    @property
    def loc(self) -> _Places:
        return _Places(self, pd.DataFrame.loc.fget)

    @property
    def iloc(self) -> _Places:
        return _Places(self, pd.DataFrame.iloc.fget)

    def head(self, n: int = 5) -> Noted:
        return self.iloc[:n]

    def reset_index(self, *args, **options):
        own = super().reset_index
        if not args and options == {"drop": True}:
            return self._rows(lambda _: own(drop=True))
        return own(*args, **options)

    def set_index(self, keys, **options):
        own = super().set_index
        return self._rows(lambda _: own(keys, **options)) if self._named(keys) else own(keys, **options)

    def sort_values(self, by, **options):
        own = super().sort_values
        if self._named(by) and not {"inplace", "axis"} & {*options}:
            return self._rows(lambda _: own(by, **options))
        return own(by, **options)

    def assign(self, **columns) -> Noted:
        made = self._rows(pd.DataFrame.copy)
        for name, values in columns.items():
            made[name] = values(made) if callable(values) else values
        return made


class _Places:
    """`loc` or `iloc` of a noted table."""

    def __init__(self, frame: Noted, indexer: Callable):
        self.frame, self.indexer = frame, indexer

    def __getitem__(self, key):
        if isinstance(key, tuple) and len(key) == 2 and self.frame._named(key[1]):
            return self.frame._quietly(lambda frame: self.indexer(frame)[key])
        found = None if isinstance(key, tuple) else self.frame._quietly(lambda frame: self.indexer(frame)[key])
        return self.frame._rows(lambda _: found) if isinstance(found, pd.DataFrame) else self.indexer(self.frame)[key]

    def __setitem__(self, key, value):
        self.indexer(self.frame)[key] = value

    def __getattr__(self, name: str):
        return getattr(self.indexer(self.frame), name)


class Entries(Mapping):
    """A mapping of the plan that notes which of its entries are read; who goes through it reads all."""

    def __init__(self, inside: Mapping, to: To):
        self.inside, self.to = inside, to

    def __getitem__(self, key):
        self.to(ENTRY, key)
        return self.inside[key]

    def __iter__(self) -> Iterator:
        self.to(ALL, "")
        return iter(self.inside)

    def __len__(self) -> int:
        self.to(ALL, "")
        return len(self.inside)


@dataclass(frozen=True)
class Observed(Results):
    """Results as one figure sees them; `notes` are filled while it reads. whole: those that it is a view of, which hold what
    is the same for all figures."""

    whole: Results | None = None
    notes: set[Note] = field(default_factory=set)

    @classmethod
    def of(cls, whole: Results, figure: str) -> Observed:
        notes: set[Note] = set()

        def to(where: str) -> To:
            return partial(lambda where, how, name: notes.add((where, how, name)), where)

        entries = {name: Entries(getattr(whole.plan, name), to(f"plan.{name}")) for name in ENTRIES}
        given = {one.name: getattr(whole, one.name) for one in fields(Results)}
        given |= {name: Noted(given[name], to(name)) for name in FRAMES}
        given["tables"] = Tables(
            {name: f"tables.{name}" for name in whole.tables},
            lambda where: Noted(whole.tables[where.partition(".")[2]], to(where)),
        )
        given["plan"] = replace(whole.plan, figures={figure: whole.plan.figures[figure]}, **entries)
        return cls(**given, whole=whole, notes=notes)

    def analysis(self, name: str) -> pd.DataFrame:
        self.notes.add(("ard", ANALYSIS, name))
        return self.whole.analysis(name).copy(deep=False)

    def value(self, analysis: str, statistic: str, group: str = "", level: str = "", what: str = "value"):
        self.notes.add(("ard", ANALYSIS, analysis))
        return super().value(analysis, statistic, group, level, what)

    def record(self, analysis: str, group: Name = EVERYONE, level: Name = EVERYONE) -> str:
        self.notes.add(("ard", ANALYSIS, analysis))
        return super().record(analysis, group, level)

    def curve(self, analysis: str) -> pd.DataFrame:
        self.notes.add(("curves", ANALYSIS, analysis))
        return self.whole.curve(analysis).copy(deep=False)

    def left_out(self, analysis: str) -> list[str]:
        self.notes.add(("participants", ANALYSIS, analysis))
        return self.whole.left_out(analysis)

    @property
    def _rows(self) -> dict[tuple[str, str, str, str], int]:
        return self.whole._rows

    @property
    def _records(self) -> dict[tuple[str, str, str], str]:
        return self.whole._records

    def _cell(self, at: int, what: str):
        return self.whole._cell(at, what)


def contents(whole: Results) -> Callable[[Note], str]:
    """Note -> the hash of what it is about; of what is not there too. KeyError, AttributeError if there can be no such thing."""

    @cache
    def content(note: Note) -> str:
        where, how, name = note
        room, _, inner = where.partition(".")
        if room == "plan":
            entries = getattr(whole.plan, inner)
            return hash_of(entries if how == ALL else [entries[name]] if name in entries else [])
        frame = whole.tables[inner] if inner else getattr(whole, where)
        if how == ROWS:
            return hash_of(len(frame))
        if how == COLUMN:
            return _hash(_arrow(frame, [name])) if name in frame else ""
        return _hash(_arrow(frame, frame) if how == ALL else by_analysis(where)(name))

    @cache
    def by_analysis(where: str) -> Callable[[str], pa.Table]:
        """Analysis -> its rows."""
        frame = getattr(whole, where)
        table, rows = _arrow(frame, frame), frame.groupby("analysis", sort=False).indices
        return lambda name: table.take(rows.get(name, np.array([], dtype=int)))

    return content


def _arrow(frame: pd.DataFrame, names: Iterable[str]) -> pa.Table:
    """Columns of a frame, without what pandas would say of them."""
    return pa.table({name: pa.array(frame[name], from_pandas=True) for name in names})


def _hash(table: pa.Table) -> str:
    table = table.combine_chunks()
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as to:
        to.write_table(table)
    return hashlib.sha256(sink.getvalue()).hexdigest()
