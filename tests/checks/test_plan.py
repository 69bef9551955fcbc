"""Whether a plan fits its dictionary: for each rule the plan that breaks it, with all that is said and nothing else."""

from __future__ import annotations

import re

import pytest
from trialpress.analysis.methods import METHODS
from trialpress.checks import strata
from trialpress.checks.columns import withheld
from trialpress.checks.plan import load_plan
from trialpress.checks.values import shared_names
from trialpress.errors import InputError
from trialpress.study import REWRITE, load_study

STUDY = """
study: {id: small, title: A small trial, data_cutoff: "2020-01-01", reconstruction: false}
files: {f: {path: f.csv}}
tables:
  t:
    file: f
    key: [participant]
    columns:
      participant: {source: ID, type: id}
      arm: {source: Arm, type: code, codes: {A: [], B: []}, label: Arm}
      site: {source: Site, free_text: {reviewed: A reader, date: 2020-01-31}}
      start: {source: Start, type: date}
      begin: {source: Begin, type: datetime}
      died: {source: Died, type: date}
      age: {source: Age, type: integer}
      months: {source: M, type: number, unit: months}
      weeks: {source: W, type: number, unit: wk}
      plain: {source: P, type: number}
      name: {source: Name, type: text, identifier: name}
  once: {file: f, key: [participant], references: {participant: t.participant}, columns: {participant: {source: ID, type: id}, dose: {source: D, type: number}}}
  v:
    file: f
    key: [participant, day]
    columns:
      participant: {source: ID, type: id}
      day: {source: Day, type: integer}
      grade: {source: G, type: code, codes: {"1": [], "2": []}}
      kind: {source: K, free_text: {reviewed: A reader, date: 2020-01-31}}
      value: {source: V, type: number}
      change: {source: C, type: number}
      z: {source: Z, type: number}
  w: {file: f, key: [day], columns: {day: {source: Day, type: integer}}}
"""
SIGNS = "{ice: 10, consciousness: 0, seizure: false, focal_oedema: false, severe_event: false}"
DATES = "origin: start, events: {death: died}, censor: start"


@pytest.fixture
def said(tmp_path):
    """said(entries of a plan) -> what is wrong with it, each 'where: what / do'."""
    (tmp_path / "study.yaml").write_text(STUDY, encoding="utf-8")
    study = load_study(tmp_path / "study.yaml")

    def said(
        columns="", populations="", endpoints="", analyses="", figures="", flow="", daily="", cohort="t", head=""
    ) -> list[str]:
        if "old" in columns + populations + endpoints + analyses + flow:
            columns = f"old: {{expression: age > 50}}{columns and ', '}{columns}"
        text = f"""
plan: {{level: 0.95, seed: 1{head}}}
cohort: {{table: {cohort}, columns: {{{columns}}}{f", daily: {{{daily}}}" if daily else ""}}}
populations: {{all: {{label: All}}{populations and ", "}{populations}}}
endpoints: {{{endpoints}}}
families: {{main: holm}}
flow: [{flow}]
analyses: {{{analyses}}}
figures: {{{figures}}}
"""
        (tmp_path / "plan.yaml").write_text(text, encoding="utf-8")
        try:
            load_plan(tmp_path / "plan.yaml", study)
        except InputError as error:
            assert all(one.why for one in error.problems)
            return [
                f"{one.where.removeprefix(f'{tmp_path}/plan.yaml, ')}: {one.what} / {one.do}" for one in error.problems
            ]
        return []

    return said


