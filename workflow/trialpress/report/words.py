"""The words that an engine prints by itself, in the language of the document: Figure, Abstract, Contents."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..wording import WORDS, wording

PRINTED = ("Figure", "Table", "Section", "Equation", "Listing", "Theorem", "Lemma", "Corollary", "Proposition", "Conjecture",
           "Definition", "Example", "Exercise", "Note", "Tip", "Warning", "Important", "Caution", "Abstract", "Keywords",
           "Correspondence", "Contents")  # fmt: skip


def base(lang: str) -> str:
    """The language without its region or script.

    >>> base("zh-Hans-CN")
    'zh'
    """
    return lang.partition("-")[0].lower()


def tag(lang: str) -> str:
    """The language by the name under which Pandoc has its translations: Chinese by its script.

    >>> tag("zh-CN"), tag("zh-TW"), tag("de-AT")
    ('zh-Hans', 'zh-Hant', 'de-AT')
    """
    if base(lang) != "zh":
        return lang
    return "zh-Hant" if re.search(r"(?i)-(hant|tw|hk|mo)\b", lang) else "zh-Hans"


def known(lang: str) -> bool:
    """Whether the engines' words are there in a language."""
    return base(lang) == "en" or (WORDS / f"{base(lang)}.yaml").is_file()


def words(meta: Mapping) -> dict[str, str]:
    """English word in small letters -> that of the document's language; none of English."""
    lang = base(str(meta.get("lang", "en")))
    if lang == "en" or not known(lang):
        return {}
    say = wording(lang)
    return {word.lower(): say(word) for word in PRINTED}
