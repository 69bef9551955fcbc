"""An effect in subgroups, beside the test of whether it differs between them."""

from __future__ import annotations

from ..figures.read import estimate, groups, label, names, shown
from ..ids import EVERYONE
from ..registry import Analysis
from ..results import Results
from .estimates import EFFECTS
from .table import KINDS, NO_VALUE, Cell, Table, aligned, linked


@KINDS.add("subgroups")
def subgroups(results: Results, *, analyses: list[Analysis]) -> Table:
    """The effect in every subgroup and the test of their interaction: a heading for each analysis, a row for each level. A loop of
    the plan makes one analysis for each subgrouping (analyses: {for: {...}, each: ...}).

    Parameters
        analyses: cox_interaction, logistic_interaction and linear_interaction analyses
    """
    ci = f"{100 * results.plan.level:g}% CI"
    arms = list(dict.fromkeys(arm for one in analyses for arm in _arms(results, one)))
    table = Table(["Subgroup", "n", *(arm.label for arm in arms), f"Effect ({ci})", "P for interaction"],
                  aligned("left", ["n", *arms, "effect", "p"]))  # fmt: skip
    said: dict[str, None] = {}
    for analysis in analyses:
        rows = results.analysis(analysis)
        p = linked(results, analysis, shown(results, analysis, "p_value") or NO_VALUE)
        size = linked(results, analysis, shown(results, analysis, "n") or NO_VALUE)
        table.add(_title(results, analysis), size, *[""] * len(arms), "", p)
        effects = rows[rows["statistic"].isin(list(EFFECTS)) & rows["group"].eq("")]
        order = list(results.analysed(analysis).groups(results.plan.analyses[analysis]["subgroup"]))
        present = names(rows[rows["group"].eq("")], "level")
        for level in [one for one in order if one in present]:
            statistic = next(iter(effects.loc[effects["level"] == level.id, "statistic"]), "")
            text = (
                f"{EFFECTS[statistic][0]} {estimate(results, analysis, EVERYONE, level, statistic)}"
                if statistic
                else NO_VALUE
            )
            said |= dict.fromkeys([EFFECTS[statistic][1]] if statistic else [])
            own = [_cell(results, analysis, arm, level) for arm in arms]
            table.add(level.label, _cell(results, analysis, EVERYONE, level), *own,
                      linked(results, analysis, text.strip(), level=level), "", indent=1)  # fmt: skip
        said |= dict.fromkeys(
            f"{method[:1].upper()}{method[1:]}." for method in rows.loc[rows["statistic"] == "p_value", "method"]
        )
    pair = _arms(results, analyses[0])[-2:] if analyses else []
    if len(pair) == 2:
        said[f"Effect: {pair[1].label} against {pair[0].label}."] = None
    if any("NE" in cell for row in table.rows for cell in row.cells):
        said["NE: not estimable."] = None
    said["Subgroups are exploratory; a difference between them is shown by the test of interaction alone."] = None
    table.note(*filter(None, said))
    return table


def _title(results: Results, analysis: str) -> str:
    """The subgrouping, or what the plan calls the analysis."""
    spec = results.plan.analyses[analysis]
    return label(results, analysis) if spec.get("label") else results.analysed(analysis).plan.label(spec["subgroup"])


def _arms(results: Results, analysis: str):
    order = list(results.analysed(analysis).groups(results.plan.analyses[analysis]["by"]))
    return sorted((one for one in groups(results, analysis) if one), key=order.index)


def _cell(results: Results, analysis: str, group, level) -> Cell:
    return linked(results, analysis, shown(results, analysis, "n", group, level) or NO_VALUE, group, level)
