import csv
import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.stats import chi2
from trialpress.stats.cox import Jeffreys, cox, firth_cox, proportional_hazards
from trialpress.stats.log_rank import log_rank
from trialpress.stats.risksets import RiskSets

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")

few = settings(max_examples=20, deadline=None)


def simulated(seed: int, n: int = 40, p: int = 2):
    rng = np.random.default_rng(seed)
    X = np.column_stack([rng.integers(0, 2, n), *(rng.normal(size=n) for _ in range(p - 1))])
    time = np.ceil(rng.exponential(8 * np.exp(-0.5 * X[:, 0])))
    return time, (rng.random(n) < 0.7).astype(int), X, np.floor(time * rng.random(n) * 0.8)


def close(a, b, **tolerance):
    for column in ("coefficient", "std_error", "ci_low", "ci_high", "p_value"):
        assert a.curve[column] == pytest.approx(b.curve[column], rel=1e-6, abs=1e-8), column


def by_definition(time, event, X, entry, ties):
    """Log-likelihood and information of a coefficient vector, one risk set and one event at a time."""

    def at(b):
        likelihood, information = 0.0, np.zeros((X.shape[1],) * 2)
        for t in sorted(set(time[event == 1])):
            at_risk = [i for i in range(len(time)) if entry[i] < t <= time[i]]
            dying = [i for i in at_risk if time[i] == t and event[i]]
            for place, i in enumerate(dying):
                share = place / len(dying) if ties == "efron" else 0.0
                weight = np.array([np.exp(X[k] @ b) * (1 - share * (k in dying)) for k in at_risk])
                likelihood += X[i] @ b - np.log(weight.sum())
                weight /= weight.sum()
                centred = X[at_risk] - weight @ X[at_risk]
                information += (centred * weight[:, None]).T @ centred
        return likelihood, information

    return at


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_cox_with_delayed_entry_against_a_loop_over_risk_sets(ties):
    time, event, X, entry = simulated(3)
    at = by_definition(time, event, X, entry, ties)
    best = minimize(lambda b: -at(b)[0], np.zeros(2), method="BFGS", options={"gtol": 1e-9})
    fit = cox(time, event, X, entry=entry, ties=ties)
    assert fit["log_likelihood"] == pytest.approx(-best.fun, abs=1e-9)
    assert fit.curve["coefficient"] == pytest.approx(best.x, abs=1e-5)
    information = at(fit.curve["coefficient"])[1]
    assert fit.curve["std_error"] == pytest.approx(np.sqrt(np.diag(np.linalg.inv(information))), rel=1e-8)


def penalised(time, event, X, entry):
    at = by_definition(time, event, X, entry, "breslow")

    def value(b):
        likelihood, information = at(b)
        return likelihood + np.log(np.linalg.det(information)) / 2

    return value


@pytest.mark.parametrize("seed", [1, 2])
def test_firth_maximises_the_penalised_likelihood_and_profiles_it(seed):
    time, event, X, entry = simulated(seed, n=18)
    value = penalised(time, event, X, entry)
    fit = firth_cox(time, event, X, entry=entry)
    best = minimize(lambda b: -value(b), np.zeros(2), method="Nelder-Mead", options={"xatol": 1e-10, "fatol": 1e-14})
    assert fit["log_likelihood"] == pytest.approx(-best.fun, abs=1e-9)
    assert fit.curve["coefficient"] == pytest.approx(best.x, abs=1e-5)

    def profile(j, held):
        other = minimize(
            lambda b: -value(np.insert(b, j, held)),
            [0.0],
            method="Nelder-Mead",
            options={"xatol": 1e-10, "fatol": 1e-14},
        )
        return -other.fun

    for j in range(2):
        for limit in ("ci_low", "ci_high"):
            drop = 2 * (fit["log_likelihood"] - profile(j, np.log(fit.curve[limit][j])))
            assert drop == pytest.approx(3.841458820694124, abs=1e-6)
    from scipy.special import chdtrc

    drops = [2 * (fit["log_likelihood"] - profile(j, 0.0)) for j in range(2)]
    assert fit.curve["p_value"] == pytest.approx([chdtrc(1, drop) for drop in drops], rel=1e-5)