def test_a_plan_without_a_fault(said):
    assert (
        said(
            columns="size: {cut: age, at: [40], labels: [low, high]}, order: {rank: size, among: old, descending: true}, n: {from: v, take: count, where: day > 1}, "
            "g: {from: v, value: grade, take: max}, late: {from: v, value: value, take: last, by: day}, i: {daily: icans}, both: {expression: once.dose > 1}",
            daily=f"table: v, day: day, window: [0, 28], grades: {{icans: {{scale: icans, signs: {SIGNS}}}}}",
            populations="a: {label: A, within: all, condition: arm == 'A'}, b: {label: B, within: a, condition: g >= '1'}",
            endpoints=f"os: {{label: OS, {DATES}}}, h: {{label: H, origin: begin, events: {{death: begin}}, censor: begin, unit: hours}}, "
            "m: {label: M, time: months, event: old, censor_at: 12, entry: months / 2}, p: {label: P, time: plain, causes: {x: old, y: age > 1}, unit: weeks}",
            flow="{population: all}, {population: a, reasons: {b: {label: Arm B, condition: arm == 'B'}, site: missing(site)}}, {population: b, from: all}",
            analyses="n: {method: proportion, population: a, event: os_event and a, where: old, family: main}, "
            "r: {method: summary, population: all, variable: value, rows: {table: v, where: day == 7, value: value, baseline: day == 0}}",
        )
        == []
    )


