"""What is looked for, and how it is recognised in a text: dates, Chinese names, words and numbers."""

from __future__ import annotations

import datetime
import re
import unicodedata
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import permutations

SHORT = 5  # an ASCII text with fewer characters is found everywhere
DIGITS = 6  # so is a number with fewer digits
SEPARATOR = " \ua66e "  # between texts that are searched together: a letter that no record holds, so nothing spans two
UNDECLARED = "undeclared column"
PART = ", a part"
TITLES = {"dr", "prof", "mr", "mrs", "ms", "miss", "sir", "herr", "frau", "md", "phd", "med", "jr", "sr", "and", "und"}
Words = tuple[str, ...]
_ACCENTS = re.compile("[\u0300-\u036f]")
_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"})
_LETTER = re.compile(r"[^\W\d_]+")
_CJK = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u3040-\u30ff\uac00-\ud7af"  # Chinese, kana, Hangul
_BETWEEN = re.compile(rf"(?<=[{_CJK}])[\s\u00b7]+(?=[{_CJK}])")
_HAN = re.compile(f"[{_CJK}]")
_TOKEN = re.compile(r"\d+(?:\.\d+)*|[^\W\d_]+")
_TIME = re.compile(r"[ t]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?$")
# digits that come about by chance: a sha256, and the ids that matplotlib gives to the parts of a drawing
_CHANCE = re.compile(r"(?<![0-9a-z])[0-9a-f]{64}(?![0-9a-z])|(?<=[\"#][mph])[0-9a-f]{10}(?=[\")])")
_JOINT = r"[ ()+/_.\u2013-]{1,3}"  # within a telephone number
_SERIAL_EPOCH = datetime.date(1899, 12, 30)  # day 0 of Excel
_MONTHS = {
    name: number
    for number, name in enumerate(
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], start=1
    )
}
_DATES = (
    (re.compile(r"(?<!\d)(\d{4})\s?[-/.年 ]\s?(\d{1,2})\s?[-/.月 ]\s?(\d{1,2})(?!\d)"), "ymd"),
    (re.compile(r"(?<![\d.])((?:19|20)\d\d)([01]\d)([0-3]\d)(?!\d)"), "ymd"),
    (re.compile(r"(?<!\d)(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4})(?!\d)"), "dmy mdy"),
    (re.compile(r"(?<![\d.])([0-3]\d)([0-3]\d)((?:19|20)\d\d)(?!\d)"), "dmy mdy"),
    (re.compile(r"(?<!\d)(\d{1,2})[-/. ]{0,2}([a-z]{3,9})[-/., ]{0,2}(\d{4})(?!\d)"), "dmy"),
    (re.compile(r"([a-z]{3,9})[-/. ]{1,2}(\d{1,2})(?:st|nd|rd|th)?[, ]{1,2}(\d{4})(?!\d)"), "mdy"),
)


def fold(text: str) -> str:
    """Compatibility forms, case and accents folded, no space between Chinese characters."""
    text = unicodedata.normalize("NFKC", text).casefold()
    if not text.isascii():
        text = _ACCENTS.sub("", unicodedata.normalize("NFKD", text)).translate(_LETTERS)
        text = unicodedata.normalize("NFC", text)
    return _BETWEEN.sub("", text)


def name_forms(text: str) -> Iterator[Words]:
    """The token sequences by which a name in letters may be written: in any order, without middle names, with an initial, one
    part alone; without titles, hyphens and apostrophes; with ue for ü.

    >>> sorted(name_forms("Dr. Okafor, Chidi"))
    [('c', 'okafor'), ('chidi',), ('chidi', 'o'), ('chidi', 'okafor'), ('o', 'chidi'), ('okafor',), ('okafor', 'c'), ('okafor', 'chidi')]
    """
    umlauts = unicodedata.normalize("NFC", text).casefold().translate({0xE4: "ae", 0xF6: "oe", 0xFC: "ue"})
    for spelling in {fold(text), fold(umlauts)}:
        for words in {
            tuple(_LETTER.findall(spelling)),
            tuple("".join(_LETTER.findall(word)) for word in re.split(r"[\s,;._]+", spelling)),
        }:
            words = [word for word in words if word and word not in TITLES][:6]
            for word, other in permutations(words, 2):
                yield word, other
                if len(word) > 3:
                    yield word, other[0]
                    yield other[0], word
            if 2 < len(words) < 5:
                yield from permutations(words)
            yield from ((word,) for word in words if len(word) >= SHORT)


