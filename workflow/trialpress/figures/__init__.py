"""The figures of the plan: picture, the numbers that it shows, and an alternative text."""

from __future__ import annotations

import gc
import json
import re
import sys
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pandas as pd

from .. import environment
from ..analysis.origin import SIMULATED
from ..collector import uncollected
from ..errors import InputError, Problem, from_the_plan, raise_if
from ..files import write_csv, write_text
from ..results import MARK, MARKER, Results, with_mark, with_marks
from ..wording import Wording
from ..workers import each
from .drawing import Drawing
from .drawn import Drawn
from .libraries import artists
from .observed import Note, Observed
from .read import left_out

ENGINE = __name__.partition(".")[0] + "."  # how the names of its modules begin


def draw(results: Results, name: str) -> Drawing:
    """One figure of the plan."""
    from . import style
    from .kinds import KINDS

    spec = results.plan.figures[name]
    results = replace(results, marked=bool(results.study.reconstruction), seen=set())
    style.bring(environment.fonts(f"report/{results.study.id}"))
    style.speak(results.plan.say)
    with style.look():
        with from_the_plan(f"figures.{name}"):
            drawing = KINDS.functions[spec["kind"]](results, **KINDS.options(spec))
        if results.marked:
            drawing = _marked(drawing, results.seen)
        drawing = _translated(drawing.said(*left_out(results, KINDS, spec)), results.plan.say)
        drawn = artists(drawing.figure)
    raise_if(_unprintable(drawn, name))
    _lighten(drawn)
    return drawing


def _marked(drawing: Drawing, seen: set[str]) -> Drawing:
    """A mark at the end of each text with a simulated number; if all numbers are, the notice says it for them. seen: the
    origins of the numbers."""
    from matplotlib.text import Text

    from . import style

    some, page = bool(seen - {SIMULATED}), drawing.figure.page
    found = [one for one in artists(drawing.figure) if isinstance(one, Text) and MARKER in one.get_text()]
    noted = any(MARKER in note for note in drawing.notes)
    if list(drawing.numbers) == ["note"] and not (found or noted):  # nothing is drawn
        return drawing
    for text in found:
        lines = text.get_text().split("\n")
        text.set_text("\n".join(with_mark(line) if some else line.replace(MARKER, "") for line in lines))
    if page.strip and (found or noted or not some):
        page.notice.set_text(style.SOME if some else style.ALL)
    legend = f" {MARK} Simulated." if some and (found or noted) else "" if some else " All numbers are simulated."
    numbers = drawing.numbers.apply(_unmarked)
    alt, *notes = (with_marks(text) if some else text.replace(MARKER, "") for text in (drawing.alt, *drawing.notes))
    return replace(drawing, numbers=numbers, alt=f"{alt}{legend}", notes=tuple(notes))


def _unmarked(column: pd.Series) -> pd.Series:
    """A column of numbers without marks in its texts."""
    if column.dtype.kind in "biufcmM":
        return column
    return column.map(lambda cell: cell.replace(MARKER, "") if isinstance(cell, str) else cell).astype(column.dtype)


def _translated(drawing: Drawing, say: Wording) -> Drawing:
    """With the program's words in the language of the labels: also those that an axis draws by itself."""
    if not say:
        return drawing
    from matplotlib.text import Text

    for text in (one for one in artists(drawing.figure) if isinstance(one, Text)):
        said = text.get_text()
        text.set_text(say(said.removesuffix(MARK)) + MARK if said.endswith(MARK) else say(said))
    return replace(drawing, alt=" ".join(map(say, re.split(r"(?<=\.) (?=[^a-z\d])", drawing.alt))))


MANY = 2_000  # points beyond which a cloud of them is a picture within the vector graphic


def _lighten(parts: Iterable) -> None:
    """A file's size does not grow with the participants: no reader can tell so many points apart."""
    from matplotlib.collections import PathCollection
    from matplotlib.lines import Line2D

    for drawn in (part for part in parts if isinstance(part, PathCollection | Line2D)):
        many = len(drawn.get_offsets() if isinstance(drawn, PathCollection) else drawn.get_xdata()) > MANY
        points = isinstance(drawn, PathCollection) or drawn.get_marker() not in ("None", "none", None, "")
        drawn.set_rasterized(many and points)


