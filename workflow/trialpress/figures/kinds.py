"""The kinds of figure that plan.yaml can name. Importing this module registers them all, and no plotting library."""

from __future__ import annotations

from . import dose, estimates, flow, incidence, kinetics, overview, points, published, rates, survival, swimmer  # noqa: F401
from .drawing import KINDS

__all__ = ["KINDS"]
