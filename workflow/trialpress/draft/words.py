"""Codes, ids and free text; truth values, and numbers whose leading zeros mean something."""

from __future__ import annotations

import difflib
import re

from ..text import fold, normalise
from .entry import Inference

MOST_CODES = 60
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


def truth(it: Inference) -> bool:
    if not all(
        cell.kind == "boolean" or cell.text in ("TRUE", "FALSE", "True", "False", "true", "false")
        for cell in it.facts.counts
    ):
        return False
    words = sorted({normalise(cell.text) for cell in it.facts.counts}, key=lambda text: (text.upper() == "TRUE", text))
    by = {
        said: [w for w in words if w.upper() == said.upper() and w != said]
        for said in dict.fromkeys(w.upper() for w in words)
    }
    it.spec, it.mark = {"type": "code", "codes": by}, "certain"
    return True


def padded(it: Inference) -> bool:
    """Leading zeros mean something: an id, or a code where few texts come back again and again."""
    zeros = sum(
        n
        for cell, n in it.facts.counts.items()
        if re.fullmatch(r"0\d+", cell.text if cell.kind == "text" else cell.shown)
    )
    if not zeros or it.facts.share(r"\d+") < 0.9:
        return False
    if len(it.facts.texts) <= 12 and it.facts.n > 4 * len(it.facts.texts):
        it.spec = {"type": "code", "codes": {text: [] for text in sorted(it.facts.texts)}}
    else:
        it.spec = {"type": "id"}
    return True


def words(it: Inference) -> None:
    """Codes, ids, or free text."""
    facts, texts = it.facts, it.facts.texts
    merged = _merged(texts)
    n, distinct, longest = facts.n, len(merged), max(map(len, texts))
    again = n / distinct
    regular = facts.share(r"[A-Za-z]{0,6}[-_/ ]?\d{1,8}(?:[-_/.]\d{1,8}){0,3}|\d+[A-Za-z]{1,2}") > 0.9
    if regular and again < 2 and distinct > 8:
        it.spec = {"type": "id"}
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
        said = it.ask("codes or text", "Is it a list of codes, or free text (which is held back until somebody has read it)?",
                        f"{distinct} different texts in {n} cells, the longest of {longest} characters", ["code", "text", "id"],
                        "code" if coded and again >= 2 and longest <= 40 else "text")  # fmt: skip
        if said in ("text", "id"):
            it.spec = {"type": said}
            return
    elif not coded:
        it.spec = {"type": "text"}
        if not (longest > 40 or distinct > 20):
            it.ask("codes or text", "Is it a list of codes, or free text (which is held back until somebody has read it)?",
                     f"{distinct} different texts in {n} cells", ["code", "text", "id"], "text")  # fmt: skip
            if it.asked[-1].taken == "code":
                it.spec = {"type": "code", "codes": _codes(merged)}
        return
    rare = _misspelt(merged)
    if rare:
        said = it.ask("rare codes", "Are these slips of the hand? " + _slips(rare),
                        f"{sum(merged[a][0] for a in rare)} of {n} cells",
                        ["a query for each", "the same", "codes of their own"], "a query for each")  # fmt: skip
        for slip, meant in rare.items():
            if said == "the same" and meant:
                merged[meant] = (merged[meant][0], [*merged[meant][1], slip, *merged[slip][1]])
            if said != "codes of their own":
                del merged[slip]
    it.spec = {"type": "code", "codes": _codes(merged)}


def _slips(rare: dict[str, str]) -> str:
    """What is shown of rare texts: one that is like no other may be anything, a name too."""
    alike = [f"'{text}' beside '{other}'" for text, other in rare.items() if other and len(text) <= 40]
    strange = sum(not other for other in rare.values())
    return "; ".join([*alike, *([f"{strange} texts that stand once and are like no other"] if strange else [])])


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
        elif n == 1 and rows >= 100 and _alien(text, merged):
            found[text] = ""
    return found


def _alien(text: str, merged: dict[str, tuple[int, list[str]]]) -> bool:
    """Whether a text that stands once is a cell of another column: beside yes and no, or a number among words."""
    group = {word: words[0] for words in ALIKE for word in words}
    others = {group.get(fold(other), "") for other, (n, _) in merged.items() if n > 1}
    words = [other for other, (n, _) in merged.items() if n > 1]
    return {"yes", "no"} <= others or (
        bool(re.fullmatch(r"[\d.,]+", text)) and not any(re.search(r"\d", word) for word in words)
    )


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
        counted = sum(bool(re.search(r"\d", text)) for text in merged) >= max(2, len(merged) - 2)
        ordered = sorted(merged, key=_natural if counted else lambda text: (-merged[text][0], text))
    return {text: merged[text][1] for text in ordered}


def _natural(text: str) -> tuple:
    """Week 4 before week 12, baseline and screening before both.

    >>> sorted(["week 12", "week 4", "baseline", "unscheduled 1"], key=_natural)
    ['baseline', 'week 4', 'week 12', 'unscheduled 1']
    """
    first = (
        0
        if re.search(r"(?i)screen|base|pre|day 0|入组|基线", text)
        else 2
        if re.search(r"(?i)unsched|follow|end", text)
        else 1
    )
    return first, [(int(part), "") if part.isdigit() else (0, part.casefold()) for part in re.split(r"(\d+)", text)]
