"""Events whose date is not known though something is: a date that could not be read, a condition of which it is not known whether it
holds. They count as no event, since there is no day to put them on; whose they are is noted in a column of the subjects.
"""

from __future__ import annotations

import ast
import operator
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import reduce

import pandas as pd

from ..expression import Expression
from ..plan import Plan
from ..study import Study
from ..text import text_of
from .columns import OfSubjects

Asked = Mapping[str, Sequence[tuple[str, str]]]  # table.column -> (participant, key) of the values that are asked about


def asked_about(queries: pd.DataFrame, study: Study) -> Asked:
    """Of the open queries; queries: queries.csv as texts."""
    found = defaultdict(list)
    for query in queries[queries["state"].eq("open") & queries["value"].ne("")].itertuples():
        table = study.tables.get(query.table)
        if table is None or study.participant not in table.key:
            continue
        key = query.key.split("/") if len(table.key) > 1 else [query.key]
        if len(key) == len(table.key):
            found[f"{query.table}.{query.field}"].append((key[table.key.index(study.participant)], query.key))
    return found


def _unread(study: Study, tables: Mapping[str, pd.DataFrame], name: str, asked: Asked) -> set[str]:
    """Of whom a value of table.column was not used."""
    table, _, field = name.partition(".")
    found: set[str] = set()
    for participant, key in asked.get(name, ()):
        frame, of = tables[table], study.tables[table]
        rows = frame[frame[study.participant].astype(str).eq(participant) & frame[field].isna()]
        for row in rows[list(of.key)].itertuples(index=False):
            written = "/".join(_written(value, of.columns[one].type) for one, value in zip(of.key, row, strict=True))
            found |= {participant} if written == key else set()
    return found


def _written(value, kind: str) -> str:
    return text_of(None if pd.isna(value) else value.date() if kind == "date" else value, kind)


def possible(
    study: Study, plan: Plan, columns: OfSubjects, asked: Asked, doubtful: Mapping[str, pd.Series]
) -> Callable[[str], pd.Series]:
    """An expression -> in whom it has a value, or could have one. doubtful: by column, in whom it has none because it is not known
    which rows count."""
    who = columns[columns.who].astype(str)

    def of(name: str) -> pd.Series:
        column = plan.derived.get(name)
        spec = column.spec if column else {}
        found = columns[name].notna()
        if "expression" in spec and name not in Expression(spec["expression"]).names:
            return found | could(spec["expression"])
        if "from" in spec:
            fields = [f"{spec['from']}.{field}" for field in Expression(spec.get("value", "true")).names]
            found = found | doubtful.get(name, False)
        else:
            fields = [name if "." in name else f"{plan.cohort_table}.{name}"]
        return found | who.isin([one for field in fields for one in _unread(study, columns.tables, field, asked)])

    def could(text: str) -> pd.Series:
        text = str(text)
        match ast.parse(Expression(text).canonical, mode="eval").body:
            case ast.Call(func=ast.Name(id="when"), args=[condition, then, *rest]):
                holds = Expression(ast.unparse(condition)).known(columns)
                either = [~holds.fillna(False) & could(ast.unparse(one)) for one in rest]
                return reduce(operator.or_, either, holds.fillna(True) & could(ast.unparse(then)))
            case ast.Call(func=ast.Name(id="min" | "max" | "coalesce"), args=some):
                return reduce(operator.or_, (could(ast.unparse(one)) for one in some))
            case ast.Call(func=ast.Name(id="shift"), args=[date, _]):
                return could(ast.unparse(date))
            case ast.Name() | ast.Attribute() if names := Expression(text).names:
                return of(names[0])
        return Expression(text)(columns).notna()

    return could
