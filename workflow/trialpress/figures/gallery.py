"""docs/figures.md: every kind of figure with a small picture, from the default study or from the invented one of docs/gallery/.

python -m trialpress.figures.gallery
"""

from __future__ import annotations

import hashlib
import inspect
import io
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
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
INVENTED = Path("docs/gallery")
HEAD = """# Figures

Every kind of figure that `plan.yaml` can name, with an entry of a plan and what comes out: of the default study, {study}, and
where its plan has none, of the invented trial in [gallery/](gallery/plan.yaml), which shows nothing but the drawing. The options
of each kind are listed in [config/README.md](../config/README.md). Written by `make docs`.
"""


def small(results: Results, name: str) -> tuple[bytes, str]:
    """(PNG of few colours at screen size, alternative text) of a figure of the plan."""
    from PIL import Image

    drawing, drawn, reduced = draw(results, name), io.BytesIO(), io.BytesIO()
    with style.look():
        drawing.figure.savefig(drawn, format="png", dpi=DPI, metadata={"Software": None})
    Image.open(drawn).convert("RGB").quantize(COLOURS).save(reduced, format="png", optimize=True)
    return reduced.getvalue(), drawing.alt


@contextmanager
def invented() -> Iterator[Results]:
    """The results of the invented trial, computed anew from its records."""
    with tempfile.TemporaryDirectory(prefix="trialpress-") as scratch:
        folder, out = Path(scratch, "gallery"), Path(scratch, "out")
        raw = folder / "data" / "raw"
        raw.mkdir(parents=True)
        for name in ("study.yaml", "plan.yaml"):
            shutil.copyfile(INVENTED / name, folder / name)
        subprocess.run([sys.executable, (INVENTED / "make_records.py").resolve()], cwd=raw, check=True)
        sums = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}" for path in sorted(raw.glob("*.csv"))]
        write_text("\n".join(sums) + "\n", raw / "SHA256SUMS")
        command = [sys.executable, "-m", "trialpress", "run", folder, "--out", out, "--until", "analysis"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        dictionary = load_study(folder / "study.yaml")
        yield load(dictionary, load_plan(folder / "plan.yaml", dictionary), out)


def shown(study: Results, other: Results, kind: str) -> list[tuple[Results, str]]:
    """The figures of a kind that stand in the gallery: the first of the study, and all that the invented trial has."""
    first, more = (
        [(of, name) for name, spec in of.plan.figures.items() if spec["kind"] == kind] for of in (study, other)
    )
    return [*first[:1], *more]


def write(study: Results, other: Results, folder: Path) -> None:
    """figures.md and images/<kind>.png, of further ones of a kind images/<kind>-<id>.png."""
    parts = [HEAD.format(study=study.study.id)]
    for kind, function in KINDS.functions.items():
        text = (inspect.getdoc(function) or "").split("Parameters")[0].strip()
        parts.append(f"## `{kind}`\n\n{text}\n")
        for place, (results, name) in enumerate(shown(study, other, kind)):
            picture, alt = small(results, name)
            file = f"images/{kind}{f'-{name}' if place else ''}.png"
            write_whole(folder / file, lambda to, picture=picture: Path(to).write_bytes(picture))
            entry = yaml.safe_dump(
                {name: dict(results.plan.figures[name])}, sort_keys=False, allow_unicode=True, width=110
            )
            parts.append(f"![{alt}]({file})\n\n```yaml\n{entry}```\n")
    write_text("\n".join(parts), folder / "figures.md")


if __name__ == "__main__":
    with boundary("make docs"), invented() as made:
        default = load_yaml(Path("config/config.yaml"))["study"]
        dictionary = load_study(f"config/{default}/study.yaml")
        plan = load_plan(f"config/{default}/plan.yaml", dictionary)
        write(load(dictionary, plan, Path("results") / default), made, Path("docs"))
