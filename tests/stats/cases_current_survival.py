"""Our side of current_survival.R."""

import numpy as np
from stats.concordance import SCRIPTS, Key, data, keyed, read
from trialpress.stats.current_survival import current_survival
from trialpress.stats.result import Result


def compute() -> dict[Key, float]:
    results = {}
    for name in sorted({dataset for dataset, _, _ in read(SCRIPTS / "current_survival.csv")}):
        d = data(f"current_survival-{name}")
        changes = np.column_stack([values for column, values in d.items() if column.startswith("change")])
        at = np.quantile(d["time"], [0.1, 0.3, 0.5, 0.7], method="inverted_cdf")
        for start in ("remission", "disease"):
            for scale in ("log-log", "plain"):
                curve = current_survival(
                    d["time"], d["death"], changes, in_remission=start == "remission", transform=scale
                ).curve
                for j, t in enumerate(at, start=1):
                    row = np.searchsorted(curve["time"], t, side="right") - 1
                    values = {key: curve[key][row] for key in ("estimate", "std_error", "ci_low", "ci_high")}
                    results[name, f"{scale} {start} time {j}"] = Result("", values)
                    results[name, f"{start} time {j}"] = Result("", values)
    return keyed(results)
