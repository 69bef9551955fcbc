import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from stats.concordance import data
from trialpress.stats.competing import conditional_probability, cumulative_incidence, gray, incidence_at
from trialpress.stats.competing_regression import cause_specific_cox, fine_gray
from trialpress.stats.cox import cox
from trialpress.stats.log_rank import log_rank
from trialpress.stats.survival import kaplan_meier

few = settings(max_examples=20, deadline=None)


def patients(seed: int, n: int = 40, causes: int = 2):
    """(time, cause, group, X) with ties; every cause occurs."""
    rng = np.random.default_rng(seed)
    group = np.arange(n) % 2
    X = np.column_stack([group, rng.normal(size=n)])
    time = np.ceil(rng.exponential(8 * np.exp(0.3 * X[:, 1])))
    cause = rng.integers(0, causes + 1, n)
    cause[: causes + 1] = range(causes + 1)
    return time, cause, group, X


def incidence(time, cause, of, t):
    """Aalen-Johansen, patient by patient."""
    survival, total = 1.0, 0.0
    for s in sorted(set(time[time <= t])):
        n = (time >= s).sum()
        total += survival * ((time == s) & (cause == of)).sum() / n
        survival *= 1 - ((time == s) & (cause > 0)).sum() / n
    return total


@few
@given(st.integers(0, 10_000), st.integers(1, 3))
def test_incidences_and_survival_add_up_to_one(seed, causes):
    time, cause, _, _ = patients(seed, causes=causes)
    curves = [cumulative_incidence(time, cause, of).curve for of in range(1, causes + 1)]
    total = sum(curve["estimate"] for curve in curves) + kaplan_meier(time, cause > 0).curve["estimate"]
    assert total == pytest.approx(np.ones(len(total)))
    t = np.median(time)
    assert incidence_at(cumulative_incidence(time, cause), t)["estimate"] == pytest.approx(incidence(time, cause, 1, t))


@few
@given(st.integers(0, 10_000), st.sampled_from([1, 2]))
def test_the_jackknife_variance_against_derivatives_by_weight(seed, of):
    """The influence of a patient is the derivative of the estimate by the patient's weight, here numerically."""
    time, cause, _, _ = patients(seed, n=15)
    t = np.sort(time)[9]

    def weighted(w):
        survival, total = 1.0, 0.0
        for s in sorted(set(time[time <= t])):
            n = w[time >= s].sum()
            total += survival * w[(time == s) & (cause == of)].sum() / n
            survival *= 1 - w[(time == s) & (cause > 0)].sum() / n
        return total

    step = 1e-5 * np.eye(15)
    influence = np.array([(weighted(1 + row) - weighted(1 - row)) / 2e-5 for row in step])
    at = incidence_at(cumulative_incidence(time, cause, of), t)
    assert at["std_error"] == pytest.approx(np.sqrt((influence**2).sum()), rel=1e-6, abs=1e-8)


@few
@given(st.integers(0, 10_000))
def test_conditional_probability_against_derivatives_by_weight(seed):
    time, cause, _, _ = patients(seed, n=15)
    t = np.sort(time)[9]

    def weighted(w):
        survival, total = 1.0, np.zeros(2)
        for s in sorted(set(time[time <= t])):
            n = w[time >= s].sum()
            total += [survival * w[(time == s) & (cause == of)].sum() / n for of in (1, 2)]
            survival *= 1 - w[(time == s) & (cause > 0)].sum() / n
        return total[0] / (1 - total[1])

    result = conditional_probability(time, cause, t)
    assume(not result.note)
    influence = np.array([(weighted(1 + row) - weighted(1 - row)) / 2e-5 for row in 1e-5 * np.eye(15)])
    assert result["estimate"] == pytest.approx(weighted(np.ones(15)))
    assert result["std_error"] == pytest.approx(np.sqrt((influence**2).sum()), rel=1e-5, abs=1e-8)


