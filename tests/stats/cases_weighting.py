"""Our side of weighting.R."""

import numpy as np
from stats.concordance import Key, data, keyed
from trialpress.stats.result import Result
from trialpress.stats.survival import survival_at
from trialpress.stats.weighted_survival import RATIO, weighted_cox, weighted_kaplan_meier
from trialpress.stats.weighting import inverse_probability, standardised_differences, weighted_risks

STRATA = {"rotterdam": "x5", "colon": "x4"}
TIMES = {"rotterdam": (1000, 2500), "colon": (10, 40), "birthwt": ()}
KINDS = {
    "ate": {"stabilised": False}, "ate stabilised": {}, "att": {"estimand": "att", "stabilised": False},
    "att stabilised": {"estimand": "att"}, "ate truncated": {"stabilised": False, "truncate": 0.95},
}  # fmt: skip


def compute() -> dict[Key, float]:
    results = {}
    for name, times in TIMES.items():
        columns = data(f"weighting-{name}")
        second, event = columns["second"] == 1, columns["event"]
        X = np.column_stack([values for key, values in columns.items() if key[0] == "x"])
        before = standardised_differences(second, X)
        for kind, options in KINDS.items():
            found = inverse_probability(second, X, **options)
            w, after = found.w, standardised_differences(second, X, found.w)
            sizes = {f"effective{at}": found.effective(here) for at, here in enumerate((~second, second))}
            results[name, kind] = Result("", {"sum": w.sum(), "max": w.max(), **sizes})
            for j in range(X.shape[1]):
                results[name, f"{kind} balance x{j + 1}"] = Result("", {"before": before[j], "after": after[j]})
            results[name, f"{kind} risks"] = weighted_risks(event, second, w)
            if not times:
                continue
            for within, stratum in (("", None), (" within strata", columns[STRATA[name]])):
                cox = weighted_cox(columns["time"], event, second, w, stratum=stratum)
                results[name, f"{kind} cox{within}"] = Result("", {key: cox.curve[key][0] for key in RATIO})
            for g in (0, 1):
                here = second == g
                km = weighted_kaplan_meier(columns["time"][here], event[here], w[here])
                results[name, f"{kind} curve group {g}"] = km
                results |= {(name, f"{kind} curve group {g} at {t}"): survival_at(km, t) for t in times}
    return keyed(results)
