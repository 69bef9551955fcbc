"""The columns of the subjects: what each is derived from, and the cells that decided it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ...cohort import Builder
from ...cohort.grades import SCALES, bounds
from ...expression import Expression
from ...plan import Derived
from ...plan import Endpoint as TimeToEvent
from ...results import Results
from ...text import number_text
from .cells import Cells, different
from .columns_json import by_number, each, lists, strings
from .texts import names_in


@dataclass(frozen=True)
class Evidence:
    """The cells that decided a column: participant i has those of `cells` from start[i] to start[i + 1]; rows, of: how many of
    its rows decided and how many there are, None for a column of the cohort's own table."""

    start: np.ndarray
    cells: np.ndarray
    rows: np.ndarray | None = None
    of: np.ndarray | None = None

    def within(self, first: int, last: int) -> dict[str, np.ndarray]:
        """start and cells, and where they are known rows and of, of the participants of a range."""
        starts = self.start[first : last + 1]
        counted = {} if self.of is None else {"rows": self.rows[first:last], "of": self.of[first:last]}
        return {"start": starts - starts[0], "cells": self.cells[starts[0] : starts[-1]], **counted}


@dataclass(frozen=True)
class Spans:
    """Raw rows of a table by participant, as runs: participant i has those from start[i] to start[i + 1]."""

    start: np.ndarray
    files: list[str]
    file: np.ndarray
    first: np.ndarray
    last: np.ndarray

    def within(self, first: int, last: int) -> dict[str, np.ndarray | pa.Array]:
        """start, file (as JSON strings), first and last of the participants of a range."""
        starts = self.start[first : last + 1]
        here = slice(starts[0], starts[-1])
        files = pa.DictionaryArray.from_arrays(self.file[here].astype(np.int32), pa.array(self.files, pa.string()))
        return {"start": starts - starts[0], "file": strings(files), "first": self.first[here], "last": self.last[here]}

    def written(self) -> str:
        """JSON of [file, first row, last row] of each run, by the participants that have one."""
        start, *runs = self.within(0, len(self.start) - 1).values()
        have = np.flatnonzero(np.diff(start))
        return by_number(have, lists(start, each(*runs)).take(pa.array(have)))


