"""How a text is brought to one form, and the dates, words and numbers that are read in it: case, accents, apostrophes, leading zeros."""

from __future__ import annotations

import datetime
import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from itertools import groupby
from operator import itemgetter

SHORT = 5  # a text with fewer letters and digits is found everywhere
PART = 4  # so is a part of a name with fewer letters
DIGITS = 6  # and a number of an undeclared column with fewer digits
SPACED = 8  # digits of a number that is found in groups with spaces between: fewer are cells side by side
SEPARATOR = " \ua66e "  # between texts that are searched together: a letter that no record holds, so nothing spans two
GAP = SEPARATOR * 2  # between texts that were not side by side: no name spans two such words
UNDECLARED = "undeclared column"
FREE_TEXT = "free text"
PART_OF = "a part of a "
_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"  # Chinese, kana, Hangul
_BETWEEN = re.compile(rf"(?<=[{_CJK}])[\s\u00b7\u30fb,-]+(?=[{_CJK}])")
HAN = re.compile(f"[{_CJK}]")
HONORIFIC = re.compile("(先生|女士|小姐|医生|さん|様|씨)$")
TOKEN = re.compile(r"\d+(?:\.\d+)*|[^\W\d_]+")
# the same in half the time, in a text without other letters and digits than these
_PLAIN_TOKEN, _OTHER = re.compile(r"[0-9]+(?:\.[0-9]+)*|[A-Za-z]+"), re.compile(r"[\x80-\U0010ffff](?<=\w)")
_BEYOND = re.compile(
    r"[^\x00-\x7f]+"
)  # an accent after a plain letter is taken away, so the letter need not be looked at
_MARKS = re.compile("[\u0300-\u036f\u00ad\u200b-\u200f\u2060\ufeff]")
_APOSTROPHES = "['\u2019\u2018\u02bc`\u00b4]"
# the sign first, then what stands before it: a search passes over all else at once
_POSSESSIVE = re.compile(rf"{_APOSTROPHES}(?<=\w.)s\b")
_WITHIN = re.compile(rf"{_APOSTROPHES}(?<=[^\W\d_].)(?=[^\W\d_])")
_LETTERS = {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe", "ı": "i", "þ": "th"}
_DIGRAPHS = {"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"}
HYPHEN = r"[-\u2010-\u2013/]"  # within a name or a number that is written in parts
_TIME = re.compile(r"[ t]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?$")
TITLES = set("mr mrs ms miss dr prof professor herr frau mme mlle md phd msc jr sr ii iii".split())  # noqa: SIM905

PARTICLES = set("von van de der den del della di da dos du la le las los al el bin ibn ben abu zu ter ten".split())  # noqa: SIM905

# digits that come about by chance, each looked for where its mark is: hashes, ids of a drawing's parts, numbers of bytes
CHANCE = (
    ("", re.compile(r"[0-9a-f](?<![0-9a-z].)[0-9a-f]{31,127}(?![0-9a-z])")),
    ("sha", re.compile(r"sha(?<!\wsha)(?:1|256|384|512)[-:=][0-9a-z+/]{16,}=*")),
    ("<", re.compile(r"[\"#][mph][0-9a-f]{10}(?=[\")])")),
    ('"bytes"', re.compile(r'"bytes": ?\d+')),
    ('"contentsize"', re.compile(r'"contentsize": ?"\d+')),
)
_JOINT = r"[ ()+/_.\u2013-]{1,3}"  # within a telephone number
EPOCHS = (datetime.date(1899, 12, 30), datetime.date(1904, 1, 1))  # day 0 of Excel, and of Excel on old Macs
MONTHS = {
    name: number
    for number, names in enumerate(
        ["jan ene", "feb fev", "mar", "apr avr abr", "may mai", "jun", "jul", "aug aou ago", "sep", "oct okt", "nov", "dec dez dic"],
        start=1,
    )
    for name in names.split()
}  # fmt: skip
BEFORE, BEHIND = 22, 13  # characters that a date can have before its year and behind it
DIGIT = "0123456789"
_DATES = (
    (re.compile(r"(?<!\d)(\d{4})\s?[-/.年 ]\s?(\d{1,2})\s?[-/.月 ]\s?(\d{1,2})(?!\d)"), "ymd"),
    (re.compile(r"(?<![\d.])((?:19|20)\d\d)([01]\d)([0-3]\d)(?!\d)"), "ymd"),
    (re.compile(r"(?<![\d.])([0-3]\d)([0-3]\d)((?:19|20)\d\d)(?!\d)"), "dmy mdy"),
    (re.compile(r"(?<!\d)(\d{1,2})[-/. ]{1,2}(\d{1,2})[-/. ]{1,2}(\d{4})(?!\d)"), "dmy mdy"),
    (re.compile(r"(?<!\d)(\d{1,2})(?:st|nd|rd|th)?[-/. ]{0,2}(?:of )?([a-z]{3,9})[-/., ]{0,2}(\d{4})(?!\d)"), "dmy"),
    (re.compile(r"([a-z]{3,9})[-/. ]{1,2}(\d{1,2})(?:st|nd|rd|th)?[, ]{1,2}(\d{4})(?!\d)"), "mdy"),
)
# those of one letter together: a search tries three or four of them at a place, and not all
_MONTH = "|".join(
    f"{first}(?:{'|'.join(name[1:] for name in of)})" for first, of in groupby(sorted(MONTHS), itemgetter(0))
)
# what all of the following have, and few other texts: what they begin with is rare in a text of numbers
_SHORT = (
    re.compile(r"[-/.](?<=\d.)(?<!\d{3}.)\d\d?[-/.]\d\d?(?!\d)"),
    re.compile(rf"(?:{_MONTH})(?<=[-\d/. ].{{3}})[a-z]{{0,6}}[-/., ]{{0,2}}\d\d(?!\d)"),
)
_SHORT_DATES = (
    (re.compile(r"(?<![\d./-])(\d{1,2})[/-](\d{1,2})[/-](\d{2})(?![\d./-])"), "dmy mdy ymd"),
    (re.compile(r"(?<![\d./-])(\d\d)\.(\d\d)\.(\d\d)(?![\d/-]|\.\d)"), "dmy mdy ymd"),
    (re.compile(r"(?<!\d)(\d{1,2})[-/. ]{0,2}([a-z]{3,9})[-/., ]{0,2}(\d{2})(?!\d)"), "dmy"),
)


def _folded(match: re.Match) -> str:
    return _one_form(match[0])


@lru_cache(maxsize=100_000)
def _one_form(text: str) -> str:
    text = unicodedata.normalize("NFKD", text).casefold()
    text = unicodedata.normalize("NFC", _MARKS.sub("", text))
    for letter, plain in _LETTERS.items():
        text = text.replace(letter, plain)
    return text


def fold(text: str) -> str:
    """One form of a text: compatibility forms, case, no accents, no apostrophes, no space between characters."""
    text = text.lower()
    if not text.isascii():
        text = _BEYOND.sub(_folded, text)
        text = _BETWEEN.sub("", text) if HAN.search(text) else text
    if "'" in text or "\u2019" in text or "\u2018" in text or "\u02bc" in text or "`" in text:
        text = _WITHIN.sub("", _POSSESSIVE.sub(" s", text))
    return text


def _bare(token: str) -> str:
    """A number without leading zeros."""
    return token.lstrip("0") or "0" if token.isdigit() else token


def _plain(token: str) -> str:
    """A number without leading zeros, and a whole one as it was before it passed through a computation."""
    if token.endswith(".0") and token.count(".") == 1:
        token = token[:-2]
    return _bare(token) if token[0] == "0" else token


def tokens_of(text: str) -> tuple[list[str], dict[str, str]]:
    """The words and numbers of a folded text, and how each of them is looked up."""
    tokens = (_PLAIN_TOKEN if text.isascii() or not _OTHER.search(text) else TOKEN).findall(text)
    return tokens, {token: _plain(token) if token[0] == "0" or token[-2:] == ".0" else token for token in set(tokens)}


def plain_tokens(text: str) -> list[str]:
    """The words and numbers of a folded text as they are looked up."""
    tokens, plain = tokens_of(text)
    return [plain[token] for token in tokens]


def words_of(text: str) -> set[str]:
    """The words of a text, folded."""
    return {token for token in TOKEN.findall(fold(text)) if not token[0].isdigit()}


def is_undeclared(kind: str) -> bool:
    return kind.startswith((UNDECLARED, FREE_TEXT))


def _read(orders: str, parts: tuple[str, ...]) -> set[datetime.date]:
    """The calendar dates that three parts can mean in these orders; a year of two digits is of this or the last century."""
    found = set()
    for order in orders.split():
        part = dict(zip(order, parts, strict=True))
        month = MONTHS.get(part["m"][:3]) if part["m"].isalpha() else int(part["m"])
        for century in (0,) if len(part["y"]) > 2 else (1900, 2000):
            try:
                found.add(datetime.date(century + int(part["y"]), month or 0, int(part["d"])))
            except ValueError:
                continue
    return found


def around(years: str) -> tuple[re.Pattern, re.Pattern]:
    """What finds these years: with what is behind them and one character before; and where a date may end with one of them, which is
    not where a text begins, or behind a number of three digits or more."""
    behind = re.compile(rf"({years})(?<=(.).{{4}})(?=(.{{0,{BEHIND}}}))", re.S)
    return behind, re.compile(rf"(?:{years})(?<![\n\"].{{4}})(?<!\d{{3}}[-/. ].{{4}})", re.S)


def dates_in(text: str, years: tuple[re.Pattern, re.Pattern]) -> set[datetime.date]:
    """Every calendar date of these years, or with a year of two digits, that a folded text can be read to hold."""
    behind, before = years
    first = {  # the same is read once; half a number at an edge could be another one
        f"{one}{year}{rest.rstrip(DIGIT) if len(rest) == BEHIND else rest}"
        for year, one, rest in {*behind.findall(f"\0{text}")}
    }
    last = {_whole(text, match.start() - BEFORE, match.start() + 5) for match in before.finditer(text)}
    short = {_whole(text, match.start() - 18, match.start() + 20) for form in _SHORT for match in form.finditer(text)}
    return _all_read(first | last, _DATES) | _all_read(short, _SHORT_DATES)


def _whole(text: str, start: int, end: int) -> str:
    """A part of a text without half a number at its edges."""
    piece = text[max(0, start) : end]
    if start > 0 and text[start - 1].isdigit() and piece[:1].isdigit():
        piece = piece.lstrip(DIGIT)
    return piece.rstrip(DIGIT) if text[end : end + 1].isdigit() else piece


def _all_read(pieces: Iterable[str], forms: Iterable[tuple[re.Pattern, str]]) -> set[datetime.date]:
    near = "\0".join(pieces)
    return set().union(*(_read(orders, parts) for form, orders in forms for parts in set(form.findall(near))))


def as_dates(text: str) -> set[datetime.date]:
    """The calendar dates that a folded text is, in every reading of day and month; empty if it is something else."""
    text = _TIME.sub("", text).rstrip("日号")
    matches = ((pattern.fullmatch(text), orders) for pattern, orders in (*_DATES, *_SHORT_DATES))
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


Words = tuple[str, ...]
Key = datetime.date | str | Words


def key_of(text: str) -> set[Key]:
    """What a text of the allow-list stands for."""
    text = fold(text).strip()
    return as_dates(text) or ({text} if HAN.search(text) else {tuple(sorted(plain_tokens(text)))})


def together(form: Words, text: str) -> bool:
    """Whether numbers stand in a text as one: not those of cells side by side, 555,0199."""
    if len(form) == 1 or not all(token[0].isdigit() for token in form):
        return True
    joined = _JOINT.join(f"0*{re.escape(token)}" for token in form)
    return re.search(rf"(?<!\d){joined}(?!\d)", text) is not None


def spellings(value: str) -> set[str]:
    """A name as it may be written without its umlauts: Müller, Muller, Mueller."""
    text = unicodedata.normalize("NFKC", value).casefold()
    spread = text
    for letter, digraph in _DIGRAPHS.items():
        spread = spread.replace(letter, digraph)
    drawn = re.sub("(?<=[^aeiouq])([aou])e(?=[^aeiou\\W\\d])", r"\1", text)
    return {fold(value), fold(spread), fold(drawn), fold(re.sub(_APOSTROPHES, " ", value))}