def test_firth_under_separation_in_closed_form():
    """Two patients with x = 1 and x = 0, the first dies: l(b) = b - log(e^b + 1), I = e^b / (e^b + 1)^2, so the
    penalised likelihood is that of e^b / (1 + e^b) with 1.5 events and 0.5 non-events: hazard ratio 3."""
    time, event, x = [1, 2], [1, 0], [1, 0]
    assert firth_cox(time, event, x)["hazard_ratio"] == pytest.approx(3, rel=1e-6)
    assert "monotone likelihood" in cox(time, event, x).note


@few
@given(st.integers(0, 10_000), st.randoms(use_true_random=False))
def test_invariances(seed, random):
    time, event, X, _ = simulated(seed)
    fit = cox(time, event, X)
    assume(not fit.note)
    order = list(range(len(time)))
    random.shuffle(order)
    close(fit, cox(time[order], event[order], X[order]))
    close(fit, cox(np.sqrt(time), event, X))
    close(fit, cox(time, event, X + 1e3))
    swapped = cox(time, event, X * [-1, 1])
    assert swapped.curve["hazard_ratio"][0] == pytest.approx(1 / fit.curve["hazard_ratio"][0])
    assert swapped.curve["ci_low"][0] == pytest.approx(1 / fit.curve["ci_high"][0])
    scaled = cox(time, event, X * [1, 1000])
    assert scaled.curve["coefficient"][1] * 1000 == pytest.approx(fit.curve["coefficient"][1])
    assert scaled["lr_statistic"] == pytest.approx(fit["lr_statistic"])


@few
@given(st.integers(0, 10_000))
def test_cutting_follow_up_into_intervals_changes_nothing(seed):
    time, event, X, _ = simulated(seed)
    cut = np.minimum(4.0, time / 2)
    whole = cox(time, event, X)
    assume(not whole.note)
    pieces = cox(
        np.concatenate((cut, time)),
        np.concatenate((np.zeros_like(event), event)),
        np.tile(X, (2, 1)),
        entry=np.concatenate((np.zeros_like(cut), cut)),
    )
    close(whole, pieces)


@few
@given(st.integers(0, 10_000))
def test_the_score_test_without_ties_is_the_log_rank_test(seed):
    rng = np.random.default_rng(seed)
    time, event = rng.permutation(30) + 1.0, (rng.random(30) < 0.8).astype(int)
    group = np.arange(30) % 2
    assume(event.sum() > 5)
    test = log_rank(time, event, group)
    assert cox(time, event, group)["score_statistic"] == pytest.approx(test["statistic"])


def test_breslow_breaks_ties_as_if_each_event_saw_the_same_risk_set():
    time, event, x = np.array([1.0, 1, 2, 2, 3]), np.array([1, 1, 1, 1, 0]), np.array([0, 1, 0, 1, 1.0])
    likelihoods = []
    for b in (-0.3, 0.4):
        total = 0.0
        for t in (1, 2):
            total += sum(b * x[i] for i in range(5) if time[i] == t) - 2 * np.log(np.exp(b * x[time >= t]).sum())
        likelihoods.append(total)
    at = by_definition(time, event, x[:, None], np.zeros(5), "breslow")
    assert likelihoods == pytest.approx([at(np.array([b]))[0] for b in (-0.3, 0.4)])


def test_profile_limits_enclose_the_estimate_and_match_wald_in_large_samples():
    time, event, X, _ = simulated(5, n=4000)
    wald, profile = cox(time, event, X), cox(time, event, X, interval="profile")
    assert profile.curve["ci_low"] == pytest.approx(wald.curve["ci_low"], rel=1e-3)
    assert profile.curve["ci_high"] == pytest.approx(wald.curve["ci_high"], rel=1e-3)


