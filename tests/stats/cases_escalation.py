"""Our side of escalation.R."""

from stats.concordance import SCRIPTS, Key, keyed, read
from trialpress.stats.escalation import boin_boundaries, crm, mtpi2
from trialpress.stats.escalation_design import three_plus_three_exact
from trialpress.stats.result import Result

TRIALS = {
    "dfcrm": ([0, 0, 0, 2, 0, 0], [0, 3, 4, 3, 0, 0], [0.05, 0.1, 0.2, 0.35, 0.5, 0.7], 0.2),
    "toxic": ([0, 1, 2, 0, 0], [3, 3, 3, 0, 0], [0.05, 0.12, 0.25, 0.4, 0.55], 0.25),
    "none": ([0, 0], [3, 3], [0.1, 0.3], 0.3),
    "all": ([6, 0, 0], [6, 0, 0], [0.1, 0.3, 0.5], 0.3),
    "nobody": ([0, 0, 0], [0, 0, 0], [0.1, 0.3, 0.5], 0.3),
}


def compute() -> dict[Key, float]:
    results = {(name, "crm"): crm(*trial) for name, trial in TRIALS.items()}
    for dataset, method, _ in read(SCRIPTS / "escalation.csv"):
        design, *rest = method.split()
        if design == "boin":
            results[dataset, method] = boin_boundaries(float(rest[0]))
        elif design == "mtpi-2":
            results[dataset, method] = mtpi2(int(rest[1]), int(dataset[1:]), float(rest[0]))
        elif design == "3+3":
            found = three_plus_three_exact([float(rate) for rate in dataset.split()])
            at = {name: column[int(rest[1]) - 1] for name, column in found.curve.items()} if rest else found.values
            results[dataset, method] = Result("", at)
    return keyed(results)
