"""Sensitivity of a comparison that was not randomised."""

from __future__ import annotations

import math

from ...ids import word
from ...registry import Column, Condition
from .. import Data, Rows
from .common import METHODS
from .linear import standardised_risks


@METHODS.add("e_value", of_counts=True)
def e_value(data: Data, rows: Rows, *, event: Condition, by: Column, covariates: list[Column] = ()):
    """A condition between two groups that were not randomised: risks standardised to the covariates, as standardised_risks, and the
    E-values of their ratio and of its limit: how strongly something that was not measured would have to be associated with both
    group and outcome to explain them away.

    Parameters
        event: what is compared
        by: column with two levels
        covariates: what was measured and is adjusted for
    """
    from ...stats.confounding import e_value as needed

    standardised_risks(data, rows, event=event, by=by, covariates=list(covariates))
    whole = [row for row in rows.rows if not row["group"] and not row["level"]]
    found = {row["statistic"]: row["value"] for row in whole}
    ratio = [found.get(name, math.nan) for name in ("risk_ratio", "ci_low", "ci_high")]
    note = next((row["note"] for row in whole if row["statistic"] == "risk_ratio"), "")
    result = needed(*ratio)
    rows.add(result, level=word("E-value"), kinds=dict.fromkeys(("estimate", "limit"), "decimal2"),
             note=note.removeprefix("not estimable: ") if math.isnan(ratio[0]) else "")  # fmt: skip
