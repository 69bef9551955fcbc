"""Where a text breaks into lines that are not wider than there is room."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate

WIDE = r"\u2e80-\u9fff\uac00-\ud7a3\uf900-\ufaff\uff00-\uffef"  # of scripts in which lines break between any two characters
NO_START = "、。，．：；！？）］｝」』】》〉・ー"  # but not before these
PARTS = (
    rf"[{WIDE}][{NO_START}]*|[^-\u2013/ \n{WIDE}]+[-\u2013/]*|[-\u2013/]+"  # of a text, between which lines may break
)

Measure = Callable[[str], float]  # text -> its width, in the unit of the room


def parts(text: str) -> list[str]:
    """What of a text stays together where there is room for it."""
    return re.findall(PARTS, text)


def lines(text: str, width: float, measure: Measure) -> list[str]:
    """The text in lines of at most `width`, broken at spaces; a word that is longer at its own hyphens and slashes, and only if
    that does not help anywhere, with a hyphen."""
    if text == text.strip() and "  " not in text and measure(text) <= width:
        return [text]
    pieces = []  # what stands before it in its line, and itself
    for word in text.split(" "):
        of = [word] if measure(word) <= width else _parts(word, width, measure)
        pieces += [("" if i else " ", part) for i, part in enumerate(of)]
    found: list[str] = []
    while pieces:
        line, n = _first(pieces, width, measure, bool(found))
        found.append(line)
        pieces = pieces[n:]
    return found


def _first(pieces: Sequence[tuple[str, str]], width: float, measure: Measure, begun: bool) -> tuple[str, int]:
    """The first line, and of how many pieces it is: of as many as fit, and of one in any case. begun: there are lines before it.
    A text that goes on is not narrower, so few are measured: those beside where the widths of the pieces say that it ends."""
    within = [pieces[0][1] if begun else pieces[0][1].strip()]  # of one piece, of two, ...
    for before, part in pieces[1:]:
        within.append(f"{within[-1]}{before}{part}".strip())
    least = next((at for at, line in enumerate(within) if line), len(within) - 1)
    space = measure(" ")
    ends = list(accumulate(len(before) * space + measure(part) for before, part in pieces))
    last = min(max(bisect_right(ends, width + space) - 1, least), len(within) - 1)
    while last > least and measure(within[last]) > width:
        last -= 1
    while last + 1 < len(within) and measure(within[last + 1]) <= width:
        last += 1
    return within[last], last + 1


def _parts(word: str, width: float, measure: Measure) -> list[str]:
    """A word at its hyphens and slashes; each part of at most `width`."""
    found = []
    for part in parts(word):
        while measure(part) > width and len(part) > 1:
            fits = _cut(part, width, measure)
            found.append(f"{part[:fits]}-")
            part = part[fits:]
        found.append(part)
    return found


def _cut(word: str, width: float, measure: Measure) -> int:
    """How many letters of a word fit beside a hyphen."""
    return next((n for n in range(len(word) - 1, 1, -1) if measure(f"{word[:n]}-") <= width), 1)
