"""Designs: how many participants a trial needs, with one stage or two, and the trial that followed a design of two."""

from __future__ import annotations

from typing import Literal

from ...ids import word
from ...registry import Condition, Count, Positive, Share
from .. import Data, Rows
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
    from ...stats import sample_size as sizes

    found = {
        "single-arm": lambda: sizes.single_arm(p0, p1, alpha, power),
        "two-proportions": lambda: sizes.two_proportions(p0, p1, alpha, power),
        "two-means": lambda: sizes.two_means(difference, sd, alpha, power),
        "log-rank": lambda: sizes.log_rank_events(hazard_ratio, alpha, power, event_share),
    }[design]()
    kinds = COUNTS | SHARES | {"n_per_group": "count", "events_planned": "count"}
    rows.add(found, kinds=kinds, names={"n": "n_planned", "events": "events_planned"})
