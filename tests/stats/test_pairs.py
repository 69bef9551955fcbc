"""What is found among pairs that are not held is what is found among those that are, to the last digit."""

import numpy as np
import pytest
from trialpress.stats import continuous, stratified_ranks
from trialpress.stats.continuous import mann_whitney, signed_rank
from trialpress.stats.pairs import Pairs, walsh
from trialpress.stats.stratified_ranks import van_elteren


def drawn(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Two samples: smooth, with ties, of one decimal, or of very different sizes."""
    rng = np.random.default_rng(seed)
    a, b = (
        rng.normal(0.3, 1, rng.integers(2, 90)),
        rng.standard_t(2, rng.integers(50, 90)) * 10.0 ** rng.integers(-3, 4),
    )
    return [(a, b), (a.round(), b.round()), (a.round(1), b.round(1)), (a * 1e6, a[:1] * 1e-6)][seed % 4]


@pytest.mark.parametrize("seed", range(24))
def test_shifts_are_the_same(seed, monkeypatch):
    a, b = drawn(seed)
    strata = np.arange(len(a)) % 3, np.arange(len(b)) % 4
    asked = (lambda: mann_whitney(a, b), lambda: signed_rank(a), lambda: van_elteren(a, b, *strata))
    held = [ask() for ask in asked]
    for module in (continuous, stratified_ranks):
        monkeypatch.setattr(module, "PAIRS", 0)
    for known, ask in zip(held, asked, strict=True):
        if "exact" not in known.method:
            found = ask()
            assert (found.values, found.note) == (pytest.approx(known.values, rel=0, abs=0, nan_ok=True), known.note)


def test_a_hundred_thousand_pairs_of_patients():
    """Walsh averages of 0, 1, ..., 99,999 are 0, 0.5, ..., 99,999; 5 x 10^9 of them."""
    pairs = Pairs([walsh(np.arange(100_000.0))])
    assert (pairs.least, pairs.most, pairs.total) == (0, 99_999, 100_000 * 100_001 / 2)
    assert pairs.median() == 49_999.5
    assert pairs.around(0.75) == (0.5, 1.0, 2)


def test_the_shift_of_a_registry():
    """100,000 patients, of whom half have 2.5 more: every difference of two of one kind is a whole number and 2.5."""
    a = np.arange(50_000) % 7
    result = mann_whitney(a + 2.5, a)
    assert (result["estimate"], result["ci_low"], result["ci_high"]) == (2.5, 2.5, 2.5)
