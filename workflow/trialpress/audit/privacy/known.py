"""What is looked for, and how it is recognised in a text: dates, names in characters, words and numbers.

Both sides are brought to one form: compatibility forms, case, accents, apostrophes, hyphens, leading zeros. A name is found
whole, by two of its parts in any order with one word between, and by one part that is long enough to be nobody else's.
"""

from __future__ import annotations

import datetime
import re
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby, pairwise, permutations

from ...errors import Problem
from .forms import (
    CHANCE,
    DIGITS,
    EPOCHS,
    HAN,
    HONORIFIC,
    HYPHEN,
    PART,
    PART_OF,
    PARTICLES,
    SEPARATOR,
    SHORT,
    SPACED,
    TITLES,
    TOKEN,
    Key,
    Words,
    around,
    as_dates,
    dates_in,
    fold,
    is_undeclared,
    plain_tokens,
    searchable,
    spellings,
    together,
    tokens_of,
)

MOST_PARTS = 5  # in which a number or a name is written
_SPACE, _HYPHEN = re.compile(r"[-\u2010-\u2013/ \u00a0]"), re.compile(rf"{HYPHEN}\s?")  # between them
_BEFORE, _BEHIND = re.compile(r"[\w.,]"), re.compile(r"\w|,[-.\d]|\.\d")  # of which it is only a part
# behind an id in the key of a row: of many such some begin like a number by chance
_DAY = re.compile(r"/(?:19|20)\d\d-[01]\d-[0-3]\d")


