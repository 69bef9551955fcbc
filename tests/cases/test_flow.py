"""A participant flow of many arms: every text in its box, words whole, all boxes on the page."""

from __future__ import annotations

import pytest
from trialpress import figures
from trialpress.figures import style

TABLE = """
  t:
    file: f
    key: [participant]
    columns: {participant: {source: ID, type: id}, arm: {source: Arm, type: integer}}
"""
QUOTED = "'false'"
REASONS = {
    "short": ["Other arm"],
    "words": ["Other dose level", "Withdrew consent before lymphodepletion"],
    "long words": ["Immunodeficiency-associated lymphoproliferation", "Hypogammaglobulinaemia"],
}


def plan(arms: int, reasons: list[str], width: str, deep: bool) -> str:
    lines, flow = [], ["{population: all}"]
    for arm in range(1, arms + 1):
        lines.append(f"  a{arm}: {{label: Dose level {arm}, condition: arm == {arm}}}")
        why = ", ".join(f"{reason}: {f'arm != {arm}' if i == 0 else QUOTED}" for i, reason in enumerate(reasons))
        flow.append(f"{{population: a{arm}, from: all, reasons: {{{why}}}}}")
        if deep:
            lines.append(
                f"  e{arm}: {{label: Evaluable at level {arm}, within: a{arm}, condition: present(participant)}}"
            )
            flow.append(f"{{population: e{arm}, from: a{arm}, reasons: {{No assessment: 'false'}}}}")
    return "\n".join(
        [*lines, "cohort: {table: t, columns: {}}", f"flow: [{', '.join(flow)}]", "analyses: {}", "figures:",
         f"  flow: {{kind: flow, width: {width}, caption: Flow.}}"]
    ).replace("analyses: {}", "analyses: {n: {method: proportion, population: all, event: present(participant)}}") + "\n"  # fmt: skip


def _boxes(figure):
    """(text, its extent) of every text, the extents of all boxes, and that of the page."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.patches import Rectangle

    figure.set_dpi(150)
    canvas = FigureCanvasAgg(figure)
    with style.look():
        canvas.draw()
    renderer = canvas.get_renderer()
    boxes = [patch.get_window_extent(renderer) for patch in figure.findobj(Rectangle) if patch is not figure.patch]
    return [(text.get_text(), text.get_window_extent(renderer)) for text in figure.texts], boxes, figure.bbox


def _inside(inner, outer, slack: float = 1.0) -> bool:
    return (
        inner.x0 >= outer.x0 - slack and inner.x1 <= outer.x1 + slack
        and inner.y0 >= outer.y0 - slack and inner.y1 <= outer.y1 + slack
    )  # fmt: skip


@pytest.mark.parametrize("deep", [False, True])
@pytest.mark.parametrize("width", ["single", "double"])
@pytest.mark.parametrize("arms", [1, 2, 3, 4, 6, 8, 12])
@pytest.mark.parametrize("kind", list(REASONS))
def test_many_arms(build, arms, kind, width, deep):
    rows = "ID,Arm\n" + "".join(f"S{i:03d},{i % arms + 1}\n" for i in range(5 * arms))
    run = build(TABLE, plan(arms, REASONS[kind], width, deep), f=rows)
    texts, boxes, page = _boxes(figures.draw(run.results, "flow").figure)
    assert len(boxes) == 1 + 2 * arms * (1 + deep)
    for box in boxes:
        assert _inside(box, page)
        assert not any(box is not other and box.overlaps(other) for other in boxes)
    words = {word for text, _ in texts for word in text.split()}
    for reason in REASONS[kind]:
        assert {*f"{reason[:1].upper()}{reason[1:]}".split()} <= words
    for text, extent in texts:
        assert any(_inside(extent, box) for box in boxes), text
