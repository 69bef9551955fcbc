"""Our side of weighted.R."""

from stats.concordance import Key, data, keyed
from trialpress.stats.log_rank import log_rank


def compute() -> dict[Key, float]:
    results = {}
    for name in ("lung", "veteran", "colon", "aml"):
        d = data(f"weighted-{name}")
        for rho, gamma in ((0, 1), (1, 1), (0.5, 2), (1, 0)):
            for by, stratum in (("plain", None), ("stratified", d["stratum"])):
                found = log_rank(d["time"], d["event"], d["group"], rho=rho, gamma=gamma, stratum=stratum)
                results[name, f"{by} {rho:g} {gamma:g}"] = found
    return keyed(results)
