"""Claims against results, and among themselves without patients."""

from fractions import Fraction
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from trialpress.audit.claims import Claim, agrees, check, consistency, load_claims, numerators
from trialpress.checks.plan import load_plan
from trialpress.errors import InputError
from trialpress.study import load_study

ROOT = Path(__file__).resolve().parents[2]


def ard(**analyses):
    rows = [{"analysis": name, "group": "", "level": "", "statistic": statistic, "value": value, "origin": "computed"}
            for name, values in analyses.items() for statistic, value in values.items()]  # fmt: skip
    return pd.DataFrame(rows).assign(origin="computed", display="")


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
    # nor where one of the analyses is of a design alone, and computed
    simulated.loc[simulated.index[-1], "origin"] = "computed"
    assert verdict(published={"n": 36, "N": 40}, analysis="evaluable") == "holds by construction"


def test_a_claim_that_gets_no_verdict_fails():
    with pytest.raises(InputError, match="evaluable has no overall statistic 'median'"):
        verdict(published={"median": 3}, analysis="evaluable")


def row(group, level, statistic, value, display):
    at = {"analysis": "os", "group": group, "level": level, "statistic": statistic}
    return at | {"value": value, "display": display, "origin": "computed"}


AT = pd.DataFrame(
    [
        row("A", "", "n", 20, "20"),
        row("A", "6_months", "estimate", 0.7841, "78.4%"),
        row("", "", "hazard_ratio", 0.5403, "0.54"),
        row("", "", "p_value", 0.00002, "<0.001"),
        row("", "", "ci_low", 0.298, "0.30"),
    ]
)


@pytest.mark.parametrize(
    "spec, expected",
    [
        ({"published": {"percent": 78}, "group": "A", "level": "6_months"}, ("78%", "78.4%", "reproduced")),
        ({"published": {"percent": 79}, "group": "A", "level": "6_months"}, ("79%", "78.4%", "contradicted")),
        ({"published": {"n": 20}, "group": "A"}, ("20", "20", "reproduced")),
        ({"published": {"hazard_ratio": 0.54, "ci_low": 0.30}}, ("hazard ratio 0.54, CI from 0.3", "hazard ratio 0.5403, CI from 0.298", "reproduced")),
        ({"published": {"p_value": 0.001}}, ("P 0.001", "P 0.00002", "contradicted")),
        ({"published": {"p_value": 0.0}}, ("P 0", "P <0.01", "reproduced")),
        ({"published": {"p_value": "<0.001"}}, ("P <0.001", "P 0.00002", "reproduced")),
        ({"published": {"p_value": ">0.05"}}, ("P >0.05", "P <0.0001", "contradicted")),
    ],
)  # fmt: skip
def test_a_claim_on_a_ratio_a_p_value_or_a_level(spec, expected):
    found = check({"a": Claim("a", "quote", "s", analysis="os", **spec)}, AT).iloc[0]
    assert (found["published"], found["recomputed"], found["verdict"]) == expected


def test_a_statistic_that_stands_elsewhere_is_said():
    with pytest.raises(InputError) as error:
        check({"a": Claim("a", "quote", "s", analysis="os", published={"percent": 78})}, AT)
    assert "os has no overall statistic 'percent'" in str(error.value)
    assert "it has it at group: A, level: 6_months" in str(error.value)
    with pytest.raises(
        InputError, match="no statistic 'p_value' at group 'A'(.|\n)*it has it at no group and no level"
    ):
        check({"a": Claim("a", "quote", "s", analysis="os", published={"p_value": 0.1}, group="A")}, AT)


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


