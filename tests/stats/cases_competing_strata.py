"""Our side of competing_strata.R."""

import numpy as np
from stats.concordance import Key, data, keyed
from trialpress.stats.competing_regression import fine_gray
from trialpress.stats.result import Result

SETS = {
    "bmt": "group", "mgus2": "group", "pbc": "x3", "three-causes": "group", "no-censoring": "x1", "no-competing": "group",
}  # fmt: skip


def compute() -> dict[Key, float]:
    results = {}
    for name, stratum in SETS.items():
        d = data(f"competing-{name}")
        d["x3"] = (d["x2"] > 1).astype(int)
        columns = ["x2"] if stratum == "x1" or name == "no-competing" else ["x1", "x2"]
        X = np.column_stack([d[column] for column in columns])
        for of in np.unique(d["cause"][d["cause"] > 0]).astype(int):
            found = fine_gray(d["time"], d["cause"], X, of, stratum=d[stratum])
            results[name, f"fine-gray within strata, cause {of}"] = found
            for j in range(X.shape[1] if found.curve else 0):
                row = {key: values[j] for key, values in found.curve.items() if key != "name"}
                results[name, f"fine-gray within strata, cause {of} x{j + 1}"] = Result("", row)
    return keyed(results)
