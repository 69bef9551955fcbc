"""The commonest misfits and the rejected rows of a first run, each with the line of study.yaml that would mend it."""

from __future__ import annotations

import re

import pandas as pd

from ..clean.part import ELSEWHERE, NOTHING

MOST = 12
VALUE = re.compile(r"'[^']*'")  # of a cell: it may be a person's
ROWS = 5  # rejected rows of a table that are named
MENDS = (
    (r"by its value label in the file", "codes: the labels of the file say otherwise; or codes: from file"),
    (r"is not in the code list", "add the text to codes, or to missing"),
    (r"is not a number", "missing: [{value}] if it means so; limit_text if it stands for a limit; or a correction"),
    (r"is not a whole number", "type: number"),
    (r"unit .*not known|has the unit|unknown unit|no unit", "units: {{{value}: factor}}"),
    (r"day/month or month/day|several orders", "date_order: dmy (or mdy)"),
    (r"year of two digits", "two_digit_years of the file, as 1930"),
    (r"partial date", "partial: {{given: name_of_a_column}}, with impute if the day is to be put in"),
    (r"may be .* or .*; declare decimal", 'decimal: "," (or ".") and grouping of the file or column'),
    (r"does not have the form", "pattern, or rewrite if it is another spelling"),
    (r"is not a date", "missing, if it means so; or a correction"),
    (r"same key", "key: another column belongs to it; or corrections.csv"),
    (r"outside|impossible|above|below", "possible or plausible, if the range is too narrow; or a correction"),
    (r"orphan|is not in", "references, if they need not be there"),
)

REJECTED = (
    (r"footnote|repeats the header", "nothing, if that is so; else footer or header_rows of files.{file}"),
    (r"duplicate of row", "nothing: the row kept says the same"),
    (r"conflicts with row", "tables.{table}.key: another column belongs to it; or corrections.csv"),
    (
        r"shifted|has \d+ cells?",
        "the file, if a cell is lost or too many; footer of files.{file}, if the row is no record",
    ),
    (
        r"no usable key",
        "the file, if the cell was forgotten or is a slip; footer of files.{file}, if the row is no record",
    ),
    (r"orphan", "references of tables.{table}, if they need not be there; or the file that lacks them"),
)


def elsewhere(rows: pd.DataFrame) -> dict[tuple[str, str], int]:
    """(file, table) -> how many rows of the file are another table's, or hold nothing for this one."""
    rows = rows[rows["reason"].str.startswith((ELSEWHERE, NOTHING))]
    return rows.groupby(["file", "table"]).size().to_dict()


def rejected(rows: pd.DataFrame, files: dict[str, str]) -> list[str]:
    """Lines on the rows of rejected.csv that no other table holds: where, why, and what would mend it; the first ROWS of a
    table and reason. files: path -> short name."""
    lines: list[str] = []
    rows = rows[~rows["reason"].str.startswith((ELSEWHERE, NOTHING))]
    for (file, table, _), same in rows.groupby(["file", "table", rows["reason"].map(_kind)], sort=True):
        for row in same.head(ROWS).itertuples():
            lines.append(f"  {file}, row {row.row} -> {table}: {VALUE.sub('...', row.reason)}")
        lines += [f"  {file} -> {table}: {len(same) - ROWS:,} more of this kind"] if len(same) > ROWS else []
        mend = next(
            (do for form, do in REJECTED if re.search(form, same["reason"].iloc[0])), "look at clean/rejected.csv"
        )
        lines.append(f"          {mend.format(file=files.get(file, file), table=table)}")
    return lines


def commonest(queries: pd.DataFrame) -> list[tuple[int, str, str]]:
    """(how many, what, the line that mends it) of the queries by column and kind, the most frequent first. A value is shown only
    where it came twice or more."""
    rejected = queries["message"].str.endswith("it was rejected")  # `rejected` has them
    queries = queries[~(rejected | queries["message"].str.startswith("no table of study.yaml is read from"))]
    if not len(queries):
        return []
    kind = queries["message"].map(_kind)
    groups = queries.assign(kind=kind).groupby(["table", "field", "kind"], sort=True)
    found = []
    for (table, field, what), rows in groups:
        often = rows["value"].value_counts()
        value = often.index[0] if len(often) and often.iloc[0] > 1 and often.index[0] else ""
        mend = next((do for form, do in MENDS if re.search(form, what)), "")
        place = f"tables.{table}.columns.{field}" if field else (f"tables.{table}" if table else "files")
        where = f"{table}.{field}" if field else table or rows["file"].iloc[0]
        shown = f" (as '{value}')" if value else ""
        found.append(
            (
                len(rows),
                f"{where}: {what}{shown}",
                f"{place}: {mend.format(value=value or '...')}" if mend else "look at clean/queries.csv",
            )
        )
    return sorted(found, key=lambda one: (-one[0], one[1]))[:MOST]


def _kind(message: str) -> str:
    """A message without what is particular to a cell."""
    text = re.sub(r"'[^']*'", "...", message)
    text = re.sub(r"\(did you mean[^)]*\)|\(known here[^)]*\)|\(in \d+ rows.*?\)", "", text)
    return re.sub(r"\d+", "...", text).strip()[:110]
