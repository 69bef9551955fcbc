"""Outcome by dose."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..ids import word
from ..registry import Analysis
from ..results import Results
from . import palette, style
from .drawing import KINDS, Drawing, empty, one_each
from .read import analysed, count, estimate, groups, label, number, p_value_text, shown, value
from .scales import at_least_fivefold, log_axis, not_shown
from .thinning import POINTS, every, step

STRIP, TICK, PITCH = 6.0, 1.9, 0.55  # mm: height of the strip of ticks, of one tick, and distance of two
PLACES = 160  # doses closer than this part of the axis share a place in the strip
MOST = 60  # ticks at one place that can be told apart
PER_DOSE = word("per tenfold dose")  # level of the odds ratio
PLOT_HEIGHT = 50.0  # mm


@dataclass(frozen=True)
class Group:
    """A dose group: lowest, median and highest dose of its participants, its rate with limits (0 to 1), and n/N with the
    rate in print."""

    name: str
    low: float
    median: float
    high: float
    estimate: float
    ci_low: float
    ci_high: float
    text: str


@dataclass(frozen=True)
class Panel:
    """An outcome by dose. axis: name and unit of the dose; effect: the odds ratio and its p-value; who, doses, outcome:
    one for each participant with a dose above 0 and a known outcome; curve: rows of curves.csv; hidden: what the axis
    cannot show."""

    name: str
    axis: str
    effect: str
    who: list[str]
    doses: np.ndarray
    outcome: np.ndarray
    curve: pd.DataFrame
    rates: list[Group]
    hidden: str

    @property
    def step(self) -> int:
        return step(len(self.doses), POINTS)

    @property
    def ticks(self) -> np.ndarray:
        """The places of those who are drawn: every k-th with and without the outcome, by dose."""
        order = np.argsort(self.doses, kind="stable")
        parts = (order[self.outcome[order] == outcome][:: self.step] for outcome in (False, True))
        return np.sort(np.concatenate([*parts]))


@KINDS.add("dose_response")
def dose_response(
    results: Results,
    *,
    analyses: list[Analysis],
    rates: list[Analysis] = (),
    width: style.Width = "double",
) -> Drawing:
    """Probability of an outcome by dose on a log axis: fitted curve with its band, every participant as a tick above (with
    the outcome) or below (without), rates of dose groups with their exact intervals at the median of their doses, over a line
    that spans them. Of more than 2,000 participants every k-th is a tick, and the figure says so.

    Parameters
        analyses: dose_response analyses, a panel each
        rates: for each panel a proportion or trend analysis by dose group
        width: single (85 mm) or double (180 mm)
    """
    one_each(len(analyses), rates=rates)
    panels = [_panel(results, analysis, rates[i] if i < len(rates) else "") for i, analysis in enumerate(analyses)]
    if not any(len(panel.doses) for panel in panels):
        return empty(results, width, "No participants with a known dose and outcome", *(p.hidden for p in panels))
    page_width, left, gap = style.WIDTHS[width], 13.0, 6.0
    across = min(2 if width == "double" else 1, len(panels))
    cell = (page_width - gap * (across - 1)) / across
    plot_width = cell - left - 2.0
    titles = [style.wrap(panel.name, cell - 6.0, style.TITLE, "semibold") for panel in panels]
    effects = [style.wrap(panel.effect, plot_width) for panel in panels]
    lines = zip(titles, effects, strict=True)
    head = max((title.count("\n") + 1) * 3.6 + (text.count("\n") + 1) * style.LINE for title, text in lines) + 3.0
    entries = _key(results, panels)
    key_height = style.key_height(entries, page_width) + 1.5
    row_height = head + 2 * STRIP + PLOT_HEIGHT + 10.0
    rows = -(-len(panels) // across)
    page = style.Page(results, width, key_height + rows * row_height + 4.0 * (rows - 1))
    page.key(0.0, 0.3, entries, page_width)
    for i, (panel, letter) in enumerate(zip(panels, style.letters(len(panels)), strict=True)):
        x, y = i % across * (cell + gap), key_height + i // across * (row_height + 4.0)
        below = y + page.panel(x, y, letter, titles[i])
        page.text(x + left, below - 0.4, effects[i])
        axes = page.axes(x + left, y + head, plot_width, PLOT_HEIGHT + 2 * STRIP)
        _draw(axes, panel, plot_width)
        if not len(panel.doses):
            middle = x + left + plot_width / 2, y + head + STRIP + PLOT_HEIGHT / 2
            page.text(*middle, "no participants", ha="center", va="center", color=palette.GREY)
    columns = ["panel", "what", results.study.participant, "group", "dose", "value", "ci_low", "ci_high"]
    numbers = pd.DataFrame([row for panel in panels for row in _numbers(panel)], columns=columns)
    thinned = (every(panel.step, len(panel.doses)) for panel in panels)
    return Drawing(page.figure, numbers, _alt(panels), (*(panel.hidden for panel in panels), *thinned))


def _key(results: Results, panels: list[Panel]) -> list:
    entries = [("Participant", {"marker": "|", "color": palette.INK, "markersize": 5.0, "markeredgewidth": 0.8})]
    level = f"{100 * results.plan.level:g}%"
    if any(len(panel.curve) for panel in panels):
        look = {"linestyle": "-", "color": palette.INK, "linewidth": 1.8}
        entries.append((f"Logistic regression, {level} band", look))
    if any(panel.rates for panel in panels):
        look = {"marker": "s", "linestyle": "-", "color": palette.INK, "markersize": 3.6, "linewidth": 0.9}
        entries.append((f"Dose group, exact {level} CI", look))
    return entries


def _draw(axes, panel: Panel, plot_width: float) -> None:
    reach = 100 * STRIP / PLOT_HEIGHT  # the strips of ticks lie outside 0 to 100%
    axes.set(ylim=(-reach, 100 + reach), yticks=[0, 25, 50, 75, 100])
    axes.set_ylabel(style.wrap("Participants with the outcome, %", PLOT_HEIGHT))
    axes.spines["left"].set_bounds(0, 100)
    for edge in (0, 100):
        axes.axhline(edge, color=palette.PALE, linewidth=0.6, zorder=0)
    if len(panel.doses):
        low, high = at_least_fivefold(panel.doses.min() / 1.25, panel.doses.max() * 1.25)
        axes.set_xlim(low, high)
        log_axis(axes, "x", True)
        _ticks(axes, panel, low, high, plot_width)
        _rates(axes, panel.rates)
    else:
        axes.set(xticks=[])
    axes.set_xlabel(panel.axis)
    curve = panel.curve
    if len(curve):
        low, high = 100 * curve["ci_low"], 100 * curve["ci_high"]
        axes.fill_between(curve["x"], low, high, color=palette.INK, alpha=0.16, linewidth=0, zorder=1)
        axes.plot(curve["x"], 100 * curve["estimate"], color=palette.INK, linewidth=1.6, zorder=3)


def _panel(results: Results, analysis: str, rates: str) -> Panel:
    spec = results.plan.analyses[analysis]
    data = analysed(results, analysis)
    doses, holds = number(data.frame[spec["dose"]]), data.outcome(spec["event"])
    known = (holds.notna() & (doses > 0)).to_numpy(dtype=bool)
    ratio = estimate(results, analysis, level=PER_DOSE, statistic="odds_ratio").replace(
        " (", f" ({100 * results.plan.level:g}% CI "
    )
    p = p_value_text(shown(results, analysis, "p_value", level=PER_DOSE))
    ratio = f"Odds ratio {PER_DOSE.label} {'not estimable' if ratio in ('', 'NE') else ratio}"
    return Panel(
        name=label(results, analysis),
        axis=results.plan.label(spec["dose"], unit=True),
        effect=", ".join(part for part in (ratio, p) if part),
        who=data.frame.loc[known, results.study.participant].tolist(),
        doses=doses[known],
        outcome=holds[known].to_numpy(dtype=bool),
        curve=results.curve(analysis).sort_values("x"),
        rates=_groups(results, rates, spec["dose"]) if rates else [],
        hidden=not_shown(doses[holds.notna()], True),
    )


def _groups(results: Results, analysis: str, dose: str) -> list[Group]:
    """The dose groups that have participants with a dose above 0."""
    spec = results.plan.analyses[analysis]
    data = analysed(results, analysis)
    members, found = data.groups(spec["by"]), []
    for group in groups(results, analysis):
        doses = number(data.frame.loc[members[group], dose])
        doses = doses[doses > 0]
        if doses.size and value(results, analysis, "N", group) > 0:
            limits = (value(results, analysis, name, group) for name in ("estimate", "ci_low", "ci_high"))
            text = f"{shown(results, analysis, 'n', group)}/{shown(results, analysis, 'N', group)}"
            found.append(
                Group(
                    group.label,
                    doses.min(),
                    float(np.median(doses)),
                    doses.max(),
                    *limits,
                    f"{text}, {estimate(results, analysis, group)}",
                )
            )
    return found


def _ticks(axes, panel: Panel, low: float, high: float, plot_width: float) -> None:
    """Participants at equal doses stand beside and above each other, centred at the dose; many are drawn as a shade."""
    x, outcome, rows = np.log(panel.doses[panel.ticks]), panel.outcome[panel.ticks], int(STRIP / TICK)
    pile = pd.DataFrame({"place": np.floor((x - np.log(low)) / np.log(high / low) * PLACES), "outcome": outcome})
    piles = pile.groupby(["outcome", "place"])["place"]
    rank, size = piles.cumcount().to_numpy(), piles.transform("size").to_numpy()
    many = size.max() > MOST
    columns = np.ceil(size / rows)
    row, column = rank // columns, rank % columns
    # a row that is not full is centred too
    in_row = np.minimum(size - row * columns, columns)
    fan = (column - (in_row - 1) / 2) * PITCH * np.log(high / low) / plot_width
    step = TICK * 100 / PLOT_HEIGHT
    foot = (0 if many else row * step) + 0.3 * step
    side = np.where(outcome, 1, -1)
    base = np.where(outcome, 100, 0)
    axes.vlines(np.exp(x + (0 if many else fan)), base + side * foot, base + side * (foot + 0.75 * step), color=palette.INK,
                linewidth=0.7, alpha=0.1 if many else 1.0, zorder=2, rasterized=many)  # fmt: skip


def _rates(axes, rates: list[Group]) -> None:
    for rate in rates:
        axes.plot([rate.low, rate.high], [100 * rate.estimate] * 2, color=palette.GREY, linewidth=0.6, zorder=4)
        ends = [100 * rate.ci_low, 100 * rate.ci_high]
        axes.plot([rate.median] * 2, ends, color=palette.INK, linewidth=0.9, zorder=4)
        axes.plot(rate.median, 100 * rate.estimate, "s", color=palette.INK, markersize=3.6, zorder=5, clip_on=False)


def _numbers(panel: Panel) -> list[tuple]:
    people = ((panel.who[at], panel.doses[at], int(panel.outcome[at])) for at in panel.ticks)
    rows = [(panel.name, "participant", who, "", dose, y, None, None) for who, dose, y in people]
    rows.sort(key=lambda row: (row[4], row[2]))
    curve = panel.curve[["x", "estimate", "ci_low", "ci_high"]].itertuples(index=False)
    rows += [(panel.name, "curve", "", "", *point) for point in curve]
    for rate in panel.rates:
        limits = (rate.estimate, rate.ci_low, rate.ci_high)
        rows.append((panel.name, "dose group", "", rate.name, rate.median, *limits))
    return rows


def _alt(panels: list[Panel]) -> str:
    parts = []
    for panel in panels:
        n = f"{int(panel.outcome.sum()):,} of {count(len(panel.doses))} with the outcome"
        rates = [f"{rate.name} {rate.text}" for rate in panel.rates]
        parts.append(f"{panel.name}: " + "; ".join([n, panel.effect, *rates]))
    return "Outcome by dose. " + ". ".join(parts) + "."
