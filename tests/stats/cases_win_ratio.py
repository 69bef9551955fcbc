"""Our side of win_ratio.R."""

from stats.concordance import Key, data, keyed
from trialpress.stats.win_ratio import Outcome, win_ratio


def compute() -> dict[Key, float]:
    results = {}
    for name in ("colon", "lung", "veteran", "cars"):
        d = data(f"win_ratio-{name}")
        outcomes = [
            Outcome(d[f"better{k}"]) if f"better{k}" in d else Outcome(d[f"time{k}"], d[f"event{k}"])
            for k in (1, 2, 3)
            if f"better{k}" in d or f"time{k}" in d
        ]
        results[name, "decided"] = win_ratio(outcomes, d["group"])
        for within, stratum in (("", None), (" within strata", d["stratum"])):
            for under, variance in (("", "estimate"), (", null", "null-hypothesis")):
                found = win_ratio(outcomes, d["group"], stratum=stratum, variance=variance)
                results[name, f"win ratio{within}{under}"] = found
    return keyed(results)
