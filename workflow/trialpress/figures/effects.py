"""What a comparison found, in words: the effect with its interval, and the p-value, which never stands alone."""

from __future__ import annotations

from collections.abc import Iterator

from ..ids import Name
from ..results import Results
from .read import estimate, p_text

# Statistics that are a comparison's effect, and their abbreviations.
EFFECTS = {"odds_ratio": "OR", "risk_ratio": "RR", "hazard_ratio": "HR", "rate_ratio": "IRR", "estimate": ""}
# What an estimate is, by the method that gave it.
ESTIMATES = {"spearman": "ρ", "pearson": "r", "kappa": "κ", "kendall": "τ", "jonckheere_terpstra": "τ", "mann_whitney": "shift", "kruskal_wallis": "shift",
             "fisher_rxc": "V", "chi_square": "V"}  # fmt: skip


SUBDISTRIBUTION = ("gray", "fine_gray")  # methods whose hazard ratio is that of subdistribution hazards


def effect_name(method: str, statistic: str) -> str:
    """'OR'; 'SHR' of a subdistribution hazard ratio."""
    if statistic == "hazard_ratio" and method in SUBDISTRIBUTION:
        return "SHR"
    return EFFECTS[statistic] or ESTIMATES.get(method, "")


def effect(results: Results, analysis: str) -> str:
    """'OR 2.19 (0.80–6.02)'; empty if the analysis has none of all groups together."""
    for statistic in EFFECTS:
        if text := estimate(results, analysis, statistic=statistic):
            return f"{effect_name(results.plan.analyses[analysis]['method'], statistic)} {text}".strip()
    return ""


def against_first(results: Results, analysis: str) -> Iterator[tuple[Name, Name, Name, str]]:
    """(first group, group, its level, effect) of the groups that are compared with the first."""
    spec = results.plan.analyses[analysis]
    data = results.analysed(analysis)
    groups = data.groups(spec["by"]) if "by" in spec else {}
    first = next(iter(groups), None)
    for group, level in zip(groups, data.levels(spec["by"]) if groups else (), strict=True):
        for statistic in EFFECTS:
            if text := estimate(results, analysis, level=level, statistic=statistic):
                yield first, group, level, f"{effect_name(spec['method'], statistic)} {text}".strip()


def tested(results: Results, analysis: str, name: str = "") -> str:
    """'OR 2.19 (95% CI 0.80–6.02), P for trend = 0.12'; of several groups the effect of each against the first."""
    p = p_text(results, analysis, name)
    if not p:
        return ""
    if whole := effect(results, analysis):
        texts = [whole]
    else:
        found = list(against_first(results, analysis))
        texts = [text if len(found) == 1 else f"{group.label}: {text}" for _, group, _, text in found]
    texts = [text.replace(" (", f" ({100 * results.plan.level:g}% CI ", 1) for text in texts]
    return ", ".join([*texts, p])
