"""Our side of concordance_index.R."""

import numpy as np
from stats.concordance import SCRIPTS, Key, data, keyed, read
from trialpress.stats.concordance_index import concordance_index


def compute() -> dict[Key, float]:
    results = {}
    for name in sorted({dataset for dataset, _, _ in read(SCRIPTS / "concordance_index.csv")}):
        d = data(f"concordance_index-{name}")
        for weights in ("harrell", "uno"):
            for until, said in ((None, "whole"), (float(np.median(d["time"])), "until")):
                found = concordance_index(d["time"], d["event"], d["score"], weights=weights, until=until)
                results[name, f"{weights} {said}"] = found
    return keyed(results)
