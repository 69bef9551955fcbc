"""Where the boxes of a participant flow stand."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from ..results import MARKER
from . import style

PAD, GAP, ROW_GAP = 1.8, 5.0, 6.5  # mm: inside a box, between box and side box, between rows
EDGE = 0.3  # mm: a box on the edge of the page would lose half of its line


@dataclass(frozen=True)
class Step:
    """A population of the flow. before: the step that it comes from; excluded: reasons with their counts; branch: those who
    are not in it go another way, and are not excluded from the study."""

    id: str
    label: str
    n: int
    before: str | None
    excluded: list[tuple[str, int]] = field(default_factory=list)
    branch: bool = False
    simulated: frozenset[str] = frozenset()  # reasons whose counts are; "": its own

    @property
    def size(self) -> str:
        """As it is printed."""
        return f"n = {self.n:,}{self.mark('')}"

    def mark(self, reason: str) -> str:
        return MARKER if reason in self.simulated else ""

    @property
    def left(self) -> str:
        return "Not in this group" if self.branch else "Excluded"

    @property
    def total(self) -> str:
        """How many of the step before are not in it."""
        mark = MARKER if any(self.mark(reason) for reason, _ in self.excluded) else ""
        return f"(n\u00a0=\u00a0{sum(n for _, n in self.excluded):,}{mark})"

    @property
    def reasons(self) -> list[str]:
        """As they are printed."""
        return [
            f"{reason[:1].upper()}{reason[1:]} (n\u00a0=\u00a0{n:,}{self.mark(reason)})" for reason, n in self.excluded
        ]


def _side_lines(step: Step, width: float, indent: float) -> list[tuple[float, str]]:
    """(indent, line) of the box of those excluded."""
    if not step.excluded:
        return []
    lines = [(0.0, line) for line in style.wrap(f"{step.left} {step.total}", width).split("\n")]
    return lines + [(indent, line) for text in step.reasons for line in style.wrap(text, width - indent).split("\n")]


def _words(step: Step, indent: float) -> tuple[float, float]:
    """Widths in mm that the longest words of a step's box and of that of those excluded need."""
    main = max(style.longest_word([step.label], weight="semibold"), style.text_width(step.size))
    side = max(style.longest_word(step.reasons) + indent, style.longest_word([step.left, step.total]))
    return main + 2 * PAD, side + 2 * PAD if step.excluded else 0.0


class Layout:
    """Where the boxes of a flow stand: step -> (left, top, width, height), its lines, and the same of those excluded."""

    INDENT = 2.5  # mm: of a reason

    def __init__(self, steps: list[Step], tree: Tree, width: float):
        self.steps, self.tree, self.page = steps, tree, width
        self.boxes: dict[str, tuple[float, float, float, float]] = {}
        self.sides: dict[str, tuple[float, float, float, float]] = {}
        self.texts: dict[str, list[tuple[str, str]]] = {}
        self.lines: dict[str, list[tuple[float, str]]] = {}
        self.height = 0.0
        self.place()

    def place(self) -> None:
        raise NotImplementedError

    def widths(self, step: Step) -> tuple[float, float]:
        """Of the box and of the side box."""
        raise NotImplementedError

    def fits(self) -> bool:
        """Whether no word is broken and no box lies beyond the page."""
        for step in self.steps:
            if any(need > has + 1e-6 for need, has in zip(_words(step, self.INDENT), self.widths(step), strict=True)):
                return False
        found = [*self.boxes.values(), *self.sides.values()]
        return min(box[0] for box in found) > -0.1 and max(box[0] + box[2] for box in found) < self.page + 0.1

    def write(self, step: Step) -> tuple[float, float]:
        """Wrap the texts of a step; the heights of its box and side box."""
        main, side = self.widths(step)
        lines = style.wrap(step.label, main - 2 * PAD, weight="semibold").split("\n")
        self.texts[step.id] = [*(("semibold", line) for line in lines), ("normal", step.size)]
        self.lines[step.id] = _side_lines(step, side - 2 * PAD, self.INDENT)
        heights = [len(part) * style.LINE + 2 * PAD for part in (self.texts[step.id], self.lines[step.id])]
        return heights[0], heights[1] if self.lines[step.id] else 0.0

    def way(self, step: Step) -> list[tuple[float, float]]:
        """The points of the line from the step before."""
        raise NotImplementedError

    def branch(self, step: Step) -> tuple[float, float]:
        """Where the arrow to those excluded begins."""
        raise NotImplementedError


