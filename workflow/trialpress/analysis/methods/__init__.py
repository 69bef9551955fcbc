"""The methods that plan.yaml can name. Each takes the population's participants, calls `stats`, and adds rows.

What a method cannot estimate it says in a row ("not estimable: ..."); it never fails for want of events or groups.
"""

from . import (  # noqa: F401  importing registers their methods
    changing,
    comparing,
    competing,
    confounding,
    continuous,
    counts,
    delayed,
    describing,
    discrimination,
    dose,
    escalation,
    imputation,
    kinetics,
    linear,
    logistic,
    monitoring,
    multistate,
    number_needed,
    paired,
    pairwise,
    pooling,
    proportions,
    repeated,
    resampling,
    sets,
    splines,
    stratified_tables,
    subgroups,
    survival,
    survival_difference,
    toxicity,
    two_stage,
    weighting,
    winning,
)
from .common import METHODS

__all__ = ["METHODS"]