def words_of(text: str) -> set[str]:
    """The words of a text, folded."""
    return {token for token in _TOKEN.findall(fold(text)) if not token[0].isdigit()}


def is_undeclared(kind: str) -> bool:
    return kind.startswith(UNDECLARED)


def _read(orders: str, parts: tuple[str, ...]) -> set[datetime.date]:
    """The calendar dates that three parts can mean in these orders."""
    found = set()
    for order in orders.split():
        part = dict(zip(order, parts, strict=True))
        month = _MONTHS.get(part["m"][:3]) if part["m"].isalpha() else int(part["m"])
        try:
            found.add(datetime.date(int(part["y"]), month or 0, int(part["d"])))
        except ValueError:
            continue
    return found


def _dates(text: str, years: re.Pattern) -> set[datetime.date]:
    """Every calendar date of these years that a folded text can be read to hold."""
    around = {text[max(0, at - 16) : at + 16] for at in (match.start() for match in years.finditer(text))}
    text = "\n".join(around)
    found = (_read(orders, parts) for pattern, orders in _DATES for parts in set(pattern.findall(text)))
    return set().union(*found)


def as_dates(text: str) -> set[datetime.date]:
    """The calendar dates that a folded text is, in every reading of day and month; empty if it is something else."""
    text = _TIME.sub("", text).rstrip("日号")
    matches = ((pattern.fullmatch(text), orders) for pattern, orders in _DATES)
    return set().union(*(_read(orders, match.groups()) for match, orders in matches if match))


def searchable(tokens: tuple[str, ...]) -> bool:
    """Whether an undeclared text is long enough to be no one else's: decimals do not count, numbers by their digits."""
    letters = sum(len(token) for token in tokens if not token[0].isdigit())
    digits = "".join(token for token in tokens if token[0].isdigit() and token.count(".") != 1).replace(".", "")
    if letters:
        return letters + len(digits) >= SHORT
    if len(tokens) > 1:  # a telephone number; 125-350 is a range
        return len(digits) > DIGITS
    # 250000 is a measurement: what is written with three figures and noughts comes out of a computation too
    return len(digits) >= DIGITS and len(digits.rstrip("0")) > 3


def is_name(kind: str) -> bool:
    """Whether an identifier of this kind is a person's name, and may be written otherwise."""
    return "name" in kind.casefold() and not is_undeclared(kind)


def _without_zeros(form: Words) -> Words:
    """MRN-004711 is also written MRN 4711."""
    return tuple(token.lstrip("0") or token if token.isdigit() else token for token in form)


def _together(form: Words, text: str) -> bool:
    """Whether numbers stand in a text as one: not those of cells side by side, 555,0199."""
    if len(form) == 1 or not all(token[0].isdigit() for token in form):
        return True
    return re.search(rf"(?<!\d){_JOINT.join(map(re.escape, form))}(?!\d)", text) is not None


