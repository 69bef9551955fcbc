"""Our side of survival.R."""

import numpy as np
from stats.concordance import SCRIPTS, Key, data, keyed, read
from trialpress.stats.log_rank import log_rank
from trialpress.stats.survival import kaplan_meier, quantile, reverse_kaplan_meier, survival_at
from trialpress.stats.survival_difference import across_strata, compare_at, restricted_mean, restricted_mean_difference


def compute() -> dict[Key, float]:
    results = {}
    for name in sorted({dataset for dataset, _, _ in read(SCRIPTS / "survival.csv")}):
        d = data(f"survival-{name}")
        y = d["time"], d["event"]
        at = np.sort(d["time"])[int(np.ceil(len(d["time"]) / 2)) - 1]
        for scale in ("plain", "log", "log-log", "arcsin"):
            km = kaplan_meier(*y, entry=d.get("entry"), transform=scale)
            results[name, f"kaplan-meier {scale}"] = km
            results[name, f"survival at the middle {scale}"] = survival_at(km, at)
            results[name, f"quartile {scale}"] = quantile(km, 0.25)
        if "entry" in d:
            continue
        tau = d["time"].max() * 0.6
        results[name, "reverse kaplan-meier"] = reverse_kaplan_meier(*y)
        results[name, "restricted mean"] = restricted_mean(*y, tau)
        results[name, "log-rank"] = log_rank(*y, d["group"])
        k = len(np.unique(d["group"]))
        results[name, "log-rank for trend"] = log_rank(*y, d["group"], trend_scores=np.arange(1, k + 1))
        for rho in (0.5, 1):
            results[name, f"fleming-harrington {rho}"] = log_rank(*y, d["group"], rho=rho)
        for rho in (0, 1):
            results[name, f"stratified {rho}"] = log_rank(*y, d["group"], rho=rho, stratum=d["stratum"])
        if k == 2:
            results[name, "restricted mean difference"] = restricted_mean_difference(*y, d["group"], tau)
            results[name, "fixed time plain"] = compare_at(*y, d["group"], at, transform="plain")
            results[name, "fixed time log-log"] = compare_at(*y, d["group"], at)
            inside = [
                (d["group"] == g) & (d["stratum"] == s) for g in np.unique(d["group"]) for s in np.unique(d["stratum"])
            ]
            tau = 0.8 * min((d["time"][here].max() for here in inside if here.any()), default=0)
            for said, compare in (("restricted mean", restricted_mean_difference), ("fixed time", compare_at)):
                mean = across_strata(lambda *of, c=compare, t=tau: c(*of, t), *y, d["group"], d["stratum"])[1]
                results[name, f"{said} across strata"] = mean
    return keyed(results)
