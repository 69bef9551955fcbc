"""Times of one row whose clocks stand in different time zones: what lies between them is not what the clocks say."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from itertools import combinations

import numpy as np

from ..parse import Reading
from ..parse.dates import MIDNIGHT, ZONE

SUMMER = datetime.timedelta(hours=1)  # what one place may be apart from itself


def zone(reading: Reading) -> str | None:
    """The time zone that is written beside a time, '' if none is; None where there is no time."""
    if reading.value is None or MIDNIGHT in reading.rules:
        return None
    return next((ZONE.fullmatch(rule)[1] for rule in reading.rules if ZONE.fullmatch(rule)), "")


def _ahead(text: str) -> datetime.timedelta:
    """How far a zone is ahead of UTC: Z, GMT, +02:00, -0500."""
    digits = text[1:].replace(":", "")
    ahead = (
        datetime.timedelta(hours=int(digits[:2]), minutes=int(digits[2:])) if digits.isdigit() else datetime.timedelta()
    )
    return -ahead if text[0] == "-" else ahead


def apart(one: str, other: str) -> bool:
    """Whether one zone is given and the other is not, or they differ by more than summer time.

    >>> apart("Z", "+01:00"), apart("Z", "+02:00"), apart("-05:00", "+02:00"), apart("", "Z"), apart("", "")
    (False, True, True, True, False)
    """
    return bool(one) != bool(other) or bool(one) and abs(_ahead(one) - _ahead(other)) > SUMMER


def differing(zones: Mapping[str, np.ndarray]) -> Iterator[tuple[str, str, np.ndarray]]:
    """(column, question, rows) of two columns each whose times are so. zones: of each column what `zone` says, one per row."""
    for (first, left), (second, right) in combinations(zones.items(), 2):
        pairs = {pair for pair in zip(left.tolist(), right.tolist(), strict=True) if None not in pair and apart(*pair)}
        for one, other in sorted(pairs):
            said = f"{second} has {_named(other)} and {first} has {_named(one)}: clocks are kept as they are written"
            rows = np.flatnonzero((left == one) & (right == other))
            yield second, f"{said}, so hours between them are wrong; give both in one time zone", rows


def _named(zone: str) -> str:
    return f"the time zone {zone}" if zone else "no time zone"
