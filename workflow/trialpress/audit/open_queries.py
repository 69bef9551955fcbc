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
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache

import pandas as pd

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

    def applied(self, rows: pd.DataFrame, key: Iterable[str]) -> pd.DataFrame:
        """The rows of its table; without a part of the key a row is none."""
        if self.field in key:
            return rows.drop(index=self.row)
        rows = rows.copy()
        rows.loc[self.row, self.field] = pd.NA if self.value is None else self.value
        return rows


def effects(results: Results, queries: pd.DataFrame, index: Mapping) -> pd.DataFrame:
    """The rows of QUERY_EFFECTS. queries: as in queries.csv; index: the trace's `columns` and `records`."""
    errors = queries[queries["severity"].eq("error") & queries["state"].eq("open")]
    rows: list[dict] = []
    trial = Trial(results, index)
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

    def __init__(self, results: Results, index: Mapping):
        self.results, self.index = results, index
        self.study, self.plan, self.who = results.study, results.plan, results.study.participant
        self.subjects = results.subjects.reset_index(drop=True)
        self.known = self.subjects.set_index(self.subjects[self.who].astype(str))
        self.places: dict[str, dict[str, list[int]]] = {}
        closures = {name: closure(index, [name]) for name in index["columns"]}
        self.reads = {
            name: {field for column in found for field in index["columns"][column]["reads"]}
            for name, found in closures.items()
        }
        ranked = {name for name, column in self.plan.derived.items() if "rank" in column.spec}
        self.ordered = {name for name, found in closures.items() if ranked & set(found)}
        self.before_order = {column for name in self.ordered for column in closures[name]} - self.ordered
        self.columns = {
            name: set(closure(index, [*record["columns"], record["population"]])) | self._words(record["plan"])
            for name, record in index["records"].items()
            if record["kind"] == "analysis" and "file" not in record["plan"]
        }

    def _words(self, spec: Mapping) -> set[str]:
        """Every column that an entry of the plan names anywhere, with all that it comes from: rather one too many."""
        named = set(_WORD.findall(str(spec)))
        return (named & set(self.subjects)) | set(closure(self.index, sorted(named & set(self.index["columns"]))))

    def located(self, table: str, key: str) -> list[int]:
        """The rows of a clean table with a key as the logs write it."""
        if table not in self.places:
            self.places[table] = {}
            for row, text in enumerate(keys(self.results.tables[table], self.study.tables[table].key).to_pylist()):
                self.places[table].setdefault(text, []).append(row)
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
        """Each variant with (subjects, daily, columns that moved), or what is said of it."""
        if not variants:
            return
        try:
            made = cohort.build(self.study, self.plan, self.copies(variants), everyone=False)
        except (InputError, ValueError) as error:
            if len(variants) == 1:
                yield variants[0], _refused(error)
                return
            named = [variant for variant in variants if variant.copy in str(error)]
            first = named if 0 < len(named) < len(variants) else variants[: len(variants) // 2]
            yield from self.built(first)
            yield from self.built([variant for variant in variants if variant not in first])
            return
        subjects = made.subjects.set_index(made.subjects[self.who].astype(str))
        for variant in variants:
            new, old = subjects.loc[variant.copy], self.known.loc[variant.who]
            differ = {name for name in subjects if name != self.who and not _same(old[name], new[name])}
            moved = differ - self.ordered
            if moved & self.before_order:
                yield variant, self.alone(variant)
                continue
            frame = self.subjects.copy()
            at = self.known.index.get_loc(variant.who)
            for name in moved:
                frame.loc[at, name] = new[name]
            if problems := cohort.empty_populations(self.plan, frame):
                yield variant, _refused(InputError(problems))
                continue
            daily = made.daily
            mine = daily[daily[self.who].astype(str) == variant.copy].assign(**{self.who: variant.who})
            kept = self.results.daily[self.results.daily[self.who].astype(str) != variant.who]
            daily = pd.concat([kept, mine.astype(kept.dtypes.to_dict())]).sort_values(
                [self.who, "day"], ignore_index=True
            )
            yield variant, (frame, daily, moved)

    def alone(self, variant: Variant) -> tuple | list[dict]:
        """The cohort of one variant, built for it alone."""
        try:
            made = cohort.build(self.study, self.plan, self.swapped(variant))
        except (InputError, ValueError) as error:
            return _refused(error)
        frame = made.subjects.reset_index(drop=True)
        return frame, made.daily, {name for name in frame if not frame[name].equals(self.subjects[name])}

    def swapped(self, variant: Variant) -> dict[str, pd.DataFrame]:
        """The clean tables with the variant in its place."""
        tables = dict(self.results.tables)
        key = self.study.tables[variant.table].key
        tables[variant.table] = variant.applied(tables[variant.table], key).reset_index(drop=True)
        return tables

    def copies(self, variants: list[Variant]) -> dict[str, pd.DataFrame]:
        """The clean tables of a copy of a participant for each variant; those in which nobody is named as they are."""
        tables, asked = {}, {variant.who for variant in variants}
        for name, frame in self.results.tables.items():
            if self.who not in frame:
                tables[name] = frame
                continue
            theirs, parts = frame[frame[self.who].isin(asked)], []
            for variant in variants:
                rows = theirs[theirs[self.who] == variant.who]
                if name == variant.table:
                    rows = variant.applied(rows, self.study.tables[name].key)
                parts.append(rows.assign(**{self.who: variant.copy}).astype(frame.dtypes.to_dict()))
            tables[name] = pd.concat(parts, ignore_index=True)
        return tables

    def moved(self, variant: Variant, subjects: pd.DataFrame, daily: pd.DataFrame, columns: set[str]) -> list[dict]:
        """The numbers that differ from those of the results."""
        tables, field = self.swapped(variant), f"{variant.table}.{variant.field}"
        days, traced = (
            not daily.astype(str).equals(self.results.daily.astype(str).reset_index(drop=True)),
            set(self.index["columns"]),
        )
        names = []
        for name, read in self.columns.items():
            # the rows of a table that it reads itself
            direct = any("." in column and field in self.index["columns"][column]["reads"] for column in read & traced)
            graded = days and self.plan.analyses[name]["method"] == "toxicity"
            if columns & read or graded or (direct and self.other_rows(name, tables, subjects, daily)):
                names.append(name)
        if not names:
            return []
        plan = replace(self.plan, analyses={name: self.plan.analyses[name] for name in names}, families=dict.fromkeys(self.plan.families, NOT_ADJUSTED))  # fmt: skip
        study = replace(self.study, reconstruction=False)  # where a number of a reconstruction comes from is not asked
        new, _, _ = analysis.run(study, plan, subjects, daily, tables)
        ard = self.results.ard
        old = ard[ard["analysis"].isin(names) | ard["statistic"].eq("p_value_adjusted")]
        return list(_differences(old, self.with_families(new, names)))

    def other_rows(self, name: str, tables: Mapping, subjects: pd.DataFrame, daily: pd.DataFrame) -> bool:
        """Whether an analysis of rows works on others than before; one that reads the table itself is computed in any case."""
        if "rows" not in self.plan.analyses[name]:
            return True
        data, _ = analysed(self.study, self.plan, subjects, daily, tables, name)
        return not data.frame.equals(self.analysed(name))

    @cache  # noqa: B019  lives as long as the trial
    def analysed(self, name: str) -> pd.DataFrame:
        return self.results.analysed(name).frame

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


def _same(one: object, other: object) -> bool:
    if pd.isna(one) or pd.isna(other):
        return bool(pd.isna(one) and pd.isna(other))
    return one == other


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
