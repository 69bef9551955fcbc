import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.stats import multivariate_normal
from trialpress.stats import pooling
from trialpress.stats.pooling import TAU2, TRANSFORMS, pooled_proportion

few = settings(max_examples=15, deadline=None)
trials = st.lists(st.tuples(st.integers(0, 30), st.integers(1, 30)), min_size=3, max_size=7)

# Colditz et al. 1994: tuberculosis after BCG vaccination, events and non-events of treated and controls in 13 trials.
BCG = np.array(
    [
        [4, 6, 3, 62, 33, 180, 8, 505, 29, 17, 186, 5, 27],
        [119, 300, 228, 13536, 5036, 1361, 2537, 87886, 7470, 1699, 50448, 2493, 16886],
        [11, 29, 11, 248, 47, 372, 10, 499, 45, 65, 141, 3, 29],
        [128, 274, 209, 12619, 5761, 1079, 619, 87892, 7232, 1600, 27197, 2338, 17825],
    ]
)


@pytest.mark.parametrize(
    ("estimator", "published"),
    [(pooling._dersimonian_laird, 0.3088), (pooling._paule_mandel, 0.3181), (pooling._reml, 0.3132)],
)
def test_tau2_of_the_bcg_trials(estimator, published):
    """Log risk ratios; tau2 as in Viechtbauer 2010, Journal of Statistical Software 36(3), and metafor's manual."""
    a, b, c, d = BCG
    y = np.log(a / (a + b)) - np.log(c / (c + d))
    assert estimator(y, 1 / a - 1 / (a + b) + 1 / c - 1 / (c + d)) == pytest.approx(published, abs=5.1e-5)


def test_reml_against_the_likelihood_of_contrasts():
    """REML is the likelihood of k - 1 contrasts that do not involve the mean."""
    y, v = np.array([0.2, 1.4, -0.6, 0.9, 2.1]), np.array([0.1, 0.3, 0.2, 0.05, 0.4])
    contrasts = np.eye(5)[1:] - np.eye(5)[:-1]

    def negative(t):
        return -multivariate_normal(cov=contrasts @ np.diag(v + t) @ contrasts.T).logpdf(contrasts @ y)

    best = minimize_scalar(negative, bounds=(0, 10), method="bounded", options={"xatol": 1e-9})
    assert pooling._reml(y, v) == pytest.approx(best.x, abs=1e-6)


@few
@given(trials, st.sampled_from(list(TRANSFORMS)), st.sampled_from(list(TAU2)))
def test_pooling_is_symmetric(groups, transform, tau2):
    """Non-events mirror events; the order of the trials does not matter."""
    events, others = map(np.array, zip(*groups, strict=True))
    N = events + others
    one = pooled_proportion(events, N, transform=transform, tau2=tau2)
    mirrored = pooled_proportion(others, N, transform=transform, tau2=tau2)
    shuffled = pooled_proportion(events[::-1], N[::-1], transform=transform, tau2=tau2)
    for a, b in (("estimate", "estimate"), ("ci_low", "ci_high"), ("prediction_low", "prediction_high")):
        assert one[a] == pytest.approx(1 - mirrored[b], abs=1e-6)
    for name, value in one.values.items():
        assert shuffled[name] == pytest.approx(value, rel=1e-6, abs=1e-6)
    assert 0 <= one["ci_low"] <= one["estimate"] + 1e-12 and one["estimate"] <= one["ci_high"] + 1e-12 <= 1 + 2e-12


def test_equal_trials_are_homogeneous():
    result = pooled_proportion([10, 10, 10], [40, 40, 40], knapp_hartung=False)
    assert result["estimate"] == pytest.approx(0.25)
    assert (result["tau2"], result["i2"]) == (0, 0)


def test_zero_cells_are_said_and_what_is_missing_too():
    assert pooled_proportion([0, 3, 4], [5, 9, 8]).note == "1/2 added to every cell"
    assert "two trials" in pooled_proportion([1, 3], [5, 9]).note
    assert math.isnan(pooled_proportion([1], [5])["estimate"])
    assert pooled_proportion([1], [5]).note == "not estimable: fewer than two trials"
    assert pooled_proportion([9, 7, 8], [9, 7, 8], transform="freeman-tukey")["ci_high"] == 1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: pooled_proportion([1, 6], [5, 5]), r"events: more events than patients \(totals\) at position 1"),
        (lambda: pooled_proportion([1, 0], [5, 0]), "totals: no patients at position 1"),
        (lambda: pooled_proportion([1, 2], [5, 5], tau2="ml"), "transform, tau2: must be among"),
        (lambda: pooled_proportion([1, 2], [5]), r"events: has shape \(2,\) where totals has \(1,\)"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()
