import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from trialpress.stats.kinetics import exposure, geometric_mean, geometric_mean_ratio


def run(time, c, until=28, limit=1, blq="zero"):
    return exposure(time, c, until=until, limit=limit, blq=blq)


def test_exposure_by_hand():
    """0 to 8 linear, then from 8 at day 4 to 4 at day 7 on the logarithmic line to 2 at day 10."""
    result = run([0, 4, 10, 20, 30], [0, 8, 2, 1.5, 1], until=7)
    assert result["auc"] == pytest.approx(4 * 8 / 2 + (8 - 4) * 3 / math.log(2))
    assert (result["cmax"], result["tmax"], result["tlast"], result["n_blq"]) == (8, 4, 30, 1)


def test_the_area_is_the_integral_of_the_interpolation():
    t, c = np.array([0, 3, 7, 10, 14, 21, 28.0]), np.array([0, 40, 900, 2500, 800, 60, 12.0])

    def curve(x):
        k = min(int(np.searchsorted(t, x, side="right")), len(t) - 1)
        share = (x - t[k - 1]) / (t[k] - t[k - 1])
        return c[k - 1] * (c[k] / c[k - 1]) ** share if c[k] < c[k - 1] else c[k - 1] + share * (c[k] - c[k - 1])

    for until in (9, 14, 25):
        area = sum(quad(curve, a, min(b, until))[0] for a, b in zip(t, t[1:], strict=False) if a < until)
        assert run(t, c, until=until)["auc"] == pytest.approx(area, rel=1e-7)


def test_an_area_from_day_0_needs_a_value_of_day_0_or_says_that_one_was_put_in():
    t, c = [4, 7, 14, 28], [1000, 20000, 5000, 200]
    assert math.isnan(run(t, c, limit=50)["auc"])
    zero, whole = exposure(t, c, until=28, limit=50, blq="half", start="zero"), run([0, *t], [0, *c], limit=50)
    assert zero["auc"] == whole["auc"] and "C(0) = 0" in zero.method and "C(0)" not in whole.method
    assert (zero["n"], zero["cmax"], zero["tmax"]) == (4, 20000, 7)


def test_half_life_of_an_exponential():
    t = np.array([1, 2, 4, 8, 16, 32.0])
    assert run(t, 1000 * 0.5 ** (t / 5))["half_life"] == pytest.approx(5)


def test_the_rule_below_the_limit():
    t, c = [0, 7, 14, 21, 28], [0.2, 10, 0.4, 4, 0.3]
    areas = {rule: run(t, c, blq=rule)["auc"] for rule in ("zero", "half")}
    assert areas["zero"] == pytest.approx(35 + 35 + 14 + 14)
    assert areas["half"] == pytest.approx(35 + 7 * 9.5 / math.log(20) + 7 * 4.5 / 2 + 7 * 3.5 / math.log(8))
    missing = run(t, c, blq="missing")
    assert math.isnan(missing["auc"]) and "last value used is of day 21" in missing.note
    assert run(t, c, blq="missing", until=21)["auc"] == pytest.approx(35 + 14 * 6 / math.log(2.5))
    assert "below 1: 0 before the first quantifiable value, half the limit after it" in run(t, c, blq="half").method


@settings(max_examples=20, deadline=None)
@given(st.floats(0.01, 100), st.lists(st.floats(1, 1e5), min_size=4, max_size=8))
def test_exposure_scales_with_the_unit(unit, c):
    t, c = np.arange(len(c)) * 4.0, np.array(c)
    one, other = run(t, c, until=10), run(t, unit * c, until=10, limit=unit * 0.999)
    for name in ("cmax", "auc"):
        assert other[name] == pytest.approx(unit * one[name], rel=1e-9)
    assert other["tmax"] == one["tmax"]


def test_geometric_means():
    assert geometric_mean([1, 100])["geometric_mean"] == pytest.approx(10)
    a, b = geometric_mean_ratio([1, 4, 9], [2, 3, 8, 5]), geometric_mean_ratio([2, 3, 8, 5], [1, 4, 9])
    assert a["ratio"] == pytest.approx(1 / b["ratio"])
    assert a["ci_low"] == pytest.approx(1 / b["ci_high"])


@pytest.mark.parametrize(
    ("result", "why"),
    [
        (lambda: run([0, 7], [0, 0.5]), "no quantifiable value"),
        (lambda: run([0, 7, 14], [0, 5, 3]), "AUC not estimable: last value used is of day 14"),
        (lambda: run([0, 7, 28], [0, 5, 3]), "half-life not estimable: fewer than three"),
        (lambda: run([0, 7, 14, 21, 28], [0, 9, 3, 4, 5]), "half-life not estimable: the concentration does not fall"),
        (lambda: geometric_mean([]), "no value"),
        (lambda: geometric_mean([3]), "no variation"),
        (lambda: geometric_mean_ratio([3], [4, 5]), "fewer than two values"),
        (lambda: geometric_mean([1, 0, 0]), "not estimable: 2 values of 0"),
        (lambda: geometric_mean([1, -1]), "not estimable: 1 value of 0 or below"),
        (lambda: geometric_mean_ratio([3, 0], [4, 5]), "not estimable: 1 value of 0"),
        (lambda: run([4, 7, 28], [2, 5, 3]), "AUC not estimable: first value is of day 4"),
    ],
)
def test_not_estimable(result, why):
    assert why in result().note


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: run([0, 7, 7], [0, 1, 2]), "time: time that does not increase at position 2"),
        (lambda: run([0, -1], [0, 1]), "time: negative time at position 1"),
        (lambda: run([0, 1], [0, -1]), "concentration: negative concentration at position 1"),
        (lambda: run([0, 1], [0, 1, 2]), "concentration: has 3 values where 2 are needed"),
        (lambda: run([0, 1], [0, 1], blq="drop"), "blq: must be one of zero, half, missing"),
        (lambda: run([0, 1], [0, 1], limit=0), "limit, until: must be positive"),
        (
            lambda: exposure([0, 1], [0, 1], until=1, limit=1, blq="zero", start="none"),
            "start: must be one of measured, zero, first",
        ),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()
