"""Numbers of R, and of textbooks, through the methods of the plan: from columns of participants to rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from analysis.cohort import compute, data, levels_table, usual, values
from stats.concordance import SCRIPTS, read
from stats.concordance import data as fixture

ORIGIN = pd.Timestamp("2016-01-01")


def agree(ours: dict, topic: str, dataset: str, method: str, *needed: str, names: dict | None = None):
    """Every statistic of ours that R has too; `needed` must be among them. names: of R's statistics by ours."""
    reference = {key[2]: found for key, found in read(SCRIPTS / f"{topic}.csv").items() if key[:2] == (dataset, method)}
    seen = set()
    for name, value in ours.items():
        theirs = (names or {}).get(name, name)
        if theirs in reference:
            seen.add(name)
            expected = reference[theirs]
            assert value == pytest.approx(expected.value, rel=expected.tolerance, abs=1e-12, nan_ok=True), name
    assert seen >= set(needed), f"R has {sorted(reference)}, ours are {sorted(ours)}"


def follow_up(name: str, outcome: str = "event") -> pd.DataFrame:
    """Patients of a data set as a population; group and stratum as text."""
    frame = pd.DataFrame(fixture(name))
    endpoint = "relapse" if outcome == "cause" else "os"
    frame = frame.rename(columns={"time": f"{endpoint}_time", outcome: f"{endpoint}_{outcome}"})
    if outcome == "event":
        frame["os_event"] = (frame["os_event"] == 1).astype("boolean")
    else:
        frame["relapse_event"] = frame["relapse_cause"] > 0
    for column in {"group", "stratum"} & set(frame):
        frame[column] = frame[column].map("{:g}".format).astype("string")
    frame["origin"] = ORIGIN
    if "begin" in frame:
        frame["begin"] = frame["origin"] + pd.to_timedelta(frame["begin"], unit="D")
    return frame


@pytest.mark.parametrize("name", ["lung", "veteran"])
def test_survival(name):
    patients = follow_up(f"survival-{name}")
    population, options = data(patients), {"endpoint": "os", "unit": "days"}
    median = {"median": "median", "ci_low": "median_ci_low", "ci_high": "median_ci_high"}
    check = values("kaplan_meier", population, **options)
    agree(check, "survival", name, "kaplan-meier log-log", "n", "events", *median, names=median)
    middle = float(np.sort(patients["os_time"])[int(np.ceil(len(patients) / 2)) - 1])
    check = values("kaplan_meier", population, level=f"{middle:g}_days", at=[middle], transform="log", **options)
    agree(check, "survival", name, "survival at the middle log", "estimate", "ci_low", "ci_high", "n_at_risk")
    check = values("survival_quantiles", population, level="25_percent", quantiles=[0.25], **options)
    agree(check, "survival", name, "quartile log-log", "estimate", "ci_low", "ci_high")
    check = values("follow_up", population, **options)
    agree(check, "survival", name, "reverse kaplan-meier", *median, names=median)
    tau = patients["os_time"].max() * 0.6
    agree(
        values("restricted_mean", population, until=tau, **options),
        "survival",
        name,
        "restricted mean",
        "estimate",
        "std_error",
    )
    tests = {"log-rank": {}, "log-rank for trend": {"trend": True}, "fleming-harrington 0.5": {"rho": 0.5},
             "stratified 1": {"rho": 1, "stratum": "stratum"}}  # fmt: skip
    for method, more in tests.items():
        agree(
            values("log_rank", population, endpoint="os", by="group", **more),
            "survival",
            name,
            method,
            "statistic",
            "p_value",
        )


def test_two_groups_are_compared_second_less_first():
    patients = follow_up("survival-lung")
    population, options = data(patients), {"endpoint": "os", "by": "group", "unit": "days"}
    tau = patients["os_time"].max() * 0.6
    difference = values("restricted_mean", population, until=tau, **options)
    agree(difference, "survival", "lung", "restricted mean difference", "estimate", "statistic", "p_value")
    middle = float(np.sort(patients["os_time"])[int(np.ceil(len(patients) / 2)) - 1])
    check = values("compare_at", population, time=middle, **options)
    agree(check, "survival", "lung", "fixed time log-log", "statistic", "p_value")
    # in the order of the plan, and named so
    patients["sex"] = patients["group"]
    turned = data(patients, {"sex": {"2": "Women", "1": "Men"}})
    rows, _ = compute("restricted_mean", turned, endpoint="os", by="sex", unit="days", until=tau)
    overall = rows[(rows["group"] == "") & (rows["statistic"] == "estimate")].iloc[0]
    assert overall["value"] == pytest.approx(-difference["estimate"], rel=1e-9)
    assert "Men minus Women" in overall["method"]


