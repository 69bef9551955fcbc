"""Who takes part in an analysis and who is left out, for which reason: one rule for all methods.

What a method needs is known from the kinds of its parameters: an endpoint needs follow-up, a condition an outcome, a column
a value, a table a measurement. Whoever lacks something is left out for the first reason that holds, and is named in the
trace, counted in participants.csv, in the notes of ard.csv and below every table and figure that shows the analysis.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ..contracts import PARTICIPANTS
from ..expression import Expression
from ..ids import Name
from ..plan import Plan
from ..registry import Column, Condition, Endpoint, Table
from ..study import Study
from ..text import number_text, texts_in
from . import Data

GROUPS = ("by", "stratum", "visit")  # parameters that name the column of groups
BEGINS = ("begin", "begins", "changes")  # parameters of dates that may never come: missing means never
USED, NOT_CHOSEN, NO_SUCH_POPULATION = "used", "where", "population"


@dataclass(frozen=True)
class LeftOut:
    """`n` participants (or rows, or events: `what`) that do not count, whose they are, and why. reason: an id."""

    reason: str
    text: str
    n: int
    who: tuple[str, ...]
    what: str = "participants"
    fate: str = "left out"

    @classmethod
    def of(
        cls, reason: str, text: str, data: Data, lacking: pd.Series | np.ndarray, what: str = "", fate: str = "left out"
    ) -> LeftOut:
        lacking = np.asarray(lacking, dtype=bool)
        if not lacking.any():
            return cls(reason, text, 0, (), what or "participants", fate)
        who = data.frame.loc[lacking, data.study.participant].astype(str)
        what = what or ("rows" if data.frame[data.study.participant].duplicated().any() else "participants")
        return cls(reason, text, len(who), tuple(dict.fromkeys(who)), what, fate)

    @property
    def said(self) -> bool:
        """Whether the reader is told: not of those whom the plan does not want in the analysis."""
        return self.reason != NOT_CHOSEN

    def __str__(self) -> str:
        """'2 left out: Age not known', '1 event left out: after follow-up was cut'."""
        noun, _, of = self.what.partition(" ")
        words = [] if noun == "participants" else [noun[:-1] if self.n == 1 else noun, of]
        return f"{' '.join(filter(None, [f'{self.n:,}', *words, self.fate]))}: {self.text}"


def left_out(data: Data, spec: Mapping) -> list[LeftOut]:
    """Those of an analysis' participants (or rows) whom the method leaves out, each once, and events that do not count."""
    return parted(data, spec)[1]


def taking_part(data: Data, spec: Mapping) -> pd.Series:
    """True for those of whom the method has all that it needs."""
    rest = np.ones(len(data.frame), dtype=bool)
    for _, _, lacking in _needs(data, spec):
        rest &= ~_certain(lacking)
    return pd.Series(rest, index=data.frame.index)


def parted(data: Data, spec: Mapping) -> tuple[np.ndarray, list[LeftOut]]:
    """(true for those who take part, those who are left out)."""
    rest, found = np.ones(len(data.frame), dtype=bool), []
    for reason, text, lacking in _needs(data, spec):
        lacking = _certain(lacking) & rest
        if lacking.any():
            found.append(LeftOut.of(reason, text, data, lacking))
            rest &= ~lacking
    return rest, [
        *found,
        *_overall(data, spec),
        *_no_event(data, spec),
        *_events(data, spec),
        *_undated(data, spec),
        *_uncertain(data, spec),
    ]


def _certain(lacking: pd.Series) -> np.ndarray:
    """True where something is lacking, or where that is not known."""
    return lacking.to_numpy(dtype=bool, na_value=True)


