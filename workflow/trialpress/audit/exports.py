"""What the second computation of models, agreement and designs is given, in the long form of concordance.Export."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .concordance import Export

# options that these methods have beside those of concordance.DEFAULTS
DEFAULTS = {"errors": "classical", "per": 1}
OWN_DEFAULTS: dict[str, dict] = {"incidence_rate": {"errors": "model"}}


def _adjusted(outcome: Callable[[Export], dict]) -> Callable[[Export], None]:
    """Outcome (x) and group of everyone, without a set, and each covariate as a set."""

    def write(export: Export):
        spec = export.spec
        export.rows(group=export.groups(spec["by"]), **outcome(export))
        own = list(
            dict.fromkeys([*spec.get("covariates", ()), *([spec["interaction"]] if spec.get("interaction") else [])])
        )
        for name in own:
            export.variable(name)
        if spec.get("interaction"):
            export.order("interaction", [export.data.column(spec["interaction"])])

    return write


def _event(export: Export) -> dict:
    return {"x": export.data.outcome(export.spec["event"]).astype("Float64")}


EXPORTS: dict[str, Callable[[Export], None]] = {
    "ancova": _adjusted(lambda export: {"x": export.number(export.spec["variable"])}),
    "incidence_rate": _adjusted(
        lambda export: {"x": export.number(export.spec["count"]), "time": export.number(export.spec["exposure"])}
    ),
    "standardised_risks": _adjusted(_event),
}
