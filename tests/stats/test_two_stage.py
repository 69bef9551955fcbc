"""Two-stage designs: Simon's tables, Lee & Liu's example, and what inference must keep. Values beside R's: cases_two_stage."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from trialpress.stats import two_stage
from trialpress.stats.proportions import binomial_pmf, simon_two_stage
from trialpress.stats.two_stage import inference, predictive_probability, search

# Each row is also the result of R clinfun's ph2simon (1.1.5), and of a search, apart from this project's, of every n1 < n, r1
# and r by plain loops over binomial probabilities: the designs are the only optimal and minimax ones.
# Simon 1989, tables 1 and 2: p0, p1, alpha, beta, then r1/n1 r/n of the optimal and of the minimax design
PUBLISHED = """
.05 .25 .10 .10  0 9 2 24   0 13 2 20
.05 .25 .05 .20  0 9 2 17   0 12 2 16
.05 .25 .05 .10  0 9 3 30   0 15 3 25
.10 .30 .10 .10  1 12 5 35  1 16 4 25
.10 .30 .05 .20  1 10 5 29  1 15 5 25
.10 .30 .05 .10  2 18 6 35  2 22 6 33
.20 .40 .10 .10  3 17 10 37 3 19 10 36
.20 .40 .05 .20  3 13 12 43 4 18 10 33
.30 .50 .05 .20  5 15 18 46 6 19 16 39
.70 .90 .10 .10  6 9 22 28   11 16 20 25
.70 .90 .05 .20  4 6 22 27  19 23 21 26
.70 .90 .05 .10  11 15 29 36 13 18 26 32
.05 .20 .05 .20  0 10 3 29  0 13 3 27
.10 .25 .05 .20  2 18 7 43  2 22 7 40
"""
ROWS = [[float(word) for word in line.split()] for line in PUBLISHED.split("\n") if line]


@pytest.mark.parametrize("row", ROWS, ids=[" ".join(f"{x:g}" for x in row[:4]) for row in ROWS])
def test_the_designs_that_simon_published(row):
    for design, published in zip(search(*row[:4]), (row[4:8], row[8:]), strict=True):
        assert [design[name] for name in ("r1", "n1", "r", "n")] == published
        assert design["alpha"] <= row[2] and design["power"] >= 1 - row[3]


def test_simon_published_the_expected_number_and_the_early_stop():
    optimal, minimax = search(0.1, 0.3, 0.05, 0.2)
    assert [round(design["expected_n"], 1) for design in (optimal, minimax)] == [15.0, 19.5]
    assert [round(design["early_stop"], 2) for design in (optimal, minimax)] == [0.74, 0.55]


def test_a_design_that_is_too_large_says_so(monkeypatch):
    monkeypatch.setattr(two_stage, "LARGEST", 20)
    assert search(0.1, 0.3, 0.05, 0.21)[0].note == "not estimable: no design with up to 20 participants"


@settings(max_examples=25, deadline=None)
@given(st.integers(3, 12), st.integers(1, 12), st.data())
def test_the_p_value_rejects_what_the_design_rejects(n1, n2, data):
    r1 = data.draw(st.integers(0, n1 - 1))
    r = data.draw(st.integers(r1, n1 + n2 - 1))
    p0 = data.draw(st.floats(0.05, 0.8))
    alpha = simon_two_stage(r1, n1, r, n1 + n2, p0, 0.9)["alpha"]
    x1, x2 = data.draw(st.integers(r1 + 1, n1)), data.draw(st.integers(0, n2))
    found = inference(x1, n1, x2, n2, r1, r, n1 + n2, p0)
    assert (found["p_value"] <= alpha * (1 + 1e-9)) == (x1 + x2 > r)
    assert 0 <= found["ci_low"] <= found["estimate"] <= found["ci_high"] <= 1
    assert (found["p_value"] <= 0.025) == (p0 <= found["ci_low"]) or abs(found["p_value"] - 0.025) < 1e-6


@pytest.mark.parametrize(("outcome", "p_value", "interval"), [
    ((2, 10, 4, 19, 1, 5, 29, 0.1), 0.0471, (0.2147, 0.1015, 0.4007)),  # section 3.4
    ((7, 19, 10, 23, 6, 16, 39, 0.3), 0.0828, (0.4046, 0.2821, 0.5460)),  # sections 4.1 and 4.2: 23 where 20 were planned
    ((7, 19, 0, 33, 3, 10, 54, 0.2), 0.5449, (0.1899, 0.0753, 0.3594)),  # nobody of the second stage responded
])  # fmt: skip
def test_examples_of_koyama_and_chen(outcome, p_value, interval):
    """What the program of the authors (TwoStageInf, 2021) gives for the examples of their paper, which it names."""
    found = inference(*outcome, level=0.9)
    assert round(found["p_value"], 4) == p_value
    assert tuple(round(found[name], 4) for name in ("estimate", "ci_low", "ci_high")) == interval


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6))
def test_another_second_stage_keeps_the_error(seed):
    """Whatever its size, p <= alpha of the planned design where the conditional p-value is within the conditional error; so the
    error over both stages is at most alpha."""
    rng = np.random.default_rng(seed)
    n1, n2, actual, p0 = (
        int(rng.integers(3, 10)),
        int(rng.integers(2, 10)),
        int(rng.integers(1, 14)),
        rng.uniform(0.1, 0.6),
    )
    r1 = int(rng.integers(0, n1 - 1))
    r = int(rng.integers(n1, n1 + n2)) if n2 > 1 else n1
    assume(r < n1 + n2 and actual != n2)
    alpha = simon_two_stage(r1, n1, r, n1 + n2, p0, 0.9)["alpha"]
    error, one, two = 0.0, binomial_pmf(n1, p0), binomial_pmf(actual, p0)
    for x1 in range(r1 + 1, n1 + 1):
        if r + 1 - x1 > n2:  # the planned second stage could not have rejected
            continue
        for x2 in range(actual + 1):
            p = inference(x1, n1, x2, actual, r1, r, n1 + n2, p0)["p_value"]
            error += one[x1] * two[x2] * (p <= alpha * (1 + 1e-9))
    assert error <= alpha * (1 + 1e-6)


@settings(max_examples=20, deadline=None)
@given(st.integers(2, 8), st.integers(1, 8), st.floats(0.05, 0.95), st.data())
def test_the_unbiased_estimate_is(n1, n2, p, data):
    r1 = data.draw(st.integers(0, n1 - 1))
    mean = 0.0
    for x1, first in enumerate(binomial_pmf(n1, p)):
        for x2, second in enumerate(binomial_pmf(n2, p) if x1 > r1 else [1.0]):
            found = inference(x1, n1, x2, n2 if x1 > r1 else 0, r1, n1 + n2 - 1, n1 + n2, 0.5)
            mean += first * second * found["umvue"]
    assert mean == pytest.approx(p, rel=1e-9)


def test_lee_and_liu():
    found = predictive_probability(16, 23, 40, 0.6, 0.9, a=0.6, b=0.4)  # 2008, table 1
    assert (round(found["predictive"], 4), found["needed"]) == (0.5656, 28)
    assert predictive_probability(30, 40, 40, 0.6, 0.9)["predictive"] == 1
    assert predictive_probability(3, 41, 40, 0.6, 0.9).note == "not estimable: 41 participants where 40 were planned"


@pytest.mark.parametrize(("x1", "x2", "n2", "note"), [
    (3, 0, 0, "not estimable: the first stage called for a second one, which has no participants"),
    (1, 2, 9, "not estimable: the first stage called for a stop, and there were participants after it"),
])  # fmt: skip
def test_a_trial_that_left_its_design_says_so(x1, x2, n2, note):
    assert inference(x1, 10, x2, n2, 1, 5, 29, 0.1).note == note
