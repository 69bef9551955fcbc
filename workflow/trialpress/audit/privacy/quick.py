"""A first pass over many short texts, by Arrow and without an object for each: in which of them may stand what is looked for?

What is left is searched by `Sought.hits`, so a text may be left without need, and none may be lost. A text of letters, digits
and a few signs is taken for words with the signs behind each ("LD-", "00512/", "2014-", "11"). Many texts are of few words, so
each different word is looked at once. A text is left if it holds another character, or what the search would take out or
unpack, or may be a date, if a word of it begins what is looked for, or if neighbours together are such a number or name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .forms import GAP, MONTHS, tokens_of
from .known import MOST_PARTS, Sought

FEW = 200  # texts of which all are searched at once
MANY = 2**20  # texts that are looked at together
_APART = np.ones(256, bool)  # bytes that no word holds
_APART[np.frombuffer(b".0123456789abcdefghijklmnopqrstuvwxyz", np.uint8)] = False
# not plain; hashes and what is embedded, which a search takes out; stops that are a word of no token
_ODD = r"[^0-9a-z \-/.,:_+()]|sha|[0-9a-z+/]{32}|(?:^|[^0-9a-z.])[.]+(?:$|[^0-9a-z.])"
_SHORT = (  # dates with two digits for the year, see forms._SHORT_DATES
    rf"(?:^|[^0-9])(?:\d\d?[-/]\d\d?[-/]\d\d|\d\d[.]\d\d[.]\d\d)(?:$|[^0-9])|\d[-/. ]{{0,2}}(?:{'|'.join(MONTHS)})"
)
# the last word of a piece with a sign after which a number or name can go on, see Sought._in_parts
_GOES_ON = re.compile(r"(.*?)(\d+(?:\.\d+)*|[a-z]+)(?:[-/ ]|[-/] )", re.S)
_BEGINS = re.compile(r"\d+(?:\.\d+)*|[a-z]+")


def left(known: Sought, texts: pa.Array) -> list[str]:
    """Those of the texts, in their order, in which something may stand that is looked for; GAP where others were between them."""
    texts = texts.drop_null()
    if len(texts) < FEW:
        return texts.to_pylist()
    here = np.concatenate([_may_hold(known, texts.slice(at, MANY)) for at in range(0, len(texts), MANY)])
    found, at = texts.filter(pa.array(here)).to_pylist(), np.flatnonzero(here)
    for gap in (np.flatnonzero(np.diff(at) > 1)[::-1] + 1).tolist():
        found.insert(gap, GAP)
    return found


def _may_hold(known: Sought, texts: pa.StringArray) -> np.ndarray:
    low = pc.ascii_lower(texts)
    here = pc.match_substring_regex(low, _signs(_years(known))).to_numpy(zero_copy_only=False).copy()
    if not here.all():
        plain = np.flatnonzero(~here)
        of, codes, words = _words(low.take(pa.array(plain)))
        for may_stand in (_standing, _together):
            here[plain[may_stand(known, of, codes, words)]] = True
    return here


def _years(known: Sought) -> str:
    return "|".join(sorted({f"{date.year:04d}" for date in known.dates}))


@lru_cache(maxsize=2)
def _signs(years: str) -> str:
    """What leaves a text whatever its words are, for Arrow."""
    if not years:
        return _ODD
    year = rf"(?:^|[^0-9])(?:(?:{years})(?:[01]\d[0-3]\d)?|[0-3]\d[0-3]\d(?:{years}))(?:$|[^0-9])"
    return f"{_ODD}|{year}|{_SHORT}"


def _words(low: pa.StringArray) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Which text each word is of, which of the different ones it is, and these: each with the signs behind it. low: begins with
    its first byte."""
    _, starts, content = low.buffers()
    starts = np.frombuffer(starts, np.int32)[: len(low) + 1]
    held = np.frombuffer(content or b"", np.uint8)[: starts[-1]]
    apart, begins = _APART[held], np.zeros(len(held) + 1, bool)
    np.greater(apart[:-1], apart[1:], out=begins[1:-1])
    begins[starts] = True
    at = np.flatnonzero(begins).astype(np.int32)
    found = pa.StringArray.from_buffers(len(at) - 1, pa.py_buffer(at), pa.py_buffer(held)).dictionary_encode()
    of = np.repeat(np.arange(len(low), dtype=np.int32), np.diff(np.searchsorted(at, starts)))
    return of, found.indices.to_numpy(), found.dictionary.to_pylist()


def _standing(known: Sought, of: np.ndarray, codes: np.ndarray, words: list[str]) -> np.ndarray:
    """The texts in which a form of one token stands, or the first and, at most one token behind it, a second of longer ones; a name
    may be of texts side by side."""
    plain = tokens_of("\n".join(words))[1]
    first = {token for token, other in plain.items() if other in known.forms}
    if not first:
        return np.empty(0, np.int64)
    forms = [form for token in {plain[token] for token in first} for form in known.forms[token]]
    alone, second = {form[0] for form in forms if len(form) == 1}, {form[1] for form in forms if len(form) > 1}
    whole, begun, going = (np.zeros(len(words), bool) for _ in range(3))
    for at, word in enumerate(words):
        held = [plain[token] for token in tokens_of(word)[0]]
        here = [
            not second.isdisjoint(held[nth + 1 : nth + 3]) for nth, token in enumerate(held) if token in known.forms
        ]
        whole[at], begun[at] = any(here) or not alone.isdisjoint(held), bool(here)
        going[at] = not second.isdisjoint(held)
    found = [of[whole[codes]]]
    for step in (1, 2):
        at = np.flatnonzero(begun[codes[:-step]] & going[codes[step:]])
        found += [of[at + between] for between in range(step + 1)]
    return np.concatenate(found)


def _together(known: Sought, of: np.ndarray, codes: np.ndarray, words: list[str]) -> np.ndarray:
    """The texts in which neighbours together, as far as `_in_parts` goes, are a number or a name."""
    going, begun = [_GOES_ON.fullmatch(word) for word in words], known.prefixes[0]
    wholes = {at: match[2].lstrip("0") for at, match in enumerate(going) if match}
    wholes = {at: whole for at, whole in wholes.items() if whole in begun}
    alive = np.flatnonzero(_among(wholes, len(words))[codes])
    state, hits = codes[alive].astype(np.int64), [np.empty(0, np.int64)]
    for step in range(1, MOST_PARTS):
        there = alive + step < len(codes)
        alive, state = alive[there], state[there]
        there = of[alive + step] == of[alive]
        alive, state = alive[there], state[there]
        pairs = pa.array(state * len(words) + codes[alive + step]).dictionary_encode()
        found, on, ends = pairs.indices.to_numpy(), {}, np.zeros(len(pairs.dictionary), bool)
        for nth, pair in enumerate(pairs.dictionary.to_pylist()):
            before, word = divmod(pair, len(words))
            first = _BEGINS.match(words[word])
            whole = wholes[before] + first[0] if first else ""
            ends[nth] = whole in known.joined or (whole,) in known.forms.get(whole, ())
            if whole in begun and going[word] and not going[word][1]:
                on[nth] = whole
        hits.append(of[alive[ends[found]]])
        wholes, there = on, _among(on, len(ends))[found]
        alive, state = alive[there], found[there].astype(np.int64)
    return np.concatenate(hits)


def _among(chosen: Iterable[int], n: int) -> np.ndarray:
    """Which of n are chosen."""
    found = np.zeros(n, bool)
    found[[*chosen]] = True
    return found
