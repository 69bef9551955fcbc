"""Made-up clean tables: values of the declared types, codes and ranges, keys, references and checks held, some of them missing."""

from __future__ import annotations

import datetime
import math
import random
import re
from collections.abc import Mapping
from itertools import product

import pandas as pd

from ..clean.fields import typed
from ..clean.part import evaluate
from ..errors import InputError, Problem, raise_if
from ..expression import Expression, ExpressionError
from ..plan import Plan
from ..study import Column, Study, Table
from . import people
from .people import Person

ROWS, FEW = 30, 8  # of a participant in a table with several: of measurements by analyte, and of others
AGAIN = 40  # times that values are drawn again which a check does not allow


class Tables:
    """name -> made-up table, in the dictionary's order; each column of it from a chance of its own, so that one more column
    changes no other. `plan` may be None."""

    def __init__(self, study: Study, plan: Plan | None, n: int, seed: int, missing: float = 0.05):
        self.study, self.seed, self.missing = study, seed, missing
        self.roles = people.roles(plan)
        self.people = people.people(study, n, seed)
        self.by_id = {person.id: person for person in self.people}
        names = [column for table in study.tables.values() for column in table.columns]
        origins = [at for at, name in enumerate(names) if self.roles.get(name) == "origin"]
        self.before = set(names[: origins[0]]) if origins else set()
        raise_if(
            Problem(f"study.yaml, tables.{table.name}.columns.{column.name}", "has its codes from its file",
                    "without the file nobody knows them", "write the codes into the dictionary")
            for table in study.tables.values() for column in table.columns.values() if column.codes_from_file
        )  # fmt: skip
        self.done: dict[str, pd.DataFrame] = {}
        for table in study.tables.values():
            self.done[table.name] = self.table(table)
        self.end_with_events()

    def chance(self, table: Table, column: str) -> random.Random:
        return random.Random(f"{self.seed} {table.name} {column}")

    def table(self, table: Table) -> pd.DataFrame:
        keys, chance = self.keys(table), self.chance(table, "key")
        frame = pd.DataFrame(
            {name: typed([key[at] for key in keys], table.columns[name].type) for at, name in enumerate(table.key)}
        )
        own = self.read(table)
        for column in own.values():
            if column.name not in frame:
                frame[column.name] = self.column(table, column, frame, self.chance(table, column.name))
        self.derive(table, frame)
        if table.where:
            frame = self.kept(table, frame, own, chance)
        return self.check(table, frame, own).reset_index(drop=True)

    def end_with_events(self) -> None:
        """Events come after all else that is dated of their participant, so that no time to an event is negative."""
        who, dated, events = self.study.participant, [], []
        for table in self.study.tables.values():
            for name, column in self.read(table).items():
                if column.type in ("date", "datetime") and not column.identifier and who in self.done[table.name]:
                    event = (
                        not column.required
                        and len(table.key) == 1
                        and people.is_event(column, self.roles.get(name, ""))
                    )
                    (events if event else dated).append((table, name))
        latest: dict[str, pd.Timestamp] = {}
        for table, name in dated:
            if self.roles.get(name) != "censor" and not people.LAST.search(f"{name} {table.columns[name].label}"):
                for id_, day in self.done[table.name].groupby(who)[name].max().dropna().items():
                    latest[id_] = max(day, latest.get(id_, day))
        for table, name in events:
            frame, chance = self.done[table.name], self.chance(table, f"{name} after all else")
            for at, (id_, day) in enumerate(zip(frame[who], frame[name], strict=True)):
                if not pd.isna(day) and day < (least := latest.get(id_, day)):
                    days = max(0, (pd.Timestamp(self.by_id[id_].end) - least).days)
                    frame.loc[at, name] = least + pd.Timedelta(days=chance.randint(0, days))
            self.derive(table, frame)

    @staticmethod
    def read(table: Table) -> dict[str, Column]:
        """The columns that are read from cells or blocks, as the first part has them."""
        found: dict[str, Column] = {}
        for part in table.parts:
            for name, column in part.columns.items():
                if column.source or column.block:
                    found.setdefault(name, column)
        return found

    # --- keys ---

    def keys(self, table: Table) -> list[tuple]:
        """The keys of a table: each participant once, or with the values of what else is in the key."""
        who, chance = self.study.participant, self.chance(table, "key")
        rest = [name for name in table.key if name != who]
        if who not in table.key:
            choices = [self.levels(table, name, None, chance) for name in rest]
            return list(dict.fromkeys(product(*choices)))[: max(ROWS, len(self.people))]
        found: dict[tuple, None] = {}
        for person in self.of(table, chance):
            choices = [self.levels(table, name, person, chance) for name in rest]
            own = list(dict.fromkeys(product(*choices)))
            blocks = any(table.columns[name].block for name in rest)
            most = ROWS if any(c.ranges_by or c.unit_by for c in table.columns.values()) else chance.randint(1, FEW)
            for values in (
                own if blocks or len(own) <= max(most, FEW) else sorted(chance.sample(own, most), key=own.index)
            ):
                by = dict(zip(rest, values, strict=True)) | {who: person.id}
                found[tuple(by[name] for name in table.key)] = None
        return list(found)

    def of(self, table: Table, chance: random.Random) -> list[Person]:
        """The participants of a table: those of the table that it refers to, nine in ten of them if it need not have all."""
        known = set(self.by_id)
        for columns, (other, targets) in table.references.items():
            if columns == (self.study.participant,) and other in self.done:
                known = set(self.done[other][targets[0]].astype(str))
        first = next(name for name, one in self.study.tables.items() if self.study.participant in one.key)
        befell = any(
            c.required and people.EVENT.search(f"{c.name} {c.label}")
            for c in table.columns.values()
            if c.type == "date"
        )
        share = 1.0 if table.name == first or table.complete or len(table.key) > 1 else 0.5 if befell else 0.9
        return [person for person in self.people if person.id in known and chance.random() < share]

    def levels(self, table: Table, name: str, person: Person | None, chance: random.Random) -> list:
        column = table.columns[name]
        blocks = [block for part in table.parts for block in part.blocks if part.columns.get(name, column).block]
        if blocks:
            return blocks
        if column.type == "code":
            codes = list(column.codes)
            return codes if len(codes) <= 12 else sorted(chance.sample(codes, 12), key=codes.index)
        if column.type in ("date", "datetime"):
            return sorted({self.cell(table, column, person, {}, chance, True) for _ in range(5)})
        if column.type in ("integer", "number"):
            low, high = bounds(column, {})
            first = int(low) if low is not None else 1
            return [number for number in range(first, first + 5) if high is None or number <= high]
        taken: set[str] = set()
        for number in range(1, 4):
            taken.add(people.identity(column, number if person is None else chance.randint(1, 10**6), chance, taken))
        return sorted(taken)

    # --- values ---

    def column(self, table: Table, column: Column, frame: pd.DataFrame, chance: random.Random) -> pd.Series:
        if column.block:
            values = [block for part in table.parts for block in part.blocks][:1] * len(frame)
            return typed(values, column.type)
        often = len(table.key) > 1
        whole = column.required or column.name in table.key or self.roles.get(column.name) in ("origin", "censor")
        values = []
        for row in frame.to_dict("records"):
            person = self.by_id.get(str(row.get(self.study.participant, "")))
            missing = chance.random() < self.missing and not whole
            value = self.cell(table, column, person, row, chance, often)
            values.append(None if missing else value)
        return typed(values, column.type)

    def cell(
        self, table: Table, column: Column, person: Person | None, row: Mapping, chance: random.Random, often: bool
    ):
        """A value; `row` holds what its row has so far."""
        if column.type in ("date", "datetime"):
            who = person or self.people[0]
            day = people.moment(column, who, often, self.roles.get(column.name, ""), column.name in self.before, chance)
            if day is None and column.required:
                day = who.start + datetime.timedelta(days=chance.randint(0, (who.end - who.start).days))
            day = day and within(day, column.possible)
            if day is None or column.type == "date":
                return day
            return datetime.datetime.combine(day, datetime.time(chance.randint(6, 20), chance.randint(0, 59)))
        if column.identifier:
            return (
                people.identity(column, chance.randint(10**8, 10**9), chance, set())
                if column.pattern
                else f"Zq{chance.randint(10**8, 10**9)}"
            )
        if column.type == "code":
            return chance.choice(list(column.codes))
        if column.type in ("integer", "number", "duration"):
            return number(column, row, person, chance)
        if column.type == "time":
            return f"{chance.randint(0, 23):02d}:{chance.randint(0, 59):02d}"
        literal = self.literals(column.name)
        if literal and chance.random() < 0.8:
            return chance.choice(literal)
        if column.pattern or column.type == "id":
            return people.identity(column, chance.randint(1, 10**6), chance, set())
        return f"made up {chance.randint(1, 99)}"

    def literals(self, name: str) -> list[str]:
        """Texts with which the dictionary compares a column of texts."""
        found: dict[str, None] = {}
        for table in self.study.tables.values():
            for text in (table.where, *(check["assert"] for check in table.checks)):
                for _, one, several in re.findall(rf"\b{name}\s*(==|in)\s*(?:'([^']*)'|\(([^)]*)\))", text):
                    found |= dict.fromkeys([one] if one else re.findall(r"'([^']*)'", several))
        return list(found)

    # --- what must hold ---

    def columns(self, table: Table, frame: pd.DataFrame, names) -> dict[str, pd.Series]:
        """The columns of a table with those of tables of one row per participant."""
        found, who = {name: frame[name] for name in frame}, self.study.participant
        for name in names:
            other, _, inner = name.partition(".")
            if inner and other in self.done and inner in self.done[other]:
                source = self.done[other]
                at = pd.Index(source[who]).get_indexer(pd.Index(frame[who]))
                found[name] = source[inner].take(at).reset_index(drop=True).set_axis(frame.index).mask(at < 0)
        return found

    def derive(self, table: Table, frame: pd.DataFrame) -> None:
        for column in table.columns.values():
            if column.derive:
                columns = self.columns(table, frame, Expression(column.derive).names)
                frame[column.name] = evaluate(table, column, columns, []).set_axis(frame.index)
            elif column.name not in frame:
                frame[column.name] = typed([None] * len(frame), column.type).set_axis(frame.index)

    def holds(self, table: Table, frame: pd.DataFrame, text: str) -> pd.Series:
        """Whether a condition is not violated, row by row."""
        expression = Expression(text)
        try:
            return (
                expression(self.columns(table, frame, expression.names), []).astype("boolean").fillna(True).astype(bool)
            )
        except (ExpressionError, KeyError):  # of a later table
            return pd.Series(True, index=frame.index)

    def again(
        self,
        table: Table,
        frame: pd.DataFrame,
        own: Mapping[str, Column],
        names,
        wrong: pd.Series,
        chance: random.Random,
    ) -> None:
        """Draw columns again where a condition is violated."""
        for name in names:
            if name in own and name not in table.key:
                frame.loc[wrong, name] = self.column(table, own[name], frame[wrong], chance).set_axis(
                    frame.index[wrong]
                )
        self.derive(table, frame)

    def kept(self, table: Table, frame: pd.DataFrame, own: Mapping[str, Column], chance: random.Random) -> pd.DataFrame:
        """The rows for which `where` holds, drawn again until it does."""
        expression = Expression(table.where)
        for _ in range(AGAIN):
            wrong = ~expression(self.columns(table, frame, expression.names), []).astype("boolean").fillna(
                False
            ).astype(bool)
            if not wrong.any():
                return frame
            for name in expression.names:
                if name in own and name not in table.key and chance.random() < 0.5:
                    frame.loc[wrong, name] = pd.NA  # missing(...) is a condition, too
            self.again(table, frame, own, [name for name in expression.names if chance.random() < 0.7], wrong, chance)
        kept = frame[~wrong]
        if kept.empty:
            why = "the table would have no row"
            raise InputError(
                [
                    Problem(
                        f"study.yaml, tables.{table.name}.where",
                        "holds for no row that could be made up",
                        why,
                        "write it over codes or texts that it compares",
                    )
                ]
            )
        return kept

    def check(self, table: Table, frame: pd.DataFrame, own: Mapping[str, Column]) -> pd.DataFrame:
        """Draw again, and at last leave out, what a check of the dictionary does not allow."""
        chance = self.chance(table, "checks")
        checks = [(check["assert"], check["field"]) for check in table.checks]
        for turn in range(AGAIN):
            left = False
            for text, field in checks:
                wrong = ~self.holds(table, frame, text)
                if not wrong.any():
                    continue
                left = True
                names = [field, *(name for name in Expression(text).names if chance.random() < 0.4)]
                self.again(table, frame, own, names, wrong, chance)
                if turn > AGAIN // 2 and field in own and field not in table.key and not own[field].required:
                    frame.loc[wrong, field] = pd.NA
                    self.derive(table, frame)
            if not left:
                break
        of_keys = [text for text, field in checks if field in table.key and field != self.study.participant]
        wrong = pd.Series(False, index=frame.index)
        for text in of_keys:
            wrong |= ~self.holds(table, frame, text)
        return frame if wrong.all() else frame[~wrong]


