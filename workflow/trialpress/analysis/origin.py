"""Where each number of a reconstruction comes from: it was published, it follows from published counts, or it is simulated.

The patients of a reconstruction are invented so that what was published holds in them. A count is that of a set of
participants. It is published if a claim says so; it is implied if its participants are those of two or three published
counts put together or taken apart, and no column decides on them that decides on no published count. What is calculated from
counts alone has their origin, published counts making an implied number. All else rests on assumed values. Nothing of
this is typed: it follows from the claims, and from who is in each count.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations, permutations
from pathlib import Path

import numpy as np
import pandas as pd

from ..expression import Expression
from ..plan import Plan
from ..registry import Column, Condition, Endpoint, Table
from ..study import load_yaml
from . import Data
from .counting import counted
from .methods import METHODS

COMPUTED, PUBLISHED, IMPLIED, SIMULATED = ("computed", "published", "implied", "simulated")
OF_A_COUNT = ("n", "N", "events", "missing", "n_at_risk")

Published = Mapping[tuple[str, str, str, str], set[float]]  # row of ard.csv -> the numbers that were published


def published(claims: Path | str) -> Published:
    """What claims.yaml says was published, of the claims that an analysis (or one of its alternatives) can meet."""
    found: dict[tuple[str, str, str, str], set[float]] = {}
    for claim in load_yaml(Path(claims)).get("claims", {}).values():
        for analysis in filter(None, (claim.get("analysis"), *claim.get("alternatives", ()))):
            for name, number in claim.get("published", {}).items():
                if name != "percent" and not isinstance(number, str):
                    row = (analysis, claim.get("group", ""), claim.get("level", ""), name)
                    found.setdefault(row, set()).add(float(number))
    return found


@dataclass(frozen=True)
class People:
    """The participants of a count, a bit for each of the study, and the columns that decide on them."""

    who: int
    columns: frozenset[str]

    @classmethod
    def of(cls, places: np.ndarray, columns: Iterable[str]) -> People:
        """Those at so many places among the study's participants."""
        found = np.zeros(places.max(initial=-1) + 1, dtype=bool)
        found[places] = True
        return cls(int.from_bytes(np.packbits(found, bitorder="little").tobytes(), "little"), frozenset(columns))

    @property
    def n(self) -> int:
        return self.who.bit_count()


class Known:
    """The published counts of a study, and what follows from them."""

    def __init__(self, published: Iterable[People]):
        found = list(published)
        self.columns = frozenset().union(*(one.columns for one in found))
        self.published = {one.who for one in found}
        self.pairs = {a & ~b for a, b in permutations(self.published, 2) if not b & ~a}
        self.pairs |= {a | b for a, b in combinations(self.published, 2) if not a & b}

    def origin(self, people: People) -> str:
        """Where the number of these participants comes from."""
        who = people.who
        if not people.columns <= self.columns:
            return SIMULATED
        if who in self.published:
            return PUBLISHED
        parts = self.published | self.pairs
        whole = any(
            (not who & ~one and one & ~who in parts) or (not one & ~who and who & ~one in parts)
            for one in self.published
        )
        return IMPLIED if who in self.pairs or (who and whole) else SIMULATED


def worst(origins: Iterable[str]) -> str:
    """The origin of what is calculated from numbers of these origins: one simulated number makes it simulated."""
    found = set(origins)
    if not found or found & {SIMULATED}:
        return SIMULATED
    return COMPUTED if found == {COMPUTED} else IMPLIED


def population_columns(plan: Plan, population: str) -> frozenset[str]:
    """The columns that decide who is in a population."""
    names: set[str] = set()
    while population:
        names |= set(Expression(plan.populations[population].condition).names)
        population = plan.populations[population].within
    return frozenset(names)


