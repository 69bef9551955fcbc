"""The results beside what was published about this study."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ..analysis.display import called, rounded
from ..ids import Name
from ..registry import File
from ..results import Results
from ..study import load_yaml
from . import palette, style
from .drawing import KINDS, Drawing, empty
from .read import estimate, inside, interval, shown, value

ROW = 4.6  # mm
INDENT = 4.0  # mm: of another denominator
RING = {"color": palette.MARKED, "markerfacecolor": "none", "markersize": 6.4, "markeredgewidth": 1.1}
HOLLOW = {"color": palette.INK, "markerfacecolor": "white", "markersize": 3.6, "markeredgewidth": 0.8}


@dataclass(frozen=True)
class Recomputed:
    """What the results say of a claim: a text, and of a proportion the estimate with its limits (0 to 1)."""

    analysis: str
    text: str
    estimate: float = math.nan
    ci_low: float = math.nan
    ci_high: float = math.nan


@dataclass(frozen=True)
class Claim:
    """A published number beside the recomputed one. percent: NaN if it is not a proportion; another: the same outcome with
    another denominator, of which nothing was published."""

    id: str
    name: str
    source: str
    published: str
    percent: float
    recomputed: Recomputed
    another: bool = False


@dataclass(frozen=True)
class _Columns:
    """Widths in mm. In a single column a claim stands above its numbers, which leaves room for the plot."""

    page: float
    narrow: bool
    names: float
    published: float
    recomputed: float

    @classmethod
    def of(cls, claims: list[Claim], width: style.Width) -> _Columns:
        page, narrow = style.WIDTHS[width], width == "single"
        sizes = (style.widest(claim.published for claim in claims), style.widest(c.recomputed.text for c in claims))
        return cls(page, narrow, page if narrow else 0.3 * page, *(min(max(size, 14.0), 0.24 * page) for size in sizes))

    @property
    def published_x(self) -> float:
        return 0.0 if self.narrow else self.names + 3.0

    @property
    def plot_x(self) -> float:
        return self.published_x + self.published + 3.0

    @property
    def plot(self) -> float:
        return self.page - self.plot_x - self.recomputed - 4.0

    def row(self, claim: Claim) -> _Row:
        indent = INDENT if claim.another else 0.0
        texts = (style.wrap(claim.published, self.published), style.wrap(claim.recomputed.text, self.recomputed))
        return _Row(claim, indent, style.wrap(claim.name, self.names - indent), *texts, self.narrow)


@dataclass(frozen=True)
class _Row:
    """A claim with its texts as they are printed."""

    claim: Claim
    indent: float
    name: str
    published: str
    recomputed: str
    narrow: bool

    @property
    def above(self) -> float:
        """The height in mm of the name above the numbers."""
        return (self.name.count("\n") + 1) * style.LINE if self.narrow else 0.0

    @property
    def height(self) -> float:
        lines = max(text.count("\n") + 1 for text in (self.name * (not self.narrow), self.published, self.recomputed))
        return self.above + max(ROW, lines * style.LINE + 1.6)

    @property
    def middle(self) -> float:
        """Where the numbers stand."""
        return self.above + (self.height - self.above) / 2


@KINDS.add("claims")
def claims(results: Results, *, file: File, width: style.Width = "double") -> Drawing:
    """Published claims against the results: the published number as a ring, the recomputed one as a square with its
    interval, analyses with another denominator below it. What is not a proportion is given in figures.

    Parameters
        file: the study's claims.yaml
        width: single (85 mm) or double (180 mm)
    """
    content = load_yaml(Path(file))
    found = [row for name, claim in content["claims"].items() for row in _claim(results, content, name, claim)]
    if not found:
        return empty(results, width, "No published claims")
    columns = _Columns.of(found, width)
    rows = [columns.row(claim) for claim in found]
    entries = [
        ("Published", {"marker": "o", **RING}),
        (f"Recomputed, {100 * results.plan.level:g}% CI",
         {"marker": "s", "linestyle": "-", "color": palette.INK, "linewidth": 1.2, "markersize": 3.6}),
        ("Another denominator", {"marker": "s", **HOLLOW}),
    ]  # fmt: skip
    top = style.key_height(entries, columns.page) + 1.5
    body = sum(row.height for row in rows) + 1.0
    page = style.Page(results, width, top + ROW + body + 9.5)
    page.key(0.0, 0.3, entries, columns.page)
    page.text(columns.published_x, top, "Published", color=palette.GREY)
    page.text(columns.page, top, "Recomputed", ha="right", color=palette.GREY)
    top += ROW
    axes = page.axes(columns.plot_x, top, columns.plot, body, facecolor="none")
    axes.set(xlim=(0, 100), ylim=(body, 0), yticks=[], xticks=[0, 25, 50, 75, 100])
    axes.spines["left"].set_visible(False)
    axes.set_xlabel("Participants, %")
    at = 0.0
    for i, row in enumerate(rows):
        if i and not row.claim.another:
            page.line([0.0, columns.page], [top + at] * 2, color=palette.FAINT, linewidth=0.6, zorder=0)
        _draw(page, axes, row, at, top, columns)
        at += row.height
    return Drawing(page.figure, _numbers(found), _alt(found))


def _draw(page, axes, row: _Row, at: float, top: float, columns: _Columns) -> None:
    """A row that begins `at` mm below the top of its axes, which lie `top` mm below that of the page."""
    claim, found, middle = row.claim, row.claim.recomputed, at + row.middle
    name = at + 0.8 + row.above / 2 if row.narrow else middle
    page.text(row.indent, top + name, row.name, va="center")
    for tick in (0, 25, 50, 75, 100):
        axes.plot([tick] * 2, [at + row.above, at + row.height], color=palette.FAINT, linewidth=0.6, zorder=0)
    ink = palette.INK if found.analysis else palette.GREY
    page.text(columns.published_x, top + middle, row.published, va="center", color=ink)
    page.text(columns.page, top + middle, row.recomputed, ha="right", va="center", color=ink)
    tone = HOLLOW if claim.another else {"color": palette.INK, "markersize": 3.6, "markeredgewidth": 0}
    axes.plot([100 * found.ci_low, 100 * found.ci_high], [middle] * 2, color=palette.INK, linewidth=1.2,
              solid_capstyle="butt", clip_on=False)  # fmt: skip
    axes.plot(100 * found.estimate, middle, "s", clip_on=False, **tone)
    axes.plot(claim.percent, middle, "o", clip_on=False, zorder=4, **RING)


def _claim(results: Results, content: dict, name: str, claim: dict) -> list[Claim]:
    """A claim, and the analyses of the same outcome with another denominator."""
    numbers = claim.get("published", {})
    percent = numbers.get("percent", 100 * numbers["n"] / numbers["N"] if {"n", "N"} <= numbers.keys() else math.nan)
    texts = {statistic: number if isinstance(number, str) else rounded(number, 0) if number == int(number) else f"{number:g}"
             for statistic, number in numbers.items()}  # fmt: skip
    source = content["sources"][claim["source"]]["title"]
    title = f"{claim.get('label', name)} ({inside(source)})"
    place = (Name(claim.get("group", ""), ""), Name(claim.get("level", ""), ""))
    again = _recomputed(results, claim.get("analysis", ""), numbers, place)
    rows = [Claim(name, title, source, _printed(texts) or "no number", percent, again)]
    for other in claim.get("alternatives", ()):
        population = results.plan.populations[results.plan.analyses[other]["population"]].label
        rows.append(
            Claim(name, population, source, "", math.nan, _recomputed(results, other, numbers, place), another=True)
        )
    return rows


def _recomputed(results: Results, analysis: str, published: dict, place: tuple[Name, Name]) -> Recomputed:
    """What an analysis gives at a place, its group and level."""
    if not analysis:
        return Recomputed("", "not checkable")
    texts = {name: shown(results, analysis, name, *place) for name in {**dict.fromkeys(published), "N": None}}
    texts = {name: text for name, text in texts.items() if text and name != "percent"}
    if value(results, analysis, "N", *place) == 0:
        return Recomputed(analysis, "no participants")
    if "n" not in published:
        texts.pop("N", None)
    else:
        texts["n"] = shown(results, analysis, "n", *place)
    own = published.keys() & {"n", "percent"}
    share = estimate(results, analysis, *place) if own else ""
    count = "/".join(texts.pop(key) for key in ("n", "N") if texts.get(key))
    drawn = (value(results, analysis, key, *place) for key in ("estimate", "ci_low", "ci_high") if own)
    return Recomputed(analysis, ", ".join(filter(None, (count, share, _printed(texts)))), *drawn)


def _printed(texts: dict[str, str]) -> str:
    """'36/40, 90%', '206 (45–427)' of a median with its range, 'risk ratio 0.54'."""
    parts = [
        "/".join(texts[key] for key in ("n", "N") if key in texts),
        f"{texts['percent']}%" if "percent" in texts else "",
    ]
    limits = interval(texts.get("min", ""), texts.get("max", ""))
    median = texts.get("median", "")
    parts.append(f"{median} ({limits})" if median and limits else median or limits)
    rest = texts.keys() - {"n", "N", "percent", "median", "min", "max"}
    parts += [f"{called(name)} {text}" for name, text in texts.items() if name in rest]
    return ", ".join(filter(None, parts))


def _numbers(claims: list[Claim]) -> pd.DataFrame:
    return pd.DataFrame(
        [{"claim": claim.id, "name": claim.name, "source": claim.source, "published": claim.published,
          "published_percent": claim.percent, "analysis": claim.recomputed.analysis, "recomputed": claim.recomputed.text,
          "estimate": claim.recomputed.estimate, "ci_low": claim.recomputed.ci_low, "ci_high": claim.recomputed.ci_high}
         for claim in claims]
    )  # fmt: skip


def _alt(claims: list[Claim]) -> str:
    parts = [f"{claim.name} {claim.recomputed.text}" if claim.another
             else f"{claim.name}: published {claim.published}, recomputed {claim.recomputed.text}"
             for claim in claims]  # fmt: skip
    return "Published against recomputed. " + "; ".join(parts) + "."
