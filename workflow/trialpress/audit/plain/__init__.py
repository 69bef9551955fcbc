"""The second computation in plain Python, from the same exported data: of what R has no function for, other random numbers or no
answer; where R is not there, of all.

Fractions, statistics and math of Python's standard library alone, so it shares no code with the first: counts, exact tests by
counting tables, Kaplan-Meier by fractions, distributions by series, models by elimination and Newton's method, random numbers by
their generator's definition. What is too large to sum one by one is left to R, and computed_once.csv says so. Each method gives
what concordance.R gives.
"""

from __future__ import annotations

import csv
import math
import platform
from collections import defaultdict
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from pathlib import Path

from . import (
    agreement,
    combined,
    competing,
    counts,
    courses,
    cox,
    current,
    curves,
    designs,
    doses,
    exact,
    exposure,
    firth_cox,
    gee,
    hazards,
    imputation,
    linear,
    logistic,
    pairwise,
    pooled,
    ranked,
    regression,
    repeated,
    resampled,
    splines,
    subdistribution,
    subgroups,
    tables,
    times,
    two_groups,
    values,
    weights,
)
from .arithmetic import Row
from .job import FITTED, Found, Job

KEY = ("analysis", "group", "level")
KEYS = (*KEY, "statistic")
MISSING = "@missing@"  # what a missing cell is in the exported files: a level may be called NA
NONE: frozenset[str] = frozenset()


def versions() -> dict[str, str]:
    return {"Python": platform.python_version()}


def second(
    folder: Path, known: Sequence[Mapping[str, str]], analyses: Container[str]
) -> tuple[list[dict], dict[str, str]]:
    """(the rows that the files of `exports.export` in `folder` give of these analyses, as second.csv of R has them; analysis -> why
    it stopped). known: what R has found, which is not given again."""
    failed: dict[str, str] = {}
    jobs, levels, tests = (list(_read(folder / f"{name}.csv")) for name in ("jobs", "levels", "families"))
    jobs = [job for job in jobs if job["analysis"] in analyses]
    mine = {job["analysis"] for job in jobs}
    rows, ids = defaultdict(list), defaultdict(list)
    for row in _read(folder / "data.csv", mine) if mine else ():
        rows[row["analysis"]].append(row)
    for row in sorted(levels, key=lambda row: int(row["position"])):
        ids[row["analysis"], row["set"], row["kind"]].append(row["id"])
    found, seen = [], {tuple(row[key] for key in KEYS) for row in known}
    for job in jobs:
        method = METHODS.get(job["method"])
        of = Job(job, rows[job["analysis"]], lambda kind, within="", name=job["analysis"]: ids[name, within, kind])
        try:
            for group, level, by, tolerance, statistics in method(of) if method else ():
                found += [
                    _row(job["analysis"], group, level, name, value, by, tolerance)
                    for name, value in statistics.items()
                    if (job["analysis"], group, level, name) not in seen
                ]
        except Exception as error:  # as R's: the audit goes on, and computed_once.csv says why
            failed[job["analysis"]] = f"{type(error).__name__}: {error}"
    adjusted = _families(tests, [*known, *found])
    return found + [row for row in adjusted if tuple(row[key] for key in KEYS) not in seen], failed


def _row(analysis: str, group: str, level: str, statistic: str, value, by: str, tolerance: float) -> dict:
    return {"analysis": analysis, "group": group, "level": level, "statistic": statistic, "tolerance": tolerance,
            "second": "NA" if math.isnan(value) else repr(float(value)), "implementation": f"Python, {by}"}  # fmt: skip


def _families(tests: list[Row], found: Sequence[Mapping]) -> Iterator[dict]:
    """Adjusted p-values of the families of which every test has been computed here."""
    seen = {tuple(row[key] for key in KEY): float(row["second"]) for row in found if row["statistic"] == "p_value" and row["second"] != "NA"}  # fmt: skip
    for family in dict.fromkeys(test["family"] for test in tests):
        members = [test for test in tests if test["family"] == family]
        p = [seen.get(tuple(test[key] for key in KEY)) for test in members]
        if None not in p:
            for test, value in zip(members, adjusted(p, members[0]["method"]), strict=True):
                yield _row(*(test[key] for key in KEY), "p_value_adjusted", value, test["method"], FITTED)


def adjusted(p: list[float], method: str) -> list[float]:
    """Holm 1979 (steps down), Hochberg 1988 and Benjamini & Hochberg 1995 (steps up).

    >>> adjusted([0.01, 0.04, 0.03], "holm")
    [0.03, 0.06, 0.06]
    """
    m, found = len(p), [0.0] * len(p)
    order = sorted(range(m), key=lambda at: p[at], reverse=method != "holm")
    worst = 0.0 if method == "holm" else 1.0
    for place, at in enumerate(order):
        if method == "holm":
            worst = max(worst, (m - place) * p[at])
        else:
            worst = min(worst, p[at] * (place + 1 if method == "hochberg" else m / (m - place)))
        found[at] = min(1.0, worst)
    return found


