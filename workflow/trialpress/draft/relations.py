"""How the tables belong together: the one with a row per participant, the spelling of ids, keys, references, their order."""

from __future__ import annotations

import re
from collections.abc import Mapping

from . import keys
from .drafted import Draft, Drafted
from .entry import Entry
from .header import column_name
from .questions import Question

BASELINE = re.compile(
    r"(?i)\b(?:sex|gender|age|birth|dob|consent|enrol\w*|random\w*|arm|treatment|trt|strat\w*|group|site|cent(?:er|re)|geschlecht|alter)\b|性别|年龄|出生|知情同意|分层|分组"
)
NONE = "a row has no key of its own"


def cohort(it: Draft) -> Drafted | None:
    """The table with one row per participant that has the most of them."""
    named = [table for table in it.drafted if "participant" in table.entries and not table.blocks]
    for table in named:
        facts = table.entries["participant"].facts
        table.ids = dict(facts.texts) if facts else {str(n): 1 for n in table.laid.raw.numbers.tolist()}

    def repeated(table: Drafted) -> float:
        return 1 - len({keys.core(text) for text in table.ids}) / max(sum(table.ids.values()), 1)

    once = [table for table in named if table.once or (not table.key and repeated(table) <= 0.03)]
    many = {id(table): len({keys.core(text) for text in table.ids}) for table in named}
    most = max((many[id(table)] for table in once or named), default=0)
    close = [table for table in once or named if many[id(table)] >= 0.95 * most]
    return max(close, key=lambda table: (sum(bool(BASELINE.search(entry.facts.header)) for entry in table.entries.values() if entry.facts),
                                         many[id(table)], -it.drafted.index(table)), default=None)  # fmt: skip


def numbered(it: Draft) -> None:
    """A file alone, without an id: each row may be a participant."""
    table = it.drafted[0]
    question = it.questions.ask(
        f"{table.name} rows", "No column names the participant: is each row one participant?", f"{len(table.laid.raw.numbers)} rows",
        ["yes"], "yes", f"tables.{table.name}.columns.participant",
    )  # fmt: skip
    row = Entry("participant", {"row": True, "type": "id", "label": "Row of the file"}, "likely", [question])
    table.entries = {"participant": row, **table.entries}
    table.key, table.key_asked = ("participant",), question


def spell(it: Draft) -> None:
    """One pattern, and one way to write it, for the ids of all tables."""
    if it.main is None or it.main.entries["participant"].facts is None:
        return
    every = [
        text
        for table in it.drafted
        if "participant" in table.entries
        for text in table.entries["participant"].facts.texts
    ]
    pattern, rewrite, padded = keys.spelling(it.main.ids, every)
    asked: list[Question] = []
    if padded:
        n = sum(1 for text in set(every) if not re.fullmatch(pattern, text))
        question = it.questions.ask("participant zeros", "Are ids that differ in leading zeros alone the same participant?", f"{n} ids are written otherwise than {pattern}",
                                      ["yes", "no"], "yes", "tables.*.columns.participant.rewrite")  # fmt: skip
        asked = [question]
        rewrite = (
            rewrite if question.taken == "yes" else {key: value for key, value in rewrite.items() if r"\2" not in value}
        )
    for table in it.drafted:
        entry = table.entries.get("participant")
        if entry is None:
            continue
        own = entry.facts.texts
        fit = (
            sum(n for text, n in own.items() if re.fullmatch(pattern, text) or _rewritten(text, rewrite, pattern))
            if pattern
            else 0
        )
        if pattern and fit >= 0.95 * sum(own.values()):
            entry.spec["pattern"] = pattern
            if rewrite and any(not re.fullmatch(pattern, text) for text in own):
                entry.spec["rewrite"] = rewrite
                entry.asked += asked
        label = entry.spec.pop("label", None)
        if label:
            entry.spec["label"] = label