@pytest.mark.parametrize(
    "entries, messages",
    [
        # the table of the cohort
        ({"cohort": "v"}, ["cohort.table: 'v' is not a table with one row per participant / known here: once, t"]),
        ({"cohort": "tt"}, ["cohort.table: 'tt' is not a table with one row per participant / did you mean 't'?"]),
        # columns: one way, of what exists, by what has an order
        ({"columns": "missing: {rank: age}"}, ["cohort.columns.missing: 'missing' is a word of the language of expressions / give the column another name"]),
        ({"columns": "x: {label: X}"}, ["cohort.columns.x: needs one of expression, from, cut, rank, daily; has none / a derived column has one way to be computed"]),
        ({"columns": "x: {rank: age, expression: age}"}, ["cohort.columns.x: needs one of expression, from, cut, rank, daily; has expression, rank / a derived column has one way to be computed"]),
        ({"columns": "x: {from: vv, take: count}"}, ["cohort.columns.x.from: the clean table 'vv' does not exist / did you mean 'v'?"]),
        ({"columns": "x: {from: v, value: grad, take: max}"}, ["cohort.columns.x.value: names the column 'grad', which does not exist (did you mean 'grade'?): grad"]),
        ({"columns": "x: {from: v, take: any, where: dai > 1}"}, ["cohort.columns.x.where: names the column 'dai', which does not exist (did you mean 'day'?): dai > 1"]),
        ({"columns": "x: {from: v, value: day, take: last, by: dai}"}, ["cohort.columns.x.by: names the column 'dai', which does not exist (did you mean 'day'?): dai"]),
        ({"columns": "x: {cut: age, at: [1, 2], labels: [a, b]}"}, ["cohort.columns.x: needs one label more than cut points / labels: [low, high] for at: [10]"]),
        ({"columns": "x: {cut: age, at: [2, 1], labels: [a, b, c]}"}, ["cohort.columns.x.at: the cut points 2, 1 do not rise / sort them"]),
        ({"columns": "x: {cut: arm, at: [1], labels: [a, b]}"}, ["cohort.columns.x.cut: arm is a text without an order / name a column of numbers"]),
        ({"columns": "x: {rank: site}"}, ["cohort.columns.x.rank: site is a text without an order / name a column of numbers"]),
        ({"columns": "x: {rank: age, among: age}"}, ["cohort.columns.x.among: is a number, not a condition: age / compare it with a value"]),
        ({"columns": "x: {rank: agee}"}, ["cohort.columns.x.rank: names the column 'agee', which does not exist (did you mean 'age'?): agee"]),
        ({"columns": "x: {from: v, value: kind, take: max}"}, ["cohort.columns.x: take: max of texts without an order would be that of the alphabet / give the column codes, the first the lowest; or take: first or last with by"]),
        ({"columns": "x: {from: v, value: kind, take: min}"}, ["cohort.columns.x: take: min of texts without an order would be that of the alphabet / give the column codes, the first the lowest; or take: first or last with by"]),
        ({"columns": "x: {from: v, value: kind, take: sum}"}, ["cohort.columns.x: take: sum of a text has no meaning / take numbers"]),
        ({"columns": "x: {from: v, value: kind, take: first, by: kind}"}, ["cohort.columns.x.by: kind is a text without an order / name a date or a number"]),
        ({"columns": "x: {from: v, value: day, where: value, take: max}"}, ["cohort.columns.x.where: is a number, not a condition: value / compare it with a value"]),
        # levels
        ({"columns": "x: {expression: arm, levels: {A: a, C: c}}"}, ["cohort.columns.x.levels: no participant can have the level 'C' (its values: A, B) / known here: A, B"]),
        ({"columns": "x: {expression: old, levels: {'yes': a, 'False': b}}"}, ["cohort.columns.x.levels: no participant can have the level 'yes' (its values: True, False) / known here: False, True"]),
        ({"columns": "x: {expression: age, levels: {'1': a, b: b}}"}, ["cohort.columns.x.levels: the column holds numbers, the level 'b' is a text / write the number"]),
        ({"columns": "x: {expression: arm, levels: {A: a, B: ' '}}"}, ["cohort.columns.x.levels: the level 'B' has an empty name / give it a name"]),
        ({"columns": "x: {expression: site, other: Other}"}, ["cohort.columns.x.other: stands without levels / name the levels that stay apart"]),
        ({"columns": "x: {expression: site, levels: {a: A, other: O}, other: Other}"}, ["cohort.columns.x.levels: has a level 'other' of its own / remove it, or the key other"]),
        ({"columns": "x: {expression: site, levels: {a: A}, other: Other, type: integer}"}, ["cohort.columns.x.type: a column with `other` holds levels / write type: code"]),
        ({"columns": "x: {expression: site, levels: {a: A}, other: A}"}, ["cohort.columns.x.levels: the levels 'a' and 'other' have one name, 'A' / give each a name of its own; to merge them derive a column: when(x in ('a', 'other'), 'one', 'other')"]),
        # keys that would be ignored
        ({"columns": "x: {expression: age, by: age}"}, ["cohort.columns.x.by: is not used by a column with `expression` / remove it"]),
        ({"columns": "x: {from: v, take: count, among: old}"}, ["cohort.columns.x.among: is not used by a column with `from` / remove it"]),
        # daily grades
        ({"columns": "x: {daily: icanz}", "daily": f"table: v, day: day, window: [0, 28], grades: {{icans: {{scale: icans, signs: {SIGNS}}}}}"},
         ["cohort.columns.x.daily: the daily grade 'icanz' is not defined / did you mean 'icans'?"]),
        ({"daily": f"table: vv, day: day, window: [0, 28], grades: {{icans: {{scale: icans, signs: {SIGNS}}}}}"}, ["cohort.daily.table: the clean table 'vv' does not exist / did you mean 'v'?"]),
        ({"daily": f"table: v, day: dai, window: [0, 28], grades: {{icans: {{scale: icans, signs: {SIGNS}}}}}"},
         ["cohort.daily.day: names the column 'dai', which does not exist (did you mean 'day'?): dai"]),
        ({"daily": f"table: v, day: day, window: [0, 28], grades: {{i: {{scale: ican, signs: {SIGNS}}}}}"}, ["cohort.daily.grades.i: unknown scale 'ican' / did you mean 'icans'?"]),
        ({"daily": f"table: v, day: day, window: [0, 28], grades: {{i: {{scale: icans, signs: {SIGNS.replace('seizure:', 'seizures:')}}}}}"},
         ["cohort.daily.grades.i: the scale icans does not know the sign 'seizures' / did you mean 'seizure'?", "cohort.daily.grades.i: the scale icans needs the sign 'seizure' / did you mean 'seizure'?"]),
        ({"daily": f"table: v, day: day, window: [0, 28], grades: {{i: {{scale: icans, signs: {SIGNS.replace('ice: 10', 'ice: grade == 1')}}}}}"},
         ["cohort.daily.grades.i.signs.ice: grade is a text, 1 a number (codes: 1, 2): grade == 1 / write '1'"]),
        # populations
        ({"populations": "a: {label: A, within: b}, b: {label: B}"}, ["populations.a.within: the population 'b' is not defined before it / known here: all"]),
        ({"populations": "a: {label: A, condition: age}"}, ["populations.a.condition: is a number, not a condition: age / compare it with a value"]),
        ({"populations": "a: {label: A, condition: agee > 1}"}, ["populations.a.condition: names the column 'agee', which does not exist (did you mean 'age'?): agee > 1"]),
        ({"populations": "age: {label: A}"}, ["populations.age: 'age' is the name of a column too / give the population another id"]),
        ({"columns": "a_unknown: {rank: age}", "populations": "a: {label: A}"}, ["populations.a: 'a_unknown' is the name of a column too / give the population another id"]),
        # the flow
        ({"flow": "{population: al}"}, ["flow.0.population: the population 'al' is not defined / did you mean 'all'?"]),
        ({"flow": "{population: all, from: al}"}, ["flow.0.from: the population 'al' is not defined / did you mean 'all'?"]),
        ({"flow": "{population: all}, {population: all}"}, ["flow.1: the population 'all' stands twice / name it once"]),
        ({"populations": "a: {label: All}", "flow": "{population: all}, {population: a}"}, ["flow.1: the populations 'all' and 'a' have one label / give one another label"]),
        ({"flow": "{population: all, reasons: {x: agee > 1}}"}, ["flow.0.reasons.x: names the column 'agee', which does not exist (did you mean 'age'?): agee > 1"]),
        ({"flow": "{population: all, reasons: {x: age}}"}, ["flow.0.reasons.x: is a number, not a condition: age / compare it with a value"]),
        ({"flow": "{population: all, reasons: {x: {label: A, condition: old}, y: {label: A, condition: old}}}"},
         ["flow.0.reasons: the reasons 'x' and 'y' have one name, 'A' / give each a label of its own"]),
        # endpoints: one form, whole
        ({"endpoints": "os: {label: OS, origin: start, censor: died}"}, ["endpoints.os: the key 'events' is missing / add 'events'; see config/README.md"]),
        ({"endpoints": f"os: {{label: OS, {DATES}, time: months}}"}, ["endpoints.os: has origin, events, censor as if from dates, and time as if from durations / write origin, events and censor; or time with event or causes"]),
        ({"endpoints": "os: {label: OS, event: old}"}, ["endpoints.os: needs origin, events and censor (dates); or time with one of event, causes (durations) / see config/README.md"]),
        ({"endpoints": "os: {label: OS, time: months, event: old, causes: {x: old}}"}, ["endpoints.os: needs origin, events and censor (dates); or time with one of event, causes (durations) / see config/README.md"]),
        ({"endpoints": "os: {label: OS, time: months, causes: {x: old}, competing: true}"}, ["endpoints.os: `competing` is for events with dates / write causes: {relapse: ..., death: ...} instead"]),
        ({"endpoints": f"os: {{label: OS, {DATES.replace('origin: start', 'origin: age')}}}"}, ["endpoints.os.origin: is a number, not a date: age / name dates"]),
        ({"endpoints": "os: {label: OS, time: start, event: old, unit: days}"},
         ["endpoints.os.time: is a date, not a duration: start / name a column of durations; for dates write origin, events and censor"]),
        ({"endpoints": "os: {label: OS, time: months, event: age}"}, ["endpoints.os.event: is a number, not a condition: age / compare it with a value"]),
        ({"endpoints": "os: {label: OS, time: months, causes: {x: agee > 1}}"}, ["endpoints.os.causes.x: names the column 'agee', which does not exist (did you mean 'age'?): agee > 1"]),
        # units
        ({"endpoints": f"os: {{label: OS, {DATES}, unit: months}}"}, ["endpoints.os.unit: an endpoint from dates is counted in days or hours, not months / leave it out; the unit of an analysis says how times are printed"]),
        ({"endpoints": f"os: {{label: OS, {DATES.replace('start', 'begin')}, unit: hours}}"},
         ["endpoints.os.events.death: names 'died', a date without a time of day, where hours are counted: died / count in days, or name a column of type datetime"]),
        ({"endpoints": "os: {label: OS, time: plain, event: old}"}, ["endpoints.os.unit: the unit of its durations is not known / add unit: hours, days, weeks, months, years"]),
        ({"endpoints": "os: {label: OS, time: months + weeks, event: old}"}, ["endpoints.os.unit: its durations are in months and weeks / add unit: hours, days, weeks, months, years"]),
        ({"endpoints": "os: {label: OS, time: months, event: old, unit: weeks}"}, ["endpoints.os.time: the dictionary has months in months, the endpoint is in weeks / correct the unit in study.yaml or in the plan"]),
        ({"endpoints": "os: {label: OS, time: months, event: old, entry: weeks}"}, ["endpoints.os.entry: the dictionary has weeks in weeks, the endpoint is in months / correct the unit in study.yaml or in the plan"]),
        ({"columns": "os_time: {rank: age}", "endpoints": f"os: {{label: OS, {DATES}}}"}, ["endpoints.os: gives the column 'os_time', which exists / give the endpoint another id"]),
        # analyses
        ({"analyses": "flow: {method: summary, population: all, variable: age}"}, ["analyses.flow: is a name of the manuscript's own variables / give the analysis another id"]),
        ({"analyses": "a: {method: summary, population: al, variable: age}"}, ["analyses.a: the population 'al' is not defined / did you mean 'all'?"]),
        ({"analyses": "a: {method: summary, population: all, variable: age, family: mein}"}, ["analyses.a.family: the family 'mein' is not declared / did you mean 'main'?"]),
        ({"analyses": "a: {method: summary, population: all, variable: age, where: age}"}, ["analyses.a.where: is a number, not a condition: age / compare it with a value"]),
        ({"analyses": "a: {method: summary, population: all, variable: age, where: agee > 1}"}, ["analyses.a.where: names the column 'agee', which does not exist (did you mean 'age'?): agee > 1"]),
        ({"analyses": "'a b': {method: summary, population: all, variable: age}"}, ["analyses.a b: the id 'a b' has other signs than letters, digits, _ and - / give it another id"]),
        ({"analyses": "a: {method: summary, population: all, variable: age, unknown: left_out}"}, ["analyses.a.unknown: the method 'summary' has no unknown outcomes to leave out or to count / take the line out"]),
        ({"endpoints": f"os: {{label: OS, {DATES}, entry: start}}", "analyses": "a: {method: restricted_mean, population: all, endpoint: os, until: 12}"}, "has no delayed entry"),
        ({"endpoints": "os: {label: OS, time: months, event: old}", "analyses": "a: {method: mantel_byar, population: all, endpoint: os, begin: start}"}, "'start' is a date, and the endpoint 'os' is from durations"),
        ({"endpoints": f"os: {{label: OS, {DATES.replace('start', 'begin').replace('died', 'begin')}, unit: hours}}", "analyses": "a: {method: mantel_byar, population: all, endpoint: os, begin: begin}"}, "needs an endpoint that is counted in days or more"),
        # intervals within strata
        ({"analyses": "a: {method: risk_difference, population: all, event: age > 3, by: arm, stratum: arm, interval: exact}"}, ["analyses.a.interval: the interval 'exact' has no form within strata / take sato or greenland-robins or newcombe"]),
        ({"analyses": "a: {method: risk_difference, population: all, event: age > 3, by: arm, interval: sato}"}, ["analyses.a.interval: the interval 'sato' is one within strata / name the stratum, or take another interval"]),
        ({"analyses": "a: {method: number_needed, population: all, event: age > 3, by: arm, interval: greenland-robins}"}, ["analyses.a.interval: the interval 'greenland-robins' is one within strata / name the stratum, or take another interval"]),
        # methods without strata say what has them
        ({"analyses": "a: {method: kruskal_wallis, population: all, variable: age, by: arm, stratum: site}"}, ["analyses.a.stratum: the method 'kruskal_wallis' has no strata / take cochran_mantel_haenszel with test: row_mean and scores: modridit, van Elteren's test of several groups"]),
        ({"analyses": "a: {method: logistic, population: all, event: age > 3, covariates: [age], stratum: site}"}, ["analyses.a.stratum: the method 'logistic' has no strata / name it among the covariates, of which the effect is adjusted"]),
        ({"analyses": "a: {method: proportion, population: all, event: age > 3, stratum: site}"}, ["analyses.a.stratum: the method 'proportion' has no strata / estimate the strata apart, with `by` or `where`"]),
        ({"analyses": "a: {method: pearson, population: all, x: age, y: age, stratum: site}"}, ["analyses.a.stratum: the method 'pearson' has no strata / take the line out"]),
        # what has no delayed entry, of a method that has
        ({"endpoints": f"os: {{label: OS, {DATES}, entry: start}}", "analyses": "a: {method: current_leukaemia_free_survival, population: all, endpoint: os, changes: [begin], estimator: aalen-johansen}"},
         ["analyses.a.estimator: 'aalen-johansen' has no delayed entry, which the endpoint 'os' has / take the default; or an endpoint without entry"]),
        # rows
        ({"analyses": "a: {method: summary, population: all, variable: age, rows: {table: w}}"}, ["analyses.a.rows.table: 'w' is not a clean table with the participants' column 'participant' / known here: once, t, v"]),
        ({"analyses": "a: {method: summary, population: all, variable: value, rows: {table: v, where: day}}"}, ["analyses.a.rows.where: is a number, not a condition: day / compare it with a value"]),
        ({"analyses": "a: {method: summary, population: all, variable: value, rows: {table: v, where: dai > 1}}"}, "'dai', which does not exist"),
        ({"analyses": "a: {method: summary, population: all, variable: day, rows: {table: v, baseline: day == 0}}"}, ["analyses.a.rows: `baseline` needs a value / name what changes: value: ..."]),
        ({"analyses": "a: {method: summary, population: all, variable: day, rows: {table: v, value: kind, baseline: day == 0}}"}, ["analyses.a.rows.value: a change is a difference of numbers / name a column of numbers"]),
        ({"analyses": "a: {method: summary, population: all, variable: change, rows: {table: v, value: value, baseline: day == 0}}"},
         ["analyses.a.rows: 'change' is made by `rows`, and is a column of the table / name it otherwise in study.yaml"]),
        ({"analyses": "a: {method: summary, population: all, variable: z, rows: {table: v, value: value}}"},
         ["analyses.a.rows: 'z' is made by `rows`, and is a column of the table / name it otherwise in study.yaml"]),
        ({"analyses": "a: {method: summary, population: all, variable: change, rows: {table: v, value: value}}"}, []),
        ({"analyses": "a: {method: summary, population: all, variable: z, rows: {table: v}}"}, []),
        ({"analyses": "a: {method: baseline, population: all, variables: [age], percent_of: all, percent_of_each: {age: known}}"}, []),
        ({"analyses": "a: {method: baseline, population: all, variables: [age], percent_of: any}"}, ["analyses.a.percent_of: 'any' is not a choice / known here: all, known"]),
        # what may be ordered: codes of the dictionary, levels of the plan, and what is cut
        ({"columns": "x: {expression: site, levels: {a: A, b: B}}, y: {expression: x < 'b'}, z: {expression: y, levels: {'True': T}}"}, []),
        ({"columns": "x: {expression: site, levels: {a: A, b: B}, type: text}, y: {expression: x < 'b'}"}, "cohort.columns.y.expression"),
        ({"columns": "x: {expression: site}, y: {expression: x < 'b'}"}, "cohort.columns.y.expression"),
        ({"columns": "x: {expression: arm < site}"}, "cohort.columns.x.expression"), ({"columns": "x: {expression: site < arm}"}, "cohort.columns.x.expression"),
        ({"columns": "x: {expression: site, levels: {a: A, b: B}, other: Else}, y: {expression: x < 'other'}"}, []),
        ({"columns": "x: {expression: site, levels: {a: A, b: B}, other: Else}, y: {expression: x == 'c'}"}, "cohort.columns.y.expression"),
        ({"columns": "day: {rank: age}", "analyses": "a: {method: summary, population: all, variable: day, rows: {table: v}}"},
         ["analyses.a.rows: 'day' is a column of v and of the subjects / derive a column of another name in cohort.columns, or name it otherwise in study.yaml"]),
        ({"columns": "day: {rank: age}", "analyses": "a: {method: summary, population: all, variable: value, rows: {table: v}}"}, []),
        ({"analyses": "a: {method: summary, population: all, variable: change, rows: {table: v}}"}, []),
    ],
)  # fmt: skip
def test_what_is_said_of_a_plan(said, entries, messages):
    found = said(**entries)
    if isinstance(messages, str):
        assert len(found) == 1 and messages in found[0]
    else:
        assert found == [f"{text} / {REWRITE}" if " / " not in text else text for text in messages]


