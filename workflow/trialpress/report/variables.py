"""Every number of the manuscript by name: analysis results, counts and versions as Quarto variables.

A row of ard.csv is `analysis.group.level.statistic`, with empty parts left out and the ids of group and level in lower case
with underscores (`names.py`): `cr_rr_evaluable.n`, `os.6_months.estimate`, `cr_by_dose.dl1.ci_low`. Beside the single statistics stand
phrases that are put together from them: `count` (36/40), `text` (36/40, 90.0%; 95% CI ...), `ci`, `p`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

import pandas as pd

from .. import environment
from ..analysis.display import P_NAMES, rounded
from ..analysis.families import sentence
from ..analysis.methods.two_stage import size_statements
from ..analysis.origin import SIMULATED
from ..clean import tally
from ..names import flow_names, row_names
from ..results import MARK, MARKER, Results
from ..text import number_text, record_link
from ..wording import ENGLISH, Wording


def _percent(level: float) -> str:
    return f"{rounded(100 * level, 1).removesuffix('.0')}%"


# what an interval is of: of a geometric mean and not of the median beside it
MAIN = ("estimate", "odds_ratio", "hazard_ratio", "risk_ratio", "ratio", "geometric_mean", "median")


def phrases(shown: Mapping[str, str], level: float, say: Wording = ENGLISH, method: str = "") -> dict[str, str]:
    """Phrases from the displayed statistics of one group and level of an analysis. method: that of the analysis, by which
    `with_p` names the test."""
    made = {}
    percent = _percent(level)
    if "n" in shown and "N" in shown:
        made["count"] = f"{shown['n']}/{shown['N']}"
    if "ci_low" in shown and "ci_high" in shown:
        made["ci"] = say(f"{shown['ci_low']} to {shown['ci_high']}")
        main = next((name for name in MAIN if name in shown), "")
        if main:
            made["text"] = f"{shown[main]} ({percent} CI {made['ci']})"
            if "count" in made and main == "estimate":
                made["short"] = f"{made['count']} ({shown[main]})"
                made["text"] = f"{made['count']} ({shown[main]}; {percent} CI {made['ci']})"
    for name in ("p_value", "p_value_adjusted"):
        if name in shown:
            value = shown[name]
            made[name.replace("_value", "")] = f"P {value[0]} {value[1:]}" if value[:1] in "<>" else f"P = {value}"
    if "p" in made and "text" in made:
        made["with_p"] = f"{made['text'][:-1]}; {say(P_NAMES.get(method, 'P') + made['p'][1:])})"
    return made


def simulated(results: Results) -> frozenset[str]:
    """The names of all numbers of a reconstruction that rest on assumed values; none of real records."""
    if not results.study.reconstruction:
        return frozenset()
    found, shown = set(), results.ard["display"]
    marked = results.ard.assign(display=shown.where(results.ard["origin"] != SIMULATED, shown + MARKER))
    for analysis, ard in marked.groupby("analysis", sort=False):
        named = row_names(analysis, ard)
        for (group, level), shown in _shown(ard):
            texts = {**shown, **phrases(shown, results.plan.level)}
            path = ".".join([analysis, *named[group, level]])
            found |= {f"{path}.{name}" for name, text in texts.items() if MARKER in text}
    found |= {f"population.{name}.n" for name, origin in results.population_origins.items() if origin == SIMULATED}
    names = flow_names(zip(results.flow["step"], results.flow["reason"], strict=True))
    found |= {".".join(("flow", *names[key])) for key, origin in results.flow_origins.items() if origin == SIMULATED}
    return frozenset(found)


def _shown(ard: pd.DataFrame) -> Iterator[tuple[tuple[str, str], dict[str, str]]]:
    """(group, level) -> statistic -> display, of one analysis."""
    found: dict[tuple[str, str], dict[str, str]] = {}
    for group, level, statistic, display in zip(
        *(ard[name] for name in ("group", "level", "statistic", "display")), strict=True
    ):
        found.setdefault((group, level), {})[statistic] = display
    yield from found.items()


def analysis_variables(results: Results) -> dict:
    """All rows of ard.csv as nested names, with phrases."""
    tree: dict = {}
    for analysis, ard in results.ard.groupby("analysis", sort=False):
        named, method = row_names(analysis, ard), results.plan.analyses.get(analysis, {}).get("method", "")
        for (group, level), shown in _shown(ard):
            node = tree
            for part in [analysis, *named[group, level]]:
                node = node.setdefault(part, {})
            node |= {**shown, **phrases(shown, results.plan.level, results.plan.say, method)}
    return tree


def _flow(flow: pd.DataFrame) -> dict[str, dict[str, str]]:
    tree: dict[str, dict[str, str]] = {}
    named = flow_names(zip(flow["step"], flow["reason"], strict=True))
    for row in flow.itertuples():
        if row.reason:
            population, reason = named[row.step, row.reason]
            tree.setdefault(population, {})[reason] = str(row.excluded)
    return tree


def numbers(results: Results, clean: Mapping[str, pd.DataFrame]) -> dict:
    """Every number that a manuscript can print, by name. `clean`: changes, queries, rejected and rows of that stage."""
    return {
        **analysis_variables(results),
        "population": {name: {"n": str(int(results.subjects[name].sum()))} for name in results.plan.populations},
        "flow": _flow(results.flow),
        **settings(results, clean),
    }


def settings(results: Results, clean: Mapping[str, pd.DataFrame]) -> dict:
    """Those of the plan and of the cleaning, which count no participants."""
    plan, counts = results.plan, tally(clean)
    return {
        "plan": {
            "level": _percent(plan.level),
            "alpha": f"{plan.alpha:g}",
            "seed": str(plan.seed),
            "analyses": str(len(plan.analyses)),
            "statistics": f"{len(results.ard):,}",
            "lock": plan.say(plan.lock.text),
        },
        "clean": {**{name: f"{n:,}" for name, n in counts.items()}, "open": plan.say(_open(counts["queries"]))},
    }


def _open(n: int) -> str:
    """'1 query is open', '47 queries are open'."""
    return "1 query is open" if n == 1 else f"{f'{n:,}' if n else 'no'} queries are open"


def record_id(name: str) -> str:
    """The id of the record that a number's name leads to: `os.6_months.text` belongs to `os.6_months`."""
    return name if name.startswith(("flow.", "clean.", "plan.")) else name.rpartition(".")[0]