def key(it: Draft, table: Drafted) -> None:
    """The columns that name a row, and what is open about them."""
    if table.key:
        return
    who = table.entries.get("participant")
    if who is None:
        line(it, table, ())
        return
    codes = {
        name: (entry, keys.coded(entry, entry.facts))
        for name, entry in table.entries.items()
        if entry.facts and name != "participant"
    }
    found = keys.key_of(keys.coded(who, who.facts), codes)
    about, changes = f"{table.name} key", f"tables.{table.name}.key"
    if not found:
        line(it, table, ("participant",))
        return
    columns, repeated, blank = found[0]
    table.key = ("participant", *columns)
    others = [", ".join(("participant", *other)) for other, *_ in found[1:6]]
    dates = [
        name
        for name, (entry, rows) in codes.items()
        if entry.type in ("date", "datetime") and not entry.held and (rows >= 0).all()
    ]
    if columns and dates and not any(table.entries[name].type in ("date", "datetime") for name in columns):
        others += [wider for wider in [", ".join((*table.key, dates[0]))] if wider not in others]  # may it come back?
    if columns and (others or repeated or blank or len(columns) > 1):
        seen = f"{repeated} rows repeat a key, {blank} have none" + (
            f"; other keys would do: {' | '.join(others)}" if others else ""
        )
        chosen = it.questions.ask(
            about,
            "Which columns together name a row?",
            seen,
            [", ".join(table.key), *others, "<columns>"],
            ", ".join(table.key),
            changes,
        )
        table.key_asked = chosen
        wanted = tuple(part.strip() for part in chosen.taken.split(","))
        table.key = wanted if set(wanted) <= set(table.entries) else table.key
    elif not columns and repeated:
        seen = f"{repeated} rows repeat a participant and say something else"
        table.key_asked = it.questions.ask(
            about, "Is it one row per participant?", seen, ["participant"], "participant", changes
        )


def line(it: Draft, table: Drafted, before: tuple[str, ...]) -> None:
    """A key of its own for rows that nothing names."""
    name = column_name("line", table.entries)
    table.key_asked = it.questions.ask(f"{table.name} key", "Which columns together name a row? None were found: rows are numbered, so none is ever taken for a repetition of another.",
                                         NONE, [", ".join((*before, name)), "<columns>"], ", ".join((*before, name)), f"tables.{table.name}.key")  # fmt: skip
    wanted = tuple(part.strip() for part in table.key_asked.taken.split(","))
    if set(wanted) <= set(table.entries):
        table.key = wanted
        return
    table.entries[name] = Entry(name, {"row": True, "type": "id", "label": "Row of the file"})
    table.key = (*before, name)


def refer(it: Draft) -> None:
    """One table per participant first; the others refer to it where their participants are in it."""
    if it.main is not None and not it.main.once:
        it.main = listed(it, it.main)
    main = it.main
    if main is None:
        return

    def place(table: Drafted) -> tuple:
        return table is not main, not table.once, len(table.key), it.drafted.index(table)

    known = {keys.core(text) for text in main.ids}
    for table in it.drafted:
        if table is main or "participant" not in table.entries:
            continue
        own = table.entries["participant"].facts.texts
        rows = sum(own.values())
        orphans = sum(n for text, n in own.items() if keys.core(text) not in known)
        if orphans <= max(1, 0.03 * rows):
            table.reference = f"{main.name}.participant"
        if orphans:
            table.reference_asked = it.questions.ask(
                f"{table.name} reference", f"Must every participant of {table.name} be in {main.name}?", f"{orphans} of {rows} rows are of participants that are not",
                ["yes", "no"], "yes" if table.reference else "no", f"tables.{table.name}.references",
            )  # fmt: skip
            table.reference = f"{main.name}.participant" if table.reference_asked.taken == "yes" else ""
    it.drafted = sorted(it.drafted, key=place)


def listed(it: Draft, of: Drafted) -> Drafted:
    """A table of the participants alone, from a file that has several rows of each."""
    entry = of.entries["participant"]
    taken = [table.name for table in it.drafted]
    table = Drafted(
        column_name("participants", taken),
        of.file,
        of.laid,
        {"participant": Entry("participant", dict(entry.spec), "likely", list(entry.asked), entry.facts)},
    )
    table.key, table.ids, table.label = ("participant",), of.ids, "Participants"
    it.drafted.insert(0, table)
    return table


def _rewritten(text: str, rewrite: Mapping[str, str], pattern: str) -> bool:
    for old, new in rewrite.items():
        text = re.sub(old, new, text)
    return bool(re.fullmatch(pattern, text))
