"""plan.yaml of a draft: everybody described, by the arms if there are some; every code counted; times to events where a column of
dates or of durations and one of what happened belong together. It is read from the clean tables, so it holds what they hold."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from ..study import Study
from .header import column_name
from .questions import Questions
from .yaml import flow, scalar

ARM = re.compile(
    r"(?i)\b(?:arm|group|treatment|trt\d*p?|rx|cohort|stratum|strata|dose level|allocation|randomi[sz]ed to)\b|分层|分组|剂量组|组别"
)
STATUS = re.compile(r"(?i)\b(?:status|event|dead|death|died|cens(?:or\w*)?|vital|fustat|alive|cnsr)\b|状态|结局")
TIME = re.compile(r"(?i)\b(?:time|survival|surv|follow ?up|futime|os|pfs|efs|dfs|ttp|duration|aval)\b|时间|生存期")
HAPPENED = {"dead", "death", "died", "yes", "event", "1", "true", "死亡", "是", "relapse", "deceased", "y"}
DEATH = re.compile(r"(?i)death|died|decease|exitus|todesdatum|gestorben|dthdtc?|死亡日期|死亡时间")
LAST = re.compile(
    r"(?i)last (?:contact|follow|seen|visit|known)|censor|end of (?:study|follow)|lost to|lstalv|last_?fu|rfpendtc|末次随访|随访截止|末次"
)
OTHER = re.compile(r"(?i)relapse|recurrence|progress|复发|进展|rezidiv|rückfall")
ORIGIN = re.compile(
    r"(?i)infusion|randomi|first dose|start of treatment|treatment start|enrol|baseline|consent|inclusion|回输|入组|随机|知情同意|治疗开始|rfx?stdtc|trtsdt|diagnos"
)
UNITS = {"d": "days", "day": "days", "days": "days", "天": "days", "week": "weeks", "weeks": "weeks", "month": "months", "months": "months", "月": "months",
         "个月": "months", "year": "years", "years": "years", "yrs": "years"}  # fmt: skip
ONE = pd.Series([1, 2])  # a count of rows, which is not known before the run
MOST = 40  # variables of the table of characteristics


@dataclass
class Plan:
    """The parts of plan.yaml, each entry with its mark."""

    table: str
    columns: dict[str, tuple[dict, str]] = field(default_factory=dict)
    endpoints: dict[str, tuple[dict, str]] = field(default_factory=dict)
    analyses: dict[str, tuple[dict, str]] = field(default_factory=dict)
    figures: dict[str, dict] = field(default_factory=dict)
    tables: dict[str, dict] = field(default_factory=dict)

    def text(self, study: str) -> str:
        lines = [
            f"# Statistical analysis plan: {study}, drafted. Every key is described in config/README.md of the engine.",
            "# It describes and counts; what the study asks is for its authors to add, before they look at what comes out.",
            "plan:\n  level: 0.95\n  alpha: 0.05\n  seed: 1\n  multiplicity: No test is planned yet.\n",
            f"cohort:\n  table: {scalar(self.table)}\n  columns:" + ("" if self.columns else " {}"),
        ]
        lines += [f"    {scalar(name)}: {flow(spec)}  # {sure}" for name, (spec, sure) in self.columns.items()]
        lines += [
            "",
            "populations:",
            "  all: {label: All participants, definition: All participants with a row in the table of the cohort.}",
            "",
        ]
        lines += ["flow:", "  - {population: all}", ""]
        for room in ("endpoints", "analyses"):
            if entries := getattr(self, room):
                lines += [
                    f"{room}:",
                    *(f"  {scalar(name)}: {flow(spec)}  # {sure}" for name, (spec, sure) in entries.items()),
                    "",
                ]
        lines += [] if self.analyses else ["analyses: {}", ""]
        for room in (room for room in ("figures", "tables") if getattr(self, room)):
            lines += [
                f"{room}:",
                *(f"  {scalar(name)}: {flow(spec)}" for name, spec in getattr(self, room).items()),
                "",
            ]
        return "\n".join(lines).rstrip() + "\n"


def draft(
    study: Study, frames: Mapping[str, pd.DataFrame], table: str, questions: Questions, asked: Mapping[str, str] = {}
) -> Plan:
    """The plan over the clean tables; table: the one with a row per participant; asked: its columns that hold answers to a
    question that was put to some -> the condition. Who was not asked is not missing there."""
    plan = Plan(table)
    subjects = collected(study, frames, table, plan)
    kinds = {name: _column(study, table, plan, name) for name in subjects}
    codes = [name for name, column in kinds.items() if column.type == "code" and subjects[name].notna().any()]
    numbers = [
        name
        for name, column in kinds.items()
        if column.type in ("number", "integer", "duration") and subjects[name].notna().any()
    ]
    by = arm(subjects, kinds, codes, questions)
    if not codes and not numbers:
        numbers = counts(study, table, plan)
    described = [
        name
        for name in (*subjects, *plan.columns)
        if name in (*codes, *numbers) and name != by and subjects.get(name, ONE).nunique() != 1
    ]
    of_some = {name: asked[name] for name in described if name in asked}
    described = list(dict.fromkeys(name for name in described if name not in of_some))[:MOST]
    if described:
        spec = {"method": "baseline", "population": "all", **({"by": by} if by else {}), "variables": described}
        plan.analyses["characteristics"] = (spec, "likely")
        caption = f"Characteristics of the participants{' by ' + kinds[by].title if by else ''}."
        plan.tables["characteristics"] = {"kind": "baseline", "analysis": "characteristics", "caption": caption}
    for number, condition in enumerate(dict.fromkeys(of_some.values()), 1):
        id_ = f"asked_of_some_{number}"
        variables = [name for name, one in of_some.items() if one == condition]
        spec = {"method": "baseline", "population": "all", **({"by": by} if by else {}), "where": condition}
        plan.analyses[id_] = ({**spec, "variables": variables}, "likely")
        caption = f"Asked of those with {condition} alone."
        plan.tables[id_] = {"kind": "baseline", "analysis": id_, "caption": caption}
    for name in codes:
        entry = {"method": "frequency", "population": "all", "variable": name, "label": kinds[name].title}
        entry |= {"where": asked[name]} if name in asked else {}
        plan.analyses[column_name(f"levels of {name}", plan.analyses)] = (entry, "certain")
    times(subjects, kinds, plan, questions)
    plan.figures["flow"] = {"kind": "flow", "caption": "Participant flow."}
    for name, (spec, sure) in list(plan.endpoints.items()):
        estimate = {"method": "kaplan_meier", "population": "all", "endpoint": name, "label": spec["label"]}
        plan.analyses[f"km_{name}"] = (estimate, sure)
        shown = [f"km_{name}"]
        if by:
            group = kinds[by].title if drawable(kinds[by].title) else "group"
            plan.analyses[f"km_{name}_by_arm"] = ({**estimate, "by": by, "label": f"{spec['label']} by {group}"}, sure)
            shown += [f"km_{name}_by_arm"] if all(map(drawable, kinds[by].codes)) else []
        plan.figures[f"km_{name}"] = {
            "kind": "kaplan_meier",
            "analyses": shown,
            "caption": f"{spec['label']}, Kaplan-Meier estimate.",
        }
    if plan.endpoints:
        shown = [name for name in plan.analyses if name.startswith("km_")]
        plan.tables["times"] = {"kind": "time_to_event", "analyses": shown, "caption": "Times to events."}
    return plan


def counts(study: Study, table: str, plan: Plan) -> list[str]:
    """Where nothing else is known of a participant: how many rows each table has of it."""
    for name, of in study.tables.items():
        value = next((column for column in of.kept if column != study.participant), "")
        if name != table and value and study.participant in of.columns:
            wanted = column_name(f"rows of {name}", plan.columns)
            plan.columns[wanted] = (
                {"from": name, "value": value, "take": "count", "label": f"Rows of {name}"},
                "certain",
            )
    return list(plan.columns)


def _column(study: Study, table: str, plan: Plan, name: str):
    if name in plan.columns:
        spec = plan.columns[name][0]
        return study.tables[spec["from"]].columns[spec["value"]]
    return study.tables[table].columns[name]


def collected(study: Study, frames: Mapping[str, pd.DataFrame], table: str, plan: Plan) -> pd.DataFrame:
    """One row per participant: the columns of the table, and of every other one with a row per participant."""
    who = study.participant
    subjects = frames[table].set_index(who)
    for name in study.once_per_participant():
        if name == table:
            continue
        other = frames[name].set_index(who)
        for column in other:
            if study.tables[name].columns[column].type in ("id", "text"):
                continue
            wanted = column if column not in subjects else column_name(f"{name}_{column}", subjects)
            plan.columns[wanted] = ({"from": name, "value": column}, "certain")
            subjects[wanted] = other[column].reindex(subjects.index)
    return subjects


def arm(subjects: pd.DataFrame, kinds: Mapping, codes: list[str], questions: Questions) -> str:
    """The column that says to which group a participant belongs; '' without."""
    few = [name for name in codes if 2 <= subjects[name].nunique() <= 6 and subjects[name].notna().mean() > 0.9
           and subjects[name].value_counts().min() >= 3]  # fmt: skip
    named = [name for name in few if ARM.search(f"{kinds[name].title} {name.replace('_', ' ')}")]
    if not named:
        return ""
    counts = "; ".join(f"{name}: " + ", ".join(f"{n}" for n in subjects[name].value_counts()) for name in named[:4])
    said = questions.ask("plan arm", "By which column are the participants compared?", f"participants by level: {counts}", [*few, "none"], named[0],
                         "plan: analyses.characteristics.by").taken  # fmt: skip
    return said if said in few else ""


def times(subjects: pd.DataFrame, kinds: Mapping, plan: Plan, questions: Questions) -> None:
    """Endpoints from durations with what happened, and from dates with the last contact."""
    said = {name: f"{kinds[name].title} {name.replace('_', ' ')}" for name in subjects}
    status = [
        name
        for name in subjects
        if kinds[name].type == "code" and STATUS.search(said[name]) and 2 <= len(kinds[name].codes) <= 4
    ]
    for time in [name for name in subjects if kinds[name].type in ("number", "integer") and TIME.search(said[name])]:
        if (pd.to_numeric(subjects[time]).dropna() < 0).any() or not status:
            continue
        stem = re.sub(r"_?(time|days?|months?)$", "", time)
        near = sorted(
            status,
            key=lambda name: (
                not (stem and name.startswith(stem)),
                abs(list(subjects).index(name) - list(subjects).index(time)),
            ),
        )
        happened = next((code for code in kinds[near[0]].codes if code.casefold() in HAPPENED), "")
        codes = list(kinds[near[0]].codes)
        answer = questions.ask(f"plan {time} event", f"Which code of {near[0]} says that {time} ends with the event?", f"codes: {', '.join(codes)}",
                               [*codes, "no endpoint"], happened or "no endpoint", f"plan: endpoints.{time}")  # fmt: skip
        if answer.taken not in codes:
            continue
        unit = UNITS.get((kinds[time].unit or "").casefold()) or next(
            (UNITS[w] for w in re.findall(r"[a-z]+|[天月]", said[time].casefold()) if w in UNITS), "days"
        )
        name = column_name(f"until {near[0]}" if time in ("time", "days") else time, {*subjects, *plan.endpoints})
        label = kinds[time].title if drawable(kinds[time].title) else "Time to event"
        spec = {"label": label, "time": time, "event": f"{near[0]} == {_quoted(answer.taken)}", "unit": unit}
        plan.endpoints[name] = (spec, answer.mark)
    dates = [name for name in subjects if kinds[name].type in ("date", "datetime") and subjects[name].notna().any()]
    last, death, other = (
        next((name for name in dates if form.search(said[name])), "") for form in (LAST, DEATH, OTHER)
    )
    starts = [
        name
        for name in dates
        if name not in (last, death, other) and last and _before(subjects, name, (last, death, other))
    ]
    starts.sort(key=lambda name: not ORIGIN.search(said[name]))
    if not (last and starts and (death or other)):
        return
    question = questions.ask("plan origin", "From which date is time counted?", f"dates that lie before all events: {', '.join(starts)}",
                             [*starts, "no endpoint"], starts[0], "plan: endpoints.*.origin")  # fmt: skip
    if question.taken not in starts:
        return
    if death:
        spec = {"label": "Overall survival", "origin": question.taken, "events": {"death": death}, "censor": last}
        plan.endpoints[column_name("os", {*subjects, *plan.endpoints})] = (spec, question.mark)
    if other:
        what = kinds[other].title if drawable(kinds[other].title) else "event"
        events = {"event": {"date": other, "label": what}} | ({"death": death} if death else {})
        spec = {
            "label": f"Time to {what}" + (" or death" if death else ""),
            "origin": question.taken,
            "events": events,
            "censor": last,
        }
        plan.endpoints[column_name("efs", {*subjects, *plan.endpoints})] = (spec, question.mark)


def _before(subjects: pd.DataFrame, start: str, events: tuple[str, ...]) -> bool:
    """Whether a date lies before the events in everybody: no time would be negative; and is known of nearly all."""
    if subjects[start].notna().mean() < 0.9:
        return False
    return not any((subjects[event] < subjects[start]).fillna(False).any() for event in events if event)


def drawable(text: str) -> bool:
    """Whether a figure's fonts have the letters of a text: Latin, Greek, Cyrillic and signs."""
    return all(ord(character) < 0x0590 or 0x2000 <= ord(character) < 0x2300 for character in text)


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
