"""One proportion: its interval, against a historical rate, with a prior, in two stages, with missing outcomes."""

from __future__ import annotations

from ...ids import word
from ...registry import Column, Condition, Positive, Share
from ...stats.result import Result
from .. import Data, Rows
from .common import METHODS, PERCENT, Alternative, Interval, by_suffix, event_counts, two_proportions


@METHODS.add("proportion", unknown_is_no_event=True, of_counts=True)
def proportion(data: Data, rows: Rows, *, event: Condition, by: Column = "", interval: Interval = "clopper-pearson"):
    """Share of participants for whom a condition holds, with an exact interval. Where the condition is not known the
    participant counts as not having the event, unless the plan says `unknown: left_out`; the note says how many those are.

    Parameters
        event: what is counted
        by: column whose levels are reported apart
        interval: kind of confidence interval
    """
    from ...stats.proportions import proportion as estimate

    for group, (n, N) in event_counts(data, data.outcome(event), by).items():
        result = estimate(n, N, level=data.plan.level, interval=interval)
        rows.add(result, group=group, kinds=PERCENT)


@METHODS.add("exact_test", unknown_is_no_event=True, of_counts=True)
def exact_test(data: Data, rows: Rows, *, event: Condition, rate: Share, by: Column = "",
               alternative: Alternative = "two-sided"):  # fmt: skip
    """Share of participants for whom a condition holds against a historical rate: exact binomial test, with the
    Clopper-Pearson interval. Where the condition is not known the participant counts as not having the event, unless the plan
    says `unknown: left_out`.

    Parameters
        event: what is counted
        rate: the historical rate, between 0 and 1
        by: column whose levels are tested apart
        alternative: two-sided, or the direction in which the share differs
    """
    from ...stats.proportions import exact_test as test
    from ...stats.proportions import proportion as estimate

    for group, (n, N) in event_counts(data, data.outcome(event), by).items():
        rows.add(estimate(n, N, level=data.plan.level), group=group, kinds=PERCENT)
        rows.add(test(n, N, rate, alternative=alternative), group=group, only=("p_value",))


@METHODS.add("beta_binomial", unknown_is_no_event=True, of_counts=True)
def beta_binomial(
    data: Data, rows: Rows, *, event: Condition, rate: Share, a: Positive = 1, b: Positive = 1, by: Column = ""
):
    """Posterior of a rate under a Beta(a, b) prior: mean, median, credible interval, probability that it exceeds a rate.
    Where the condition is not known the participant counts as not having the event, unless the plan
    says `unknown: left_out`.

    Parameters
        event: what is counted
        rate: the rate that is to be exceeded, between 0 and 1
        a: of the prior
        b: of the prior
        by: column whose levels are estimated apart
    """
    from ...stats.proportions import beta_binomial as posterior

    for group, (n, N) in event_counts(data, data.outcome(event), by).items():
        result = posterior(n, N, a, b, rate, level=data.plan.level)
        rows.add(result, group=group, kind="percent")


@METHODS.add("simon_two_stage", of_a_design=True)
def simon_two_stage(data: Data, rows: Rows, *, r1: int, n1: int, r: int, n: int, p0: Share, p1: Share):
    """Operating characteristics of Simon's two-stage design, whatever the participants: error rates, probability of
    stopping early, expected number of participants.

    Parameters
        r1: stop if no more than so many of the first stage respond
        n1: participants of the first stage
        r: promising if more than so many respond in all
        n: participants of both stages
        p0: uninteresting rate
        p1: rate that is worth while
    """
    from ...stats.proportions import simon_two_stage as design

    result = design(r1, n1, r, n, p0, p1)
    kinds = dict.fromkeys(("expected_n_p0", "expected_n_p1"), "decimal1") | {"n": "count"}
    rows.add(result, kind="percent", kinds=kinds, names={"n": "n_planned"})


@METHODS.add("missing_response", unknown_apart=True, of_counts=True)
def missing_response(data: Data, rows: Rows, *, event: Condition, by: Column = ""):
    """How much a rate depends on participants in whom the condition is not known: complete cases, all of them as failures
    (worst) and all as responders (best), with Clopper-Pearson intervals.

    Parameters
        event: what is counted; participants in whom it is not known are the missing ones
        by: column whose levels are reported apart
    """
    from ...stats.missing import missing_response as cases

    holds = data.holds(event)
    for group, (n, N) in event_counts(data, holds, by).items():
        missing = int(holds[data.groups(by)[group]].isna().sum())
        for case, part in by_suffix(cases(n, N, missing, level=data.plan.level)).items():
            if case and N + missing * (case != "complete"):
                part = Result(part.method, part.values)  # the note is of the complete cases
            rows.add(part, group=group, level=word(case), kinds=PERCENT)


@METHODS.add("tipping_point", unknown_apart=True, of_counts=True)
def tipping_point(data: Data, rows: Rows, *, event: Condition, rate: Share):
    """How many of the participants in whom the condition is not known must be failures before the rate no longer exceeds
    a historical one (one-sided exact test at half of the plan's alpha). Curve: estimate by number of failures.

    Parameters
        event: what is counted
        rate: the historical rate, between 0 and 1
    """
    from ...stats.missing import tipping_point as tip

    holds = data.holds(event)
    ((n, N),) = event_counts(data, holds, "").values()
    result = tip(n, N, int(holds.isna().sum()), rate, alpha=data.plan.alpha)
    rows.add(result, kind="count")
    if result.curve:
        rows.curve({"x": result.curve["failures"], "estimate": result.curve["estimate"]})


@METHODS.add("tipping_point_groups", unknown_apart=True, of_counts=True)
def tipping_point_groups(data: Data, rows: Rows, *, event: Condition, by: Column):
    """In how many of all splits of the participants with an unknown outcome into failures and responders Fisher's test of
    two groups stays on the same side of the plan's alpha.

    Parameters
        event: what is compared
        by: column with two levels
    """
    from ...stats.missing import tipping_point_two_groups as tip

    counts = two_proportions(data, rows, event, by, "tipping point of Fisher's exact test", ("p_value", "unchanged"))
    if counts:
        holds, groups = data.holds(event), data.groups(by)
        (n2, N2, m2), (n1, N1, m1) = (
            (n, N, int(holds[groups[group]].isna().sum())) for group, (n, N) in counts.items()
        )
        rows.add(tip(n2, N2, m2, n1, N1, m1, alpha=data.plan.alpha), kind="count")