@dataclass
class Sought:
    """dates: date -> kind; names: text in characters -> kind; words: sorted tokens of a text -> kind, and its `forms`: first
    token -> {tokens in an order: sorted tokens}; lesser: what is only a part or another writing of these; files: where each
    stands; unsearchable: (raw file, kind) -> number of values that are too short, or cannot be told from other content.
    The columns are counted that the values come from. vain: headers that are said to identify nobody, of no column.
    """

    dates: dict[datetime.date, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    words: dict[Words, str] = field(default_factory=dict)
    forms: dict[str, dict[Words, Words]] = field(default_factory=dict)
    joined: dict[str, Words] = field(default_factory=dict)
    lesser: set[Key] = field(default_factory=set)
    files: dict[Key, str] = field(default_factory=dict)
    unsearchable: Counter = field(default_factory=Counter)
    identifier_columns: int = 0
    undeclared_columns: int = 0
    copied: list[Problem] = field(default_factory=list)
    vain: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len([key for known in (self.dates, self.names, self.words) for key in known if key not in self.lesser])

    @property
    def content(self) -> list:
        """What is looked for, as the hash of it is made of."""
        return [self.dates, self.names, self.words, self.forms, self.joined]

    @property
    def keys(self) -> list[Key]:
        """All that is looked for, in an order of its own."""
        return sorted([*self.dates, *self.names, *self.words], key=repr)

    def kind(self, key: Key) -> str:
        return self.dates.get(key) or self.names.get(key) or self.words.get(key) or ""

    def add(self, value: str, kind: str, is_date: bool = False, file: str = "") -> None:
        """Take up one raw value, unless it is too short. is_date: a five-digit number is a workbook's day."""
        text = fold(value).strip()
        written, plain = tokens_of(text)
        tokens = tuple(plain[token] for token in written)
        dates = as_dates(text)
        if is_date and (serial := re.fullmatch(r"([2-5]\d{4})(?:\.\d+)?", text)):
            dates = {EPOCHS[0] + datetime.timedelta(days=int(serial[1]))}
        if dates:
            self.dates |= dict.fromkeys(dates, kind)
            self.files |= dict.fromkeys(dates, file)
            if is_date:
                for days in {(date - epoch).days for date in dates for epoch in EPOCHS}:
                    self._word((str(days),), kind, file, {(str(days),)}, lesser=days > 9999)
        elif HAN.search(text) and len(text) >= 2:
            self._characters(
                text, kind, file, fold(re.sub(r"[\s\u30fb\u00b7,]+", SEPARATOR, value.strip())).split(SEPARATOR)
            )
        elif (
            not searchable(tokens) if is_undeclared(kind) else len("".join(tokens)) < SHORT and not self._pairs(tokens)
        ):
            self.unsearchable[file, kind] += 1
        else:
            forms = {tokens, (*tokens[1:], tokens[0])}  # a family name may come first or last
            digits = "".join(token for token in written if token.isdigit()).lstrip("0") or "0"
            if "".join(tokens).isdigit() or len(digits) > DIGITS:
                forms.add((digits,))  # a telephone number may be written in one
            self._word(tuple(sorted(tokens)), kind, file, forms)
            if len(digits) >= DIGITS and "".join(tokens).isdigit():
                self.joined[digits] = tuple(sorted(tokens))
            if "name" in kind.casefold() and not is_undeclared(kind):
                self._parts(value, tuple(sorted(tokens)), kind, file)

    @staticmethod
    def _pairs(tokens: Words) -> set[Words]:
        parts = [token for token in tokens if token not in TITLES and len(token) > 1 and token.isalpha()]
        return {pair for pair in permutations(dict.fromkeys(parts), 2) if sum(map(len, pair)) >= PART}

    def _word(self, key: Words, kind: str, file: str, forms: Iterable[Words], lesser: bool = False) -> None:
        if lesser and key in self.words:
            return
        self.words[key], self.files[key] = kind, file
        if lesser:
            self.lesser.add(key)
        else:
            self.lesser.discard(key)
        for form in forms:
            self.forms.setdefault(form[0], {})[form] = key

    def _parts(self, value: str, key: Words, kind: str, file: str) -> None:
        """Two of the parts of a name in any order, and each part that is long enough alone."""
        for text in spellings(value):
            pieces = [piece for piece in re.split(r"[\s,;.()/_]+", text) if piece]
            whole = [re.sub(r"[\W_]", "", piece) for piece in pieces]  # Jean-Pierre, Jeanpierre
            tokens = (*dict.fromkeys([*plain_tokens(text), *whole]),)
            written = {form for form in (tuple(whole), tuple(plain_tokens(text))) if len(form) > 1}
            for word, other in permutations((token for token in tokens if token.isalpha() and token not in TITLES), 2):
                if len(word) >= PART:  # C. Okafor
                    part = tuple(sorted((word, other[0])))
                    self._word(part, PART_OF + kind, file, {(word, other[0]), (other[0], word)}, lesser=True)
            for form in self._pairs(tokens) | written:
                self.forms.setdefault(form[0], {})[form] = key
            for token in tokens:
                if token in TITLES or token in PARTICLES or not token.isalpha() or (token,) == key:
                    continue
                if len(token) >= PART:
                    self._word((token,), PART_OF + kind, file, {(token,)}, lesser=True)
                else:
                    self.unsearchable[file, PART_OF + kind] += text == fold(value)

    def _characters(self, text: str, kind: str, file: str, written: list[str]) -> None:
        """A name in characters, its family name last, and what of it is no family name; written: its parts, if it has spaces."""
        text = HONORIFIC.sub("", text)
        self.names[text], self.files[text] = kind, file
        self.lesser.discard(text)
        if "name" in kind.casefold() and not is_undeclared(kind) and len(text) <= 6:
            if len(written) == 2:
                parts = {written[1] + written[0], *(part for part in written if len(part) > 1)}
            else:
                cuts = (1, 2) if len(text) > 3 else (1,)  # of a family name
                parts = {text[cut:] + text[:cut] for cut in cuts} | {text[cut:] for cut in cuts if len(text) > cut + 1}
            for part in sorted(parts):
                if part not in self.names:
                    self.names[part], self.files[part] = (kind if len(part) == len(text) else PART_OF + kind), file
                    self.lesser.add(part)

    @cached_property
    def years(self) -> tuple[re.Pattern, re.Pattern]:
        """Finds the years of the dates; made when the first text is searched."""
        years = sorted({f"{date.year:04d}" for date in self.dates})
        centuries = groupby(years, key=lambda year: year[:2])  # one beginning of many: a search of half the time
        written = (f"{first}(?:{'|'.join(year[2:] for year in of)})" for first, of in centuries)
        return around("|".join(written) or "(?!)")

    @cached_property
    def prefixes(self) -> tuple[set[str], set[str]]:
        """What a number or a name begins with that is written in parts; these and the whole."""
        words = [
            *self.joined,
            *(form[0] for forms in self.forms.values() for form in forms if len(form) == 1 and form[0].isalpha()),
        ]
        begun = {word[:size] for word in words for size in range(2, len(word))}
        return begun, begun.union(words)

    @cached_property
    def beginnings(self) -> dict[str, list[tuple[str, str]]]:
        """First two characters of the longest part in characters of a name -> (that part, the name): an address holds numbers
        too."""
        found: dict[str, list[tuple[str, str]]] = {}
        for name in self.names:
            part = max((token for token in TOKEN.findall(name) if HAN.search(token)), key=len)
            found.setdefault(part[:2], []).append((part, name))
        return found

    def hits(self, text: str) -> dict[Key, str]:
        """What of it stands in a text, with its kind."""
        text = fold(text)
        for mark, digits in CHANCE:
            if mark in text:
                text = digits.sub(" ", text)
        found: dict[Key, str] = {}
        if self.dates:
            dates = dates_in(text, self.years)
            found = {date: self.dates[date] for date in dates & self.dates.keys()}
        tokens, plain = tokens_of(text)
        known = set(plain.values())
        if self.names:
            found.update(self._chinese(text, known))
        begun, going = self.prefixes
        starts, halves = known & self.forms.keys(), known & begun
        if starts:
            lengths = {first: {len(form) for form in self.forms[first]} for first in starts}
            first = {token for token, other in plain.items() if other in starts}
            longest = max(3, *map(max, lengths.values()))
            for at in [at for at, token in enumerate(tokens) if token in first]:
                near = [plain[token] for token in tokens[at : at + longest]]
                found |= {key: self.words[key] for key in self._standing(near, lengths[near[0]], text)}
        if halves:
            half = {token for token, other in plain.items() if other in halves}
            pairs = enumerate(pairwise(tokens))
            pairs = [at for at, (one, two) in pairs if one in half and plain[one] + two in going]
            if pairs := [at for at in pairs if self._joined(tokens[at : at + MOST_PARTS])]:
                places = [match.span() for match in TOKEN.finditer(text)]
                found |= {
                    key: self.words[key] for at in pairs for key in self._in_parts(places[at : at + MOST_PARTS], text)
                }
        return found

    def _standing(self, tokens: list[str], lengths: set[int], text: str) -> Iterator[Words]:
        """What begins with the first of these tokens."""
        forms = self.forms[tokens[0]]
        for length in lengths:
            form = tuple(tokens[:length])
            if (key := forms.get(form)) and together(form, text):
                yield key
        if 2 in lengths and len(tokens) > 2 and tokens[1].isalpha():  # one word between
            form = (tokens[0], tokens[2])
            near = len(tokens[1]) == 1 or min(map(len, form)) > 2
            if near and all(map(str.isalpha, form)) and (key := forms.get(form)):
                yield key

    def _joined(self, tokens: list[str]) -> bool:
        """Whether the first of these tokens and others behind it are a number or a name, whatever stands between."""
        whole = tokens[0].lstrip("0")
        for token in tokens[1:]:
            whole += token
            if whole in self.joined or (whole,) in self.forms.get(whole, ()):
                return True
            if whole not in self.prefixes[0]:
                return False
        return False

    def _in_parts(self, places: list[tuple[int, int]], text: str) -> Iterator[Words]:
        """A number in groups, 1234-5678, and a name in halves, Min-su, that begin at the first of these places."""
        (start, end), *others = places
        if _BEFORE.match(text[max(0, start - 1) : start]):
            return
        whole, between, least = text[start:end].lstrip("0"), [], end
        for begins, ends in others:
            if day := _DAY.match(text, end):
                least = day.end()
            between.append(text[end:begins])
            end = ends
            whole += text[begins:end]
            key = self.joined.get(whole) or self.forms.get(whole, {}).get((whole,))
            if key and end >= least and not _BEHIND.match(text[end : end + 2]):
                sign = _SPACE if whole.isdigit() and len(whole) >= SPACED else _HYPHEN
                if all(map(sign.fullmatch, between)):
                    yield key
            if whole not in self.prefixes[0]:
                return

    def _chinese(self, text: str, known: set[str]) -> Iterator[tuple[str, str]]:
        tokens = sorted(token for token in known if HAN.search(token))
        han = " ".join(tokens)
        pieces = {token[at : at + size] for token in tokens for at in range(len(token)) for size in (1, 2)}
        for piece in pieces & self.beginnings.keys():
            for part, name in self.beginnings[piece]:
                if name in self.names and part in han and (part == name or name in text):
                    yield name, self.names[name]

    def excuse(self, texts: Iterable[str]) -> None:
        """Give up what stands in these texts for another reason: all at once, since what is left is put in order again."""
        self._give_up({key: kind for text in texts for key, kind in self.hits(text).items()})

    def excuse_parts(self, texts: Iterable[str]) -> None:
        """Give up single parts of names that are words of these texts; the whole name is looked for still."""
        hits = (hit for text in texts for hit in self.hits(text).items())
        self._give_up({key: kind for key, kind in hits if kind.startswith(PART_OF)})

    def excuse_words(self, words: Container[str]) -> None:
        """Give up one of these words beside a short number ('grade 3', 'day 28'): both stand in tables, side by side."""
        found = {}
        for key, kind in self.words.items():
            letters = [token for token in key if not token[0].isdigit()]
            digits = sum(len(token) for token in key if token[0].isdigit())
            if len(letters) == 1 and 0 < digits < DIGITS and letters[0] in words:
                found[key] = kind
        self._give_up(found)

    def give_up(self, keys: Iterable[Key]) -> None:
        """Give up these of what is looked for."""
        self._give_up({key: self.kind(key) for key in keys})

    def _give_up(self, values: Mapping[Key, str]) -> None:
        self.unsearchable.update((self.files.get(key, ""), kind) for key, kind in values.items())
        for value in values:
            for known in (self.dates, self.names, self.words):
                known.pop(value, None)
        if values:
            self.forms = {first: kept for first, forms in self.forms.items() if (kept := self._kept(forms))}
            self.joined = self._kept(self.joined)

    def _kept(self, forms: Mapping) -> dict:
        return {form: key for form, key in forms.items() if key in self.words}

    def over(self, other: Sought) -> Sought:
        """Both together; a value that both look for is of this one's kind."""
        forms = {first: dict(found) for first, found in other.forms.items()}
        for first, found in self.forms.items():
            forms.setdefault(first, {}).update(found)
        lesser = (self.lesser - {*other.dates, *other.names, *other.words}) | other.lesser
        return Sought(
            {**other.dates, **self.dates}, {**other.names, **self.names}, {**other.words, **self.words}, forms,
            {**other.joined, **self.joined}, lesser, {**other.files, **self.files},
            other.unsearchable + self.unsearchable, self.identifier_columns + other.identifier_columns,
            self.undeclared_columns + other.undeclared_columns, vain=[*self.vain, *other.vain],
        )  # fmt: skip