@pytest.mark.parametrize(
    ("columns", "codes", "ordered"),
    [("{expression: arm}", ("A", "B"), True), ("{expression: arm, levels: {B: b, A: a}}", ("A", "B"), True), ("{expression: site}", (), False),
     ("{expression: site, levels: {b: B, a: A}}", ("b", "a"), True), ("{expression: site, levels: {b: B}, other: O}", ("b", "other"), True),
     ("{expression: arm, levels: {B: b}, other: O}", ("B", "other"), True), ("{cut: age, at: [1], labels: [low, high]}", ("low", "high"), True)],
)  # fmt: skip
def test_the_codes_of_a_derived_column_and_their_order(tmp_path, columns, codes, ordered):
    (tmp_path / "study.yaml").write_text(STUDY, encoding="utf-8")
    plan = f"plan: {{level: 0.95, seed: 1}}\ncohort: {{table: t, columns: {{x: {columns}}}}}\npopulations: {{all: {{label: All}}}}\nanalyses: {{}}\n"
    (tmp_path / "plan.yaml").write_text(plan, encoding="utf-8")
    kind = load_plan(tmp_path / "plan.yaml", load_study(tmp_path / "study.yaml")).kinds["x"]
    assert (kind.family, kind.codes, kind.ordered) == ("text", codes, ordered)