def _needs(data: Data, spec: Mapping) -> Iterator[tuple[str, str, pd.Series]]:
    """(reason, what is lacking, by whom) of all that a method needs."""
    from .methods import METHODS
    from .methods.changing import in_time
    from .methods.multistate import in_order

    if "file" in spec:  # of other trials: nobody here is counted
        return
    traits, given = METHODS.traits[spec["method"]], METHODS.given(spec)
    for key, parameter in METHODS.parameters(spec["method"]).items():
        value = given[key]
        match parameter.annotation:
            case _ if value and traits.get("ordered") == key:
                yield f"{key}_not_in_order", "dates that contradict their order", ~in_order(data, value)
            case _ if not value or key in BEGINS:
                continue
            case kind if kind is Endpoint:
                yield from _followed(data, value, "cause" if data.plan.endpoints[value].competing else "event")
                if in_intervals(traits, given):
                    label, day = data.plan.endpoints[value].label, given.get("landmark") or 0
                    time = data.frame[f"{value}_time"] / data.plan.per(value, "days")
                    yield "landmark", f"follow-up for {label} ended by day {number_text(day)}", time <= day
            case kind if kind is Condition and not traits.get("unknown_apart"):
                yield f"{key}_unknown", "unknown outcome", data.outcome(value).isna()
            case kind if kind is Column and key in GROUPS:
                if not traits.get("overall"):
                    yield value, f"{data.plan.label(value)} not known", in_no_group(data, value)
            case kind if kind is Column and not traits.get("missing_apart"):
                yield from _known(data, value, spec)
                if traits.get("positive") == key:
                    positive = data.frame[value].astype("Float64") > 0
                    yield f"{value}_not_positive", f"{data.plan.label(value)} not positive", ~positive
            case kind if kind == list[Endpoint]:
                for name in value:
                    yield from _followed(data, name, "event")
            case kind if kind == list[Column] and not traits.get("missing_apart"):
                for name in value:
                    yield from _known(data, name, spec)
            case kind if kind is Table and not traits.get("missing_apart"):
                measured = _measured(data, spec)
                yield value, f"nothing measured in {value}", ~data.frame[data.study.participant].isin(measured)
                if in_intervals(traits, given):
                    label = data.plan.endpoints[given["endpoint"]].label
                    text = f"nothing measured in {value} before follow-up for {label} ended"
                    yield f"{value}_in_time", text, ~in_time(data, given)


def in_intervals(traits: Mapping, given: Mapping) -> bool:
    """Whether a method cuts follow-up into intervals, always or with one value of a parameter (its trait `intervals` is then
    `parameter value`): whose follow-up ends on the day on which they begin has none."""
    trait = traits.get("intervals", False)
    return given[trait.split()[0]] == trait.split()[1] if isinstance(trait, str) else trait


def in_no_group(data: Data, by: str) -> pd.Series:
    """True for those who have none of the levels of a column."""
    return none_of(data.groups(by), data.frame)


def none_of(members: Mapping[Name, pd.Series], like: pd.DataFrame) -> pd.Series:
    """Those who have none of the levels."""
    return pd.Series(~np.logical_or.reduce([np.zeros(len(like), dtype=bool), *members.values()]), index=like.index)


def _known(data: Data, column: str, spec: Mapping) -> Iterator[tuple[str, str, pd.Series]]:
    if column in ("baseline", "change") and "baseline" in spec.get("rows", {}):
        yield "baseline", "no baseline", data.frame["value"].notna() & data.frame["baseline"].isna()
    yield column, f"{data.plan.label(column)} not known", data.frame[column].isna()


def _followed(data: Data, name: str, outcome: str) -> Iterator[tuple[str, str, pd.Series]]:
    frame, endpoint = data.frame, data.plan.endpoints[name]
    time = frame[f"{name}_time"]
    yield "follow_up", f"no follow-up for {endpoint.label}", time.isna() | frame[f"{name}_{outcome}"].isna()
    if endpoint.entry:
        entry = frame[f"{name}_entry"]
        yield "entry", f"entry for {endpoint.label} not known", entry.isna()
        yield "late_entry", f"follow-up for {endpoint.label} ends by their entry", entry >= time


def _measured(data: Data, spec: Mapping) -> pd.api.extensions.ExtensionArray:
    source = data.tables[spec["table"]]
    known = source[spec["value"]].notna() & source[spec.get("day") or spec["date"]].notna()
    return source.loc[known, data.study.participant].unique()


def _undated(data: Data, spec: Mapping) -> Iterator[LeftOut]:
    """Measurements of a table without a day."""
    if not {"table", "value"} <= set(spec):
        return
    source, who = data.tables[spec["table"]], data.study.participant
    without = source[spec["value"]].notna() & source[spec.get("day") or spec["date"]].isna()
    names = source.loc[without, who]
    names = names[names.isin(data.frame[who])].astype(str)
    if len(names):
        yield LeftOut("day", "day not known", len(names), tuple(dict.fromkeys(names)), f"rows of {spec['table']}")


