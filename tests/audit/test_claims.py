"""Claims against results, and among themselves without patients."""

from fractions import Fraction
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from trialpress.audit.claims import Claim, check, consistency, load_claims, numerators
from trialpress.checks.plan import load_plan
from trialpress.errors import InputError
from trialpress.study import load_study

ROOT = Path(__file__).resolve().parents[2]


def ard(**analyses):
    rows = [{"analysis": name, "group": "", "level": "", "statistic": statistic, "value": value, "origin": "computed"}
            for name, values in analyses.items() for statistic, value in values.items()]  # fmt: skip
    return pd.DataFrame(rows)


ARD = ard(
    evaluable={"n": 36, "N": 40, "estimate": 0.9},
    infused={"n": 36, "N": 42, "estimate": 36 / 42},
    time={"median": float("nan")},
)


def verdict(**spec):
    return check({"a": Claim("a", "quote", "s", **spec)}, ARD).iloc[0]


def test_verdicts():
    assert verdict(published={"n": 36, "N": 40, "percent": 90}, analysis="evaluable")["verdict"] == "reproduced"
    other = verdict(published={"n": 36, "N": 42}, analysis="evaluable", alternatives=("infused",))
    assert other["verdict"] == "reproduced with another denominator"
    assert other["recomputed"] == "36/40, 90% (evaluable); 36/42, 85.7% (infused)"
    assert verdict(published={"n": 35, "N": 40}, analysis="evaluable")["verdict"] == "contradicted"
    assert verdict(published={"percent": 90.1}, analysis="evaluable")["verdict"] == "contradicted"
    assert verdict(published={"percent": 85.7}, analysis="infused")["verdict"] == "reproduced"
    assert verdict(published={"median": 3}, analysis="time")["verdict"] == "contradicted"
    assert verdict(not_checkable="no count")["verdict"] == "not checkable"


def test_simulated_patients_reproduce_nothing():
    simulated = ARD.assign(origin="implied")

    def verdict(**spec):
        return check({"a": Claim("a", "quote", "s", **spec)}, simulated).iloc[0]["verdict"]

    assert verdict(published={"n": 36, "N": 40}, analysis="evaluable") == "holds by construction"
    other = verdict(published={"n": 36, "N": 42}, analysis="evaluable", alternatives=("infused",))
    assert other == "holds by construction with another denominator"
    assert verdict(published={"n": 35, "N": 40}, analysis="evaluable") == "contradicted"


def test_a_claim_that_gets_no_verdict_fails():
    with pytest.raises(InputError, match="evaluable has no overall statistic 'median'"):
        verdict(published={"median": 3}, analysis="evaluable")


def checks(relations=(), **claims):
    made = {name: Claim(name, "quote", source, **spec) for name, (source, spec) in claims.items()}
    return consistency(made, {"x": {"title": "X"}, "y": {"title": "Y"}}, list(relations)).set_index(["check", "claims"])


def test_percentages_that_cannot_arise():
    found = checks(
        good=("x", {"published": {"n": 21, "N": 52, "percent": 40.4}}),
        bad=("x", {"published": {"n": 21, "N": 52, "percent": 40.3}}),
        none=("x", {"published": {"N": 40, "percent": 91}}),
        free=("x", {"published": {"percent": 33.3}}),
    ).loc["percentage and count"]
    assert list(found["verdict"]) == ["consistent", "inconsistent", "inconsistent", "consistent"]
    assert "91% of 40 is no whole number" in found.loc["none", "finding"]
    assert "N = 3, 6, 9" in found.loc["free", "finding"]


@given(st.integers(1, 200), st.integers(0, 2), st.data())
def test_numerators_are_those_that_print_so(total, digits, data):
    percent = data.draw(st.integers(0, 100 * 10**digits)) / 10**digits
    half = Fraction(1, 2 * 10**digits)
    exact = Fraction(str(percent))
    assert numerators(percent, total, digits) == [
        n for n in range(total + 1) if abs(Fraction(100 * n, total) - exact) <= half
    ]


def test_parts_and_sources():
    published = {
        "rr": ("x", {"published": {"n": 36, "N": 42}, "same_as": "rr2"}), "rr2": ("y", {"published": {"n": 36, "N": 40}}),
        "mrd": ("x", {"published": {"n": 9}}), "hct": ("y", {"published": {"n": 27}}), "no": ("y", {"published": {"N": 18}, "same_as": "mrd"}),
    }  # fmt: skip
    relations = [
        {"sum": ["rr.n", "mrd.n"], "equals": ["hct.n", "no.N"]},
        {"sum": ["rr.N", "mrd.n"], "equals": ["hct.n", "no.N"]},
    ]
    found = checks(relations, **published)
    parts = found.loc["parts add up"]
    assert list(parts["verdict"]) == ["consistent", "inconsistent"]
    assert parts["finding"].iloc[0] == "36 + 9 [45] = 27 + 18 [45]" and "≠" in parts["finding"].iloc[1]
    two = found.loc["two sources"]
    assert (
        two.loc["rr, rr2", "verdict"] == "inconsistent"
        and two.loc["rr, rr2", "finding"] == "n 36 in both; N 42 (X) and 40 (Y)"
    )
    assert two.loc["no, mrd", "verdict"] == "not checkable"


def test_order():
    found = checks(
        a=("x", {"published": {"n": 9, "N": 8}}), b=("x", {"published": {"median": 206, "min": 45, "max": 427}}),
        c=("x", {"published": {"median": 20, "min": 45}}),
    ).loc["order"]  # fmt: skip
    assert list(found["verdict"]) == ["inconsistent", "consistent", "inconsistent"]


@pytest.mark.parametrize("study", ["low-dose-cd19", "cd22-nci"])
def test_the_published_claims_hang_together(study):
    config = ROOT / "config" / study
    claims = load_claims(config / "claims.yaml", load_plan(config / "plan.yaml", load_study(config / "study.yaml")))
    found = consistency(*claims)
    assert len(found) > 5 and set(found.loc[found["check"] == "parts add up", "verdict"]) == {"consistent"}


def test_slips_are_found_before_anything_runs(tmp_path):
    config = ROOT / "config" / "low-dose-cd19"
    text = (config / "claims.yaml").read_text(encoding="utf-8")
    text = text.replace("same_as: mrd\n", "same_as: mdr\n").replace("equals: [seizures.N]", "equals: [seizure.N]")
    (tmp_path / "claims.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="(?s)the claim 'mdr' is not defined.*'seizure.N' is not defined"):
        load_claims(tmp_path / "claims.yaml", load_plan(config / "plan.yaml", load_study(config / "study.yaml")))
