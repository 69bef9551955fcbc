"""From files to the tables of the dictionary: their columns, keys, order and references."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ..names import slug
from ..study import File
from ..text import normalise
from . import keys, people
from .blocks import Wide, wide
from .entry import Entry, Inference
from .facts import NOTHING, Facts, source
from .header import Header, column_name, read_header
from .infer import infer
from .known import Variable
from .layout import Laid
from .moments import dates_of
from .questions import Question, Questions

LOGS = ("cells", "changes", "queries", "rejected", "rows")
BASELINE = re.compile(
    r"(?i)\b(?:sex|gender|age|birth|dob|consent|enrol\w*|random\w*|arm|treatment|trt|strat\w*|group|site|cent(?:er|re)|geschlecht|alter)\b|性别|年龄|出生|知情同意|分层|分组"
)
NONE = "a row has no key of its own"


@dataclass
class Drafted:
    """A table of the draft. mark: how sure its key is; parts of `why` are the comments of its keys."""

    name: str
    file: File
    laid: Laid
    entries: dict[str, Entry]
    key: tuple[str, ...] = ()
    key_asked: Question | None = None
    reference: str = ""
    reference_asked: Question | None = None
    blocks: Mapping[int, str] = field(default_factory=dict)
    where: str = ""
    label: str = ""
    ids: dict[str, int] = field(default_factory=dict)  # canonical id of a participant -> rows
    checks: list[dict] = field(default_factory=list)

    @property
    def once(self) -> bool:
        return self.key == ("participant",)


def short_names(laid: Sequence[Laid]) -> list[str]:
    """A short name for each file: its own without the number in front and the ending, with the sheet where there are several.

    >>> from types import SimpleNamespace as S
    >>> short_names([S(file=S(path=name, sheet=1)) for name in ("01_enrolment.csv", "Lab results.xlsx", "rows.csv")])
    ['enrolment', 'lab_results', 'rows_']
    """
    stems = [re.sub(r"^\d+[_ .-]+", "", normalise(one.file.path.rpartition("/")[2].split(".")[0])) for one in laid]
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


class Tables:
    """All tables of a draft, in the order of study.yaml."""

    def __init__(
        self, laid: Sequence[Laid], metadata: Mapping[str, Variable], questions: Questions, participant: str = ""
    ):
        self.questions, self.metadata = questions, metadata
        self.names = short_names(laid)
        self.laid = [self.decided(name, one) for name, one in zip(self.names, laid, strict=True)]
        self.files = [[Facts(one.raw, (at,)) for at in range(len(one.raw.headers))] for one in self.laid]
        self.missing: set[str] = set()
        chosen = keys.participants(self.files, participant)
        self.who = [self.participant_of(name, *one) for name, one in zip(self.names, chosen, strict=True)]
        self.drafted: list[Drafted] = []
        for name, one, columns, who in zip(self.names, self.laid, self.files, self.who, strict=True):
            self.drafted += self.of_file(name, one, columns, who)
        self.dates_of_birth()
        self.identities()
        self.main = self.cohort()
        self.spell()
        for table in self.drafted:
            self.key(table)
        self.main = self.cohort()
        self.refer()
        self.missing = {text for table in self.drafted for entry in table.entries.values() if entry.facts and entry.type != "text"
                        for text in entry.facts.nothing}  # fmt: skip

    # --- files --------------------------------------------------------------------------------------------------------------

    def decided(self, name: str, laid: Laid) -> Laid:
        """The layout as answered."""
        from dataclasses import replace

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
            tables.append(Drafted(name, laid.file, laid, self.first(entries)))
        for one in found:
            tables.append(
                self.long(
                    name if not tables else "", name, laid, one, who, [table.name for table in (*self.drafted, *tables)]
                )
            )
        return tables

    @staticmethod
    def first(entries: dict[str, Entry]) -> dict[str, Entry]:
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
        known = self.known(path[-1] if path else "")
        label = known.label if known and known.label else header.label
        origin = sources or [source(facts.raw, facts.at)]
        named = {"source": origin[0] if len(origin) == 1 else origin}
        if who is not None and facts.at == who.at:
            entries["participant"] = Entry(
                "participant", {**named, "type": "id", "label": "Participant"}, "likely", [], facts
            )
            return
        plain = path[-1] if known and path else header.label
        name = column_name(plain or "column", {*entries, "participant"})
        inference = Inference(
            f"{table}.{name}", facts, Header(label, header.unit, header.codes), known, self.questions, name
        )
        infer(inference)
        spec = dict(inference.spec)
        kind, asked = self.person(f"{table}.{name}", facts, known, spec)
        if kind:
            spec = (
                {"type": "date", "identifier": kind}
                if spec.get("type") in ("date", "datetime")
                else {"identifier": kind}
            )
            inference.asked = []
        unit = {"unit": header.unit} if header.unit and spec.get("type") in ("number", "integer") else {}
        said = {"label": label} if label and not kind else {}
        mark = "likely" if kind and not (known and known.identifier) else inference.mark
        entries[name] = Entry(
            name, {**named, **spec, **unit, **said}, mark, [*asked, *inference.asked], facts, inference.comment
        )
        if known and known.applies:
            entries[name].comment = f"asked only if {known.applies}"

    def known(self, header: str) -> Variable | None:
        return self.metadata.get(normalise(header).casefold())

    def person(self, about: str, facts: Facts, known: Variable | None, spec: dict) -> tuple[str, list[Question]]:
        """(the kind of identifier, '' if it is none or answered to be none; what is asked)."""
        if known and known.identifier:
            return known.identifier, []
        kind = people.by_header(facts.header) or (people.by_header(known.label) if known and known.label else "")
        shape = people.by_shape(facts) if spec.get("type") in ("text", "id", "number", "integer", None, "code") else ""
        if not (kind or shape) or not facts.n:
            return "", []
        if kind == "date of birth" and spec.get("type") not in ("date", "datetime", "text", "integer", "code"):
            return "", []
        if (
            kind
            and not shape
            and spec.get("type") == "code"
            and len(facts.texts) <= 3
            and kind not in ("name", "date of birth")
        ):
            pass
        return self.held(about, kind or shape, facts, "its header says so" if kind else "its cells look so")

    def held(self, about: str, kind: str, facts: Facts, why: str) -> tuple[str, list[Question]]:
        question = self.questions.ask(
            f"{about} identifier", f"Does this column tell who a participant is ({kind})?",
            f"{why}; {len(facts.texts)} different in {facts.n} cells", ["yes", "no"], "yes", f"tables.{about.replace('.', '.columns.')}.identifier",
        )  # fmt: skip
        return (kind if question.taken == "yes" else ""), [question]

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
                entries, wanted, Facts(laid.raw, tuple(places)), None, label if label != "value" else file, sources
            )
        table = Drafted(wanted, laid.file, laid, entries, blocks=one.blocks)
        table.key = ("participant", block)
        return table

    # --- people -------------------------------------------------------------------------------------------------------------

    def dates_of_birth(self) -> None:
        """Dates that lie long before those of all other columns."""
        dated = [(table, entry, dates_of(entry.facts, entry.spec)) for table in self.drafted for entry in table.entries.values()
                 if entry.type in ("date", "datetime") and entry.facts and "identifier" not in entry.spec]  # fmt: skip
        for table, entry, dates in dated:
            rest = [
                day
                for other, mine, days in dated
                if mine is not entry
                for day, n in days.items()
                for _ in range(min(n, 50))
            ]
            about = f"{table.name}.{entry.name} identifier"
            if about not in self.questions.asked and people.born(dates, rest):
                kind, asked = self.held(
                    f"{table.name}.{entry.name}",
                    "date of birth",
                    entry.facts,
                    "its dates lie more than ten years before the others",
                )
                entry.asked = [*asked, *entry.asked]
                if kind:
                    entry.spec = {key: value for key, value in entry.spec.items() if key != "label"} | {
                        "identifier": kind
                    }

    def identities(self) -> None:
        """Ids of participants that are numbers of a hospital: nobody can hold them back, so it is asked before anything is run."""
        self.blocked: list[Question] = []
        for table, who in zip(self.drafted, self.who, strict=False):
            if who is not None and (
                people.by_header(who.header) or people.by_shape(who) in ("hospital number", "name", "email", "phone")
            ):
                question = self.questions.ask(
                    f"{table.name}.participant pseudonym", "Are the participants' ids pseudonyms, which tell nobody outside who they are?",
                    f"{len(who.texts)} different in {who.n} rows, of {len({keys.shape(text) for text in who.texts})} forms", ["yes", "no"], "no",
                    f"tables.{table.name}.columns.participant",
                )  # fmt: skip
                table.entries["participant"].asked.append(question)
                if question.taken != "yes":
                    self.blocked.append(question)

    # --- ids, keys, references ----------------------------------------------------------------------------------------------

    def cohort(self) -> Drafted | None:
        """The table with one row per participant that has the most of them."""
        named = [table for table in self.drafted if "participant" in table.entries and not table.blocks]
        for table in named:
            facts = table.entries["participant"].facts
            table.ids = dict(facts.texts)

        def repeated(table: Drafted) -> float:
            return 1 - len({keys.core(text) for text in table.ids}) / max(sum(table.ids.values()), 1)

        once = [table for table in named if table.once or (not table.key and repeated(table) <= 0.03)]
        many = {id(table): len({keys.core(text) for text in table.ids}) for table in named}
        most = max((many[id(table)] for table in once or named), default=0)
        close = [table for table in once or named if many[id(table)] >= 0.95 * most]
        return max(close, key=lambda table: (sum(bool(BASELINE.search(entry.facts.header)) for entry in table.entries.values() if entry.facts),
                                             many[id(table)], -self.drafted.index(table)), default=None)  # fmt: skip

    def spell(self) -> None:
        """One pattern, and one way to write it, for the ids of all tables."""
        if self.main is None:
            return
        every = [
            text
            for table in self.drafted
            if "participant" in table.entries
            for text in table.entries["participant"].facts.texts
        ]
        pattern, rewrite, padded = keys.spelling(self.main.ids, every)
        asked: list[Question] = []
        if padded:
            n = sum(1 for text in set(every) if not re.fullmatch(pattern, text))
            question = self.questions.ask("participant zeros", "Are ids that differ in leading zeros alone the same participant?", f"{n} ids are written otherwise than {pattern}",
                                          ["yes", "no"], "yes", "tables.*.columns.participant.rewrite")  # fmt: skip
            asked = [question]
            rewrite = (
                rewrite
                if question.taken == "yes"
                else {key: value for key, value in rewrite.items() if r"\2" not in value}
            )
        for table in self.drafted:
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

    def key(self, table: Drafted) -> None:
        """The columns that name a row, and what is open about them."""
        if table.key:
            return
        who = table.entries.get("participant")
        if who is None:
            self.line(table, ())
            return
        codes = {
            name: (entry, keys.coded(entry, entry.facts))
            for name, entry in table.entries.items()
            if entry.facts and name != "participant"
        }
        found = keys.key_of(keys.coded(who, who.facts), codes)
        about, changes = f"{table.name} key", f"tables.{table.name}.key"
        if not found:
            self.line(table, ("participant",))
            return
        columns, repeated, blank = found[0]
        table.key = ("participant", *columns)
        others = [", ".join(("participant", *other)) for other, *_ in found[1:6]]
        if columns and (others or repeated or blank or len(columns) > 1):
            seen = f"{repeated} rows repeat a key, {blank} have none" + (
                f"; other keys would do: {' | '.join(others)}" if others else ""
            )
            chosen = self.questions.ask(
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
            table.key_asked = self.questions.ask(
                about, "Is it one row per participant?", seen, ["participant"], "participant", changes
            )

    def line(self, table: Drafted, before: tuple[str, ...]) -> None:
        """A key of its own for rows that nothing names."""
        name = column_name("line", table.entries)
        table.key_asked = self.questions.ask(f"{table.name} key", "Which columns together name a row? None were found: rows are numbered, so none is ever taken for a repetition of another.",
                                             NONE, [", ".join((*before, name)), "<columns>"], ", ".join((*before, name)), f"tables.{table.name}.key")  # fmt: skip
        wanted = tuple(part.strip() for part in table.key_asked.taken.split(","))
        if set(wanted) <= set(table.entries):
            table.key = wanted
            return
        table.entries[name] = Entry(name, {"row": True, "type": "id", "label": "Row of the file"})
        table.key = (*before, name)

    def refer(self) -> None:
        """One table per participant first; the others refer to it where their participants are in it."""
        if self.main is not None and not self.main.once:
            self.main = self.listed(self.main)
        main = self.main
        if main is None:
            return

        def place(table: Drafted) -> tuple:
            return table is not main, not table.once, len(table.key), self.drafted.index(table)

        known = {keys.core(text) for text in main.ids}
        for table in self.drafted:
            if table is main or "participant" not in table.entries:
                continue
            own = table.entries["participant"].facts.texts
            rows = sum(own.values())
            orphans = sum(n for text, n in own.items() if keys.core(text) not in known)
            if orphans <= max(1, 0.03 * rows):
                table.reference = f"{main.name}.participant"
            if orphans:
                table.reference_asked = self.questions.ask(
                    f"{table.name} reference", f"Must every participant of {table.name} be in {main.name}?", f"{orphans} of {rows} rows are of participants that are not",
                    ["yes", "no"], "yes" if table.reference else "no", f"tables.{table.name}.references",
                )  # fmt: skip
                table.reference = f"{main.name}.participant" if table.reference_asked.taken == "yes" else ""
        self.drafted = sorted(self.drafted, key=place)

    def listed(self, of: Drafted) -> Drafted:
        """A table of the participants alone, from a file that has several rows of each."""
        entry = of.entries["participant"]
        taken = [table.name for table in self.drafted]
        table = Drafted(
            column_name("participants", taken),
            of.file,
            of.laid,
            {"participant": Entry("participant", dict(entry.spec), "likely", list(entry.asked), entry.facts)},
        )
        table.key, table.ids, table.label = ("participant",), of.ids, "Participants"
        self.drafted.insert(0, table)
        return table


def _rewritten(text: str, rewrite: Mapping[str, str], pattern: str) -> bool:
    for old, new in rewrite.items():
        text = re.sub(old, new, text)
    return bool(re.fullmatch(pattern, text))


def missing_words(tables: Tables) -> list[str]:
    return sorted(tables.missing & NOTHING)


def all_dates(tables: Sequence[Drafted]) -> list:
    """The last day of every date column that is no identifier."""
    found = []
    for table in tables:
        for entry in table.entries.values():
            if entry.type in ("date", "datetime") and entry.facts and "identifier" not in entry.spec:
                found += dates_of(entry.facts, entry.spec)
    return found
