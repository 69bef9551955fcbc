"""The parts between the columns of participants and the statistics, each by hand: rows, families, origins, defaults."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from analysis.cohort import compute, data, levels_table, usual, values
from cases.conftest import build  # noqa: F401
from trialpress.analysis import origin
from trialpress.analysis.families import adjusted
from trialpress.analysis.origin import IMPLIED, PUBLISHED, SIMULATED, Known, People, worst
from trialpress.errors import InputError
from trialpress.plan import Plan

NAN = float("nan")
ARMS = {"arm": {"a": "A", "b": "B"}}


# --- families ---------------------------------------------------------------------------------------------------------


def family(specs: dict, *rows: tuple, method: str = "holm") -> list[tuple]:
    """(analysis, group, level, value) of the adjusted p-values; rows: (analysis, group, level, statistic, value)."""
    ard = pd.DataFrame(rows, columns=["analysis", "group", "level", "statistic", "value"])
    ard = ard.assign(group_label=ard["group"], level_label=ard["level"], method="m", note="n", display="")
    keys = {name: {} for name in ("derived", "daily", "populations", "endpoints", "figures", "tables", "columns")}
    plan = Plan(
        level=0.95,
        alpha=0.05,
        seed=1,
        multiplicity="",
        cohort_table="t",
        flow=(),
        analyses=specs,
        families={"f": method},
        **keys,
    )
    found = adjusted(ard, plan, "f")
    assert set(found["statistic"]) <= {"p_value_adjusted"}
    for row in found.itertuples():
        assert row.note == ("not estimable: no p-value to adjust" if math.isnan(row.value) else "")
        assert row.method.endswith(f"family of {found['value'].notna().sum()} tests")
    return [
        (row.analysis, row.group, row.level, None if math.isnan(row.value) else round(row.value, 6))
        for row in found.itertuples()
    ]


def test_the_overall_p_value_of_an_analysis_goes_before_those_of_its_levels():
    mine = {"family": "f"}
    rows = [
        ("a", "", "", "p_value", 0.01),
        ("a", "g", "", "p_value", 0.5),
        ("a", "", "x", "p_value", 0.6),
        ("b", "", "x", "p_value", 0.02),
        ("b", "", "y", "p_value", 0.9),
        ("c", "", "", "p_value", 0.1),
    ]
    assert family({"a": mine, "b": mine, "c": {}}, *rows) == [
        ("a", "", "", 0.03),
        ("b", "", "x", 0.04),
        ("b", "", "y", 0.9),
    ]
    assert family({"a": mine, "b": {}, "c": {}}, *rows) == [("a", "", "", 0.01)]
    grouped = [("d", "g", "", "p_value", 0.01), ("d", "h", "", "p_value", 0.02)]
    assert family({"d": mine}, *grouped) == [("d", "g", "", 0.02), ("d", "h", "", 0.02)]


def test_an_analysis_without_a_p_value_is_no_test_and_has_a_row():
    mine = {"family": "f"}
    rows = [("a", "", "", "p_value", 0.01), ("b", "g", "x", "estimate", 3.0), ("c", "", "", "p_value", NAN)]
    assert family({"a": mine, "b": mine, "c": mine}, *rows) == [
        ("a", "", "", 0.01),
        ("b", "", "", None),
        ("c", "", "", None),
    ]
    assert family({"a": {}}, *rows) == []


def test_levels_that_are_named_are_the_tests():
    rows = [
        ("a", "", "", "p_value", 0.5),
        ("a", "", "x", "p_value", 0.01),
        ("a", "", "y", "p_value", 0.02),
        ("a", "", "z", "estimate", 1.0),
        ("a", "", "z", "ci_low", 0.5),
    ]
    assert family({"a": {"family": "f", "family_of": ["x"]}}, *rows) == [("a", "", "x", 0.01)]
    assert family({"a": {"family": "f", "family_of": ["y", "x"]}}, *rows) == [
        ("a", "", "y", 0.02),
        ("a", "", "x", 0.02),
    ]
    assert family({"a": {"family": "f", "family_of": ["x", "z"]}}, *rows) == [
        ("a", "", "x", 0.01),
        ("a", "", "z", None),
    ]
    with pytest.raises(InputError, match="the analysis has no p-value of 'w'"):
        family({"a": {"family": "f", "family_of": ["w"]}}, *rows)


# --- origins ----------------------------------------------------------------------------------------------------------


def people(who: str, *columns: str) -> People:
    return People.of(np.array(["abcdefg".index(one) for one in who]), columns or ("x",))


@pytest.mark.parametrize(
    "who, columns, expected",
    [
        ("abcdef", "x", PUBLISHED), ("ab", "x", PUBLISHED), ("ab", "xy", PUBLISHED), ("ab", "xz", SIMULATED),
        # one published count out of another, two put together, three
        ("cdef", "x", IMPLIED), ("cd", "x", PUBLISHED), ("abcd", "x", IMPLIED), ("ef", "x", IMPLIED), ("abef", "x", IMPLIED),
        ("a", "x", SIMULATED), ("ac", "x", SIMULATED), ("abg", "x", SIMULATED), ("cdef", "z", SIMULATED),
    ],
)  # fmt: skip
def test_the_origin_of_a_count(who, columns, expected):
    known = Known([people("abcdef", "x"), people("ab", "x", "y"), people("cd", "x")])
    assert known.origin(people(who, *columns)) == expected


def test_the_worst_origin_counts():
    assert worst([]) == SIMULATED and worst([PUBLISHED]) == IMPLIED and worst([IMPLIED, PUBLISHED]) == IMPLIED
    assert (
        worst([PUBLISHED, SIMULATED]) == SIMULATED
        and worst(["computed"]) == "computed"
        and worst(["computed", PUBLISHED]) == IMPLIED
    )


def test_published_numbers_of_claims(tmp_path):
    (tmp_path / "claims.yaml").write_text(
        "claims:\n  a: {analysis: one, alternatives: [two], published: {n: 3, N: 5, percent: 60}}\n  b: {analysis: one, published: {n: 4}}\n  c: {not_checkable: x, published: {n: 9}}\n"
        "  d: {analysis: one, group: A, level: 6_months, published: {n: 2, p_value: '<0.001'}}\n"
    )
    assert origin.published(tmp_path / "claims.yaml") == {
        ("one", "", "", "n"): {3, 4},
        ("one", "", "", "N"): {5},
        ("two", "", "", "n"): {3},
        ("two", "", "", "N"): {5},
        ("one", "A", "6_months", "n"): {2},
    }


# --- rows of a long table ---------------------------------------------------------------------------------------------

TABLE = """
  t: {file: f, key: [participant], columns: {participant: {source: ID, type: id}, arm: {source: Arm, type: code, codes: {A: [], B: []}, label: Arm}}}
  labs:
    file: l
    key: [participant, day, try?]
    columns: {participant: {source: ID, type: id}, day: {source: Day, type: integer}, try: {source: Try, type: integer}, result: {source: R, type: number, label: CRP, unit: mg/L}}