def test_reasons_in_words():
    time, event = [1, 2, 3, 4, 5, 6], [1, 1, 1, 0, 0, 0]
    b = [1, 1, 1, 0, 0, 0]
    assert "for b (no event where it is 0)" in cox(time, event, b, names=["b"]).note
    assert np.isnan(cox(time, event, b)["hazard_ratio"])
    assert cox(time, [0] * 6, b).note == "not estimable: no event"
    assert firth_cox(time, [0] * 6, b).note == "not estimable: no event"
    assert proportional_hazards(time, [0] * 6, b).note == "not estimable: no event"
    assert "monotone" in proportional_hazards(time, event, b).note
    constant = cox(time, event, np.column_stack([b, [2] * 6]))
    assert constant.note == "not estimable: x2 does not vary among the patients at risk at the event times"
    twice = cox(time, event, np.column_stack([[0, 1, 0, 1, 0, 1], [3, 5, 3, 5, 3, 5]]))
    assert twice.note == "not estimable: x2 is a linear combination of the other covariates"
    last = cox([1, 2, 3], [0, 0, 1], [0, 1, 0])
    assert "does not vary among the patients at risk" in last.note


def test_two_covariates_that_separate_only_together():
    """The events are those with x1 + x2 largest at each time: no single covariate is monotone."""
    total = np.array([6, 5, 4, 3, 2, 1.0])
    x1 = np.array([1, 4, 0, 3, -1, 1.0])
    fit = cox(np.arange(1, 7), np.ones(6), np.column_stack([x1, total - x1]))
    assert "monotone likelihood" in fit.note


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: cox([1, -2], [1, 1], [0, 1]), "time: negative time at position 1"),
        (lambda: cox([1, 2], [1, 1], [0, np.nan]), "X: missing or infinite value at position 1"),
        (lambda: cox([1, 2], [1, 1], [0, 1, 1]), "X: has shape"),
        (
            lambda: cox([1, 2], [1, 1], [0, 1], entry=[0, 3]),
            "entry: entry not before the end of follow-up at position 1",
        ),
        (lambda: cox([1, 2], [1, 1], [0, 1], stratum=[1]), "stratum"),
        (lambda: cox([1, 2], [1, 1], [0, 1], ties="nearest"), "ties"),
        (lambda: cox([1, 2], [1, 1], [0, 1], interval="score"), "interval"),
        (lambda: cox([1, 2], [1, 1], [0, 1], names=["a", "b"]), "names: has 2 values where 1 are needed"),
        (lambda: proportional_hazards([1, 2, 2], [1, 1, 0], [0.3, 0, 1], transform="cubic"), "transform"),
    ],
)
def test_bad_input_names_the_argument_and_the_positions(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_strata_add_up():
    """A stratified fit without covariate effects shared across strata: the log-likelihoods of the strata add up."""
    time, event, X, entry = simulated(11, n=60)
    stratum = np.arange(60) % 3
    fit = cox(time, event, X, entry=entry, stratum=stratum)
    parts = [by_definition(time[s], event[s], X[s], entry[s], "efron") for s in (stratum == k for k in range(3))]
    b = fit.curve["coefficient"]
    assert fit["log_likelihood"] == pytest.approx(sum(at(b)[0] for at in parts))
    information = sum(at(b)[1] for at in parts)
    assert fit.curve["std_error"] == pytest.approx(np.sqrt(np.diag(np.linalg.inv(information))))
    for j, sign in itertools.product(range(2), (-1, 1)):
        moved = b.copy()
        moved[j] += sign * 1e-3
        assert sum(at(moved)[0] for at in parts) < fit["log_likelihood"]


@few
@given(st.integers(0, 100_000))
def test_degenerate_samples_never_crash_and_are_never_silent(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 9))
    time, event = rng.integers(1, 5, n).astype(float), rng.integers(0, 2, n)
    X = np.column_stack([rng.integers(0, 2, n), rng.normal(size=n)])[:, : rng.integers(1, 3)]
    entry = time - rng.integers(1, 4, n)
    for result in (
        cox(time, event, X, entry=entry),
        cox(time, event, X, ties="breslow", stratum=rng.integers(0, 2, n)),
        cox(time, event, X, interval="profile"),
        firth_cox(time, event, X),
        proportional_hazards(time, event, X),
    ):
        assert result.note or np.isfinite(list(result.values.values())).all()
        assert result.note or np.isfinite(result.curve["p_value"]).all()


