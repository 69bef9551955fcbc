"""Why a number moved: from the traces of both runs down to the raw cells, corrections and plan entries that differ.

A column of a participant is blamed only where its value moved; then the cells that decided it in either run and differ between
them, the columns that it comes from, and its definition. What none of these explains has the causes that touch everything: the
plan's settings, other files, versions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property

import pandas as pd

from ..contracts import QUERIES, REJECTED
from .sides import CELL, Number, Side

ORDER = ("left", "entered", "row", "cell", "correction", "dictionary", "plan", "file", "software", "code", "unknown")
NOT_IN_RESULTS = ("label", "note", "caption", "footnote")


@dataclass(frozen=True)
class Cause:
    """kind: one of ORDER; text: in words; where: the raw cell, participant, entry or file."""

    kind: str
    where: str
    text: str

    def __str__(self) -> str:
        return f"{self.where}: {self.text}" if self.text else self.where


def ordered(causes: Iterable[Cause]) -> list[Cause]:
    return sorted(set(causes), key=lambda cause: (ORDER.index(cause.kind), cause.where, cause.text))


def entries(old, new, path: str) -> Iterator[tuple[str, str]]:
    """(path, 'before -> after') of what differs between two entries of a plan."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in sorted({*old, *new} - set(NOT_IN_RESULTS)):
            yield from entries(old.get(key), new.get(key), f"{path}.{key}")
    elif old != new:
        yield path, f"{_said(old)} -> {_said(new)}"


def _said(value) -> str:
    return "nothing" if value is None else repr(value) if isinstance(value, str) else str(value)