def _unprintable(parts: Iterable, name: str) -> list[Problem]:
    """The labels of a figure with characters that would be empty boxes."""
    from matplotlib.text import Text

    from . import style

    labels = dict.fromkeys(part.get_text() for part in parts if isinstance(part, Text))
    return [
        Problem(
            f"plan.yaml, figures.{name}",
            f"no font has '{missing}' of the label '{label}'",
            "it would be drawn as empty boxes",
            "put a font that has it (ttf, otf) into report/<study>/fonts/, or give it a label in Latin or Greek letters",
        )
        for label in labels
        if (missing := style.unprintable(label))
    ]


def draw_all(results: Results, folder: Path, processes: int = 1, drawn: Drawn | None = None) -> None:
    """Every figure of the plan as <id>.svg, .png and .csv in `folder`, and alt.json (id -> alternative text). `drawn`: those
    of an earlier run; what they are made of has not changed."""
    alt = draw_some(results, results.plan.figures, folder, processes, drawn)
    if drawn:
        drawn.forget()
    write_text(json.dumps(alt, indent=1, ensure_ascii=False) + "\n", folder / "alt.json")


def draw_some(
    results: Results, names: Iterable[str], folder: Path, processes: int = 1, drawn: Drawn | None = None
) -> dict[str, str]:
    """The same of some figures, without alt.json; their alternative texts."""
    alt = {name: drawn.taken(name, folder) if drawn else None for name in names}
    wanted = [name for name in alt if alt[name] is None]
    if wanted:  # once, before there are more processes
        from matplotlib.backends import backend_agg, backend_svg  # noqa: F401
    with uncollected():  # a figure is a web of objects that hold one another: looked through once, when it is done
        made = each(partial(_write, results, folder), wanted, processes)
    raise_if(problem for *_, problems in made for problem in problems)
    for name, (text, notes, ran, _) in zip(wanted, made, strict=True):
        alt[name] = text
        if drawn:
            drawn.keep(name, text, notes, ran, folder)
    return alt


def _write(results: Results, folder: Path, name: str) -> tuple[str, set[Note], list[str], list[Problem]]:
    """Draw a figure, of which no other is seen; its alternative text, what it read, the modules that were run, and what is
    wrong with it."""
    from . import style

    seen = Observed.of(results, name)
    try:
        drawing = draw(seen, name)
        with style.look():
            _save(drawing, folder, name, results.plan.figures[name].get("svg") == "text")
    except InputError as error:
        return "", set(), [], error.problems
    write_csv(drawing.numbers, folder / f"{name}.csv")
    alt = drawing.alt
    del drawing
    gc.collect(0)
    return alt, seen.notes, sorted(name for name in sys.modules if name.startswith(ENGINE)), []


PLACE = re.compile(r' ([xy])="(-?\d+\.\d{3,})"')


def _shorter(svg: str) -> str:
    """The places of an SVG to a hundredth of a point, as its paths are.

    >>> _shorter('<use x="12.345678" y="-0.001" style="x: 1.2345"/>')
    '<use x="12.35" y="0" style="x: 1.2345"/>'
    """

    def short(place: re.Match) -> str:
        text = f"{float(place[2]):.2f}".rstrip("0").rstrip(".")
        return f' {place[1]}="{"0" if text == "-0" else text}"'

    return PLACE.sub(short, svg)


def _save(drawing: Drawing, folder: Path, name: str, texts: bool) -> None:
    """Write both pictures; texts: those of the SVG stay texts."""
    import matplotlib

    from . import canvas, png

    about = {"Date": None, "Creator": None, "Description": drawing.alt}
    with matplotlib.rc_context({"svg.fonttype": "none"} if texts else {}):
        pixels, svg = canvas.drawn(drawing.figure, about)
    png.save(pixels, drawing.figure.dpi, folder / f"{name}.png")
    svg = _shorter(svg)
    if texts:
        from .svg import with_fonts

        svg = with_fonts(svg, drawing.figure)
    write_text(svg, folder / f"{name}.svg")
