"""Families of tests: every p-value that the plan puts in a family is adjusted with the others; those of a family that is
adjusted by `none`, and those in no family, are exploratory, and the text of the manuscript says which they are."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from ..errors import InputError, Problem, nearest
from ..plan import Plan
from .display import display

# Methods that test -> the options (one of them) without which they do not
TESTS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("exact_test", "fisher", "barnard", "boschloo", "fisher_rxc", "chi_square", "mantel_haenszel", "mcnemar", "trend",
                     "t_test", "mann_whitney", "signed_rank", "kruskal_wallis", "jonckheere_terpstra", "spearman", "correlations", "kendall",
                     "logistic", "firth_logistic", "exact_logistic", "dose_response", "geometric_mean_ratio", "log_rank",
                     "permutation_log_rank", "one_sample_log_rank", "max_combo", "win_ratio", "changing_cox", "compare_at", "cox", "firth_cox", "cox_interaction", "proportional_hazards",
                     "landmark", "mantel_byar", "time_dependent_cox", "naive_comparison", "gray", "fine_gray",
                     "cause_specific_cox", "permutation_test", "pool", "tipping_point_groups"), ()),
    **dict.fromkeys(("ancova", "incidence_rate", "standardised_risks", "e_value", "paired_t", "sign_test", "pearson", "kappa",
                     "mmrm", "gee", "linear_spline", "logistic_spline", "cox_spline", "weighted_cox", "weighted_risks", "multiple_imputation", "linear_regression", "pairwise_means", "pairwise_ranks", "pairwise_proportions", "pairwise_log_rank", "cochran_mantel_haenszel", "logistic_interaction", "linear_interaction", "simon_inference"), ()),
    "baseline": ("p_values", "tests"), "restricted_mean": ("by",), "current_leukaemia_free_survival": ("by",), "risk_difference": ("stratum",), "risk_ratio": ("stratum",), "exposure": ("by",), "toxicity": ("p_values",),
}  # fmt: skip
NOT_ADJUSTED = "none"


def has_test(spec: Mapping) -> bool:
    """Whether an analysis gives p-values."""
    needed = TESTS.get(spec["method"])
    return needed == () or any(spec.get(option) for option in needed or ())


def undeclared(plan: Plan) -> list[str]:
    """The analyses of a plan with families that test and are in none: to be put in one, or in one that is exploratory."""
    return [name for name, spec in plan.analyses.items() if plan.families and has_test(spec) and "family" not in spec]


def warning(plan: Plan) -> str:
    """What a run says of tests that are in no family; empty if there are none."""
    loose = undeclared(plan)
    do = "put them in a family, or in one that is adjusted by none (plan.yaml, families)"
    return f"in no family and not declared exploratory: {', '.join(loose)}; {do}" if loose else ""


def sentence(ard: pd.DataFrame, plan: Plan) -> str:
    """Which tests were adjusted together, and what the others are."""
    if not any(map(has_test, plan.analyses.values())):
        return ""
    families = {name: method for name, method in plan.families.items() if method != NOT_ADJUSTED}
    said = []
    for family, method in families.items():
        names = [name for name, spec in plan.analyses.items() if spec.get("family") == family]
        rows = ard[ard["analysis"].isin(names) & ard["statistic"].eq("p_value_adjusted")]
        labels = dict.fromkeys(plan.analyses[name].get("label") or name.replace("_", " ") for name in names)
        n = int(rows["value"].notna().sum())
        said.append(
            f"{family.replace('_', ' ')} ({PRINTED[method]}, {n} test{'' if n == 1 else 's'}: {'; '.join(labels)})"
        )
    if not said:
        return "All tests are exploratory; none was adjusted."
    which = "one family" if len(said) == 1 else "families"
    return f"Tests were adjusted in {which}: {'; '.join(said)}. All others are exploratory and were not adjusted."


PRINTED = {"holm": "Holm", "hochberg": "Hochberg", "benjamini-hochberg": "Benjamini-Hochberg"}


def adjusted(ard: pd.DataFrame, plan: Plan, family: str) -> pd.DataFrame:
    """A row p_value_adjusted beside every p-value of a family.

    Of an analysis that is its overall p-value; where it has none, as a model, that of every level (a covariate, a level of
    one, a day); with `family_of` those of the levels that it names. A p-value that could not be estimated, and an analysis
    without any, is no test of the family; its row says so.
    """
    from ..stats.multiplicity import adjust

    rows = pd.concat([_tests(ard, name, spec) for name, spec in plan.analyses.items() if spec.get("family") == family] or [ard[:0]],
                     ignore_index=True)  # fmt: skip
    result = adjust(rows["value"], plan.families[family])
    values = result.curve.get("p_adjusted", rows["value"])
    tested = int(rows["value"].notna().sum())
    return rows.assign(
        statistic="p_value_adjusted",
        value=values,
        display=[display("p_value_adjusted", value) for value in values],
        method=f"{result.method}; family of {tested} tests",
        note=["" if known else "not estimable: no p-value to adjust" for known in rows["value"].notna()],
    )


def _tests(ard: pd.DataFrame, name: str, spec) -> pd.DataFrame:
    """The rows of an analysis that are tests of its family."""
    mine = ard[ard["analysis"] == name]
    found = mine[mine["statistic"] == "p_value"]
    if "family_of" in spec:
        named = []
        for level in spec["family_of"]:
            there = mine[mine["level"] == level]
            if there.empty:
                what = f"the analysis has no p-value of '{level}'"
                why, do = (
                    "it would be left out of the family in silence",
                    nearest(level, sorted(set(mine["level"]) - {""})),
                )
                raise InputError([Problem(f"plan.yaml, analyses.{name}.family_of", what, why, do)])
            tests = there[there["statistic"] == "p_value"]
            named.append(tests if len(tests) else there[:1].assign(value=float("nan")))
        return pd.concat(named)
    overall = found[found["group"].eq("") & found["level"].eq("")]
    if len(overall) or len(found):
        return overall if len(overall) else found
    return mine[:1].assign(group="", group_label="", level="", level_label="", value=float("nan"))
