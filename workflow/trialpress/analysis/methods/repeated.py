"""Repeated measures: models of groups whose participants are seen at several visits."""

from __future__ import annotations

from typing import Literal

import numpy as np

from ...ids import EVERYONE, word
from ...registry import Column, Number
from .. import Data, Rows
from ..display import precision, recorded_decimals
from ..participants import in_no_group
from .common import METHODS, by_suffix, comparable, group_codes, number
from .common import RATIO as RATIO_KINDS
from .linear import centre, design_of

Covariance = Literal["unstructured", "compound-symmetry", "heterogeneous-compound-symmetry", "ar1", "heterogeneous-ar1",
                     "toeplitz", "heterogeneous-toeplitz"]  # fmt: skip
MEANS = ("estimate", "std_error", "df", "ci_low", "ci_high")
DIFFERENCE = {"estimate": "difference", "std_error": "difference_std_error", "df": "difference_df",
              "ci_low": "difference_low", "ci_high": "difference_high", "p_value": "p_value"}  # fmt: skip
TEST = ("statistic", "df", "df_residual", "p_value")


@METHODS.add("mmrm", rows="visit")
def mmrm(data: Data, rows: Rows, *, variable: Number, by: Column, visit: Column, covariates: list[Column] = (),
         by_visit: list[Column] = (), covariance: list[Covariance] = ("unstructured",),
         df: Literal["kenward-roger", "satterthwaite"] = "kenward-roger"):  # fmt: skip
    """A continuous variable between groups at each visit, by a mixed model for repeated measures (MMRM): least-squares means of
    the groups at each visit, the difference of each group from the first at each visit and in their average with its test, and
    F tests of the groups and of their interaction with the visits. The visits are those of the analysed rows (`rows`, with `at`
    of those after baseline). Participants with some of the visits take part with those, under missing at random; nothing is
    imputed. `family_of: [visit]` puts the difference at a visit into a family.

    Parameters
        variable: what is compared: value or change
        by: column of the groups
        visit: column of the table that holds the visit
        covariates: columns of the model with the same effect at all visits
        by_visit: columns of the model with an effect of its own at each visit, as the baseline
        covariance: of the visits of a participant; of several the first that the data can estimate
        df: degrees of freedom, and with kenward-roger errors that are corrected for small samples
    """
    from ...stats.repeated import repeated

    frame, who = data.frame, data.frame[data.study.participant]
    asked = list(dict.fromkeys([*covariates, *by_visit]))
    known = frame[[variable, by, visit]].notna().all(axis=1) & ~in_no_group(data, by) & ~in_no_group(data, visit)
    design = design_of(data, asked, known)
    code, sizes = group_codes(data, by, design.known)
    seen, at_visit = group_codes(data, visit, design.known)
    y, groups, visits = number(frame.loc[design.known, variable]), list(sizes), list(at_visit)
    of = [place for place, name in enumerate(design.names)
          if any(name.id == data.column(one).id or name.id.startswith(f"{data.column(one).id}=") for one in by_visit)]  # fmt: skip
    people = who[design.known]
    for group, members in data.groups(by).items():
        n = int(people[members[design.known].to_numpy()].nunique())
        rows.add({"n": n}, group=group, method="participants in the model")
    if not comparable(rows, sizes, "mixed model for repeated measures", ("statistic", "p_value"), two=False):
        return
    fit = repeated(y, people.astype(str), seen, code, design.X, visits=len(visits), groups=len(groups), by_visit=of, df=df,
                   at=centre(data, design.X, design.names, asked), structures=tuple(covariance), level=data.plan.level)  # fmt: skip
    means, differences, note = fit.means(), fit.differences(), design.note
    rows.add(means, only=("n", "observations"), note=note)
    recorded = recorded_decimals(y)
    for place, (group, one) in enumerate((group, one) for group in groups for one in visits):
        known_mean = {"mean": means.curve["mean"][place]}
        why = "" if means.curve["n"][place] else "not estimable: no value at this visit"
        rows.add({"n": means.curve["n"][place], **known_mean}, group=group, level=one, method="participants in the model",
                 kinds=precision(recorded, known_mean), note=why)  # fmt: skip
        own = {name: means.curve[name][place] for name in MEANS}
        rows.add(
            type(means)(means.method, own, means.note),
            group=group,
            level=one,
            note=_why(own["estimate"], fit, why or note),
        )
    for place, (group, one) in enumerate((group, one) for group in groups[1:] for one in [*visits, EVERYONE]):
        own = {name: differences.curve[name][place] for name in DIFFERENCE}
        rows.add(type(means)(differences.method, own, differences.note), group=group, level=one, names=DIFFERENCE,
                 kinds=_kinds(own), note=_why(own["estimate"], fit, note))  # fmt: skip
    rows.add(fit.test(), only=TEST, kinds={"df_residual": "df"}, note=note)
    rows.add(fit.test(interaction=True), level=word("interaction"), only=TEST, kinds={"df_residual": "df"}, note=note)