@pytest.mark.parametrize(
    "published, computed, same",
    [
        # to the digits that were published, halves away from zero
        (90, 90.4, True), (90, 90.5, False), (91, 90.5, True), (90.0, 89.6, True), (0.5, 0.45, True), (0.5, 0.449, False), (85.7, 85.714, True), (85.71, 85.714, True),
        (85.71, 85.716, False), (1e5, 100000.4, True), (5e-05, 0.4, False), (5e-05, 5.4e-05, True), (-0.5, -0.54, True), (3, float("nan"), False),
    ],
)  # fmt: skip
def test_a_published_number_is_the_computed_one_to_its_digits(published, computed, same):
    assert agrees({"percent": published}, {"percent": computed}) is same
    assert agrees({"percent": published, "n": 3}, {"percent": computed, "n": 3}) is same
    assert not agrees({"percent": published, "n": 3}, {"percent": computed, "n": 4})


def test_what_is_shown_of_a_claim():
    table = ard(
        counted={"n": 1234, "N": 2000, "percent": 0.617}, number={"n": 7}, times={"n": 5, "median": 206.25, "minimum": 45, "maximum": 427, "p_value": 0.01}, ends={"n": 3, "min": 1.5, "max": 7, "mean": 4},
        whole={"N": 10, "n": 5, "estimate": 0.5}, share={"estimate": 0.25},
    )  # fmt: skip
    published = {"times": {"median": 206.3, "minimum": 45}, "ends": {"min": 1.5, "max": 7}}
    shown = {
        name: check({"a": Claim("a", "q", "s", label="L", analysis=name, note="N", published=published.get(name, {}))}, table).iloc[0]
        for name in ("counted", "number", "times", "ends", "whole", "share")
    }  # fmt: skip
    assert {name: row["recomputed"] for name, row in shown.items()} == {
        "counted": "1234/2000, 61.7%", "number": "7", "times": "5, median 206.25, minimum 45", "ends": "3, min 1.5, max 7", "whole": "5/10, 50%", "share": "",
    }  # fmt: skip
    assert shown["times"][["label", "note", "verdict", "analysis"]].tolist() == ["L", "N", "reproduced", "times"]
    rows = ard(a={"n": 1}).assign(level=["x"])
    with pytest.raises(InputError, match="a has no overall statistic 'n'"):
        check({"a": Claim("a", "q", "s", published={"n": 1}, analysis="a")}, rows)
    with pytest.raises(InputError, match="a has no overall statistic 'n'"):
        check({"a": Claim("a", "q", "s", published={"n": 1}, analysis="a")}, ard(a={"n": 1}).assign(group=["x"]))


def test_the_first_alternative_that_agrees_is_named():
    table = ard(a={"n": 1, "N": 4}, b={"n": 1, "N": 5}, c={"n": 1, "N": 6}, d={"n": 1, "N": 6})
    row = check(
        {"x": Claim("x", "q", "s", published={"n": 1, "N": 6}, analysis="a", alternatives=("b", "c", "d"))}, table
    ).iloc[0]
    assert (row["verdict"], row["analysis"], row["published"]) == ("reproduced with another denominator", "c", "1/6")
    row = check({"x": Claim("x", "q", "s", published={"n": 1, "N": 7}, analysis="a", alternatives=("b",))}, table).iloc[
        0
    ]
    assert (row["verdict"], row["analysis"], row["recomputed"], row["label"]) == ("contradicted", "a", "1/4", "x")
    row = check({"x": Claim("x", "q", "s", not_checkable="no count", note="n")}, table).iloc[0]
    assert (row["verdict"], row["analysis"], row["recomputed"], row["note"]) == ("not checkable", "", "", "no count")


