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
                half = np.arange(1, len(d["time"]) + 1) % 2
                for within, stratum in (("", None), (" within strata", half)):
                    found = concordance_index(
                        d["time"], d["event"], d["score"], stratum=stratum, weights=weights, until=until
                    )
                    results[name, f"{weights} {said}{within}"] = found
    return keyed(results)
