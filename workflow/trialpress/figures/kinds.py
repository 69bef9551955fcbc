"""The kinds of figure that plan.yaml can name. Importing this module registers them all, and no plotting library."""

from __future__ import annotations

from . import (  # noqa: F401
    agreement,
    alluvial,
    balance,
    calibration,
    change,
    claims,
    correlations,
    difference,
    distributions,
    dose,
    escalation,
    events,
    flow,
    forest,
    grades,
    heatmap,
    incidence,
    kinetics,
    lasagna,
    points,
    rates,
    repeated,
    roc,
    specification,
    splines,
    states,
    survival,
    swimmer,
    trials,
    upset,
    visits,
)
from .drawing import KINDS, width_of

__all__ = ["KINDS", "width_of"]
