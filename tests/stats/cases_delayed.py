"""Our side of delayed.R."""

import numpy as np
from stats.concordance import SCRIPTS, Key, data, keyed, read
from trialpress.stats.delayed import (
    landmark,
    mantel_byar,
    naive_comparison,
    simon_makuch,
    start_stop,
    time_dependent_cox,
)
from trialpress.stats.result import Result


def compute() -> dict[Key, float]:
    results = {}
    for name in sorted({dataset for dataset, _, _ in read(SCRIPTS / "delayed.csv")}):
        d = data(f"delayed-{name}")
        patients = d["time"], d["event"], d["begin"]
        rows = start_stop(*patients)
        length = rows.time - rows.entry
        counted = dict(intervals=len(length), events=rows.event.sum(), days=length.sum())
        results[name, "start-stop"] = Result("", {**counted, "begun_days": length[rows.begun].sum()})
        results[name, "mantel-byar"] = mantel_byar(*patients)
        results[name, "time-dependent cox"] = time_dependent_cox(*patients)
        adjusted = time_dependent_cox(*patients, d["x1"])
        first = {column: values[0] for column, values in adjusted.curve.items() if column != "name"}
        results[name, "adjusted"] = Result("", {**first, "lr_statistic": adjusted["lr_statistic"]})
        quarter = np.quantile(d["time"], 0.25, method="inverted_cdf")
        for since, day in (("0", 0.0), ("a quarter", quarter)):
            curve = simon_makuch(*patients, landmark=day).curve
            for state in (0, 1):
                row = np.flatnonzero((curve["group"] == state) & (curve["time"] <= np.median(d["time"])))[-1]
                values = {column: curve[column][row] for column in ("estimate", "std_error", "ci_low", "ci_high")}
                results[name, f"simon-makuch from {since} state {state}"] = Result("", values)
        results[name, "landmark"] = landmark(*patients, quarter)
        results[name, "naive"] = naive_comparison(*patients)
    return keyed(results)