@few
@given(st.integers(0, 10_000), st.randoms(use_true_random=False))
def test_label_swap_permutation_and_the_time_scale(seed, random):
    time, cause, group, X = patients(seed)
    test, fit = gray(time, cause, group), fine_gray(time, cause, X)
    assume(not test.note and not fit.note)
    order = list(range(len(time)))
    random.shuffle(order)
    variants = [(time, 1 - group, X), (np.exp(time / 5), group, X)]
    for other_time, other_group, covariates in variants:
        assert gray(other_time, cause, other_group)["statistic"] == pytest.approx(test["statistic"])
        again = fine_gray(other_time, cause, covariates)
        assert again.curve["std_error"] == pytest.approx(fit.curve["std_error"], rel=1e-6)
    shuffled = fine_gray(time[order], cause[order], X[order])
    assert shuffled.curve["coefficient"] == pytest.approx(fit.curve["coefficient"], rel=1e-6, abs=1e-8)
    assert shuffled.curve["p_value"] == pytest.approx(fit.curve["p_value"], rel=1e-6)
    assert gray(time[order], cause[order], group[order])["p_value"] == pytest.approx(test["p_value"])


@few
@given(st.integers(0, 10_000))
def test_fine_gray_without_competing_events_is_cox_with_breslow_ties(seed):
    time, cause, group, X = patients(seed, causes=1)
    plain = cox(time, cause, X, ties="breslow")
    assume(not plain.note)
    fit = fine_gray(time, cause, X)
    assert fit.curve["coefficient"] == pytest.approx(plain.curve["coefficient"], rel=1e-6, abs=1e-8)
    assert fit["log_likelihood"] == pytest.approx(plain["log_likelihood"])
    specific = cause_specific_cox(time, cause, X)
    assert specific["lr_statistic"] == pytest.approx(cox(time, cause, X)["lr_statistic"])


def test_gray_without_competing_events_is_close_to_the_log_rank_test():
    time, cause, group, _ = patients(2, n=2000, causes=1)
    assert gray(time, cause, group)["statistic"] == pytest.approx(log_rank(time, cause, group)["statistic"], rel=0.02)
    curve = cumulative_incidence(time, cause).curve
    assert 1 - curve["estimate"] == pytest.approx(kaplan_meier(time, cause).curve["estimate"])


def test_fine_gray_against_a_loop_over_patients_and_risk_sets():
    time, cause, _, X = patients(7, n=30)
    fit = fine_gray(time, cause, X)
    G = {
        t: np.prod([1 - ((time == s) & (cause == 0)).sum() / (time >= s).sum() for s in set(time) if s < t])
        for t in set(time)
    }

    def weight(i, t):
        return 1.0 if time[i] >= t else (G[t] / G[time[i]] if cause[i] == 2 else 0.0)

    def score(b):
        total = np.zeros(2)
        for i in np.flatnonzero(cause == 1):
            w = np.array([weight(k, time[i]) for k in range(30)]) * np.exp(X @ b)
            total += X[i] - w @ X / w.sum()
        return total

    b = fit.curve["coefficient"]
    assert score(b) == pytest.approx([0, 0], abs=1e-7)
    assert abs(score(b + 0.01)).min() > 1e-3


def test_ties_are_exact():
    """An event and a competing event on one day share the risk set; nothing is jittered."""
    result = incidence_at(cumulative_incidence([1, 2, 2, 3, 4, 4, 4, 5], [0, 1, 2, 1, 0, 1, 1, 2]), 4)
    assert result["estimate"] == pytest.approx(1 / 7 + 5 / 7 * 1 / 5 + 4 / 7 * 2 / 4)


