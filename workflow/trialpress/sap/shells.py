"""Mock shells: every table and figure of a plan as it will be printed, without a record: titles, rows, columns, footnotes, `xx (xx.x)`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from ..analysis.methods.common import METHODS
from ..figures.kinds import KINDS as FIGURES
from ..plan import Plan
from ..tables.table import KINDS as TABLES
from ..text import escape

N, NN, PERCENT, X, CI, P = "xx", "xx/xx", "xx (xx.x%)", "xx.x", "xx.x to xx.x", "0.xxx"
RATIO = f"x.xx ({CI})"
HEAD = "(n = xx)"
MEDIANS = (
    "t_test",
    "mann_whitney",
    "kruskal_wallis",
    "jonckheere_terpstra",
)  # methods that give the median of each group


@dataclass
class Shell:
    """A table without its numbers. indented: rows that stand below the one before."""

    header: list[str]
    rows: list[list[str]] = field(default_factory=list)
    footnotes: list[str] = field(default_factory=list)

    def add(self, *cells: str, indent: bool = False) -> None:
        first = "\u00a0\u00a0\u00a0" + cells[0] if indent else cells[0]
        self.rows.append([first, *cells[1:], *[""] * (len(self.header) - len(cells))])

    def markdown(self, caption: str) -> str:
        line = lambda cells: "| " + " | ".join(escape(cell) or "\u00a0" for cell in cells) + " |"  # noqa: E731
        rule = "|:----" + "|:---" * (len(self.header) - 1) + "|"
        notes = "".join(f"\n{escape(note)}\n" for note in self.footnotes)
        body = "\n".join(map(line, self.rows))
        return f"**{escape(caption)}**\n\n{line(self.header)}\n{rule}\n{body}\n{notes}"


def levels(plan: Plan, column: str) -> list[str]:
    """How the levels of a column are printed; none of a column of numbers."""
    known = plan.columns.get(column)
    kind = plan.kinds.get(column)
    if kind and kind.family == "boolean":
        return [plan.level_label(column, code) for code in ("True", "False")]
    return list(known.levels.values()) if known else []


def _ci(plan: Plan) -> str:
    return f"{100 * plan.level:g}% CI"


def _label(plan: Plan, analysis: str) -> str:
    return plan.analyses[analysis].get("label") or analysis.replace("_", " ")


def _population(plan: Plan, analysis: str) -> str:
    return plan.populations[plan.analyses[analysis]["population"]].label


def _groups(plan: Plan, analysis: str) -> list[str]:
    by = plan.analyses[analysis].get("by")
    return (levels(plan, by) or [f"each {plan.label(by)}"]) if by else []


def baseline(plan: Plan, spec: Mapping) -> Shell:
    analysis = plan.analyses[spec["analysis"]]
    own = _groups(plan, spec["analysis"])
    groups = [f"{name} {HEAD}" for name in (*own, "Overall")]
    tested = analysis.get("p_values") or analysis.get("tests")
    more = {**({"SMD": "x.xx"} if len(own) == 2 else {}), **({"P": P} if own and tested else {})}
    shell = Shell(["Characteristic", *groups, *more])
    for variable in analysis["variables"]:
        label, codes = plan.label(variable, unit=True), levels(plan, variable)
        compared = [
            text if what == "SMD" or analysis.get("p_values") or variable in analysis.get("tests", ()) else ""
            for what, text in more.items()
        ]
        if codes:
            shell.add(f"{label}, n (%)", *[""] * len(groups), *compared)
            for code in codes:
                shell.add(code, *[PERCENT] * len(groups), indent=True)
        else:
            shell.add(f"{label}, median (IQR)", *[f"{X} ({CI})"] * len(groups), *compared)
        shell.add("Missing", *[N] * len(groups), indent=True)
    if len(own) == 2:
        shell.footnotes.append(
            f"SMD: standardised mean difference, {own[0]} less {own[1]}; of two levels that of the second, of more levels without a sign."
        )
    shell.footnotes.append("IQR: interquartile range. Percentages are of those in whom the value is known. A row of missing values stands where there are any.")  # fmt: skip
    return shell


def proportions(plan: Plan, spec: Mapping) -> Shell:
    shell = Shell(["Outcome", "Population", "n/N", "%", _ci(plan)])
    for analysis in spec["analyses"]:
        groups = _groups(plan, analysis)
        shell.add(_label(plan, analysis), _population(plan, analysis), *([] if groups else [NN, X, CI]))
        for group in groups:
            shell.add(group, "", NN, X, CI, indent=True)
    return shell


def comparisons(plan: Plan, spec: Mapping) -> Shell:
    adjusted = any(plan.families.get(plan.analyses[name].get("family"), "none") != "none" for name in spec["analyses"])
    shell = Shell(["Comparison", "Groups", f"Effect ({_ci(plan)})", "P", *(["Adjusted P"] if adjusted else [])])
    for analysis in spec["analyses"]:
        groups = (
            "; ".join(f"{group} {_counted(plan, analysis)}".strip() for group in _groups(plan, analysis)) or "\u2013"
        )
        shell.add(_label(plan, analysis), groups, RATIO, P, *([P] if adjusted else []))
    return shell


def _counted(plan: Plan, analysis: str) -> str:
    """What stands beside each group of a comparison: events and participants, the median of a number, nothing of another."""
    method = plan.analyses[analysis]["method"]
    return NN if "event" in METHODS.parameters(method) else f"median {X} {HEAD}" if method in MEDIANS else ""


def time_to_event(plan: Plan, spec: Mapping) -> Shell:
    times = {}
    for analysis in spec["analyses"]:
        one = plan.analyses[analysis]
        times |= dict.fromkeys(f"At {t:g} {one.get('unit', 'months')}, % ({_ci(plan)})" for t in one.get("at", ()))
    shell = Shell(["Endpoint", "Events/n", f"Median ({_ci(plan)})", *times])
    cells = [NN, f"{X} ({CI})", *[f"{X} ({CI})"] * len(times)]
    for analysis in spec["analyses"]:
        groups = _groups(plan, analysis)
        shell.add(_label(plan, analysis), *([] if groups else cells))
        for group in groups:
            shell.add(group, *cells, indent=True)
    shell.footnotes.append("NE: not reached or not estimable.")
    return shell


def coefficients(plan: Plan, spec: Mapping) -> Shell:
    shell = Shell(["Covariate", f"Ratio ({_ci(plan)})", "P"])
    for analysis in spec["analyses"]:
        shell.add(f"{_label(plan, analysis)} {HEAD[:-1]}, xx events)")
        for covariate in plan.analyses[analysis].get("covariates", ()):
            codes = levels(plan, covariate)
            for name in [f"{plan.label(covariate)}: {code}" for code in codes[1:]] or [
                plan.label(covariate, unit=True)
            ]:
                shell.add(name, RATIO, P, indent=True)
    return shell


def crosstab(plan: Plan, spec: Mapping) -> Shell:
    heads = [
        f"{plan.label(column)}: {level}"
        for column in spec["columns"]
        for level in (levels(plan, column) or ["each grade"])
    ]
    shell = Shell([plan.label(spec["rows"]), *heads])
    for level in levels(plan, spec["rows"]) or ["each grade"]:
        shell.add(level, *[N] * len(heads))
    return shell


def toxicity(plan: Plan, spec: Mapping) -> Shell:
    overall = ["Overall"] if spec.get("overall", True) else []
    heads = {"any": "any grade", "severe": f"grade \u2265{plan.analyses[spec['analysis']].get('severe', 3)}"}
    groups = [*_groups(plan, spec["analysis"]), *overall] or ["All"]
    columns, more = spec.get("columns", ("any", "severe")), ["Difference"] if spec.get("difference") else []
    shell = Shell(["Term", *(f"{group} {HEAD}: {heads.get(one, one)}" for group in groups for one in columns), *more])
    cells = [PERCENT if one in heads else N for one in columns] * len(groups)
    shell.add("each term, most frequent first", *cells, *[f"{X} ({CI})"] * len(more))
    return shell


def listing(plan: Plan, spec: Mapping) -> Shell:
    shell = Shell(["Participant", *(plan.label(column, unit=True) for column in spec["columns"])])
    shell.add("each participant", *["xx"] * len(spec["columns"]))
    return shell


OWN: Mapping[str, Callable[[Plan, Mapping], Shell]] = {
    one.__name__: one
    for one in (baseline, proportions, comparisons, time_to_event, coefficients, crosstab, toxicity, listing)
}


def described(plan: Plan, spec: Mapping) -> Shell:
    """Of a kind that has no shell of its own: what it shows, by its parameters."""
    shell = Shell(["Part of the table", "As planned"])
    for key, value in TABLES.options(spec).items():
        shell.add(key.replace("_", " "), _written(plan, value))
    shell.footnotes.append(purpose(TABLES.functions[spec["kind"]]))
    return shell


def _written(plan: Plan, value) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(_written(plan, one) for one in value)
    if isinstance(value, Mapping):
        return "; ".join(f"{key}: {_written(plan, one)}" for key, one in value.items())
    if isinstance(value, str) and value in plan.analyses:
        return _label(plan, value)
    if isinstance(value, str) and value in plan.populations:
        return plan.populations[value].label
    return plan.label(value, unit=True) if isinstance(value, str) and value in plan.columns else str(value)


def purpose(function: Callable) -> str:
    """What a kind shows, from its docstring."""
    return " ".join((function.__doc__ or "").split("Parameters")[0].split())


def tables(plan: Plan) -> Iterable[str]:
    for number, spec in enumerate(plan.tables.values(), start=1):
        yield OWN.get(spec["kind"], described)(plan, spec).markdown(
            f"Shell of table {number}. {spec['caption'].strip()}"
        )


def figures(plan: Plan) -> Iterable[str]:
    """Each figure by its caption, what its kind draws, and what of the plan it shows."""
    for number, spec in enumerate(plan.figures.values(), start=1):
        shell = Shell(["Part of the figure", "As planned"])
        shell.add("drawn as", purpose(FIGURES.functions[spec["kind"]]))
        for key, value in FIGURES.options(spec).items():
            shell.add(key.replace("_", " "), _written(plan, value))
        yield shell.markdown(f"Shell of figure {number}. {spec['caption'].strip()}")