def separating(seed: int):
    """Follow-up that covariates of very different sizes order, wholly or in part."""
    rng = np.random.default_rng(seed)
    n, k = int(rng.choice([5, 6, 8, 10, 15, 20, 30, 60])), int(rng.integers(1, 4))
    columns = [
        rng.normal(size=n) * 10.0 ** rng.integers(-3, 4) if rng.random() < 0.5 else rng.integers(0, 2, n) for _ in range(k)
    ]  # fmt: skip
    X = np.column_stack(columns).astype(float)
    line = X @ (rng.normal(size=k) / np.maximum(X.std(axis=0), 1e-9))
    time = np.argsort(np.argsort(-line)) + 1.0
    time = np.ceil(time / 2) if rng.random() < 0.5 else time
    time = np.ceil(rng.exponential(10, n)) if rng.random() < 0.5 else time
    event = (rng.random(n) < rng.uniform(0.2, 1)).astype(int)
    return time, (X[:, 0] > np.median(X[:, 0])).astype(int) if rng.random() < 0.3 else event, X


# the first three have several maxima, along the profile too; the fourth is ordered completely
@pytest.mark.parametrize("seed", [17, 49, 144, 24, 0, 3])
def test_firth_cox_reaches_a_maximum_that_nothing_near_exceeds(seed):
    time, event, X = separating(seed)
    fit = firth_cox(time, event, X)
    assert not fit.note
    low, b, high = (fit.curve[name] for name in ("ci_low", "hazard_ratio", "ci_high"))
    assert ((low <= b) & (b <= high)).all()
    rng = np.random.default_rng(seed)
    for _ in range(20):
        shift = rng.normal(size=X.shape[1]) / X.std(axis=0) * 10.0 ** rng.integers(-3, 2)
        other = firth_likelihood(time, event, X, fit.curve["coefficient"] + shift)
        assert other <= fit["log_likelihood"] + 1e-7


# of the first three coxphf 1.13 has 0.0551869, 12.1447785 and 30.2918970, without a warning: there the profile, in numbers of 50
# digits, has fallen by 0.077, 1.6 and 0.31 less than it should have; of the last two a branch that few starts lead to was missed
@pytest.mark.parametrize(("seed", "j", "limit"), [
    (16, 0, 0.0560953684), (572, 1, 26.185309639), (928, 1, 38.132599117), (528, 2, None), (588, 2, None)
])  # fmt: skip
def test_a_profile_limit_of_firth_cox_lies_on_the_highest_branch(seed, j, limit):
    time, event, X = separating(seed)
    fit = firth_cox(time, event, X)
    end = np.log(fit.curve["ci_high" if limit else "ci_low"][j])
    assert limit is None or end == pytest.approx(limit, rel=1e-8)
    rng = np.random.default_rng(seed)
    starts = [rng.normal(size=X.shape[1]) / X.std(axis=0) * length for length in (1, 3, 10, 30) for _ in range(15)]
    model = Jeffreys(RiskSets.of(time, event.astype(bool)), X, j)
    best = model.highest([fit.curve["coefficient"], *starts], end)
    assert firth_likelihood(time, event, X, best.beta) == pytest.approx(best.value, abs=1e-7)
    assert best.value == pytest.approx(fit["log_likelihood"] - chi2.ppf(0.95, 1) / 2, abs=1e-7)