def bounds(column: Column, row: Mapping) -> tuple[float | None, float | None]:
    """What is plausible, else what is possible; by another column of the row where the dictionary has it so."""
    ranges = [column.plausible, column.possible]
    if column.ranges_by:
        of = column.ranges_by["ranges"].get(str(row.get(column.ranges_by["column"], "")), {})
        ranges = [tuple(of.get(key, (None, None))) for key in ("plausible", "possible")]
    numbers = [range_ for range_ in ranges if any(isinstance(bound, int | float) for bound in range_)]
    low = next((range_[0] for range_ in numbers if range_[0] is not None), None)
    return low, next((range_[1] for range_ in numbers if range_[1] is not None), None)


def number(column: Column, row: Mapping, person: Person | None, chance: random.Random) -> float | int:
    """Over orders of magnitude where the range goes over them; a follow-up is as long as the participant's."""
    low, high = bounds(column, row)
    if (
        column.unit in ("d", "days")
        and person
        and not column.block
        and people.LAST.search(f"{column.name} {column.label}")
    ):
        low, high = 0, (person.end - person.start).days
    low, high = (0 if low is None else low), (max(100, (low or 0) * 2) if high is None else high)
    if low == 0 and 20 <= high <= 1000:  # most values are low, as of percentages and counts
        value = high * chance.random() ** 3
    elif high > 1000 * max(low, 1):
        value = math.exp(chance.uniform(math.log(max(low, high / 1e4)), math.log(high / 10)))
    else:
        value = chance.triangular(low, high, low + (high - low) / 3)
    if column.type == "integer":
        return min(math.floor(high), max(math.ceil(low), round(value)))
    return min(high, max(low, float(f"{value:.3g}")))


def within(day: datetime.date, range_: tuple) -> datetime.date:
    """A day moved into a range of ISO dates."""
    low, high = (datetime.date.fromisoformat(bound) if isinstance(bound, str) else None for bound in range_)
    return max(low, day) if low and day < low else min(high, day) if high and day > high else day
