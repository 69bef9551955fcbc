"""A text of a regular expression's form, drawn with a generator of random numbers."""

from __future__ import annotations

import random
import string
from re import _constants as sre
from re import _parser

LETTERS = string.ascii_uppercase
CLASSES = {
    sre.CATEGORY_DIGIT: string.digits,
    sre.CATEGORY_WORD: string.ascii_lowercase,
    sre.CATEGORY_SPACE: " ",
    sre.CATEGORY_NOT_DIGIT: LETTERS,
    sre.CATEGORY_NOT_SPACE: LETTERS,
    sre.CATEGORY_NOT_WORD: "-",
}
MOST = 4  # times that a part without an upper bound comes


def text_like(pattern: str, chance: random.Random) -> str:
    r"""A text that has the form; what looks around itself and refers back is left out, so the caller checks it.

    >>> text_like(r"S-\d{3}", random.Random(1))
    'S-477'
    """
    return "".join(_part(op, of, chance) for op, of in _parser.parse(pattern))


def _part(op, of, chance: random.Random) -> str:
    if op is sre.LITERAL:
        return chr(of)
    if op is sre.ANY:
        return chance.choice(LETTERS)
    if op is sre.NOT_LITERAL:
        return chance.choice([letter for letter in LETTERS if letter != chr(of)])
    if op is sre.IN:
        return _one_of(of, chance)
    if op is sre.BRANCH:
        return "".join(_part(*part, chance) for part in chance.choice(of[1]))
    if op is sre.SUBPATTERN:
        return "".join(_part(*part, chance) for part in of[3])
    if op in (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT):
        least, most, inner = of
        times = chance.randint(least, min(most, max(least, MOST)))
        return "".join(_part(*part, chance) for _ in range(times) for part in inner)
    return ""


def _one_of(of, chance: random.Random) -> str:
    if of[0][0] is sre.NEGATE:
        return chance.choice(
            [letter for letter in LETTERS + string.digits if not any(_is(letter, *one) for one in of[1:])]
        )
    kind, value = chance.choice(of)
    if kind is sre.RANGE:
        return chr(chance.randint(*value))
    return chance.choice(CLASSES[value]) if kind is sre.CATEGORY else chr(value)


def _is(letter: str, op, of) -> bool:
    """Whether a letter is of a part of a class."""
    if op is sre.LITERAL:
        return ord(letter) == of
    return of[0] <= ord(letter) <= of[1] if op is sre.RANGE else letter in CLASSES[of] + CLASSES[of].upper()