def _columns(plan: Plan, spec: Mapping, statistic: str, group: str, level: str, unknown: bool) -> frozenset[str]:
    """The columns that decide who is in a count of an analysis. unknown: there are unknown outcomes, which decide on N."""
    names = set(population_columns(plan, spec["population"])) | set(Expression(spec.get("where", "true")).names)
    for key, parameter in METHODS.parameters(spec["method"]).items():
        value, kind = spec.get(key), parameter.annotation
        if not value or (key == "by" and not group):
            continue
        if kind is Condition and (statistic != "N" or unknown):
            names |= set(Expression(value).names)
        elif kind is Column and (statistic != "N" or level or key == "by"):
            names.add(value)
        elif kind == dict[str, Condition]:
            names |= {name for text in value.values() for name in Expression(text).names}
        elif kind is Endpoint:
            names |= set(plan.endpoints[value].columns)
        elif kind is Table and statistic != "N":
            names.add(value)  # no column of the subjects is called so beside it: what was measured decides
    for part in (group, level):  # a characteristic of a table of them
        names |= {part.partition("=")[0]} & set(plan.columns)
    return frozenset(names)


def sets(plan: Plan, data: Data, name: str, study: pd.Index) -> dict[tuple[str, str, str], People]:
    """(group, level, statistic) -> who is in it, for the counts of an analysis. study: all participants."""
    spec, who = plan.analyses[name], data.frame[data.study.participant]
    if "file" in spec or who.duplicated().any():
        return {}
    places = study.get_indexer(who)
    unknown = "event" in spec and data.unknown == "left_out" and bool(data.holds(spec["event"]).isna().any())
    return {
        (group, level, statistic): People.of(
            places[members],
            _columns(plan, spec, statistic, group, level, unknown),
        )
        for group, level, statistic, members in counted(data, spec)
    }


def _recomputed(published: Published, counts: Mapping[str, Mapping]) -> Iterator[People]:
    """The participants of the counts that were published, where the analysis has the published number."""
    for (analysis, *place), numbers in published.items():
        people = counts.get(analysis, {}).get(tuple(place))
        if people is not None and people.n in numbers:
            yield people


def origins(plan: Plan, published: Published, ard: pd.DataFrame, counts: Mapping[str, Mapping]) -> pd.Series:
    """The origin of every row of ard.csv of a reconstruction; counts: analysis -> `sets`."""
    known = Known(_recomputed(published, counts))
    found: dict[tuple[str, str, str, str], str] = {}
    columns = (ard[name].to_numpy(dtype=object) for name in ("analysis", "group", "level", "statistic", "value"))
    rows = list(zip(*columns, strict=True))
    for analysis, group, level, statistic, value in rows:
        key = (analysis, group, level, statistic)
        people = counts.get(analysis, {}).get((group, level, statistic))
        if "file" in plan.analyses[analysis]:
            found[key] = PUBLISHED if statistic in OF_A_COUNT and level else IMPLIED
        elif METHODS.traits[plan.analyses[analysis]["method"]].get("of_a_design"):
            found[key] = COMPUTED
        elif any(math.isclose(value, one) for one in published.get(key, ())):
            found[key] = PUBLISHED
        elif people is not None and people.n == value:
            found[key] = known.origin(people)
    counted = {analysis: {key[1:]: origin for key, origin in found.items() if key[0] == analysis and key[3] in OF_A_COUNT}
               for analysis in plan.analyses}  # fmt: skip
    for analysis, group, level, statistic, _ in rows:
        key = (analysis, group, level, statistic)
        if key not in found:
            found[key] = worst(_parts(plan, counted[analysis], *key))
    return pd.Series([found[row[:4]] for row in rows], index=ard.index, dtype=object)


def _parts(plan: Plan, counts: Mapping, analysis: str, group: str, level: str, statistic: str) -> list[str]:
    """The origins of the counts that a statistic is calculated from; none if it is not from counts alone."""
    method = METHODS.traits[plan.analyses[analysis]["method"]].get("of_counts")
    if not method or (method == "percent" and "percent" not in statistic):
        return []
    variable = level.partition("=")[0] if "=" in level else ""
    used = {key: origin for key, origin in counts.items() if key[2] != "missing" or method != "percent"}
    here = [origin for (g, at, _), origin in used.items() if g == group and at in {level, variable}]
    return here or (list(used.values()) if not group else [])
