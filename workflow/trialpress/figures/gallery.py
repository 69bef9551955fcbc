"""docs/figures.md: every kind of figure with a small picture from the default study.

python -m trialpress.figures.gallery
"""

from __future__ import annotations

import inspect
import io
from pathlib import Path

import yaml

from ..checks.plan import load_plan
from ..files import write_text, write_whole
from ..job import boundary
from ..results import Results, load
from ..study import load_study, load_yaml
from . import draw, style
from .kinds import KINDS

DPI, COLOURS = 130, 64
HEAD = """# Figures

Every kind of figure that `plan.yaml` can name, with its entry in the plan of {study} and what comes out. The options of
each kind are listed in [config/README.md](../config/README.md). Written by `make docs`.
"""


def small(results: Results, name: str) -> tuple[bytes, str]:
    """(PNG of few colours at screen size, alternative text) of a figure of the plan."""
    from PIL import Image

    drawing, drawn, reduced = draw(results, name), io.BytesIO(), io.BytesIO()
    with style.look():
        drawing.figure.savefig(drawn, format="png", dpi=DPI, metadata={"Software": None})
    Image.open(drawn).convert("RGB").quantize(COLOURS).save(reduced, format="png", optimize=True)
    return reduced.getvalue(), drawing.alt


def write(results: Results, folder: Path) -> None:
    """figures.md and images/<kind>.png; a kind that the plan does not use has its description only."""
    parts = [HEAD.format(study=results.study.id)]
    for kind, function in KINDS.functions.items():
        text = (inspect.getdoc(function) or "").split("Parameters")[0].strip()
        parts.append(f"## `{kind}`\n\n{text}\n")
        name = next((name for name, spec in results.plan.figures.items() if spec["kind"] == kind), "")
        if name:
            picture, alt = small(results, name)
            write_whole(folder / "images" / f"{kind}.png", lambda to, picture=picture: Path(to).write_bytes(picture))
            entry = yaml.safe_dump(
                {name: dict(results.plan.figures[name])}, sort_keys=False, allow_unicode=True, width=110
            )
            parts.append(f"![{alt}](images/{kind}.png)\n\n```yaml\n{entry}```\n")
    write_text("\n".join(parts), folder / "figures.md")


if __name__ == "__main__":
    with boundary("make docs"):
        default = load_yaml(Path("config/config.yaml"))["study"]
        dictionary = load_study(f"config/{default}/study.yaml")
        plan = load_plan(f"config/{default}/plan.yaml", dictionary)
        write(load(dictionary, plan, Path("results") / default), Path("docs"))
