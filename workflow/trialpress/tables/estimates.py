"""What models and measures of agreement estimate: a row for each group, each difference or ratio, and each test."""

from __future__ import annotations

from ..figures.effects import SUBDISTRIBUTION
from ..figures.read import covariate_order, estimate, label, names, shown, value
from ..ids import EVERYONE, Name
from ..registry import Analysis
from ..results import Results
from .table import KINDS, NO_VALUE, Cell, Table, linked

# statistic of an effect -> how its number is introduced, what that means
EFFECTS = {
    "estimate": ("", ""),
    "rate_ratio": ("IRR", "IRR: incidence rate ratio."),
    "risk_ratio": ("RR", "RR: risk ratio, the second group against the first."),
    "odds_ratio": ("OR", "OR: odds ratio, the second group against the first."),
    "hazard_ratio": ("HR", "HR: hazard ratio, the second group against the first."),
    "subdistribution": (
        "SHR",
        "SHR: subdistribution hazard ratio (Fine and Gray), the second group against the first.",
    ),
    "win_ratio": ("WR", "WR: win ratio, the second group against the first."),
    "number_needed": ("NNT", "NNT: number needed to treat for one more to have the outcome, or for one fewer."),
}
SIZES = ("n", "N")


@KINDS.add("estimates")
def estimates(results: Results, *, analyses: list[Analysis]) -> Table:
    """Estimates of any analysis with their intervals and p-values, a section each: of its groups, of all together, of each group
    against the first, of covariates; an overall test has a row of its own.

    Parameters
        analyses: ancova, incidence_rate, standardised_risks, and all that estimate something with an interval
    """
    ci = f"{100 * results.plan.level:g}% CI"
    table = Table(["", "n", f"Estimate ({ci})", "P"], ["left", "right", "right", "right"])
    said: dict[str, None] = {}
    for analysis in analyses:
        rows = results.analysis(analysis)
        table.section(Cell(label(results, analysis)))
        for group, level in _places(results, analysis):
            statistic = next((s for s in EFFECTS if shown(results, analysis, s, group, level)), "")
            p = shown(results, analysis, "p_value", group, level)
            size = shown(results, analysis, _size(results, analysis, group), group, level)
            if not statistic and not p and not (group and size):
                continue
            text = NO_VALUE
            if statistic:
                of_ratio = results.plan.analyses[analysis]["method"] in SUBDISTRIBUTION and statistic == "hazard_ratio"
                name, meaning = EFFECTS["subdistribution" if of_ratio else statistic]
                text = f"{name} {estimate(results, analysis, group, level, statistic)}"
                said[meaning] = None
            cells = [linked(results, analysis, one or NO_VALUE, group, level) for one in (size, text.strip(), p)]
            table.add(_name(results, analysis, group, level), *cells, indent=1)
        said |= dict.fromkeys(
            _sentence(method) for method in rows.loc[rows["statistic"].isin([*EFFECTS, "p_value"]), "method"]
        )
        said |= dict.fromkeys(
            _sentence(note) for note in rows["note"] if note and note not in results.left_out(analysis)
        )
    if any("NE" in cell for row in table.rows for cell in row.cells[2:]):
        said["NE: not estimable."] = None
    table.note(*filter(None, said))
    return table


def _size(results: Results, analysis: str, group: Name) -> str:
    """Participants of a group: N where its events are counted as n."""
    return "N" if shown(results, analysis, "N", group) else "n"


def _places(results: Results, analysis: str) -> list[tuple[Name, Name]]:
    """(group, level) of every row: groups in their order, everyone, then levels in the order of the plan."""
    spec, rows = results.plan.analyses[analysis], results.analysis(analysis)
    order = list(results.analysed(analysis).groups(spec["by"])) if spec.get("by") else []
    groups = sorted(names(rows, "group"), key=lambda one: order.index(one) if one in order else len(order))
    by = list(results.analysed(analysis).levels(spec["by"])) if spec.get("by") else []
    found = []
    for group in groups:
        levels = covariate_order(results, analysis, names(rows[rows["group"] == group.id], "level"))
        found += [(group, level) for level in sorted(levels, key=lambda one: (bool(one), one not in by))]
    return found


def _name(results: Results, analysis: str, group: Name, level: Name) -> str:
    spec = results.plan.analyses[analysis]
    if not group and not level:
        of = results.analysed(analysis).plan.label(spec["by"]) if spec.get("by") else ""
        return f"All groups of {of}" if of else "All"
    groups = list(results.analysed(analysis).groups(spec["by"])) if spec.get("by") else []
    against = dict(zip(results.analysed(analysis).levels(spec["by"]), groups, strict=True)) if groups else {}
    if not group and level in against:
        first = next((one for one in groups if value(results, analysis, "n", one) > 0), groups[0])
        return f"{against[level].label} against {first.label}"
    return ", ".join(one.label[:1].upper() + one.label[1:] for one in (group, level) if one != EVERYONE)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}." if text else ""
