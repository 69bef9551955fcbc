"""Multiple imputation: the distribution that mice imputes, what is known stays, the seed decides, Rubin's rules at their ends."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stats.concordance import data
from trialpress.stats.imputation import imputed, pooled, pooled_test
from trialpress.stats.linear import regression
from trialpress.stats.logistic import logistic

# pooled estimates and their variances within and between by R mice 3.15.0, 400 imputations of 10 iterations, seed 5:
# airquality, Ozone ~ Solar.R + Wind + Temp, all by pmm; birthwt with gaps in lwt (pmm) and smoke (logreg), low ~ age + lwt + smoke + ht
AIR = {"Solar.R": (0.061360628, 4.0803884e-04, 9.9147315e-05), "Wind": (-2.987357534, 0.31575083, 0.10521937),
       "Temp": (1.593275486, 0.047208189, 0.016336087)}  # fmt: skip
BIRTH = {"lwt": (-0.018536209, 4.8972012e-05, 1.7499871e-05), "smoke": (0.659499756, 0.11224362, 0.016791738)}


def compare(found: dict[str, tuple[list, list]], theirs: dict, m: int) -> None:
    """The estimates within four Monte Carlo errors, the variances within an eighth and a third."""
    for name, (estimate, within, between) in theirs.items():
        Q, U = (np.array(values) for values in found[name])
        assert abs(Q.mean() - estimate) < 4 * np.sqrt(between / m + between / 400)
        assert U.mean() == pytest.approx(within, rel=1 / 8) and Q.var(ddof=1) == pytest.approx(between, rel=1 / 3)


def test_numbers_are_imputed_as_mice_does():
    columns = data("imputation-airquality")
    m, found = 80, {name: ([], []) for name in AIR}
    for one in imputed(np.column_stack(list(columns.values())), [False] * 4, imputations=m, seed=1):
        curve = regression(one[:, 0], one[:, 1:]).curve
        for at, name in enumerate(AIR):
            found[name][0].append(curve["estimate"][at])
            found[name][1].append(curve["std_error"][at] ** 2)
    compare(found, AIR, m)


def test_true_and_false_are_imputed_as_mice_does():
    columns = data("imputation-birthwt")
    m, found = 40, {name: ([], []) for name in BIRTH}
    for one in imputed(
        np.column_stack(list(columns.values())), [True, False, False, True, True], imputations=m, iterations=4, seed=2
    ):
        result = logistic(one[:, 0], one[:, 1:], list(columns)[1:])
        for name in BIRTH:
            found[name][0].append(result[f"estimate:{name}"])
            found[name][1].append(result[f"standard_error:{name}"] ** 2)
    compare(found, BIRTH, m)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.integers(3, 12), st.floats(0.05, 0.7))
def test_what_is_known_stays_and_the_seed_decides(seed, n, share):
    rng = np.random.default_rng(seed)
    whole = np.column_stack([rng.normal(size=n), rng.integers(0, 2, n), rng.normal(size=n) * 1e9])
    gaps = rng.random(whole.shape) < share
    gaps[0] = False
    cut = np.where(gaps, np.nan, whole)
    one, other = (list(imputed(cut, [False, True, False], imputations=2, iterations=2, seed=seed)) for _ in range(2))
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a, b)
        np.testing.assert_array_equal(a[~gaps], whole[~gaps])
        assert all(np.isin(a[:, j], whole[~gaps[:, j], j]).all() for j in range(3))  # values that somebody has


def test_a_column_without_a_known_value_is_refused():
    with pytest.raises(ValueError, match="no known value in column 1"):
        list(imputed([[1.0, np.nan], [2, np.nan]], [False, False], seed=1))


def test_without_gaps_the_pooled_result_is_that_of_the_data():
    found = pooled([2.0] * 5, [0.25] * 5, 20)
    assert (found["estimate"], found["std_error"]) == (2.0, 0.5)
    assert found["df"] == pytest.approx(21 / 23 * 20)  # Barnard and Rubin's, for complete data too
    assert pooled([2.0] * 5, [0.25] * 5, np.inf)["df"] == np.inf
    assert pooled([2.0], [0.25], 9).note == "not estimable: fewer than two imputations"
    assert pooled([2.0, 2.0], [0.0, 0.0], 9).note == "not estimable: no variation"


@given(st.lists(st.floats(-5, 5), min_size=6, max_size=9), st.floats(0.1, 9))
@settings(max_examples=50, deadline=None)
def test_the_pooled_test_of_one_coefficient_is_its_own(estimates, variance):
    one = pooled(estimates, [variance] * len(estimates), 60)
    found = pooled_test([[q] for q in estimates], [[[variance]]] * len(estimates), 60)
    if np.isfinite(found["statistic"]):
        assert found["statistic"] == pytest.approx((one["estimate"] / one["std_error"]) ** 2, abs=1e-9)
    else:
        assert found.note == "not estimable: too much information is missing for the participants that there are"


def test_what_cannot_be_pooled_says_why():
    assert (
        pooled_test([[1.0]] * 5, [[[1.0]]] * 5, 9).note
        == "not estimable: too few imputations (5) for a test of 1 coefficient"
    )
    large = "not estimable: the values are too small or too large to have a variance"
    assert pooled([1, 2], [np.inf, 1], 9).note == large
    assert pooled_test([[1.0, 2]] * 5, [np.zeros((2, 2))] * 5, 9).note == large