@pytest.mark.parametrize("name", ["lung", "veteran", "ovarian"])
def test_cox_and_proportional_hazards(name):
    population = data(follow_up(f"cox-{name}"))
    covariates = [column for column in ("x1", "x2", "x3") if column in population.frame]
    options = {
        "endpoint": "os",
        "covariates": covariates,
        "stratum": "stratum" if "stratum" in population.frame else "",
    }
    agree(values("cox", population, **options), "cox", name, "efron", "n", "events", "lr_statistic", "lr_p_value")
    test = values("proportional_hazards", population, **options)
    agree(test, "cox", name, "proportional hazards km", "statistic", "p_value")
    for x in covariates:
        row = values("cox", population, level=x, **options)
        agree(row, "cox", name, f"efron {x}", "hazard_ratio", "ci_low", "ci_high", "p_value")
        row = values("cox", population, level=x, ties="breslow", **options)
        agree(row, "cox", name, f"breslow {x}", "hazard_ratio", "p_value")


def test_transplant_in_the_stanford_heart_data():
    population = data(follow_up("delayed-heart"))
    options = {"endpoint": "os", "begin": "begin"}
    agree(
        values("mantel_byar", population, **options),
        "delayed",
        "heart",
        "mantel-byar",
        "n",
        "n_begun",
        "statistic",
        "p_value",
    )
    agree(values("naive_comparison", population, **options), "delayed", "heart", "naive", "statistic", "p_value")
    check = values("time_dependent_cox", population, level="begin", **options)
    agree(check, "delayed", "heart", "time-dependent cox", "hazard_ratio", "ci_low", "ci_high", "p_value")
    check = values("time_dependent_cox", population, level="begin", covariates=["x1"], **options)
    agree(check, "delayed", "heart", "adjusted", "hazard_ratio", "ci_low", "ci_high", "p_value")
    day = float(np.quantile(population.frame["os_time"], 0.25, method="inverted_cdf"))
    check = values("landmark", population, level=f"{day:g}_days", days=[day], **options)
    agree(
        check,
        "delayed",
        "heart",
        "landmark",
        "n",
        "n_begun",
        "excluded_events",
        "excluded_censored",
        "hazard_ratio",
        "p_value",
    )
    middle = float(np.median(population.frame["os_time"]))
    for state, group in enumerate(("not_yet", "begun")):
        check = values("simon_makuch", population, group, f"{middle:g}_days", at=[middle], unit="days", **options)
        agree(check, "delayed", "heart", f"simon-makuch from 0 state {state}", "estimate", "ci_low", "ci_high")
    rows, _ = compute("naive_comparison", population, **options)
    assert rows.loc[rows["statistic"] == "p_value", "note"].str.contains("biased").all()


def test_competing_risks_of_bone_marrow_transplantation():
    population = data(follow_up("competing-bmt", "cause"))
    options = {"endpoint": "relapse", "cause": "relapse"}
    for day in (104, 211, 390):
        check = values("cumulative_incidence", population, level=f"{day}_days", at=[day], unit="days", **options)
        agree(check, "competing", "bmt", f"log-log day {day}", "estimate", "ci_low", "ci_high", "n_at_risk")
        both = {"at": [day], "unit": "days", "variance": "cmprsk", "transform": "plain"}
        check = values("cumulative_incidence", population, level=f"{day}_days", **both, **options)
        reference = read(SCRIPTS / "competing.csv")["bmt", f"cmprsk day {day}", "std_error"]
        assert (check["ci_high"] - check["estimate"]) / 1.959963984540054 == pytest.approx(reference.value, rel=1e-9)
    for cause, name in ((1, "relapse"), (2, "death in remission")):
        check = values("gray", population, endpoint="relapse", cause=name, by="group")
        agree(check, "competing", "bmt", f"gray 0 cause {cause}", "statistic", "df", "p_value")
    for x in ("x1", "x2"):
        check = values("fine_gray", population, level=x, covariates=["x1", "x2"], **options)
        agree(check, "competing", "bmt", f"fine-gray {x}", "ci_low", "ci_high", "p_value")
        check = values("cause_specific_cox", population, level=x, covariates=["x1", "x2"], **options)
        agree(check, "competing", "bmt", f"cause-specific cox {x}", "hazard_ratio", "ci_low")


