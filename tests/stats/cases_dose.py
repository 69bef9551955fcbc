"""Our side of dose.R."""

import numpy as np
from stats.concordance import Key, data, keyed
from trialpress.stats.dose import cochran_armitage, dose_response, emax, isotonic
from trialpress.stats.result import Result

TRENDS = ("smokers", "esoph alcohol", "infert spontaneous", "empty lowest", "violated")


def compute() -> dict[Key, float]:
    results = {}
    for name in TRENDS:
        d = data(f"dose-{name.replace(' ', '-')}")
        dose, events, totals = d["dose"], d["events"].astype(int), d["totals"].astype(int)
        results[name, "cochran-armitage"] = cochran_armitage(events, totals, dose)
        results[name, "cochran-armitage n-1"] = cochran_armitage(events, totals, dose, variant="n-1")
        results[name, "cochran-armitage exact"] = cochran_armitage(events, totals, dose, variant="exact")
        patients = np.repeat(dose, totals)
        responses = np.concatenate([np.repeat([1, 0], [n, N - n]) for n, N in zip(events, totals, strict=True)])
        fit = dose_response(patients, responses)
        results[name, "logistic on log10 dose"] = fit
        ends = {
            "first": ("estimate", 0),
            "first_low": ("ci_low", 0),
            "last": ("estimate", -1),
            "last_high": ("ci_high", -1),
        }
        results[name, "logistic curve"] = Result("", {end: fit.curve[line][at] for end, (line, at) in ends.items()})
        results[name, "isotonic"] = isotonic(dose, events, totals)
    for state in ("treated", "untreated"):
        d = data(f"dose-puromycin-{state}")
        results[f"Puromycin {state}", "emax"] = emax(d["conc"], d["rate"])
    return keyed(results)
