"""The type of a raw column, over all of its rows, by the readers of the intake; what stays open is asked.

`certain` is written only where the files leave no second reading: codes that the file or its metadata define and all cells
follow, dates with the month in letters or first the year, numbers with decimals. All else is `likely`, or asked.
"""

from __future__ import annotations

import datetime
import difflib
import re
from dataclasses import dataclass, field

from ..text import fold, normalise, unit_form
from .facts import Facts, Read
from .header import Header
from .known import Variable
from .questions import Question, Questions

MOST_CODES = 60
COUNTED = re.compile(
    r"(?:grade|score|count|number|\bno\b|\bn\b|num|cycles?|lines?|days?|weeks?|months?|years?|age|visit|times|total|max|min|sum|level"
    r"|dose|rating|ecog|karnofsky|hour|duration|intensity|severity)|级|分级|评分|次数|天|数|年龄|线数", re.I
)  # fmt: skip
ALIKE = (
    ("male", "m", "man", "男", "男性", "männlich", "masculin", "hombre", "mann"),
    ("female", "f", "woman", "女", "女性", "weiblich", "féminin", "mujer", "frau"),
    ("yes", "y", "是", "ja", "oui", "sí", "si"),
    ("no", "n", "否", "nein", "non"),
    ("positive", "pos", "pos.", "阳性"),
    ("negative", "neg", "neg.", "阴性"),
)
ORDER = ("no", "n", "否", "none", "无", "nein", "non", "negative", "neg", "absent", "false", "normal", "mild", "moderate", "severe",
         "life threatening", "death", "yes", "y", "是", "有", "ja", "oui", "positive", "pos", "present", "true")  # fmt: skip
SURE_DATE = r"\d{4}-\d{2}-\d{2}(?:[T ].*)?|\d{1,2}[- ]?[A-Za-z]{3,9}[- ,]?\d{4}|\d{4} ?年.*"
DATE_SHAPE = r"\d{1,4}[-/. ]\d{1,2}[-/. ]\d{1,4}(?:[T ].*)?|\d{1,2}[- ]?[A-Za-z]{3,9}[- ,]?\d{2,4}.*|\d{4} ?年.*|[A-Za-z]{3,9} \d{1,2}(?:st|nd|rd|th)?, ?\d{4}|(?:19|20)\d{2}-(?:\d{2}|UNK?)(?:-UNK?)?"
COMMA = r"[<>]?-?\d+,\d{1,2}|[<>]?-?\d+,\d{4,}|[<>]?-?0,\d+|[<>]?-?\d{1,3}(?:\.\d{3})+,\d+"


@dataclass
class Entry:
    """A column of the draft: its keys as study.yaml has them, how sure they are, and what is asked of it."""

    name: str
    spec: dict
    mark: str = "likely"
    asked: list[Question] = field(default_factory=list)
    facts: Facts | None = None
    comment: str = ""

    @property
    def type(self) -> str:
        return self.spec.get("type", "text")

    @property
    def held(self) -> bool:
        """Whether the column ends in the clean stage."""
        return "identifier" in self.spec or self.type == "text"

    @property
    def marks(self) -> str:
        """The comment behind the entry: open questions before answers before what is inferred."""
        open_ = [question.id for question in self.asked if question.answer is None]
        answered = [question.id for question in self.asked if question.answer is not None]
        said = [f"ASK {', '.join(open_)}"] if open_ else []
        said += [f"answered {', '.join(answered)}"] if answered and not open_ else []
        return ", ".join(said or [self.mark]) + (f"; {self.comment}" if self.comment else "")


