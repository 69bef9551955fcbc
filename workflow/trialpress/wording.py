"""The program's own words in another language: "At risk", "{#} of {#} with event", "{#} left out: {}".

`words/<language>.yaml` has them, English -> translation: {} is what stands between, {#} a number. `words` in a study's
labels.<language>.yaml adds to it and goes before. A text is looked up as a whole; if it is not there its parts are, between ". ", "; ",
": ", ", " and within brackets, so that nothing moves from one part into another. What is not known stays as it is; no number is touched.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from .study import load_yaml

WORDS = Path(__file__).parent / "words"
HOLE = re.compile(r"\{#?\}")
SEPARATORS = (". ", "; ", ": ", ", ")
NUMBER = r"([-−+]?[\d.,]*\d[%\ue000]*|NE)"
WITHIN = r"\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)"  # brackets, three deep
PART = rf"((?:(?!\. |; |: |, )[^()\n]|{WITHIN})+?)"
MARKS = "†\ue000"


class Wording:
    """Called with an English text it gives the translation.

    >>> say = Wording({"{#} of {#} with event": "{1} 例中 {0} 例发生事件", "median {#} {}": "中位数 {} {}", "months": "月", ", ": "，"})
    >>> say("Arm A: 17 of 51 with event, median 11.7 months (95% CI 7.7–NE)")
    'Arm A: 51 例中 17 例发生事件，中位数 11.7 月 (95% CI 7.7–NE)'
    >>> say("CR, CRi"), Wording({})("months")
    ('CR, CRi', 'months')
    """

    def __init__(self, words: Mapping[str, str]):
        self.words = dict(words)
        self.signs = {sign: words[sign] for sign in SEPARATORS if sign in words}
        self.stop = words.get(".", ".")
        self.whole = {text: said for text, said in words.items() if not HOLE.search(text)}
        patterns = sorted(
            (text for text in words if HOLE.search(text)), key=lambda text: (-len(HOLE.sub("", text)), text)
        )
        self.patterns = [(_pattern(text), words[text], text.endswith(".")) for text in patterns]
        self.said: dict[str, str] = {}

    def __bool__(self) -> bool:
        return bool(self.whole or self.patterns)

    def __call__(self, text: str) -> str:
        if not self or (text not in self.whole and not re.search(r"[A-Za-z]{2}", text)):
            return text
        if text not in self.said:
            self.said[text] = self._say(text)
        return self.said[text]

    def exactly(self, text: str) -> str:
        """A sentence that people have written: as a whole or not at all, never in part.

        >>> say = Wording({"{} by {}": "{1}：{0}", "None by day 3.": "第 3 天前无。"})
        >>> say.exactly("None by day 3."), say.exactly("Severe by the criteria.")
        ('第 3 天前无。', 'Severe by the criteria.')
        """
        return self.whole.get(text, text)

    def _say(self, text: str) -> str:
        if (said := self.whole.get(text.replace("\u00a0", " "))) is not None:
            return said
        if text.endswith(".") and (said := self._pattern(text)):
            return said
        if bare := text.rstrip(MARKS).removesuffix("."):
            end = text[len(bare) :]
            if end and (said := self(bare)) != bare:
                return said + end.replace(".", self.stop)
        if not text.endswith(".") and (said := self._pattern(text)):
            return said
        if "\n" in text:
            return "\n".join(map(self, text.split("\n")))
        for sign in SEPARATORS:
            if len(parts := _apart(text, sign)) > 1:
                said = [*map(self, parts)]
                return (self.signs.get(sign, sign) if said != parts else sign).join(said)
        return self._brackets(text)

    def _pattern(self, text: str) -> str:
        """By the first pattern that is the text; a sentence by one that is a sentence."""
        for pattern, said, sentence in self.patterns:
            if sentence == text.endswith(".") and (found := pattern.fullmatch(text)):
                return said.format(*map(self, found.groups()))
        return ""

    def _brackets(self, text: str) -> str:
        """What stands outside and within brackets, each by itself."""
        pieces = re.split(rf"({WITHIN})", text)
        if len(pieces) == 1:
            head, sign, tail = text.partition(" (")  # a bracket that closes in another part of its cell
            return self._bare(text) if text != text.strip() else f"{self(head)}{sign}{self(tail)}" if sign else text
        said = [f"({self(piece[1:-1])})" if at % 2 else self._bare(piece) for at, piece in enumerate(pieces)]
        return "".join(said)

    def _bare(self, piece: str) -> str:
        """Translated without the spaces around it, which stay."""
        bare = piece.strip()
        return piece.replace(bare, self(bare), 1) if bare else piece


def fits(text: str, said: str) -> bool:
    """Whether a translation has each of what stands between in the text, once, and no other bracket.

    >>> fits("{#} of {}", "{1}: {0}"), fits("{#} of {}", "{}"), fits("At risk", "{x}")
    (True, False, False)
    """
    holes, filled = HOLE.findall(text), [int(at) if at else None for at in re.findall(r"\{(\d?)\}", said)]
    rest = re.sub(r"\{\d?\}", "", said)
    numbered = sorted(at for at in filled if at is not None)
    return len(filled) == len(holes) and numbered in ([], [*range(len(holes))]) and not {"{", "}"} & set(rest)


def _apart(text: str, sign: str) -> list[str]:
    """The parts of a text between a sign that stands outside of brackets."""
    if text.count("(") != text.count(")"):
        return text.split(sign)
    parts, depth, start = [], 0, 0
    for at, char in enumerate(text):
        depth += (char == "(") - (char == ")")
        if not depth and text.startswith(sign, at):
            parts.append(text[start:at])
            start = at + len(sign)
    return [*parts, text[start:]]


def _pattern(text: str) -> re.Pattern[str]:
    """One regular expression: {#} a number, {} a part without a sign that ends one."""
    pieces = re.split(r"(\{#?\})", text)
    holes = {"{}": PART, "{#}": NUMBER}
    return re.compile("".join(holes.get(piece) or re.escape(piece).replace(r"\ ", "[ \u00a0]") for piece in pieces))


ENGLISH = Wording({})


def wording(language: str, own: Mapping[str, str] | None = None) -> Wording:
    """The words of a language; of English, or one that has no file and no words of the study, none."""
    file = WORDS / f"{language}.yaml"
    known = load_yaml(file) if language and file.is_file() else {}
    return Wording({**known, **(own or {})})
