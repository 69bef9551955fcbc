"""Published claims against recomputed results, denominators and all."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from ..analysis.display import rounded
from ..errors import Problem, nearest, raise_if
from ..plan import Plan
from ..study import NOTHING_RUNS, load_yaml, schema_problems

REPRODUCED = "reproduced"
OTHER_DENOMINATOR = "reproduced with another denominator"
CONTRADICTED = "contradicted"
NOT_CHECKABLE = "not checkable"
COLUMNS = ["claim", "source", "label", "quote", "published", "analysis", "recomputed", "verdict", "note"]


@dataclass(frozen=True)
class Claim:
    """A published statement; `published` holds its numbers by statistic."""

    id: str
    quote: str
    source: str
    label: str = ""
    published: Mapping[str, float] = field(default_factory=dict)
    analysis: str = ""
    alternatives: tuple[str, ...] = ()
    note: str = ""
    not_checkable: str = ""


def load_claims(path: Path | str, plan: Plan) -> tuple[dict[str, Claim], dict[str, Mapping]]:
    """(claims by id, sources by short name) of claims.yaml; InputError with all of its problems."""
    path = Path(path)
    content = load_yaml(path)
    raise_if(schema_problems(path, content, "claims"))
    problems, claims = [], {}
    for name, spec in content["claims"].items():
        claim = claims[name] = Claim(name, **{**spec, "alternatives": tuple(spec.get("alternatives", ()))})
        where = f"{path}, claims.{name}"
        if claim.source not in content["sources"]:
            problems.append(
                Problem(
                    where,
                    f"the source '{claim.source}' is not defined",
                    NOTHING_RUNS,
                    nearest(claim.source, content["sources"]),
                )
            )
        if bool(claim.analysis) == bool(claim.not_checkable):
            do = "name the analysis that must reproduce it, or say why none can"
            problems.append(
                Problem(where, "needs either analysis or not_checkable", "a claim without a verdict fails the run", do)
            )
        if claim.analysis and not claim.published:
            problems.append(
                Problem(where, "has no published number to compare", NOTHING_RUNS, "add published: {n: ..., N: ...}")
            )
        for analysis in filter(None, (claim.analysis, *claim.alternatives)):
            if analysis not in plan.analyses:
                problems.append(
                    Problem(
                        where,
                        f"the analysis '{analysis}' is not in the plan",
                        NOTHING_RUNS,
                        nearest(analysis, plan.analyses),
                    )
                )
    raise_if(problems)
    return claims, content["sources"]


def _decimals(value: float) -> int:
    text = repr(float(value))
    return 0 if text.endswith(".0") else len(text.partition(".")[2])


def agrees(published: Mapping[str, float], computed: Mapping[str, float]) -> bool:
    """Whether every published number is the computed one, to the digits in which it was published."""
    for name, number in published.items():
        value = 100 * computed.get("estimate", math.nan) if name == "percent" else computed.get(name, math.nan)
        digits = _decimals(number)
        if math.isnan(value) or rounded(value, digits) != rounded(number, digits):
            return False
    return True


def _overall(ard: pd.DataFrame, analysis: str) -> dict[str, float]:
    rows = ard[(ard["analysis"] == analysis) & (ard["group"] == "") & (ard["level"] == "")]
    return dict(zip(rows["statistic"], rows["value"], strict=True))


def _shown(values: Mapping[str, float]) -> str:
    parts = []
    if "n" in values and "N" in values:
        parts.append(f"{values['n']:.0f}/{values['N']:.0f}")
    elif "n" in values:
        parts.append(f"{values['n']:.0f}")
    if "percent" in values or ("estimate" in values and "N" in values):
        percent = values.get("percent", 100 * values.get("estimate", math.nan))
        parts.append(f"{rounded(percent, _decimals(values['percent']) if 'percent' in values else 1)}%")
    rest = [
        f"{name} {value:g}" for name, value in values.items() if name in ("median", "minimum", "maximum", "min", "max")
    ]
    return ", ".join([*parts, *rest])


def check(claims: Mapping[str, Claim], ard: pd.DataFrame) -> pd.DataFrame:
    """One row per claim with its verdict."""
    rows = []
    for claim in claims.values():
        used, verdict, note = claim.analysis, NOT_CHECKABLE, claim.not_checkable
        if claim.analysis:
            verdict, note = CONTRADICTED, claim.note
            if agrees(claim.published, _overall(ard, claim.analysis)):
                verdict = REPRODUCED
            else:
                for other in claim.alternatives:
                    if agrees(claim.published, _overall(ard, other)):
                        verdict, used = OTHER_DENOMINATOR, other
                        break
        computed = _overall(ard, claim.analysis) if claim.analysis else {}
        shown = _shown(computed)
        if verdict == OTHER_DENOMINATOR:
            shown = f"{shown} ({claim.analysis}); {_shown(_overall(ard, used))} ({used})"
        rows.append(
            {"claim": claim.id, "source": claim.source, "label": claim.label or claim.id, "quote": claim.quote,
             "published": _shown(claim.published), "analysis": used, "recomputed": shown, "verdict": verdict, "note": note}
        )  # fmt: skip
    return pd.DataFrame(rows, columns=COLUMNS)