def test_a_patient_who_is_never_at_risk_changes_nothing_however_far_away():
    time, event, X, _ = simulated(4)
    many = cox(np.append(time + 1, 0.5), np.append(event, 0), np.append(X[:, 1], 1e6))
    assert many.curve["coefficient"] == pytest.approx(cox(time, event, X[:, 1]).curve["coefficient"], rel=1e-6)


def test_per_unit_of_a_covariate_of_tiny_numbers_a_ratio_has_no_end():
    time, event, X, _ = simulated(4)
    for fit in (cox, firth_cox):
        assert np.isinf(fit(time, event, X * 1e-9).curve["ci_high"]).any()


def test_of_a_large_sample_the_penalised_likelihood_is_summed_over_sorted_times():
    time, event, X, entry = simulated(3, n=60)
    dense = Jeffreys(RiskSets.of(time, event.astype(bool), entry), X)
    points = np.random.default_rng(3).normal(size=(2, 2))
    large = [dense._swept(one[None]) for one in points]
    assert np.concatenate([one.value for one in large]) == pytest.approx(dense.at(points).value, rel=1e-12)
    assert np.concatenate([one.slope for one in large]) == pytest.approx(dense.at(points).slope, rel=1e-9)
    assert dense.heights(points) == pytest.approx(dense.at(points).value, rel=1e-12)


def firth_likelihood(time, event, X, b):
    """The penalised log-likelihood, risk set by risk set, in long floats."""
    b, value, information = b.astype(np.longdouble), np.longdouble(0), np.zeros((len(b), len(b)), dtype=np.longdouble)
    for i in np.flatnonzero(event):
        there = X[time >= time[i]].astype(np.longdouble)
        eta = there @ b
        share = np.exp(eta - eta.max())
        share /= share.sum()
        apart = there - share @ there
        information += (apart * share[:, None]).T @ apart
        value += X[i] @ b - eta.max() - np.log(np.exp(eta - eta.max()).sum())
    sign, log_det = np.linalg.slogdet(information.astype(float))
    return float(value) + log_det / 2 if sign > 0 else -np.inf


def enumerated(time, event, x, b: float) -> float:
    """Log of the exact conditional likelihood: for each event time the sum over all choices of as many patients at risk."""
    total = 0.0
    for t in np.unique(time[event]):
        at_risk, dead = np.flatnonzero(time >= t), np.flatnonzero((time == t) & event)
        choices = [b * x[list(choice)].sum() for choice in itertools.combinations(at_risk, len(dead))]
        total += b * x[dead].sum() - np.log(np.exp(choices).sum())
    return total


@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_exact_ties_are_the_sum_over_all_choices(data):
    n = data.draw(st.integers(4, 9))
    time = np.array(data.draw(st.lists(st.integers(1, 3), min_size=n, max_size=n)), float)
    event = np.array(data.draw(st.lists(st.booleans(), min_size=n, max_size=n)))
    x = np.array(data.draw(st.lists(st.integers(0, 4), min_size=n, max_size=n)), float)
    found = cox(time, event, x, ties="exact")
    if "log_likelihood" in found.values and not np.isnan(found["coefficient"]):
        b = found["coefficient"]
        assert found["log_likelihood_null"] == pytest.approx(enumerated(time, event, x, 0.0))
        assert found["log_likelihood"] == pytest.approx(enumerated(time, event, x, b))
        assert enumerated(time, event, x, b) >= max(enumerated(time, event, x, b + step) for step in (-1e-3, 1e-3))
        late = cox(time, event, x, ties="exact", entry=np.full(n, -1.0))  # all come before the first event
        assert late["coefficient"] == pytest.approx(b) and late["std_error"] == pytest.approx(found["std_error"])


