"""Counts of participants: one classification against others, and adverse events. Who is in each count is said once, here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from ... import ids
from ...ids import EVERYONE, Name
from ...registry import Column, Field, Table
from .. import Data, Rows
from .common import METHODS

Counted = Iterator[tuple[Name, Name, str, pd.Series]]
OVERALL = Name(EVERYONE.id, "Overall")
ANY_GRADE = Name("any_grade", "Any grade")


def none_of(members: Mapping[Name, pd.Series], like: pd.DataFrame) -> pd.Series:
    """Those who have none of the levels."""
    return ~pd.concat([*members.values(), pd.Series(False, index=like.index)], axis=1).any(axis=1)


def crossed(data: Data, variable: str, columns: list[str]) -> Counted:
    """(level of one of the columns, level of the variable, statistic, who is counted)."""
    everyone, lines = pd.Series(True, index=data.frame.index), data.groups(variable)
    unknown, across = none_of(lines, data.frame), {EVERYONE: everyone}
    for column in columns:
        levels = data.levels(column)
        rest = none_of(levels, data.frame)
        across |= levels | ({ids.column(column, f"{data.plan.label(column)}: not known"): rest} if rest.any() else {})
    for group, members in across.items():
        yield group, EVERYONE, "N", members
        if unknown.any():
            yield group, EVERYONE, "missing", members & unknown
        for level, holds in lines.items():
            yield group, level, "n", members & holds


@METHODS.add("crosstab", missing_apart=True)
def crosstab(data: Data, rows: Rows, *, variable: Column, columns: list[Column]):
    """Counts of participants by the levels of one classification and of each of several others. Those in whom a classification
    is not known are counted too: `missing` is of the variable, and the id of a column stands for those without a level of it.

    Parameters
        variable: classification whose levels are counted
        columns: classifications whose levels are the groups
    """
    for group, level, statistic, members in crossed(data, variable, columns):
        rows.add({statistic: int(members.sum())}, group=group, level=level, method="counts of participants")


def events_of(data: Data, table: str) -> pd.DataFrame:
    """The rows of a table of events that belong to the participants."""
    who, events = data.study.participant, data.tables[table]
    return events[events[who].isin(data.frame[who])]


def harmed(data: Data, given: Mapping) -> Counted:
    """(group, grade and term, statistic, who is counted)."""
    who, events = data.frame[data.study.participant], events_of(data, given["table"])
    groups = data.groups(given["by"]) if given["by"] else {}
    groups = {**groups, OVERALL: pd.Series(True, index=data.frame.index)}
    for group, members in groups.items():
        yield group, EVERYONE, "N", members
    severe = events[given["grade"]].ge(given["severe"]).fillna(False).astype(bool)
    named = Name(f"grade_{given['severe']}_or_more", f"Grade ≥{given['severe']}")
    terms = sorted(events[given["term"]].dropna().astype(str).unique())
    for kind, chosen in ((ANY_GRADE, events), (named, events[severe])):
        of = chosen.groupby(chosen[given["term"]].astype("string"))[data.study.participant].agg(set).to_dict()
        has = {
            kind: set(chosen[data.study.participant]),
            **{ids.level(kind, Name(term, term)): of.get(term, set()) for term in terms},
        }
        for level, they in has.items():
            inside = who.isin(they)
            for group, members in groups.items():
                yield group, level, "n", members & inside


@METHODS.add("adverse_events", missing_apart=True, overall=True, of_counts="percent")
def adverse_events(
    data: Data, rows: Rows, *, table: Table, grade: Field, term: Field, by: Column = "", severe: int = 3
):
    """Participants with adverse events, in all and by term: with any grade (`any_grade`, `any_grade=Pyrexia`) and with a severe
    one (`grade_3_or_more`), each participant once, of all of the population or group.

    Parameters
        table: clean table with one row per event
        grade: its column of the grade
        term: its column of the term
        by: column of the groups; all together are counted too
        severe: lowest severe grade
    """
    given = {"table": table, "grade": grade, "term": term, "by": by, "severe": severe}
    who, events, sizes = data.study.participant, events_of(data, table), {}
    nameless = int(events[term].isna().sum())
    ungraded = int(events.groupby([who, term], dropna=False)[grade].max().isna().sum())
    for group, level, statistic, members in harmed(data, given):
        n = int(members.sum())
        if statistic == "N":
            sizes[group.id] = n
            rows.add({"N": n}, group=group, method="participants")
            continue
        whole, any_term = sizes[group.id], "=" not in level.id
        notes = [f"{nameless} events without a term count here only"] if nameless and any_term else []
        notes += (
            [f"{ungraded} without a recorded grade count in any grade only"]
            if ungraded and any_term and level != ANY_GRADE
            else []
        )
        rows.add(
            {"n": n, "percent": n / whole if whole else float("nan")}, group=group, level=level,
            method="participants with an event", note="; ".join(notes) if whole else "not estimable: no participants",
        )  # fmt: skip
