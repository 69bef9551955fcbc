"""What the open error queries do to the numbers: each is computed again as if the questioned value were not there, or were there
as it was received, and every number that moves is named.

All questioned participants are followed at once: each variant is a copy of its participant, and a cohort of these copies is built
once. Where a place in an order depends on what moved it is built again for that query alone, with all participants. Then only those
analyses are computed that read what moved. What cannot be computed is said in words, and nothing is guessed: a text that is no
number has no value to compute with.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from .. import analysis, cohort
from ..analysis.families import NOT_ADJUSTED, adjusted
from ..analysis.source import analysed
from ..contracts import ARD, QUERY_EFFECTS
from ..errors import InputError
from ..expression import Expression
from ..results import Results
from .differences import LAST_DIGITS
from .trace.reading import closure
from .trace.texts import keys

WITHOUT = "without the value"
STAYS = "no number moves"
MOST = 100  # queries that are computed; of more it is said that they are not
PARTICIPANTS = 2_000  # in a study of more a query is followed, not computed
MADE = ("value", "baseline", "change")  # columns that an analysis of rows has of its own
_WORD = re.compile(r"[^\W\d]\w*")
_NUMBER = re.compile(r"-?\d+(\.\d+)?")


@dataclass(frozen=True)
class Variant:
    """One query's value taken away or put in: `row` of the clean table, the participant, what is said of it."""

    query: str
    what: str
    table: str
    field: str
    row: int
    who: str
    value: float | None

    @property
    def copy(self) -> str:
        """The id of the participant's copy."""
        return f"{self.who}\ue000{self.query}"


def effects(results: Results, queries: pd.DataFrame, index: Mapping) -> pd.DataFrame:
    """The rows of QUERY_EFFECTS. queries: as in queries.csv; index: the trace's `columns` and `records`."""
    errors = queries[queries["severity"].eq("error") & queries["state"].eq("open")]
    rows: list[dict] = []
    trial = Trial(results, index, errors)
    variants: list[Variant] = []
    for query in errors.itertuples():
        found = trial.variant(query, len(variants))
        if isinstance(found, Variant):
            variants.append(found)
        else:
            rows.append({"query": query.id, "what": found})
    for variant, found in trial.computed(variants):
        rows += [{"query": variant.query, "what": variant.what} | one for one in found]
    frame = pd.DataFrame(rows, columns=list(QUERY_EFFECTS.columns), dtype=object).fillna("")
    order = {name: at for at, name in enumerate(errors["id"])}
    return frame.sort_values("query", key=lambda ids: ids.map(order), kind="stable", ignore_index=True)


