"""The results beside those of other trials."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

import pandas as pd

from ..errors import InputError, Problem
from ..files import read_guessed
from ..ids import Name, word
from ..registry import Analysis, Column
from ..results import MARKER, Results
from . import palette, style
from .drawing import KINDS, Drawing, empty, one_each
from .read import analysed, estimate, interval, label, marker, number, shown, value

ROW = 4.6  # mm
WEIGHT = "Weight, %"
SQUARE = {"markersize": 4.2, "markeredgewidth": 0.4}
COLOURS = {"present": palette.MARKED, "pooled": palette.INK, "prediction": palette.INK}


@dataclass(frozen=True)
class Dose:
    """Lowest and highest dose of a trial; NaN if they are not known."""

    low: float = math.nan
    high: float = math.nan
    mark: str = ""

    @classmethod
    def of(cls, limits: Iterable[float], mark: str = "") -> Dose:
        ends = [float(x) for x in limits if x > 0]
        return cls(min(ends, default=math.nan), max(ends, default=math.nan), mark)

    def __str__(self) -> str:
        ends = dict.fromkeys(style.scientific(x) for x in (self.low, self.high) if x > 0)
        return "\u2013".join(ends) + (self.mark if ends else "")


@dataclass(frozen=True)
class Trial:
    """A row: n/N with its estimate and limits (0 to 1; NaN if there are none), and the text that is printed of them."""

    name: str
    kind: Literal["trial", "left out", "present", "pooled", "prediction"]
    n: float
    N: float
    estimate: float
    ci_low: float
    ci_high: float
    text: str
    dose: Dose = field(default_factory=Dose)
    weight: str = ""
    mark: str = ""

    @classmethod
    def of(cls, results: Results, analysis: str, name: str, kind: str, dose: Dose) -> Trial:
        """An analysis as a whole."""
        numbers = (value(results, analysis, key) for key in ("n", "N", "estimate", "ci_low", "ci_high"))
        mark = "".join({marker(results, analysis, key) for key in ("n", "N")})
        return cls(name, kind, *numbers, estimate(results, analysis).replace("%", ""), dose, mark=mark)

    @property
    def weighed(self) -> str:
        """What stands over the estimate where there is no room beside it."""
        return ", ".join(filter(None, (self.count, self.weight and f"weight {self.weight}%")))

    @property
    def count(self) -> str:
        return f"{self.n:,.0f}/{self.N:,.0f}{self.mark}" if self.N > 0 else ""


@dataclass(frozen=True)
class Panel:
    """A pool analysis with its trials. note: heterogeneity, and why trials are left out."""

    name: str
    trials: list[Trial]
    note: str


@dataclass(frozen=True)
class _Row:
    """A trial with its texts as they are printed."""

    trial: Trial
    name: str
    dose: str
    count: str
    text: str
    weight: str

    @property
    def height(self) -> float:
        lines = 1 + max(text.count("\n") for text in (self.name, self.text))
        return max(ROW, lines * style.LINE + 1.4)


@dataclass(frozen=True)
class _Columns:
    """Widths in mm. In a single column the dose stands below the name, the counts above the estimates."""

    page: float
    narrow: bool
    names: float
    dosed: float
    counted: float
    texts: float
    weighed: float

    @classmethod
    def of(cls, trials: list[Trial], dose_head: str, width: style.Width) -> _Columns:
        page, narrow = style.WIDTHS[width], width == "single"
        names = min(style.widest(trial.name for trial in trials) + 3.0, 0.3 * page)
        dosed = 0.0 if narrow else style.widest([dose_head, *(str(trial.dose) for trial in trials)])
        counted = 3.0 if narrow else style.widest(trial.count for trial in trials) + 3.0
        texts = style.widest(text for trial in trials for text in (trial.text, trial.weighed if narrow else ""))
        weighed = style.text_width(WEIGHT) + 3.0 if not narrow and any(trial.weight for trial in trials) else 0.0
        return cls(page, narrow, names, dosed + 4.0 if dosed else 0.0, counted, max(texts, 22.0), weighed)

    @property
    def left(self) -> float:
        return self.names + self.dosed

    @property
    def plot(self) -> float:
        return self.page - self.left - self.counted - self.texts - self.weighed - 5.0

    @property
    def text_x(self) -> float:
        return self.page - self.weighed

    @property
    def count_x(self) -> float:
        return self.text_x - self.texts - 3.0

    def row(self, trial: Trial) -> _Row:
        name, dose = style.wrap(trial.name, self.names - 2.0), str(trial.dose)
        if not self.narrow:
            return _Row(trial, name, dose, trial.count, trial.text, trial.weight)
        lines = [name, *([style.wrap(dose, self.names - 2.0)] if dose else [])]
        return _Row(trial, "\n".join(lines), "", "", "\n".join(filter(None, (trial.weighed, trial.text))), "")


@dataclass(frozen=True)
class _Texts:
    """The texts of a panel, wrapped, with the heights in mm that they and its rows need."""

    title: str
    note: str
    rows: list[_Row]

    @classmethod
    def of(cls, panel: Panel, columns: _Columns) -> _Texts:
        title = style.wrap(panel.name, columns.page - 5.0, style.TITLE, "semibold")
        return cls(title, style.wrap(panel.note, columns.page), [columns.row(trial) for trial in panel.trials])

    @property
    def head(self) -> float:
        return (self.title.count("\n") + 1) * 3.6 + ROW

    @property
    def body(self) -> float:
        return max(sum(row.height for row in self.rows), ROW) + 1.2

    @property
    def foot(self) -> float:
        return (self.note.count("\n") + 1) * style.LINE


@KINDS.add("trials")
def trials(
    results: Results,
    *,
    analyses: list[Analysis],
    present: list[Analysis] = (),
    doses: list[str] = (),
    dose: Column = "",
    status: str = "",
    width: style.Width = "double",
) -> Drawing:
    """Proportions across trials with exact intervals and their weights, the pooled estimate as a diamond, the prediction interval of a new
    trial below it; trials that are not pooled because they share patients are hollow. Sorted by dose if it is given.

    Parameters
        analyses: pool analyses, a panel each
        present: for each panel, the analysis of the present study
        doses: columns of the file with the lowest and the highest dose of a trial
        dose: column of the subjects with the dose
        status: column of the file that says what is to be known of a trial's counts, such as that they were inferred from a
            percentage; it is said below
        width: single (85 mm) or double (180 mm)
    """
    one_each(len(analyses), present=present)
    panels = [
        _panel(results, analysis, present[i] if i < len(present) else "", list(doses), dose)
        for i, analysis in enumerate(analyses)
    ]
    if not any(panel.trials for panel in panels):
        return empty(results, width, "No trials")
    dose_head = (results.plan.label(dose, unit=True) if dose else "Dose") if doses else ""
    columns = _Columns.of([trial for panel in panels for trial in panel.trials], dose_head, width)
    texts = [_Texts.of(panel, columns) for panel in panels]
    height = sum(text.head + text.body + 5.6 + text.foot for text in texts)
    page = style.Page(results, width, height + 3.0 * len(panels) + 1.5)
    head = f"% ({100 * results.plan.level:g}% CI)"
    heads = [(f"n/N, {head}", columns.page)] if columns.narrow else [
        ("n/N", columns.count_x), (head, columns.text_x), *([(WEIGHT, columns.page)] if columns.weighed else [])]  # fmt: skip
    y = 0.0
    for text, letter in zip(texts, style.letters(len(panels)), strict=True):
        last = text is texts[-1]
        page.panel(0.0, y, letter, text.title)
        for name, x in heads:
            page.text(x, y + text.head - ROW + 0.8, name, ha="right", color=palette.GREY)
        page.text(columns.names, y + text.head - ROW + 0.8, "" if columns.narrow else dose_head, color=palette.GREY)
        y += text.head
        _draw(page, text.rows, columns, y, text.body, last)
        y += text.body + 5.6
        page.text(0.0, y + (4.0 if last else 0.0), text.note, color=palette.GREY)
        y += text.foot + 3.0
    numbers = pd.DataFrame(
        [{"panel": panel.name, "name": trial.name, "kind": trial.kind, "dose_low": trial.dose.low,
          "dose_high": trial.dose.high, "n": trial.n, "N": trial.N, "estimate": trial.estimate, "ci_low": trial.ci_low,
          "ci_high": trial.ci_high, "weight": trial.weight} for panel in panels for trial in panel.trials]
    )  # fmt: skip
    return Drawing(page.figure, numbers, _alt(panels), (_status(results, analyses, panels, status),))


def _status(results: Results, analyses: list[str], panels: list[Panel], column: str) -> str:
    """What the file says of the counts of the trials that are shown."""
    said: dict[str, None] = {}
    for analysis, panel in zip(analyses, panels, strict=True):
        spec = results.plan.analyses[analysis]
        trial = spec.get("trial", "trial")
        table = read_guessed(spec["file"], trial).set_index(trial)
        if column and column not in table:
            why, do = "what is to be known of its counts would not be said", f"name one of: {', '.join(table)}"
            raise InputError(
                [Problem("plan.yaml, status of trials", f"{spec['file']} has no column '{column}'", why, do)]
            )
        texts = table[column].dropna() if column else {}
        said |= {f"{one.name}: {texts[one.name]}": None for one in panel.trials if one.name in texts}
    return "; ".join(said)


def _draw(page, rows: list[_Row], columns: _Columns, top: float, height: float, last: bool) -> None:
    axes = page.axes(columns.left, top, columns.plot, height)
    axes.set(xlim=(0, 100), ylim=(height, 0), yticks=[], xticks=[0, 25, 50, 75, 100])
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x", color=palette.FAINT, linewidth=0.6)
    axes.set_axisbelow(True)
    if last:
        axes.set_xlabel("Participants, %")
    if not rows:
        page.text(0.0, top + ROW / 2, "no trials", va="center", color=palette.GREY)
    at = 0.0
    for row in rows:
        y = top + at + row.height / 2
        weight = "semibold" if row.trial.kind in ("present", "pooled") else "normal"
        page.text(0.0, y, row.name, va="center", weight=weight)
        page.text(columns.names, y, row.dose, va="center")
        page.text(columns.count_x, y, row.count, ha="right", va="center")
        page.text(columns.text_x, y, row.text, ha="right", va="center")
        page.text(columns.page, y, row.weight, ha="right", va="center")
        _mark(axes, row.trial, at + row.height / 2)
        at += row.height


def _mark(axes, trial: Trial, y: float) -> None:
    colour = COLOURS.get(trial.kind, palette.GREY)
    x, low, high = 100 * trial.estimate, 100 * trial.ci_low, 100 * trial.ci_high
    if trial.kind == "pooled":
        axes.fill([low, x, high, x], [y, y - 1.3, y, y + 1.3], color=colour, linewidth=0)
        axes.axvline(x, color=palette.GREY, linewidth=0.6, linestyle=(0, (4, 3)), zorder=0)
        return
    axes.plot([low, high], [y, y], color=colour, linewidth=1.6 if trial.kind == "prediction" else 1.2,
              solid_capstyle="butt", clip_on=False)  # fmt: skip
    if trial.kind != "prediction":
        hollow = trial.kind == "left out"
        face = {"markerfacecolor": "white", "markeredgecolor": colour, "markeredgewidth": 0.8} if hollow else {}
        axes.plot(x, y, "s", **{"color": colour, "markeredgecolor": "white", **SQUARE, **face}, clip_on=False)


def _panel(results: Results, analysis: str, present: str, doses: list[str], dose: str) -> Panel:
    """One panel: the present study, trials by dose, the pooled estimate and the prediction interval."""
    spec = results.plan.analyses[analysis]
    trial = spec.get("trial", "trial")
    table = read_guessed(spec["file"], trial).set_index(trial)
    found = results.analysis(analysis)
    note = next(iter(found.loc[(found["level"] == "") & (found["statistic"] == "estimate"), "note"]), "")
    left = dict(re.findall(r"(?:^|; )([^;]+?) left out: ([^;]+)", note))
    rows = []
    for name in [*dict.fromkeys(found.loc[found["statistic"] == "N", "level"]), *left]:
        n, total = (float(table.loc[name, spec[key]]) if name else math.nan for key in ("n", "N"))
        if not (total > 0 and n >= 0):
            continue
        level, of = Name(name, name), Dose.of(table.loc[name, doses].astype(float) if doses else ())
        rate, *limits = (value(results, analysis, key, level=level) for key in ("estimate", "ci_low", "ci_high"))
        rate = n / total if math.isnan(rate) else rate
        text = "not pooled" if name in left else estimate(results, analysis, level=level).replace("%", "")
        weight = shown(results, analysis, "weight", level=level).rstrip("%").replace("NE", "")
        rows.append(Trial(name, "left out" if name in left else "trial", n, total, rate, *limits, text, of, weight))
    rows.sort(key=lambda row: (row.dose.low * row.dose.high if row.dose.low > 0 else math.inf, row.name))
    if present and value(results, present, "N") > 0:
        own = Dose.of(number(analysed(results, present).frame[dose]) if dose else (), MARKER if results.marked else "")
        rows.insert(0, Trial.of(results, present, "This study", "present", own))
    if not math.isnan(value(results, analysis, "estimate")):
        pooled = f"Pooled ({shown(results, analysis, 'trials')} trials)"
        rows.append(Trial.of(results, analysis, pooled, "pooled", Dose()))
        low, high = (value(results, analysis, f"prediction_{end}") for end in ("low", "high"))
        if not math.isnan(low + high):
            ends = interval(*(shown(results, analysis, f"prediction_{end}") for end in ("low", "high")))
            nothing = (math.nan, math.nan, math.nan)
            rows.append(Trial("New trial (prediction)", "prediction", *nothing, low, high, f"({ends})"))
    i2 = shown(results, analysis, "i2", level=word("heterogeneity"))
    parts = [f"I² {i2}%" if i2 not in ("", "NE") else "", *(f"{name}: {why}" for name, why in left.items())]
    return Panel(label(results, analysis), rows, "; ".join(filter(None, parts)))


def _alt(panels: list[Panel]) -> str:
    sentences = []
    for panel in panels:
        parts = [" ".join(filter(None, (trial.name, trial.count, trial.text))) for trial in panel.trials]
        sentences.append(f"{panel.name}: " + "; ".join([*parts, panel.note]))
    return "Across trials. " + ". ".join(sentences) + "."