def two_by_two(name: str):
    """The rows of a 2 x 2 table as participants; R compares the first row with the second."""
    table = pd.read_csv(SCRIPTS / "data" / f"contingency-{name}.csv").to_numpy()
    rows = [(str(i + 1), j == 0) for i in range(2) for j in range(2) for _ in range(table[i, j])]
    frame = pd.DataFrame(rows, columns=["row", "event"]).astype({"row": "string", "event": "boolean"})
    frame["event_text"] = frame["event"].map({True: "yes", False: "no"}).astype("string")
    return data(frame, {"row": {"2": "second", "1": "first"}})


@pytest.mark.parametrize("name", ["lung-sex", "convictions"])
def test_two_proportions(name):
    population, dataset = two_by_two(name), name.replace("-", " ")
    options = {"event": "event", "by": "row"}
    agree(
        values("fisher", population, **options),
        "contingency",
        dataset,
        "fisher 2x2",
        "odds_ratio",
        "ci_low",
        "ci_high",
        "p_value",
    )
    agree(values("risk_difference", population, **options), "contingency", dataset, "newcombe", "ci_low", "ci_high")
    check = values("risk_difference", population, interval="miettinen-nurminen", **options)
    agree(check, "contingency", dataset, "miettinen-nurminen", "ci_low", "ci_high")
    agree(
        values("risk_ratio", population, **options),
        "contingency",
        dataset,
        "risk ratio",
        "risk_ratio",
        "ci_low",
        "ci_high",
    )
    table = {"variable": "event_text", "by": "row"}
    agree(values("chi_square", population, **table), "contingency", dataset, "chi-square", "statistic", "p_value")
    check = values("chi_square", population, correction=True, **table)
    agree(check, "contingency", dataset, "chi-square corrected", "statistic", "p_value")
    agree(values("fisher_rxc", population, **table), "contingency", dataset, "fisher r x c", "p_value")


def test_strata_of_the_berkeley_admissions():
    tables = pd.read_csv(SCRIPTS / "data" / "contingency-UCB-departments.csv")
    rows = []
    for department, cells in tables.iterrows():
        for cell, row, event in (("a", "1", True), ("b", "1", False), ("c", "2", True), ("d", "2", False)):
            rows += [(str(department), row, event)] * int(cells[cell])
    counts = pd.DataFrame(rows, columns=["department", "row", "event"])
    frame = counts.astype({"department": "string", "row": "string", "event": "boolean"})
    population = data(frame, {"row": {"2": "second", "1": "first"}})
    options = {"event": "event", "by": "row", "stratum": "department"}
    for method, correction in (("mantel-haenszel corrected", True), ("mantel-haenszel", False)):
        check = values("mantel_haenszel", population, correction=correction, **options)
        agree(check, "contingency", "UCB departments", method, "statistic", "p_value")
    agree(values("mantel_haenszel", population, **options), "contingency", "UCB departments", "mantel-haenszel corrected",
          "odds_ratio", "ci_low", "ci_high")  # fmt: skip


def test_one_proportion():
    frame = pd.DataFrame({"event": pd.Series([True] * 36 + [False] * 4, dtype="boolean")})
    for rate in (0.3, 0.7):
        for alternative in ("two-sided", "greater", "less"):
            check = values("exact_test", data(frame), event="event", rate=rate, alternative=alternative)
            agree(check, "proportions", "CR of evaluated", f"exact test {rate:g} {alternative}", "p_value")
    agree(check, "proportions", "CR of evaluated", "clopper-pearson 95%", "ci_low", "ci_high")
    # Simon 1989, table 1: p0 = 0.1, p1 = 0.3, optimal design 1/10, 5/29
    design = values("simon_two_stage", data(frame), r1=1, n1=10, r=5, n=29, p0=0.1, p1=0.3)
    assert (round(design["alpha"], 3), round(design["power"], 2), round(design["expected_n_p0"], 1)) == (
        0.047,
        0.81,
        15.0,
    )
    assert round(design["early_stop_p0"], 2) == 0.74
    # a uniform prior: the posterior is Beta(37, 5), of mean 37/42
    assert values("beta_binomial", data(frame), event="event", rate=0.7)["estimate"] == pytest.approx(
        37 / 42, rel=1e-12
    )


