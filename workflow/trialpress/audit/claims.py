"""Published claims against recomputed results, denominators and all; and against each other, without any patient."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import pandas as pd

from ..analysis.display import MINUS, called, rounded
from ..analysis.origin import COMPUTED
from ..contracts import CLAIM_CHECKS, CLAIMS
from ..errors import Problem, nearest, raise_if
from ..plan import Plan
from ..study import NOTHING_RUNS, load_yaml, schema_problems

REPRODUCED = "reproduced"
BY_CONSTRUCTION = "holds by construction"  # in a reconstruction: the patients were made to meet it
WITH_ANOTHER = " with another denominator"
CONTRADICTED = "contradicted"
NOT_CHECKABLE = "not checkable"
CONSISTENT = "consistent"
INCONSISTENT = "inconsistent"
HEADED = ("n", "N", "percent")  # shown of what was recomputed, whatever was published


@dataclass(frozen=True)
class Claim:
    """A published statement; `published` holds its numbers by statistic, a p-value also as "<0.001". group, level: where the
    analysis has them, as ids of ard.csv; nothing for all of its participants."""

    id: str
    quote: str
    source: str
    label: str = ""
    published: Mapping[str, float | str] = field(default_factory=dict)
    analysis: str = ""
    group: str = ""
    level: str = ""
    alternatives: tuple[str, ...] = ()
    note: str = ""
    not_checkable: str = ""
    same_as: str = ""

    @property
    def numbers(self) -> dict[str, float]:
        """What was published as a number, not as a bound of one."""
        return {name: value for name, value in self.published.items() if not isinstance(value, str)}


def load_claims(path: Path | str, plan: Plan) -> tuple[dict[str, Claim], dict[str, Mapping], list[Mapping]]:
    """(claims by id, sources by short name, relations) of claims.yaml; InputError with all of its problems."""
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
        if claim.same_as and claim.same_as not in content["claims"]:
            what = f"the claim '{claim.same_as}' is not defined"
            problems.append(Problem(where, what, NOTHING_RUNS, nearest(claim.same_as, content["claims"])))
    relations = content.get("relations", [])
    known = [f"{claim.id}.{name}" for claim in claims.values() for name in claim.numbers]
    for number, relation in enumerate(relations):
        for name in (*relation["sum"], *relation["equals"]):
            if name not in known:
                what = f"the published number '{name}' is not defined"
                problems.append(Problem(f"{path}, relations.{number}", what, NOTHING_RUNS, nearest(name, known)))
    raise_if(problems)
    return claims, content["sources"], relations


def _decimals(value: float) -> int:
    """The digits behind the point, of 5e-05 too.

    >>> [_decimals(value) for value in (90, 85.7, 5e-05)]
    [0, 1, 5]
    """
    return -min(0, Decimal(repr(float(value))).normalize().as_tuple().exponent)


def agrees(published: Mapping[str, float | str], computed: Mapping[str, float]) -> bool:
    """Whether every published number is the computed one, to the digits in which it was published, or keeps to its bound.

    >>> agrees({"p_value": "<0.001"}, {"p_value": 2e-5}), agrees({"p_value": "<0.001"}, {"p_value": 0.001})
    (True, False)
    """
    for name, number in published.items():
        value = computed.get(name, math.nan)
        if isinstance(number, str):
            bound = float(number[1:])
            if not (value < bound if number[0] == "<" else value > bound):
                return False
        elif rounded(value, digits := _decimals(number)) != rounded(number, digits):
            return False
    return True


Place = tuple[str, str, str]  # analysis, group, level


def _places(ard: pd.DataFrame) -> dict[Place, list[tuple[str, float, str]]]:
    """Statistic, value and display of the rows of each place."""
    found: dict[Place, list[tuple[str, float, str]]] = {}
    keys = ("analysis", "group", "level", "statistic", "value", "display")
    for *place, statistic, value, display in zip(*(ard[key].tolist() for key in keys), strict=True):
        found.setdefault(tuple(place), []).append((statistic, value, display))
    return found


def _at(places: Mapping[Place, list], analysis: str, claim: Claim) -> dict[str, float]:
    """Statistic -> value of an analysis where a claim has it; of a proportion its percentage too."""
    rows = places.get((analysis, claim.group, claim.level), [])
    found = {statistic: value for statistic, value, _ in rows}
    shares = {statistic for statistic, _, display in rows if display.endswith("%")}
    share = next((name for name in ("percent", "estimate") if name in found and (name in shares or "N" in found)), "")
    return {**found, "percent": 100 * found[share]} if share else found


def _shown(values: Mapping[str, float | str], digits: Mapping[str, int] | None = None) -> str:
    """'36/40, 90%', 'P 0.005', 'risk ratio 0.54'. digits: the decimals of the numbers that are neither counts nor percentages;
    as they were published, without.

    >>> _shown({"risk_ratio": 0.54, "p_value": "<0.001"}), _shown({"risk_ratio": 0.5403, "ci_low": 1e-7}, {"risk_ratio": 4, "ci_low": 3})
    ('risk ratio 0.54, P <0.001', 'risk ratio 0.5403, CI from <0.001')
    """
    parts = []
    if "n" in values and "N" in values:
        parts.append(f"{values['n']:.0f}/{values['N']:.0f}")
    elif "n" in values or "N" in values:
        parts.append(
            " ".join(
                f"{name if name == 'N' else ''} {values[name]:.0f}".strip() for name in ("n", "N") if name in values
            )
        )
    if "percent" in values:
        parts.append(f"{rounded(values['percent'], 1).removesuffix('.0')}%")
    for name, value in values.items():
        if name not in ("n", "N", "percent"):
            text = value if isinstance(value, str) else _number(value, digits[name] if digits else _decimals(value))
            parts.append(f"{called(name)} {text}")
    return ", ".join(parts)


def _number(value: float, digits: int) -> str:
    text = rounded(value, digits)
    if value and float(text.replace(",", "").replace(MINUS, "-").replace("NE", "nan").replace("∞", "inf")) == 0:
        return f"<{rounded(10.0**-digits, digits)}" if value > 0 else f">{rounded(-(10.0**-digits), digits)}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _again(claim: Claim, computed: Mapping[str, float]) -> str:
    """What the records give for a claim: what was published, with two digits more, and of a proportion its count."""
    headed = [name for name in HEADED if name != "percent" or "estimate" not in claim.published]
    wanted = [name for name in (*headed, *claim.published) if name in computed]
    digits = {
        name: _decimals(value if not isinstance(value, str) else float(value[1:])) + 2
        for name, value in claim.published.items()
    }
    return _shown({name: computed[name] for name in dict.fromkeys(wanted)}, digits)


def check(claims: Mapping[str, Claim], ard: pd.DataFrame) -> pd.DataFrame:
    """One row per claim with its verdict; one that simulated patients were made to meet is not reproduced by them.
    InputError where an analysis does not give the statistic that was published: such a claim would have no verdict."""
    asked = {name for claim in claims.values() for name in (claim.analysis, *claim.alternatives)}
    met = REPRODUCED if ard["origin"].isin([COMPUTED]).all() else BY_CONSTRUCTION
    ard = ard[ard["analysis"].isin(asked)]
    places = _places(ard)
    raise_if(_missing(claim, analysis, name, ard, found)
             for claim in claims.values()
             for analysis in filter(None, (claim.analysis, *claim.alternatives))
             for found in [_at(places, analysis, claim)]
             for name in claim.published
             if name not in found)  # fmt: skip
    rows = []
    for claim in claims.values():
        used, verdict, note = claim.analysis, NOT_CHECKABLE, claim.not_checkable
        if claim.analysis:
            verdict, note = CONTRADICTED, claim.note
            if agrees(claim.published, _at(places, claim.analysis, claim)):
                verdict = met
            else:
                for other in claim.alternatives:
                    if agrees(claim.published, _at(places, other, claim)):
                        verdict, used = met + WITH_ANOTHER, other
                        break
        shown = _again(claim, _at(places, claim.analysis, claim)) if claim.analysis else ""
        if verdict.endswith(WITH_ANOTHER):
            shown = f"{shown} ({claim.analysis}); {_again(claim, _at(places, used, claim))} ({used})"
        rows.append(
            {"claim": claim.id, "source": claim.source, "label": claim.label or claim.id, "quote": claim.quote,
             "published": _shown(claim.published), "analysis": used, "recomputed": shown, "verdict": verdict, "note": note}
        )  # fmt: skip
    return pd.DataFrame(rows, columns=list(CLAIMS.columns))


def _missing(claim: Claim, analysis: str, name: str, ard: pd.DataFrame, found: Mapping[str, float]) -> Problem:
    """A published statistic that an analysis does not give, with where it has it, if elsewhere. found: what it gives there."""
    place = " at " + ", ".join(
        filter(None, (claim.group and f"group '{claim.group}'", claim.level and f"level '{claim.level}'"))
    )
    what = f"{analysis} has no overall statistic '{name}'"
    if claim.group or claim.level:
        what = f"{analysis} has no statistic '{name}'{place}"
    own = ard[ard["analysis"] == analysis]
    wanted = "estimate" if name == "percent" else name
    elsewhere = own.loc[own["statistic"] == wanted, ["group", "level"]].drop_duplicates().head(8)
    if len(elsewhere):
        where = [
            ", ".join(f"{key}: {value}" for key, value in row.items() if value) or "no group and no level"
            for row in elsewhere.to_dict("records")
        ]
        do = f"it has it at {'; '.join(where)}"
    else:
        do = nearest(name, found or set(own["statistic"]))
    return Problem(f"claims.yaml, claims.{claim.id}", what, "a claim without a verdict fails the run", do)


# --- claims among themselves --------------------------------------------------------------------------------------------


def numerators(percent: float, total: int, digits: int) -> list[int]:
    """The counts n for which n/total is printed as `percent` with so many decimals, halves rounded either way.

    The GRIM test (Brown & Heathers 2017, doi 10.1177/1948550616673876) for percentages.

    >>> numerators(90, 40, 0), numerators(91, 10, 0)
    ([36], [])
    """
    half = 0.5 * 10**-digits * (1 + 1e-9)
    middle = percent * total / 100
    reach = half * total / 100
    return [n for n in range(max(0, math.ceil(middle - reach)), min(total, math.floor(middle + reach)) + 1)]


def _percentage(claim: Claim, largest: int) -> dict:
    """Whether a published percentage can arise from its numerator and denominator, and from which denominators at all."""
    percent, digits = claim.published["percent"], _decimals(claim.published["percent"])
    shown = f"{rounded(percent, digits)}%"
    possible = [total for total in range(1, largest + 1) if numerators(percent, total, digits)]
    listed = ", ".join(map(str, possible[:15])) + (", ..." if len(possible) > 15 else "") or "none"
    origin = f"up to N = {largest} it can arise from N = {listed}"
    if "N" not in claim.published:
        return {
            "finding": f"{shown} without a denominator; {origin}",
            "verdict": CONSISTENT if possible else INCONSISTENT,
        }
    total = int(claim.published["N"])
    fits = numerators(percent, total, digits)
    n = claim.published.get("n")
    if n is None:
        finding = f"{shown} of {total} is {' or '.join(map(str, fits)) if fits else 'no whole number'}"
        good = bool(fits)
    else:
        good = int(n) in fits
        finding = f"{n:.0f}/{total} is {rounded(100 * n / total, digits)}%, published as {shown}"
    return {"finding": f"{finding}; {origin}", "verdict": CONSISTENT if good else INCONSISTENT}


def _order(claim: Claim) -> dict | None:
    """Whether n is at most N, and a median within its range."""
    names = [name for name in ("min", "ci_low", "median", "ci_high", "max") if name in claim.published]
    numbers = [claim.published[name] for name in names]
    if {"n", "N"} <= claim.published.keys():
        names, numbers = ["n", "N"], [claim.published["n"], claim.published["N"]]
    if len(numbers) < 2:
        return None
    finding = ", ".join(f"{name} {value:g}" for name, value in zip(names, numbers, strict=True))
    return {"finding": finding, "verdict": CONSISTENT if numbers == sorted(numbers) else INCONSISTENT}


def consistency(claims: Mapping[str, Claim], sources: Mapping[str, Mapping], relations: list[Mapping]) -> pd.DataFrame:
    """The claims checked among themselves, without any patient: can a percentage arise from its denominator, are numbers
    in order, do parts add up, do two sources agree. One row per check."""
    rows = []

    def add(what: str, names: list[str], finding: str, verdict: str):
        rows.append({"check": what, "claims": ", ".join(names), "finding": finding, "verdict": verdict})

    largest = int(max((claim.published.get("N", 0) for claim in claims.values()), default=0)) or 100
    for claim in claims.values():
        if "percent" in claim.published:
            add("percentage and count", [claim.id], **_percentage(claim, largest))
        if order := _order(claim):
            add("order", [claim.id], **order)
    for relation in relations:
        sides = [[(name, claims[name.rpartition(".")[0]].published[name.rpartition(".")[2]]) for name in relation[side]]
                 for side in ("sum", "equals")]  # fmt: skip
        totals = [sum(value for _, value in side) for side in sides]
        finding = " = ".join(
            " + ".join(f"{value:g}" for _, value in side) + (f" [{total:g}]" if len(side) > 1 else "")
            for side, total in zip(sides, totals, strict=True)
        )
        same = math.isclose(*totals, rel_tol=1e-12)
        add("parts add up", [name for side in sides for name, _ in side], finding if same else finding.replace(" = ", " ≠ "),
            CONSISTENT if same else INCONSISTENT)  # fmt: skip
    for claim in claims.values():
        if claim.same_as:
            other = claims[claim.same_as]
            both = [name for name in claim.numbers if name in other.numbers]
            parts = [f"{name} {claim.published[name]:g}" + (" in both" if claim.published[name] == other.published[name] else
                     f" ({sources[claim.source]['title']}) and {other.published[name]:g} ({sources[other.source]['title']})") for name in both]  # fmt: skip
            differ = [name for name in both if claim.published[name] != other.published[name]]
            verdict = NOT_CHECKABLE if not both else INCONSISTENT if differ else CONSISTENT
            add("two sources", [claim.id, other.id], "; ".join(parts) or "no number in common", verdict)
    return pd.DataFrame(rows, columns=list(CLAIM_CHECKS.columns))