def _uncertain(data: Data, spec: Mapping) -> Iterator[LeftOut]:
    """Measurements of which it is not known whether they count."""
    if "which" not in spec:
        return
    from .source import rows_of

    rows, columns = rows_of(data, spec["table"])
    unknown = Expression(spec["which"])(columns).isna().to_numpy() & rows[spec["value"]].notna().to_numpy()
    text = f"not known whether {spec['which']}"
    one = LeftOut.of("which_unknown", text, replace(data, frame=rows), unknown, f"rows of {spec['table']}")
    yield from [one] if one.n else []


def _overall(data: Data, spec: Mapping) -> Iterator[LeftOut]:
    """Those who are in no group of a method that also reports all together."""
    from .methods import METHODS

    if "by" in spec and METHODS.traits[spec["method"]].get("overall"):
        by, fate = spec["by"], "in no group, but in the overall column"
        one = LeftOut.of(by, f"{data.plan.label(by)} not known", data, in_no_group(data, by), fate=fate)
        yield from [one] if one.n else []


def _no_event(data: Data, spec: Mapping) -> Iterator[LeftOut]:
    """Unknown outcomes of an analysis that does not leave them out."""
    if data.unknown == "no_event" and "event" in spec:
        unknown = data.holds(spec["event"]).isna()
        if unknown.any():
            yield LeftOut.of("no_event", "unknown outcome", data, unknown, fate="counted as no event")


def _events(data: Data, spec: Mapping) -> Iterator[LeftOut]:
    """Events that `censor_at` of the analysis' endpoint leaves out, and those that have no date."""
    cut = f"{spec.get('endpoint')}_cut"
    if cut in data.frame and data.frame[cut].fillna(False).any():
        yield LeftOut.of("cut", "after follow-up was cut", data, data.frame[cut].fillna(False), "events")
    for name in dict.fromkeys(filter(None, [spec.get("endpoint"), *spec.get("endpoints", ())])):
        undated = data.plan.endpoints[name].undated
        if undated in data.frame and data.frame[undated].fillna(False).any():
            text = f"it is not known when, or whether, one happened (events of {data.plan.endpoints[name].label})"
            yield LeftOut.of(undated, text, data, data.frame[undated].fillna(False), fate="counted without an event")


def unlike(study: Study, plan: Plan, analysed: Mapping[str, Data]) -> Iterator[tuple[str, str]]:
    """(analysis, what is wrong) where a condition has one denominator in one table or figure and another elsewhere in them,
    unless both analyses say with `unknown` what they do."""
    from .methods import METHODS

    shown = {text for entry in (*plan.tables.values(), *plan.figures.values()) for text in texts_in(entry)}
    seen: dict[tuple, str] = {}
    for name, data in analysed.items():
        if name not in shown:
            continue
        spec = plan.analyses[name]
        if "event" not in spec or METHODS.traits[spec["method"]].get("unknown_apart") or "file" in spec:
            continue
        n = int(data.holds(spec["event"]).isna().sum())
        if not n:
            continue
        event = Expression(spec["event"]).canonical
        key = (event, tuple(data.frame[study.participant].astype(str)))
        other = seen.setdefault(key, name)
        if analysed[other].unknown != data.unknown and not {"unknown"} <= set(spec) & set(plan.analyses[other]):
            counts = {"no_event": "counts them as no event", "left_out": "leaves them out"}
            them = f"{n} participant{'s' if n > 1 else ''} with an unknown outcome of '{spec['event']}'"
            yield name, f"{them}: this analysis {counts[data.unknown]}, '{other}' {counts[analysed[other].unknown]}"


def table(name: str, spec: Mapping, n_population: int, data: Data, part: np.ndarray, out: list[LeftOut]) -> list[tuple]:
    """The rows of participants.csv of an analysis: who is used, then who is left out by reason. part: see `parted`."""
    used = data.frame[data.study.participant][part].nunique() if "file" not in spec else 0
    rows = [(USED, used, "participants", ""), *((one.reason, one.n, one.what, str(one)) for one in out)]
    about = {"analysis": name, "population": spec["population"], "n_population": n_population}
    found = [about | dict(zip(("reason", "n", "what", "note"), row, strict=True)) for row in rows]
    return [tuple(row[column] for column in PARTICIPANTS.columns) for row in found]
