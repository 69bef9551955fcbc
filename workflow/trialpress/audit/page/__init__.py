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
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from string import Template

import pandas as pd

from ... import environment
from ...clean.withheld import HIDDEN, NOT_SHOWN
from ...contracts import CONCORDANCE, Blocks
from ...files import read_csv, sha256, write_text
from ...names import flow_names
from ...parts import NotRead
from ...report.places import places, sentences
from ...results import Results
from ...store import Store
from ...study import Study
from .. import second
from ..parts import embedded
from . import people
from .logs import Log, encoded

ASSETS = Path(__file__).parents[1] / "assets"
SCRIPTS = ("table.js", "records.js", "views.js", "page.js")
STYLES = Path(__file__).parents[2] / "report" / "assets" / "styles.css"


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
    made = changes[changes["rule"].str.contains("correction:", regex=False).astype(bool)]
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
    return {path.stem: pd.read_csv(path, dtype=str, keep_default_na=False) for path in paths}, _files(folder)


def _files(folder: Path) -> dict[str, dict]:
    paths = (path for path in sorted((folder / "audit").glob("*.json")) if path.stem != "trace")
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in paths}


def render(trace: Mapping, data: Mapping[str, str]) -> str:
    """The page around its data. data: name -> JSON that can stand in a page."""
    script = "\n".join((ASSETS / name).read_text(encoding="utf-8") for name in SCRIPTS)
    style = STYLES.read_text(encoding="utf-8") + (ASSETS / "page.css").read_text(encoding="utf-8")
    return Template((ASSETS / "page.html").read_text(encoding="utf-8")).substitute(
        title=html.escape(f"Audit: {trace['title']}"),
        notice=html.escape(trace["notice"]),
        hidden="" if trace["notice"] else " hidden",
        hash=base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii"),
        style=style,
        data=joined(data),
        script=script,
    )


def joined(data: Mapping[str, str]) -> str:
    """A JSON object of values that are JSON."""
    return f"{{{','.join(f'{embedded(name)}:{text}' for name, text in data.items())}}}"


def of_clean(results: Results, clean: Mapping[str, pd.DataFrame | Blocks], folder: Path, fixes: Path) -> dict[str, str]:
    """What the page has of the clean stage, as JSON: its logs and the raw cells of the participants. Parts of what is large are
    written below audit/page/. No plan is read."""
    below, results = folder / "audit" / "page", replace(results, plan=NotRead("the plan"))
    shutil.rmtree(below, ignore_errors=True)
    logs = [Log(name, clean[name]) for name in ("changes", "queries", "rejected", "rows")]
    changes = logs[0]
    logs += [Log("rules", changes.rules), Log("corrections", corrections(fixes, results.study, changes.corrected))]
    held = {log.name: embedded(log.paged(below)) for log in logs}
    return held | {
        "people": embedded(people.write(results, clean["changes"], folder / "clean" / "cells.parquet", below))
    }


def kept_of_clean(
    store: Store, read: Mapping[str, str], make: Callable[[], dict[str, str]], folder: Path
) -> dict[str, str]:
    """The same from an earlier run, if all that it is made of is the same and the parts still are what was written then."""
    below = (f"{folder.as_posix()}/clean/", f"{folder.as_posix()}/cohort/", "data/")
    made_of = [
        "page",
        {name: of for name, of in read.items() if name.startswith(below) or name.endswith("/study.yaml")},
    ]
    if (kept := store.taken(made_of)) is not None:
        content = json.loads(kept)
        if content["parts"] == _parts(folder):
            return content["held"]
    held = make()
    store.keep(made_of, json.dumps({"held": held, "parts": _parts(folder)}, ensure_ascii=False).encode())
    return held


def _parts(folder: Path) -> dict[str, str]:
    """Name -> hash of what lies below audit/page/."""
    return {path.name: sha256(path) for path in sorted((folder / "audit" / "page").glob("*"))}


def write(
    results: Results,
    trace: Mapping,
    clean: Mapping[str, pd.DataFrame | Blocks],
    folder: Path,
    fixes: Path,
    store: Store | None = None,
    read: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """audit/index.html, from what the stages and the audit have written so far; fixes: corrections.csv. Returns its data, for
    `write_again`. store: where data of an earlier run may be, by the hashes of what is `read`."""
    make = partial(of_clean, results, clean, folder, fixes)
    held = make() if store is None else kept_of_clean(store, read, make, folder)
    people_of = held.pop("people")
    tables, found = collected(folder)
    held |= {name: embedded(encoded(frame)) for name, frame in tables.items()}
    said = second.outcome(folder) if CONCORDANCE.path(folder / "audit").is_file() else None
    data = {
        "trace": embedded(trace),
        "flow": embedded(flow(results, trace)),
        "tables": joined(held),
        "files": embedded(found),
        "people": people_of,
        "places": embedded(encoded(printed(folder))),
        "labels": embedded(labels(results.study)),
        "amendments": embedded(results.plan.lock.amendments),
        "second": embedded({"text": said.text, "how": said.how} if said else None),
        "code": embedded(environment.tree(environment.ROOT / "workflow")),
    }
    write_text(render(trace, data), folder / "audit" / "index.html")
    return data


def write_again(trace: Mapping, data: Mapping[str, str], folder: Path) -> None:
    """The page when the audit has written another of its files: with what the privacy gate says."""
    found = embedded(_files(folder))
    write_text(render(trace, {**data, "files": found}), folder / "audit" / "index.html")
