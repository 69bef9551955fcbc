"""Ratios of comparisons and models."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import pandas as pd

from ..analysis.methods.common import Design, followed, is_categorical
from ..errors import InputError, Problem, raise_if
from ..ids import EVERYONE, Name
from ..registry import Analysis
from ..results import Results
from . import palette, style
from .drawing import KINDS, Drawing, empty
from .effects import SUBDISTRIBUTION
from .read import analysed, covariate_order, estimate, groups, label, marker, names, shown, value
from .scales import RATIOS, ratio_axis, ratio_ticks

ROW, INDENT, HEAD, FOOT = 4.6, 3.0, 4.6, 13.5  # mm: of a row, of a covariate below its model, above and below an axis
FAVOURS = {
    "odds_ratio": ["lower odds", "higher odds"],
    "hazard_ratio": ["lower hazard", "higher hazard"],
    "risk_ratio": ["lower risk", "higher risk"],
    "rate_ratio": ["lower rate", "higher rate"],
}


@dataclass(frozen=True)
class Counted:
    """The participants of a group or a level; events: None if the method has none."""

    name: str
    events: int | None
    n: int
    mark: str = ""

    def __str__(self) -> str:
        return (f"{self.n:,}" if self.events is None else f"{self.events:,}/{self.n:,}") + self.mark


@dataclass(frozen=True)
class Ratio:
    """A row. kind: of the ratio, also of the heading of a model, which has none; counted: its participants, or those of
    both groups, the reference last; `text` and `p` are as printed; reference: the level to which others are compared;
    `overall`: in all participants."""

    analysis: str
    kind: str
    name: str
    counted: tuple[Counted, ...] = ()
    estimate: float = math.nan
    ci_low: float = math.nan
    ci_high: float = math.nan
    text: str = ""
    p: str = ""
    indent: float = 0.0
    heading: bool = False
    reference: bool = False
    overall: bool = False

    @property
    def counts(self) -> str:
        return " v ".join(map(str, self.counted))

    @property
    def weight(self) -> str:
        return "semibold" if self.heading or self.overall else "normal"

    @property
    def drawn(self) -> bool:
        """Whether it has a place on the axis: an infinite ratio has, at the edge."""
        return self.estimate >= 0 and not (math.isnan(self.ci_low) and math.isinf(self.estimate))


@dataclass(frozen=True)
class _Columns:
    """Widths in mm. In a single column a name stands above its counts and its interval, which leaves room for the plot."""

    page: float
    narrow: bool
    names: float
    counts: float
    texts: float
    p: float  # with its distance; 0 if no row has a p-value

    @classmethod
    def of(cls, rows: list[Ratio], width: style.Width) -> _Columns:
        page, narrow = style.WIDTHS[width], width == "single"
        counts = max(style.widest(row.counts for row in rows), style.text_width("Events/n"))
        texts = max(style.widest(row.text for row in rows), 22.0)
        p = max(style.widest(row.p for row in rows), 8.0) + 3.0 if any(row.p for row in rows) else 0.0
        room = page - texts - p - 3.0 if narrow else 0.36 * page
        names = max(style.text_width(row.name, weight=row.weight) + row.indent for row in rows)
        return cls(page, narrow, room if narrow else min(names, room), counts, texts, p)

    @property
    def left(self) -> float:
        return self.counts + 3.0 if self.narrow else self.names + 3.0

    @property
    def plot(self) -> float:
        return self.page - self.left - (3.0 if self.narrow else self.counts + self.texts + self.p + 6.0)

    @property
    def ends(self) -> dict[str, float]:
        """Column -> where its texts end."""
        counts = self.counts if self.narrow else self.left + self.plot + 3.0 + self.counts
        return {"counts": counts, "text": self.page - self.p, "p": self.page}

    def row(self, row: Ratio) -> _Row:
        text = style.wrap(row.name, self.names - row.indent, weight=row.weight)
        lines = (text.count("\n") + 1) * style.LINE
        if not self.narrow:
            return _Row(row, text, max(ROW, lines + 1.4), 0.0)
        return _Row(row, text, lines + 1.4 + (3.6 if row.drawn or row.counts else 0.0), lines)


@dataclass(frozen=True)
class _Row:
    """A ratio with its name, wrapped, and its height in mm. above: the part of it above its counts and its interval."""

    ratio: Ratio
    name: str
    height: float
    above: float

    @property
    def middle(self) -> float:
        """Where its counts and its interval stand; `said` is where the texts stand."""
        return self.above + (self.height - self.above) / 2

    @property
    def said(self) -> float:
        return 0.7 + self.above / 2 if self.above else self.height / 2


@KINDS.add("forest")
def forest(
    results: Results,
    *,
    analyses: list[Analysis],
    overall: Analysis = "",
    favours: dict[str, list[str]] = {},  # noqa: B006  (read only)
    width: style.Width = "double",
) -> Drawing:
    """Odds, hazard and risk ratios with their intervals, a panel and a log axis for each kind, which says on which side they
    are lower and higher; numbers and p-values beside them. A model has its name as a heading and a row for each covariate,
    with the reference level of a categorical one; an interaction has one for each subgroup, and its p-value beside the name; a comparison says which group is compared with which. Events/n of
    each row, or of both groups, if they are the participants of the analysis. Limits beyond the axis end in an arrow.

    Parameters
        analyses: comparisons with a ratio, cox or logistic analyses
        overall: comparison in all participants, drawn below as a diamond with a line through its panel
        favours: what ratios below and above 1 mean, by kind (odds_ratio, hazard_ratio, risk_ratio): two texts each
        width: single (85 mm) or double (180 mm)
    """
    sides = FAVOURS | _sides(favours)
    _have_ratios(results, [*analyses, *([overall] if overall else [])])
    rows = [row for analysis in analyses for row in _ratios(results, analysis)]
    rows += [replace(row, overall=True) for row in (_ratios(results, overall) if overall else ())]
    kinds = [kind for kind in RATIOS if any(row.kind == kind and row.drawn and not row.reference for row in rows)]
    if not kinds:
        return empty(results, width, "No ratio is estimable")
    columns = _Columns.of(rows, width)
    panels = {kind: [columns.row(row) for row in rows if row.kind == kind] for kind in kinds}
    page = style.Page(results, width, sum(HEAD + sum(r.height for r in own) + FOOT for own in panels.values()))
    y, interval = 0.0, f"({100 * results.plan.level:g}% CI)"
    for (kind, own), letter in zip(panels.items(), style.letters(len(panels)), strict=True):
        head = {"counts": "Events/n", "text": f"{RATIOS[kind]} {interval}", "p": "P"}
        page.text(0.0, y, letter, size=style.TITLE, weight="semibold")
        for key, x in columns.ends.items():
            if not (columns.narrow and key == "counts" or key == "p" and not columns.p):
                page.text(x, y, head[key], ha="right", color=palette.GREY)
        body = sum(row.height for row in own)
        _draw(page, own, columns, y + HEAD, body, RATIOS[kind], sides[kind])
        y += HEAD + body + FOOT
    numbers = pd.DataFrame([one for row in rows for one in _numbers(row)]).astype({"events": "Int64", "n": "Int64"})
    tested = any(row.heading and row.p for row in rows)
    lost = dict.fromkeys(label(results, row.analysis) for row in rows if row.kind not in kinds)
    notes = ["P beside the name of subgroups: test of interaction"] * tested
    of = [
        one
        for one in dict.fromkeys(row.analysis for row in rows)
        if results.plan.analyses[one]["method"] in SUBDISTRIBUTION
    ]
    notes += [f"Subdistribution hazard ratios (Fine and Gray): {', '.join(label(results, one) for one in of)}"] * bool(
        of
    )
    notes += [f"Not drawn, since no ratio is estimable: {', '.join(lost)}"] * bool(lost)
    return Drawing(page.figure, numbers, _alt(panels, interval), tuple(notes))


def _have_ratios(results: Results, analyses: list[str]) -> None:
    """Refuse an analysis that estimates something else than a ratio: nobody would see that it is missing."""
    do = "take the table `estimates`, or a method with a ratio: fisher, risk_ratio, cox, logistic, incidence_rate, ..."
    raise_if(
        Problem(f"plan.yaml, analyses.{name}", "has no ratio that a forest could show", "the figure would leave it out in silence", do)
        for name in analyses
        if (has := results.analysis(name)["statistic"]).isin(["estimate", "number_needed"]).any() and not has.isin(list(RATIOS)).any()
    )  # fmt: skip


def _numbers(row: Ratio) -> list[dict]:
    """A row as it goes to the CSV; that of two groups has another for its reference."""
    about = {"analysis": row.analysis, "name": row.name}
    found = [{"estimate": row.estimate, "ci_low": row.ci_low, "ci_high": row.ci_high, "p": row.p}] + [
        {"estimate": 1.0, "ci_low": math.nan, "ci_high": math.nan, "p": ""} for _ in row.counted[1:]
    ]
    counted = row.counted or (Counted("", None, 0),)
    return [
        {**about, "group": one.name, "events": one.events, "n": one.n or None,
         "statistic": "" if row.heading else row.kind, **ratio}
        for one, ratio in zip(counted, found, strict=True)
    ]  # fmt: skip


def _sides(favours: dict[str, list[str]]) -> dict[str, list[str]]:
    for kind, texts in favours.items():
        if kind not in RATIOS or len(texts) != 2:
            do = "write for instance favours: {odds_ratio: [fewer remissions, more remissions]}"
            why = "the side of a ratio would have no meaning, or the wrong one"
            raise InputError([Problem("plan.yaml, favours", f"'{kind}: {texts}' is not a kind and two texts", why, do)])
    return favours


def _draw(page, rows: list[_Row], columns: _Columns, top: float, body: float, axis: str, sides: list[str]) -> None:
    axes = page.axes(columns.left, top, columns.plot, body + 0.8)
    known = [row.ratio for row in rows if row.ratio.drawn]
    low, high, ticks = ratio_ticks([x for row in known for x in (row.estimate, row.ci_low, row.ci_high)])
    if len(ticks) * 6.0 > columns.plot:
        ticks = [tick for tick in ticks if math.log10(tick).is_integer()]
    ratio_axis(axes, "x", low, high, ticks)
    axes.set(ylim=(body + 0.8, 0), yticks=[])
    axes.spines["left"].set_visible(False)
    axes.set_xlabel(axis)
    y = 0.0
    for row in rows:
        ratio, middle, said = row.ratio, y + row.middle, top + y + row.said
        page.text(ratio.indent, said, row.name, va="center", weight=ratio.weight)
        page.text(columns.ends["counts"], top + middle, ratio.counts, ha="right", va="center")
        page.text(columns.ends["text"], said, ratio.text, ha="right", va="center")
        page.text(columns.ends["p"], said, ratio.p, ha="right", va="center")
        # not through the names that stand above the intervals of a single column
        if ratio.drawn or not columns.narrow:
            axes.plot([1.0, 1.0], [y + row.above, y + row.height], color=palette.GREY, linewidth=0.6, zorder=0)
        if ratio.drawn:
            _mark(axes, ratio, middle, low, high)
        y += row.height
    one = columns.left + columns.plot * math.log(1 / low) / math.log(high / low)
    below = top + body + FOOT - 4.2
    for text, at, ha in ((f"← {sides[0]}", one - 1.5, "right"), (f"{sides[1]} →", one + 1.5, "left")):
        wide = style.text_width(text)
        at = min(max(at, wide), columns.page) if ha == "right" else min(at, columns.page - wide)
        page.text(at, below, text, ha=ha, color=palette.GREY)


def _mark(axes, row: Ratio, y: float, low: float, high: float) -> None:
    if row.reference:
        axes.plot(1.0, y, "s", color="white", markersize=3.6, markeredgecolor=palette.GREY, markeredgewidth=0.8)
        return
    ends = [max(row.ci_low, low) if row.ci_low > 0 else low, min(row.ci_high, high)]
    place = min(max(row.estimate, low), high)
    if row.overall:
        axes.fill([ends[0], place, ends[1], place], [y, y - 1.3, y, y + 1.3], color=palette.INK, linewidth=0)
        axes.axvline(place, color=palette.GREY, linewidth=0.6, linestyle=(0, (4, 3)), zorder=0)
        return
    tone = palette.INK
    axes.plot(ends, [y] * 2, color=tone, linewidth=1.3, solid_capstyle="butt")
    arrows = {"color": tone, "markersize": 3.0, "clip_on": False, "linestyle": "none"}
    axes.plot([low] * (row.ci_low < low), [y] * (row.ci_low < low), "<", **arrows)
    axes.plot([high] * (row.ci_high > high), [y] * (row.ci_high > high), ">", **arrows)
    if low <= row.estimate <= high:
        axes.plot(place, y, "s", color=tone, markersize=4.2, markeredgecolor="white", markeredgewidth=0.4)


def _ratios(results: Results, analysis: str) -> list[Ratio]:
    """The rows of an analysis that has a ratio; of a model its name, then one for each level."""
    rows = results.analysis(analysis)
    found = rows[rows["statistic"].isin(list(RATIOS)) & rows["group"].eq("")].set_index("level", drop=False)
    if found.empty:
        return []
    kind = found["statistic"].iloc[0]
    levels = covariate_order(results, analysis, names(found, "level"))
    if not any(levels):
        return [_ratio(results, analysis, kind, levels[0], _compared(results, analysis), _pair(results, analysis))]
    n, events = (value(results, analysis, statistic) for statistic in ("n", "events"))
    all_ = (
        ()
        if math.isnan(n)
        else (Counted("", None if math.isnan(events) else int(events), int(n), _mark_of(results, analysis)),)
    )
    out, counted, done = (
        [Ratio(analysis, kind, label(results, analysis), all_, p=_interaction(results, analysis), heading=True)],
        _counts(results, analysis),
        set(),
    )
    for level in levels:
        column = level.id.partition("=")[0]
        for name, one in counted.items():
            if name.id.partition("=")[0] == column and column not in done and name not in levels:
                plain = {"text": "reference", "estimate": 1.0, "indent": INDENT, "reference": True}
                out.append(Ratio(analysis, kind, name.label, (one,), **plain))
        done.add(column)
        own = (counted[level],) if level in counted else ()
        out.append(replace(_ratio(results, analysis, kind, level, level.label, own), indent=INDENT))
    return out


def _ratio(results: Results, analysis: str, kind: str, level: Name, name: str, counted: tuple[Counted, ...]) -> Ratio:
    numbers = (value(results, analysis, statistic, level=level) for statistic in (kind, "ci_low", "ci_high"))
    text = estimate(results, analysis, level=level, statistic=kind)
    return Ratio(analysis, kind, name, counted, *numbers, text=text, p=shown(results, analysis, "p_value", level=level))


def _counts(results: Results, analysis: str) -> dict[Name, Counted]:
    """The participants of each level of the covariates of a model that has any; none if they are not those whom the
    results have counted."""
    spec, data = results.plan.analyses[analysis], analysed(results, analysis)
    if "subgroup" in spec:
        own = {
            name: [value(results, analysis, key, level=name) for key in ("events", "n")]
            for name in data.groups(spec["subgroup"])
        }
        return {name: Counted(name.label, None if math.isnan(events) else int(events), int(n), marker(results, analysis))
                for name, (events, n) in own.items() if n > 0}  # fmt: skip
    if "covariates" not in spec or not {"event", "endpoint"} & spec.keys():
        return {}
    if "event" in spec:
        holds = data.outcome(spec["event"])
    else:
        holds = data.frame[f"{spec['endpoint']}_event"].astype("boolean").where(followed(data, spec["endpoint"]))
    known = Design.of(data, spec["covariates"], holds.notna()).known
    counted = tuple(value(results, analysis, statistic) for statistic in ("n", "events"))
    if counted != (known.sum(), holds[known].sum()):
        return {}
    found = {}
    for covariate in spec["covariates"]:
        for level, members in data.levels(covariate).items() if is_categorical(data, covariate) else ():
            here = members & known
            if here.any():
                found[level] = Counted(level.label, int(holds[here].sum()), int(here.sum()), marker(results, analysis))
    return found


def _interaction(results: Results, analysis: str) -> str:
    """The p-value of the test that the effect differs between subgroups."""
    return shown(results, analysis, "p_value") if "subgroup" in results.plan.analyses[analysis] else ""


def _groups(results: Results, analysis: str) -> list[Name]:
    return [name for name in groups(results, analysis) if value(results, analysis, "N", name) > 0]


def _pair(results: Results, analysis: str) -> tuple[Counted, ...]:
    """The participants of the two groups of a comparison, the reference last; otherwise all of them."""
    pair = _groups(results, analysis)[::-1]
    if len(pair) != 2:
        n = value(results, analysis, "n")
        return () if math.isnan(n) else (Counted("", None, int(n), _mark_of(results, analysis)),)
    return tuple(
        Counted(
            name.label,
            *(int(value(results, analysis, key, name)) for key in ("n", "N")),
            _mark_of(results, analysis, name),
        )
        for name in pair
    )


def _mark_of(results: Results, analysis: str, group: Name = EVERYONE) -> str:
    """The marker of the events and participants of a group."""
    return "".join({marker(results, analysis, key, group) for key in ("n", "N", "events")})


def _compared(results: Results, analysis: str) -> str:
    """'Remission by sex: Male v Female' of a comparison of two groups."""
    pair = [name.label for name in _groups(results, analysis)]
    pair = f": {pair[1]} v {pair[0]}" if len(pair) == 2 else ""
    return label(results, analysis) + pair


def _alt(panels: dict[str, list[_Row]], interval: str) -> str:
    sentences = []
    for kind, rows in panels.items():
        parts = []
        for row in (row.ratio for row in rows):
            of = f" ({row.counts})" if row.counts else ""
            p = f", P {row.p}" if row.p else ""
            parts.append(
                f"{row.name}{of}{p and f', interaction{p[1:]}'}:" if row.heading else f"{row.name}{of}: {row.text}{p};"
            )
        sentences.append(f"{RATIOS[kind]} {interval}. {' '.join(parts).removesuffix(';')}.")
    return " ".join(sentences)
