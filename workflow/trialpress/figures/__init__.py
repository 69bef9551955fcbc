"""The figures of the plan: picture, the numbers that it shows, and an alternative text."""

from __future__ import annotations

import json
from pathlib import Path

from ..files import write_csv, write_text, write_whole
from ..results import Results
from .drawing import Drawing


def draw(results: Results, name: str) -> Drawing:
    """One figure of the plan."""
    from . import style
    from .kinds import KINDS

    spec = results.plan.figures[name]
    with style.look():
        return KINDS.functions[spec["kind"]](results, **KINDS.options(spec))


def draw_all(results: Results, folder: Path) -> None:
    """Every figure of the plan as <id>.svg, .png and .csv in `folder`, and alt.json (id -> alternative text)."""
    from . import style

    alt = {}
    for name in results.plan.figures:
        drawing = draw(results, name)
        alt[name] = drawing.alt
        with style.look():
            _save(drawing, folder / f"{name}.svg", metadata={"Date": None, "Creator": None, "Description": drawing.alt})
            _save(drawing, folder / f"{name}.png", metadata={"Software": None})
        write_csv(drawing.numbers, folder / f"{name}.csv")
    write_text(json.dumps(alt, indent=1, ensure_ascii=False) + "\n", folder / "alt.json")


def _save(drawing: Drawing, path: Path, **options) -> None:
    write_whole(path, lambda to: drawing.figure.savefig(to, format=path.suffix[1:], **options))