def test_reasons_in_words():
    time, cause, group = [1, 2, 3, 4], [0, 2, 2, 0], ["a", "b", "a", "b"]
    assert cumulative_incidence(time, cause).note == "no event of cause 1"
    assert incidence_at(cumulative_incidence(time, cause), 3)["estimate"] == 0
    assert gray(time, cause, group).note == "not estimable: no event of cause 1"
    assert fine_gray(time, cause, [0, 1, 0, 1]).note == "not estimable: no event of cause 1"
    assert cause_specific_cox(time, cause, [0, 1, 0, 1]).note == "not estimable: no event"
    assert "monotone" in fine_gray(time, [1, 1, 2, 0], [1, 1, 0, 0]).note
    assert conditional_probability(time, cause, 5).note == "not estimable: follow-up ends at 4"
    assert "all have a competing event" in conditional_probability([1, 2], [2, 2], 2).note
    assert "follow-up ends" in incidence_at(cumulative_incidence(time, cause), 9).note


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: cumulative_incidence([1, -2], [1, 1]), "time: negative time at position 1"),
        (lambda: cumulative_incidence([1, 2], [1, -1]), "cause: negative count at position 1"),
        (lambda: cumulative_incidence([1, 2], [1, 0.5]), "cause: count that is not a whole number at position 1"),
        (lambda: cumulative_incidence([1, 2], [1]), "cause: has shape"),
        (lambda: cumulative_incidence([1, 2], [1, 1], 0), "of: must be a cause"),
        (lambda: cumulative_incidence([1, 2], [1, 1], variance="both"), "variance"),
        (lambda: gray([1, 2], [1, 1], ["a", "a"]), r"group: one group only \(a\)"),
        (lambda: gray([1, 2], [1, 1], [0, 1], stratum=[1]), "stratum"),
        (lambda: fine_gray([1, 2], [1, 1], [0, np.nan]), "X: missing or infinite value at position 1"),
    ],
)
def test_bad_input_names_the_argument_and_the_positions(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@few
@given(st.integers(0, 100_000))
def test_degenerate_samples_never_crash_and_are_never_silent(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 9))
    time, cause, group = rng.integers(1, 5, n).astype(float), rng.integers(0, 3, n), np.arange(n) % 2
    X = np.column_stack([group, rng.normal(size=n)])[:, : rng.integers(1, 3)]
    for result in (
        cumulative_incidence(time, cause),
        incidence_at(cumulative_incidence(time, cause, variance="cmprsk"), 2),
        conditional_probability(time, cause, 2),
        gray(time, cause, group, rho=1),
        gray(time, cause, group, stratum=time > 2),
        fine_gray(time, cause, X),
        cause_specific_cox(time, cause, X),
    ):
        assert result.note or np.isfinite(list(result.values.values())).all()


@pytest.mark.parametrize(("name", "coefficients", "errors"), [
    ("mgus2", (-0.0390649977344, -0.0530379899757), (0.00934911101531, 0.07907026488475)),
    ("bmt", (0.0131198458528, 1.2795802930334), (0.0179119962729, 0.4208964431021)),
])  # fmt: skip
def test_within_strata_against_crrs(name, coefficients, errors):
    """R crrSC 1.1.2, crrs with ctype = 1 (Zhou et al. 2011)."""
    d = data(f"competing-{name}")
    found = fine_gray(d["time"], d["cause"], np.column_stack([d["x1"], d["x2"]]), stratum=d["group"])
    assert found.curve["coefficient"] == pytest.approx(coefficients, rel=1e-9)
    assert found.curve["std_error"] == pytest.approx(errors, rel=1e-9)


@few
@given(st.integers(0, 10_000), st.integers(1, 3))
def test_subdistribution_hazards_of_one_stratum_are_not_compared_with_those_of_another(seed, k):
    time, cause, _, X = patients(seed)
    stratum = np.random.default_rng(seed).integers(0, k, len(time))
    found = fine_gray(time, cause, X, stratum=stratum)
    other = fine_gray(time * 10.0**stratum, cause, X, stratum=[f"s{s}" for s in stratum])
    assert other.note == found.note and found.method.startswith("stratified Fine-Gray")
    for name in ("coefficient", "std_error") if found.curve else ():
        assert other.curve[name] == pytest.approx(found.curve[name], rel=1e-7, abs=1e-10)
    if k == 1:
        assert found.values == pytest.approx(fine_gray(time, cause, X).values, nan_ok=True)
    alone, hazards = (
        fine_gray(time, cause == 1, X, stratum=stratum),
        cox(time, cause == 1, X, stratum=stratum, ties="breslow"),
    )
    if alone.curve:
        assert alone.curve["coefficient"] == pytest.approx(hazards.curve["coefficient"], abs=1e-7)


def test_groups_that_are_never_in_one_stratum_have_no_ratio_of_subdistribution_hazards():
    time, cause, group, _ = patients(1)
    assert fine_gray(time, cause, group.astype(float), stratum=group).note == (
        "not estimable: x1 does not vary among the patients at risk at the event times"
    )
    with pytest.raises(ValueError, match="stratum: has shape"):
        fine_gray(time, cause, group, stratum=[1])
