"""One export of several instruments and events: rows of each are a table of their own (REDCap's repeating instruments, events)."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from ..text import normalise
from .drafted import Drafted
from .entry import Entry
from .facts import body
from .header import column_name

INSTRUMENT = re.compile(r"redcap_repeat_instrument|Repeat Instrument")
INSTANCE = re.compile(r"redcap_repeat_instance|Repeat Instance")
EVENT = re.compile(r"redcap_event_name|Event Name")
GROUP = re.compile(r"redcap_data_access_group|Data Access Group")


def is_export(headers: list[str]) -> bool:
    """Whether a file's headers show that REDCap wrote it."""
    return any(
        re.fullmatch(f"{INSTRUMENT.pattern}|{EVENT.pattern}|{GROUP.pattern}|record_id", header) for header in headers
    )


def split(table: Drafted, taken: list[str]) -> list[Drafted]:
    """The tables of a file whose rows are of several instruments or events; the table itself where they are not."""
    find = {key: next((entry for entry in table.entries.values() if entry.facts and form.fullmatch(entry.facts.raw.headers[entry.facts.at][-1])), None)
            for key, form in (("instrument", INSTRUMENT), ("instance", INSTANCE), ("event", EVENT))}  # fmt: skip
    instrument, instance, event = find.values()
    if (
        "participant" not in table.entries
        or not (instrument and instrument.facts.n)
        and not (event and len(event.facts.texts) > 1)
    ):
        return [table]
    instrument = instrument if instrument and instrument.facts.n else None
    for entry in (instrument, event):
        if entry:
            entry.spec = {
                "source": entry.spec["source"],
                "type": "code",
                "codes": {text: [] for text in entry.facts.texts},
            }
            entry.mark, entry.asked = "certain", []
    if instance:
        instance.spec |= {"type": "integer"}
        instance.spec = {key: value for key, value in instance.spec.items() if key in ("source", "type", "label")}
        instance.mark, instance.asked = "certain", []
    whole = body(table.laid.raw)
    rows = {
        "instrument": instrument.facts.by_row() if instrument else [""] * len(whole),
        "event": event.facts.by_row() if event else [""] * len(whole),
    }
    ids = table.entries["participant"].facts.by_row()
    groups: dict[tuple[str, object], dict] = {}  # (instrument, form or events) -> names of columns, events, rows
    heads = {"participant", *(entry.name for entry in (instrument, instance, event) if entry)}
    empty: list[str] = []
    for name, entry in table.entries.items():
        if name in heads:
            continue
        filled = _filled(entry) & whole
        form = entry.known.form if entry.known else ""
        found = {
            of: filled & np.array([text == of for text in rows["instrument"]]) for of in sorted(set(rows["instrument"]))
        }
        found = {of: own for of, own in found.items() if own.any()}
        if not found:
            empty.append(name)
        for of, own in found.items():
            events = frozenset(e for e, is_ in zip(rows["event"], own, strict=True) if is_ and e)
            group = groups.setdefault(
                (of, form or events),
                {"names": [], "events": set(), "rows": np.zeros(len(whole), dtype=bool), "form": form},
            )
            group["names"].append(name)
            group["events"] |= events
            group["rows"] |= own
    for name in empty:
        form = table.entries[name].known.form if table.entries[name].known else ""
        home = next(
            (group for group in groups.values() if form and group["form"] == form), next(iter(groups.values()), None)
        )
        if home:
            home["names"].append(name)
    tables: list[Drafted] = []
    every = set(event.facts.texts) if event else set()
    for (of, _), group in sorted(
        groups.items(),
        key=lambda item: (item[0][0], len(item[1]["events"]), sorted(item[1]["events"]), item[1]["form"]),
    ):
        events, own = group["events"], {"participant": _copy(table.entries["participant"])}
        key = ["participant"]
        who = [id_ for id_, is_ in zip(ids, group["rows"], strict=True) if is_]
        if event:
            own[event.name] = _copy(event)
            key += [event.name] if len(set(who)) < len(who) and len(events) > 1 else []
        if instrument:
            own[instrument.name] = _copy(instrument)
        if instance and of:
            own[instance.name] = _copy(instance)
            key.append(instance.name)
        own |= {name: table.entries[name] for name in sorted(group["names"], key=list(table.entries).index)}
        where = [f"{instrument.name} == {_quoted(of)}" if of else f"missing({instrument.name})"] if instrument else []
        if event and events and events != every:
            where.append(
                f"{event.name} in ({', '.join(map(_quoted, sorted(events)))})"
                if len(events) > 1
                else f"{event.name} == {_quoted(next(iter(events)))}"
            )
        stem = of or group["form"] or ("_".join(events) if len(events) == 1 else table.name)
        name = column_name(stem, [*taken, *(one.name for one in tables)])
        tables.append(
            Drafted(
                name,
                table.file,
                table.laid,
                own,
                tuple(key),
                where=" and ".join(where),
                label=(of or group["form"]).replace("_", " "),
            )
        )
    return tables or [table]


def _filled(entry: Entry) -> np.ndarray:
    filled = np.zeros(len(entry.facts.raw.numbers), dtype=bool)
    for at in entry.facts.places:
        column = entry.facts.raw.columns[at]
        filled |= np.array([bool(normalise(cell.text)) for cell in column.cells] or [False])[column.codes]
    return filled


def _copy(entry: Entry) -> Entry:
    return replace(entry, spec=dict(entry.spec), asked=list(entry.asked))


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def arms(main: Drafted) -> None:
    """The arm of a participant, where the events of the cohort's table are of several: `baseline_arm_1`, `baseline_arm_2`."""
    name, event = next(
        ((name, one) for name, one in main.entries.items() if EVENT.fullmatch(source_of(one))), ("", None)
    )
    if event is None or event.facts is None or "arm" in main.entries:
        return
    used = [
        text
        for text in event.facts.texts
        if re.search(rf"(?<!\w){re.escape(text)}(?!\w)", main.where) or not main.where
    ]
    by = {text: f"arm {found[1]}" for text in sorted(used) if (found := re.search(r"(?:_arm_|\(Arm )(\d+)\)?$", text))}
    levels = list(dict.fromkeys(by.values()))
    if len(levels) < 2 or len(by) < len(used):
        return
    said = f"'{levels[-1]}'"
    for level in reversed(levels[:-1]):
        names = ", ".join(f"'{text}'" for text, own in by.items() if own == level)
        said = f"when({name} in ({names},), '{level}', {said})"
    spec = {"derive": said, "type": "code", "codes": {level: [] for level in levels}, "label": "Arm"}
    main.entries["arm"] = Entry("arm", spec, "certain")


def source_of(entry: Entry) -> str:
    source = entry.spec.get("source", "")
    return source if isinstance(source, str) else ""