@pytest.mark.parametrize(
    ("old", "new", "where", "what"),
    [("key: [participant, day]", "key: [participant, day]\n    where: day", "tables.v.where", "is a number, not a condition: day"),
     ("key: [participant, day]", "key: [participant, day]\n    checks: [{id: c, assert: value, field: value, message: m}]", "tables.v.checks.c.assert", "is a number, not a condition: value"),
     ("value: {source: V, type: number}", "value: {derive: \"when(day == 'x', 1, 2)\", type: number}", "tables.v.columns.value.derive", "day is a number, 'x' a text")],
)  # fmt: skip
def test_conditions_of_the_dictionary_are_conditions(tmp_path, old, new, where, what):
    (tmp_path / "study.yaml").write_text(STUDY.replace(old, new), encoding="utf-8")
    (tmp_path / "plan.yaml").write_text(
        "plan: {level: 0.95, seed: 1}\ncohort: {table: t, columns: {}}\npopulations: {all: {label: All}}\nanalyses: {}\n",
        encoding="utf-8",
    )
    with pytest.raises(InputError) as error:
        load_plan(tmp_path / "plan.yaml", load_study(tmp_path / "study.yaml"))
    assert f"{where}: {what}" in str(error.value)


def test_what_each_way_of_taking_asks_for(said):
    """All ways at once: without a value, and with an order."""
    valued, ordered = ("only", "first", "last", "min", "max", "sum", "mean"), ("first", "last")
    for take in (*valued, "count", "any"):
        alone = said(columns=f"x: {{from: v, take: {take}, where: day > 1}}")
        needs = [f"cohort.columns.x: take: {take} needs a value / name what is taken: value: ..."]
        assert alone == (needs if take in valued else []), take
        value = "value: value, " if take in valued else ""
        placed = said(columns=f"x: {{from: v, {value}take: {take}, by: day}}")
        refused = [f"cohort.columns.x: take: {take} has no order, `by` would be ignored / take: first or last"]
        assert placed == ([] if take in ordered else refused), take
    given = said(columns="x: {from: v, value: value, take: any}")
    assert given == ["cohort.columns.x: take: any asks whether a row counts, not for a value / write it into where"]