def test_where_a_percentage_can_come_from():
    found = checks(
        free=("x", {"published": {"percent": 50}}), none=("x", {"published": {"percent": 0.0001}}), n=("x", {"published": {"n": 1, "N": 3, "percent": 33.3}}),
        two=("x", {"published": {"N": 300, "percent": 50}}), all=("x", {"published": {"percent": 100}}),
    ).loc["percentage and count"]  # fmt: skip
    assert found.loc["free", "finding"].startswith(
        "50% without a denominator; up to N = 300 it can arise from N = 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30, ..."
    )
    assert "can arise from N = 1, 2, 3, 4, 5," in found.loc["all", "finding"]
    assert found.loc["none", "finding"] == "0.0001% without a denominator; up to N = 300 it can arise from N = none"
    assert found.loc["none", "verdict"] == "inconsistent" and found.loc["free", "verdict"] == "consistent"
    last = checks(free=("x", {"published": {"percent": 25}}), n=("y", {"published": {"n": 1, "N": 4, "percent": 25}}))
    assert last.loc["percentage and count"].loc["free", "finding"].endswith("up to N = 4 it can arise from N = 4")
    assert found.loc["n", "finding"].startswith("1/3 is 33.3%, published as 33.3%; ")
    assert found.loc["two", "finding"].startswith("50% of 300 is 149 or 150 or 151; ")
    alone = checks(free=("x", {"published": {"percent": 99}}), few=("x", {"published": {"percent": 99.5}})).loc[
        "percentage and count"
    ]
    assert "up to N = 100 it can arise from N = 67, 68, 69" in alone.loc["free", "finding"]
    assert alone.loc["few", "finding"].endswith("N = none") or "N = 1" in alone.loc["few", "finding"]


def test_counts_that_print_as_a_percentage():
    assert numerators(0, 5, 0) == [0] and numerators(100, 5, 0) == [5] and numerators(0, 300, 0) == [0, 1]
    assert (
        numerators(12.5, 8, 1) == [1]
        and numerators(12, 8, 0) == [1]
        and numerators(13, 8, 0) == [1]
        and numerators(14, 8, 0) == []
    )


def test_order_and_parts_in_words():
    found = checks(
        a=("x", {"published": {"n": 8, "N": 8}}), b=("x", {"published": {"median": 5, "ci_low": 5, "ci_high": 5}}), c=("x", {"published": {"n": 3}}),
        d=("x", {"published": {"median": 5, "ci_low": 6}}), e=("x", {"published": {"min": 1, "max": 0.5, "n": 1, "N": 2}}),
        relations=[{"sum": ["a.n", "c.n"], "equals": ["a.N"]}, {"sum": ["a.n"], "equals": ["a.N"]}],
    )  # fmt: skip
    order = found.loc["order"]
    assert order["verdict"].to_dict() == {"a": "consistent", "b": "consistent", "d": "inconsistent", "e": "consistent"}
    assert order["finding"].to_dict() == {
        "a": "n 8, N 8",
        "b": "ci_low 5, median 5, ci_high 5",
        "d": "ci_low 6, median 5",
        "e": "n 1, N 2",
    }
    parts = found.loc["parts add up"]
    assert parts["finding"].tolist() == ["8 + 3 [11] ≠ 8", "8 = 8"] and parts.index.tolist() == [
        "a.n, c.n, a.N",
        "a.n, a.N",
    ]


@pytest.mark.parametrize(
    "old, new, message",
    [
        ("same_as: mrd\n", "same_as: mdr\n", "the claim 'mdr' is not defined"),
        ("equals: [seizures.N]", "equals: [seizure.N]", "the published number 'seizure.N' is not defined"),
        ("source: ", "source: no_", "is not defined"),
        ("analysis: ", "analysis: no_", "is not in the plan"),
        ("    analysis: ", "    not_checkable: because\n    analysis: ", "needs either analysis or not_checkable"),
        ("published: {n: 36, N: 40, percent: 90}\n", "published: {}\n", "has no published number to compare"),
    ],
)  # fmt: skip
def test_a_slip_in_the_claims_is_refused(tmp_path, old, new, message):
    config = ROOT / "config" / "low-dose-cd19"
    text = (config / "claims.yaml").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "claims.yaml").write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InputError) as error:
        load_claims(tmp_path / "claims.yaml", load_plan(config / "plan.yaml", load_study(config / "study.yaml")))
    assert any(message in one.what for one in error.value.problems), str(error.value)
