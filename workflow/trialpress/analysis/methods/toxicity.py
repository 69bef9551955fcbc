"""Adverse events by system organ class and term: participants by worst grade, events, attribution."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

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
        wanted = Expression(given["where"])(columns).astype("boolean")
        frame = pd.DataFrame(
            {"who": rows[data.study.participant], "grade": rows[given["grade"]].astype("Float64"),
             "term": rows[given["term"]].astype("string")})  # fmt: skip
        frame["class"] = _classes(data, given, rows, frame["term"])
        frame["related"] = Expression(given["related"])(columns).astype("boolean") if given["related"] else pd.NA
        return cls(frame[wanted.fillna(False)].reset_index(drop=True), int(wanted.isna().sum()))

    def levels(self) -> Iterator[tuple[Name, pd.DataFrame]]:
        """Any event, each class and each term, with their events; terms stand with their class."""
        yield ANY, self.frame
        for key, of in (("class", CLASS), ("term", TERM)):
            for text, rows in self.frame.groupby(key, sort=True):
                yield ids.level(of, Name(str(text), str(text))), rows


def _classes(data: Data, given: Mapping, rows: pd.DataFrame, terms: pd.Series) -> pd.Series:
    """The system organ class of each event: of its column, or as the plan names those of the terms."""
    named = given["classes"] or {}
    if given["soc"] and named:
        raise ValueError("soc and classes both say what class an event has: name one")
    if given["soc"]:
        return rows[given["soc"]].astype("string")
    known = set(data.tables[given["table"]][given["term"]].dropna().astype(str))
    stray, lost = sorted(set(named) - known), sorted(set(terms.dropna()) - set(named))
    if named and (lost or (stray and not known)):
        raise ValueError(f"classes: no class for the term{'s' if len(lost) > 1 else ''} {', '.join(map(repr, lost))}")
    return terms.map(named).astype("string")


@METHODS.add("toxicity", missing_apart=True, overall=True, of_counts="percent")
def toxicity(data: Data, rows: Rows, *, table: Table, term: Field, grade: Field, by: Column = "", soc: Field = "",
             classes: dict[str, str] = None, where: RowCondition = "true", related: RowCondition = "", severe: int = 3,
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
        where: events that count
        related: events that are attributed to the treatment
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
        "where": where,
        "related": related,
    }
    events, groups = Events.of(data, given), data.groups(by) if by else {}
    columns = {**groups, OVERALL: pd.Series(True, index=data.frame.index)}
    who, of_unknown = data.frame[data.study.participant], _notes(events)
    sizes = {group: int(members.sum()) for group, members in columns.items()}
    for group, size in sizes.items():
        rows.add({"N": size}, group=group, method="participants")
    for level, mine in events.levels():
        found = {}
        for group, members in columns.items():
            found[group] = _counts(mine[mine["who"].isin(who[members])], severe, bool(related))
            shares = {f"{name}percent": found[group][count] / sizes[group] if sizes[group] else float("nan")
                      for name, count in (("", "n"), ("severe_", "severe"))}  # fmt: skip
            note = "; ".join(of_unknown if level is ANY else []) if sizes[group] else "not estimable: no participants"
            rows.add({**found[group], **shares}, group=group, level=level, kind="count", kinds=dict.fromkeys(shares, "percent"),
                     method="participants with an event, each once", note=note)  # fmt: skip
        if len(groups) != 2:
            continue
        first, second = groups
        (n1, N1), (n2, N2) = ((found[group]["n"], sizes[group]) for group in (first, second))
        if not comparable(rows, {first: N1, second: N2}, "risk difference", ()):
            continue
        result = risk_difference(n2, N2, n1, N1, level=data.plan.level)
        rows.add(result, level=level, kinds=PERCENT, only=("estimate", "ci_low", "ci_high"))
        if p_values:
            rows.add(fisher_2x2([[n2, N2 - n2], [n1, N1 - n1]], level=data.plan.level), level=level, only=("p_value",))


def _notes(events: Events) -> list[str]:
    frame = events.frame
    nameless, ungraded = int(frame["term"].isna().sum()), int(frame["grade"].isna().sum())
    return [
        *([f"{nameless} without a term count here only"] if nameless else []),
        *([f"{ungraded} without a recorded grade"] if ungraded else []),
        *([f"{events.unknown} left out: not known whether they count"] if events.unknown else []),
    ]


def _counts(events: pd.DataFrame, severe: int, attributed: bool) -> dict[str, int]:
    """Participants and events of one level in one group."""
    worst = events.groupby("who")["grade"].max()
    found = {"n": len(worst), "occurrences": len(events), "severe": int(worst.ge(severe).fillna(False).sum())}
    if attributed:
        found["related"] = events.loc[events["related"].fillna(False).astype(bool), "who"].nunique()
    grades = {f"grade_{grade}": int(worst.eq(grade).fillna(False).sum()) for grade in GRADES}
    return {**found, **grades, "ungraded": int(worst.isna().sum())}


def counted(data: Data, given: Mapping) -> Iterator[tuple[Name, Name, str, pd.Series]]:
    """Who is in each count."""
    everyone = pd.Series(True, index=data.frame.index)
    columns = {**(data.groups(given["by"]) if given["by"] else {}), OVERALL: everyone}
    levels, who = dict(Events.of(data, given).levels()), data.frame[data.study.participant]
    for group, members in columns.items():
        yield group, EVERYONE, "N", members
        for level, mine in levels.items():
            yield group, level, "n", members & who.isin(mine["who"])