class Columns:
    """The columns of the subjects: what each is derived from, and for each participant the cells that decided it."""

    def __init__(self, results: Results, cells: Cells):
        self.results, self.plan, self.cells = results, results.plan, cells
        who = results.subjects[results.study.participant]
        self.who, self.ids = who.tolist(), pa.array(who.to_numpy(dtype=object), type=pa.string())
        self.builder = Builder(results.study, results.plan, results.tables)
        self.builder.subjects = results.subjects
        self.about: dict[str, dict] = {}
        self.evidence: dict[str, Evidence] = {}
        self.rows: dict[str, Spans] = {}

    def add(self, name: str) -> None:
        """Trace a column and all that it comes from."""
        if name in self.about:
            return
        spec = self.plan.derived.get(name, Derived(name, {})).spec
        label, unit = self.plan.label(name), getattr(self.plan.columns.get(name), "unit", "")
        about = self.about[name] = {"label": label, "unit": unit, "how": "", "from": [], "table": "", "reads": []}
        endpoint, _, part = name.rpartition("_")
        if "from" in spec:
            self._taken(name, spec, about)
        elif "daily" in spec:
            self._graded(name, spec["daily"], about)
        elif "expression" in spec:
            about |= {"how": str(spec["expression"]), "from": names_in(spec["expression"])}
        elif "cut" in spec:
            points = ", ".join(number_text(at) for at in spec["at"])
            about |= {"how": f"{spec['cut']} cut at {points}: {', '.join(spec['labels'])}", "from": [spec["cut"]]}
        elif "rank" in spec:
            order = " from the last" if spec.get("descending") else ""
            among = f" among {spec['among']}" if "among" in spec else ""
            about |= {"how": f"rank of {spec['rank']}{order}{among}", "from": [spec["rank"], *names_in(spec.get("among", "true"))]}  # fmt: skip
        elif name in self.plan.populations:
            population = self.plan.populations[name]
            outer = population.within or self.builder.who
            how = [outer if population.within else f"every row of {self.plan.cohort_table}", population.condition]
            about |= {
                "how": " and ".join(how).removesuffix(" and true"),
                "from": [outer, *names_in(population.condition)],
            }
        elif endpoint in self.plan.endpoints and part in ("time", "event", "cause", "cut", "entry"):
            self._endpoint(self.plan.endpoints[endpoint], part, about)
        else:
            about["from"] = [name]
        if name in about["from"]:  # a column of the cohort's table, or one derived from its namesake there
            about["from"] = [parent for parent in about["from"] if parent != name]
            self._own(name, about)
        for parent in about["from"]:
            self.add(parent)

    def table(self, table: str, fields: list[str], where: str = "", measured: Sequence[str] = ()) -> str:
        """The rows of a clean table that an analysis reads directly, as a column `table.fields`: those of which `where` holds
        and the fields of `measured` are known. A row without them is none that a measurement comes from; an event is one
        whatever is missing of it."""
        known = f" in which {' and '.join(measured)} {'are' if measured[1:] else 'is'} known" if measured else ""
        name = f"{table}.{', '.join(fields)}{known}" + (f" where {where}" if where else "")
        if name not in self.about:
            frame, columns = self.builder.rows_of(table)
            label = ", ".join(dict.fromkeys(self.results.study.tables[table].columns[field].title for field in fields))
            how = f"{'the' if where or known else 'all'} rows of {table}{known}" + (f", where {where}" if where else "")
            self.about[name] = {"label": label, "unit": "", "how": how, "from": [], "table": table, "reads": []}
            keep = frame[list(measured)].notna().all(axis=1)
            if where:
                keep &= Expression(where).condition(columns)
            self._rows(name, table, frame, keep, fields)
        return name

    def _own(self, name: str, about: dict) -> None:
        table, field = name.split(".") if "." in name else (self.plan.cohort_table, name)
        column = self.results.study.tables[table].columns[field]
        about |= {"how": column.derive or f"{field} in {table}", "table": table, "reads": self._read(table, [field])}
        if "." in name:
            about |= {"label": column.title, "unit": column.unit}
        rows = self.cells.rows(table, self.ids)
        which, cells = self.cells.of(table, rows, self.ids, [field])
        self.evidence[name] = Evidence(_starts(which, len(self.who)), cells)

    def _endpoint(self, endpoint, part: str, about: dict) -> None:
        about["how"] = _of_endpoint(endpoint, part)
        texts = [*endpoint.moments.values(), *endpoint.conditions.values()]
        about["from"] = list(dict.fromkeys(name for text in texts for name in names_in(text)))

    def _taken(self, name: str, spec: Mapping, about: dict) -> None:
        table, how = spec["from"], spec.get("take", "only")
        frame, columns = self.builder.rows_of(table)
        keep = Expression(spec["where"]).condition(columns) if "where" in spec else pd.Series(True, index=frame.index)
        value = self.builder.chosen(name, spec, columns)[0] if "value" in spec else None
        read = [read for key in ("value", "where", "by") if key in spec for read in names_in(spec[key])]
        about["table"] = table
        about["from"] = list(dict.fromkeys(read for read in read if read not in frame))
        take = f"{how} of " if how != "only" else ""
        where = f" where {spec['where']}" if "where" in spec else ""
        about["how"] = f"{take}{spec.get('value', 'rows')} in {table}{where}" + (
            f" by {spec['by']}" if "by" in spec else ""
        )
        who = frame[self.builder.who]
        decided = keep
        if value is not None and how in ("only", "min", "max", "first", "last"):
            known = keep & value.notna()
            if how in ("min", "max"):
                best = value.where(known).groupby(who).transform(how)
                known &= value.eq(best).fillna(False).astype(bool)
            elif how in ("first", "last"):
                by = self.builder.places(name, spec, columns).to_numpy()
                order = pd.DataFrame({"who": who, "by": by})[known]
                order = order.sort_values("by", kind="stable", na_position="last" if how == "first" else "first")
                chosen = order.drop_duplicates("who", keep=how).index
                known = pd.Series(frame.index.isin(chosen), index=frame.index)
            decided = known | (keep & ~known.groupby(who).transform("any"))  # no value: the rows that have none
        self._rows(name, table, frame, decided, [read for read in read if read in frame])

    def _graded(self, name: str, grade: str, about: dict) -> None:
        daily, table = self.plan.daily, self.plan.daily["table"]
        spec = daily["grades"][grade]
        frame, _ = self.builder.rows_of(table)
        rows, signs = self.builder.signs(grade)
        low, high = bounds(SCALES[spec["scale"]], signs)
        graded = pd.DataFrame({"who": rows[self.builder.who], "low": low, "high": high})
        top = graded.groupby("who")["low"].transform("max")
        decided = ((graded["low"] == top) & (top > 0)) | (graded["high"] > top)
        read = list(dict.fromkeys(name for text in (daily["day"], *spec["signs"].values()) for name in names_in(text)))
        about["table"] = table
        about["from"] = [name for name in read if name not in frame]
        first, last = daily["window"]
        about["how"] = (
            f"highest grade of days {first} to {last} by {SCALES[spec['scale']].title}, from the signs in {table}: "
            "days of the highest grade (none if it is 0) and days that could be higher"
        )
        fields = [name for name in read if name in frame]
        self._rows(name, table, frame.loc[rows.index], decided, fields)

    def _rows(self, name: str, table: str, frame: pd.DataFrame, decided: pd.Series, fields: Iterable[str]) -> None:
        """Evidence from the rows of a clean table: the cells of `fields` in the rows that decided."""
        fields, n = list(dict.fromkeys(fields)), len(self.who)
        rows, who = self.located(table)
        rows, who, decided = rows[frame.index], who[frame.index], decided.to_numpy(dtype=bool)
        order = np.argsort(who, kind="stable")  # by participant, their rows in the order of the table
        chosen = order[decided[order]]
        which, cells = self.cells.of(table, rows[chosen], self.ids.take(pa.array(who[chosen])), fields)
        counted = np.bincount(who[chosen], minlength=n), np.bincount(who, minlength=n)
        self.evidence[name] = Evidence(_starts(who[chosen][which], n), cells, *counted)
        if table not in self.rows:
            self.rows[table] = self.spans(table, rows, who)
        self.about[name] |= {"fields": fields, "reads": self._read(table, fields)}

    def _read(self, table: str, fields: Iterable[str]) -> list[str]:
        """The fields of the clean tables whose raw cells can decide some fields, as table.field."""
        found = (f"{source}.{name}" for field in fields for source, name, _ in self.cells.sources(table, field))
        return list(dict.fromkeys(found))

    @cache  # noqa: B019  lives as long as the run
    def located(self, table: str) -> tuple[np.ndarray, np.ndarray]:
        """(place in the clean table, number of the participant) of the rows of `rows_of`."""
        whose = pa.array(self.results.tables[table][self.builder.who], pa.string())
        at = pc.index_in(whose, value_set=self.ids).fill_null(-1).to_numpy()
        return np.flatnonzero(at >= 0), at[at >= 0]

    def spans(self, table: str, rows: np.ndarray, who: np.ndarray) -> Spans:
        """The raw rows in which the key of some clean rows stands, as runs."""
        key = self.results.study.tables[table].key[0]
        which, cells = self.cells.of(table, rows, self.ids.take(pa.array(who)), [key])
        place, row = self.cells.standing_at(cells)
        named, place = np.unique(place, return_inverse=True)
        file = [self.cells.named[at][2] for at in named.tolist()]
        files = sorted(set(file))
        codes = np.array([files.index(name) for name in file], dtype=np.int64)[place]
        step = int(row.max(initial=0)) + 2  # the rows of two participants or files are never one after the other
        if len(self.who) * len(files) * step >= 2**63:
            raise OverflowError(f"the raw rows of {table} cannot be told apart")
        found = different((who[which].astype(np.int64) * len(files) + codes) * step + row)
        begins = np.diff(found, prepend=-2) != 1
        ends = np.append(begins[1:], True)[: len(begins)]
        (of, first), last = np.divmod(found[begins], step), found[ends] % step
        return Spans(_starts(of // max(len(files), 1), len(self.who)), files, of % max(len(files), 1), first, last)


def _starts(sorted_codes: np.ndarray, n: int) -> np.ndarray:
    """Where each of n codes begins in a sorted array, and where the last ends."""
    return np.searchsorted(sorted_codes, np.arange(n + 1))


def _of_endpoint(endpoint: TimeToEvent, part: str) -> str:
    """How a column of an endpoint came about, in words."""
    what = {"time": endpoint.unit, "event": "whether an event came first", "cause": "which event came first",
            "cut": "whether an event is left out because it came later,",
            "entry": f"{endpoint.unit} until at risk ({endpoint.entry}), counted"}[part]  # fmt: skip
    events = ", ".join(f"{name}: {text}" for name, text in endpoint.events.items())
    cut = f" and, whatever comes later, at the first of {', '.join(endpoint.censor_at)}" if endpoint.censor_at else ""
    if endpoint.from_durations:
        return f"{what} from the durations {endpoint.time} with {events}; otherwise censored{cut}"
    return (
        f"{what} from {endpoint.origin} to the first of {events}; without an event censored at {endpoint.censor}{cut}"
    )
