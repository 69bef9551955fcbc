"""Our side of cox.R."""

import numpy as np
from stats.concordance import SCRIPTS, Key, data, keyed, read
from trialpress.stats.cox import cox, proportional_hazards


def rows(result, dataset: str, method: str) -> dict[Key, float]:
    """The columns of a fit's coefficient table, one method per covariate."""
    names, *columns = result.curve
    return {
        (dataset, f"{method} {covariate}", column): float(result.curve[column][j])
        for j, covariate in enumerate(result.curve[names])
        for column in columns
    }


def compute() -> dict[Key, float]:
    results, tables = {}, {}
    for name in sorted({dataset for dataset, _, _ in read(SCRIPTS / "cox.csv")}):
        d = data(f"cox-{name}")
        X = np.column_stack([d[column] for column in d if column.startswith("x")])
        model = dict(entry=d.get("entry"), stratum=d.get("stratum"))
        fits = {ties: cox(d["time"], d["event"], X, **model, ties=ties) for ties in ("efron", "breslow", "exact")}
        clusters = {"robust": None, "cluster": np.arange(1, len(X) + 1) % 7}
        for ties in ("efron", "breslow"):
            for by, cluster in clusters.items():
                fits[f"{ties} {by}"] = cox(d["time"], d["event"], X, **model, ties=ties, robust=True, cluster=cluster)
        if name in ("ovarian", "aml", "heart", "veteran"):
            fits["profile"] = cox(d["time"], d["event"], X, **model, interval="profile")
        for transform in ("km", "identity", "rank", "log"):
            fits[f"proportional hazards {transform}"] = proportional_hazards(
                d["time"], d["event"], X, **model, transform=transform
            )
        for method, fit in fits.items():
            results[name, method] = fit
            tables |= rows(fit, name, method) if fit.curve else {}
    return keyed(results) | tables
