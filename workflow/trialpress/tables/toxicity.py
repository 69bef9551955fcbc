"""Adverse events by system organ class and term."""

from __future__ import annotations

from typing import Literal

from ..analysis.methods.toxicity import ANY, CLASS, GRADES, class_of
from ..figures.events import rare, rows_of_terms
from ..figures.read import groups, interval, shown, value
from ..ids import EVERYONE, Name
from ..ids import level as level_of
from ..plan import own_word
from ..registry import Analysis
from ..results import Results
from .table import KINDS, N_IS, NO_VALUE, Cell, Head, Table, aligned, linked

Columns = Literal["any", "severe", "related", "events", "grades"]
HEADS = {"any": "Any grade", "severe": "Grade \u2265{severe}", "related": "Attributed", "events": "Events"}


@KINDS.add("toxicity")
def toxicity(
    results: Results,
    *,
    analysis: Analysis,
    columns: list[Columns] = ("any", "severe"),
    at_least: float = 0,
    overall: bool = True,
    difference: bool = False,
    attributed: str = "",
) -> Table:
    """Adverse events by system organ class, if the analysis has classes, and by term, from the most frequent: participants
    with an event, n (%), each once, and the number of events.

    Parameters
        analysis: toxicity analysis
        columns: what is shown of each group: participants with any grade, with a severe one, with an attributed event, by their worst grade; or the events
        at_least: per cent of the participants of some group below which a term is not shown
        overall: whether all groups together have columns
        attributed: what an attributed event is, for the footnote (default: the condition of the analysis)
        difference: whether the difference between two groups is shown, with the p-value if the analysis has it
    """
    spec, own = results.plan.analyses[analysis], groups(results, analysis)
    of = [group for group in own if group] + ([EVERYONE] if overall or own == [EVERYONE] else [])
    word = own_word("Overall", [group.label for group in own], "everyone") if own != [EVERYONE] else "All"
    severe, found = spec.get("severe", 3), results.analysis(analysis)
    cells = [one for name in columns for one in ([f"grade_{g}" for g in GRADES] if name == "grades" else [name])]
    of_term = class_of(results.tables[spec["table"]], spec)
    header = ["System organ class, term" if of_term else "Term"]
    for group in of:
        size = linked(results, analysis, shown(results, analysis, "N", group), group)
        over = Cell(group.label or word, f" ({N_IS}", size, ")")
        for name in cells:
            header.append(Head(over, HEADS.get(name, name.replace("_", " ").capitalize()).format(severe=severe)))
    tested = difference and (found["statistic"] == "p_value").any()
    more = ([f"Difference ({100 * results.plan.level:g}% CI)"] if difference else []) + (["P"] if tested else [])
    table = Table([*header, *more], aligned("left", [*header[1:], *more]))
    rows, few = rows_of_terms(results, analysis, at_least, False)
    shown_terms = {row.level: row.name for row in rows}

    def add(level: Name, name: str, indent: int = 0) -> None:
        line = [_cell(results, analysis, group, level, one) for group in of for one in cells]
        line += [_difference(results, analysis, level)] if difference else []
        p = shown(results, analysis, "p_value", level=level) or NO_VALUE
        line += [linked(results, analysis, p, level=level)] if tested else []
        table.add(name, *line, indent=indent)

    add(ANY, ANY.label)
    classes = sorted(
        {of_term[name] for name in shown_terms.values() if name in of_term},
        key=lambda one: (-_n(results, analysis, one), one),
    )
    for one in [*classes, None]:
        mine = [level for level, name in shown_terms.items() if level != ANY and of_term.get(name) == one]
        if one is not None:
            add(level_of(CLASS, Name(one, one)), one)
        elif mine and classes:
            table.add("Without a class", *[""] * (len(header) - 1 + len(more)))
        for level in mine:
            add(level, shown_terms[level], indent=int(bool(classes)))
    table.note(
        "Participants, n (%), each counted once in a row, at the worst grade." if set(cells) - {"events"} else ""
    )
    table.note("Events: their number; a participant may have several." if "events" in cells else "")
    table.note(f"Attributed: {attributed or spec['related']}." if "related" in cells and spec.get("related") else "")
    table.note("Difference: second group less first, percentage points, Newcombe's interval." if difference else "")
    table.note("P: Fisher's exact test, not adjusted for the number of terms." if tested else "")
    table.note(f"{rare(few, at_least, False)}." if at_least else "")
    note = results.value(analysis, "n", "", ANY.id, what="note") if value(results, analysis, "N") > 0 else ""
    table.note(f"{note[:1].upper()}{note[1:]}." if note else "")
    return table


def _n(results: Results, analysis: str, one: str) -> float:
    """How many have an event of a class."""
    return value(results, analysis, "n", EVERYONE, level_of(CLASS, Name(one, one)))


def _cell(results: Results, analysis: str, group: Name, level: Name, what: str) -> Cell:
    if not value(results, analysis, "N", group) > 0:
        return Cell(NO_VALUE)
    n = shown(results, analysis, {"any": "n", "events": "occurrences"}.get(what, what), group, level)
    share = {"any": "percent", "severe": "severe_percent"}.get(what)
    text = f"{n} ({shown(results, analysis, share, group, level).replace('%', '')})" if share else n or "0"
    return linked(results, analysis, text, group, level)


def _difference(results: Results, analysis: str, level: Name) -> Cell:
    point, low, high = (
        shown(results, analysis, name, level=level).replace("%", "") for name in ("estimate", "ci_low", "ci_high")
    )
    text = f"{point} ({interval(low, high)})" if point not in ("", "NE") else NO_VALUE
    return linked(results, analysis, text, level=level)
