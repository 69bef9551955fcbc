"""Covariance structures of repeated measures: standard deviations, one or one of each visit, and correlations of visits."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

# name in a plan -> as a sentence has it
STRUCTURES = {
    "unstructured": "unstructured",
    "compound-symmetry": "of compound symmetry",
    "heterogeneous-compound-symmetry": "of heterogeneous compound symmetry",
    "ar1": "autoregressive of order 1",
    "heterogeneous-ar1": "heterogeneous autoregressive of order 1",
    "toeplitz": "Toeplitz",
    "heterogeneous-toeplitz": "heterogeneous Toeplitz",
}


@dataclass(frozen=True)
class Structure:
    """A covariance of `size` visits by its parameters theta: logarithms of the standard deviations, then correlations.

    >>> Structure("ar1", 3)(np.array([0.0, 0.5])).round(2).tolist()
    [[1.0, 0.5, 0.25], [0.5, 1.0, 0.5], [0.25, 0.5, 1.0]]
    """

    name: str
    size: int

    @cached_property
    def deviations(self) -> np.ndarray:
        """Of each log standard deviation, 1 at the visits that have it."""
        several = self.name == "unstructured" or self.name.startswith("heterogeneous")
        return np.eye(self.size) if several else np.ones((1, self.size))

    @cached_property
    def _distance(self) -> np.ndarray:
        return np.abs(np.subtract.outer(np.arange(self.size), np.arange(self.size)))

    @cached_property
    def _places(self) -> np.ndarray:
        """Of each correlation, 1 where it stands, in the structures that are linear in them."""
        far, T = self._distance, self.size
        if self.name == "unstructured":
            pairs = [(i, j) for i in range(T) for j in range(i)]
            found = np.zeros((len(pairs), T, T))
            for k, (i, j) in enumerate(pairs):
                found[k, i, j] = found[k, j, i] = 1
            return found
        if self.name.endswith("toeplitz"):
            return np.array([far == d for d in range(1, T)], dtype=float).reshape(T - 1, T, T)
        return np.array([far > 0] * (T > 1), dtype=float).reshape(-1, T, T)

    def _correlation(self, rho: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """R, its first derivatives and its second ones."""
        K, far, T = len(rho), self._distance, self.size
        if self.name.endswith("ar1") and K:
            power = np.power(rho[0], np.maximum(far - 2, 0))
            second = np.where(far > 1, far * (far - 1) * power, 0.0)
            return rho[0] ** far, (far * rho[0] ** np.maximum(far - 1, 0))[None], second[None, None]
        return np.eye(T) + np.einsum("k,kij->ij", rho, self._places), self._places, np.zeros((K, K, T, T))

    @property
    def correlations(self) -> int:
        """How many there are."""
        return len(self._places)

    def apart(self, theta: np.ndarray) -> bool:
        """Whether no visit follows from the others, which a maximum at the edge of the parameters would say."""
        return bool(np.linalg.eigvalsh(self._correlation(theta[len(self.deviations) :])[0])[0] > 1e-5)

    def __call__(self, theta: np.ndarray) -> np.ndarray:
        m = len(self.deviations)
        s = np.exp(theta[:m] @ self.deviations)
        return np.outer(s, s) * self._correlation(theta[m:])[0]

    def derivatives(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """First (K x T x T) and second (K x K x T x T) derivatives."""
        m, K, T = len(self.deviations), len(theta), self.size
        s = np.exp(theta[:m] @ self.deviations)
        scale = np.outer(s, s)
        R, R1, R2 = self._correlation(theta[m:])
        D = self.deviations[:, :, None] + self.deviations[:, None, :]
        first, second = np.empty((K, T, T)), np.empty((K, K, T, T))
        first[:m], first[m:] = scale * R * D, scale * R1
        second[:m, :m] = scale * R * D[:, None] * D[None]
        second[:m, m:] = scale * D[:, None] * R1[None]
        second[m:, :m] = second[:m, m:].transpose(1, 0, 2, 3)
        second[m:, m:] = scale * R2
        return first, second


def uncorrelated(structure: Structure, spread: np.ndarray) -> np.ndarray:
    """theta of uncorrelated visits with about these standard deviations: where a fit starts.

    >>> uncorrelated(Structure("ar1", 2), np.array([1.0, 1.0])).tolist()
    [0.0, 0.0]
    """
    spread = np.maximum(spread, 1e-3 * spread.max())
    own = structure.deviations @ np.log(spread) / structure.deviations.sum(axis=1)
    return np.r_[own, np.zeros(structure.correlations)]
