"""Bootstrap and permutation: vectorised, seeded, the same on any number of workers.

Replicates come in blocks of fixed size, each with its own child of the seed (SeedSequence.spawn): which worker computes a
block, and when, cannot change it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from scipy.special import ndtr, ndtri

from .result import Result, indicator, not_estimable, numbers, probability

BLOCK = 1000
HELD = 1_000_000  # values of replicates, or of samples without one patient, at a time
TIE = 1e-9  # of the largest: what is nearer is equal, but for the rounding of sums


def bootstrap(
    samples: Sequence,
    statistic: Callable[..., np.ndarray],
    *,
    seed: int,
    resamples: int = 10_000,
    interval: str = "bca",
    level: float = 0.95,
    workers: int = 1,
    left_out: Callable[..., Sequence[np.ndarray]] | None = None,
) -> Result:
    """Nonparametric bootstrap interval of a statistic of one or more independent samples (Efron & Tibshirani 1993).

    samples: arrays whose first axis is patients (rows are resampled whole). statistic: called with the samples, each with
    a leading axis of replicates, returns one number per replicate. interval: "percentile" (R boot type perc, without its
    interpolation) or "bca" (bias-corrected and accelerated; acceleration by jackknife). left_out: called with the samples, returns for
    each an array of the statistic without its first, second, ... patient (default: computed one by one, n squared).
    Returns n, estimate, standard_error, ci_low, ci_high, resamples. Not estimable if the statistic does not vary or is
    not finite in a replicate.

    >>> result = bootstrap([np.arange(1, 101)], lambda x: x.mean(axis=1), seed=1)
    >>> print(f"{result['standard_error']:.1f}")
    2.9
    """
    arrays = [np.asarray(sample, dtype=float) for sample in samples]
    for i, array in enumerate(arrays):
        numbers(f"samples[{i}]", array.reshape(-1))
    if interval not in ("percentile", "bca"):
        raise ValueError(f"interval: must be percentile or bca, is {interval!r}")
    title = {"percentile": "percentile", "bca": "BCa"}[interval]
    method = f"{title} bootstrap {100 * probability('level', level):g}% CI, {resamples} resamples, seed {seed}"
    known = {"n": sum(map(len, arrays)), "resamples": resamples}
    names = ("estimate", "standard_error", "ci_low", "ci_high")
    if min(map(len, arrays), default=0) < 2:
        return not_estimable(method, names, "a sample has fewer than two patients", **known)

    def drawn(rng, size):
        return statistic(*(a[rng.integers(0, len(a), (size, len(a)))] for a in arrays))

    def block(rng, size):
        # of one sample the same numbers, few at a time
        most = max(1, HELD // len(arrays[0])) if len(arrays) == 1 else size
        return np.concatenate([drawn(rng, min(most, size - first)) for first in range(0, size, most)])

    estimate = float(statistic(*(a[None] for a in arrays))[0])
    replicates = _replicates(block, resamples, seed, workers)
    if not (np.isfinite(replicates).all() and np.isfinite(estimate)):
        return not_estimable(method, names, "the statistic is not finite in every resample", **known)
    if np.ptp(replicates) == 0:
        return not_estimable(method, names[1:], "the statistic does not vary", **known, estimate=estimate)
    tails = np.array([(1 - level) / 2, (1 + level) / 2])
    if interval == "bca":
        near = TIE * np.ptp(replicates)  # equal but for rounding
        below = ((replicates < estimate - near).mean() + (replicates <= estimate + near).mean()) / 2
        bias = ndtri(below)
        if not np.isfinite(bias):
            return not_estimable(method, names[1:], "all resamples lie on one side", **known, estimate=estimate)
        z = bias + ndtri(tails)
        tails = ndtr(bias + z / (1 - _acceleration(arrays, statistic, left_out) * z))
    low, high = np.quantile(replicates, tails)
    power = np.frexp(np.abs(replicates).max())[1]  # by a power of two: no digit changes, and no square is out of range
    figures = (estimate, np.ldexp(np.ldexp(replicates, -power).std(ddof=1), power), low, high)
    return Result(method, {**known, **dict(zip(names, map(float, figures), strict=True))})


def permutation_test(
    x,
    group,
    statistic: Callable[[np.ndarray, np.ndarray], np.ndarray],
    *,
    seed: int,
    resamples: int = 10_000,
    workers=1,
) -> Result:
    """Permutation test of two groups, two-sided: outcomes at least as far from 0 as the observed one.

    x: data whose first axis is patients (n); group: 0/1 (n). statistic: called with x and labels (replicates x n,
    booleans), returns one number per replicate that is centred at 0 under the hypothesis (a difference, a score).
    Returns n, statistic, p_value ((hits + 1) / (resamples + 1); Phipson & Smyth 2010), standard_error, resamples.

    >>> x, group = np.arange(8), np.repeat([0, 1], 4)
    >>> result = permutation_test(x, group, lambda x, b: np.where(b, x, -x).sum(axis=1), seed=1)
    >>> print(f"{result['p_value']:.2f}")
    0.03
    """
    x = np.asarray(x, dtype=float)
    numbers("x", x.reshape(-1))
    label = indicator("group", group, length=len(x))
    method = f"permutation test, {resamples} permutations, seed {seed}"
    known = {"n": len(x), "resamples": resamples}
    if label.all() or not label.any():
        return not_estimable(method, ("statistic", "p_value", "standard_error"), "one group only", **known)
    observed = float(statistic(x, label[None])[0])

    def block(rng, size):
        return statistic(x, rng.permuted(np.broadcast_to(label, (size, len(label))), axis=1))

    replicates = _replicates(block, resamples, seed, workers)
    extreme = abs(replicates) >= abs(observed) - TIE * abs(replicates).max()
    p = (int(extreme.sum()) + 1) / (resamples + 1)
    error = float(np.sqrt(p * (1 - p) / resamples))
    return Result(method, {**known, "statistic": observed, "p_value": p, "standard_error": error})


def _replicates(block, resamples, seed, workers):
    sizes = [min(BLOCK, resamples - first) for first in range(0, resamples, BLOCK)]
    rngs = [np.random.default_rng(child) for child in np.random.SeedSequence(seed).spawn(len(sizes))]
    if workers == 1:
        return np.concatenate(list(map(block, rngs, sizes)))
    with ThreadPoolExecutor(workers) as pool:
        return np.concatenate(list(pool.map(block, rngs, sizes)))


def median(x) -> np.ndarray:
    """The medians along the last axis, which holds no NaN; numpy's own looks for the two middle values seven times as long.

    >>> print(median(np.array([[3.0, 1.0, 2.0], [6.0, 4.0, 4.0]])), median(np.array([4.0, 1.0, 2.0, 9.0])))
    [2. 4.] 3.0
    """
    half = x.shape[-1] // 2
    apart = np.partition(x, half, axis=-1)
    return apart[..., half] if x.shape[-1] % 2 else (apart[..., :half].max(axis=-1) + apart[..., half]) / 2


def mean_without(x) -> np.ndarray:
    """The mean without each of the values x (n, two or more), in their order.

    >>> print(mean_without(np.array([1.0, 2.0, 6.0])))
    [4.  3.5 1.5]
    """
    return (x.sum() - x) / (len(x) - 1)


def median_without(x) -> np.ndarray:
    """The median without each of the values x (n, two or more), in their order.

    >>> print(median_without(np.array([1.0, 2.0, 6.0])))
    [4.  3.5 1.5]
    """
    n, order = len(x), np.argsort(x, kind="stable")
    values, half, found = x[order], n // 2, np.empty(n)
    if n % 2:
        found[order[:half]] = (values[half] + values[half + 1]) / 2
        found[order[half]] = (values[half - 1] + values[half + 1]) / 2
        found[order[half + 1 :]] = (values[half - 1] + values[half]) / 2
    else:
        found[order[:half]], found[order[half:]] = values[half], values[half - 1]
    return found


def mean(x) -> np.ndarray:
    """The means along the last axis.

    >>> print(mean(np.array([[3.0, 1.0, 2.0], [6.0, 4.0, 5.0]])))
    [2. 5.]
    """
    return x.mean(axis=-1)


STATISTICS = {"mean": (mean, mean_without), "median": (median, median_without)}  # of samples, without each value


def _one_by_one(arrays, statistic):
    for i, a in enumerate(arrays):
        n, found = len(a), []
        for out in np.array_split(np.arange(n), -(-n * n // HELD)):
            kept = np.arange(n - 1) + (np.arange(n - 1) >= out[:, None])
            others = [np.broadcast_to(b, (len(out), *b.shape)) for b in arrays]
            others[i] = a[kept]
            found.append(statistic(*others))
        yield np.concatenate(found)


def _acceleration(arrays, statistic, left_out):
    """From the jackknife influence of every patient of every sample (DiCiccio & Efron 1996, several samples)."""
    each = left_out(*arrays) if left_out else _one_by_one(arrays, statistic)
    influence = np.concatenate([(len(values) - 1) * (values.mean() - values) / len(values) for values in each])
    largest = np.abs(influence).max()
    if not largest > 0:
        return 0.0
    influence = influence / largest  # powers of what is tiny or huge would vanish or overflow
    return (influence**3).sum() / (6 * (influence**2).sum() ** 1.5)
