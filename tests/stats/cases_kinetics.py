"""Our side of kinetics.R."""

import numpy as np
from stats.concordance import Key, data, keyed
from trialpress.stats.kinetics import exposure, geometric_mean, geometric_mean_ratio


def compute() -> dict[Key, float]:
    results, peaks = {}, {}
    for name, limit, until in (("Theoph", 1.5, 10), ("Indometh", 0.12, 5)):
        d = data(f"kinetics-{name.lower()}")
        for subject in np.unique(d["Subject"]):
            time, conc = (d[column][d["Subject"] == subject] for column in ("Time", "conc"))
            key = f"{name} {subject:g}"
            results[key, "exposure"] = exposure(time, conc, until=until, limit=limit, blq="zero", start="first")
            results[key, "exposure half"] = exposure(time, conc, until=until, limit=limit, blq="half", start="first")
            peaks.setdefault(name, []).append(results[key, "exposure"]["cmax"])
        results[name, "geometric mean of cmax"] = geometric_mean(peaks[name])
    results["Theoph Indometh", "geometric mean ratio"] = geometric_mean_ratio(peaks["Theoph"], peaks["Indometh"])
    return keyed(results)
