"""Ticks that suit what is measured."""

from __future__ import annotations

import numpy as np

from . import style

RATIOS = {
    "odds_ratio": "Odds ratio",
    "hazard_ratio": "Hazard ratio",
    "risk_ratio": "Risk ratio",
    "rate_ratio": "Rate ratio",
}


def time_ticks(longest: float, most: int = 6) -> tuple[list[float], float]:
    """(ticks, end of the axis) from 0: steps that suit months, days and years."""
    for step in (0.5, 1, 2, 3, 6, 12, 24, 36, 60, 90, 120, 180, 240, 360, 480, 600, 1200, 2400, 6000):
        if longest / step <= most:
            break
    ticks = [float(t) for t in np.arange(0, longest + 1e-9, step)]
    return ticks, max(longest * 1.02, ticks[-1])


def day_locator(last: float):
    from matplotlib.ticker import MaxNLocator, MultipleLocator

    for step in (7, 14, 28, 56, 84, 168):
        if last / step <= 7:
            return MultipleLocator(step)
    return MaxNLocator(6)


def log_axis(axes, which: str, log: bool) -> None:
    from matplotlib.ticker import LogLocator, NullFormatter

    axis = getattr(axes, f"{which}axis")
    if log:
        getattr(axes, f"set_{which}scale")("log")
        axis.set_major_locator(LogLocator(numticks=9))
        axis.set_minor_locator(LogLocator(subs=range(2, 10), numticks=12))
        axis.set_minor_formatter(NullFormatter())
        axis.set_major_formatter(style.power)
        low, high = at_least_fivefold(*getattr(axes, f"get_{which}lim")())
        getattr(axes, f"set_{which}lim")(low, high)
        if np.floor(np.log10(high)) - np.ceil(np.log10(low)) < 1:  # one decade or none has a label
            axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            axis.set_major_formatter(lambda x, _: style.thousands(x) if x < 1e4 else style.scientific(x))
    else:
        axis.set_major_formatter(style.thousands)


def label_room(values, log: bool) -> float:
    """mm beside a vertical axis for the labels of its ticks and its name."""
    largest = np.nanmax(np.abs(np.asarray(values, dtype=float)), initial=0.0)
    return 13.0 if log else max(13.0, 7.5 + style.text_width(style.thousands(float(f"{largest:.1g}"))))


def not_shown(values, log: bool, what: str = "") -> str:
    """'6 values of 0 not shown': what a log axis cannot show; empty if it shows all. what: the variable, where a
    figure has more than one."""
    if not log:
        return ""
    values = np.asarray(values, dtype=float)
    n = int((values <= 0).sum())
    of = "0 or below" if (values < 0).any() else "0"
    return f"{f'{what}: ' if what else ''}{n:,} value{'' if n == 1 else 's'} of {of} not shown" if n else ""


def lacking(who, why: str) -> str:
    """'9 left out: Age not known': who of those in a figure has no place in it (one truth value each); empty if nobody."""
    n = int(np.asarray(who, dtype=bool).sum())
    return f"{n:,} left out: {why}" if n else ""


def at_least_fivefold(low: float, high: float) -> tuple[float, float]:
    """Limits of a log axis, wide enough for a tick at 1, 2 or 5."""
    more = max(np.sqrt(5 * low / high), 1.0)
    return low / more, high * more


def ratio_ticks(values: list[float]) -> tuple[float, float, list[float]]:
    """(low, high, ticks) of a log axis for ratios: around 1, as far as the values go, but not beyond 0.01 and 100."""
    finite = [value for value in values if np.isfinite(value) and value > 0]
    low = max(min([*finite, 0.5]) / 1.2, 0.01)
    high = min(max([*finite, 2.0]) * 1.2, 100.0)
    steps = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100]
    ticks = [float(step) for step in steps if low <= step <= high]
    return low, high, ticks if len(ticks) <= 7 else [tick for tick in ticks if np.isclose(np.log10(tick) % 1, 0)]


def ratio_axis(axes, which: str, low: float, high: float, ticks: list[float]) -> None:
    """A log axis for ratios with labels at the ticks only."""
    from matplotlib.ticker import NullLocator

    getattr(axes, f"set_{which}scale")("log")
    getattr(axes, f"set_{which}lim")(low, high)
    getattr(axes, f"set_{which}ticks")(ticks, [style.thousands(tick) for tick in ticks])
    getattr(axes, f"{which}axis").set_minor_locator(NullLocator())
