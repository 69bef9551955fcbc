"""What the second computation of models and measures of follow-up is given, in the long form of concordance.Export."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from .exports import _ids

if TYPE_CHECKING:
    from .concordance import Export


def _cox(export: Export):
    """Each covariate as a set, with the stratum (group) and the cluster (x: its number) of everyone."""
    data, spec = export.data, export.spec
    more = {"group": data.frame[spec["stratum"]].astype("string")} if spec.get("stratum") else {}
    if spec.get("cluster"):
        codes = data.frame[spec["cluster"]].astype("string").astype("category").cat.codes
        more["x"] = codes.astype("Float64").where(codes >= 0)
    for name in spec["covariates"]:
        export.variable(name, **export.times("days"), **more)


def _stratified(export: Export):
    """The group and the stratum (level) of everyone."""
    data, stratum = export.data, export.spec.get("stratum")
    level = {}
    if stratum:
        export.order("level", data.levels(stratum))
        level["level"] = _ids(data.levels(stratum), data.frame.index)
    unit = export.spec.get("unit", "months")
    export.rows(**export.times(unit), group=export.groups(export.spec.get("by", "")), **level)


def _ordered(export: Export):
    """The score, higher where the event is expected earlier, and the follow-up."""
    score = export.number(export.spec["score"]) * (-1 if export.spec.get("lower") else 1)
    export.rows(x=score, **export.times(export.spec.get("unit", "months")))


def _strata_of_groups(export: Export):
    """The group and the stratum (level) of everyone, as they are."""
    data, stratum = export.data, export.spec.get("stratum")
    level = {"level": data.frame[stratum].astype("string")} if stratum else {}
    export.rows(**export.times("days"), group=export.groups(export.spec["by"]), **level)


EXPORTS: dict[str, Callable[[Export], None]] = {
    "cox": _cox,
    "restricted_mean": _stratified,
    "compare_at": _stratified,
    "concordance_index": _ordered,
    "max_combo": _strata_of_groups,
}
