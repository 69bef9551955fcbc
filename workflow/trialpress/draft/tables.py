"""From files to the tables of the dictionary: their columns, keys, order and references."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from ..names import slug
from ..text import normalise
from . import held, keys, logic, redcap, relations, repeating, units
from .blocks import Wide, wide
from .drafted import Drafted
from .entry import Entry, Inference
from .facts import Facts, source
from .header import Header, column_name, read_header
from .infer import infer
from .layout import Laid
from .metadata import Metadata
from .moments import dates_of
from .questions import Questions

LOGS = ("cells", "changes", "queries", "rejected", "rows")


def short_names(laid: Sequence[Laid]) -> list[str]:
    """A short name for each file: its own without the number in front and the ending, with the sheet where there are several.

    >>> from types import SimpleNamespace as S
    >>> short_names([S(file=S(path=name, sheet=1, member="")) for name in ("01_enrolment.csv", "Lab results.xlsx", "rows.csv")])
    ['enrolment', 'lab_results', 'rows_']
    """
    stems = [
        re.sub(r"^\d+[_ .-]+", "", normalise((one.file.member or one.file.path).rpartition("/")[2].split(".")[0]))
        for one in laid
    ]
    several = {stem for stem in stems if stems.count(stem) > 1}
    names: list[str] = []
    for one, stem in zip(laid, stems, strict=True):
        text = f"{stem} {one.file.sheet}" if stem in several and isinstance(one.file.sheet, str) else stem
        name = column_name(text if re.search(r"\w", text) else "file")
        name = f"{name}_" if name in LOGS else name
        unique, n = name, 1
        while unique in names:
            n += 1
            unique = f"{name}_{n}"
        names.append(unique)
    return names


def apart(entries: dict[str, Entry]) -> None:
    """Names of the columns that a column adds, none that of another one."""
    taken = set(entries)
    for entry in entries.values():
        for key in ("limit", "unit_to"):
            if key in entry.spec:
                entry.spec[key] = column_name(entry.spec[key], taken)
                taken.add(entry.spec[key])


class Tables:
    """All tables of a draft, in the order of study.yaml."""

    def __init__(self, laid: Sequence[Laid], metadata: Metadata, questions: Questions, participant: str = ""):
        self.questions, self.metadata = questions, metadata
        self.codes = frozenset(metadata.missing)
        self.names = short_names(laid)
        self.laid = [self.decided(name, one) for name, one in zip(self.names, laid, strict=True)]
        self.files = [[Facts(one.raw, (at,), self.codes) for at in range(len(one.raw.headers))] for one in self.laid]
        self.missing: set[str] = set()
        self.labels = {(one.file.path, name): label for one in laid for name, label in one.labels.items()}
        chosen = keys.participants(self.files, participant)
        self.who = [self.participant_of(name, *one) for name, one in zip(self.names, chosen, strict=True)]
        self.numbered = len(self.files) == 1 and self.who == [None]
        self.drafted: list[Drafted] = []
        self.unit_lists: list[dict[str, dict[str, float]]] = []
        for name, one, columns, who in zip(self.names, self.laid, self.files, self.who, strict=True):
            self.drafted += self.of_file(name, one, columns, who)
        if self.numbered and not participant:
            relations.numbered(self)
        held.dates_of_birth(self)
        held.identities(self)
        self.main = relations.cohort(self)
        relations.spell(self)
        for table in self.drafted:
            relations.key(self, table)
        self.main = relations.cohort(self)
        if self.main is not None:
            repeating.arms(self.main)
        relations.refer(self)
        self.missing = {text for table in self.drafted for entry in table.entries.values() if entry.facts and entry.type != "text"
                        for text in entry.facts.nothing}  # fmt: skip

    def decided(self, name: str, laid: Laid) -> Laid:
        """The layout as answered."""
        from ..clean.read import read

        for key, options in laid.guesses.items():
            if key == "encoding" and len(options) > 1:
                default = options[0]
                seen = f"not UTF-8; the bytes can be read as {', '.join(options)}"
                answer = self.questions.ask(
                    f"files.{name} encoding",
                    "In which encoding was the file written?",
                    seen,
                    [*options, "<another encoding>"],
                    default,
                    f"files.{name}.encoding",
                ).taken
                if answer != laid.file.encoding and laid.path:
                    file = replace(laid.file, encoding=answer)
                    laid = replace(laid, file=file, raw=read(laid.path, file))
        return laid

    def participant_of(self, name: str, found: Facts | None, rivals: list[Facts]) -> Facts | None:
        if found is None or not rivals:
            return found
        by = {source(facts.raw, facts.at): facts for facts in (found, *rivals)}
        seen = ", ".join(f"{header}: {len(facts.texts)} different in {facts.n} rows" for header, facts in by.items())
        answer = self.questions.ask(
            f"files.{name} participant",
            "Which column names the participant?",
            seen,
            list(by),
            next(iter(by)),
            f"tables.{name}.columns.participant",
        ).taken
        return by.get(answer, found)

    def of_file(self, name: str, laid: Laid, columns: Sequence[Facts], who: Facts | None) -> list[Drafted]:
        """The tables of one file: what stands once in a row, and what stands in blocks."""
        free = {facts.at for facts in columns if facts is not who}
        found = [one for one in wide(laid.raw, free)] if who is not None else []
        taken = set().union(*(one.places for one in found)) if found else set()
        tables = []
        rest = [facts for facts in columns if facts.at not in taken]
        if len(rest) > (who is not None) or not found:
            entries: dict[str, Entry] = {}
            for facts in rest:
                self.add(entries, name, facts, who)
            self.unit_lists.append(units.beside(entries, name, self.questions))
            apart(entries)
            whole = Drafted(name, laid.file, laid, self.first(entries))
            tables += repeating.split(whole, [table.name for table in self.drafted])
            for table in tables:
                fields = {name: entry.known.name for name, entry in table.entries.items() if entry.known}
                table.checks = logic.checks(table.entries, fields)
        for one in found:
            tables.append(
                self.long(
                    name if not tables else "", name, laid, one, who, [table.name for table in (*self.drafted, *tables)]
                )
            )
        return tables

    def first(self, entries: dict[str, Entry]) -> dict[str, Entry]:
        return {"participant": entries["participant"], **entries} if "participant" in entries else entries

    def add(
        self,
        entries: dict[str, Entry],
        table: str,
        facts: Facts,
        who: Facts | None,
        as_label: str = "",
        sources: list[str] | None = None,
    ) -> None:
        """Infer a column and put it among the entries of its table."""
        path = [part for part in facts.raw.headers[facts.at] if part]
        header = read_header(as_label or (path[-1] if path else ""))
        known = self.metadata.of(path[-1], table) if path else None
        known = known or (
            redcap.of_export(path[-1], repeating.is_export([one[-1] for one in facts.raw.headers])) if path else None
        )
        own = self.labels.get((facts.file.path, path[-1] if path else ""), "")
        stated = read_header(known.label) if known and known.label else read_header(own) if own else header
        header = replace(header, label=stated.label, unit=stated.unit or header.unit, codes=header.codes)
        label = header.label
        origin = sources or [source(facts.raw, facts.at)]
        named = {"source": origin[0] if len(origin) == 1 else origin}
        if who is not None and facts.at == who.at:
            entries["participant"] = Entry(
                "participant", {**named, "type": "id", "label": "Participant"}, "likely", [], facts
            )
            return
        plain = path[-1] if (known or own) and path else header.label
        name = column_name(plain or "column", {*entries, "participant"})
        about, said = f"{table}.{name}", Header(label, header.unit, header.codes)
        inference = Inference(about, facts, said, known, Questions(self.questions.answers), name)  # asks nobody
        infer(inference)
        spec = dict(inference.spec)
        kind, asked = held.person(self, about, facts, known, spec)
        if kind:
            date = {"type": "date"} if spec.get("type") in ("date", "datetime") else {}
            spec, inference.asked = date | {"identifier": kind}, []
        elif inference.asked:  # only what is not held back is asked about, with its texts
            inference = Inference(about, facts, said, known, self.questions, name)
            infer(inference)
        unit = {"unit": header.unit} if header.unit and spec.get("type") in ("number", "integer") else {}
        said = {"label": label} if label and not kind else {}
        mark = ("certain" if known and known.identifier else "likely") if kind else inference.mark
        entries[name] = Entry(
            name, {**named, **spec, **unit, **said}, mark, [*asked, *inference.asked], facts, inference.comment, known
        )
        if known and known.applies:
            entries[name].comment = f"asked only if {known.applies}"

    def long(self, name: str, file: str, laid: Laid, one: Wide, who: Facts, taken: list[str]) -> Drafted:
        """A table of blocks."""
        first = next(iter(one.measures))
        wanted = name or column_name(
            f"{file}_{slug(first) or first}" if len(one.measures) == 1 else f"{file}_by_{one.word}", taken
        )
        entries = {
            "participant": Entry("participant", {"source": source(who.raw, who.at), "type": "id"}, "likely", [], who)
        }
        block = column_name(one.word, {"participant"})
        entries[block] = Entry(
            block,
            {
                "block": True,
                "type": "integer",
                **({"unit": "d"} if one.word == "day" else {}),
                "label": one.word.capitalize(),
            },
        )
        for label, (sources, places) in one.measures.items():
            self.add(
                entries,
                wanted,
                Facts(laid.raw, tuple(places), self.codes),
                None,
                label if label != "value" else file,
                sources,
            )
        apart(entries)
        table = Drafted(wanted, laid.file, laid, entries, blocks=one.blocks)
        table.key = ("participant", block)
        return table


def missing_words(tables: Tables) -> dict[str, str]:
    """Text -> reason of all that means missing in these files; the project's own codes with theirs."""
    return {text: "" for text in sorted(tables.missing - tables.codes)} | tables.metadata.missing


def all_dates(tables: Sequence[Drafted]) -> list:
    """The last day of every date column that is no identifier."""
    found = []
    for table in tables:
        for entry in table.entries.values():
            if entry.type in ("date", "datetime") and entry.facts and "identifier" not in entry.spec:
                found += dates_of(entry.facts, entry.spec)
    return found
