"""Our side of logistic.R."""

import numpy as np
from stats.concordance import Key, data, keyed
from trialpress.stats.logistic import exact_logistic, firth, logistic

SETS = ("mtcars am", "infert case", "lung death", "PlantGrowth weight", "separated", "quasi-separated")


def compute() -> dict[Key, float]:
    results = {}
    for name in SETS:
        columns = data(f"logistic-{name.replace(' ', '-')}")
        y = columns.pop("y")
        X = np.column_stack(list(columns.values()))
        results[name, "maximum likelihood"] = logistic(y, X, list(columns))
        results[name, "firth"] = firth(y, X, list(columns))
    for name in ("mtcars", "infert"):
        results[name, "exact"] = exact_logistic(**data(f"logistic-exact-{name}"))
    return keyed(results)