class Inference:
    """The keys of one column. about: 'table.column', by which its questions are known."""

    def __init__(self, about: str, facts: Facts, header: Header, known: Variable | None, questions: Questions):
        self.about, self.facts, self.header, self.known, self.questions = about, facts, header, known, questions
        self.asked: list[Question] = []
        self.mark, self.spec, self.comment = "likely", {}, ""

    def ask(self, what: str, asks: str, seen: str, options, default: str, changes: str = "") -> str:
        question = self.questions.ask(
            f"{self.about} {what}", asks, seen, options, default, changes or f"{self.about}: {what}"
        )
        self.asked.append(question)
        return question.taken

    def run(self) -> None:
        """Fill `spec`, `mark`, `asked`."""
        facts, known = self.facts, self.known
        if not facts.n:
            self.spec, self.comment = {"type": "text"}, "no row holds anything"
        elif self.labels() or (known and self.stated(known)):
            pass
        elif self.header.codes and set(facts.texts) <= set(self.header.codes):
            self.spec = {"type": "code", "codes": {said: [raw] for raw, said in self.header.codes.items()}}
            self.mark = "certain"
        elif not (self.moment() or self.truth() or self.padded() or self.number()):
            self.words()

    # --- what the files state -----------------------------------------------------------------------------------------------

    def labels(self) -> bool:
        """Value labels of a SAS, SPSS or Stata file that name every value."""
        labels = self.facts.raw.labels.get(self.facts.at, {})
        if not labels or not set(self.facts.texts) <= set(labels) or len(set(labels.values())) < len(labels):
            return False
        if any(texts.strip() == "" for texts in labels.values()):
            return False
        self.spec, self.mark = {"type": "code", "codes": "from file"}, "certain"
        return True

    def stated(self, known: Variable) -> bool:
        """What the metadata say, if the cells follow it."""
        if known.type == "code":
            return self.stated_codes(known)
        if known.type in ("", "text"):
            return False
        keys = {"unit": known.unit} if known.unit and known.type in ("number", "integer") else {}
        keys |= self.decimals() if known.type == "number" else {}
        read = self.facts.read(known.type, **keys)
        if read.fits < 0.95:
            seen = f"{known.source} says {known.type}; {read.n - round(read.fits * read.n)} of {read.n} cells are no {known.type}"
            if self.ask("type", f"Is it {known.type}, as {known.source} says?", seen, ["yes", "no"], "no") == "no":
                return False
        self.spec = {"type": known.type, **keys}
        self.mark = "certain" if read.fits == 1 else "likely"
        if read.limits:
            self.spec["limit"] = f"{self.column}_limit"
        if known.low is not None or known.high is not None:
            self.spec["plausible"] = [known.low, known.high]
        return True

    def stated_codes(self, known: Variable) -> bool:
        texts, either = (
            self.facts.texts,
            {**{fold(raw): raw for raw in known.codes}, **{fold(said): raw for raw, said in known.codes.items()}},
        )
        unknown = {
            text: n for text, n in texts.items() if fold(text) not in either and not _same_number(text, known.codes)
        }
        codes = {said: [raw] if raw != said else [] for raw, said in known.codes.items()}
        if len(codes) < len(known.codes):  # two codes of one meaning
            codes = {raw: [] for raw in known.codes}
        self.spec = {"type": "code", "codes": codes}
        self.mark = "certain" if not unknown else "likely"
        if unknown:
            seen = f"{sum(unknown.values())} of {self.facts.n} cells hold none of the codes of {known.source}"
            self.ask(
                "unknown codes",
                f"{_counted(unknown)}: what do they mean?",
                seen,
                ["a query for each", "<code: text of the file>"],
                "a query for each",
            )
        return True

    # --- dates ----------------------------------------------------------------------------------------------------------------

    def moment(self) -> bool:
        """A date, datetime or time of day."""
        facts = self.facts
        kinds = {cell.kind for cell in facts.counts}
        dated = sum(
            n
            for cell, n in facts.counts.items()
            if cell.kind in ("date", "datetime") or re.fullmatch(DATE_SHAPE, normalise(cell.text))
        )
        if dated < 0.6 * facts.n:
            clock = facts.share(r"\d{1,2}:\d{2}(?::\d{2})?(?: ?[AaPp][Mm])?")
            if kinds <= {"time"} or clock > 0.9:
                self.spec = {"type": "time"}
                return True
            if facts.share(r"(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])") > 0.95 and len(facts.texts) > 1:
                self.spec = {"type": "date"}
                return True
            return False
        timed = sum(
            n
            for cell, n in facts.counts.items()
            if re.search(r"\d:\d\d", cell.text) and not re.search(r"[T ]0?0:00(?::00)?Z?$", cell.text)
        )
        type_ = "datetime" if timed > 0.5 * facts.n else "date"
        self.spec = {"type": type_, **self.order()}
        sure = all(
            cell.kind in ("date", "datetime") or re.fullmatch(SURE_DATE, normalise(cell.text)) for cell in facts.counts
        )
        read = facts.read(type_, **self.spec_without("type"))
        if sure and read.fits == 1:
            self.mark = "certain"
        partial = sum(n for _, n, reading in read.cells if "partial date" in reading.problem)
        if partial > 0.02 * facts.n and self.ask(
            "partial", "What is to be done with dates of which only the month or the year is known?", f"{partial} of {facts.n} cells",
            ["a query for each", "keep what is known", "first", "middle", "last"], "a query for each",
        ) != "a query for each":  # fmt: skip
            way = self.asked[-1].taken
            self.spec["partial"] = {"given": f"{self.column}_given"} | (
                {"impute": way} if way in ("first", "middle", "last") else {}
            )
        return True

    def spec_without(self, *keys: str) -> dict:
        return {key: value for key, value in self.spec.items() if key not in keys}

    def order(self) -> dict:
        """date_order where some dates can be read in two ways; not where all say it themselves."""
        three = {
            text: n
            for text, n in self.facts.texts.items()
            if re.fullmatch(r"\d{1,2}[-/. ]\d{1,2}[-/. ]\d{2,4}(?:[T ].*)?", text)
        }
        pairs = [(int(a), int(b), n) for text, n in three.items() for a, b in [re.split(r"[-/. ]", text)[:2]]]
        first, second = sum(n for a, _, n in pairs if a > 12), sum(n for _, b, n in pairs if b > 12)
        doubtful = sum(n for a, b, n in pairs if a <= 12 and b <= 12 and a != b)
        short = sum(n for text, n in three.items() if re.fullmatch(r".*[-/. ]\d{2}", text))
        if not doubtful and not short:
            return {}
        if first and not second and not short:
            return {"date_order": "dmy"}
        if second and not first and not short:
            return {"date_order": "mdy"}
        seen = f"the first number is above 12 in {first} cells, the second in {second}, neither in {doubtful}; {short} have a year of two digits"
        default = (
            "dmy" if first > 20 * second and first else "mdy" if second > 20 * first and second else "a query for each"
        )
        said = self.ask(
            "date order",
            "In which order do day and month stand?",
            seen,
            ["dmy", "mdy", "ymd", "a query for each"],
            default,
        )
        return {"date_order": said} if said in ("dmy", "mdy", "ymd") else {}

    # --- truth values, ids, numbers ---------------------------------------------------------------------------------------------

    def truth(self) -> bool:
        if not all(
            cell.kind == "boolean" or cell.text in ("TRUE", "FALSE", "True", "False", "true", "false")
            for cell in self.facts.counts
        ):
            return False
        words = sorted(
            {normalise(cell.text) for cell in self.facts.counts}, key=lambda text: (text.upper() == "TRUE", text)
        )
        by = {
            said: [w for w in words if w.upper() == said.upper() and w != said]
            for said in dict.fromkeys(w.upper() for w in words)
        }
        self.spec, self.mark = {"type": "code", "codes": by}, "certain"
        return True

    def padded(self) -> bool:
        """Leading zeros mean something: an id, or a code where few texts come back again and again."""
        zeros = sum(
            n
            for cell, n in self.facts.counts.items()
            if re.fullmatch(r"0\d+", cell.text if cell.kind == "text" else cell.shown)
        )
        if not zeros or self.facts.share(r"\d+") < 0.9:
            return False
        if len(self.facts.texts) <= 12 and self.facts.n > 4 * len(self.facts.texts):
            self.spec = {"type": "code", "codes": {text: [] for text in sorted(self.facts.texts)}}
        else:
            self.spec = {"type": "id"}
        return True

    def decimals(self) -> dict:
        """The decimal sign of the column's texts where it is a comma."""
        texts = sum(n for cell, n in self.facts.counts.items() if cell.kind == "text")
        commas = self.facts.share(COMMA) * self.facts.n
        points = self.facts.share(r"[<>]?-?\d+\.\d{1,2}|[<>]?-?\d+\.\d{4,}|[<>]?-?0\.\d+") * self.facts.n
        if not texts or not commas or self.facts.file.decimal == ",":
            return {}
        return {"decimal": ","} if commas > 5 * points else {}

    def number(self) -> bool:
        facts, unit = self.facts, self.header.unit or (self.known.unit if self.known else "")
        keys = self.decimals() | ({"unit": unit} if unit else {})
        read = facts.read("number", **keys)
        if read.fits < (0.75 if facts.n >= 8 else 0.99) or len(read.values) == 0:
            return False
        if sum(n for text, n in read.units.items() if re.match(r"[-–:/]\d", text)) > 0.1 * facts.n:
            return False  # 125-350: a range
        whole = all(float(value).is_integer() for value in read.values)
        plain = facts.share(r"-?\d+") > 0.95
        few = len(read.values) <= 12 and whole and facts.n > len(read.values)
        if few and not unit and not read.limits and self.few(read):
            return True
        if whole and not unit and self.like_ids(read):
            return True
        type_ = (
            "integer"
            if whole
            and plain
            and not read.limits
            and not keys.get("decimal")
            and (not unit or unit.lower() in ("years", "yr", "yrs", "y", "d", "day", "days"))
            else "number"
        )
        self.spec = {"type": type_, **keys}
        if not whole and read.fits == 1 and len(read.values) > 12 and not read.units:
            self.mark = "certain"
        if read.limits:
            self.spec["limit"] = f"{self.column}_limit"
        self.beside(read, unit)
        self.sentinel(read)
        self.strays(read)
        if unit == "%" and all(0 <= value <= 100 for value in read.values):
            self.spec["possible"] = [0, 100]
        return True

    column = "value"  # the clean name, set by whoever drafts the table

    def few(self, read: Read) -> bool:
        """Whole numbers, of which there are few: codes, or counts and grades?"""
        values = sorted(read.values)
        if COUNTED.search(self.header.label) and values != [0, 1] and (len(values) > 2 or values[-1] > 2):
            if not (values[0] >= 0 and values[-1] <= 20 and read.fits == 1):
                return False
            seen, default = f"whole numbers from {values[0]:g} to {values[-1]:g}", "number"
        elif values[0] < 0 or values[-1] > 99 or (len(values) > 6 and values[-1] > 2 * len(values)):
            return False
        else:
            seen, default = f"only {', '.join(f'{value:g}' for value in values)}", "code"
        said = self.ask("codes or number", "Are these codes, and what do they mean; or is it a number?", f"{seen} in {facts_n(self.facts)}",
                        ["number", "code", "<0 = no, 1 = yes: what each code means>"], default)  # fmt: skip
        if said == "number":
            self.spec = {"type": "integer"}
            self.sentinel(read)
            self.strays(read)
            return True
        texts = sorted(
            self.facts.texts, key=lambda text: (not re.fullmatch(r"-?\d+(\.\d+)?", text), _number(text), text)
        )
        meant = dict(re.findall(r"(-?\w+)\s*=\s*([^,;]+?)\s*(?=[,;]|$)", said)) if "=" in said else {}
        used = [text for text in texts if text not in read.strays]
        if len(set(meant.values())) < len(meant) or not set(meant) >= set(used):
            meant = {}
        self.spec = {
            "type": "code",
            "codes": {meant.get(text, text): [text] if meant else [] for text in (meant or used)},
        }
        return True

    def like_ids(self, read: Read) -> bool:
        """Whole numbers that name something: all different, or so long that nobody would count with them."""
        if not re.search(r"(?:\bid\b|_id$|^id_|\bno\b|nr\b|number|编号|号$|code\b|barcode)", self.header.label, re.I):
            return False
        longest = max(abs(value) for value in read.values)
        if len(read.values) > 0.9 * self.facts.n or longest >= 1e6:
            self.spec = {"type": "id"}
            return True
        return False

    def beside(self, read: Read, unit: str) -> None:
        """Units that stand in the cells beside the number."""
        own = {u: n for u, n in read.units.items() if u != unit_form(unit or "")}
        if not own:
            return
        with_unit = sum(read.units.values())
        if not unit and len(own) == 1 and with_unit > 0.9 * read.n:
            self.spec["unit"], self.mark = next(iter(own)), "likely"
            return
        shown = ", ".join(f"{u} ({n})" if n > 1 else f"{u}" for u, n in list(own.items())[:6] if len(u) <= 12)
        said = self.ask("units", f"Which factor turns each unit into {unit or 'that of the column'}?", f"beside the number: {shown or 'texts'}",
                        ["a query for each", "<unit = factor, unit = factor>"], "a query for each")  # fmt: skip
        factors = {u.strip(): float(f) for u, f in re.findall(r"([^=,;]+)=\s*([\d.eE+-]+)", said)}
        if factors:
            self.spec["units"] = factors
            self.spec.setdefault("unit", next((u for u, f in factors.items() if f == 1), ""))

    def sentinel(self, read: Read) -> None:
        """Numbers that stand for a missing value: -999 among saturations, 999 far above all others."""
        values = sorted(read.values)
        rest = [value for value in values if abs(value) not in (9, 99, 999, 9999, 99999, 88, 888, 77, 777, 998, 997)]
        if len(rest) < 3:
            return
        odd = [value for value in values if value not in rest and (
            (value < 0 and rest[0] >= 0) or (value > 0 and value >= 97 and value > 3 * max(abs(rest[0]), abs(rest[-1]))))]  # fmt: skip
        if odd:
            shown = ", ".join(f"{value:g} ({read.values[value]})" for value in odd)
            seen = f"{shown}; all others lie between {rest[0]:g} and {rest[-1]:g}"
            if (
                self.ask(
                    "missing",
                    f"Do {', '.join(f'{value:g}' for value in odd)} mean missing?",
                    seen,
                    ["yes", "no"],
                    "yes",
                )
                == "yes"
            ):
                self.spec["missing"] = [f"{value:g}" for value in odd]

    def strays(self, read: Read) -> None:
        """Texts among numbers."""
        strays = {text: n for text, n in read.strays.items() if not re.fullmatch(r"#[A-Z/0!?]+", text)}
        if not strays:
            return
        below = {
            text for text in strays if re.match(r"[<>]|(?i:b[ld]l?q|below|lloq|bdl|lod|nachweisgrenze|低于)", text)
        }
        often = {text: n for text, n in strays.items() if n > 1 and len(text) <= 20}
        self.mark = "likely"
        if below & set(often):
            said = self.ask("limit text", f"Of which limit of quantification do {', '.join(sorted(below & set(often)))} speak?", _counted(often),
                            ["a query for each", "<the number>"], "a query for each")  # fmt: skip
            if re.fullmatch(r"[\d.]+", said):
                self.spec["limit"] = f"{self.column}_limit"
                self.spec["limit_text"] = {text: float(said) for text in sorted(below & set(often))}
        if rest := {text: n for text, n in often.items() if text not in below}:
            said = self.ask("stray texts", f"Do these texts among numbers mean missing? {_counted(rest)}",
                            f"{sum(strays.values())} of {self.facts.n} cells are no number", ["yes", "no: a query for each"], "no: a query for each")  # fmt: skip
            if said == "yes":
                self.spec["missing"] = [*self.spec.get("missing", ()), *sorted(rest)]
        elif sum(strays.values()) > 0.05 * self.facts.n:
            self.ask("type", "Is it a number? Some of its cells are texts.", f"{sum(strays.values())} of {self.facts.n} cells are no number",
                     ["number"], "number")  # fmt: skip

    # --- texts ------------------------------------------------------------------------------------------------------------------

    def words(self) -> None:
        """Codes, ids, or free text."""
        facts, texts = self.facts, self.facts.texts
        merged = _merged(texts)
        n, distinct, longest = facts.n, len(merged), max(map(len, texts))
        again = n / distinct
        regular = facts.share(r"[A-Za-z]{0,6}[-_/ ]?\d{1,8}(?:[-_/.]\d{1,8}){0,3}|\d+[A-Za-z]{1,2}") > 0.9
        if regular and again < 2 and distinct > 8:
            self.spec = {"type": "id"}
            return
        coded = (
            longest <= 60
            and distinct <= MOST_CODES
            and (again >= 2 or distinct <= 3 < n)
            and (distinct <= 20 or again >= 5)
        )
        doubtful = coded and (again < 3 or longest > 40 or distinct > 20) and distinct > 3
        if not coded and longest <= 40 and distinct <= 0.7 * n:
            coded, doubtful = distinct <= MOST_CODES, True
        if doubtful:
            said = self.ask("codes or text", "Is it a list of codes, or free text (which is held back until somebody has read it)?",
                            f"{distinct} different texts in {n} cells, the longest of {longest} characters", ["code", "text", "id"],
                            "code" if coded and again >= 2 and longest <= 40 else "text")  # fmt: skip
            if said in ("text", "id"):
                self.spec = {"type": said}
                return
        elif not coded:
            self.spec = {"type": "text"}
            if not (longest > 40 or distinct > 20):
                self.ask("codes or text", "Is it a list of codes, or free text (which is held back until somebody has read it)?",
                         f"{distinct} different texts in {n} cells", ["code", "text", "id"], "text")  # fmt: skip
                if self.asked[-1].taken == "code":
                    self.spec = {"type": "code", "codes": _codes(merged)}
            return
        rare = _misspelt(merged)
        if rare:
            said = self.ask("rare codes", "Are these slips of the hand? " + "; ".join(f"'{a}' beside '{b}'" if b else f"'{a}'" for a, b in rare.items() if len(a) <= 40),
                            f"{sum(merged[a][0] for a in rare)} of {n} cells",
                            ["a query for each", "the same", "codes of their own"], "a query for each")  # fmt: skip
            for slip, meant in rare.items():
                if said == "the same" and meant:
                    merged[meant] = (merged[meant][0], [*merged[meant][1], slip, *merged[slip][1]])
                if said != "codes of their own":
                    del merged[slip]
        self.spec = {"type": "code", "codes": _codes(merged)}