def test_without_ties_all_ways_to_treat_them_are_one():
    time, event, x = np.arange(1.0, 9), np.array([1, 1, 0, 1, 1, 0, 1, 1]), np.array([1.0, 0, 3, 2, 2, 1, 0, 4])
    found = [cox(time, event, x, ties=ties)["coefficient"] for ties in ("efron", "breslow", "exact")]
    assert found == pytest.approx([found[0]] * 3)


def test_clusters_of_one_are_the_robust_errors_and_one_cluster_has_none():
    time, event, x = np.arange(1.0, 9), np.array([1, 1, 0, 1, 1, 0, 1, 1]), np.array([1.0, 0, 3, 2, 2, 1, 0, 4])
    robust, ones = cox(time, event, x, robust=True), cox(time, event, x, cluster=np.arange(8))
    assert robust["std_error"] == pytest.approx(ones["std_error"]) and ones["clusters"] == 8
    assert "one cluster only" in cox(time, event, x, cluster=np.zeros(8)).note
    twice = cox(
        np.repeat(time, 2), np.repeat(event, 2), np.repeat(x, 2), ties="breslow", cluster=np.repeat(np.arange(8), 2)
    )
    assert twice["std_error"] == pytest.approx(cox(time, event, x, ties="breslow", robust=True)["std_error"])


def test_what_has_no_robust_errors_is_refused_and_too_many_ties_are_not_listed():
    time, event, x = np.arange(1.0, 5), np.ones(4), np.array([1.0, 0, 3, 2])
    for options in ({"interval": "profile"}, {"ties": "exact"}):
        with pytest.raises(ValueError, match="robust: neither a profile likelihood nor exact ties"):
            cox(time, event, x, robust=True, **options)
    many = np.repeat([1.0, 2.0], 2000)
    assert "too many ties" in cox(many, np.ones(4000), np.arange(4000) % 7, ties="exact").note


FIRTH = [row for row in csv.DictReader((Path(__file__).parents[1] / "fixtures" / "firth.csv").open(encoding="utf-8")) if row["model"] == "cox"]  # fmt: skip


@pytest.mark.parametrize("seed", sorted({row["seed"] for row in FIRTH}))
def test_firth_cox_against_coxphf(seed):
    """Samples in which coxphf 1.13 converges, with its own settings."""
    time, event, X = separating(int(seed))
    curve = firth_cox(time, event, X).curve
    for row in (row for row in FIRTH if row["seed"] == seed):
        j = int(row["coefficient"][1:]) - 1
        error = 1e-3 * curve["std_error"][j]
        assert curve["coefficient"][j] == pytest.approx(float(row["estimate"]), abs=error)
        assert np.log(curve["ci_low"][j]) == pytest.approx(float(row["low"]), abs=error)
        assert np.log(curve["ci_high"][j]) == pytest.approx(float(row["high"]), abs=error)
        assert curve["p_value"][j] == pytest.approx(float(row["p_value"]), abs=1e-4)


def test_of_a_likelihood_that_still_rises_there_is_no_ratio_test():
    """It rises for ever with x, on three scales: where the climb ends it is at its end, or far from it."""
    time, event = np.array([1, 2, 3]), np.array([True, True, True])
    near = cox(time, event, np.array([2.0, 1.0, 0.0]))
    assert near.note.startswith("not estimable: monotone likelihood")
    assert near["lr_statistic"] == pytest.approx(2 * np.log(6), rel=1e-9)  # from 1/3 * 1/2 to 1
    for x in (
        [101, 100, 0],
        [1e4 + 1, 1e4, 0],
        [1e6 + 0.01, 1e6, 0],
    ):  # between the first two the climb ends on the way
        far = cox(time, event, np.array(x))
        assert far.note.startswith("not estimable: monotone likelihood") and "lr_statistic" not in far.values
