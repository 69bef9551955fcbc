"""Adverse events by system organ class and term: participants by worst grade, events, attribution."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ... import ids
from ...expression import Expression
from ...ids import EVERYONE, Name
from ...registry import Column, Field, RowCondition, Table
from .. import Data, Rows
from .common import METHODS, PERCENT, comparable

OVERALL = Name(EVERYONE.id, "Overall")
ANY, TERM, CLASS = Name("any_event", "Any event"), Name("term", "Term"), Name("class", "System organ class")
GRADES = (1, 2, 3, 4, 5)


@dataclass(frozen=True)
class Events:
    """The events of an analysis: participant, grade, term, class and whether it is attributed (missing: not known)."""

    frame: pd.DataFrame
    unknown: int  # of which it is not known whether they count

    @classmethod
    def of(cls, data: Data, given: Mapping) -> Events:
        from ..source import rows_of

        rows, columns = rows_of(data, given["table"])
        wanted = Expression(given["events"])(columns).astype("boolean")
        frame = pd.DataFrame(
            {"who": rows[data.study.participant], "grade": rows[given["grade"]].astype("Float64"),
             "term": rows[given["term"]].astype("string")})  # fmt: skip
        frame["class"] = frame["term"].map(class_of(data.tables[given["table"]], given)).astype("string")
        frame["related"] = Expression(given["related"])(columns).astype("boolean") if given["related"] else pd.NA
        return cls(frame[wanted.fillna(False)].reset_index(drop=True), int(wanted.isna().sum()))

    def levels(self) -> Iterator[tuple[Name, pd.DataFrame]]:
        """Any event, each class and each term, with their events; terms stand with their class."""
        yield ANY, self.frame
        for key, of in (("class", CLASS), ("term", TERM)):
            for text, rows in self.frame.groupby(key, sort=True):
                yield ids.level(of, Name(str(text), str(text))), rows


def class_of(events: pd.DataFrame, given: Mapping) -> dict[str, str]:
    """Term -> system organ class: of its column, or as the plan names them; ValueError if a term has none or two."""
    terms = sorted(events[given["term"]].dropna().astype(str).unique())
    named = {str(term): str(text) for term, text in (given.get("classes") or {}).items()}
    if given.get("soc") and named:
        raise ValueError("soc and classes both say what class a term has: name one of them")
    if given.get("soc"):
        pairs = events[[given["term"], given["soc"]]].dropna().astype(str).drop_duplicates()
        twice = pairs.loc[pairs[given["term"]].duplicated(), given["term"]].tolist()
        if twice:
            raise ValueError(f"soc: several classes for {', '.join(map(repr, twice))}")
        return dict(zip(*(pairs[given[name]] for name in ("term", "soc")), strict=True))
    lost, stray = ([one for one in a if one not in b] for a, b in ((terms, named), (named, terms)))
    if named and lost:
        raise ValueError(
            f"classes: none for {', '.join(map(repr, lost))}"
            + (f"; no event is called {', '.join(map(repr, stray))}" if stray else "")
        )
    return named


@METHODS.add("toxicity", missing_apart=True, overall=True, of_counts="percent")
def toxicity(data: Data, rows: Rows, *, table: Table, term: Field, grade: Field, by: Column = "", soc: Field = "",
             classes: dict[str, str] = None, events: RowCondition = "true", related: RowCondition = "", severe: int = 3,
             p_values: bool = False):  # fmt: skip
    """Adverse events in all, by system organ class and by term (levels `any_event`, `class=...`, `term=...`), overall and by
    group: participants with one (n, percent), with a severe one, with an attributed one, each once; participants by their
    worst grade (`grade_1` to `grade_5`, `ungraded`); and the number of events (`occurrences`). Between two groups the
    difference of the percentages, second less first, with Newcombe's interval, and the exact p-value if the plan asks for it:
    many terms are compared, and a p-value of one of them proves little.

    Parameters
        table: clean table with one row per event
        term: its column of the preferred term
        grade: its column of the grade
        by: column of the groups; all together are counted too
        soc: its column of the system organ class
        classes: term -> system organ class, where the table has no column of it
        events: which events count
        related: events that are attributed to the treatment; those of which it is not known are not counted so, and a note says how many
        severe: lowest severe grade
        p_values: whether two groups are tested, by Fisher's exact test
    """
    from ...stats.contingency import fisher_2x2, risk_difference

    given = {
        "table": table,
        "term": term,
        "grade": grade,
        "soc": soc,
        "classes": classes,
        "events": events,
        "related": related,
    }
    found, groups = Events.of(data, given), data.groups(by) if by else {}
    columns = {**groups, OVERALL: pd.Series(True, index=data.frame.index)}
    who, said = data.frame[data.study.participant], _notes(found, bool(related))
    sizes = {group: int(members.sum()) for group, members in columns.items()}
    inside = {group: found.frame["who"].isin(who[members]).to_numpy() for group, members in columns.items()}
    for group, size in sizes.items():
        rows.add({"N": size}, group=group, method="participants")
    for level, mine in found.levels():
        counts = {}
        for group in columns:
            counts[group] = _counts(mine[inside[group][mine.index]], severe, bool(related))
            shares = {f"{name}percent": counts[group][count] / sizes[group] if sizes[group] else float("nan")
                      for name, count in (("", "n"), ("severe_", "severe"))}  # fmt: skip
            note = "; ".join(said if level is ANY else []) if sizes[group] else "not estimable: no participants"
            rows.add({**counts[group], **shares}, group=group, level=level, kind="count", kinds=dict.fromkeys(shares, "percent"),
                     method="participants with an event, each once", note=note)  # fmt: skip
        if len(groups) != 2:
            continue
        first, second = groups
        (n1, N1), (n2, N2) = ((counts[group]["n"], sizes[group]) for group in (first, second))
        if not comparable(rows, {first: N1, second: N2}, "risk difference", ()):
            continue
        result = risk_difference(n2, N2, n1, N1, level=data.plan.level)
        rows.add(result, level=level, kinds=PERCENT, only=("estimate", "ci_low", "ci_high"))
        if p_values:
            rows.add(fisher_2x2([[n2, N2 - n2], [n1, N1 - n1]], level=data.plan.level), level=level, only=("p_value",))


def _notes(events: Events, attributed: bool) -> list[str]:
    frame = events.frame
    open_ = frame[frame["related"].isna()] if attributed else frame[:0]
    could = set(open_["who"]) - set(frame.loc[frame["related"].fillna(False).astype(bool), "who"])
    of = f"{len(could)} participant{'' if len(could) == 1 else 's'} could have an attributed event"
    nameless, ungraded = int(frame["term"].isna().sum()), int(frame["grade"].isna().sum())
    classless = int((frame["class"].isna() & frame["term"].notna()).sum()) if frame["class"].notna().any() else 0
    return [
        *([f"{classless} without a system organ class count with their terms only"] if classless else []),
        *([f"{nameless} without a term count here only"] if nameless else []),
        *([f"{ungraded} without a recorded grade"] if ungraded else []),
        *([f"{len(open_)} of unknown attribution not counted as attributed: {of}"] if len(open_) else []),
        *([f"{events.unknown} left out: not known whether they count"] if events.unknown else []),
    ]


def _people(events: pd.DataFrame, severe: int, attributed: bool) -> dict[str, np.ndarray]:
    """Who has an event of one level, by the statistic that counts them."""
    codes, who = pd.factorize(events["who"].to_numpy())
    worst = np.full(len(who), np.nan)
    np.fmax.at(worst, codes, events["grade"].to_numpy(dtype=float, na_value=np.nan))
    found = {"n": who, "severe": who[worst >= severe]}
    if attributed:
        found["related"] = who[np.unique(codes[events["related"].to_numpy(dtype=bool, na_value=False)])]
    return found | {f"grade_{grade}": who[worst == grade] for grade in GRADES} | {"ungraded": who[np.isnan(worst)]}


def _counts(events: pd.DataFrame, severe: int, attributed: bool) -> dict[str, int]:
    """Participants and events of one level in one group."""
    people = _people(events, severe, attributed)
    return {"occurrences": len(events), **{name: len(who) for name, who in people.items()}}


def counted(data: Data, given: Mapping) -> Iterator[tuple[Name, Name, str, np.ndarray]]:
    """Who is in each count."""
    everyone = pd.Series(True, index=data.frame.index)
    columns = {**(data.groups(given["by"]) if given["by"] else {}), OVERALL: everyone}
    codes, known = pd.factorize(data.frame[data.study.participant])
    known = pd.Index(known)

    found = Events.of(data, given)
    found = replace(found, frame=found.frame.assign(who=known.get_indexer(found.frame["who"])))  # asked for once

    def among(they: np.ndarray) -> np.ndarray:
        hit = np.zeros(len(known), dtype=bool)
        hit[they[they >= 0]] = True
        return hit[codes]

    levels = {
        level: {
            statistic: among(they) for statistic, they in _people(mine, given["severe"], bool(given["related"])).items()
        }
        for level, mine in found.levels()
    }
    for group, members in columns.items():
        members = members.to_numpy()
        yield group, EVERYONE, "N", members
        for level, mine in levels.items():
            for statistic, theirs in mine.items():
                yield group, level, statistic, members & theirs
