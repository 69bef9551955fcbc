"""The participant flow."""

from __future__ import annotations

import pandas as pd

from ..analysis.origin import SIMULATED
from ..errors import Problem, nearest, raise_if
from ..registry import Population
from ..results import Results
from . import palette, style
from .boxes import PAD, Layout, Narrow, Outline, Step, Tree, Wide
from .drawing import KINDS, Drawing, empty
from .read import count


@KINDS.add("flow")
def flow(results: Results, *, branches: list[Population] = (), width: style.Width = "double") -> Drawing:
    """Participant flow (CONSORT): the populations of the plan's flow as boxes, those excluded on the way with every
    reason and its count, reasons that apply to nobody included. Steps from the same population stand side by side; they,
    steps without reasons and those named in `branches` exclude nobody: who is not in them is said to be in another group.

    Parameters
        branches: steps that are a stratum or an outcome, not what exclusions leave
        width: single (85 mm) or double (180 mm)
    """
    steps = _steps(results, branches)
    raise_if(
        Problem("plan.yaml, figures.branches", f"'{name}' is no step of the flow", "it would be passed over in silence",
                nearest(name, [step.id for step in steps]))
        for name in branches if name not in {step.id for step in steps}
    )  # fmt: skip
    if not steps:
        return empty(results, width, "The plan describes no participant flow")
    tree, page_width = Tree(steps), style.WIDTHS[width]
    for made in (Wide, Narrow, Outline):  # the first in which no word is broken
        layout = made(steps, tree, page_width)
        if layout.fits():
            break
    page = style.Page(results, width, layout.height + 0.5)
    for step in steps:
        _draw(page, step, layout)
    return Drawing(page.figure, _numbers(steps), _alt(steps))


def _draw(page, step: Step, layout: Layout) -> None:
    """A step's box, the way to it, and the box of those excluded on that way."""
    box, text = layout.boxes[step.id], layout.texts[step.id]
    page.box(*box)
    for i, (weight, line) in enumerate(text):
        at = box[0] + box[2] / 2, box[1] + PAD + (i + 0.5) * style.LINE
        page.text(*at, line, ha="center", va="center", weight=weight)
    way = layout.way(step)
    if len(way) > 2:
        page.line(*zip(*way[:-1], strict=True), solid_joinstyle="miter")
    if way:
        page.arrow(way[-2], way[-1])
    if step.id in layout.sides:
        left, top, wide, high = layout.sides[step.id]
        page.arrow(layout.branch(step), (left, top + high / 2))
        page.box(left, top, wide, high, facecolor="#F7F8FA", edgecolor=palette.GREY)
        for i, (indent, line) in enumerate(layout.lines[step.id]):
            page.text(left + PAD + indent, top + PAD + (i + 0.5) * style.LINE, line, va="center")


def _steps(results: Results, branches: list[str]) -> list[Step]:
    """The plan's steps with their numbers from the flow table; a split without reasons says nothing of the others."""
    steps, before = [], None
    origins = []
    for entry in results.plan.flow:
        origins.append(entry.get("from", before))
        before = entry["population"]
    for entry, origin in zip(results.plan.flow, origins, strict=True):
        label = results.plan.populations[entry["population"]].label
        rows = results.flow[results.flow["step"] == entry["population"]]
        split = origins.count(origin) > 1 and not entry.get("reasons")
        excluded = (
            []
            if origin is None or split
            else [(row.reason_label, int(row.excluded)) for row in rows.itertuples() if row.reason or row.excluded]
        )
        n = int(rows["n"].iloc[0]) if len(rows) else 0
        branch = origins.count(origin) > 1 or not entry.get("reasons") or entry["population"] in branches
        known = {row.reason: row.reason_label for row in rows.itertuples() if row.reason}
        simulated = _simulated(results, entry["population"], known)
        steps.append(Step(entry["population"], label, n, origin, excluded, branch, simulated))
    return steps


def _simulated(results: Results, step: str, reasons: dict[str, str]) -> frozenset[str]:
    """The labels of the reasons with a simulated count, and '' if that of the step is."""
    if not results.marked:
        return frozenset()
    found = {"": results.population_origins[step]}
    found |= {text: results.flow_origins[step, reason] for reason, text in reasons.items()}
    results.seen.update(found.values())
    return frozenset(text for text, origin in found.items() if origin == SIMULATED)


def _numbers(steps: list[Step]) -> pd.DataFrame:
    rows = []
    for step in steps:
        for reason, n in step.excluded or [("", 0)]:
            how = step.left.lower() if reason else ""
            rows.append({"step": step.label, "n": step.n, "excluded": n, "reason": reason, "how": how})
    return pd.DataFrame(rows)


def _alt(steps: list[Step]) -> str:
    sentences = []
    for step in steps:
        text = f"{step.label}: {count(step.n)}{step.mark('')}"
        if step.excluded:
            reasons = ", ".join(f"{n}{step.mark(reason)} {reason}" for reason, n in step.excluded)
            text += f"; {step.left.lower()}: {reasons}"
        sentences.append(text)
    return "Participant flow. " + ". ".join(sentences) + "."
