"""The table of adverse events."""

from __future__ import annotations

import pandas as pd

from ..plan import own_word
from ..registry import Column, Field, Population
from ..registry import Table as CleanTable
from ..results import Results
from .table import KINDS, N_IS, NO_VALUE, Table, aligned


@KINDS.add("adverse_events")
def adverse_events(results: Results, *, population: Population, table: CleanTable, term: Field, grade: Field, by: Column = "",
                   severe: int = 3, at_least: int = 1) -> Table:  # fmt: skip
    """Adverse events by term: participants with any grade and with a severe one, each participant once at the worst grade.

    Parameters
        population: who is counted, and the denominator
        table: clean table with one row per event
        term: its column of the term
        grade: its column of the grade
        by: column of the groups
        severe: lowest severe grade
        at_least: terms in fewer participants are left out
    """
    data = results.population(population)
    who = results.study.participant
    events = results.tables[table]
    events = events[events[who].isin(data.frame[who])]
    worst = events.groupby([who, term], sort=True, dropna=False)[grade].max().reset_index()
    levels = {level.label: members for level, members in data.groups(by).items()} if by else {}
    everyone = own_word("Overall", levels, "everyone") if by else "All"
    columns = {**levels, everyone: pd.Series(True, index=data.frame.index)}
    header = ["Term"]
    for name, members in columns.items():
        header += [f"{name} ({N_IS}{int(members.sum()):,}): any grade", f"{name}: grade ≥{severe}"]
    result = Table(header, aligned("left", header[1:]))
    everyone = worst.groupby(who, sort=True)[grade].max()
    _event_row(result, "Any event", data, columns, everyone, severe, who)
    counts = worst.groupby(term)[who].nunique()
    for name in sorted(counts.index, key=lambda name: (-counts[name], str(name))):
        if counts[name] >= at_least:
            rows = worst[worst[term] == name].set_index(who)[grade]
            _event_row(result, str(name), data, columns, rows, severe, who)
    if worst.empty:
        result.note("No adverse event was recorded.")
    result.note("Participants, n (%), each counted once per term at the worst grade.")
    ungraded = int(worst[grade].isna().sum())
    if ungraded:
        result.note(f"{ungraded} without a recorded grade count in any grade only.")
    return result


def _event_row(table: Table, name: str, data, columns: dict, worst: pd.Series, severe: int, who: str) -> None:
    """worst: participant -> worst grade."""
    grades = data.frame[who].map(worst)
    has = data.frame[who].isin(worst.index)
    cells = []
    for members in columns.values():
        total = int(members.sum())
        for holds in (has, grades.ge(severe).fillna(False).astype(bool)):
            n = int((members & holds).sum())
            cells.append(f"{n:,} ({_percent(n, total)})" if total else NO_VALUE)
    table.add(name, *cells)


def _percent(n: int, total: int) -> str:
    from ..analysis.display import display

    return display("percent", n / total).rstrip("%")
