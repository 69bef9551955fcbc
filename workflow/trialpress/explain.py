"""A number's record, and a participant on the way from it to the raw cells, as lines for a terminal."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path

from .audit.trace import cell, closure, find, part_of, read, record_of
from .studies import wrong
from .study import load_yaml

RESULTS = Path("results")


def shown(text: object) -> str:
    """Text for a terminal: control characters of a raw cell are written, not obeyed."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in str(text))


def wrapped(text: str, indent: int = 2) -> str:
    """Paragraphs, each filled to the line."""
    pad = " " * indent
    return "\n".join(
        textwrap.fill(shown(" ".join(part.split())), 110, initial_indent=pad, subsequent_indent=pad)
        for part in text.split("\n\n")
    )


SHOWN = 500  # participants of a count that are named; the trace names all


def people(content: Mapping, members: list[int]) -> str:
    more = f" and {len(members) - SHOWN:,} more, named in the trace" if len(members) > SHOWN else ""
    return (" ".join(content["participants"][at] for at in members[:SHOWN]) or "nobody") + more


def counted(content: Mapping, number: str, folder: Path) -> tuple[str, dict, dict, str]:
    """As `find`, the record and its entry with their members."""
    name, entry, part = find(content, number)
    record = record_of(content, name, folder)
    own = next((found for found in record.get("results", ()) if found["id"] == entry.get("id")), {})
    return name, record, own, part


def explain(content: Mapping, number: str, folder: Path) -> Iterator[str]:
    """The record of a number, in lines. KeyError if there is no such number."""
    name, record, entry, part = counted(content, number, folder)
    yield f"{number}: {shown(record['label'])}"
    if content["notice"]:
        yield wrapped(content["notice"])
    if part:
        yield f"  printed      {shown(entry['printed'][part])}"
    if "printed" in record:
        yield f"  printed      {record['printed']}"
        where = f"clean/{record['log']}.csv" if record["kind"] == "clean" else "plan.yaml"
        rule = record.get("filter")
        yield f"  from         {where}" + (f", rows with '{rule}'" if rule else "")
        return
    yield f"  population   {record['population']}"
    for within in content["populations"][record["population"]]:
        yield f"    {within['label']} (n = {within['n']}): {within['condition']}"
    for key, value in record.get("plan", {}).items():
        if key not in ("population", "label"):
            yield f"  {key:<12} {shown(value)}"
    if "condition" in record:
        yield f"  condition    {shown(record['condition'])}"
    if "method" in record:
        yield wrapped(content["methods"][record["method"]]["text"], 4)
        for reference in content["methods"][record["method"]]["references"]:
            yield wrapped(reference, 6)
    for found in [entry] if entry else record["results"]:
        about = ", ".join(filter(None, (found["group_label"], found["level_label"])))
        yield f"\n{found['id']}" + (f" ({shown(about)})" if about else "")
        for statistic, value, display, method, note, origin in found["statistics"]:
            about = "; ".join(filter(None, [note, origin]))
            yield f"  {statistic:<12} {display:<12} {'' if value is None else value!s:<22} {shown(method)}" + (
                f" [{about}]" if about else ""
            )
        for statistic, members in found["who"].items():
            yield f"  in {statistic}: {len(members)} participants"
            yield textwrap.fill(people(content, members), 110, initial_indent="    ", subsequent_indent="    ")
    for text, members in record.get("left_out", ()):
        yield f"\n{text}"
        yield textwrap.fill(people(content, members), 110, initial_indent="    ", subsequent_indent="    ")
    yield "\ncolumns read"
    for column, depth in closure(content, record["columns"]).items():
        yield f"  {'  ' * depth}{column}: {shown(content['columns'][column]['how'])}"
    yield "\nadd --participant to follow one of them to the raw cells"


def follow(content: Mapping, number: str, participant: str, folder: Path) -> Iterator[str]:
    """One participant on the way from a number to raw cells, in lines."""
    _, record, entry, _ = counted(content, number, folder)
    if participant not in content["participants"]:
        near = [who for who in content["participants"] if who.endswith(participant)]
        raise KeyError(f"no participant '{participant}'" + (f"; did you mean {' or '.join(near)}?" if near else ""))
    at = content["participants"].index(participant)
    here = part_of(content, at, folder)
    place = at - here.get("first", 0)
    yield f"{number}, participant {participant}"
    for found in [entry] if entry else record.get("results", ()):
        counts = [f"{name} ({len(members)})" for name, members in found["who"].items() if at in members]
        if counts or entry:
            yield f"  counted in {found['id']}: {', '.join(counts) or 'no'}"
    for column, depth in closure(content, record.get("columns", ())).items():
        about, pad = content["columns"][column], "  " * (depth + 1)
        value = here["values"].get(column)  # rows that an analysis reads directly have none together
        yield f"{pad}{column}" + ("" if value is None else f" = {shown(value[place]) or '(missing)'}")
        yield f"{pad}    {shown(about['how'])}"
        evidence = here["evidence"].get(column, {}).get(str(at), {})
        if "of" in evidence:
            looked = here["rows"][about["table"]].get(str(at), [])
            spans = ", ".join(f"{file} rows {first} to {last}" for file, first, last in looked)
            said = f"{evidence['rows']} of {evidence['of']} rows of {about['table']} decided"
            yield f"{pad}    {said}" + (f": {', '.join(about['fields'])} in {spans}" if spans else "")
        for where in evidence.get("cells", ()):
            this = cell(content, where, here)
            line = f"{pad}    {this['file']}, row {this['row']}, {shown(this['column'])}: {shown(this['raw'])!r}"
            yield line + (f" -> {shown(this['clean'])!r} ({shown(this['rule'])})" if this["rule"] else "")


def main(number: str, participant: str | None, study: str | None) -> int:
    """The command `explain`."""
    study = study or load_yaml(Path("config/config.yaml"))["study"]
    number, _, who = number.partition("@")  # as a listing links them
    number = number.partition("~")[0]  # and a manuscript: its second place is ID~2
    participant = participant or who or None
    if what := wrong(study):
        print(what, file=sys.stderr)
        return 1
    folder = RESULTS / study
    if not (path := folder / "audit" / "trace.json").exists():
        print(f"{path} does not exist: run `make report STUDY={study}` first", file=sys.stderr)
        return 1
    content = read(folder)
    try:
        print(
            "\n".join(follow(content, number, participant, folder) if participant else explain(content, number, folder))
        )
    except KeyError as error:
        print(f"unknown: {number}" if not participant else f"unknown: {number}, {participant}", file=sys.stderr)
        print(error.args[0], file=sys.stderr)
        return 1
    return 0
