"""Strata: methods that have none, and intervals that exist within strata only or not within them."""

from __future__ import annotations

from collections.abc import Mapping

from ..analysis.methods import METHODS
from .report import Report

WHY = "passed over, it would leave a comparison that the plan does not have"
TABLE = "take mantel_haenszel, risk_difference or risk_ratio for a common effect of the strata, exact_logistic for few participants"
MODEL = "name it among the covariates, of which the effect is adjusted"
APART = "estimate the strata apart, with `by` or `where`"
PAIRS = "compare each pair with {}, `where` naming its two groups; a family adjusts the p-values"
# method -> what is its form within strata
INSTEAD = {
    **dict.fromkeys(("fisher", "barnard", "boschloo", "tipping_point_groups"), TABLE),
    **dict.fromkeys(("fisher_rxc", "chi_square"), "take cochran_mantel_haenszel"),
    "trend": "take cochran_mantel_haenszel with test: correlation",
    "kruskal_wallis": "take cochran_mantel_haenszel with test: row_mean and scores: modridit, van Elteren's test of several groups",
    "jonckheere_terpstra": "take cochran_mantel_haenszel with test: correlation and scores: modridit",
    "t_test": "take ancova with it among the covariates, or mann_whitney",
    "geometric_mean_ratio": "take ancova of the logarithm with it among the covariates, or mann_whitney",
    "permutation_test": "take mann_whitney, or ancova with it among the covariates",
    "pairwise_means": "take ancova with contrasts: tukey and it among the covariates",
    "pairwise_ranks": PAIRS.format("mann_whitney"),
    "pairwise_proportions": PAIRS.format("risk_difference or mantel_haenszel"),
    "survival_difference": "take compare_at, whose difference at a time is a mean of those of the strata",
    "weighted_kaplan_meier": "name it among the covariates of the weights",
    "weighted_risks": "name it among the covariates of the weights",
    "naive_comparison": "take mantel_byar, landmark or time_dependent_cox: this one is a warning only",
    "simon_makuch": "take mantel_byar for the test within strata",
    "current_leukaemia_free_survival": APART,
    **dict.fromkeys(("logistic_interaction", "linear_interaction"), "take standardised_risks or ancova with it among the covariates"),
}  # fmt: skip


def check(where: str, spec: Mapping, report: Report) -> Mapping:
    """What is left to check of an analysis, without a stratum that its method does not have."""
    if spec["method"] not in METHODS.functions:
        return spec
    parameters = METHODS.parameters(spec["method"])
    if "stratum" in spec and "stratum" not in parameters:
        general = MODEL if "covariates" in parameters else APART if "by" in parameters else "take the line out"
        what = f"the method '{spec['method']}' has no strata"
        report(f"{where}.stratum", what, INSTEAD.get(spec["method"], general), WHY)
        spec = {key: value for key, value in spec.items() if key != "stratum"}
    if "interval" in parameters:
        _interval(where, spec, report)
    return spec


def _interval(where: str, spec: Mapping, report: Report) -> None:
    traits, interval = METHODS.traits[spec["method"]], str(METHODS.given(spec)["interval"])
    alone, inside = (str(traits.get(key, "")).split() for key in ("without_stratum", "with_stratum"))
    if interval in (alone if spec.get("stratum") else inside):
        what = f"the interval '{interval}' {'has no form within strata' if spec.get('stratum') else 'is one within strata'}"
        do = (
            f"take {' or '.join([*inside, 'newcombe'])}"
            if spec.get("stratum")
            else "name the stratum, or take another interval"
        )
        report(f"{where}.interval", what, do)