"""
ROWS = "ID,Arm\nS1,A\nS2,A\nS3,B\nS4,B\nS5,B\n"
LABS = "ID,Day,Try,R\nS1,0,,10\nS1,7,,20\nS2,0,,20\nS2,7,,40\nS3,7,,60\nS4,7,,\nS9,7,,1000\n"


def of_rows(build, rows: str, rest: str, labs: str = LABS):  # noqa: F811
    plan = f"cohort: {{table: t, columns: {{}}}}\nanalyses:\n  a: {{population: all, rows: {{table: labs, {rows}}}, {rest}}}\n"
    return build(TABLE, plan, f=ROWS, l=labs)


def test_values_changes_and_distances_from_the_mean(build):  # noqa: F811
    at = "at: day == 7, value: result, baseline: day == 0"
    assert of_rows(build, at, "method: summary, variable: value").values("a", "mean") == {"": "40"}
    run = of_rows(build, at, "method: summary, variable: change")
    assert run.values("a", "mean") == {"": "15"} and run.values("a", "n") == {"": "2"}
    run = of_rows(build, at, "method: summary, variable: z")
    assert float(run.values("a", "mean")[""]) == pytest.approx(0) and float(run.values("a", "sd")[""]) == pytest.approx(
        1
    )
    alike = LABS.replace("S2,7,,40", "S2,7,,20").replace("S3,7,,60", "S3,7,,20")
    assert of_rows(build, at, "method: summary, variable: z", alike).values("a", "n") == {"": "0"}
    run = of_rows(build, "where: day == 7, value: result - 10", "method: summary, variable: value, by: arm")
    assert run.values("a", "mean") == {"A": "20", "B": "50"}


def test_a_truth_of_rows_is_counted(build):  # noqa: F811
    run = of_rows(build, "at: day == 7, value: result > 30", "method: proportion, event: value, unknown: left_out")
    assert run.values("a", "n") == {"": "2"} and run.values("a", "N") == {"": "3"}
    counted = run.read("analysis/participants.csv")
    assert counted[["reason", "n", "what"]].to_numpy().tolist() == [
        ["used", "3", "participants"], ["no_row", "1", "participants"], ["event_unknown", "1", "participants"],
    ]  # fmt: skip


def test_who_is_counted_is_said_and_nobody_else(build):  # noqa: F811
    """Of whom nobody is left out nothing is said; nor of what the plan does not want."""
    columns = "cohort: {table: t, columns: {}}\nanalyses:\n"
    plan = (
        columns
        + "  a: {population: all, method: frequency, variable: arm}\n  b: {population: all, method: frequency, variable: arm, where: arm == 'A'}\n"
    )
    run = build(TABLE, plan, f=ROWS, l=LABS)
    counted = run.read("analysis/participants.csv")
    assert counted[["analysis", "reason", "n"]].to_numpy().tolist() == [
        ["a", "used", "5"],
        ["b", "used", "2"],
        ["b", "where", "3"],
    ]
    assert run.notes("a") == set() and run.notes("b") == set()


def test_an_analysis_of_unknown_outcomes_has_no_other_denominator(build):  # noqa: F811
    """Beside each other: one that counts the unknown apart, one that leaves them out. Two that differ stop."""
    labs = LABS + "S5,7,,\n"
    head = "cohort: {table: t, columns: {high: {from: labs, value: result > 30, where: day == 7, take: only}}}\nanalyses:\n"
    shown = "tables: {r: {kind: proportions, analyses: [a, b], caption: Rates.}}\n"
    same = "  a: {population: all, method: missing_response, event: high}\n  b: {population: all, method: proportion, event: high, unknown: left_out}\n"
    assert build(TABLE, head + same + shown, f=ROWS, l=labs).values("b", "N") == {"": "3"}
    unlike = same.replace("missing_response, event: high", "proportion, event: high")
    with pytest.raises(InputError, match="counts them as no event"):
        build(TABLE, head + unlike + shown, f=ROWS, l=labs)
    assert build(TABLE, head + unlike, f=ROWS, l=labs).values("a", "N") == {"": "5"}


def test_rows_of_which_it_is_not_known_whether_they_count(build):  # noqa: F811
    run = of_rows(build, "where: result > 15, at: day == 7, value: result", "method: summary, variable: value")
    assert run.values("a", "mean") == {"": "40"} and run.values("a", "n") == {"": "3"}
    assert any("not known whether result > 15" in note for note in run.notes("a"))


def test_several_rows_of_a_participant_stop(build):  # noqa: F811
    with pytest.raises(InputError, match="several rows of labs for participant S1, S2"):
        of_rows(build, "value: result", "method: summary, variable: value")
    with pytest.raises(InputError, match="several baseline rows of labs for participant S1"):
        of_rows(
            build,
            "at: day == 7, value: result, baseline: day < 1",
            "method: summary, variable: change",
            LABS + "S1,-1,,3\n",
        )


# --- methods ----------------------------------------------------------------------------------------------------------


def frame(**columns) -> pd.DataFrame:
    n = len(next(iter(columns.values())))
    return pd.DataFrame({"who": [f"P{at}" for at in range(n)], **columns}).convert_dtypes()


def test_exact_logistic_regression_refuses_what_nobody_can_enumerate():
    random = np.random.default_rng(1)
    n = 60
    event = pd.Series(random.random(n) < 0.5, dtype="boolean")
    broken, whole = random.normal(0, 1, n), random.integers(0, 9, n).astype(float)
    for x, refused in (
        (broken, True),
        (whole, False),
        (whole * 1000 + 0.5, True),
        (np.tile([0.5, 1.5], n // 2), False),
    ):
        rows, _ = compute("exact_logistic", data(frame(x=x).assign(event=event)), event="event", covariate="x")
        notes = rows[rows["statistic"] == "odds_ratio"]["note"].item()
        assert ("distinct values are too many to enumerate" in notes) is refused, notes


def test_a_t_test_is_that_of_welch_unless_the_plan_says_otherwise():
    population = data(frame(x=[1.0, 2, 3, 10, 20, 30, 40], by=["a"] * 3 + ["b"] * 4), {"by": {"a": "A", "b": "B"}})
    welch, student = (
        values("t_test", population, variable="x", by="by", **options) for options in ({}, {"equal_variance": True})
    )
    assert student["df"] == 5 and welch["df"] < 4 and welch["estimate"] == student["estimate"] == 23


def test_characteristics_between_groups():
    population = data(
        frame(
            x=[1.0, 2, 3, 4, 5, None],
            y=[5.0, 6, 7, 8, 9, 10],
            sex=["m", "f", "m", "f", "m", None],
            arm=["a", "a", "a", "b", "b", "b"],
        ),
        {"arm": {"a": "A", "b": "B"}, "sex": {"m": "Male", "f": "Female"}},
    )
    rows, _ = compute("baseline", population, variables=["x", "sex"], by="arm", missing="percent")
    share = rows[rows["statistic"] == "missing_percent"].set_index(["group", "level"])["value"]
    assert (
        share["a", "x"] == 0 and share["b", "x"] == pytest.approx(1 / 3) and share["b", "sex"] == pytest.approx(1 / 3)
    )
    assert not rows["statistic"].eq("p_value").any()
    rows, _ = compute("baseline", population, variables=["x", "y", "sex"], by="arm", tests={"x": "t_test"})
    assert rows[rows["statistic"] == "p_value"]["level"].tolist() == ["x"]
    rows, _ = compute("baseline", population, variables=["x", "y", "sex"], by="arm", p_values=True)
    assert rows[rows["statistic"] == "p_value"]["level"].tolist() == ["x", "y", "sex"]
    with pytest.raises(ValueError, match="t_test is not for sex, which is counted"):
        compute("baseline", population, variables=["sex"], by="arm", tests={"sex": "t_test"})
    three = data(
        frame(x=[1.0, 2, 3, 4, 5, 7], arm=["a", "a", "b", "b", "c", "c"]), {"arm": {"a": "A", "b": "B", "c": "C"}}
    )
    rows, _ = compute("baseline", three, variables=["x"], by="arm", tests={"x": "t_test"})
    assert rows[rows["statistic"] == "p_value"]["note"].item() == "not estimable: 3 groups with known values"
    rows, _ = compute("baseline", three, variables=["x"], by="arm", p_values=True)
    assert 0 < rows[rows["statistic"] == "p_value"]["value"].item() < 1


def test_exposure_of_two_groups_and_of_late_first_values():
    patients = usual(4).assign(arm=pd.Series(["a", "a", "b", "b"], dtype="string"))
    table = levels_table(patients)
    late = table[~((table["who"] == "P00") & (table["day"] == 0))]
    rows, _ = compute(
        "exposure",
        data(patients, ARMS, {"levels": late}),
        table="levels",
        day="day",
        value="copies",
        limit=50,
        by="arm",
    )
    auc = rows[(rows["level"] == "auc") & (rows["statistic"] == "median")].set_index("group")["note"]
    assert (
        auc["a"] == "SD not estimable: one value; 1 of 2 not estimable; 1 with a first value of day 4"
        and auc["b"] == ""
    )
    peaks = rows[(rows["level"] == "cmax") & (rows["statistic"].isin(["median", "min", "max"]))].set_index(
        ["group", "statistic"]
    )["value"]
    assert (
        peaks["a", "max"] == 6e4 * 1.1
        and peaks["a", "min"] == 6e4
        and peaks["b", "median"] == pytest.approx(6e4 * 1.25)
    )
    ratio = rows[(rows["level"] == "cmax") & (rows["statistic"] == "ratio")]["value"].item()
    assert ratio == pytest.approx(math.sqrt(1.2 * 1.3) / math.sqrt(1.0 * 1.1))


def test_curves_are_in_the_unit_that_is_asked_for():
    patients = usual(24)
    days, weeks = (
        compute("simon_makuch", data(patients), endpoint="os", begin="begin", unit=unit)[1]
        for unit in ("days", "weeks")
    )
    assert weeks["x"].tolist() == pytest.approx((days["x"] / 7).tolist()) and days["x"].max() > 100