class Trial:
    """The study's results, and the same with one value otherwise."""

    def __init__(self, results: Results, index: Mapping, queries: pd.DataFrame):
        self.results, self.index, self.queries = results, index, queries
        self.study, self.plan, self.who = results.study, results.plan, results.study.participant
        self.subjects = results.subjects.reset_index(drop=True)
        self.known = self.subjects.set_index(self.subjects[self.who].astype(str))
        self.places: dict[str, dict[str, list[int]]] = {}
        closures = {name: closure(index, [name]) for name in index["columns"]}
        self.reads = {
            name: {field for column in found for field in index["columns"][column]["reads"]}
            for name, found in closures.items()
        }
        self.tables_of = {
            name: {index["columns"][column]["table"] for column in found}
            | {field.partition(".")[0] for field in self.reads[name]}
            for name, found in closures.items()
        }
        ranked = {name for name, column in self.plan.derived.items() if "rank" in column.spec}
        self.ordered = {name for name, found in closures.items() if ranked & set(found)}
        self.before_order = {column for name in self.ordered for column in closures[name]} - self.ordered
        self.columns = {
            name: {*closure(index, record["columns"]), record["population"]} | self._words(record["plan"])
            for name, record in index["records"].items()
            if record["kind"] == "analysis" and "file" not in record["plan"]
        }

    def _words(self, spec: Mapping) -> set[str]:
        """Every column that an entry of the plan names anywhere, with all that it comes from: rather one too many. Who is in the
        population is seen in who is analysed."""
        named = set(_WORD.findall(str({**spec, "population": ""})))
        return (named & set(self.subjects)) | set(closure(self.index, sorted(named & set(self.index["columns"]))))

    def located(self, table: str, key: str) -> list[int]:
        """The rows of a clean table with a key as the logs write it."""
        if table not in self.places:
            self.places[table] = {}
            asked = pa.array(self.queries.loc[self.queries["table"].eq(table), "key"].unique(), type=pa.string())
            at = pc.index_in(keys(self.results.tables[table], self.study.tables[table].key), value_set=asked)
            for row in np.flatnonzero(at.is_valid()).tolist():
                self.places[table].setdefault(asked[at[row].as_py()].as_py(), []).append(row)
        return self.places[table].get(key, [])

    def variant(self, query, n: int) -> Variant | str:
        """What is computed for a query, or why nothing is."""
        if not query.table or not query.field or not query.key:
            return (
                "not computed: the question is of a whole row or file, and none of its values is among the clean ones"
            )
        table = self.study.tables[query.table]
        column, frame = table.columns.get(query.field), self.results.tables[query.table]
        name = f"{query.table}.{query.field}"
        if column is None or query.field not in frame:
            return "not computed: the value is not kept"
        rows = self.located(query.table, query.key)
        if len(rows) != 1:
            return "not computed: the row was rejected, and what its cells should be is not known"
        if self.who not in frame or query.field == self.who:
            return "not computed: it says whose the rows are"
        who = str(frame[self.who].iloc[rows[0]])
        if who not in self.known.index:
            return STAYS + ": the participant is in no population"
        if not any(name in found for found in self.reads.values()):
            return STAYS + ": no analysis reads the field"
        if made := self.made_of(query.table, query.field):
            return f"not computed: the clean stage makes {made} of the field"
        value = None
        if pd.isna(frame[query.field].iloc[rows[0]]):
            if column.unit_from or column.unit_by or column.unit_to:
                return "not computed: the value is not kept, and its unit stands in another place"
            if (value := self.number(query.table, column, query.value)) is None:
                text = query.value if 0 < len(query.value) <= 40 else "the text" if query.value else "an empty cell"
                return f"not computed: {text} cannot be read as a value, so there is none to compute with"
        if len(self.subjects) > PARTICIPANTS:
            return f"not computed: done in studies of up to {PARTICIPANTS:,} participants"
        if n >= MOST:
            return f"not computed: done for the first {MOST} queries"
        what = WITHOUT if value is None else f"with {query.value}"
        return Variant(query.id, what, query.table, query.field, rows[0], who, value)

    def made_of(self, table: str, field: str) -> str:
        """Derived columns of the clean tables that read a field."""
        found = []
        for name, other in self.study.tables.items():
            for column in other.columns.values():
                read = Expression(column.derive).names if column.derive else ()
                if f"{table}.{field}" in read or (name == table and field in read):
                    found.append(f"{name}.{column.name}")
        return " and ".join(found)

    def number(self, table: str, column, text: str) -> float | None:
        """A plain number of a column that has one unit; in a file with another decimal sign no text is plain."""
        commas = column.decimal == "," or any(part.file.decimal == "," for part in self.study.tables[table].parts)
        plain = column.type in ("number", "integer") and _NUMBER.fullmatch(text) and not commas
        if not plain:
            return None
        return int(text) if column.type == "integer" and "." not in text else float(text)

    def computed(self, variants: list[Variant]) -> Iterator[tuple[Variant, list[dict]]]:
        """Each variant with the numbers that it moves."""
        for variant, outcome in self.built(variants):
            try:
                found = self.moved(variant, *outcome) if isinstance(outcome, tuple) else outcome
            except (InputError, ValueError) as error:
                found = _refused(error)
            yield variant, found or [{"what": f"{variant.what}: {STAYS}"}]

    def built(self, variants: list[Variant]) -> Iterator[tuple]:
        """Each variant with (subjects, the analyses that it reaches), or what is said of it."""
        if not variants:
            return
        ids = [variant.copy for variant in variants]
        before = self.known.loc[[variant.who for variant in variants]].assign(**{self.who: ids})
        before = before.set_index(pd.Index(ids)).astype(self.subjects.dtypes.to_dict())
        try:
            made = cohort.again(self.study, self.plan, self.copies(variants), before, self.anew(variants))
        except (InputError, ValueError) as error:
            named = [variant for variant in variants if variant.copy in str(error)]
            if len(variants) == 1 or len(named) == 1:
                first = named or variants
                yield first[0], _refused(error)
            else:
                first = named if 0 < len(named) < len(variants) else variants[: len(variants) // 2]
                yield from self.built(first)
            yield from self.built([variant for variant in variants if variant not in first])
            return
        theirs = made.set_index(made[self.who].astype(str)).loc[ids]
        differ = {name: _differ(before[name], theirs[name]) for name in theirs if name != self.who}
        moved = {id: {name for name, those in differ.items() if those[at]} for at, id in enumerate(ids)}
        after = before.copy()
        for id, columns in moved.items():
            for name in columns - self.ordered:
                after.loc[id, name] = theirs.at[id, name]
        whole = [variant for variant in variants if not (moved[variant.copy] - self.ordered) & self.before_order]
        reached = self.reached(whole, before, after, moved)
        for variant in variants:
            if variant not in whole:
                yield variant, self.alone(variant)
                continue
            columns, names = moved[variant.copy] - self.ordered, reached[variant.copy]
            frame = self.subjects
            if columns and (names or columns & set(self.plan.populations)):
                frame, at = frame.copy(), self.known.index.get_loc(variant.who)
                for name in columns:
                    frame.loc[at, name] = theirs.at[variant.copy, name]
                if problems := cohort.empty_populations(self.plan, frame):
                    yield variant, _refused(InputError(problems))
                    continue
            yield variant, (frame, names)

    def anew(self, variants: list[Variant]) -> set[str]:
        """The derived columns that may be otherwise in copies: all that read a changed field, or a table that lost a row, and
        what the trace knows nothing of."""
        fields = {f"{variant.table}.{variant.field}" for variant in variants}
        lost = {variant.table for variant in variants if variant.field in self.study.tables[variant.table].key}
        known = {name for name in self.reads if not self.reads[name] & fields and not self.tables_of[name] & lost}
        return set(self.plan.derived) - known

    def reached(
        self, variants: list[Variant], before: pd.DataFrame, after: pd.DataFrame, moved: Mapping
    ) -> dict[str, list[str]]:
        """The analyses that each variant reaches, by its copy: what they read of the participant is otherwise than before.

        before, after: the copies as the participants are, and as the variants make them; moved: the columns that differ.
        """
        found: dict[str, list[str]] = {variant.copy: [] for variant in variants}
        tables: dict[bool, dict] = {}
        for name, read in self.columns.items():
            asked = []
            for variant in variants:
                direct = self.direct(name, f"{variant.table}.{variant.field}")
                if direct and "rows" not in self.plan.analyses[name]:
                    found[variant.copy].append(name)
                elif direct or (moved[variant.copy] - self.ordered) & read:
                    asked.append(variant)
            if not asked:
                continue
            if not tables:
                tables = {changed: self.copies(variants, changed) for changed in (False, True)}
            for copy in self.otherwise(
                name, [variant.copy for variant in asked], (before, tables[False]), (after, tables[True])
            ):
                found[copy].append(name)
        return found

    def direct(self, name: str, field: str) -> bool:
        """Whether an analysis reads a field of the rows of a table itself."""
        columns = self.index["columns"]
        return any("." in column and field in columns[column]["reads"] for column in self.columns[name] & set(columns))

    def otherwise(self, name: str, copies: list[str], before: tuple, after: tuple) -> Iterator[str]:
        """The copies of which an analysis reads something else; before, after: (subjects, tables). One that cannot be read does."""
        try:
            old, new = (self.read(name, subjects.loc[copies], tables) for subjects, tables in (before, after))
        except (InputError, ValueError):
            if len(copies) == 1:
                yield from copies
                return
            half = len(copies) // 2
            for part in (copies[:half], copies[half:]):
                yield from self.otherwise(name, part, before, after)
            return
        if not old.equals(new):
            rows = [frame.groupby(self.who, sort=False, observed=True).indices for frame in (old, new)]
            for copy in copies:
                one, other = (
                    frame.take(at.get(copy, [])).reset_index(drop=True)
                    for frame, at in zip((old, new), rows, strict=True)
                )
                if not one.equals(other):
                    yield copy

    def read(self, name: str, subjects: pd.DataFrame, tables: Mapping) -> pd.DataFrame:
        """What an analysis reads of some participants: the columns that it names, of the rows that it works on."""
        spec = self.plan.analyses[name]
        named = self.columns[name] | set(_WORD.findall(str(spec))) | {self.who, *MADE}
        theirs = subjects[[column for column in subjects if column in named]]
        data, _ = analysed(self.study, self.plan, theirs, None, tables, name)
        if "value" in spec.get("rows", {}):
            named -= {"z"}  # is otherwise if the value is, and depends on who else is there
        return data.frame[[column for column in data.frame if column in named]]

    def alone(self, variant: Variant) -> tuple | list[dict]:
        """The cohort of one variant, built for it alone, and the analyses that read what differs."""
        try:
            made = cohort.build(self.study, self.plan, self.swapped(variant))
        except (InputError, ValueError) as error:
            return _refused(error)
        frame = made.subjects.reset_index(drop=True)
        moved = {name for name in frame if not frame[name].equals(self.subjects[name])}
        field = f"{variant.table}.{variant.field}"
        return frame, [name for name, read in self.columns.items() if moved & read or self.direct(name, field)]

    def swapped(self, variant: Variant) -> dict[str, pd.DataFrame]:
        """The clean tables with the variant in its place."""
        tables = dict(self.results.tables)
        tables[variant.table] = self.applied(tables[variant.table], [variant], [variant.row])
        return tables

    def copies(self, variants: list[Variant], changed: bool = True) -> dict[str, pd.DataFrame]:
        """The clean tables of a copy of a participant for each variant, changed or as they are; those in which nobody is named as
        they are."""
        tables, asked = {}, pd.Index(sorted({variant.who for variant in variants}))
        for name, frame in self.results.tables.items():
            if self.who not in frame:
                tables[name] = frame
                continue
            of = asked.get_indexer(frame[self.who])
            order = np.argsort(of, kind="stable")
            ends = np.searchsorted(of[order], np.arange(len(asked) + 1))
            rows = [order[first:last] for first, last in pairwise(ends)]
            mine = [rows[at] for at in asked.get_indexer([variant.who for variant in variants])]
            starts = np.cumsum([0, *map(len, mine)])
            ids = np.repeat(np.array([variant.copy for variant in variants], dtype=object), np.diff(starts))
            copied = frame.take(np.concatenate(mine)).reset_index(drop=True)
            copied[self.who] = pd.Series(ids, dtype=frame[self.who].dtype)
            here = [at for at, variant in enumerate(variants) if changed and variant.table == name]
            places = [int(starts[at] + np.searchsorted(mine[at], variants[at].row)) for at in here]
            tables[name] = self.applied(copied, [variants[at] for at in here], places).astype(frame.dtypes.to_dict())
        return tables

    def applied(self, rows: pd.DataFrame, variants: list[Variant], places: list[int]) -> pd.DataFrame:
        """The rows of a table with variants at their places in it; without a part of the key a row is none."""
        rows, gone = rows.copy(), []
        for variant, at in zip(variants, places, strict=True):
            if variant.field in self.study.tables[variant.table].key:
                gone.append(at)
            else:
                rows.loc[at, variant.field] = pd.NA if variant.value is None else variant.value
        return rows.drop(index=gone).reset_index(drop=True)

    def moved(self, variant: Variant, subjects: pd.DataFrame, names: list[str]) -> list[dict]:
        """The numbers that differ from those of the results."""
        if not names:
            return []
        plan = replace(self.plan, analyses={name: self.plan.analyses[name] for name in names}, families=dict.fromkeys(self.plan.families, NOT_ADJUSTED))  # fmt: skip
        study = replace(self.study, reconstruction=False)  # where a number of a reconstruction comes from is not asked
        new, _, _ = analysis.run(study, plan, subjects, self.results.daily, self.swapped(variant))
        ard = self.results.ard
        old = ard[ard["analysis"].isin(names) | ard["statistic"].eq("p_value_adjusted")]
        return list(_differences(old, self.with_families(new, names)))

    def with_families(self, new: pd.DataFrame, names: list[str]) -> pd.DataFrame:
        """The p-values of the families beside the new rows, adjusted together with those that did not move."""
        rest = self.results.ard[~self.results.ard["analysis"].isin(names)]
        rest = rest[rest["statistic"] != "p_value_adjusted"]
        both = pd.concat([rest, new], ignore_index=True)
        families = [adjusted(both, self.plan, name) for name, how in self.plan.families.items() if how != NOT_ADJUSTED]
        return pd.concat([new, *families], ignore_index=True)


def _refused(error: Exception) -> list[dict]:
    """A value with which no manuscript would be written is a finding, too."""
    said = error.problems[0].what if isinstance(error, InputError) else str(error)
    return [{"what": f"not computed: the run would stop ({said})".replace("\ue000", ", query ")}]


def _differ(one: pd.Series, other: pd.Series) -> list[bool]:
    """Whether the values at each place are not the same; two that are missing are."""
    gaps = zip(one.isna(), other.isna(), strict=True)
    values = zip(one.astype(object), other.astype(object), strict=True)
    return [a != b if a or b else x != y for (a, b), (x, y) in zip(gaps, values, strict=True)]


def _differences(old: pd.DataFrame, new: pd.DataFrame) -> Iterator[dict]:
    """The statistics that are printed otherwise, or whose value moved by more than its last digits."""
    key = list(ARD.key)
    both = old[[*key, "value", "display"]].merge(
        new[[*key, "value", "display"]], on=key, how="outer", suffixes=("_a", "_b")
    )
    for row in both.itertuples():
        a, b = row.value_a, row.value_b
        same = (math.isnan(a) and math.isnan(b)) or a == b or abs(a - b) <= LAST_DIGITS * max(abs(a), abs(b))
        if row.display_a == row.display_b and same:
            continue
        named = {name: getattr(row, name) for name in key}
        shown = ["not there" if pd.isna(text) else text for text in (row.display_a, row.display_b)]
        yield named | {"now": shown[0], "otherwise": shown[1]}