def test_approval_of_the_president_twice():
    """Agresti 1990: 794, 150, 86, 570."""
    pairs = [(True, True)] * 794 + [(True, False)] * 150 + [(False, True)] * 86 + [(False, False)] * 570
    population = data(pd.DataFrame(pairs, columns=["first", "second"], dtype="boolean"))
    check = values("mcnemar", population, first="first", second="second")
    agree(check, "contingency", "approval", "mcnemar exact", "p_value")
    check = values("mcnemar", population, first="first", second="second", exact=False)
    agree(check, "contingency", "approval", "mcnemar corrected", "statistic", "p_value")
    assert values("mcnemar", population, "first", first="first", second="second")["percent"] == 944 / 1600


@pytest.mark.parametrize("pair", ["cars", "lung age meal", "seven"])
def test_correlations(pair):
    frame = pd.DataFrame(fixture(f"continuous-pairs-{pair.replace(' ', '-')}"))
    for method in ("spearman", "kendall"):
        agree(values(method, data(frame), x="x", y="y"), "continuous", pair, method, "estimate", "p_value")


def test_exact_and_firth_logistic():
    """Firth 1993's penalty in a 2 x 2 table adds 1/2 to each cell; Fisher's conditional odds ratio is exact logistic's."""
    population = two_by_two("convictions")
    fisher = values("fisher", population, event="event", by="row")
    exact = values("exact_logistic", population, level="row", event="event", covariate="row")
    for name in ("odds_ratio", "ci_low", "ci_high", "p_value"):
        assert exact[name] == pytest.approx(fisher[name], rel=1e-6), name
    counts = [values("fisher", population, group, event="event", by="row") for group in ("1", "2")]
    odds = [(c["n"] + 0.5) / (c["N"] - c["n"] + 0.5) for c in counts]
    firth = values("firth_logistic", population, level="row=1", event="event", covariates=["row"])
    assert firth["odds_ratio"] == pytest.approx(odds[0] / odds[1], rel=1e-6)


def test_separation_is_said_and_firth_is_finite():
    frame = pd.DataFrame({"event": pd.Series([False] * 5 + [True] * 5, dtype="boolean"), "x": np.arange(10.0)})
    rows, _ = compute("logistic", data(frame), event="event", covariates=["x"])
    ratio = rows[rows["statistic"] == "odds_ratio"].iloc[0]
    assert np.isnan(ratio["value"]) and "not estimable: complete separation" in ratio["note"]
    rows, _ = compute("firth_logistic", data(frame), event="event", covariates=["x"])
    ratio = rows[rows["statistic"] == "odds_ratio"].iloc[0]
    assert np.isfinite(ratio["value"]) and "complete separation" in ratio["note"]


def test_a_group_without_an_event_is_named():
    frame = pd.DataFrame(
        {"arm": ["a"] * 6 + ["b"] * 6, "event": pd.Series([False] * 6 + [True] * 3 + [False] * 3, dtype="boolean")}
    )
    frame["arm"] = frame["arm"].astype("string")
    for order, none in ({"a": "Old", "b": "New"}, "Old"), ({"b": "New", "a": "Old"}, "Old"):
        rows, _ = compute("risk_ratio", data(frame, {"arm": order}), event="event", by="arm")
        assert rows.loc[rows["statistic"] == "risk_ratio", "note"].item() == f"not estimable: no event in group {none}"


def test_trend_and_isotonic_rates():
    table = pd.read_csv(SCRIPTS / "data" / "dose-smokers.csv")
    rows = []
    for dose, events, total in table.itertuples(index=False):
        rows += [(float(dose), k < events) for k in range(int(total))]
    frame = pd.DataFrame(rows, columns=["dose", "event"]).astype({"event": "boolean"})
    frame["group"] = frame["dose"].map("{:g}".format).astype("string")
    agree(values("trend", data(frame), event="event", by="group", variant="r"), "dose", "smokers", "cochran-armitage",
          "statistic", "p_value")  # fmt: skip
    check, curve = compute("isotonic", data(frame), event="event", dose="dose")
    rates = check[check["statistic"] == "estimate"].set_index("level")["value"]
    reference = read(SCRIPTS / "dose.csv")
    for dose, rate in rates.items():
        assert rate == pytest.approx(reference["smokers", "isotonic", f"estimate:{dose}"].value, rel=1e-9)
    assert len(rates) == len(table) and curve["n_at_risk"].tolist() == table["totals"].tolist()
    check = values("dose_response", data(frame), level="per_tenfold_dose", event="event", dose="dose")
    agree(check, "dose", "smokers", "logistic on log10 dose", "odds_ratio", "ci_low", "ci_high", "p_value")