def _read(path: Path, firsts: Container[str] | None = None) -> Iterator[Row]:
    """The rows, or those of which the first cell is one of these; "@": in which columns nothing is known."""
    with open(path, newline="", encoding="utf-8") as file:
        rows = csv.reader(file)
        names = next(rows)
        for cells in rows:
            if firsts is not None and cells[0] not in firsts:
                continue
            row = dict(zip(names, cells, strict=True))
            gaps = frozenset(key for key, text in row.items() if text == MISSING) if MISSING in cells else NONE
            row["@"] = gaps
            for key in gaps:
                row[key] = ""
            yield row


METHODS: dict[str, Callable[[Job], Iterator[Found]]] = {
    "proportion": counts.proportion, "dose_escalation": doses.dose_escalation, "missing_response": counts.missing_response, "trend": tables.trend,
    "summary": values.summary, "frequency": counts.frequency, "baseline": values.baseline, "crosstab": counts.crosstab, "toxicity": counts.toxicity,
    "combinations": counts.combinations, "fisher": counts.fisher_test, "risk_difference": counts.risk_difference, "risk_ratio": counts.risk_ratio,
    "fisher_rxc": tables.fisher_rxc, "chi_square": tables.chi_square, "cochran_mantel_haenszel": tables.cochran_mantel_haenszel,
    "mann_whitney": pairwise.two_groups, "kruskal_wallis": values.kruskal_wallis, "spearman": values.spearman, "correlations": values.correlations,
    "kinetics_by_day": values.kinetics_by_day, "kaplan_meier": times.kaplan_meier, "follow_up": times.follow_up,
    "survival_difference": times.survival_difference, "cumulative_incidence": competing.cumulative_incidence,
    "log_rank": hazards.log_rank, "restricted_mean": hazards.restricted_mean, "landmark": hazards.landmark, "mantel_byar": hazards.mantel_byar,
    "simon_makuch": hazards.simon_makuch, "naive_comparison": hazards.naive_comparison, "time_dependent_cox": hazards.time_dependent_cox,
    "cox": cox.cox_regression, "ancova": regression.ancova, "incidence_rate": regression.incidence_rate,
    "standardised_risks": regression.standardised_risks, "e_value": regression.e_value, "number_needed": counts.number_needed,
    "logistic_interaction": subgroups.logistic_interaction, "linear_interaction": subgroups.linear_interaction, "dose_response": logistic.dose_response,
    "paired_t": agreement.paired_t, "sign_test": agreement.sign_test, "pearson": agreement.pearson, "bland_altman": agreement.bland_altman,
    "kappa": agreement.kappa, "roc": agreement.roc, "calibration": agreement.calibration, "concordance_index": times.concordance_index, "one_sample_log_rank": times.one_sample_log_rank, "compare_at": times.compare_at,
    "state_probabilities": courses.state_probabilities, "win_ratio": courses.win_ratio, "escalation_characteristics": doses.escalation_characteristics,
    "current_leukaemia_free_survival": current.current_leukaemia_free_survival,
    "simon_design": designs.simon_design,
    "pool": pooled.pool, "exposure": exposure.exposure, "gray": subdistribution.gray, "fine_gray": subdistribution.fine_gray, "bootstrap": resampled.bootstrap, "firth_logistic": logistic.firth_logistic,
    "pairwise_means": pairwise.means, "pairwise_ranks": pairwise.ranked, "pairwise_proportions": pairwise.proportions,
    "multiple_imputation": imputation.multiple_imputation, "pairwise_log_rank": pairwise.times, "linear_regression": linear.linear_regression,
    "bootstrap_proportion": resampled.bootstrap_proportion, "permutation_test": resampled.permutation_test,
    "permutation_log_rank": resampled.permutation_log_rank, "tipping_point": exact.tipping_point, "tipping_point_groups": exact.tipping_point_groups,
    "exact_logistic": exact.exact_logistic, "isotonic": exact.isotonic, "emax": curves.emax, "firth_cox": firth_cox.firth_cox,
    "conditional_probability": competing.conditional_probability, "jonckheere_terpstra": ranked.jonckheere_terpstra,
    "signed_rank": ranked.signed_rank, "kendall": ranked.kendall,
    "weighting": weights.weighting, "weighted_kaplan_meier": weights.weighted_kaplan_meier, "weighted_cox": weights.weighted_cox,
    "weighted_risks": weights.weighted_risks, "linear_spline": splines.linear_spline, "logistic_spline": splines.logistic_spline,
    "cox_spline": splines.cox_spline, "gee": gee.gee, "max_combo": combined.max_combo, "sample_size": designs.sample_size, "stopping_rule": designs.stopping_rule, "simon_two_stage": designs.simon_two_stage, "mmrm": repeated.mmrm, "survival_quantiles": times.survival_quantiles,
    "t_test": two_groups.t_test, "geometric_mean_ratio": two_groups.geometric_mean_ratio, "exact_test": two_groups.exact_test,
    "beta_binomial": two_groups.beta_binomial, "mcnemar": two_groups.mcnemar, "mantel_haenszel": two_groups.mantel_haenszel,
    "barnard": two_groups.barnard, "boschloo": two_groups.boschloo, "logistic": logistic.logistic, "cox_interaction": subgroups.cox_interaction,
    "cause_specific_cox": cox.cause_specific_cox, "proportional_hazards": cox.proportional_hazards, "changing_cox": cox.changing_cox,
    "simon_inference": designs.simon_inference, "predictive_probability": designs.predictive_probability,
}  # fmt: skip
