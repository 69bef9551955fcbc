"""Units as people write them, in one form. The case of letters counts: mIU is not MIU, Pa is not PA."""

from __future__ import annotations

import re
from functools import lru_cache

from ...text import normalise

_POWER = re.compile(r"^[x×*·]?10(?:\^|\*\*|\*|E|e)\+?(\d{1,2})(?=\D|$)")
_LITRE = re.compile(r"(?<![A-Za-z])([dcmunpf]?)l(?![A-Za-z])")
_GIGA = {"G/L": "10^9/L", "Gpt/L": "10^9/L", "T/L": "10^12/L", "Tpt/L": "10^12/L"}


@lru_cache(maxsize=65536)
def unit_form(text: str) -> str:
    """The form in which units are compared.

    >>> [unit_form(text) for text in ("x10^9/L", "×10⁹/L", "10E9/L", "10*9/l", "G/L")]
    ['10^9/L', '10^9/L', '10^9/L', '10^9/L', '10^9/L']
    >>> unit_form("mIU/mL") == unit_form("MIU/mL"), unit_form("µg/dl") == unit_form("ug/dL")
    (False, True)
    """
    text = normalise(str(text)).replace(" ", "").replace("μ", "u")
    text = _POWER.sub(r"10^\1", text)
    text = _LITRE.sub(r"\1L", text)
    return _GIGA.get(text, text)
