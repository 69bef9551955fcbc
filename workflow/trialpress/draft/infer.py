"""The type of a raw column, over all of its rows, by the readers of the intake; what stays open is asked.

`certain` is written only where the files leave no second reading: codes that the file or its metadata define and all cells
follow, dates with the month in letters or first the year, numbers with decimals. All else is `likely`, or asked.
"""

from __future__ import annotations

from .entry import Inference, safe
from .moments import moment
from .numbers import number
from .stated import labels, stated
from .words import padded, truth, words


def infer(it: Inference) -> None:
    """Fill `spec`, `mark`, `asked`."""
    facts, known = it.facts, it.known
    if not facts.n:
        it.spec, it.comment = {"type": "text"}, "no row holds anything"
    elif labels(it) or (known and stated(it, known)):
        pass
    elif it.header.codes and set(facts.texts) <= set(it.header.codes):
        codes = it.header.codes
        it.spec = {"type": "code", "codes": safe({said: [raw] for raw, said in codes.items()}, list(codes))}
        it.mark = "certain"
    elif not (moment(it) or truth(it) or padded(it) or number(it)):
        words(it)