def test_what_does_not_leave_the_clean_stage_is_told_apart_from_what_does_not_exist(tmp_path):
    """By its own name, where no table keeps one of that name; of the participants' own table in any case; and as table.column."""
    study = STUDY.replace("value: {source: V, type: number}", "value: {source: V, type: number}\n      nurse: {source: N, identifier: name}\n      site: {source: S, identifier: name}")  # fmt: skip
    study = study.replace("dose: {source: D, type: number}", "dose: {source: D, type: number}, arm: {source: A, identifier: name}, age: {source: G, identifier: name}")  # fmt: skip
    study = study.replace(
        "      name: {source: Name", "      nurse: {source: Nurse, type: integer}\n      name: {source: Name"
    )
    (tmp_path / "study.yaml").write_text(study, encoding="utf-8")
    found = withheld(load_study(tmp_path / "study.yaml"), "t")
    assert found == {"t.name", "name", "once.arm", "once.age", "v.nurse", "v.site"}
    other = withheld(load_study(tmp_path / "study.yaml"), "once")  # its own columns go before those of others
    assert other == found | {"arm", "age"}


def test_names_that_are_shared():
    assert shared_names({"a": "A", "b": "B"}) == []
    assert [what for what, _ in shared_names({"a": "X", "b": "X", "c": "X", "d": "Y", "e": "Y"})] == [
        "the levels 'a' and 'b' and 'c' have one name, 'X'", "the levels 'd' and 'e' have one name, 'Y'",
    ]  # fmt: skip
    assert [what for what, _ in shared_names({"True": "Yes", "yes": "True"})] == [
        "the levels 'True' and 'yes' have one name, 'Yes'"
    ]
    assert shared_names({"a": " "}) == [("the level 'a' has an empty name", "give it a name")]


@pytest.mark.parametrize("key", ["{x}", "[x]", "{{x}}"])
def test_braces_without_quotes_are_refused_with_their_line(said, key):
    (found,) = said(columns=f"{key}: {{rank: age}}")
    assert found.endswith(
        "line 3: not valid YAML: a key is a list or a mapping; a text that begins with { or [ stands in quotes / mend this line"
    )


def test_a_date_that_is_no_day_of_the_calendar_is_refused(said, tmp_path):
    (found,) = said(head=", date: 2026-02-30")
    assert found.startswith("plan.date: '2026-02-30' is not a 'date'") and said(head=", date: 2026-02-28") == []
    (tmp_path / "study.yaml").write_text(STUDY.replace("2020-01-01", "2020-13-01"), encoding="utf-8")
    with pytest.raises(InputError, match="study.data_cutoff: '2020-13-01' is not a 'date'"):
        load_study(tmp_path / "study.yaml")


def test_what_stands_in_for_a_method_without_strata_has_them():
    for name, do in strata.INSTEAD.items():
        assert "stratum" not in METHODS.parameters(name)
        named = [word for word in re.findall(r"\w+", do) if word in METHODS.functions]
        assert all({"stratum", "covariates"} & METHODS.parameters(word).keys() for word in named), name