def facts_n(facts: Facts) -> str:
    return f"{facts.n} cells"


def _counted(texts: dict[str, int]) -> str:
    """Texts with their counts; one that stands once may be anything and is not shown."""
    shown = [f"'{text}' ({n})" for text, n in texts.items() if n > 1 and len(text) <= 30][:8]
    hidden = sum(n for text, n in texts.items()) - sum(
        n for text, n in list(texts.items()) if f"'{text}' ({n})" in shown
    )
    return ", ".join([*shown, *([f"{hidden} others"] if hidden else [])])


def _number(text: str) -> float:
    return float(text) if re.fullmatch(r"-?\d+(\.\d+)?", text) else 0.0


def _same_number(text: str, codes) -> bool:
    return bool(re.fullmatch(r"-?\d+(\.0+)?", text)) and any(
        re.fullmatch(r"-?\d+", raw) and float(raw) == float(text) for raw in codes
    )


def _merged(texts: dict[str, int]) -> dict[str, tuple[int, list[str]]]:
    """Texts that are one whatever the case, and the words for man, woman, yes and no: the most frequent spelling with its
    rows and the others."""
    group = {word: words[0] for words in ALIKE for word in words}
    by: dict[str, list[str]] = {}
    for text in texts:
        by.setdefault(group.get(fold(text), fold(text)), []).append(text)
    found = {}
    for spellings in by.values():
        first = max(spellings, key=lambda text: (texts[text], text))
        found[first] = (
            sum(texts[text] for text in spellings),
            sorted(text for text in spellings if fold(text) != fold(first)),
        )
    return found


