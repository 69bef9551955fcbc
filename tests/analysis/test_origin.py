"""Published, implied, simulated: by who is in a count and what decides on them."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from cases.conftest import build  # noqa: F401
from trialpress.analysis.methods import METHODS
from trialpress.analysis.origin import COMPUTED, IMPLIED, PUBLISHED, SIMULATED, Known, People, _parts, worst


def people(who: str, *columns: str) -> People:
    return People.of(np.array([ord(one) - ord("a") for one in who], dtype=int), columns)


# treated: everyone; rr and mrd: the strata; of rr some are in remission, not all were evaluated
TREATED, RR, MRD = people("abcdefgh", "dose"), people("abcdef", "dose", "stratum"), people("gh", "dose", "stratum")
REMISSION = people("abcd", "dose", "stratum", "response")
EVALUATED = people("abcde", "dose", "stratum", "date")
KNOWN = Known([TREATED, RR, REMISSION, EVALUATED])


@pytest.mark.parametrize(("count", "origin"), [
    (RR, PUBLISHED),
    (MRD, IMPLIED),  # all treated less one stratum
    (people("ef", "dose", "stratum", "response"), IMPLIED),  # no remission: the stratum less those in remission
    (people("f", "dose", "stratum", "date"), IMPLIED),  # not evaluated
    (people("abcdf", "dose", "stratum", "date", "response"), IMPLIED),  # in remission, or not evaluated
    (people("", "dose", "stratum"), SIMULATED),  # nobody, of whom nothing was said
    (people("abcd", "dose", "stratum", "crs"), SIMULATED),  # the same people as in remission, by another column
    (people("abcdef", "sex"), SIMULATED),
    (people("abc", "dose", "stratum", "response"), SIMULATED),  # another number of people
])  # fmt: skip
def test_a_count_is_known_by_its_people_and_by_what_decides_on_them(count, origin):
    assert KNOWN.origin(count) == origin


def test_without_published_counts_everything_is_simulated():
    assert Known([]).origin(TREATED) == SIMULATED


@pytest.mark.parametrize(("parts", "origin"), [
    ([PUBLISHED, PUBLISHED], IMPLIED), ([PUBLISHED, IMPLIED], IMPLIED), ([PUBLISHED, SIMULATED], SIMULATED),
    ([], SIMULATED), ([COMPUTED], COMPUTED),
])  # fmt: skip
def test_one_simulated_number_makes_the_result_simulated(parts, origin):
    assert worst(parts) == origin


# --- a reconstruction of ten ------------------------------------------------------------------------------------------

TABLES = """
  t:
    file: f
    key: [participant]
    columns:
      participant: {source: ID, type: id}
      arm: {source: Arm, type: code, codes: {A: [], B: []}}
      sex: {source: Sex, type: code, codes: {F: [], M: []}}
      response: {source: R, type: code, codes: {"yes": [], "no": []}}
      fever: {source: Fever, type: code, codes: {"yes": [], "no": []}}
      crs: {source: CRS, type: code, codes: {"yes": [], "no": []}}
      age: {source: Age, type: integer}
      start: {source: Start, type: date}
      died: {source: Died, type: date}
      last: {source: Last, type: date}
  v: {file: g, key: [participant, visit], references: {participant: t.participant}, columns: {participant: {source: ID, type: id}, visit: {source: Visit, type: code, codes: {first: [], second: []}}, copies: {source: C, type: number}}}
"""
TRIALS = "data/literature/cart19_ball_trials.csv"
PLAN = f"""
  a: {{label: Arm A, condition: arm == 'A', within: all}}
  old: {{label: Older, condition: age > 50}}
cohort: {{table: t, columns: {{}}}}
endpoints:
  os: {{label: Survival, origin: start, events: {{death: died}}, censor: last}}
analyses:
  rate: {{method: proportion, population: all, event: response == 'yes', unknown: left_out}}
  rate_a: {{method: proportion, population: a, event: response == 'yes', unknown: left_out}}
  rate_b: {{method: proportion, population: all, event: response == 'yes', unknown: left_out, where: arm == 'B'}}
  rate_old: {{method: proportion, population: old, event: response == 'yes', unknown: left_out}}
  counted: {{method: proportion, population: all, event: response == 'yes', unknown: no_event}}
  toxic: {{method: proportion, population: all, event: crs == 'yes'}}
  fever: {{method: proportion, population: all, event: fever == 'yes', unknown: left_out}}
  visits: {{method: summary, population: all, variable: value, by: visit, rows: {{table: v, value: copies}}}}
  sexes: {{method: frequency, population: all, variable: sex}}
  ages: {{method: summary, population: all, variable: age}}
  by_arm: {{method: fisher, population: all, event: response == 'yes', by: arm, unknown: left_out}}
  toxic_by_arm: {{method: fisher, population: all, event: crs == 'yes', by: arm}}
  worst: {{method: missing_response, population: all, event: response == 'yes'}}
  table: {{method: baseline, population: all, by: arm, variables: [sex, age]}}
  survival: {{method: kaplan_meier, population: all, endpoint: os, at: [6], unit: months}}
  design: {{method: simon_two_stage, population: all, r1: 1, n1: 10, r: 5, n: 29, p0: 0.1, p1: 0.3}}
  others: {{method: pool, population: all, file: {TRIALS}, n: n_cr, N: n_evaluable, trials: "target == 'CD19'"}}