def _why(estimate: float, fit, note: str) -> str:
    """What a gap of a model that could be fitted comes from."""
    from ...stats.repeated import FEW

    gap = np.isnan(estimate) and not fit.why
    return f"not estimable: a group has no value at this visit or at one of them, or {FEW}" if gap else note


def _kinds(own: dict[str, float]) -> dict[str, str]:
    """A difference and its interval with the same decimals."""
    from ..display import together

    shown = together(own)
    return {"difference_df": "df"} | {DIFFERENCE[name]: kind for name, kind in shown.items()}


@METHODS.add("gee", rows="visit")
def gee(data: Data, rows: Rows, *, variable: Number, by: Column, visit: Column, covariates: list[Column] = (),
        model: Literal["logistic", "poisson", "linear"] = "logistic", correlation: Literal["exchangeable", "independence"] = "exchangeable",
        errors: Literal["bias-reduced", "robust"] = "bias-reduced"):  # fmt: skip
    """An outcome at several visits between groups, by generalised estimating equations (GEE): odds ratio, rate ratio or
    difference of each group against the first over all visits, adjusted for the visits and for covariates, with errors that
    allow for the correlation of a participant's visits. Unlike a mixed model it needs values that are missing at visits
    completely at random.

    Parameters
        variable: what is compared: of logistic true or false (1 or 0), of poisson a count
        by: column of the groups
        visit: column of the table that holds the visit
        covariates: columns of the model
        model: logistic (odds ratios), poisson (rate ratios) or linear (differences)
        correlation: working correlation of the visits of a participant
        errors: bias-reduced, for few participants, or robust: the sandwich alone
    """
    from ...stats.gee import RATIO
    from ...stats.gee import gee as estimate

    frame = data.frame
    known = frame[[variable, by, visit]].notna().all(axis=1) & ~in_no_group(data, by) & ~in_no_group(data, visit)
    design = design_of(data, list(covariates), known)
    code, sizes = group_codes(data, by, design.known)
    seen, at_visit = group_codes(data, visit, design.known)
    people = frame.loc[design.known, data.study.participant].astype(str).to_numpy()
    for group, members in data.groups(by).items():
        here = members[design.known].to_numpy()
        rows.add({"n": len(set(people[here]))}, group=group, method="participants in the model")
    ratio, method = RATIO[model] or "estimate", f"{model} regression by generalised estimating equations"
    if not comparable(rows, sizes, method, (ratio, "p_value"), two=False):
        return
    levels = [dict(zip(data.groups(column), data.levels(column), strict=True)) for column in (by, visit)]
    indicators = [np.eye(len(of))[place][:, 1:] for of, place in ((sizes, code), (at_visit, seen))]
    names = [levels[0][one] for one in list(sizes)[1:]] + [levels[1][one] for one in list(at_visit)[1:]] + design.names
    X = np.column_stack([*indicators, design.X])
    y = number(frame.loc[design.known, variable])
    ids = [name.id for name in names]
    result = estimate(y, people, X, ids, family=model, correlation=correlation, errors=errors, level=data.plan.level)
    rows.add(result, only=("n", "observations", "correlation"), note=design.note)
    parts = by_suffix(result)
    for name in names:
        rows.add(parts[name.id], level=name, only=(ratio, "std_error", "ci_low", "ci_high", "p_value"),
                 kinds=RATIO_KINDS if RATIO[model] else {}, note=design.note)  # fmt: skip
