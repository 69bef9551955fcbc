"""Our side of multiple.R."""

from stats.concordance import Key, data, keyed
from trialpress.stats.multiple import SHOWN, pairwise_means
from trialpress.stats.result import Result
from trialpress.stats.stratified_ranks import van_elteren


def compute() -> dict[Key, float]:
    results = {}
    for name in ("insects", "plants", "chicks", "few"):
        columns = data(f"multiple-{name}")
        for adjust in ("tukey", "dunnett", "none"):
            found = pairwise_means(columns["y"], columns["group"], adjust=adjust)
            results[name, "pooled"] = found
            for at in range(len(found.curve["first"])):
                own = Result("", {key: found.curve[key][at] for key in SHOWN})
                results[name, f"{adjust} pair at {at + 1}"] = results[name, f"{adjust} p pair at {at + 1}"] = own
    for name in ("tooth", "breaks", "anorexia"):
        y, group, stratum = data(f"multiple-{name}").values()
        second = group == 2
        results[name, "van elteren"] = van_elteren(y[second], y[~second], stratum[second], stratum[~second])
    return keyed(results)
