"""Our side of subgroups.R."""

from stats.concordance import Key, data, keyed
from trialpress.stats.result import Result
from trialpress.stats.subgroups import SHOWN, linear_interaction, logistic_interaction, mean_differences


def compute() -> dict[Key, float]:
    results = {}
    for name in ("birthwt", "warpbreaks", "infert", "example"):
        columns = data(f"subgroups-{name}")
        group, subgroup = columns["group"], columns["subgroup"]
        results[name, "logistic"] = logistic_interaction(columns["y"], group, subgroup)
        results[name, "linear"] = linear_interaction(columns["x"], group, subgroup)
        curve = mean_differences(columns["x"], group, subgroup).curve
        for at in range(len(curve["estimate"])):
            results[name, f"difference {at + 1}"] = Result("", {key: curve[key][at] for key in SHOWN})
    return keyed(results)