def _misspelt(merged: dict[str, tuple[int, list[str]]]) -> dict[str, str]:
    """A rare text -> the frequent one from which it differs by a letter or two."""
    found, rows = {}, sum(n for n, _ in merged.values())
    for text, (n, _) in merged.items():
        often = [
            other
            for other, (m, _) in merged.items()
            if m >= 5 * n and n <= 2 and other != text and not re.search(r"\d", text)
        ]
        near = difflib.get_close_matches(text, often, n=1, cutoff=0.85) if len(text) > 4 else []
        if near:
            found[text] = near[0]
        elif n == 1 and rows >= 100 and sum(m for m, _ in merged.values() if m >= 5) > 0.95 * rows:
            found[text] = ""  # a cell of another column, perhaps
    return found


def _codes(merged: dict[str, tuple[int, list[str]]]) -> dict[str, list[str]]:
    """Codes in an order that means something: by the numbers that they begin with, by the words for less and more, else by
    how often they are. `1_female` is female where every text begins so."""
    numbered = {text: re.fullmatch(r"(\d{1,2})\s*[_=:.)-]\s*(\S.*)", text) for text in merged}
    if all(numbered.values()) and len({m[1] for m in numbered.values()}) == len(
        {m[2] for m in numbered.values()}
    ) == len(merged):
        ordered = sorted(merged, key=lambda text: int(numbered[text][1]))
        return {numbered[text][2]: [text, *merged[text][1]] for text in ordered}
    rank = {word: at for at, word in enumerate(ORDER)}
    if any(fold(text) in rank for text in merged):
        ordered = sorted(merged, key=lambda text: (rank.get(fold(text), 12), -merged[text][0], text))
    else:
        ordered = sorted(merged, key=lambda text: (-merged[text][0], text))
    return {text: merged[text][1] for text in ordered}


def dates_of(facts: Facts, spec: dict) -> dict[object, int]:
    """The dates of a column that was found to hold dates, as days, with their rows."""
    read = facts.read(spec["type"], **{key: spec[key] for key in ("date_order",) if key in spec})
    found: dict[object, int] = {}
    for value, n in read.values.items():
        day = value.date() if isinstance(value, datetime.datetime) else value
        found[day] = found.get(day, 0) + n
    return found
