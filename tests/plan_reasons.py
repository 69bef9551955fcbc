"""Why a changed plan gives the same results: what the data say of the two, found by evaluating both."""

from __future__ import annotations

import ast
from collections.abc import Mapping

import pandas as pd
from plan_changes import Mutation
from trialpress.cohort import Builder
from trialpress.expression import Expression, ExpressionError


def why(subject, mutation: Mutation) -> str:
    """In words; empty where no reason is found, which is a fault of the plan's reading or of this script."""
    for reason in (_population, _taken, _window, _expression):
        found = reason(subject, mutation)
        if found:
            return found
    return ""


def said(subject, mutation: Mutation) -> str:
    """What the run itself says has no effect: of the part of the plan that the mutation changes; empty if nothing is said."""
    where = ".".join(map(str, mutation.path))
    for entry, part, finding in subject.no_effect.itertuples(index=False):
        of = entry == where.removesuffix(".condition") or entry == where
        if mutation.kind == "take":
            fits = where == f"{entry}.take" and part.startswith("take: ")
        elif mutation.kind == "population":
            twins = {f"has the same participants as {name}" for name in (mutation.old, mutation.new)}
            fits = of or (entry.partition(".")[2] in (mutation.old, mutation.new) and finding in twins)
        elif isinstance(mutation.old, str):
            fits = of and part in touched(mutation.old, str(mutation.new))
        else:
            fits = of
        if fits:
            return f"{entry}, {part}: {finding}"
    return ""


def touched(old: str, new: str) -> set[str]:
    """The parts of an expression that a change stands in; the two beside it, where it is a word of logic."""
    start = next((at for at, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    back = next((at for at, (a, b) in enumerate(zip(old[::-1], new[::-1], strict=False)) if a != b), 0)
    end = max(len(old) - back, start)
    found = set()
    for node in ast.walk(ast.parse(old, mode="eval").body):
        if isinstance(node, ast.expr) and node.col_offset <= start and end <= node.end_col_offset:
            found.add(ast.unparse(node))
            if isinstance(node, ast.Compare):  # of a chain the pairs
                ends = [node.left, *node.comparators]
                for op, a, b in zip(node.ops, ends, ends[1:], strict=False):
                    if a.col_offset <= start and end <= b.end_col_offset:
                        found.add(ast.unparse(ast.Compare(a, [op], [b])))
            if isinstance(node, ast.BoolOp):
                beside = [value for value in node.values if value.end_col_offset <= start][-1:]
                beside += [value for value in node.values if value.col_offset >= end][:1]
                found |= {ast.unparse(value) for value in beside} if len(beside) == 2 else set()
    return found


def _builder(subject) -> Builder:
    builder = Builder(subject.study, subject.plan, subject.tables)
    builder.subjects = subject.built.subjects
    return builder


def _spec(subject, path: tuple) -> Mapping:
    """The entry in which a path ends."""
    inner = subject.content
    for step in path[:-1]:
        inner = inner[step]
    return inner


def _population(subject, mutation: Mutation) -> str:
    if mutation.kind != "population":
        return ""
    old, new = (subject.built.subjects[name].astype(bool) for name in (mutation.old, mutation.new))
    if old.equals(new):
        return f"both populations are the same {int(old.sum())} participants"
    others = subject.built.subjects.loc[old != new, subject.study.participant]
    spec = _spec(subject, mutation.path)
    table = subject.tables.get(spec.get("table", "")) if isinstance(spec, Mapping) else None
    if table is not None and not table[subject.study.participant].isin(others).any():
        return f"the {len(others)} participants by whom they differ have no row of {spec['table']}"
    return ""


def _taken(subject, mutation: Mutation) -> str:
    if mutation.kind != "take":
        return ""
    spec, builder = _spec(subject, mutation.path), _builder(subject)
    frame, columns = builder.rows_of(spec["from"])
    counts = Expression(spec["where"])(columns).astype("boolean").fillna(False) if "where" in spec else slice(None)
    values = Expression(spec["value"])(columns)
    rows = pd.DataFrame({"who": frame[builder.who], "value": values})[counts].dropna()
    # a row of which it is not known whether it counts makes the value missing, whichever is taken
    several = int((rows.groupby("who")["value"].nunique() > 1).sum())
    return "" if several else f"no participant has two values among the {len(rows)} rows that are known to count"


def _window(subject, mutation: Mutation) -> str:
    """A bound on days: no record lies between the old and the new one."""
    path = mutation.path
    if mutation.kind != "number" or not ("window" in path or path[-1] in ("last_day", "first_day")):
        return ""
    low, high = sorted((mutation.old, mutation.new))
    spec = _spec(subject, path) if path[0] == "figures" else subject.plan.daily
    frame, columns = _builder(subject).rows_of(spec["table"])
    shown = Expression(spec["day"])(columns).between(low, high, inclusive="right").fillna(False)
    if "items" in spec:
        shown &= frame[spec["item"]].isin(spec["items"])
    return "" if shown.any() else f"no row of {spec['table']} that counts has a day after {low} and up to {high}"


def _columns(subject, path: tuple):
    """(the columns over which the expression at a path is evaluated, what its rows are)."""
    builder = _builder(subject)
    if path[:2] == ("cohort", "daily"):
        table = subject.plan.daily["table"]
        return builder.rows_of(table)[1], f"rows of {table}"
    spec = _spec(subject, path)
    if path[:2] == ("cohort", "columns") and "from" in spec:
        return builder.rows_of(spec["from"])[1], f"rows of {spec['from']}"
    return builder.columns(), "participants"


def _expression(subject, mutation: Mutation) -> str:
    if not isinstance(mutation.old, str) or not isinstance(mutation.new, str):
        return ""
    columns, what = _columns(subject, mutation.path)
    try:
        old, new = (Expression(text)(columns) for text in (mutation.old, mutation.new))
    except (ExpressionError, KeyError):
        return ""
    differ = (old.astype("string").fillna("") != new.astype("string").fillna("")).to_numpy()
    n, total = int(differ.sum()), len(differ)
    if not n:
        return f"both say the same of all {total} {what}"
    path = mutation.path
    head = f"they differ in {n} of {total} {what}"
    if "signs" in path:
        return f"{head}, whose grade follows from another sign"
    if path[0] == "flow":
        excluded = _excluded(subject, path[1])
        among = int((differ & excluded).sum())
        said = "none of whom is excluded at this step" if not among else "who are counted under a reason before it"
        return f"{head}, {said}"
    if path[:2] == ("cohort", "columns") and "take" in _spec(subject, path):
        return f"{head}, and the same value is taken for each participant"
    if path[0] == "analyses":
        population = _spec(subject, path).get("population")
        here = subject.built.subjects[population].to_numpy(dtype=bool)
        counts = [int(found.astype("boolean").fillna(False)[here].sum()) for found in (old, new)]
        if counts[0] == counts[1]:
            return f"both hold for {counts[0]} of the {int(here.sum())} participants in {population}"
    if path[:2] == ("cohort", "columns"):
        return f"{head}, which another condition decides" if "where" in path else ""
    return ""


def _excluded(subject, number: int):
    """Who is excluded at a step of the flow."""
    steps, subjects = subject.content["flow"], subject.built.subjects
    start = steps[number].get("from", steps[number - 1]["population"])
    return (subjects[start] & ~subjects[steps[number]["population"]]).to_numpy(dtype=bool)
