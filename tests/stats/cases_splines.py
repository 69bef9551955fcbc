"""Our side of splines.R."""

from stats.concordance import Key, data, keyed
from trialpress.stats.result import Result
from trialpress.stats.splines import POINTS, spline

CASES = {"air": ("linear", (60, 75, 95)), "birthwt": ("logistic", (90, 150, 240)), "rotterdam": ("cox", (30, 50, 80))}


def compute() -> dict[Key, float]:
    results = {}
    for name, (kind, values) in CASES.items():
        columns = data(f"splines-{name}")
        x, x1 = columns.pop("x"), columns.pop("x1")
        for knots in (3, 4, 5):
            found = spline(kind, x, x1[:, None], knots=knots, values=values, **columns)
            results[f"{name} {knots}", "tests"] = results[f"{name} {knots}", "nonlinear"] = found
            for at, value in enumerate(values, start=POINTS + 1):
                own = {key: found.curve[key][at] for key in ("estimate", "ci_low", "ci_high")}
                results[f"{name} {knots}", f"effect at {value}"] = Result("", own)
    return keyed(results)
