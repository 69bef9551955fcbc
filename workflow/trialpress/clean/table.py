"""One clean table from its raw rows: parse, correct, reject, convert, question, derive, check."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import pandas as pd

from ..errors import Problem, nearest
from ..expression import Expression, ExpressionError
from ..study import Column, Part, Study, Table
from .read import Raw, footnote, identifiers
from .values import Reading, fold, normalise, number_text, parse, plain, round_significant, text_of

DTYPES = {"number": "Float64", "integer": "Int64", "date": "datetime64[s]"}
HIDDEN = "[identifier removed]"


@dataclass
class Record:
    """One row of a clean table while it is being made."""

    part: Part
    row: int
    block: object
    raw: dict[str, str]
    headers: dict[str, str]
    readings: dict[str, Reading] = field(default_factory=dict)
    reject: str = ""

    def value(self, name: str):
        return self.readings[name].value if name in self.readings else None


@dataclass
class Cleaned:
    """What the clean stage knows of one table."""

    frame: pd.DataFrame  # identifiers included, until the stage writes
    changes: list[dict]
    queries: list[dict]
    rejected: list[dict]
    rows: list[dict]
    cells: list[dict]
    unused_corrections: list[Problem]


def typed(values: Iterable, kind: str) -> pd.Series:
    """A column of nullable type from Python values."""
    values = list(values)
    if kind == "date":
        return pd.Series(pd.to_datetime(pd.Series(values, dtype="object"))).astype("datetime64[s]")
    return pd.Series(values, dtype=DTYPES.get(kind, "string"))


class TableCleaner:
    """Cleans one table. `done` holds the tables cleaned before it (for references, checks and derivations)."""

    def __init__(self, study: Study, table: Table, raws: Mapping[str, Raw], positions: list[dict], corrections, done):
        self.study, self.table, self.raws, self.positions, self.done = study, table, raws, positions, done
        self.missing = frozenset(map(fold, study.missing))
        self.corrections = list(corrections)
        self.unmatched = dict.fromkeys(range(len(self.corrections)), "no row has this key")
        self.changes, self.queries, self.rejected, self.cells = [], [], [], []
        self.cache: dict[tuple, Reading] = {}
        self.found: dict[tuple[str, str], set[str]] = {}
        self.hidden: dict[str, set[int]] = {}

    # --- small things ---

    def key_of(self, record: Record) -> str:
        return "/".join(
            text_of(record.value(name), self.table.columns[name].type) or normalise(record.raw.get(name, ""))
            for name in self.table.key
        )

    def shown(self, name: str, text: str) -> str:
        return HIDDEN if self.table.columns[name].identifier and text else text

    def query(self, severity: str, record: Record, name: str, message: str, at: str = ""):
        """A question on the column `name`; `at` is the raw cell to look at, if another (a unit's)."""
        at = at or name
        if self.table.columns[name].identifier and record.raw.get(name):
            message = message.replace(normalise(record.raw[name]), HIDDEN)
        value = self.shown(name, record.raw.get(at, text_of(record.value(name), self.table.columns[name].type)))
        self.queries.append(
            {"severity": severity, "table": self.table.name, "key": self.key_of(record), "field": name, "value": value,
             "message": message, "file": record.part.file.path, "row": record.row, "column": record.headers.get(at, "")}
        )  # fmt: skip

    def reject_row(self, part: Part, row: int, reason: str):
        raw = self.raws[part.file.name]
        if part.file.name not in self.hidden:
            self.hidden[part.file.name] = {index for index, _ in identifiers(self.study, raw)}
        hidden = self.hidden[part.file.name]
        cells = [HIDDEN if i in hidden and cell.strip() else cell for i, cell in enumerate(raw.by_row[row])]
        self.rejected.append(
            {"file": part.file.path, "row": row, "table": self.table.name, "reason": reason,
             "content": json.dumps(raw.content(cells), ensure_ascii=False)}
        )  # fmt: skip

    # --- the steps, in order ---

    def records(self, number: int, part: Part) -> list[Record]:
        """Raw rows as records: one per row, or one per row and block that holds anything."""
        raw, blocks = self.raws[part.file.name], []
        for block in part.blocks or (None,):
            at = {name: i for (name, of), i in self.positions[number].items() if of == block}
            own = [i for name, i in at.items() if name not in self.table.key and name in part.columns]
            blocks.append((block, at, own, {name: raw.header(i) for name, i in at.items()}))
        width, records = len(raw.headers), []
        for row, cells in raw.rows:
            if footnote(raw, cells):
                self.reject_row(part, row, "footnote")
                continue
            if any(cell.strip() for cell in cells[width:]):
                self.reject_row(part, row, f"has more cells than the header's {width}")
                continue
            cells, before = cells + ("",) * (width - len(cells)), len(records)
            for block, at, own, headers in blocks:
                if block is None or any(cells[i].strip() for i in own):
                    texts = {name: cells[i] for name, i in at.items()}
                    records.append(Record(part, row, block, texts, headers))
            if len(records) == before:
                self.reject_row(part, row, "holds nothing for this table")
        return records

    def read_cell(self, record: Record, column: Column, text: str) -> Reading:
        at = (id(record.part), column.name, text)
        if at not in self.cache:
            self.cache[at] = parse(text, column, record.part.file, self.missing)
        return self.cache[at]

    def parse_record(self, record: Record):
        for column in record.part.columns.values():
            if column.block:
                record.readings[column.name] = Reading(record.block)
            elif column.source:
                record.readings[column.name] = self.read_cell(record, column, record.raw[column.name])

    def correct(self, record: Record):
        """Signed-off corrections: each must find the old value that it names."""
        key = self.key_of(record)
        for number, fix in enumerate(self.corrections):
            name = fix["field"]
            if fix["key"] != key or name not in record.readings or name not in record.raw:
                continue
            column = self.table.columns[name]
            old = normalise(fix["old"])
            if old not in (normalise(record.raw[name]), text_of(record.value(name), column.type)):
                if self.unmatched.get(number):
                    self.unmatched[number] = f"the value there is '{self.shown(name, record.raw[name])}'"
                continue
            self.unmatched.pop(number, None)
            reading = self.read_cell(record, column, fix["new"])
            rule = f"correction: {fix['reason']}"
            record.readings[name] = Reading(reading.value, (rule,), reading.problem, reading.limit, reading.unit)

    def convert(self, record: Record, column: Column):
        """To the canonical unit; a unit is written beside the number, in a column of its own, or to be inferred."""
        reading = record.readings[column.name]
        if not isinstance(reading.value, float):
            return
        units, canonical = self.units(record, column)
        folded = {fold(unit): (unit, factor) for unit, factor in units.items()}
        written = reading.unit or normalise(record.raw.get(f"{column.name} unit", ""))
        if written and fold(written) in self.missing:
            written = ""
        if not written and column.unit_from and not column.infer_unit:
            problem = f"{normalise(record.raw[column.name])} has no unit"
            record.readings[column.name] = replace(reading, value=None, problem=problem, at=f"{column.name} unit")
        elif written and fold(written) != fold(canonical):
            if fold(written) not in folded:
                if reading.unit and not canonical and not units:
                    problem = f"'{normalise(record.raw[column.name])}' is not a number"
                else:
                    problem = f"the unit '{written}' has no conversion ({nearest(written, [canonical, *units])})"
                at = "" if reading.unit else f"{column.name} unit"
                record.readings[column.name] = replace(reading, value=None, problem=problem, at=at)
                return
            self.apply_unit(record, column, *folded[fold(written)], "unit")
        elif written and reading.unit:
            record.readings[column.name] = reading.with_rule(f"unit {canonical} removed")
        elif not written and column.infer_unit and not self.inside(self.ranges(record, column)[0], reading.value):
            plausible = self.ranges(record, column)[1]
            fits = []
            for unit in column.infer_unit:
                value = self.converted(record, units[unit], reading.value)
                if value is not None and self.inside(plausible, value):
                    fits.append(unit)
            if len(fits) == 1:
                self.apply_unit(record, column, fits[0], units[fits[0]], "unit inferred")

    def units(self, record: Record, column: Column) -> tuple[dict, str]:
        """The conversions of a value, and its canonical unit."""
        if not column.unit_by:
            return dict(column.units), column.unit
        chosen = self.study.units.get(str(record.value(column.unit_by)), {})
        return {**column.units, **chosen}, column.unit or next(iter(chosen), "")

    def converted(self, record: Record, factor, value: float):
        if not isinstance(factor, str):
            return round_significant(value * factor)
        columns = {name: typed([record.value(name)], column.type) for name, column in self.table.columns.items()
                   if name in record.readings}  # fmt: skip
        expression = Expression(factor)
        if any(name not in columns and name != "x" for name in expression.names):
            return None
        result = expression({**columns, "x": pd.Series([value], dtype="Float64")}).iloc[0]
        return None if pd.isna(result) else round_significant(float(result))

    def apply_unit(self, record: Record, column: Column, unit: str, factor, rule: str):
        reading = record.readings[column.name]
        value = self.converted(record, factor, reading.value)
        if value is None:
            problem = f"cannot be converted from {unit}: another value of the row is missing"
            record.readings[column.name] = replace(reading, value=None, problem=problem)
        elif value != reading.value or reading.unit:
            canonical = self.units(record, column)[1]
            record.readings[column.name] = replace(reading, value=value).with_rule(f"{rule} {unit} to {canonical}")

    def ranges(self, record: Record, column: Column) -> tuple[tuple, tuple]:
        if column.ranges_by:
            ranges = column.ranges_by["ranges"].get(str(record.value(column.ranges_by["column"])), {})
            none = (None, None)
            return tuple(ranges.get("possible", none)), tuple(ranges.get("plausible", ranges.get("possible", none)))
        return column.possible, column.plausible if column.plausible != (None, None) else column.possible

    @staticmethod
    def inside(limits: tuple, value) -> bool:
        low, high = limits
        if isinstance(value, datetime.date):
            low, high = (datetime.date.fromisoformat(x) if isinstance(x, str) else x for x in limits)
        return (low is None or value >= low) and (high is None or value <= high)

    def range_queries(self, record: Record, column: Column):
        reading = record.readings[column.name]
        if reading.value is None or isinstance(reading.value, str):
            return
        possible, plausible = self.ranges(record, column)
        text = text_of(reading.value, column.type)
        if not self.inside(possible, reading.value):
            message = f"{text} is impossible (possible: {_range(possible)}{column.unit and ' ' + column.unit})"
            if isinstance(reading.value, float):
                slips = [f"{sign} {factor:g}" for factor in (10, 100, 1000) for sign, value in
                         (("divided by", reading.value / factor), ("times", reading.value * factor))
                         if self.inside(plausible, value)]  # fmt: skip
                message += f"; {slips[0]} it would be plausible: a unit slip?" if slips else ""
            self.query("error", record, column.name, message)
            record.readings[column.name] = replace(reading, value=None).with_rule("impossible value cleared")
        elif not self.inside(plausible, reading.value):
            self.query(
                "warning",
                record,
                column.name,
                f"{text} is unusual (plausible: {_range(plausible)}{column.unit and ' ' + column.unit})",
            )

    def reject_records(self, records: list[Record]):
        """Rows that cannot be used: shifted, without a key, orphans, duplicates. Sets `record.reject`."""
        table = self.table
        for record in records:
            misfits = [name for name, reading in record.readings.items() if reading.problem]
            bad = [name for name in table.key if record.value(name) is None]
            if len(misfits) >= table.misfit:
                record.reject = f"{len(misfits)} cells do not fit their columns, the row looks shifted: " + ", ".join(
                    misfits
                )
            elif bad:
                why = record.readings[bad[0]].problem if bad[0] in record.readings else ""
                record.reject = f"no usable key: {bad[0]} " + (self.shown(bad[0], why) if why else "is missing")
            for name, target in table.references.items():
                other, column = target.split(".")
                value = record.value(name)
                if not record.reject and value is not None and text_of(value, "text") not in self.known(other, column):
                    record.reject = f"orphan: {name} '{value}' is not in {target}"
        first: dict[str, Record] = {}
        for record in records:
            if record.reject:
                continue
            key = self.key_of(record)
            if key not in first:
                first[key] = record
                continue
            kept = first[key]
            differ = [n for n in record.readings if record.value(n) != kept.value(n)]
            if not differ:
                record.reject = f"duplicate of row {kept.row}"
                continue
            record.reject = f"conflicts with row {kept.row} (same key) in " + ", ".join(differ)
            for name in differ:
                other = self.shown(name, record.raw.get(name, ""))
                self.query(
                    "error", kept, name, f"row {record.row} has the same key but '{other}'; row {kept.row} was kept"
                )

    def known(self, table: str, column: str) -> set[str]:
        if (table, column) not in self.found:
            self.found[table, column] = set(self.done[table].frame[column].dropna().astype(str))
        return self.found[table, column]

    def part_frame(self, number: int, part: Part) -> dict[str, Record]:
        """The records of one part that are kept, by key; everything else is in rejected, queries and changes."""
        records = self.records(number, part)
        for record in records:
            self.parse_record(record)
            self.correct(record)
        self.reject_records(records)
        kept = [record for record in records if not record.reject]
        kept_rows = {record.row for record in kept}
        for record in records:
            if record.reject and (record.row not in kept_rows):
                self.reject_row(part, record.row, record.reject)
                kept_rows.add(record.row)  # once per row, also in a table with blocks
        for record in kept:
            for column in part.columns.values():
                if column.name in record.readings and not column.block:
                    self.finish_cell(record, column)
        return {self.key_of(record): record for record in kept}

    def finish_cell(self, record: Record, column: Column):
        self.convert(record, column)
        reading = record.readings[column.name]
        if reading.problem:
            self.query("error", record, column.name, reading.problem, reading.at)
            record.readings[column.name] = replace(reading, value=None, limit="").with_rule("does not fit, cleared")
        elif reading.warning:
            self.query("warning", record, column.name, reading.warning)
        if reading.limit and not column.limit and not reading.problem:
            self.query("warning", record, column.name, f"'{reading.limit}' of a value beyond a limit was dropped")
        self.range_queries(record, column)
        if column.required and record.value(column.name) is None and not reading.problem:
            self.query("error", record, column.name, f"{column.title} is missing")

    def join(self, parts: list[dict[str, Record]]) -> dict[str, list[Record]]:
        joined: dict[str, list[Record]] = {}
        for records in parts:
            for key, record in records.items():
                joined.setdefault(key, []).append(record)
        return joined

    def to_frame(self, joined: dict[str, list[Record]]) -> pd.DataFrame:
        data = {}
        for name, column in self.table.columns.items():
            if column.derive:
                data[name] = typed([None] * len(joined), column.type)
                continue
            owner = next((c for c in self.table.columns.values() if name in (c.limit, c.unit_to)), None)
            values = []
            for records in joined.values():
                of = owner.name if owner else name
                found = [r for r in records if of in r.readings]
                record = next((r for r in found if r.value(of) is not None), None)
                if owner and owner.unit_to == name:
                    values.append(self.units(found[0], owner)[1] if found else None)
                elif owner:
                    values.append(record.readings[of].limit or None if record else None)
                else:
                    values.append(record.value(of) if record else None)
            data[name] = typed(values, column.type)
        return pd.DataFrame(data)

    def columns(self, frame: pd.DataFrame) -> dict[str, pd.Series]:
        """The frame's columns and those of every table with one row per participant, aligned to its rows."""
        columns = {name: frame[name] for name in frame}
        who = self.study.participant
        for other in self.study.once_per_participant():
            if who not in frame or (other not in self.done and other != self.table.name):
                continue
            source = frame if other == self.table.name else self.done[other].frame
            indexed = source.drop_duplicates(who).set_index(who)
            for name in source.columns.difference([who], sort=False):
                aligned = indexed[name].reindex(frame[who])
                columns[f"{other}.{name}"] = aligned.set_axis(frame.index)
        return columns

    def run(self) -> Cleaned:
        table = self.table
        joined = self.join([self.part_frame(number, part) for number, part in enumerate(table.parts)])
        frame = self.to_frame(joined)
        keys = list(joined)
        derived = [column for column in table.columns.values() if column.derive]
        for column in derived:
            try:
                values = Expression(column.derive)(self.columns(frame))
            except ExpressionError as error:
                raise ExpressionError(f"tables.{table.name}.columns.{column.name}.derive: {error}") from None
            frame[column.name] = values.astype(DTYPES.get(column.type, "string"))
        drop = pd.Series(False, index=frame.index)
        if table.where:
            drop |= ~Expression(table.where).condition(self.columns(frame))
        for check in table.checks:
            broken = ~Expression(check["assert"])(self.columns(frame)).astype("boolean").fillna(True).astype(bool)
            for index in frame.index[broken & ~drop]:
                records = joined[keys[index]]
                record = next((r for r in records if check["field"] in r.readings), records[0])
                value = frame.at[index, check["field"]]
                if pd.isna(value) and check.get("action") == "clear":
                    continue
                self.query(check.get("severity", "warning"), record, check["field"], check["message"])
                if check.get("action") == "clear":
                    frame.loc[index, check["field"]] = None
                    if check["field"] in record.readings:
                        reading = record.readings[check["field"]]
                        record.readings[check["field"]] = replace(reading, value=None, limit="").with_rule(
                            f"check {check['id']}: cleared"
                        )
                elif check.get("action") == "reject":
                    drop[index] = True
                    record.reject = f"check {check['id']}: {check['message']}"
        for index in frame.index[drop]:
            for record in joined[keys[index]]:
                self.reject_row(record.part, record.row, record.reject or f"not part of the table: {table.where}")
        kept = [keys[index] for index in frame.index[~drop]]
        self.absent(frame[~drop])
        self.log({key: joined[key] for key in kept})
        frame = frame[~drop].sort_values(list(table.key), kind="stable").reset_index(drop=True)
        return Cleaned(
            frame, self.changes, self.queries, self.rejected, self.account(joined, kept), self.cells, self.left_over()
        )

    def absent(self, frame: pd.DataFrame):
        """A query for every value that should have a row here and has none."""
        for name, target in self.table.complete.items():
            other, column = target.split(".")
            here = set(frame[name].dropna().astype(str))
            for cell in self.done[other].cells:
                if cell["field"] == column and cell["key"] not in here:
                    message = f"{cell['key']} is in {other} and has no row in {self.table.name}"
                    self.queries.append(
                        {"severity": "warning", "table": self.table.name, "key": cell["key"], "field": name,
                         "value": cell["raw"], "message": message,
                         "file": cell["file"], "row": cell["row"], "column": cell["column"]}
                    )  # fmt: skip

    def log(self, joined: dict[str, list[Record]]):
        """changes (one per changed cell) and cells (every raw cell that a clean value came from)."""
        for key, records in joined.items():
            for record in records:
                for name, reading in record.readings.items():
                    column = record.part.columns[name]
                    if column.block or column.identifier:
                        continue
                    raw = record.raw[name]
                    self.log_cell(key, record, name, name)
                    if plain(raw, column.type) != reading.value or (reading.value is None and raw):
                        rule = "; ".join(dict.fromkeys(reading.rules)) or "number read from text"
                        self.log_change(key, record, name, name, text_of(reading.value, column.type), rule)
                        if column.limit and reading.limit and reading.value is not None:
                            self.log_change(key, record, column.limit, name, reading.limit, "limit sign kept")
                    if column.unit_to:
                        at, canonical = f"{name} unit", self.units(record, column)[1]
                        self.log_cell(key, record, column.unit_to, at)
                        if record.raw[at] != canonical:
                            self.log_change(key, record, column.unit_to, at, canonical, "canonical unit")

    def log_cell(self, key: str, record: Record, name: str, at: str):
        """A clean field `name` came from the raw cell `at`."""
        self.cells.append({"table": self.table.name, "key": key, "field": name, "raw": record.raw[at],
                           "file": record.part.file.path, "row": record.row, "column": record.headers[at]})  # fmt: skip

    def log_change(self, key: str, record: Record, name: str, at: str, clean: str, rule: str):
        self.changes.append({"table": self.table.name, "key": key, "field": name, "raw_value": record.raw[at],
                             "clean_value": clean, "rule": rule, "source_file": record.part.file.path,
                             "source_row": record.row, "source_column": record.headers[at]})  # fmt: skip

    def account(self, joined, kept: list[str]) -> list[dict]:
        """rows in = rows kept + rows rejected, per file."""
        used: list[set[int]] = [set() for _ in self.table.parts]
        for key in kept:
            for record in joined[key]:
                used[self.table.parts.index(record.part)].add(record.row)
        rows = []
        for part, n_kept in zip(self.table.parts, map(len, used), strict=True):
            rows_in = len(self.raws[part.file.name].rows)
            rows.append({"file": part.file.path, "table": self.table.name, "rows_in": rows_in,
                         "rows_kept": n_kept, "rows_rejected": rows_in - n_kept})  # fmt: skip
        return rows

    def left_over(self) -> list[Problem]:
        problems = []
        for number, why in self.unmatched.items():
            fix = self.corrections[number]
            problems.append(
                Problem(
                    f"corrections.csv, table {fix['table']}, key {fix['key']}, field {fix['field']}",
                    f"does not find the old value '{fix['old']}' that it names: {why}",
                    "a correction that does not apply any more was signed off for other data",
                    "compare it with the raw file; correct old or key, or remove the line",
                )
            )
        return problems


def _range(limits: tuple) -> str:
    low, high = (number_text(x) if isinstance(x, int | float) else x for x in limits)
    if low is None or high is None:
        return f"at most {high}" if low is None else f"at least {low}"
    return f"{low} to {high}"
