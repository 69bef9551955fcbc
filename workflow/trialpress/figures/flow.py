"""The participant flow."""

from __future__ import annotations

import math

import pandas as pd

from ..results import Results
from . import style
from .drawing import KINDS, Drawing, empty
from .read import count

PAD, GAP, ROW_GAP = 1.8, 5.0, 6.5  # mm: inside a box, between box and side box, between rows


@KINDS.add("flow")
def flow(results: Results, *, width: style.Width = "double") -> Drawing:
    """Participant flow (CONSORT): the populations of the plan's flow as boxes, those excluded on the way with every
    reason and its count, reasons that apply to nobody included. Steps from the same population stand side by side.

    Parameters
        width: single (85 mm) or double (180 mm)
    """
    steps = _steps(results)
    if not steps:
        return empty(results, width, "The plan describes no participant flow")
    tree = _Tree(steps)
    page_width = style.WIDTHS[width]
    lane = page_width / tree.lanes
    main = min(0.5 * lane - GAP, 52.0)
    side = min(0.5 * lane - 2.0, 62.0)
    for step in steps:
        step["text"] = f"{style.wrap(step['label'], main - 2 * PAD, weight='semibold')}\nn = {step['n']:,}"
        step["height"] = (step["text"].count("\n") + 1) * style.LINE + 2 * PAD
        step["side"] = _side_lines(step, side - 2 * PAD)
        step["side_height"] = len(step["side"]) * style.LINE + 2 * PAD if step["side"] else 0.0
    tops, y = [], 0.5
    for depth in range(tree.depth):
        row = [step for step in steps if tree.level[step["id"]] == depth]
        if depth:
            y += max(max(step["side_height"] for step in row) + 5.0, ROW_GAP)
        tops.append(y)
        y += max(step["height"] for step in row)
    page = style.Page(results, width, y + 0.5)
    centre = tree.centres(page_width, {step["id"]: bool(step["side"]) for step in steps}, main, side)
    for step in steps:
        x, top = centre[step["id"]], tops[tree.level[step["id"]]]
        page.box(x - main / 2, top, main, step["height"])
        lines = step["text"].split("\n")
        for i, line in enumerate(lines):
            weight = "normal" if i == len(lines) - 1 else "semibold"
            page.text(x, top + PAD + (i + 0.5) * style.LINE, line, ha="center", va="center", weight=weight)
        parent = tree.parent[step["id"]]
        if parent is not None:
            above = next(s for s in steps if s["id"] == parent)
            start = tops[tree.level[parent]] + above["height"]
            if abs(centre[parent] - x) > 0.1:
                turn = start + 2.2
                page.line([centre[parent], centre[parent], x], [start, turn, turn], solid_joinstyle="miter")
                start = turn
            page.arrow((x, start), (x, top))
            if step["side"]:
                left = x + main / 2 + GAP
                middle = (start + top) / 2
                page.arrow((x, middle), (left, middle))
                page.box(
                    left,
                    middle - step["side_height"] / 2,
                    side,
                    step["side_height"],
                    facecolor="#F7F8FA",
                    edgecolor=style.GREY,
                )
                for i, (indent, line) in enumerate(step["side"]):
                    page.text(
                        left + PAD + indent,
                        middle - step["side_height"] / 2 + PAD + (i + 0.5) * style.LINE,
                        line,
                        va="center",
                    )
    return Drawing(page.figure, _numbers(steps), _alt(steps))


def _steps(results: Results) -> list[dict]:
    """The plan's steps with their numbers from the flow table; a split without reasons excludes nobody."""
    steps, before = [], None
    origins = []
    for entry in results.plan.flow:
        origins.append(entry.get("from", before))
        before = entry["population"]
    for entry, origin in zip(results.plan.flow, origins, strict=True):
        label = results.plan.populations[entry["population"]].label
        rows = results.flow[results.flow["step"] == label]
        split = origins.count(origin) > 1 and not entry.get("reasons")
        excluded = (
            []
            if origin is None or split
            else [(row.reason, int(row.excluded)) for row in rows.itertuples() if row.reason or row.excluded]
        )
        n = int(rows["n"].iloc[0]) if len(rows) else 0
        steps.append({"id": entry["population"], "from": origin, "label": label, "n": n, "excluded": excluded})
    return steps


def _side_lines(step: dict, width: float) -> list[tuple[float, str]]:
    """(indent, line) of the box of those excluded."""
    if not step["excluded"]:
        return []
    total = sum(n for _, n in step["excluded"])
    lines = [(0.0, f"Excluded (n = {total:,})")]
    for reason, n in step["excluded"]:
        wrapped = style.wrap(f"{reason[:1].upper()}{reason[1:]} (n\u00a0=\u00a0{n:,})", width - 2.5).split("\n")
        lines += [(2.5, line) for line in wrapped]
    return lines


class _Tree:
    """Depth and lane of every step; a lane per last step, a step in the middle of those that follow it."""

    def __init__(self, steps: list[dict]):
        self.parent = {step["id"]: step["from"] for step in steps}
        children = {step["id"]: [s["id"] for s in steps if s["from"] == step["id"]] for step in steps}
        self.level: dict[str, int] = {}
        for step in steps:
            self.level[step["id"]] = self.level[step["from"]] + 1 if step["from"] is not None else 0
        self.depth = max(self.level.values()) + 1
        self.lane: dict[str, float] = {}
        self.lanes = 0

        def place(name: str) -> float:
            if children[name]:
                places = [place(child) for child in children[name]]
                self.lane[name] = sum(places) / len(places)
            else:
                self.lane[name] = float(self.lanes)
                self.lanes += 1
            return self.lane[name]

        for step in steps:
            if step["from"] is None:
                place(step["id"])

    def centres(self, width: float, has_side: dict[str, bool], main: float, side: float) -> dict[str, float]:
        """Middle of each main box: lanes as wide as they need to be, all of them in the middle of the page together."""
        needed = [main] * self.lanes
        for name, lane in self.lane.items():
            if has_side[name]:
                needed[int(lane)] = main + GAP + side
        apart = min(2 * GAP, (width - sum(needed)) / max(self.lanes - 1, 1))
        left = (width - sum(needed) - apart * (self.lanes - 1)) / 2
        starts = [left + sum(needed[:i]) + apart * i + main / 2 for i in range(self.lanes)]
        return {name: (starts[int(lane)] + starts[math.ceil(lane)]) / 2 for name, lane in self.lane.items()}


def _numbers(steps: list[dict]) -> pd.DataFrame:
    rows = []
    for step in steps:
        for reason, n in step["excluded"] or [("", 0)]:
            rows.append({"step": step["label"], "n": step["n"], "excluded": n, "reason": reason})
    return pd.DataFrame(rows)


def _alt(steps: list[dict]) -> str:
    sentences = []
    for step in steps:
        text = f"{step['label']}: {count(step['n'])}"
        if step["excluded"]:
            reasons = ", ".join(f"{n} {reason}" for reason, n in step["excluded"])
            text += f"; excluded before: {reasons}"
        sentences.append(text)
    return "Participant flow. " + ". ".join(sentences) + "."
