"""Numbers as a journal prints them: half away from zero, never "-0.0", p-values as "<0.001" below that."""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Context, Decimal

import numpy as np

MINUS = "\u2212"
# What the p-value of a method is called: it is of another test than the effect and the interval beside it, or of one among
# several that a reader may expect.
P_NAMES = {
    "trend": "P for trend",
    "fisher_rxc": "Fisher's exact P",
    "kruskal_wallis": "Kruskal-Wallis P",
    "log_rank": "log-rank P",
    "permutation_log_rank": "permutation log-rank P",
    "max_combo": "max-combo P",
    "landmark": "log-rank P",
    "naive_comparison": "log-rank P",
    "mantel_byar": "Mantel-Byar P",
    "time_dependent_cox": "Wald P",
    "weighted_cox": "robust P",
}
EXACT = Context(prec=700)  # digits of any float


def rounded(value: float, digits: int) -> str:
    """`value` with so many decimals, rounded half away from zero on its shortest decimal form; thousands are set apart.

    >>> rounded(0.125, 2), rounded(-0.04, 1), rounded(1234, 0)
    ('0.13', '0.0', '1,234')
    """
    if math.isnan(value):
        return "NE"
    if math.isinf(value):
        return "∞" if value > 0 else MINUS + "∞"
    number = Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP, context=EXACT)
    text = f"{abs(number):,f}"
    return MINUS + text if number < 0 else text


def p_value(value: float) -> str:
    if math.isnan(value):
        return "NE"
    if value < 0.001:
        return "<0.001"
    if value > 0.99:
        return ">0.99"
    return rounded(value, 3 if value < 0.1 else 2)


def ratio(value: float) -> str:
    """Odds, hazard and risk ratios: two decimals, fewer for large ones; '>1,000' beyond any meaning."""
    if math.isfinite(value) and value >= 1000:
        return ">1,000"
    return rounded(value, 2 if not abs(value) >= 10 else 1 if abs(value) < 100 else 0)


def significant(value: float, digits: int = 3) -> str:
    """So many significant digits, without an exponent; for quantities that span orders of magnitude."""
    if not math.isfinite(value) or value == 0:
        return rounded(value, 0)
    return rounded(value, max(0, digits - 1 - math.floor(math.log10(abs(value)))))


def estimate(value: float) -> str:
    """By magnitude: whole from 100 on, one decimal from 10 on, two below, and two significant digits below 0.1.

    >>> estimate(77528.36), estimate(12.345), estimate(0.456), estimate(0.00123), estimate(0.0)
    ('77,528', '12.3', '0.46', '0.0012', '0.00')
    """
    size = abs(value)
    if math.isfinite(value) and 0 < size < 0.1:
        return significant(value, 2)
    return rounded(value, 0 if size >= 99.95 else 1 if size >= 9.995 else 2)


def _usual(size: float) -> int:
    """The decimals of an estimate of this size."""
    if 0 < size < 0.1:
        return 1 - math.floor(math.log10(size))
    return 0 if size >= 99.95 else 1 if size >= 9.995 else 2


def together(values: Mapping[str, float]) -> dict[str, str]:
    """How an estimate and its interval are printed: all with the decimals of the estimate, or fewer where the interval
    reaches further, one at least.

    >>> together({"median": 9.862, "ci_low": 5.32, "ci_high": 12.31})
    {'median': 'decimal1', 'ci_low': 'decimal1', 'ci_high': 'decimal1'}
    """
    names = [name for name in ("estimate", "median", "ci_low", "ci_high") if name in values]
    known = [abs(values[name]) for name in names if math.isfinite(values[name])]
    if not known or not {"ci_low", "ci_high"} <= set(names):
        return {}
    own = next((abs(values[name]) for name in names[:-2] if math.isfinite(values[name])), max(known))
    decimals = min(_usual(own), max(_usual(max(known)), 1), 4)
    return dict.fromkeys(names, f"decimal{decimals}")


def percentage(share: float, digits: int = 1) -> str:
    """So many decimals; what is not all, or not none, is not printed as if it were.

    >>> percentage(2999 / 3000), percentage(1.0), percentage(0.0004), percentage(0.456), percentage(0.995, 0)
    ('>99.9%', '100.0%', '<0.1%', '45.6%', '>99%')
    """
    text, step = rounded(100 * share, digits), 10.0**-digits
    if not math.isfinite(share):
        return text
    if 0 < share < 1 and text == rounded(0, digits):
        return f"<{rounded(step, digits)}%"
    return f">{rounded(100 - step, digits)}%" if 0 < share < 1 and text == rounded(100, digits) else f"{text}%"


