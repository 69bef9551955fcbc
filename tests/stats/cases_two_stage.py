"""Our side of two_stage.R: the data set is the outcome itself."""

from stats.concordance import SCRIPTS, Key, keyed, read
from trialpress.stats.two_stage import inference, predictive_probability


def compute() -> dict[Key, float]:
    results = {}
    for name, method, _ in read(SCRIPTS / "two_stage.csv"):
        if method == "predictive":
            x, top = int(name.split()[0]), int(name.split()[-1])
            results[name, method] = predictive_probability(x, 23, top, 0.6, 0.9, a=0.6, b=0.4)
        else:
            *counts, p0 = name.split()
            results[name, method] = inference(*map(int, counts), float(p0))
    return keyed(results)