@pytest.mark.parametrize("name", ["UCB departments", "esoph age", "two trials"])
@pytest.mark.parametrize("tau2", ["reml", "pm", "dl"])
def test_pooling(name, tau2, tmp_path):
    table = pd.read_csv(SCRIPTS / "data" / f"pooling-{name.replace(' ', '-')}.csv")
    table.assign(trial=[f"T{i}" for i in range(len(table))], overlaps="").to_csv(tmp_path / "trials.csv", index=False)
    options = {"file": str(tmp_path / "trials.csv"), "n": "events", "N": "totals", "tau2": tau2}
    for transform in ("logit", "freeman-tukey"):
        for hartung, variance in ((True, "knapp-hartung"), (False, "normal")):
            check = values("pool", data(usual()), transform=transform, knapp_hartung=hartung, **options)
            agree(check, "pooling", name, f"{transform} {tau2} {variance}", "estimate", "ci_low", "ci_high")


def test_trials_that_share_patients_are_never_pooled_together(tmp_path):
    text = "trial,overlaps,n,N\nsmall,large,5,10\nlarge,small,30,50\nown,,8,10\nfollow-up,own,20,30\nunknown,,,9\n"
    (tmp_path / "trials.csv").write_text(text)
    rows, _ = compute("pool", data(usual()), file=str(tmp_path / "trials.csv"), n="n", N="N")
    overall = rows[(rows["level"] == "") & (rows["statistic"] == "N")].iloc[0]
    assert overall["value"] == 80
    for reason in ("small left out: shares patients with large", "own left out: shares patients with follow-up",
                   "unknown left out: counts not known"):  # fmt: skip
        assert reason in overall["note"]
    assert set(rows["level"]) == {"", "heterogeneity", "large", "follow-up"}


def test_exposure_of_one_participant_by_hand():
    """AUC: linear up to day 7, logarithmic down; the first value is below the limit and counts as 0."""
    frame = usual(1)
    population = data(frame, tables={"levels": levels_table(frame)})
    options = {"table": "levels", "day": "day", "value": "copies", "limit": 50}
    rising = 4 * 2000 / 2 + 3 * (2000 + 60000) / 2
    falling = sum(days * (a - b) / np.log(a / b) for days, a, b in ((7, 6e4, 3e4), (7, 3e4, 6e3), (7, 6e3, 2e3)))
    found = {
        level: values("exposure", population, level=level, **options) for level in ("cmax", "tmax", "auc", "tlast")
    }
    assert found["auc"]["median"] == pytest.approx(rising + falling, rel=1e-12)
    assert (found["cmax"]["median"], found["tmax"]["median"], found["tlast"]["median"]) == (60000, 7, 60)


def test_missing_responses_are_counted_both_ways():
    frame = pd.DataFrame({"event": pd.Series([True] * 36 + [False] * 4 + [pd.NA] * 2, dtype="boolean")})
    population = data(frame)
    found = {
        case: values("missing_response", population, level=case, event="event")
        for case in ("complete", "worst", "best")
    }
    assert [found[case]["estimate"] for case in found] == pytest.approx([36 / 40, 36 / 42, 38 / 42])
    tip = values("tipping_point", population, event="event", rate=0.75)
    assert tip["missing"] == 2 and 0 <= tip["tipping_point"] <= 3


def test_random_methods_follow_the_seed_of_the_plan():
    frame = usual(40)
    one, again, other = (
        values("bootstrap", data(frame, seed=seed), variable="x", by="arm", group="a") for seed in (1, 1, 2)
    )
    assert one == again and one != other
    low, high = (np.quantile(frame.loc[frame["arm"] == "a", "x"].to_numpy(dtype=float), q) for q in (0.05, 0.95))
    assert low < one["ci_low"] < one["estimate"] < one["ci_high"] < high
    exact = values("mann_whitney", data(frame), variable="x", by="arm")["p_value"]
    random = values("permutation_test", data(frame), variable="x", by="arm")
    assert 0 < random["p_value"] <= 1 and abs(random["p_value"] - exact) < 0.3
    test = values("permutation_log_rank", data(frame), endpoint="os", by="arm")
    assert test["p_value"] == pytest.approx(
        values("log_rank", data(frame), endpoint="os", by="arm")["p_value"], abs=0.05
    )
