"""Our side of gee.R."""

import numpy as np
from stats.concordance import Key, data, keyed
from trialpress.stats.gee import gee
from trialpress.stats.result import Result

NAMES = ["1", "2", "3"]
OUTCOME = {"linear": "y", "logistic": "event", "poisson": "count"}


def compute() -> dict[Key, float]:
    results = {}
    for name in ("fev", "chicks"):
        columns = data(f"gee-{name}")
        X = np.column_stack([columns[f"x{at}"] for at in NAMES])
        for family, outcome in OUTCOME.items():
            for correlation in ("independence", "exchangeable"):
                options = {"family": family, "correlation": correlation, "errors": "robust"}
                found = gee(columns[outcome], columns["subject"], X, NAMES, **options)
                results[name, f"{family} {correlation}"] = found
                for at in NAMES:
                    own = {key.partition(":")[0]: v for key, v in found.values.items() if key.endswith(f":{at}")}
                    results[name, f"{family} {correlation} x{at}"] = Result("", own)
    return keyed(results)
