"""Time to event."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from ...registry import Column, Endpoint
from .. import Data, Rows
from .common import (
    DAYS,
    METHODS,
    Unit,
    coefficients,
    design_matrix,
)


def _times(data: Data, endpoint: str, unit: str, members: pd.Series | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Times in `unit` and event indicators of those in whom both are known."""
    frame = data.frame if members is None else data.frame[members]
    known = frame[[f"{endpoint}_time", f"{endpoint}_event"]].dropna()
    return known.iloc[:, 0].to_numpy(dtype=float) / DAYS[unit], known.iloc[:, 1].to_numpy(dtype=float)


@METHODS.add("kaplan_meier")
def kaplan_meier(data: Data, rows: Rows, *, endpoint: Endpoint, by: Column = "", at: list[float] = (), unit: Unit = "months",
                 transform: Literal["log-log", "log", "plain", "arcsin"] = "log-log"):  # fmt: skip
    """Kaplan-Meier estimate: median with interval, estimates at fixed times, numbers at risk (time >= t).

    Parameters
        endpoint: the time-to-event endpoint
        by: column whose levels are estimated apart
        at: fixed times, in `unit`
        unit: unit of all times
        transform: scale on which the interval is symmetric
    """
    from ...stats.survival import kaplan_meier as estimate
    from ...stats.survival import survival_at

    for group, members in data.groups(by).items():
        time, event = _times(data, endpoint, unit, members)
        if not time.size:
            rows.add(
                {"n": 0, "median": float("nan")},
                group=group,
                method="Kaplan-Meier",
                note="not estimable: no participants",
            )
            continue
        km = estimate(time, event, level=data.plan.level, transform=transform)
        rows.add(km, group=group, kind="decimal1", names={"median_ci_low": "ci_low", "median_ci_high": "ci_high"})
        rows.curve(km.curve, group=group)
        for t in at:
            rows.add(survival_at(km, t), group=group, level=f"{t:g} {unit}", kind="percent", kinds={"n_at_risk": "count"},
                     only=("estimate", "ci_low", "ci_high", "n_at_risk"))  # fmt: skip


@METHODS.add("follow_up")
def follow_up(data: Data, rows: Rows, *, endpoint: Endpoint, unit: Unit = "months"):
    """Median follow-up by the reverse Kaplan-Meier method (Schemper & Smith 1996).

    Parameters
        endpoint: overall survival, as a rule
        unit: unit of all times
    """
    from ...stats.survival import reverse_kaplan_meier

    time, event = _times(data, endpoint, unit)
    rows.add(reverse_kaplan_meier(time, event, level=data.plan.level), kind="decimal1",
             names={"median_ci_low": "ci_low", "median_ci_high": "ci_high"})  # fmt: skip


@METHODS.add("log_rank")
def log_rank(data: Data, rows: Rows, *, endpoint: Endpoint, by: Column, rho: float = 0):
    """Log-rank test between groups (Fleming-Harrington with rho > 0).

    Parameters
        endpoint: the time-to-event endpoint
        by: column of the groups
        rho: weight S(t)^rho
    """
    from ...stats.survival import log_rank as test

    names = {f"{endpoint}_time", f"{endpoint}_event", by}
    known = data.frame.dropna(subset=sorted(names))
    if known[by].nunique() < 2:
        rows.add({"p_value": float("nan")}, method="log-rank test", note="not estimable: one group only")
        return
    time, event = known[f"{endpoint}_time"].to_numpy(dtype=float), known[f"{endpoint}_event"].to_numpy(dtype=float)
    rows.add(test(time, event, known[by].astype(str).to_numpy(), rho=rho), only=("statistic", "df", "p_value"))


@METHODS.add("cox")
def cox(data: Data, rows: Rows, *, endpoint: Endpoint, covariates: list[Column]):
    """Proportional hazards regression, Efron ties, Wald intervals. A categorical covariate is compared with its first
    level; participants with a missing covariate are left out and counted in the note.

    Parameters
        endpoint: the time-to-event endpoint
        covariates: columns of the model
    """
    from ...stats.cox import cox as fit

    design, names, known = design_matrix(data, covariates, [f"{endpoint}_time", f"{endpoint}_event"])
    left_out = len(data.frame) - int(known.sum())
    note = f"{left_out} with a missing value left out" if left_out else ""
    time, event = _times(data, endpoint, "days", known)
    rows.add({"n": time.size, "events": event.sum()}, method="participants in the model", note=note)
    result = fit(time, event, design, level=data.plan.level, names=names)
    coefficients(rows, result, names, "hazard_ratio", note)
    rows.add(result, only=("lr_statistic", "lr_p_value"), kinds={"lr_p_value": "p"})