@dataclass
class Sought:
    """dates: date -> kind; names: Chinese text -> kind; words: sorted tokens of a text -> kind, and its `forms`: first token
    -> {tokens in an order: sorted tokens}; unsearchable: kind -> number of values that cannot be told from other content.
    The columns are counted that the values come from.
    """

    dates: dict[datetime.date, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    words: dict[Words, str] = field(default_factory=dict)
    forms: dict[str, dict[Words, Words]] = field(default_factory=dict)
    unsearchable: Counter = field(default_factory=Counter)
    identifier_columns: int = 0
    undeclared_columns: int = 0

    def __len__(self) -> int:
        whole = sum(not kind.endswith(PART) for kind in self.words.values())
        return len(self.dates) + len(self.names) + whole

    def add(self, value: str, kind: str, is_date: bool = False) -> None:
        """Take up one raw value, unless it is too short. is_date: a five-digit number is a workbook's day."""
        text = fold(value).strip()
        tokens = tuple(_TOKEN.findall(text))
        dates = as_dates(text)
        if is_date and (serial := re.fullmatch(r"([2-5]\d{4})(?:\.\d+)?", text)):
            dates = {_SERIAL_EPOCH + datetime.timedelta(days=int(serial[1]))}
        if dates:
            self.dates |= dict.fromkeys(dates, kind)
        elif _HAN.search(text) and len(text) >= 2:
            self.names[text] = kind
        elif not searchable(tokens) if is_undeclared(kind) else len("".join(tokens)) < SHORT:
            self.unsearchable[kind] += 1
        else:
            key = tuple(sorted(tokens))
            self.words[key] = kind
            forms = {tokens, (*tokens[1:], tokens[0])}  # a family name may come first or last
            if "".join(tokens).isdigit():
                forms.add(("".join(tokens),))  # a telephone number may be written in one
            if not is_undeclared(kind):
                forms |= {short for form in forms if len("".join(short := _without_zeros(form))) >= SHORT}
            for form in forms:
                self.forms.setdefault(form[0], {})[form] = key
            if is_name(kind):
                self._parts(value, key, f"{kind}{PART}")

    def _parts(self, value: str, whole: Words, kind: str) -> None:
        """Other forms of a name, each given up for itself: a surname that is a word says nothing of the whole name."""
        for form in name_forms(value):
            key = tuple(sorted(form))
            if key != whole:
                self.words.setdefault(key, kind)
            self.forms.setdefault(form[0], {}).setdefault(form, key)

    @cached_property
    def years(self) -> re.Pattern:
        """Finds the years of the dates; made when the first text is searched."""
        return re.compile("|".join(sorted({f"{date.year:04d}" for date in self.dates})) or "(?!)")

    @cached_property
    def beginnings(self) -> dict[str, list[tuple[str, str]]]:
        """First two characters of the longest Chinese part of a name -> (that part, the name): an address holds numbers too."""
        found: dict[str, list[tuple[str, str]]] = {}
        for name in self.names:
            part = max((token for token in _TOKEN.findall(name) if _HAN.search(token)), key=len)
            found.setdefault(part[:2], []).append((part, name))
        return found

    def hits(self, text: str) -> dict[object, str]:
        """What of it stands in a text, with its kind."""
        text = _CHANCE.sub(" ", fold(text))
        tokens = _TOKEN.findall(text)
        known = set(tokens)
        found: dict[object, str] = {date: self.dates[date] for date in _dates(text, self.years) & self.dates.keys()}
        if self.names:
            found.update(self._chinese(text, known))
        if starts := known & self.forms.keys():
            lengths = {first: {len(form) for form in self.forms[first]} for first in starts}
            for at, token in enumerate(tokens):
                for length in lengths.get(token, ()):
                    form = tuple(tokens[at : at + length])
                    key = self.forms[token].get(form)
                    if key and key not in found and _together(form, text):
                        found[key] = self.words[key]
        return found

    def _chinese(self, text: str, known: set[str]) -> Iterable[tuple[str, str]]:
        tokens = sorted(token for token in known if _HAN.search(token))
        han = " ".join(tokens)
        pieces = {token[at : at + size] for token in tokens for at in range(len(token)) for size in (1, 2)}
        for piece in pieces & self.beginnings.keys():
            for part, name in self.beginnings[piece]:
                if name in self.names and part in han and (part == name or name in text):
                    yield name, self.names[name]

    def excuse(self, texts: Iterable[str]) -> None:
        """Give up what stands in these texts for another reason."""
        for text in texts:
            self._give_up(self.hits(text))

    def excuse_words(self, words: Container[str]) -> None:
        """Give up one of these words beside a short number ('grade 3', 'day 28'): both stand in tables, side by side."""
        found = {}
        for key, kind in self.words.items():
            letters = [token for token in key if not token[0].isdigit()]
            digits = sum(len(token) for token in key if token[0].isdigit())
            if len(letters) == 1 and 0 < digits < DIGITS and letters[0] in words:
                found[key] = kind
        self._give_up(found)

    def _give_up(self, values: Mapping[object, str]) -> None:
        self.unsearchable.update(values.values())
        for value in values:
            for known in (self.dates, self.names, self.words):
                known.pop(value, None)
        if values:
            self.forms = {first: kept for first, forms in self.forms.items() if (kept := self._kept(forms))}

    def _kept(self, forms: Mapping[Words, Words]) -> dict[Words, Words]:
        return {form: key for form, key in forms.items() if key in self.words}

    def over(self, other: Sought) -> Sought:
        """Both together; a value that both look for is of this one's kind."""
        forms = {first: dict(found) for first, found in other.forms.items()}
        for first, found in self.forms.items():
            forms.setdefault(first, {}).update(found)
        return Sought(
            {**other.dates, **self.dates}, {**other.names, **self.names}, {**other.words, **self.words}, forms,
            other.unsearchable + self.unsearchable, self.identifier_columns + other.identifier_columns,
            self.undeclared_columns + other.undeclared_columns,
        )  # fmt: skip
