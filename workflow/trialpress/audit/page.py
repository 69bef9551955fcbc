"""The page of the audit, audit/index.html: one file that asks nothing of any network and runs nothing but its own script.

The page holds data only: trace.json, the logs of the clean stage and the tables of the audit, as JSON in which no
character can end the element that it stands in. The script writes them as text, never as markup, and the page's policy
(Content-Security-Policy) allows this one script by its hash and nothing else, so a cell that holds `<script>` is shown.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
from collections.abc import Mapping
from pathlib import Path
from string import Template

import pandas as pd

from ..files import write_text
from ..names import flow_names
from ..results import Results

ASSETS = Path(__file__).with_name("assets")
STYLES = Path(__file__).parents[1] / "report" / "assets" / "styles.css"
_UNSAFE = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def embedded(value: object) -> str:
    """JSON that can stand inside a script element."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for character, escape in _UNSAFE.items():
        text = text.replace(character, escape)
    return text


def encoded(frame: pd.DataFrame) -> dict:
    """A table by columns: {name: {values: the different texts, codes: which of them each row has}}."""
    columns = {}
    for name in frame:
        codes, values = pd.factorize(frame[name].astype(str))
        columns[name] = {"values": values.tolist(), "codes": codes.tolist()}
    return {"rows": len(frame), "columns": columns}


def results_table(trace: Mapping) -> pd.DataFrame:
    """Every statistic with the id of its record."""
    rows = [
        (entry["id"], record["label"], entry["group_label"], entry["level_label"], statistic, display, "" if value is None else repr(value), origin, method, note)
        for record in trace["records"].values()
        for entry in record.get("results", ())
        for statistic, value, display, method, note, origin in entry["statistics"]
    ]  # fmt: skip
    return pd.DataFrame(
        rows, columns=["number", "label", "group", "level", "statistic", "printed", "value", "origin", "method", "note"]
    )


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
    script = "\n".join((ASSETS / name).read_text(encoding="utf-8") for name in ("table.js", "page.js"))
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


def write(results: Results, trace: Mapping, clean: Mapping[str, pd.DataFrame], folder: Path) -> None:
    """audit/index.html, from what the stages and the audit have written so far."""
    tables, found = collected(folder)
    tables = {
        "results": results_table(trace),
        **{name: clean[name] for name in ("changes", "queries", "rejected", "rows")},
        **tables,
    }
    data = {
        "trace": trace,
        "flow": flow(results, trace),
        "tables": {name: encoded(frame) for name, frame in tables.items()},
        "files": found,
    }
    write_text(render(data), folder / "audit" / "index.html")
