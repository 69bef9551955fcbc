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
from dataclasses import replace
from functools import cache

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
from .variants import AFTER, Copies, Variant

WITHOUT = "without the value"
STAYS = "no number moves"
MOST = 100  # queries that are computed; of more it is said that they are not
PARTICIPANTS = 2_000  # in a study of more a query is followed, not computed
MADE = ("value", "baseline", "change")  # columns that an analysis of rows has of its own
_WORD = re.compile(r"[^\W\d]\w*")
_NUMBER = re.compile(r"-?\d+(\.\d+)?")


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
        self.clean = Copies(results)
        self.study, self.plan, self.who = results.study, results.plan, results.study.participant
        self.subjects = results.subjects.reset_index(drop=True)
        self.known = self.subjects.set_index(self.subjects[self.who].astype(str))
        self.places: dict[str, dict[str, list[int]]] = {}
        closures = {name: closure(index, [name]) for name in index["columns"]}
        self.reads = {
            name: {field for column in found for field in index["columns"][column]["reads"]}
            for name, found in closures.items()
        }
        self.fields = {field for found in self.reads.values() for field in found}
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
        who = str(self.values(query.table, self.who)[rows[0]])
        if who not in self.known.index:
            return STAYS + ": the participant is in no population"
        if name not in self.fields:
            return STAYS + ": no analysis reads the field"
        if made := self.made_of(query.table, query.field):
            return f"not computed: the clean stage makes {made} of the field"
        value = None
        if pd.isna(self.values(query.table, query.field)[rows[0]]):
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

    @cache  # noqa: B019  lives as long as the trial
    def values(self, table: str, field: str) -> pd.api.extensions.ExtensionArray:
        """A column of a clean table, of which single values are asked for."""
        return self.results.tables[table][field].array

    @cache  # noqa: B019
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

    def built(self, variants: list[Variant], known: Mapping[str, pd.Series] = {}) -> Iterator[tuple]:
        """Each variant with (subjects, the analyses that it reaches), or what is said of it. known: columns of the copies that have
        been derived with others, which changes none but places in an order."""
        if not variants:
            return
        ids = [variant.copy for variant in variants]
        before = self.known.loc[[variant.who for variant in variants]].assign(**{self.who: ids})
        before = before.set_index(pd.Index(ids)).astype(self.subjects.dtypes.to_dict())
        derived = dict(known)
        try:
            made = cohort.again(
                self.study, self.plan, self.clean.copies(variants), before, self.anew(variants), derived
            )
        except (InputError, ValueError) as error:
            named = [variant for variant in variants if variant.copy in str(error)]
            if len(variants) == 1 or len(named) == 1:
                first = named or variants
                yield first[0], _refused(error)
            else:
                first = named if 0 < len(named) < len(variants) else variants[: len(variants) // 2]
                yield from self.built(first, derived)
            yield from self.built([variant for variant in variants if variant not in first], derived)
            return
        theirs = made.set_index(made[self.who].astype(str)).loc[ids]
        differ = {name: _differ(before[name], theirs[name]) for name in theirs if name != self.who and name in before}
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
        both: tuple[pd.DataFrame, dict] | None = None
        chosen: dict[tuple, set[str]] = {}
        for name, read in self.columns.items():
            spec, asked = self.plan.analyses[name], []
            for variant in variants:
                direct = self.direct(name, f"{variant.table}.{variant.field}")
                if direct and "rows" not in spec:
                    found[variant.copy].append(name)
                elif direct or (moved[variant.copy] - self.ordered) & read:
                    asked.append(variant.copy)
            if not asked:
                continue
            both = both or self.clean.together(variants, before, after)
            if "rows" in spec:
                others = self.otherwise(name, asked, *both)
            else:  # a column that it reads has moved: what it reads is otherwise, if the participant is chosen now or then
                key = spec["population"], spec.get("where")
                if key not in chosen:
                    chosen[key] = set(self.chosen(name, list(found), *both))
                others = (copy for copy in asked if copy in chosen[key])
            for copy in others:
                found[copy].append(name)
        return found

    def direct(self, name: str, field: str) -> bool:
        """Whether an analysis reads a field of the rows of a table itself."""
        columns = self.index["columns"]
        return any("." in column and field in columns[column]["reads"] for column in self.columns[name] & set(columns))

    def otherwise(self, name: str, copies: list[str], subjects: pd.DataFrame, tables: Mapping) -> Iterator[str]:
        """The copies of which an analysis of rows reads something else. One that cannot be read does."""
        for part, frame in self.frames(name, copies, subjects, tables):
            if frame is None:
                yield from part
                continue
            rows, rest = frame.groupby(self.who, sort=False, observed=True).indices, frame.drop(columns=self.who)
            for copy in part:
                one, other = (rest.take(rows.get(id, [])).reset_index(drop=True) for id in (copy, copy + AFTER))
                if not one.equals(other):
                    yield copy

    def chosen(self, name: str, copies: list[str], subjects: pd.DataFrame, tables: Mapping) -> Iterator[str]:
        """The copies that an analysis chooses, as they are or otherwise. One that cannot be read is chosen."""
        for part, frame in self.frames(name, copies, subjects, tables):
            yield from part if frame is None else (id.removesuffix(AFTER) for id in frame[self.who].astype(str))

    def frames(self, name: str, copies: list[str], subjects: pd.DataFrame, tables: Mapping) -> Iterator[tuple]:
        """(copies, what an analysis reads of them) of as many as can be read together; None of one that cannot be read."""
        try:
            frame = self.read(name, copies, subjects, tables)
        except (InputError, ValueError):
            if len(copies) > 1:
                half = len(copies) // 2
                for part in (copies[:half], copies[half:]):
                    yield from self.frames(name, part, subjects, tables)
                return
            frame = None
        yield copies, frame

    def read(self, name: str, copies: list[str], subjects: pd.DataFrame, tables: Mapping) -> pd.DataFrame:
        """What an analysis reads of some copies, then and now: the columns that it names, of the rows that it works on."""
        spec = self.plan.analyses[name]
        named = self.columns[name] | set(_WORD.findall(str(spec))) | {self.who, *MADE}
        theirs = subjects.loc[
            [*copies, *(copy + AFTER for copy in copies)], [column for column in subjects if column in named]
        ]
        data, _ = analysed(self.study, self.plan, theirs, None, tables, name)
        if "value" in spec.get("rows", {}):
            named -= {"z"}  # is otherwise if the value is, and depends on who else is there
        return data.frame[[column for column in data.frame if column in named]]

    def alone(self, variant: Variant) -> tuple | list[dict]:
        """The cohort of one variant, built for it alone, and the analyses that read what differs."""
        try:
            made = cohort.build(self.study, self.plan, self.clean.swapped(variant))
        except (InputError, ValueError) as error:
            return _refused(error)
        frame = made.subjects.reset_index(drop=True)
        moved = {name for name in frame if not frame[name].equals(self.subjects[name])}
        field = f"{variant.table}.{variant.field}"
        return frame, [name for name, read in self.columns.items() if moved & read or self.direct(name, field)]

    def moved(self, variant: Variant, subjects: pd.DataFrame, names: list[str]) -> list[dict]:
        """The numbers that differ from those of the results."""
        if not names:
            return []
        plan = replace(self.plan, analyses={name: self.plan.analyses[name] for name in names}, families=dict.fromkeys(self.plan.families, NOT_ADJUSTED))  # fmt: skip
        study = replace(self.study, reconstruction=False)  # where a number of a reconstruction comes from is not asked
        new, _, _ = analysis.run(study, plan, subjects, self.results.daily, self.clean.swapped(variant))
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
