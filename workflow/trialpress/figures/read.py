"""Reading results for print: groups in their order, labels, and texts joined from the displays of ard.csv."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..analysis.display import P_NAMES
from ..analysis.origin import SIMULATED
from ..analysis.participants import LeftOut, in_no_group
from ..analysis.source import rows_of, with_rows
from ..expression import Expression
from ..ids import EVERYONE, Name
from ..plan import own_word
from ..registry import Analysis, Registry
from ..results import MARKER, Results
from . import palette

DASH, MINUS = "\u2013", "\u2212"


def names(frame: pd.DataFrame, what: str) -> list[Name]:
    """The groups or levels (`what`) of rows of ard.csv or curves.csv, in the order of the rows."""
    return [Name(*pair) for pair in dict.fromkeys(zip(frame[what], frame[f"{what}_label"], strict=True))]


def groups(results: Results, analysis: str, by: str = "by") -> list[Name]:
    """The groups of an analysis in the order of printing; everyone if it has none. A method that makes its own groups, such
    as with and without a transplant, has them in the order of the results."""
    spec = results.plan.analyses[analysis]
    present = names(results.analysis(analysis), "group")
    if by not in spec:
        return [group for group in present if group] or [EVERYONE]
    data = results.analysed(analysis) if "rows" in spec else results.population(spec["population"])
    return [group for group in data.groups(spec[by]) if group in present]


def levels_of(results: Results, analysis: str, key: str) -> list[Name]:
    """The levels of the column that an option of the analysis names, in the order of printing, of those in its rows."""
    present = names(results.analysis(analysis), "level")
    return [one for one in results.analysed(analysis).groups(results.plan.analyses[analysis][key]) if one in present]


def analysed(results: Results, analysis: str):
    """The participants of an analysis: those of its population for whom its further condition holds."""
    return results.analysed(analysis)


# Kinds of figure and table that show the levels of a column of their own -> its key. Others show who has none.
GROUPS_OF = {"strip": "by", "lasagna": "by", "grades": "by", "kinetics": "by", "swimmer": "by", "courses": "colour"}


def analyses_of(kinds: Registry, spec: Mapping) -> list[str]:
    """The analyses that a figure or table shows."""
    named: list[str] = []
    for key, parameter in kinds.parameters(spec["kind"]).items():
        if spec.get(key) and parameter.annotation in (Analysis, list[Analysis]):
            named += spec[key] if isinstance(spec[key], list) else [spec[key]]
    return list(dict.fromkeys(named))


def left_out(results: Results, kinds: Registry, spec: Mapping) -> list[str]:
    """Who is not in a figure or table and why, as sentences, with the analyses where that is not so of all of them."""
    named = analyses_of(kinds, spec)
    titles, of = distinct_labels(results, named), {}
    for analysis in named:
        for text in results.left_out(analysis):
            of.setdefault(text, []).append(titles[analysis])
    found = [
        text if len(names) == len(named) else f"{text} ({', '.join(dict.fromkeys(names))})"
        for text, names in of.items()
    ]
    key = GROUPS_OF.get(spec["kind"], "")
    if spec.get(key):
        data = results.population(spec["population"])
        one = LeftOut.of(spec[key], f"{results.plan.label(spec[key])} not known", data, in_no_group(data, spec[key]))
        found += [str(one)] if one.n else []
    return list(dict.fromkeys(found))


def label(results: Results, analysis: str) -> str:
    """The label of an analysis; without one that of its endpoint or variable."""
    plan, spec = results.plan, results.plan.analyses[analysis]
    endpoint = plan.endpoints.get(spec.get("endpoint", ""))
    plan = with_rows(plan, results.study, spec["rows"]) if "rows" in spec else plan
    other = endpoint.label if endpoint else plan.label(spec["variable"]) if "variable" in spec else ""
    return spec.get("label") or other or analysis.replace("_", " ")


def distinct_labels(results: Results, analyses: list[str]) -> dict[str, str]:
    """Analysis -> label, with the population where two have the same label."""
    labels = {analysis: label(results, analysis) for analysis in analyses}
    names = list(labels.values())
    populations = {
        analysis: results.plan.populations[results.plan.analyses[analysis]["population"]].label for analysis in labels
    }
    return {a: f"{name} ({populations[a]})" if names.count(name) > 1 else name for a, name in labels.items()}


def by_label(results: Results, analysis: str) -> str:
    """The name of the column whose levels are the groups of an analysis; empty if there is none."""
    by = results.plan.analyses[analysis].get("by")
    return results.analysed(analysis).plan.label(by) if by else ""


def covariate_order(results: Results, analysis: str, levels: list[Name]) -> list[Name]:
    """Levels in the order of the covariates and of their own levels."""
    spec = results.plan.analyses[analysis]
    data = results.population(spec["population"])
    wanted = []
    for covariate in spec.get("covariates", ()):
        one = data.column(covariate)
        wanted += [one, *(data.levels(covariate) if any(name.id.startswith(f"{one.id}=") for name in levels) else ())]
    if "subgroup" in spec:
        wanted += data.groups(spec["subgroup"])
    if "visit" in spec:
        wanted += results.analysed(analysis).levels(spec["visit"])
    places = {name: place for place, name in enumerate(dict.fromkeys(wanted))}
    return sorted(levels, key=lambda name: places.get(name, len(places)))


def value(results: Results, analysis: str, statistic: str, group: Name = EVERYONE, level: Name = EVERYONE) -> float:
    """A value of ard.csv, NaN if there is no such row."""
    try:
        return float(results.value(analysis, statistic, group.id, level.id))
    except KeyError:
        return float("nan")


def shown(results: Results, analysis: str, statistic: str, group: Name = EVERYONE, level: Name = EVERYONE) -> str:
    """The display of a value of ard.csv, empty if there is no such row."""
    try:
        return str(results.value(analysis, statistic, group.id, level.id, what="display"))
    except KeyError:
        return ""


def marker(results: Results, analysis: str, *row) -> str:
    """What a count bears that is printed without its display: a marker if it (statistic, group, level) is simulated; of an
    analysis alone, if any of its numbers is."""
    if row:
        return MARKER if MARKER in shown(results, analysis, *row) else ""
    simulated = results.marked and (results.analysis(analysis)["origin"] == SIMULATED).any()
    return MARKER if simulated else ""


def interval(low: str, high: str) -> str:
    """'76.3%', '97.2%' -> '76.3–97.2'; with 'to' where a minus sign stands."""
    if not low or not high:
        return ""
    low, high = low.rstrip("%"), high.rstrip("%")
    return f"{low} to {high}" if MINUS in low + high else f"{low}{DASH}{high}"


def estimate(
    results: Results, analysis: str, group: Name = EVERYONE, level: Name = EVERYONE, statistic: str = "estimate"
) -> str:
    """'90.0% (76.3–97.2)'; the estimate alone if it has no interval."""
    text = shown(results, analysis, statistic, group, level)
    limits = interval(*(shown(results, analysis, name, group, level) for name in ("ci_low", "ci_high")))
    return f"{text} ({limits})" if limits and text not in ("", "NE") else text


def p_text(results: Results, analysis: str, name: str = "") -> str:
    """'P = 0.03', 'P for trend < 0.001'; 'P not estimable'; empty if the analysis has no p-value."""
    name = name or P_NAMES.get(results.plan.analyses[analysis]["method"], "P")
    return p_value_text(shown(results, analysis, "p_value"), name)


def p_value_text(text: str, name: str = "P") -> str:
    """'P = 0.03' of '0.03'; empty if there is none."""
    if not text:
        return ""
    if text == "NE":
        return f"{name} not estimable"
    return f"{name} {text[0]} {text[1:]}" if text[0] in "<>" else f"{name} = {text}"


def inside(label: str) -> str:
    """A label within a sentence: its first letter small, unless it begins with an abbreviation.

    >>> inside("Order of infusion"), inside("CRS onset"), inside("Table of CD19 trials")
    ('order of infusion', 'CRS onset', 'table of CD19 trials')
    """
    return label if label[1:2].isupper() or label[1:2].isdigit() else label[:1].lower() + label[1:]


def count(n: int, noun: str = "participant") -> str:
    """'1 participant', '1,234 participants', 'no participants'."""
    return f"{f'{n:,}' if n else 'no'} {noun}{'' if n == 1 else 's'}"


def number(values: pd.Series) -> np.ndarray:
    return values.astype("Float64").to_numpy(dtype=float, na_value=np.nan)


def measurements(data, table: str, day: str, value: Callable, wheres: list[str]) -> list[pd.DataFrame]:
    """Participant, day, value and the participant's place (`at`) of the rows of a clean table for which each condition holds,
    by participant and day. Expressions may use columns of the subjects too; value: of the rows and their columns."""
    who = data.study.participant
    rows, columns = rows_of(data, table)
    days, values = number(Expression(day)(columns)), number(value(rows, columns))
    frame = pd.DataFrame({who: rows[who], "day": days, "value": values, "at": columns.at})
    rank = np.argsort(np.argsort(data.frame[who].to_numpy(dtype=object)))
    kept = (frame[Expression(where).condition(columns)].dropna() for where in wheres)
    return [one.iloc[np.lexsort((one["day"], rank[one["at"]]))].reset_index(drop=True) for one in kept]


def not_known_whether(data, table: str, value: Callable, wheres: list[str]) -> str:
    """How many rows with a value `measurements` does not have since it is not known whether any of the conditions holds; or ''."""
    rows, columns = rows_of(data, table)
    holds = [Expression(where).known(columns) for where in wheres]
    unknown = np.logical_or.reduce([one.isna() for one in holds]) & ~np.logical_or.reduce(
        [one.fillna(False) for one in holds]
    )
    n = int((unknown & value(rows, columns).notna().to_numpy()).sum())
    return f"{count(n, 'measurement')} of which it is not known whether {' or '.join(wheres)} not shown" if n else ""


def printed(names) -> list[str]:
    """The labels of groups or levels."""
    return [name.label for name in names]


def is_grade(plan, column: str) -> bool:
    """Whether a column holds grades: the daily grading gives it, or it is named so. Digits alone, such as lines of
    treatment or an ECOG status, are no grades."""
    derived = plan.derived.get(column)
    named = re.search(r"\bgrade|_grade|toxicity", f"{column} {plan.label(column)}", re.IGNORECASE)
    return bool(named or (derived and "daily" in derived.spec))


def look_of(data, column: str, first: int = 0) -> tuple[dict[Name, pd.Series], dict[Name, palette.Look]]:
    """Members and look of each level: that of its grade, or of its group (from the place `first` of the order of groups)."""
    levels = data.groups(column)
    return levels, palette.grade_looks(levels) if is_grade(data.plan, column) else palette.looks(levels, first)


def level_name(results: Results, column: str, name: Name) -> str:
    grade = (
        name.label.isdigit() and is_grade(results.plan, column) and "grade" not in results.plan.label(column).lower()
    )
    return f"Grade {name.label}" if grade else name.label


@dataclass(frozen=True)
class Stage:
    """A classification. levels: in the order of printing, the last for those without a level; codes: each participant's
    place among them."""

    levels: list[Name]
    codes: pd.Series

    @classmethod
    def of(cls, data, column: str) -> Stage:
        levels = data.groups(column)
        codes = pd.Series(len(levels), index=data.frame.index)
        for place, members in enumerate(levels.values()):
            codes[members] = place
        return cls([*levels, Name(EVERYONE.id, own_word("Unknown", printed(levels), "no value"))], codes)

    @property
    def sizes(self) -> list[tuple[Name, int]]:
        """The levels that have participants, and how many."""
        counted = [(name, int((self.codes == place).sum())) for place, name in enumerate(self.levels)]
        return [(name, n) for name, n in counted if n]
