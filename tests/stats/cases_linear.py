"""Our side of linear.R."""

import numpy as np
from stats.concordance import Key, data, keyed
from trialpress.stats import linear as c
from trialpress.stats.margins import standardised_risks
from trialpress.stats.rates import poisson_regression, rate
from trialpress.stats.result import Result

LINEAR = {
    "anorexia": [0],
    "anorexia change": [0],
    "PlantGrowth": None,
    "ToothGrowth": [0],
    "iris": [1],
    "birthwt": [0, 2],
}


def read(name: str) -> tuple[dict, np.ndarray]:
    columns = data(f"linear-{name.replace(' ', '-')}")
    return columns, np.column_stack([np.empty((len(columns["y"]), 0)), *(columns[x] for x in columns if x[0] == "x")])


def each(method: str, result: Result, first: int) -> dict:
    shown = ("estimate", "std_error", "ci_low", "ci_high", "p_value")
    return {f"{method} {first + at}": Result("", {name: result.curve[name][at] for name in shown if name in result.curve})
            for at in range(len(result.curve["estimate"]))}  # fmt: skip


def compute() -> dict[Key, float]:
    results = {}
    for name, of in LINEAR.items():
        columns, X = read(name)
        y, group, X = columns["y"], columns["group"], X if X.shape[1] else None
        for kind in ("classical", "hc3"):
            hc3, found = kind == "hc3", {}
            found |= each("mean", c.least_squares_means(y, group, X, hc3=hc3), 1)
            test = c.group_contrasts(y, group, X, hc3=hc3)
            found |= {"test": test} | each("contrast", test, 2)
            if of is not None:
                found |= each("slope", c.slopes(y, group, X, hc3=hc3), 1)
                found["interaction"] = c.interaction(y, group, X, of, hc3=hc3)
            results |= {(name, f"{kind} {what}"): result for what, result in found.items()}
            if of is None and not hc3:
                results[name, "anova"] = test
            if X is not None:
                found = c.regression(y, X, hc3=hc3)
                results[name, f"{kind} regression"] = found
                results |= {
                    (name, f"{kind} regression {at}"): one
                    for (what, one) in each("regression", found, 1).items()
                    for at in [what.split()[1]]
                }
    for x in (0, 1, 11, 137, 40000):
        results[f"{x} in 800", "rate"] = rate(x, 800)
    for name in ("Insurance", "warpbreaks", "epil"):
        columns, X = read(name)
        names = [str(at) for at in range(1, X.shape[1] + 1)]
        for method in ("poisson", "poisson robust"):
            result = poisson_regression(columns["y"], columns["exposure"], X, names, robust=method.endswith("robust"))
            results[name, method] = result
            for at in names:
                own = {key.partition(":")[0]: v for key, v in result.values.items() if key.endswith(f":{at}")}
                results[name, f"{method} {at}"] = Result("", own)
    for name in ("birthwt low", "birthwt crude", "infert"):
        columns, X = read(name)
        results[name, "margins"] = standardised_risks(columns["y"], columns["group"], X)
    return keyed(results)
