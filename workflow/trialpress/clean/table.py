"""One clean table from its raw rows: the steps in their order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pyarrow as pa

from ..errors import InputError, Problem
from ..expression import Expression, ExpressionError, Fault
from ..files import sha256
from ..study import Column, Study, Table
from ..text import text_of
from . import log, queries
from .changes import cells_and_changes
from .fields import Coded, typed
from .part import ELSEWHERE, UNKNOWN, Records, evaluate
from .read.raw import Raw
from .steps import joined, ranges, rows, units, values, zones
from .withheld import shown


@dataclass
class Cleaned:
    """What the clean stage knows of one table; the frame holds identifiers still. cells: by field."""

    table: Table
    frame: pd.DataFrame
    cells: dict[str, list[pa.Table]] = field(default_factory=dict)
    changes: list[pa.Table] = field(default_factory=list)
    queries: list[dict] = field(default_factory=list)
    places: list[tuple] = field(default_factory=list)  # of the queries: by these they are in order
    parts: list[Records] = field(default_factory=list)
    fixes: list[Mapping] = field(default_factory=list)
    unmatched: dict[int, str] = field(default_factory=dict)  # correction (by its number) that found nothing -> why


class TableCleaner:
    """Cleans one table. `done` holds the tables cleaned before it (for references, checks and derivations)."""

    def __init__(
        self,
        study: Study,
        table: Table,
        raws: Mapping[str, Raw],
        positions: Sequence[Mapping],
        fixes: Sequence,
        done: Mapping,
    ):
        self.study, self.table, self.done, self.fixes = study, table, done, list(fixes)
        self.parts = [
            Records(study, table, part, raws[part.file.name], at)
            for part, at in zip(table.parts, positions, strict=True)
        ]
        self.unmatched = dict.fromkeys(range(len(self.fixes)), "no row has this key")
        self.extra: list[tuple[int, int, int, dict]] = []

    def run(self) -> Cleaned:
        late = [records for records in self.parts if not self.read(records)]
        for records in self.parts:
            self.use(records)
        rows.look_alikes(self.parts)
        frame = self.join()
        if late:
            self.late_where(frame)
            frame = self.join()
        for name, said, among in joined.questions(self.table, self.study.participant, self.parts, self.at):
            self.ask(frame, {"id": "", "field": name, "message": said, "severity": "error"}, among, 850)
        self.zones(frame)
        self.derive(frame)
        frame = self.check(frame)
        return self.done_with(frame)

    # --- before the parts are joined ---

    def read(self, records: Records) -> bool:
        """Corrections and `where`; False if the condition has to wait for the other parts."""
        early = [*self.table.key, *(name for names in self.table.references for name in names)]
        if self.fixes:
            as_read = {name: of.copy() for name, of in records.fields.items()}
            self.settle(records, early)
            keys = records.key_texts(np.arange(len(records.row)))
            records.fields, records.settled = as_read, set()
            values.correct(records, self.fixes, self.unmatched, keys)
        self.settle(records, early)
        condition = Expression(self.table.where) if self.table.where else None
        if condition is None:
            return True
        self.settle(records, condition.names)
        if not set(condition.names) <= set(records.fields):
            return False
        rows.where(records, condition.names)
        return True

    def settle(self, records: Records, names: Iterable[str]) -> None:
        """Bring fields, and those that they are derived from, to their unit and impute their partial dates; then derive."""
        sources = [name for name in records.sources(names) if name not in records.settled]
        units.convert(records, sources)
        values.partial(records, sources, lambda columns, names, at: self.foreign(columns, names))
        records.settled.update(sources)
        records.derive(names)

    def use(self, records: Records) -> None:
        """Which rows are used, and what their values are."""
        rows.shifted(records)
        rows.keys(records)
        rows.references(records, self.done)
        values.misfits(records)
        self.settle(records, [name for name, of in records.fields.items() if of.raw])
        rows.duplicates(records)
        ranges.check(records)
        values.required(records)

    # --- joined ---

    def join(self) -> pd.DataFrame:
        """One row per key, in the order of first appearance; `at[part]` is the record of each row, -1 for none."""
        self.kept = [records.living() for records in self.parts]
        self.keys = [records.key_texts(living) for records, living in zip(self.parts, self.kept, strict=True)]
        if len(self.parts) == 1:
            self.row_of, n = [np.arange(len(self.kept[0]))], len(self.kept[0])
        else:
            every = pa.chunked_array(self.keys).combine_chunks().dictionary_encode()
            codes, n = every.indices.to_numpy(), len(every.dictionary)
            self.row_of = np.split(codes, np.cumsum([len(living) for living in self.kept])[:-1])
        self.at = []
        for living, row_of in zip(self.kept, self.row_of, strict=True):
            at = np.full(n, -1, dtype=np.int64)
            at[row_of] = living
            self.at.append(at)
        data: dict[str, pd.Series] = {name: None for name in self.table.columns}
        for column in {column.name: column for part in self.table.parts for column in part.columns.values()}.values():
            if column.derive and not any(column.name in records.fields for records in self.parts):
                data[column.name] = typed([None] * n, column.type)
            else:
                data |= self.column(column, n)
        return pd.DataFrame(data)

    def column(self, column: Column, n: int) -> dict[str, pd.Series]:
        """A column and those that it adds, from the first part that has a value."""
        names = [(column.name, "value", column.type), (column.limit, "limit", "text")]
        if column.partial:
            names += [(column.partial.given, "given", "text"), (column.partial.flag, "imputed", "text")]
        names = [entry for entry in names if entry[0]]
        found = {name: typed([None] * n, kind) if len(self.parts) > 1 else None for name, _, kind in names}
        stated = typed([None] * n, "text") if column.unit_to else None
        filled = np.zeros(n, dtype=bool)
        for records, living, row_of in zip(self.parts, self.kept, self.row_of, strict=True):
            of = records.fields.get(column.name)
            if of is None:
                continue
            known = of.where(lambda r: r.value is not None)[living]
            take = np.flatnonzero((known | of.where(lambda r: bool(r.given))[living]) & ~filled[row_of])
            filled[row_of[take]] = True
            for name, what, kind in names:
                distinct = typed([_attribute(reading, what) for reading in of.readings], kind)
                values = distinct.take(of.state[living]).reset_index(drop=True)
                if len(self.parts) == 1:
                    found[name] = values
                else:
                    found[name].iloc[row_of[take]] = values.iloc[take].array
            if column.unit_to:
                unit = self.units(records, of.column)
                texts = typed(unit.values, "text").take(unit.codes[living]).reset_index(drop=True)
                stated.iloc[row_of] = texts.array
        return found | ({column.unit_to: stated} if column.unit_to else {})

    def units(self, records: Records, column: Column) -> Coded:
        """The canonical unit of each record."""
        by = units.chosen_by(records, column.unit_by)
        return Coded(by.codes, [units.canonical(self.study, column, text)[1] for text in by.values])

    def foreign(self, columns: Mapping[str, pd.Series], names: Sequence[str]) -> dict[str, pd.Series]:
        """Columns, and those of tables with one row per participant (table.column), aligned to their rows."""
        found, who = dict(columns), self.study.participant
        for name in names:
            other, _, inner = name.partition(".")
            if not inner or name in found:
                continue
            source = columns if other == self.table.name else self.done[other].frame
            at = pd.Index(source[who]).get_indexer(pd.Index(columns[who]))
            found[name] = source[inner].take(at).reset_index(drop=True).mask(at < 0)
        return found

    def evaluate(self, frame: pd.DataFrame, text: str, where: str, faults: list[Fault]) -> pd.Series:
        expression = Expression(text)
        try:
            return expression(self.foreign({name: frame[name] for name in frame}, expression.names), faults)
        except ExpressionError as error:
            at = f"study.yaml, tables.{self.table.name}.{where}"
            why = "a condition that cannot be evaluated checks nothing"
            raise InputError([Problem(at, str(error), why, "check the types of the columns that it names")]) from None

    def late_where(self, frame: pd.DataFrame) -> None:
        """`where` over the joined table; as `rows.where` of a part, whose queries are asked by now."""
        text = self.table.where
        holds = self.evaluate(frame, text, "where", []).astype("boolean")
        out, unknown = ~holds.fillna(False).to_numpy(dtype=bool), np.zeros(len(frame), dtype=bool)
        for records, at in zip(self.parts, self.at, strict=True):
            for name in records.fields.keys() & {*Expression(text).names, *self.table.key}:
                keys = name in self.table.key  # an id that looks like another may be the row that is lacking
                asked = records.fields[name].where(lambda r, k=keys: bool(r.questions) and (k or r.value is None))
                unknown |= np.where(at >= 0, asked[at], False)
        unknown &= holds.isna().to_numpy()
        self.drop(frame, unknown, f"{UNKNOWN}: {text}")
        self.drop(frame, out & ~unknown, f"{ELSEWHERE}: {text}")

    def drop(self, frame: pd.DataFrame, out: np.ndarray, reason: str) -> None:
        for records, at in zip(self.parts, self.at, strict=True):
            gone = at[out & (at >= 0)]
            records.reject(gone, reason)

    def derive(self, frame: pd.DataFrame) -> None:
        """The derived columns, over the joined table."""
        for column in self.table.columns.values():
            if column.derive:
                expression = Expression(column.derive)
                columns = self.foreign({name: frame[name] for name in frame}, expression.names)
                faults: list[Fault] = []
                frame[column.name] = evaluate(self.table, column, columns or {"": pd.Series(frame.index)}, faults)
                self.no_result(frame, column.name, "is missing", faults, 900)

    def zones(self, frame: pd.DataFrame) -> None:
        """Questions about rows whose times are of different time zones: one for all rows with the same two zones."""
        names = [name for name, of in self.table.columns.items() if of.type == "datetime" and not of.derive]
        fields = [records.fields[name] for records in self.parts for name in names if name in records.fields]
        if not any(zones.zone(reading) for of in fields for reading in of.readings):
            return
        for name, message, found in zones.differing({name: self.zone(name, len(frame)) for name in names}):
            first = min(found.tolist(), key=lambda row, name=name: self.owner(name, row))
            query = {"id": "", "field": name, "message": message}
            self.ask(frame, query, np.array([first]), 800, {"once": True, "rows": len(found)})

    def zone(self, name: str, n: int) -> np.ndarray:
        """What each row says of the time zone of a column: see `zones.zone`."""
        found = np.full(n, None, dtype=object)
        for records, at in zip(self.parts, self.at, strict=True):
            if name in records.fields:
                told = records.fields[name].told(zones.zone)
                rows = np.flatnonzero((at >= 0) & np.equal(found, None))
                found[rows] = np.array(told.values, dtype=object)[told.codes[at[rows]]]
        return found

    def no_result(self, frame: pd.DataFrame, field_name: str, what: str, faults: list[Fault], order: int) -> None:
        """Questions about rows in which an expression has no result, such as a division by zero."""
        for fault in faults:
            query = {"id": "", "field": field_name, "message": f"{what}: {fault}"}
            self.ask(frame, query, np.flatnonzero(fault.rows), order)

    def check(self, frame: pd.DataFrame) -> pd.DataFrame:
        """What must hold in each row; returns the rows that stay."""
        gone = np.zeros(len(frame), dtype=bool)
        for order, check in enumerate(self.table.checks):
            faults: list[Fault] = []
            holds = self.evaluate(frame, check["assert"], f"checks.{check['id']}.assert", faults)
            self.no_result(frame, check["field"], f"{check['message']} is not known", faults, 1000 + order)
            broken = ~holds.astype("boolean").fillna(True).to_numpy(dtype=bool) & ~gone
            clears = check.get("action") == "clear"
            if clears:
                broken &= frame[check["field"]].notna().to_numpy()
            self.ask(frame, check, np.flatnonzero(broken), 1000 + order)
            if clears:
                self.clear(frame, check, broken)
            elif check.get("action") == "reject":
                gone |= broken
                self.drop(frame, broken, f"check {check['id']}: {check['message']}")
        self.gone = gone
        return frame[~gone]

    def owner(self, name: str, row: int) -> tuple[int, int]:
        """(part, record) of the cell of a column in a row of the joined table."""
        having = [number for number, at in enumerate(self.at) if at[row] >= 0]
        own = [number for number in having if name in self.parts[number].fields and self.parts[number].fields[name].raw]
        number = (own or having)[0]
        return number, int(self.at[number][row])

    def ask(
        self, frame: pd.DataFrame, check: Mapping, broken: np.ndarray, order: int, once: Mapping | None = None
    ) -> None:
        """once: of a question that stands for several rows, how many (see `queries`)."""
        name = check["field"]
        column = self.table.columns[name]
        for row in broken.tolist():
            number, record = self.owner(name, row)
            records = self.parts[number]
            of = records.fields.get(name)
            cell = of is not None and of.raw
            value = frame.at[row, name]
            text = (
                of.cells[of.cell[record]].text
                if cell
                else ""
                if pd.isna(value)
                else text_of(_python(value, column.type), column.type)
            )
            at = self.kept[number].searchsorted(record)
            entry = {
                "severity": check.get("severity", "warning"), "table": self.table.name, "key": self.keys[number][int(at)].as_py(),
                "field": name, "value": shown(column, text), "message": check["message"],
                "file": records.part.file.path, "row": records.number(record),
                "column": of.headers[records.block[record]] if cell else "",
                "raw": text, "correctable": cell, "cleared": check.get("action") == "clear", "rule": check["id"] and f"check {check['id']}",
                "participant": queries.participant(records, record),
            }  # fmt: skip
            if once:
                entry |= {**once, "same": sha256(repr((self.table.name, name, check["message"])).encode())}
            self.extra.append((number, record, order, entry))

    def clear(self, frame: pd.DataFrame, check: Mapping, broken: np.ndarray) -> None:
        name = check["field"]
        frame.loc[broken, name] = None
        for added in self.table.columns[name].added:
            if added.name != self.table.columns[name].unit_to:
                frame.loc[broken, added.name] = None
        for records, at in zip(self.parts, self.at, strict=True):
            if name in records.fields:
                records.fields[name].change(
                    at[broken & (at >= 0)],
                    lambda r: r._replace(value=None, limit="", given="", imputed="").with_rule(
                        f"check {check['id']}: cleared"
                    ),
                )

    # --- the end ---

    def done_with(self, frame: pd.DataFrame) -> Cleaned:
        """The logs of what is kept, and the frame in the order of its key."""
        cleaned = Cleaned(self.table, frame, parts=self.parts, fixes=self.fixes, unmatched=self.unmatched)
        found = []
        for number, (records, living, keys) in enumerate(zip(self.parts, self.kept, self.keys, strict=True)):
            found += [(number, *rest) for rest in queries.queries(self.table, records, keys, living)]
            stay = np.flatnonzero(records.alive[living])
            for name, of in records.fields.items():
                of.compact()
                if not of.raw or of.column.withheld:
                    continue
                unit = self.units(records, of.column) if of.column.unit_to else None
                unit = unit and Coded(unit.codes[living[stay]], unit.values)
                cells, changes = cells_and_changes(
                    self.table, records, of, keys.take(pa.array(stay)), living[stay], unit
                )
                for one, field_name in zip(cells, (name, of.column.unit_to), strict=False):
                    cleaned.cells.setdefault(field_name, []).append(one)
                cleaned.changes += changes
            found += [(number, *rest) for rest in queries.queries_of_rejected(self.table, records)]
        order = sorted([*found, *self.extra], key=lambda entry: entry[:3])
        absent = self.absent(frame)
        cleaned.queries = [entry for *_, entry in [*order, *absent]]
        cleaned.places = [
            (number, int(self.parts[number].block[record]), self.parts[number].number(record), place)
            for number, record, place, _ in order
        ] + [(len(self.parts), *at) for *at, _ in absent]
        cleaned.frame = frame.sort_values(list(self.table.key), kind="stable").reset_index(drop=True)
        return cleaned

    def absent(self, frame: pd.DataFrame) -> list[tuple[int, int, int, dict]]:
        """A query for every value that should have a row here and has none, after what puts them in order."""
        found = []
        for order, (name, target) in enumerate(self.table.complete.items()):
            other, column = target.split(".")
            here = set(frame[name].dropna().astype(str))
            source = self.done[other]
            cells = log.frame(log.CELLS, source.cells.get(column, [])).to_dict("records")
            if not cells:  # a derived key stands in no cell
                cells = [
                    {"key": str(key), "raw": "", "file": "", "row": 0, "column": ""}
                    for key in source.frame[column].dropna()
                ]
            files = [part.file.path for part in source.table.parts]
            found += [
                (order, files.index(cell["file"]) if cell["file"] else 0, int(cell["row"]),
                 {"severity": "warning", "table": self.table.name, "key": cell["key"], "field": name, "value": cell["raw"],
                 "message": f"{cell['key']} is in {other} and has no row in {self.table.name}",
                 "file": cell["file"], "row": cell["row"], "column": cell["column"], "raw": cell["raw"], "rule": "no row",
                 "participant": cell["key"] if name == self.study.participant else ""})
                for cell in cells if cell["key"] not in here
            ]  # fmt: skip
        return found


def _attribute(reading, what: str):
    if what == "limit":
        return reading.limit or None if reading.value is not None else None
    return reading.value if what == "value" else getattr(reading, what) or None


def _python(value, kind: str):
    return value.date() if kind == "date" else value
