"""Dose escalation by cohort."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Literal

import pandas as pd

from ... import ids
from ...ids import EVERYONE, Name, word
from ...registry import Column, Condition, Count, Share
from ...stats.result import Result
from .. import Data, Rows
from .common import METHODS, PERCENT

DESIGN = word("design")


def cohorts(data: Data, given: Mapping) -> Iterator[tuple[Name, Name, pd.Series, pd.Series]]:
    """(cohort, its dose level, its members, all at that level until then) in the order of the cohorts, of those who are
    evaluable."""
    known = data.outcome(given["event"]).notna()
    levels, before = data.groups(given["by"]), pd.Series(False, index=data.frame.index)
    for cohort, members in data.levels(given["cohort"]).items():
        here = members & known
        before = before | here
        of = [level for level, treated in levels.items() if (here & treated).any()]
        if len(of) > 1:
            labels = ", ".join(level.label for level in of)
            raise ValueError(
                f"{cohort.label} has participants at {len(of)} dose levels ({labels}): what is decided after it?"
            )
        if of:
            yield cohort, of[0], here & levels[of[0]], before & levels[of[0]]


@METHODS.add("dose_escalation")
def dose_escalation(data: Data, rows: Rows, *, event: Condition, by: Column, cohort: Column,
                    design: Literal["3+3", "boin", "mtpi-2", "crm"] = "3+3", target: Share = 0.3, closes: Share = 0.95,
                    skeleton: list[Share] = ()):  # fmt: skip
    """Dose-limiting toxicities by dose level with exact intervals, and by cohort: toxicities in the cohort and until then at
    its dose level, and what the design says next (1: escalate, 0: same dose, -1: de-escalate). The maximum tolerated dose
    by the design (its place among the levels, from 1). BOIN and mTPI-2 close a dose, and those above it, for good once the
    probability that its rate exceeds the target (`exceeds`) is above a limit. CRM goes one level up at most, and gives the
    rate that it estimates for each level (`model`). A note says where the next cohort was treated otherwise.

    Parameters
        event: dose-limiting toxicity; who is not evaluable has no value
        by: column of the dose level, its levels from the lowest
        cohort: column of the cohort, its levels in the order of treatment
        design: 3+3 (Storer 1989), BOIN (Liu and Yuan 2015), mTPI-2 (Guo et al. 2017, equivalent is the target ± 5%), or CRM
            with the power model (O'Quigley et al. 1990, prior variance 1.34)
        target: target rate of all but 3+3
        closes: probability of a rate above the target beyond which BOIN and mTPI-2 close a dose
        skeleton: of CRM, the rates that were expected at the levels
    """
    from ...stats import escalation
    from ...stats.proportions import proportion

    holds, given = data.outcome(event), {"event": event, "by": by, "cohort": cohort}
    levels, counts = list(data.groups(by)), []
    if (design == "crm") != bool(skeleton) or (skeleton and len(skeleton) != len(levels)):
        raise ValueError(
            f"skeleton: CRM, and no other design, has a rate for each of the {len(levels)} levels, from the lowest"
        )
    for level, members in data.groups(by).items():
        n, total = int(holds[members].sum()), int(holds[members].notna().sum())
        rows.add(proportion(n, total, level=data.plan.level), group=level, kinds=PERCENT)
        counts.append((n, total))
    found, closed = list(cohorts(data, given)), None
    for at, (name, level, members, until) in enumerate(found):
        rows.add(_count(holds, members), level=name, method="participants of the cohort")
        rows.add({"dose_level": levels.index(level) + 1}, level=name, kind="count", method="place of the dose level")
        total = _count(holds, until)
        rows.add(total, level=ids.level(name, word("until then")), method="participants at the dose level until then")
        if design == "3+3":
            result = escalation.three_plus_three(total["n"], total["N"])
        elif design == "crm":
            result = _towards(data, holds, found[: at + 1], levels, list(skeleton), target)
        else:
            rule = escalation.boin if design == "boin" else escalation.mtpi2
            result = rule(total["n"], total["N"], target, closes=closes)
            result, closed = _closing(result, levels.index(level), closed)
        rows.add(result, level=name, kind="count", kinds={"exceeds": "percent"},
                 note=_otherwise(result["decision"], found, at, levels))  # fmt: skip
    if not found:
        rows.add(
            {"n": 0}, level=DESIGN, method="participants", note="not estimable: no cohort with evaluable participants"
        )
    if design == "boin":
        rows.add(escalation.boin_boundaries(target), level=DESIGN, kind="percent")
    if design == "crm" and counts:
        fitted = escalation.crm(*map(list, zip(*counts, strict=True)), list(skeleton), target)
        for level, rate in zip(levels, fitted.curve["estimate"], strict=True):
            rows.add({"model": rate}, group=level, kind="percent", method=fitted.method)
        tried = max((at for at, (_, total) in enumerate(counts) if total), default=-1)
        mtd = min(fitted["recommended"], tried + 1.0) if tried >= 0 else float("nan")
        rows.add({"mtd": mtd}, level=DESIGN, kind="count", method=fitted.method,
                 note="" if tried >= 0 else "not estimable: no participants")  # fmt: skip
        return
    rows.add(escalation.tolerated(*map(list, zip(*counts, strict=True)), design, target, closed) if counts else {"mtd": float("nan")},
             level=DESIGN, kind="count", method="" if counts else "design", note="" if counts else "not estimable: no dose level")  # fmt: skip


def _towards(
    data: Data, holds: pd.Series, found: list, levels: list[Name], skeleton: list[float], target: float
) -> Result:
    """What CRM says after the last of the cohorts: one level up, down, or the same."""
    from ...stats.escalation import crm

    events, totals = [0] * len(levels), [0] * len(levels)
    for _, level, members, _ in found:
        count = _count(holds, members)
        events[levels.index(level)] += count["n"]
        totals[levels.index(level)] += count["N"]
    result = crm(events, totals, skeleton, target)
    gap = int(result["recommended"]) - 1 - levels.index(found[-1][1])
    return Result(result.method, {"decision": float((gap > 0) - (gap < 0)), "recommended": result["recommended"]})


@METHODS.add("escalation_characteristics", of_a_design=True)
def escalation_characteristics(data: Data, rows: Rows, *, design: Literal["3+3", "boin", "mtpi-2", "crm"], rates: list[Share],
                               target: Share = 0.3, n_max: Count = 30, cohort: Count = 3, trials: Count = 2000,
                               skeleton: list[Share] = (), closes: Share = 0.95):  # fmt: skip
    """Operating characteristics of a design of dose escalation, were these the true rates of dose-limiting toxicity: how often
    each dose is selected, and how many participants and toxicities it has on average. 3+3 exactly (with de-escalation, Lin and
    Shih 2001), the others from simulated trials with the plan's seed.

    Parameters
        design: 3+3, BOIN, mTPI-2, or CRM, as in dose_escalation
        rates: the true rate of each dose, from the lowest
        target: target rate of all but 3+3
        n_max: participants at most, of all but 3+3
        cohort: participants before each decision, of all but 3+3
        trials: number of simulated trials
        skeleton: of CRM, the rates that are expected at the doses
        closes: probability of a rate above the target beyond which BOIN and mTPI-2 close a dose
    """
    from ...stats.escalation_design import simulated, three_plus_three_exact

    if (design == "crm") != bool(skeleton) or (skeleton and len(skeleton) != len(rates)):
        raise ValueError(
            f"skeleton: CRM, and no other design, has a rate for each of the {len(rates)} doses, from the lowest"
        )
    if design == "3+3":
        found = three_plus_three_exact(list(rates))
    else:
        found = simulated(design, list(rates), target, n_max=n_max, cohort=cohort, trials=trials, seed=data.plan.seed,
                          skeleton=list(skeleton), closes=closes)  # fmt: skip
    kinds = {
        "none": "percent",
        "rate": "percent",
        "selected": "percent",
        "expected_n": "decimal1",
        "expected_dlt": "decimal1",
    }
    rows.add(found, kinds=kinds, only=("none", "expected_n", "expected_dlt"))
    for place in range(len(rates)):
        values = {name: column[place] for name, column in found.curve.items()}
        rows.add(Result(found.method, values), level=word(f"dose {place + 1}"), kinds=kinds)


def _closing(result: Result, here: int, closed: int | None) -> tuple[Result, int | None]:
    """What BOIN says where doses may be closed, and the lowest of them: nobody is treated at a closed dose."""
    if result.values.get("closed") == 1:
        closed = here if closed is None else min(here, closed)
    if closed is None or pd.isna(result["decision"]):
        return result, closed
    planned = here + int(result["decision"])
    decision = -1.0 if here >= closed else 0.0 if planned >= closed else result["decision"]
    note = "the lowest dose is closed: the design stops the trial" if closed == 0 else ""
    return replace(result, values={**result.values, "decision": decision}, note=note), closed


def _count(holds: pd.Series, members: pd.Series) -> dict[str, int]:
    return {"n": int(holds[members].sum()), "N": int(members.sum())}


def _otherwise(decision: float, found: list, at: int, levels: list[Name]) -> str:
    """What was done instead of what the design says; empty if it was followed or nothing came after."""
    if at + 1 == len(found) or pd.isna(decision):
        return ""
    here, after = (levels.index(found[i][1]) for i in (at, at + 1))
    planned = min(max(here + int(decision), 0), len(levels) - 1)
    return "" if after == planned else f"the next cohort was treated at {levels[after].label}"


def counted(data: Data, given: Mapping) -> Iterator[tuple[Name, Name, str, pd.Series]]:
    """Who is in each count."""
    holds = data.outcome(given["event"])
    event, known = holds.fillna(False).astype(bool), holds.notna()
    for level, members in data.groups(given["by"]).items():
        yield level, EVERYONE, "n", members & event
        yield level, EVERYONE, "N", members & known
    nobody = pd.Series(False, index=data.frame.index)
    yield EVERYONE, DESIGN, "n", nobody
    for name, _, members, until in cohorts(data, given):
        for at, who in ((name, members), (ids.level(name, word("until then")), until)):
            yield EVERYONE, at, "n", who & event
            yield EVERYONE, at, "N", who
