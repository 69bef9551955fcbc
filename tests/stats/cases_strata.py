"""Our side of strata.R."""

import numpy as np
from stats.concordance import SCRIPTS, Key, data, keyed, read
from trialpress.stats.delayed import landmark, mantel_byar, time_dependent_cox
from trialpress.stats.interaction import cox_interaction
from trialpress.stats.result import Result
from trialpress.stats.splines import POINTS, spline

SHOWN = ("hazard_ratio", "ci_low", "ci_high", "p_value")


def compute() -> dict[Key, float]:
    results = {}
    for name in sorted({dataset for dataset, _, _ in read(SCRIPTS / "strata.csv")}):
        d = data(f"strata-{name}")
        follow, strata = (d["time"], d["event"], d["begin"]), d["stratum"]
        curve = time_dependent_cox(*follow, d["x"], stratum=strata).curve
        for at in range(2):
            results[name, f"time-dependent Cox x{at + 1}"] = Result("", {key: curve[key][at] for key in SHOWN})
        results[name, "Mantel-Byar"] = mantel_byar(*follow, stratum=strata)
        for day in (20, 40):
            results[name, f"landmark at {day}"] = landmark(*follow, day, stratum=strata)
        results[name, "interaction"] = cox_interaction(d["time"], d["event"], d["arm"], d["of"], stratum=strata)
        found = spline("cox", d["x"], time=d["time"], event=d["event"], stratum=strata, knots=3, values=[30])
        results[name, "spline"] = found
        at_30 = {key: found.curve[name][POINTS + 1] for key, name in zip(SHOWN, ("estimate", "ci_low", "ci_high"), strict=False)}  # fmt: skip
        results[name, "spline at 30"] = Result("", at_30)
    return {key: value for key, value in keyed(results).items() if np.isfinite(value)}
