"""Every k-th of many participants: what no reader could tell apart is not drawn, and the figure says so. Counts, means, curves
and axes are those of all.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from .read import count

LINES, COLUMNS, POINTS = 300, 1_000, 2_000  # participants of whom each is a line or a bar, a column, a point


def step(n: int, most: int) -> int:
    """k, if at most about `most` of n are to be shown."""
    return max(-(-n // most), 1)


def every(k: int, n: int) -> str:
    """What a figure says of it.

    >>> every(67, 5000), every(2, 300), every(1, 51)
    ('Every 67th of 5,000 participants is shown', 'Every 2nd of 300 participants is shown', '')
    """
    ending = "th" if k % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(k % 10, "th")
    return f"Every {k}{ending} of {count(n)} is shown" if k > 1 else ""


def of_each(order: pd.Index, groups: Iterable[pd.Series], k: int) -> pd.Index:
    """Every k-th row of each group, in the order of all rows: a pattern in their order, such as groups by turns, must not choose.
    groups: whether a row belongs to it, each row to one at most."""
    chosen = [own[::k] for members in groups if len(own := order[members[order]])]
    return order[order.isin(np.concatenate(chosen))] if chosen else order[:0]


def from_the_highest(values: pd.Series, groups: Iterable[np.ndarray], k: int) -> np.ndarray:
    """Every k-th participant of each group, beginning with the highest value. values: of participants, who may have several;
    groups: the participants of each."""
    order = values.groupby(level=0).max().sort_values(ascending=False, kind="stable").index
    return np.concatenate([order[order.isin(group)][::k] for group in groups])
