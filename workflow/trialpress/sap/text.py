"""The statistical analysis plan as a document, from plan.yaml and the dictionary: nothing in it comes from a record."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping

from ..analysis.methods.common import METHODS
from ..analysis.methods.two_stage import size_statements
from ..audit.trace.methods import describe, references
from ..citations import cited
from ..plan import Endpoint, Plan
from ..study import Study
from ..text import escape
from .shells import figures, tables

HEADS = {"method", "population", "label", "family"}


def table(header: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    given = [[*header], *([*cells] for cells in rows)]
    lines = ["| " + " | ".join(escape(str(cell)) or "\u2013" for cell in cells) + " |" for cells in given]
    widths = [min(max(map(len, map(str, column)), default=3), 40) for column in zip(*given, strict=True)]
    return "\n".join([lines[0], "|" + "|".join(":" + "-" * max(width, 6) for width in widths) + "|", *lines[1:]]) + "\n"


def _censoring(endpoint: Endpoint) -> str:
    if endpoint.from_durations:
        return "at the recorded duration"
    cut = f"; whatever comes later, at {', '.join(endpoint.censor_at)}" if endpoint.censor_at else ""
    return f"{endpoint.censor}{cut}"


def populations(plan: Plan) -> str:
    rows = [
        (one.label, plan.populations[one.within].label if one.within else "all", one.condition, one.definition)
        for one in plan.populations.values()
    ]
    return table(["Population", "Within", "Condition", "Definition"], rows)


def endpoints(plan: Plan) -> str:
    rows = [
        (one.label, one.definition, one.time or one.origin, "; ".join(f"{name}: {text}" for name, text in one.events.items()), _censoring(one))
        for one in plan.endpoints.values()
    ]  # fmt: skip
    return table(["Endpoint", "Definition", "From", "Events", "Without an event"], rows) if rows else "None.\n"


def estimands(study: Study, plan: Plan) -> str:
    """The attributes of ICH E9(R1) of every analysis, as far as the plan states them."""
    rows = []
    for name, spec in plan.analyses.items():
        endpoint = plan.endpoints.get(spec.get("endpoint", ""))
        variable = (
            endpoint.label
            if endpoint
            else spec.get("event") or spec.get("variable") or spec.get("value") or spec.get("label", "")
        )
        rows.append((spec.get("label") or name, plan.populations[spec["population"]].label, variable, _intercurrent(spec, endpoint),
                     " ".join(re.split(r"(?<!\bal)\.\s", describe(spec["method"]))[0].split())))  # fmt: skip
    return f"Treatment, of all: {escape(study.title)}.\n\n" + table(
        ["Analysis", "Population", "Variable", "Intercurrent and unknown events", "Summary"], rows
    )


def _intercurrent(spec, endpoint: Endpoint | None) -> str:
    said = []
    if endpoint and endpoint.censor_at:
        said.append(f"follow-up ends at {', '.join(endpoint.censor_at)}")
    if endpoint and endpoint.competing:
        said.append("other events compete")
    if "begin" in spec:
        said.append(f"{spec['begin']} begins a state of its own")
    if unknown := unknown_event(spec):
        said.append(f"unknown event: {unknown}")
    return "; ".join(said) or "none stated"


def unknown_event(spec: Mapping) -> str:
    """What becomes of those of whom it is not known whether they had the event of an analysis: what the plan says, or what
    its method does without; empty of an analysis without such an event."""
    if "event" not in METHODS.parameters(spec["method"]):
        return ""
    traits = METHODS.traits[spec["method"]]
    if "unknown" not in spec and traits.get("unknown_apart"):
        return "counted apart"
    chosen = spec.get("unknown") or ("no_event" if traits.get("unknown_is_no_event") else "left_out")
    return {"no_event": "counted as no event", "left_out": "left out"}[chosen]


def methods(plan: Plan) -> Iterator[str]:
    """Every method that the plan uses: what it does, what it computes and from which publications, and its analyses."""
    for method in sorted({spec["method"] for spec in plan.analyses.values()}):
        yield f"## {method.replace('_', ' ')}\n\n{_with_keys(describe(method))}\n"
        for text in references(method):
            yield (
                "\n".join(
                    f"> {_with_keys(part)}\n>"
                    for part in text.split("\n\n")
                    if part.strip() and not part.strip().startswith(">>>")
                )
                + "\n"
            )
        rows = [
            (
                spec.get("label") or name,
                name,
                "; ".join(f"{key}: {_plain(value)}" for key, value in spec.items() if key not in HEADS),
            )
            for name, spec in plan.analyses.items()
            if spec["method"] == method
        ]
        yield table(["Analysis", "Id", "Specification"], rows)


def _with_keys(text: str) -> str:
    """A docstring as Markdown, with the key of each publication behind its names and year."""
    text, done = " ".join(text.split()), 0
    parts = []
    for _, end, key in cited(text):
        parts += [escape(text[done:end]), f" [@{key}]"]
        done = end
    return "".join([*parts, escape(text[done:])])


def _plain(value) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def missing(plan: Plan) -> str:
    rows = [
        (spec.get("label") or name, plan.populations[spec["population"]].label, unknown)
        for name, spec in plan.analyses.items()
        if (unknown := unknown_event(spec))
    ]
    text = (
        "Nothing is imputed unless the dictionary or a method above says so. Who lacks a value that an analysis needs is left out of it, by name and with "
        "the number"
        + (", but for an event that is not known, of which the table below says what becomes of it" if rows else "")
        + "; of whom it is not known whether he or she belongs to a population does not belong.\n"
    )
    filled = [
        (spec.get("label") or name, ", ".join([spec["variable"], *spec.get("covariates", ())]), ", ".join(spec.get("auxiliary", ())) or "\u2013",
         f"{spec.get('imputations', 20)} data sets, {spec.get('iterations', 10)} iterations, seed {plan.seed}")
        for name, spec in plan.analyses.items() if spec["method"] == "multiple_imputation"
    ]  # fmt: skip
    text += "\n" + table(["Multiple imputation", "Imputed where missing", "Auxiliary", "How"], filled) if filled else ""
    return text + ("\n" + table(["Analysis", "Population", "Where the event is not known"], rows) if rows else "")


def multiplicity(plan: Plan) -> str:
    rows = [
        (
            family,
            METHOD_OF_FAMILY.get(how, how),
            ", ".join(name for name, spec in plan.analyses.items() if spec.get("family") == family),
        )
        for family, how in plan.families.items()
    ]
    text = f"{escape(plan.multiplicity)}\n\nTests are two-sided at {plan.alpha:g}; intervals have a level of {100 * plan.level:g}%.\n\n"
    return text + (table(["Family", "Adjustment", "Analyses"], rows) if rows else "")


METHOD_OF_FAMILY = {
    "none": "none",
    "holm": "Holm",
    "hochberg": "Hochberg",
    "bonferroni": "Bonferroni",
    "fdr_bh": "Benjamini-Hochberg",
}


def document(study: Study, plan: Plan) -> str:
    """manuscript.qmd of the plan."""
    front = {"title": f"Statistical analysis plan: {study.title}", "date": plan.date, "keywords": []}
    amended = "".join(f"- {escape(text)}\n" for text in plan.lock.amendments)
    parts = [
        f"---\ntitle: {json.dumps(front['title'], ensure_ascii=False)}\ndate: {json.dumps(plan.date)}\n---\n",
        f"# Version\n\nThe plan is {escape(plan.lock.text)}. {escape(study.notice)}\n\n{amended}",
        "# Populations\n\n" + populations(plan),
        "# Endpoints\n\n" + endpoints(plan),
        "# Estimands\n\n" + estimands(study, plan),
        "# Methods\n\n" + "\n".join(methods(plan)),
        "# Sample size\n\n"
        + (escape(size_statements(plan)) or "The plan states no calculation of a sample size.")
        + "\n",
        "# Multiplicity\n\n" + multiplicity(plan),
        "# Missing data\n\n" + missing(plan),
        "# Mock shells of the tables\n\n" + ("\n".join(tables(plan)) or "None.\n"),
        "# Mock shells of the figures\n\n" + ("\n".join(figures(plan)) or "None.\n"),
        "# References {.unnumbered}\n\n::: {#refs}\n:::\n",
    ]
    return "\n".join(parts)
