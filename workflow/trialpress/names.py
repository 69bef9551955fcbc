"""Names for the manuscript, made of ids: `os.6_months.estimate`. Labels are not in them, so translating one renames nothing.

A name holds a to z, digits and underscores. Signs become words (CD4+ is cd4pos, CD4- cd4_neg, -1_days minus_1_days), and what
has no Latin letter is spelt by its code points (男 is u7537). Two ids of an analysis that would have one name, or that of
a statistic, are spelt out too; the name of an id that clashes with nothing depends on nothing but the id.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable

import pandas as pd

from .errors import InputError, Problem

WORDS = {"≥": "ge", "≤": "le", "<": "lt", ">": "gt", "+": "pos"}
# phrases that stand beside statistics, see variables.phrases
PHRASES = ("count", "ci", "text", "short", "p", "p_adjusted", "with_p")


def slug(text: str) -> str:
    """A name that can stand between dots; that of a text without Latin letters and digits is its code points.

    >>> slug("CD4-"), slug("day -1"), slug("≤1 × 10/kg"), slug("男")
    ('cd4_neg', 'day_minus_1', 'le1_10_kg', 'u7537')
    """
    plain = re.sub("|".join(map(re.escape, WORDS)), lambda match: WORDS[match[0]], text)
    plain = re.sub(r"(?<![^\W_])[-\u2212](?=\d)", " minus ", plain)
    plain = re.sub(r"(?<=[^\W_])[-\u2212](?![^\W_])", " neg ", plain)
    return _joined(plain) or spelt(text)


def spelt(text: str) -> str:
    """Every character that a name cannot hold by its code point; capitals too, since names have none."""
    return _joined("".join(char if re.match(r"[a-z0-9 _]", char) else f" u{ord(char):x} " for char in text))


def _joined(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")


def distinct(texts: Iterable[str], taken: Collection[str] = ()) -> dict[str, str]:
    """Text -> name, no two alike and none of those taken."""
    texts = list(dict.fromkeys(texts))
    names = {text: slug(text) for text in texts}
    uses = Counter(names.values())
    names |= {text: spelt(text) for text in texts if uses[names[text]] > 1}
    return {text: f"level_{name}" if not name or name in taken else name for text, name in names.items()}


def _clash(where: str, pairs: Iterable[tuple[tuple, tuple]]) -> None:
    """InputError where two have one name."""
    owners: dict[tuple, tuple] = {}
    for owner, name in pairs:
        first = owners.setdefault(name, owner)
        if first != owner:
            shown = " and ".join("'" + " / ".join(filter(None, one)) + "'" for one in (first, owner))
            why = "the manuscript could not tell their numbers apart"
            raise InputError([Problem(where, f"{shown} have one name, {'.'.join(name)}", why, "give one another id")])


def row_names(analysis: str, ard: pd.DataFrame) -> dict[tuple[str, str], tuple[str, ...]]:
    """(group, level) of the rows of an analysis -> the parts of its name behind the analysis."""
    return names_of(analysis, zip(ard["group"], ard["level"], strict=True), ard["statistic"])


def names_of(
    analysis: str, rows: Iterable[tuple[str, str]], statistics: Iterable[str] = ()
) -> dict[tuple[str, str], tuple[str, ...]]:
    """The same of ids of groups and levels."""
    rows = list(dict.fromkeys(rows))
    statistics = {*statistics, *PHRASES}
    groups = distinct([group for group, _ in rows if group], statistics)
    alone = any(level and not group for group, level in rows)  # levels that stand where groups do
    levels = distinct([level for _, level in rows if level], {*statistics, *(groups.values() if alone else ())})
    named = {
        (group, level): tuple(part for part in (groups.get(group, ""), levels.get(level, "")) if part)
        for group, level in rows
    }
    _clash(f"plan.yaml, analyses.{analysis}", named.items())
    return named


def flow_names(flow: Iterable[tuple[str, str]]) -> dict[tuple[str, str], tuple[str, str]]:
    """(population, reason) of the participant flow -> the parts of its name."""
    pairs = list(flow)
    populations = distinct(population for population, _ in pairs)
    reasons = {of: distinct(reason for population, reason in pairs if population == of) for of in populations}
    named = {
        (population, reason): (populations[population], reasons[population][reason]) for population, reason in pairs
    }
    _clash("plan.yaml, flow", named.items())
    return named