def link(name: str, text: str, marked: Collection[str] = ()) -> str:
    """A number as Markdown that leads to its record on the audit's page (plain text in editions without the page); with the
    mark of a simulated one if it is among `marked`."""
    mark = f"^{MARK}^" if name in marked else ""
    return record_link(text, record_id(name)) + mark


def _linked(tree: Mapping, marked: Collection[str], prefix: str = "") -> dict:
    return {
        key: _linked(value, marked, f"{prefix}{key}.")
        if isinstance(value, Mapping)
        else link(f"{prefix}{key}", value, marked)
        for key, value in tree.items()
    }


LEGEND = f"Numbers with {MARK} are simulated; those without were published or follow from published counts."


def variables(results: Results, named: Mapping, engine: str, marked: Collection[str] = ()) -> dict:
    """The content of _variables.yml: the `numbers` as links to their records, those in `marked` as simulated, and texts."""
    plan, study = results.plan, results.study
    software = environment.versions()
    named = _linked(named, marked)
    for population in plan.populations.values():
        named["population"][population.id]["label"] = population.label
    named["plan"]["multiplicity"] = " ".join(filter(None, [plan.multiplicity, sentence(results.ard, plan)]))
    named["plan"]["sample_size"] = size_statements(plan)
    named["plan"]["date"] = plan.date
    named["plan"]["time"] = plan.say(time_text(plan.days_per_month))
    named["study"] = {
        "id": study.id,
        "title": study.title,
        "notice": " ".join(map(plan.say, [study.notice, LEGEND] if marked else [study.notice])),
        "records": plan.say("reconstructed raw records" if study.notice else "the raw records"),
        "data_cutoff": study.data_cutoff,
        "citation": study.citation,
    }
    named["software"] = {**software, "engine": engine, "text": software_text(software, engine)}
    return named


def time_text(days_per_month: float) -> str:
    """How long months and years are, as a sentence.

    >>> time_text(30.4375)
    'A month is 30.4375 days and a year 365.25 days.'
    """
    month, year = (number_text(days) for days in (days_per_month, 12 * days_per_month))
    return f"A month is {month} days and a year {year} days."


def software_text(versions: Mapping[str, str], engine: str) -> str:
    """Versions as one phrase."""
    return ", ".join(f"{name} {version}" for name, version in versions.items()) + f"; manuscript by {engine}"
