"""The page of the audit, audit/index.html: one file that asks nothing of any network and runs nothing but its own script.

The page holds data only: trace.json, the logs of the clean stage and the tables of the audit, as JSON in which no
character can end the element that it stands in. The script writes them as text, never as markup, and the page's policy
(Content-Security-Policy) allows this one script by its hash and nothing else, so a cell that holds `<script>` is shown.

What is large lies beside the page, in page/ and trace/, in parts that the script loads when they are asked for (see `parts`):
only then the policy trusts scripts that this script adds. A log of more than MOST rows is not there whole: of each kind of row
the first ones are.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from string import Template

import numpy as np
import pandas as pd

from ... import environment
from ...clean.withheld import HIDDEN, NOT_SHOWN
from ...contracts import CONCORDANCE
from ...files import read_csv, write_text
from ...names import flow_names
from ...report.places import places, sentences
from ...results import Results
from ...study import Study
from .. import second
from ..parts import embedded, write_part
from . import people

ASSETS = Path(__file__).parents[1] / "assets"
SCRIPTS = ("table.js", "records.js", "views.js", "page.js")
PART = 20_000  # rows of a table in one piece
MOST = 1_000_000  # rows of a table on the page
FEW = 500  # different values of a column that can be chosen from
KINDS = {
    "changes": ["table", "field", "rule"],
    "queries": ["state", "table", "field", "message"],
    "rejected": ["table", "reason"],
}
STYLES = Path(__file__).parents[2] / "report" / "assets" / "styles.css"


def encoded(frame: pd.DataFrame) -> dict:
    """A table by columns: {name: {values: the different texts, codes: which of them each row has}}."""
    columns = {}
    for name in frame:
        codes, values = pd.factorize(frame[name])
        columns[name] = {"values": [str(value) for value in values], "codes": codes.tolist()}
    return {"rows": len(frame), "columns": columns}


def paged(name: str, frame: pd.DataFrame, folder: Path) -> dict:
    """A table as the page has it: in one piece, or in parts in `folder`, with how often each of few values occurs."""
    if len(frame) <= PART:
        return encoded(frame)
    tally = {}
    for column in frame:
        n = frame[column].value_counts(sort=False)
        n = n[n > 0]
        if len(n) <= FEW:
            tally[column] = [[str(value), int(many)] for value, many in n.sort_index().items()]
    held = frame
    if len(frame) > MOST:
        nth = frame.groupby(KINDS.get(name, list(frame)[:1]), sort=False, observed=True).cumcount().to_numpy()
        held = frame[nth <= np.partition(nth, MOST - 1)[MOST - 1]].head(MOST)
    starts = range(0, len(held), PART)
    for number, start in enumerate(starts, start=1):
        write_part(encoded(held.iloc[start : start + PART]), folder / f"{name}-{number:04d}.js")
    more = {"of": len(frame), "file": f"clean/{name}.csv"} if len(held) < len(frame) else {}
    return {"rows": len(held), "names": list(frame), "size": PART, "parts": len(starts), "tally": tally, **more}


def rules(changes: pd.DataFrame) -> pd.DataFrame:
    """How many cells of each field each rule has changed."""
    keys = ["kind", "table", "field", "rule"]
    return changes.groupby(keys, sort=False, observed=True).size().rename("cells").reset_index()


def printed(folder: Path) -> pd.DataFrame:
    """Where the manuscript prints each number: number, kind of place, what stands before and behind the last full stop of its
    sentence or caption, and the text; the places of a number in their order. Then the sentences that print none."""
    rows = []
    for number, found in places(folder).items():
        for place in found:
            before, dot, where = place.where.rpartition(". ")
            rows.append((number, place.kind, before + dot, where, place.text))
    known = {before + where for _, kind, before, where, _ in rows if kind == "text"}
    rows += [("", "text", "", one, "") for one in sentences(folder) if one not in known]
    return pd.DataFrame(rows, columns=["number", "kind", "before", "where", "text"])


def corrections(path: Path, study: Study, changes: pd.DataFrame) -> pd.DataFrame:
    """The signed-off corrections with the raw cell that each has changed; by and date where the file has them. What is withheld
    of a cell is withheld here."""
    names = ["table", "key", "field", "old", "new", "by", "date", "reason"]
    found = read_csv(path) if path.exists() else pd.DataFrame(columns=names)
    found = found.reindex(columns=names, fill_value="")
    found[["by", "date"]] = found[["by", "date"]].replace("", "not stated")
    for at, row in found.iterrows():
        column = study.tables[row["table"]].columns[row["field"]]
        if column.withheld:
            found.loc[at, ["old", "new"]] = HIDDEN if column.identifier else NOT_SHOWN
    key, cell = ["table", "key", "field"], ["source_file", "source_row", "source_column"]
    made = changes[changes["rule"].astype(str).str.contains("correction:", regex=False)]
    made = made[[*key, *cell]].astype(str).drop_duplicates(key)
    return found.merge(made, on=key, how="left").fillna("")


def labels(study: Study) -> dict[str, dict[str, str]]:
    """What the dictionary calls the fields of each table, with their units."""
    named = {
        name: {
            column.name: f"{column.title}{f', {column.unit}' if column.unit else ''}"
            for column in table.columns.values()
        }
        for name, table in study.tables.items()
    }
    return {name: {field: text for field, text in fields.items() if text != field} for name, fields in named.items()}


def flow(results: Results, trace: Mapping) -> list[dict]:
    """The steps of the participant flow with the ids of their records."""
    steps, named = [], flow_names(zip(results.flow["step"], results.flow["reason"], strict=True))
    for population, rows in results.flow.groupby("step", sort=False):
        reasons = [
            {
                "reason": row.reason_label,
                "n": int(row.excluded),
                "id": ".".join(("flow", *named[population, row.reason])),
            }
            for row in rows.itertuples()
            if row.reason
        ]
        label, n = rows["step_label"].iloc[0], int(rows["n"].iloc[0])
        steps.append({"label": label, "n": n, "id": f"population.{population}", "reasons": reasons})
    return steps


def collected(folder: Path) -> tuple[dict[str, pd.DataFrame], dict[str, dict]]:
    """The tables and the JSON files of the audit, and what of the plan has no effect, by name; those that are not there are
    left out."""
    audit = folder / "audit"
    paths = [*sorted(audit.glob("*.csv")), *(folder / "cohort").glob("no_effect.csv")]
    tables = {path.stem: pd.read_csv(path, dtype=str, keep_default_na=False) for path in paths}
    found = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(audit.glob("*.json")) if path.stem != "trace"}  # fmt: skip
    return tables, found


def render(data: Mapping) -> str:
    """The page around its data."""
    script = "\n".join((ASSETS / name).read_text(encoding="utf-8") for name in SCRIPTS)
    style = STYLES.read_text(encoding="utf-8") + (ASSETS / "page.css").read_text(encoding="utf-8")
    return Template((ASSETS / "page.html").read_text(encoding="utf-8")).substitute(
        title=html.escape(f"Audit: {data['trace']['title']}"),
        notice=html.escape(data["trace"]["notice"]),
        hidden="" if data["trace"]["notice"] else " hidden",
        hash=base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii"),
        style=style,
        data=embedded(data),
        script=script,
    )


def write(
    results: Results,
    trace: Mapping,
    clean: Mapping[str, pd.DataFrame],
    folder: Path,
    fixes: Path,
    held: Mapping | None = None,
) -> Mapping:
    """audit/index.html, from what the stages and the audit have written so far; fixes: corrections.csv. Returns what is made of
    the clean stage as the page has it; a page that is written again is given that (`held`), and its parts stay."""
    tables, found = collected(folder)
    if held is None:
        below = folder / "audit" / "page"
        shutil.rmtree(below, ignore_errors=True)
        logs = {name: clean[name] for name in ("changes", "queries", "rejected", "rows")}
        logs |= {"rules": rules(clean["changes"]), "corrections": corrections(fixes, results.study, clean["changes"])}
        held = {
            "tables": {name: paged(name, frame, below) for name, frame in logs.items()},
            "people": people.write(results, clean, folder / "clean" / "cells.parquet", below, encoded),
            "places": encoded(printed(folder)),
        }
    said = second.outcome(folder) if CONCORDANCE.path(folder / "audit").is_file() else None
    data = {
        "trace": trace,
        "flow": flow(results, trace),
        "tables": {
            **held["tables"],
            **{name: encoded(frame) for name, frame in tables.items()},
        },
        "files": found,
        "people": held["people"],
        "places": held["places"],
        "labels": labels(results.study),
        "amendments": results.plan.lock.amendments,
        "second": {"text": said.text, "how": said.how} if said else None,
        "code": environment.tree(environment.ROOT / "workflow"),
    }
    write_text(render(data), folder / "audit" / "index.html")
    return held