"""
PATIENTS = """ID,Arm,Sex,R,Fever,CRS,Age,Start,Died,Last
S01,A,M,yes,yes,no,41,2015-01-01,,2016-01-01
S02,A,M,yes,yes,yes,52,2015-01-01,2015-06-01,2015-06-01
S03,A,F,yes,yes,no,63,2015-01-01,,2016-01-01
S04,A,F,no,no,no,44,2015-01-01,2015-03-01,2015-03-01
S05,A,M,no,no,yes,55,2015-01-01,,2016-01-01
S06,A,F,,,no,66,2015-01-01,2015-02-01,2015-02-01
S07,B,M,yes,yes,no,47,2015-01-01,,2016-01-01
S08,B,M,no,no,no,58,2015-01-01,,2016-01-01
S09,B,F,no,no,yes,69,2015-01-01,2015-08-01,2015-08-01
S10,B,F,no,no,no,40,2015-01-01,,2016-01-01
"""
VISITS = "ID,Visit,C\nS01,first,5\nS01,second,7\nS02,first,9\n"
# 4 of 9 respond, one is not known, and the same have fever; in arm A 3 of 5; the median age is 53.5; of toxicity another number than is found
TOLD = {("rate", "", "", "n"): {4, 99}, ("rate", "", "", "N"): {9}, ("rate_a", "", "", "n"): {3}, ("rate_a", "", "", "N"): {5}, ("ages", "", "", "median"): {53.5},
        ("ages", "", "", "n"): {10}, ("toxic", "", "", "n"): {7}, ("sexes", "", "", "n"): {5}}  # fmt: skip

# analysis/group/level (several where it is the same): which of its statistics have which origin
EXPECTED = {
    "ages": "published: median n; simulated: max mean min missing q1 q3 sd",
    "by_arm": "implied: ci_high ci_low odds_ratio p_value",
    "by_arm//risk_difference, worst//best, worst//complete, worst//worst": "implied: ci_high ci_low estimate",
    "by_arm/A": "implied: percent; published: N n",
    "by_arm/B": "implied: N n percent",
    "counted, rate, rate_a": "implied: ci_high ci_low estimate; published: N n",
    "design": "computed: alpha early_stop_p0 early_stop_p1 expected_n_p0 expected_n_p1 n_planned power",
    "fever, rate_old": "simulated: N ci_high ci_low estimate n",
    "rate_b": "implied: N ci_high ci_low estimate n",
    "sexes": "published: N; simulated: missing",
    "sexes//F, sexes//M, table//sex=F, table//sex=M, table/A/sex=F, table/A/sex=M, table/B/sex=F, table/B/sex=M": "simulated: n percent",
    "survival": "simulated: ci_high ci_low events median n",
    "survival//6_months": "simulated: ci_high ci_low estimate n_at_risk",
    "table": "published: N",
    "table//age": "published: n; simulated: max mean median min missing q1 q3 sd standardised_difference",
    "table//sex": "simulated: N missing standardised_difference",
    "table/A, table/B": "implied: N",
    "table/A/age, table/B/age": "implied: n; simulated: max mean median min missing q1 q3 sd",
    "table/A/sex, table/B/sex": "simulated: N missing",
    "toxic": "published: N; simulated: ci_high ci_low estimate n",
    "toxic_by_arm": "simulated: ci_high ci_low odds_ratio p_value",
    "toxic_by_arm//risk_difference": "simulated: ci_high ci_low estimate",
    "toxic_by_arm/A, toxic_by_arm/B": "implied: N; simulated: n percent",
    "visits/first, visits/second": "simulated: max mean median min missing n q1 q3 sd",
    "worst": "implied: missing; published: N n",
}  # fmt: skip


def test_every_number_of_a_reconstruction_has_the_origin_that_follows_from_the_claims(build):  # noqa: F811
    run = build(TABLES, PLAN, published=TOLD, f=PATIENTS, g=VISITS)
    found: dict[str, dict[str, list[str]]] = {}
    ard = run.read("analysis/ard.csv")
    for row in ard[ard["analysis"] != "others"].itertuples():
        place = "/".join((row.analysis, row.group, row.level)).rstrip("/")
        found.setdefault(place, {}).setdefault(row.origin, []).append(row.statistic)
    said = {place: "; ".join(f"{origin}: {' '.join(sorted(names))}" for origin, names in sorted(of.items())) for place, of in found.items()}  # fmt: skip
    assert said == {place: text for places, text in EXPECTED.items() for place in places.split(", ")}
    others = ard[ard["analysis"] == "others"]
    counts = others["statistic"].isin(["n", "N"]) & ~others["level"].isin(["", "heterogeneity"])
    assert (
        counts.sum() == 16
        and set(others[counts]["origin"]) == {PUBLISHED}
        and set(others[~counts]["origin"]) == {IMPLIED}
    )


def test_nothing_is_published_of_a_reconstruction_without_claims(build):  # noqa: F811
    ard = build(TABLES, PLAN, published={}, f=PATIENTS, g=VISITS).read("analysis/ard.csv")
    here = ~ard["analysis"].isin(["design", "others"])
    assert set(ard[here]["origin"]) == {SIMULATED}


def test_a_statistic_rests_on_the_counts_of_its_own_group_and_level():
    plan = SimpleNamespace(analyses={"a": {}})
    counts = {
        ("x", "sex=m", "n"): SIMULATED,
        ("x", "sex=f", "n"): PUBLISHED,
        ("y", "sex=m", "n"): IMPLIED,
        ("y", "", "N"): COMPUTED,
    }
    method = next(name for name, traits in METHODS.traits.items() if traits.get("of_counts") is True)
    plan.analyses["a"]["method"] = method
    assert _parts(plan, counts, "a", "x", "sex=f", "estimate") == [PUBLISHED]
    assert _parts(plan, counts, "a", "y", "sex=m", "estimate") == [IMPLIED]
    assert _parts(plan, counts, "a", "", "", "p_value") == [SIMULATED, PUBLISHED, IMPLIED, COMPUTED]
    assert _parts(plan, counts, "a", "z", "", "estimate") == []
