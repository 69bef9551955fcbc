"""How much a conclusion about response depends on patients without an assessment."""

from __future__ import annotations

import numpy as np

from .contingency import fisher_2x2
from .proportions import exact_test, proportion
from .result import Result, counts, events_of, not_estimable, probability


def missing_response(n: int, N: int, missing: int, *, level: float = 0.95) -> Result:
    """The response rate of complete cases, and with all `missing` patients as failures (worst) or responders (best).

    n responders of N assessed patients; `missing` more were not assessed. Clopper-Pearson intervals.
    Returns n, N, missing and estimate:<case>, ci_low:<case>, ci_high:<case> for complete, worst and best.

    >>> result = missing_response(36, 40, 2)
    >>> print(f"{result['estimate:worst']:.4f}")
    0.8571
    """
    (m,) = counts("missing", [missing]).tolist()
    cases = {"complete": (n, N), "worst": (n, N + m), "best": (n + m, N + m)}
    values: dict[str, float] = {}
    for case, (x, total) in cases.items():
        result = proportion(x, total, level=level)
        values |= {f"{name}:{case}": result[name] for name in ("estimate", "ci_low", "ci_high")}
        method, note = result.method, result.note
    complete = proportion(n, N, level=level)
    known = {"n": complete["n"], "N": complete["N"], "missing": m}
    return Result(f"complete, worst and best case, {method}", {**known, **values}, complete.note or note)


def tipping_point(n: int, N: int, missing: int, p0: float, *, alpha: float = 0.05) -> Result:
    """How many of the `missing` patients must be failures before n/N no longer exceeds the historical rate p0.

    The exact one-sided binomial test at alpha/2 is repeated with 0, 1, ... missing patients counted as failures and the
    others as responders. Returns n, N, missing and tipping_point (failures at which the test first fails; missing + 1 if
    it never does, 0 if it fails with none); curve: failures, estimate, p_value.

    >>> print(tipping_point(15, 20, 8, 0.5)["tipping_point"])
    4
    """
    (m,) = counts("missing", [missing]).tolist()
    alpha = probability("alpha", alpha)
    method = f"tipping point of the one-sided exact binomial test against {100 * p0:g}% at {alpha / 2:g}"
    if N + m == 0:
        return not_estimable(method, ("tipping_point",), "no patients", n=0, N=0, missing=0)
    failures = np.arange(m + 1)
    tests = [exact_test(n + m - f, N + m, p0, alternative="greater") for f in failures]
    p = np.array([test["p_value"] for test in tests])
    tips = np.flatnonzero(p > alpha / 2)
    note = "" if len(tips) else "no number of failures among the missing changes the conclusion"
    values = {"n": n, "N": N, "missing": m, "tipping_point": int(tips[0]) if len(tips) else m + 1}
    return Result(method, values, note, {"failures": failures, "estimate": (n + m - failures) / (N + m), "p_value": p})


def tipping_point_two_groups(n1, N1, missing1, n2, N2, missing2, *, alpha: float = 0.05) -> Result:
    """In which share of all splits of the missing patients Fisher's test of two groups keeps its conclusion.

    n responders of N assessed patients per group, and the patients not assessed. Returns p_value (complete cases),
    scenarios ((missing1 + 1) * (missing2 + 1)) and unchanged (those on the same side of alpha); curve: responders1,
    responders2 (among the missing), p_value.

    >>> result = tipping_point_two_groups(14, 16, 3, 6, 15, 2)
    >>> print(result["unchanged"], "of", result["scenarios"])
    9 of 12
    """
    x, N = events_of("n1, n2", [n1, n2], "N1, N2", [N1, N2])
    m = counts("missing1, missing2", [missing1, missing2])
    alpha = probability("alpha", alpha)

    def p_value(i, j):
        responders = x + [i, j]
        return fisher_2x2(np.column_stack([responders, N + m - responders]))["p_value"]

    method = f"tipping point of Fisher's exact test at {alpha:g}"
    if N.min() == 0:
        known = {"scenarios": int((m + 1).prod())}
        return not_estimable(method, ("p_value", "unchanged"), "a group has no assessed patients", **known)
    complete = fisher_2x2(np.column_stack([x, N - x]))["p_value"]
    first, second = (grid.ravel() for grid in np.indices(m + 1))
    p = np.array([p_value(i, j) for i, j in zip(first, second, strict=True)])
    unchanged = int(((p <= alpha) == (complete <= alpha)).sum())
    values = {"p_value": complete, "scenarios": len(p), "unchanged": unchanged}
    return Result(method, values, curve={"responders1": first, "responders2": second, "p_value": p})
