"""Designs: how many participants a trial needs, with one stage or two, and the trial that followed a design of two."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from ...ids import word
from ...plan import Plan
from ...registry import Condition, Count, Positive, Share
from ...stats.result import Result
from .. import Data, Rows
from ..display import MINUS, display
from .common import METHODS, PERCENT

COUNTS = dict.fromkeys(("r1", "n1", "r", "n_planned", "n_max", "needed"), "count")
SHARES = dict.fromkeys(("alpha", "power", "early_stop", "umvue", "predictive", "posterior"), "percent")


@METHODS.add("simon_design", of_a_design=True)
def simon_design(data: Data, rows: Rows, *, p0: Share, p1: Share, alpha: Share = 0.05, beta: Share = 0.2):
    """Simon's optimal and minimax two-stage designs, found by search: a trial stops with r1 or fewer responses of n1, and calls for
    more with more than r in all; their exact error rates, expected number and probability of an early stop.

    Parameters
        p0: uninteresting rate
        p1: rate that is worth while, above p0
        alpha: probability at most of calling for more under p0
        beta: probability at most of not doing so under p1
    """
    from ...stats.two_stage import search

    for kind, design in zip(("optimal", "minimax"), search(p0, p1, alpha, beta), strict=True):
        kinds = COUNTS | SHARES | {"expected_n": "decimal1"}
        rows.add(design, level=word(kind), kinds=kinds, names={"n": "n_planned"})


@METHODS.add("simon_inference", of_counts=True)
def simon_inference(data: Data, rows: Rows, *, event: Condition, first: Condition, r1: int, n1: Count, r: int, n: Count, p0: Share,
                    p1: Share):  # fmt: skip
    """What a trial by Simon's two-stage design has shown: responses of each stage, p-value, estimate and interval that allow for the
    stop after the first (Koyama and Chen), unbiased estimate, and the exact error rate and power of the design with the numbers that
    were attained. The second stage may have another size than planned.

    Parameters
        event: response
        first: who is of the first stage
        r1: stop if no more than so many of the first stage respond
        n1: planned participants of the first stage
        r: promising if more than so many respond in all
        n: planned participants of both stages
        p0: uninteresting rate
        p1: rate that is worth while
    """
    from ...stats.proportions import simon_two_stage
    from ...stats.two_stage import inference

    holds, early = data.outcome(event), data.holds(first)
    known, sizes = holds.notna() & early.notna(), []
    for name, members in (("first stage", known & early), ("second stage", known & ~early)):
        members = members.fillna(False).astype(bool)
        x, size = int(holds[members].sum()), int(members.sum())
        sizes += [x, size]
        rows.add({"n": x, "N": size}, level=word(name), method="responses and participants of a stage")
    x1, m1, x2, m2 = sizes
    rows.add({"n": x1 + x2, "N": m1 + m2}, method="responses and participants")
    total = m1 + m2 if m2 else max(n, m1 + 1)
    why = "no participants of the first stage" if not m1 else ""
    why = why or (f"the first stage has {m1} participants and cannot have more than {r1} responses" if m1 <= r1 else "")
    if why:
        for name in ("p_value", "estimate", "umvue", "alpha", "power"):
            rows.add({name: float("nan")}, method="Simon's two-stage design", note=f"not estimable: {why}")
        return
    note = f"{m1} in the first stage where {n1} were planned" if m1 != n1 else ""
    planned = max(n - n1 + m1, m1 + 1)  # the second stage keeps its size
    result = inference(x1, m1, x2, m2, r1, r, planned, p0, level=data.plan.level)
    only = ("p_value", "estimate", "ci_low", "ci_high", "umvue")
    rows.add(result, kinds=PERCENT | SHARES, only=only, note=note)
    rows.add(simon_two_stage(r1, m1, min(r, total), total, p0, p1), kinds=SHARES, only=("alpha", "power"), note=note)


@METHODS.add("predictive_probability", of_counts=True)
def predictive_probability(data: Data, rows: Rows, *, event: Condition, n_max: Count, p0: Share, threshold: Share, a: Positive = 1,
                           b: Positive = 1):  # fmt: skip
    """The probability that a trial will have shown at its end that its rate exceeds an uninteresting one, given those whose outcome
    is known (Bayesian predictive probability of Lee and Liu), and how many responses that takes.

    Parameters
        event: response
        n_max: participants at the end
        p0: uninteresting rate
        threshold: posterior probability of a higher rate that shows it
        a: of the beta prior
        b: of the beta prior
    """
    from ...stats.two_stage import predictive_probability as predict

    holds = data.outcome(event)
    x, n = int(holds.sum()), int(holds.notna().sum())
    rows.add({"n": x, "N": n}, method="counts of known outcomes")
    result = predict(x, n, n_max, p0, threshold, a=a, b=b)
    rows.add(result, kinds=COUNTS | SHARES, only=("n_max", "needed", "posterior", "predictive"))


@METHODS.add("sample_size", of_a_design=True)
def sample_size(data: Data, rows: Rows, *, design: Literal["single-arm", "two-proportions", "two-means", "log-rank"], alpha: Share = 0.05,
                power: Share = 0.8, p0: float = 0, p1: float = 0, difference: float = 0, sd: float = 0, hazard_ratio: float = 0,
                event_share: float = 1):  # fmt: skip
    """How many participants (log-rank: events) the plan's trial needs, as its sample size statement: an exact single-arm design,
    two equal groups by a test of proportions or a t test, or events of a log-rank test; with the power of the whole number.

    Parameters
        design: single-arm (p0, p1; alpha one-sided), two-proportions (p0, p1), two-means (difference, sd) or log-rank (hazard_ratio)
        alpha: error of the first kind
        power: probability of a significant result under the alternative
        p0: uninteresting rate, or that of the first group
        p1: rate that is worth while, or that of the second group
        difference: of the means
        sd: standard deviation within the groups
        hazard_ratio: of the second group against the first
        event_share: share of the participants who have the event
    """
    options = {"design": design, "alpha": alpha, "power": power, "p0": p0, "p1": p1, "difference": difference, "sd": sd,
               "hazard_ratio": hazard_ratio, "event_share": event_share}  # fmt: skip
    rows.add(size_of(options), kinds=SIZES, names={"n": "n_planned", "events": "events_planned"})


SIZES = COUNTS | SHARES | {"n_per_group": "count", "events_planned": "count"}


def size_of(given: Mapping) -> Result:
    """The size of a trial with the options of `sample_size`."""
    from ...stats import sample_size as sizes

    alpha, power = given["alpha"], given["power"]
    match given["design"]:
        case "single-arm":
            return sizes.single_arm(given["p0"], given["p1"], alpha, power)
        case "two-proportions":
            return sizes.two_proportions(given["p0"], given["p1"], alpha, power)
        case "two-means":
            return sizes.two_means(given["difference"], given["sd"], alpha, power)
    return sizes.log_rank_events(given["hazard_ratio"], alpha, power, given["event_share"])


def _signed(value: float) -> str:
    return f"{value:g}".replace("-", MINUS)


def assumed(given: Mapping) -> str:
    """What the size of a trial rests on.

    >>> assumed({"design": "log-rank", "hazard_ratio": 0.6, "event_share": 0.7})
    'hazard ratio 0.6, event in 70%'
    """
    rates = f"{100 * given.get('p0', 0):g}% against {100 * given.get('p1', 0):g}%"
    share = given.get("event_share", 1)
    return {
        "single-arm": f"rate of {rates}",
        "two-proportions": f"rates of {rates}",
        "two-means": f"difference {_signed(given.get('difference', 0))}, standard deviation {given.get('sd', 0):g}",
        "log-rank": f"hazard ratio {given.get('hazard_ratio', 0):g}"
        + (f", event in {100 * share:g}%" if share < 1 else ""),
    }[given["design"]]


def size_statement(given: Mapping) -> str:
    """The sentence of a methods section on the size of a trial.

    >>> print(size_statement({"design": "two-proportions", "alpha": 0.05, "power": 0.8, "p0": 0.5, "p1": 0.75}))
    With 58 participants in each of two groups (116 in all) a two-sided chi-square test at alpha 0.05 has a power of 80.2% (80% asked for) if the rates are 50% and 75%.
    """
    found, alpha, asked = size_of(given), f"{given['alpha']:g}", f"{100 * given['power']:g}% asked for"
    if found.note:
        return f"For {assumed(given)}, alpha {alpha} and a power of {100 * given['power']:g}% the size is {found.note}."
    shown = {name: display(name, value, SIZES.get(name, "count")) for name, value in found.values.items()}
    power = f"a power of {shown['power']} ({asked})"
    if given["design"] == "single-arm":
        return (f"{shown['n']} participants are planned. The treatment is promising if more than {shown['r']} have the outcome: an exact binomial test "
                f"at a one-sided alpha of {alpha} ({shown['alpha']} attained) has {power} if the rate is {100 * given['p1']:g}% and not {100 * given['p0']:g}%.")  # fmt: skip
    if given["design"] == "log-rank":
        share = given["event_share"]
        whom = f" in {shown['n']} participants, of whom {100 * share:g}% have one," if share < 1 else ""
        return f"With {shown['events']} events{whom} a two-sided log-rank test at alpha {alpha} has {power} if the hazard ratio is {given['hazard_ratio']:g}."
    test, truth = ("chi-square", f"the rates are {100 * given['p0']:g}% and {100 * given['p1']:g}%") if given["design"] == "two-proportions" else (
        "t", f"the means differ by {_signed(given['difference'])} and the standard deviation is {given['sd']:g}")  # fmt: skip
    groups = f"{shown['n_per_group']} participants in each of two groups ({shown['n']} in all)"
    return f"With {groups} a two-sided {test} test at alpha {alpha} has {power} if {truth}."


def size_statements(plan: Plan) -> str:
    """Those of all analyses of a plan that give the size of its trial; empty if there are none."""
    sized = [spec for spec in plan.analyses.values() if spec["method"] == "sample_size"]
    return " ".join(size_statement(METHODS.given(spec)) for spec in sized)