class Wide(Layout):
    """Side by side, those excluded to the right of each arrow."""

    def widths(self, step: Step) -> tuple[float, float]:
        lane = self.page / self.tree.lanes
        return min(0.5 * lane - GAP, 52.0), min(0.5 * lane - 2.0, 62.0)

    def places(self) -> dict[str, float]:
        """The middle of each box."""
        main, side = self.widths(self.steps[0])
        return self.tree.centres(self.page, {step.id: bool(step.excluded) for step in self.steps}, main, side)

    def enters(self, step: Step) -> float:
        """Where the arrow to a box stands."""
        left, _, wide, _ = self.boxes[step.id]
        return left + wide / 2

    def side_left(self, step: Step) -> float:
        left, _, wide, _ = self.boxes[step.id]
        return left + wide + GAP

    def place(self) -> None:
        centre, y = self.places(), 0.5
        heights = {step.id: self.write(step) for step in self.steps}
        for depth in range(self.tree.depth):
            row = [step for step in self.steps if self.tree.level[step.id] == depth]
            if depth:
                y += max(max(heights[step.id][1] for step in row) + 5.0, ROW_GAP)
            for step in row:
                main, side = self.widths(step)
                high, side_high = heights[step.id]
                self.boxes[step.id] = (centre[step.id] - main / 2, y, main, high)
                if side_high:
                    middle = (self.start(step) + y) / 2
                    self.sides[step.id] = (self.side_left(step), middle - side_high / 2, side, side_high)
            y += max(heights[step.id][0] for step in row)
        self.height = y

    def above(self, step: Step) -> tuple[float, float]:
        """The lower middle of the box before."""
        left, top, wide, high = self.boxes[self.tree.parent[step.id]]
        return left + wide / 2, top + high

    def start(self, step: Step) -> float:
        """Where the straight part of the way to a step begins."""
        x, y = self.above(step)
        return y + 2.2 if abs(x - self.enters(step)) > 0.1 else y

    def way(self, step: Step) -> list[tuple[float, float]]:
        if self.tree.parent[step.id] is None:
            return []
        x, y = self.above(step)
        at, top, turn = self.enters(step), self.boxes[step.id][1], self.start(step)
        return [(x, y), (x, turn), (at, turn), (at, top)] if turn > y else [(at, y), (at, top)]

    def branch(self, step: Step) -> tuple[float, float]:
        _, top, _, high = self.sides[step.id]
        return self.enters(step), top + high / 2


class Narrow(Wide):
    """Side by side in narrow lanes: the arrow stands at the left of its lane, those excluded above the box."""

    STEM, BETWEEN, INDENT = 0.9, 1.2, 1.5

    def lane(self) -> float:
        return self.page / self.tree.lanes

    def widths(self, step: Step) -> tuple[float, float]:
        own = self.lane() - self.BETWEEN
        spanned = self.tree.spanned[step.id] * self.lane() - self.BETWEEN
        return max(own, min(spanned, 52.0)), own - self.STEM - 2.4

    def places(self) -> dict[str, float]:
        return {step.id: (self.tree.lane[step.id] + 0.5) * self.lane() for step in self.steps}

    def enters(self, step: Step) -> float:
        if not step.excluded:
            return super().enters(step)
        return self.boxes[step.id][0] + self.STEM

    def side_left(self, step: Step) -> float:
        left, _, wide, _ = self.boxes[step.id]
        return left + wide - self.widths(step)[1]


class Outline(Layout):
    """One below the other, each step indented below that from which it comes, those excluded to its right."""

    STEP = 7.0

    def widths(self, step: Step) -> tuple[float, float]:
        room = self.page - 2 * EDGE - self.STEP * (self.tree.depth - 1) - GAP
        main = max(0.4 * room, *(_words(step, self.INDENT)[0] for step in self.steps))
        main = min(main, room - 20.0)
        return min(main, 62.0), min(room - main, 80.0)

    def fits(self) -> bool:
        return True  # nothing wider is known

    def place(self) -> None:
        y = 0.5
        for step in self.tree.order:
            heights, (main, side) = self.write(step), self.widths(step)
            left, middle = EDGE + self.STEP * self.tree.level[step.id], y + max(heights) / 2
            self.boxes[step.id] = (left, middle - heights[0] / 2, main, heights[0])
            if heights[1]:
                self.sides[step.id] = (left + main + GAP, middle - heights[1] / 2, side, heights[1])
            y += max(heights) + 3.0
        self.height = y - 3.0

    def way(self, step: Step) -> list[tuple[float, float]]:
        parent = self.tree.parent[step.id]
        if parent is None:
            return []
        left, top, _, high = self.boxes[parent]
        own, at, _, tall = self.boxes[step.id]
        return [(left + 2.5, top + high), (left + 2.5, at + tall / 2), (own, at + tall / 2)]

    def branch(self, step: Step) -> tuple[float, float]:
        left, top, wide, high = self.boxes[step.id]
        return left + wide, top + high / 2


class Tree:
    """Depth and lane of every step; a lane per last step, a step in the middle of those that follow it. spanned: the lanes
    of those that follow; order: each step behind the one that it comes from.
    """

    def __init__(self, steps: list[Step]):
        self.parent = {step.id: step.before for step in steps}
        children = {step.id: [s.id for s in steps if s.before == step.id] for step in steps}
        self.level: dict[str, int] = {}
        for step in steps:
            self.level[step.id] = self.level[step.before] + 1 if step.before is not None else 0
        self.depth = max(self.level.values()) + 1
        self.lane: dict[str, float] = {}
        self.spanned: dict[str, int] = {}
        self.order: list[Step] = []
        self.lanes = 0
        named = {step.id: step for step in steps}

        def place(name: str) -> float:
            self.order.append(named[name])
            first = self.lanes
            at = _lane(name)
            self.spanned[name] = self.lanes - first
            return at

        def _lane(name: str) -> float:
            if children[name]:
                places = [place(child) for child in children[name]]
                self.lane[name] = sum(places) / len(places)
            else:
                self.lane[name] = float(self.lanes)
                self.lanes += 1
            return self.lane[name]

        for step in steps:
            if step.before is None:
                place(step.id)

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