def whole(value: float, digits: int) -> str:
    """Whole where it is, and from 1000 on; else with so many decimals: degrees of freedom, test statistics.

    >>> whole(2.0, 1), whole(17.46, 1), whole(84.0, 2), whole(10.866, 2), whole(1234.5, 2)
    ('2', '17.5', '84', '10.87', '1,235')
    """
    plain = not math.isfinite(value) or abs(value) >= 1000 or abs(value - round(value)) < 1e-9
    return rounded(value, 0 if plain else digits)


MOST_DECIMALS = 3  # a value with more was computed, not recorded
USUAL = 0.9  # share of the values that decides how a column was recorded


def _decimals(values: np.ndarray) -> np.ndarray:
    """The decimals that each value has; one more than MOST_DECIMALS where they are more."""
    found = np.full(values.shape, MOST_DECIMALS + 1)
    for decimals in range(MOST_DECIMALS, -1, -1):
        scaled = values * 10.0**decimals
        rounding = np.maximum(1e-9, 4 * np.spacing(np.abs(scaled)))  # of arithmetic, and of large numbers
        found[np.abs(scaled - np.round(scaled)) <= rounding] = decimals
    return found


def recorded_decimals(values: np.ndarray) -> int | None:
    """The decimals that a column was recorded with: at most so many in nine of ten values; None where they are more than
    three, as of computed values.

    >>> recorded_decimals(np.array([7.5, 8.0, np.nan])), recorded_decimals(np.array([1 / 3]))
    (1, None)
    """
    known = values[np.isfinite(values)]
    if not known.size:
        return 0
    usual = int(np.quantile(_decimals(known), USUAL, method="inverted_cdf"))
    return usual if usual <= MOST_DECIMALS else None


def precision(recorded: int | None, values: Mapping[str, float]) -> dict[str, str]:
    """How the description of a variable is printed that was recorded with so many decimals: as recorded; of whole numbers
    mean and SD with a decimal, median and quartiles where they have one (below 1000); minimum and maximum as they are.
    Computed values (None): three significant digits.

    >>> precision(0, {"median": 7.5, "q1": 7.0, "mean": 7.25})
    {'median': 'decimal1', 'q1': 'decimal0', 'mean': 'decimal1'}
    """
    if recorded is None:
        return dict.fromkeys(values, "significant")
    kinds = {}
    for name, value in values.items():
        own = int(_decimals(np.array([value]))[0]) if math.isfinite(value) else 0
        decimals = recorded
        if name in ("min", "max"):
            decimals = max(recorded, min(own, MOST_DECIMALS))
        elif recorded == 0 and abs(value) < 1000:
            decimals = 1 if name in ("mean", "sd") else min(own, 1)
        kinds[name] = f"decimal{min(decimals, MOST_DECIMALS + 1)}"
    return kinds


FORMATS = {
    "count": lambda v: rounded(v, 0),
    "percent": percentage,
    "estimate": estimate,
    "df": lambda v: whole(v, 1),
    "statistic": lambda v: whole(v, 2),
    "p": p_value,
    "ratio": ratio,
    "significant": significant,
    **{f"decimal{digits}": lambda v, digits=digits: rounded(v, digits) for digits in range(5)},
}

# statistics that are printed in one way whatever the method
BY_NAME = {
    "n": "count", "N": "count", "observations": "count", "n1": "count", "n2": "count", "groups": "count", "missing": "count", "missing_percent": "percent", "events": "count", "n_at_risk": "count", "df": "df",
    "p_value": "p", "p_value_adjusted": "p", "odds_ratio": "ratio", "hazard_ratio": "ratio", "risk_ratio": "ratio",
    "percent": "percent", "statistic": "statistic", "lr_statistic": "statistic",
}  # fmt: skip


def called(statistic: str) -> str:
    """The name of a statistic in a list of numbers.

    >>> called("p_value"), called("hazard_ratio"), called("ci_low")
    ('P', 'hazard ratio', 'CI from')
    """
    own = {"p_value": "P", "p_value_adjusted": "adjusted P", "ci_low": "CI from", "ci_high": "CI to"}
    return own.get(statistic, statistic.replace("_", " "))


def display(statistic: str, value: float, kind: str = "estimate") -> str:
    """The text that a manuscript prints. `kind` decides where the statistic's name does not."""
    return FORMATS[BY_NAME.get(statistic, kind)](value)
