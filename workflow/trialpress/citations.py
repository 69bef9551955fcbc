"""The publications that docstrings cite, "Fine & Gray 1999": methods.bib, and which of it a text names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import NamedTuple

FILE = Path(__file__).with_name("methods.bib")
FIELD = re.compile(r"(\w+)=\{((?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*)\}")


class Entry(NamedTuple):
    """One entry of the file: its line, and its fields as they are printed."""

    key: str
    kind: str
    line: str
    fields: dict[str, str]

    @property
    def names(self) -> list[str]:
        """Family names of the authors; the last is "others" where more have written it."""
        return [name.partition(",")[0].strip() for name in self.fields["author"].split(" and ")]

    @property
    def pattern(self) -> str:
        """How a text cites it: "Fine & Gray 1999", "Holm (1979)", "Pocock et al. 2012" or with all names."""
        first, *others = map(re.escape, self.names)
        named = [rf"{', '.join([first, *others[:-1]])},? (?:&|and) {others[-1]}"] if others else [first]
        if len(others) > 1:
            named.append(rf"{first} et al\.")
        return rf"(?<!\w)(?<!& )(?<!\band )(?:{'|'.join(named)})(?:'s)?,? \(?{self.fields['year']}(?!\d)"

    def __str__(self) -> str:
        """The reference as a line of text."""
        of = self.fields
        authors = of["author"].replace(",", "").replace(" and others", ", et al").replace(" and ", ", ")
        place = of.get("journal") or of.get("booktitle") or of.get("school") or of.get("publisher") or of["note"]
        where = (
            f"{of['year']}"
            + (f";{of['volume']}" if "volume" in of else "")
            + (f":{of['pages']}" if "pages" in of else "")
        )
        doi = f" doi:{of['doi']}" if "doi" in of else ""
        return f"{authors}. {of['title'].rstrip('?')}{'?' if of['title'].endswith('?') else '.'} {place} {where}.{doi}"


@cache
def entries() -> dict[str, Entry]:
    """Key -> entry, in the order of the file.

    >>> entries()["fine1999"].names, str(entries()["holm1979"])
    (['Fine', 'Gray'], 'Holm S. A simple sequentially rejective multiple test procedure. Scandinavian Journal of Statistics 1979;6:65–70.')
    """
    found = re.findall(r"^(@(\w+)\{(\w+), .*\})$", FILE.read_text(encoding="utf-8"), re.MULTILINE)
    return {
        key: Entry(key, kind, line, {name: _plain(text) for name, text in FIELD.findall(line)})
        for line, kind, key in found
    }


def _plain(text: str) -> str:
    return text.replace("--", "–").replace(r"\&", "&").replace("{", "").replace("}", "")


def cited(text: str) -> list[tuple[int, int, str]]:
    """Where a text on one line cites what: begin, end, key; in the order of the text.

    >>> [key for *_, key in cited("of Lin & Wei 1989; Harrell et al. (1982), Cox 1972")]
    ['lin1989', 'harrell1982', 'cox1972']
    """
    years = set(re.findall(r"\d{4}", text))
    near = [one for one in entries().values() if one.fields["year"] in years]
    return sorted((at.start(), at.end(), one.key) for one in near for at in re.finditer(one.pattern, text))


def keys(texts: Iterable[str]) -> list[str]:
    """The keys that texts cite, by the alphabet."""
    return sorted({key for text in texts for *_, key in cited(" ".join(text.split()))})