class Causes:
    """The causes of what moved from run `a` to run `b`."""

    def __init__(self, a: Side, b: Side):
        self.a, self.b = a, b
        self.traced = a.content is not None and b.content is not None

    @cached_property
    def cells(self) -> dict[tuple, frozenset[Cause]]:
        """Raw cells, named by CELL, whose text or clean value differs -> why. A row that stands where it stood under another key is
        blamed on those of its cells that differ."""
        both = [self._numbered(side.cells) for side in (self.a, self.b)]
        merged = both[0].merge(both[1], on=[*CELL, "nth"], how="outer", suffixes=("_a", "_b"), indicator="there")
        same = merged["there"].eq("both")
        for name in ("raw", "clean", "rule"):
            same &= merged[f"{name}_a"].eq(merged[f"{name}_b"])
        differ = merged[~same]
        gone, new = (differ[differ["there"].eq(there)] for there in ("left_only", "right_only"))
        place = ["table", "field", "file", "column", "row"]
        pairs = gone[["key", *place[:-1], "row_a", "raw_a", "clean_a", "rule_a"]].rename(columns={"row_a": "row"}).merge(
            new[["key", *place[:-1], "row_b", "raw_b", "clean_b", "rule_b"]].rename(columns={"row_b": "row"}), on=place,
            suffixes=("_a", "_b"))  # fmt: skip
        found = {
            self._name(row): frozenset({self._differs(row)}) for row in differ[differ["there"].eq("both")].itertuples()
        }
        for _, row in pairs.assign(row_b=pairs["row"], key=pairs["key_b"]).groupby(
            ["table", "file", "row"], sort=False
        ):
            unlike = (
                row[["raw_a", "clean_a", "rule_a"]].to_numpy() != row[["raw_b", "clean_b", "rule_b"]].to_numpy()
            ).any(axis=1)
            why = frozenset(self._differs(one) for one in row[unlike].itertuples())
            for one in row.itertuples() if why else ():
                for key in (one.key_a, one.key_b):
                    found[self._name(one._replace(key=key))] = why
        rejected = {
            "left_only": REJECTED.read(self.b.folder / "clean"),
            "right_only": REJECTED.read(self.a.folder / "clean"),
        }
        for row in (*gone.itertuples(), *new.itertuples()):
            found.setdefault(self._name(row), frozenset({self._moved(row, rejected)}))
        return found

    @staticmethod
    def _numbered(cells: pd.DataFrame) -> pd.DataFrame:
        return cells.assign(nth=cells.groupby(list(CELL), sort=False).cumcount())

    @staticmethod
    def _name(row) -> tuple:
        return tuple(getattr(row, name) for name in CELL)

    @staticmethod
    def _moved(row, rejected: Mapping[str, pd.DataFrame]) -> Cause:
        """A row that came or went."""
        left = row.there == "left_only"
        at, out = row.row_a if left else row.row_b, rejected[row.there]
        reasons = out.loc[out["file"].eq(row.file) & out["row"].astype(str).eq(at), "reason"].tolist()
        word = "is not among the rows any more" if left else "is new among the rows"
        why = f" ({'rejected' if left else 'was rejected'}: {reasons[0]})" if reasons else ""
        return Cause("row", f"{row.file}, row {at}", f"{row.table} {row.key} {word}{why}")

    @staticmethod
    def _differs(row) -> Cause:
        """A cell that both runs have."""
        where = f"{row.table}.{row.field} of {row.key} ({row.file}, row {row.row_b}, column {row.column})"
        if row.raw_a != row.raw_b:
            return Cause("cell", where, f"{row.raw_a!r} -> {row.raw_b!r}")
        corrected = any(str(rule).startswith("correction") for rule in (row.rule_a, row.rule_b))
        made = [f"{clean!r} ({rule})" if rule else f"{row.raw_a!r} (as it stands)" for clean, rule in
                ((row.clean_a, row.rule_a), (row.clean_b, row.rule_b))]  # fmt: skip
        return Cause("correction" if corrected else "dictionary", where, f"read as {made[0]} -> {made[1]}")

    @cache  # noqa: B019  lives as long as the comparison
    def of_column(self, column: str, who: str) -> frozenset[Cause]:
        """Why the value of a column moved for a participant; empty if it did not."""
        a, b = self.a.values.get(column), self.b.values.get(column)
        if a is not None and b is not None and who in a and who in b and a[who] == b[who]:
            return frozenset()
        decided = set()
        for side in (self.a, self.b):
            decided |= side.evidence.get(column, {}).get(who, frozenset())
        found = {cause for cell in decided for cause in self.cells.get(cell, ())}
        about = [side.content["columns"].get(column, {}) for side in (self.a, self.b)]
        for parent in dict.fromkeys(parent for one in about for parent in one.get("from", ())):
            found |= self.of_column(parent, who)
        if (before := about[0].get("how")) != (after := about[1].get("how")):
            found.add(Cause("plan", column, f"{_said(before)} -> {_said(after)}"))
        return frozenset(found)

    def of_record(self, name: str, people: Iterable[str]) -> frozenset[Cause]:
        """What differs between the runs in all that a record's numbers rest on, as far as these participants go."""
        found = set(self.of_plan(name))
        columns = {}
        for side in (self.a, self.b):
            record = side.records.get(name, {})
            columns |= dict.fromkeys([*record.get("columns", ()), *filter(None, [record.get("population")])])
        for who in people:
            for column in columns:
                found |= self.of_column(column, who)
        return frozenset(found)

    def of_plan(self, name: str) -> list[Cause]:
        """What differs in the plan's own entry, and in the file that it names."""
        old, new = self.a.plan(name), self.b.plan(name)
        if (old is None and new is None) or not (self.a.planned and self.b.planned):
            return []
        found = [Cause("plan", path, text) for path, text in entries(old, new, f"analyses.{name}")]
        files = {spec["file"] for spec in (old, new) if spec and "file" in spec}
        return found + [cause for cause in self.everywhere if cause.where in files]

    def _people(self, old: Number | None, new: Number | None, statistic: str) -> Iterator[frozenset[str]]:
        """The participants who can have moved a number, those who are most likely first: of a count those who entered or left it,
        then those of its denominator, then all of its record."""
        sets = [number.who if number and number.who is not None else {} for number in (old, new)]
        if all(statistic in who for who in sets):
            yield sets[0][statistic] ^ sets[1][statistic]
        if all("N" in who for who in sets):
            yield sets[0]["N"] | sets[1]["N"]
        records = [(side, side.records.get((new or old).record, {})) for side in (self.a, self.b)]
        yield frozenset().union(*(side.names(record.get("everyone", ())) for side, record in records),
                                *(frozenset(who) for who in sets[0].values()), *(frozenset(who) for who in sets[1].values()))  # fmt: skip

    def of(self, key: tuple[str, str], old: Number | None, new: Number | None) -> list[Cause]:
        """The causes of a number that moved, appeared or went."""
        record, statistic = (new or old).record, key[1]
        if not self.traced:
            return ordered(self.of_plan(record) or self.everywhere or [UNKNOWN])
        kind = next(side.records[record]["kind"] for side in (self.b, self.a) if record in side.records)
        if kind == "plan":
            return [Cause("plan", record, f"{_said(old and old.display)} -> {_said(new and new.display)}")]
        if kind == "clean":
            every = frozenset().union(*self.cells.values())
            return ordered(every or self.asked or self.everywhere or [UNKNOWN])
        found = set(next(filter(None, (self.of_record(record, who) for who in self._people(old, new, statistic))), ()))
        if not found and statistic == "p_value_adjusted":
            found = set(self.of_family(record))
        if not found:
            return ordered(self.settings or self.everywhere or [UNKNOWN])
        return ordered([*found, *self.members(old, new, statistic)])

    def members(self, old: Number | None, new: Number | None, statistic: str) -> list[Cause]:
        """Who entered or left a number: as far as it is a count those counted, otherwise those analysed."""
        if old is None or new is None:
            return []
        counted = [number.who or {} for number in (old, new)]
        named = next((name for name in (statistic, "n", "N") if all(name in who for who in counted)), None)
        if named:
            before, after = (who[named] for who in counted)
        else:
            before, after = (side.names(side.records[new.record].get("everyone", ())) for side in (self.a, self.b))
        return [*(Cause("left", who, "is not counted any more") for who in before - after),
                *(Cause("entered", who, "is counted now") for who in after - before)]  # fmt: skip

    @cached_property
    def asked(self) -> frozenset[Cause]:
        """The queries that came and went: also on cells that are not shown, as an identifier's."""
        names = ["table", "key", "field", "file", "row", "column", "message"]
        both = [QUERIES.texts(side.folder / "clean")[names] for side in (self.a, self.b)]
        merged = both[0].merge(both[1], how="outer", indicator="there")
        said = {"left_only": "a query is gone", "right_only": "a query is new"}
        return frozenset(
            Cause("cell", f"{row.table}.{row.field} of {row.key} ({row.file}, row {row.row}, column {row.column})", f"{said[row.there]}: {row.message}")
            for row in merged[merged["there"].ne("both")].itertuples()
        )  # fmt: skip

    def of_family(self, name: str) -> frozenset[Cause]:
        """What moved the other tests of a family, whose p-values are adjusted together."""
        family = (self.b.plan(name) or {}).get("family")
        mates = [mate for mate in self.b.records if (self.b.plan(mate) or {}).get("family") == family] if family else []
        found: set[Cause] = set()
        for mate in mates:
            people = [self.a.records.get(mate, {}).get("everyone", ()), self.b.records[mate]["everyone"]]
            found |= self.of_record(mate, self.a.names(people[0]) | self.b.names(people[1]))
        return frozenset(found)

    @cached_property
    def settings(self) -> list[Cause]:
        """The plan's own numbers that differ."""
        printed = [
            {name: record["printed"] for name, record in side.records.items() if record["kind"] == "plan"}
            for side in (self.a, self.b)
        ]
        counted = ("plan.analyses", "plan.statistics", "plan.lock")  # these follow
        return [Cause("plan", name, f"{_said(printed[0].get(name))} -> {_said(text)}")
                for name, text in printed[1].items() if printed[0].get(name) != text and name not in counted]  # fmt: skip

    @cached_property
    def everywhere(self) -> list[Cause]:
        """Files, packages and code that differ."""
        old, new = (side.manifest.get("inputs", {}) for side in (self.a, self.b))
        found, code = [], []
        for name in sorted({*old, *new}):
            if old.get(name, {}).get("sha256") == new.get(name, {}).get("sha256"):
                continue
            what = "its content differs" if name in old and name in new else "is gone" if name in old else "is new"
            if name.startswith(("config/", "data/")):
                found.append(Cause("file", name, what))
            elif name.startswith(("workflow/", "Snakefile", "envs/")):
                code.append(name)
        for group in ("software", "second_opinion"):
            mine, theirs = (side.manifest.get(group, {}) for side in (self.a, self.b))
            found += [Cause("software", name, f"version {mine.get(name, 'absent')} -> {theirs.get(name, 'absent')}")
                      for name in sorted({*mine, *theirs}) if mine.get(name) != theirs.get(name)]  # fmt: skip
        if code:
            shown = ", ".join(code[:3]) + (f" and {len(code) - 3} more" if len(code) > 3 else "")
            found.append(Cause("code", "the code", f"{len(code)} files differ: {shown}"))
        return found


UNKNOWN = Cause("unknown", "not known", "neither inputs nor versions differ; was a result changed by hand?")
