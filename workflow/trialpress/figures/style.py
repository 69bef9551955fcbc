"""The look of every figure: one font, one set of sizes and line weights, colours with a fixed meaning, positions in mm.

Nothing here depends on the machine: the font comes from a package, glyphs become paths, and the files hold no date.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from itertools import repeat
from pathlib import Path
from typing import Literal

from ..results import MARK, with_mark
from ..wording import ENGLISH, Wording
from . import breaking
from .libraries import hold_fonts, make_ticks_once, place_labels_alone
from .palette import GREY, INK

Width = Literal["single", "double"]

MM = 1 / 25.4  # inches
WIDTHS = {"single": 85.0, "double": 180.0}  # mm, columns of a journal page
TEXT, TITLE, NOTE = 7.0, 8.0, 6.0  # pt at final size
LINE = 3.1  # mm, distance of two lines of TEXT
NOTICE = "Reconstruction: simulated patients"
ALL, SOME = f"{NOTICE}, all numbers are simulated", f"{NOTICE}. {MARK}\u00a0Simulated number"
FAMILY = "Source Sans Pro"
FACES = {"normal": "Regular", "semibold": "Semibold"}
FALLBACK = "DejaVu Sans"  # comes with matplotlib; for characters that the font lacks, such as ⁺ and ⁻
FALLBACK_FACES = {"normal": "DejaVuSans.ttf", "semibold": "DejaVuSans-Bold.ttf"}

LOOK = {
    "font.family": [FAMILY, FALLBACK], "font.size": TEXT, "axes.titlesize": TITLE, "axes.labelsize": TEXT, "axes.labelpad": 3,
    "xtick.labelsize": TEXT, "ytick.labelsize": TEXT, "legend.fontsize": TEXT, "legend.frameon": False,
    "text.color": INK, "axes.labelcolor": INK, "xtick.color": INK, "ytick.color": INK, "axes.edgecolor": INK,
    "axes.linewidth": 0.6, "xtick.major.width": 0.6, "ytick.major.width": 0.6, "xtick.minor.width": 0.4,
    "ytick.minor.width": 0.4, "xtick.major.size": 2.5, "ytick.major.size": 2.5, "xtick.minor.size": 1.5,
    "ytick.minor.size": 1.5, "axes.spines.top": False, "axes.spines.right": False, "lines.linewidth": 1.0,
    "patch.linewidth": 0.4, "hatch.linewidth": 0.3, "hatch.color": GREY, "svg.fonttype": "path",
    "svg.hashsalt": "trialpress", "savefig.dpi": 300, "figure.dpi": 300, "axes.unicode_minus": True,
}  # fmt: skip

_brought: list[tuple[str, ...]] = [()]  # the files of the study's own fonts
_said: list[Wording] = [ENGLISH]  # the program's words in the language of the labels


def speak(say: Wording) -> None:
    """Draw the program's own words in this language; all that is measured is measured so."""
    if _said[0] is not say:
        _said[0] = say
        text_width.cache_clear()


def say(text: str) -> str:
    """A text as it is drawn."""
    return _said[0](text)


def bring(files: Iterable[str]) -> None:
    """Draw with these fonts, too, where ours do not have a character; those that were brought before are gone."""
    if _brought[0] != (files := tuple(files)):
        from . import letters

        _brought[0] = files
        for cached in (_faces, _register, _font, characters, text_width, letters.font):
            cached.cache_clear()


@cache
def _faces() -> dict:
    """(family, weight) -> the font's file, in the order in which they are asked for a character."""
    import font_source_sans_pro
    import matplotlib
    from matplotlib.ft2font import FT2Font, StyleFlags

    folder = Path(font_source_sans_pro.__file__).parent / "files"
    other = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    found = {(FAMILY, weight): folder / f"SourceSansPro-{face}.ttf" for weight, face in FACES.items()}
    for file in _brought[0]:  # one of a family alone is all of its weights
        font = FT2Font(file)
        weight = "semibold" if StyleFlags.BOLD in font.style_flags else "normal"
        found[font.family_name, weight] = Path(file)
        for other_weight in FACES:
            found.setdefault((font.family_name, other_weight), Path(file))
    return found | {(FALLBACK, weight): other / name for weight, name in FALLBACK_FACES.items()}


def families() -> list[str]:
    """The fonts by name, in the order in which they are asked for a character."""
    return list(dict.fromkeys(family for family, _ in _faces()))


@cache
def _register() -> None:
    from matplotlib import font_manager

    hold_fonts()
    make_ticks_once()
    place_labels_alone()
    manager = font_manager.fontManager
    # a system copy may differ
    manager.ttflist = [entry for entry in manager.ttflist if entry.name not in families()]
    for (family, weight), path in _faces().items():
        manager.addfont(path)
        manager.ttflist[-1] = replace(manager.ttflist[-1], name=family, weight={"normal": 400, "semibold": 600}[weight])


@contextmanager
def look():
    """Everything drawn within has the look."""
    import matplotlib

    _register()
    with matplotlib.rc_context(LOOK | {"font.family": families()}):
        yield


def face(family: str, weight: str) -> Path:
    """The file of a font."""
    return _faces()[family, weight]


@cache
def _font(family: str, weight: str):
    from matplotlib.ft2font import FT2Font

    return FT2Font(io.BytesIO(face(family, weight).read_bytes()))


@cache
def characters(family: str) -> frozenset[str]:
    """All characters that a font has, and the line break."""
    return frozenset(map(chr, _font(family, "normal").get_charmap())) | {"\n"}


def unprintable(text: str) -> str:
    """The characters of a text that no font has."""
    return "".join(sorted(set(text).difference(*map(characters, families()))))


@cache
def text_width(text: str, size: float = TEXT, weight: str = "normal") -> float:
    """Width in mm of the longest line of a text."""
    return max(map(_line_width, say(text).split("\n"), repeat(weight))) / 100 * size / 72 / MM


def _line_width(line: str, weight: str) -> float:
    """Width in points at 100 pt."""
    from . import letters

    _register()
    return letters.extent(with_mark(line), letters.font(tuple(families()), "normal", weight, None))[0]


def widest(texts: Iterable[str], size: float = TEXT, weight: str = "normal") -> float:
    """Width in mm of the widest of several texts; 0 if there are none."""
    return max((text_width(text, size, weight) for text in texts), default=0.0)


def longest_word(texts: Iterable[str], size: float = TEXT, weight: str = "normal") -> float:
    """Width in mm of what `wrap` would have to cut if it had less room."""
    return widest((part for text in texts for part in breaking.parts(say(text))), size, weight)


def wrap(text: str, width: float, size: float = TEXT, weight: str = "normal") -> str:
    """The text in lines of at most `width` mm, see `breaking`."""
    return "\n".join(breaking.lines(say(text), width, lambda part: text_width(part, size, weight)))


def thousands(value: float, _position=None) -> str:
    """A tick's label: thousands separated by commas, as few decimals as the number has."""
    text = f"{value:,.10f}".rstrip("0").rstrip(".")
    return ("0" if text in ("-0", "") else text).replace("-", "\u2212")


def power(value: float, _position=None) -> str:
    """A tick's label on a log axis: 0.1, 1, 10, 100, 1,000, then 10⁴ and so on; nothing between the decades."""
    import math

    exponent = round(math.log10(value))
    if not math.isclose(value, 10.0**exponent, rel_tol=1e-6):
        return ""
    if exponent <= 3:
        return thousands(10.0**exponent)
    return "10" + str(exponent).translate(RAISED)


def scientific(value: float) -> str:
    """A number far from 1 as printed: 1.4 × 10⁶."""
    mantissa, _, exponent = f"{value:.2e}".partition("e")
    raised = str(int(exponent)).translate(RAISED)
    mantissa = mantissa.rstrip("0").rstrip(".")
    return f"10{raised}" if mantissa == "1" else f"{mantissa} × 10{raised}"


RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


class Page:
    """A figure at final size, laid out in mm from its top left corner. A strip for the notice is added below."""

    def __init__(self, results, width: Width, height: float):
        from matplotlib.figure import Figure
        from matplotlib.transforms import Affine2D

        strip = self.strip = 4.0 if results.study.notice else 0.0
        self.width, self.height = WIDTHS[width], height
        total = height + strip
        self.figure = Figure(figsize=(self.width * MM, total * MM))
        self.figure.page = self  # by which notes find their page
        self.down = Affine2D().scale(MM, -MM).translate(0, total * MM)
        self.mm = self.down + self.figure.dpi_scale_trans
        if strip:
            self.notice = self.text(
                self.width - 0.5, total - 0.6, NOTICE, size=NOTE, color=GREY, ha="right", va="bottom"
            )[0]

    def axes(self, x: float, y: float, width: float, height: float, **options):
        """Axes whose box has its top left corner at (x, y)."""
        inches = self.figure.get_size_inches()
        total_width, total_height = inches[0] / MM, inches[1] / MM
        bottom = total_height - y - height
        return self.figure.add_axes(
            (x / total_width, bottom / total_height, width / total_width, height / total_height), **options
        )

    def text(self, x: float, y: float, text: str, *, va: str = "top", size: float = TEXT, **options) -> list:
        """Lines of text on a fixed pitch, whatever their glyphs. va: top, center or bottom of the block at y. Returns them."""
        lines = say(text).split("\n")
        pitch, em = size * LINE / TEXT, size / 72 / MM
        if va == "center":
            y += 0.33 * em - pitch * (len(lines) - 1) / 2
        elif va == "bottom":
            y -= 0.22 * em + pitch * (len(lines) - 1)
        else:
            y += (0.9 if _brought[0] else 0.78) * em  # the letters of other scripts are higher
        options = {"transform": self.mm, "va": "baseline", "size": size, **options}
        return [self.figure.text(x, y + i * pitch, line, **options) for i, line in enumerate(lines)]

    def note(self, text: str) -> None:
        """A text below everything, for which the page becomes longer."""
        total = self.figure.get_size_inches()[1] / MM
        if self.strip and text_width(text, NOTE) < self.width - text_width(self.notice.get_text(), NOTE) - 5.0:
            self.text(0.5, total - 0.6, text, size=NOTE, color=GREY, va="bottom")
            return
        text = wrap(text, 0.97 * self.width, NOTE)  # another renderer sets small letters wider
        more = (text.count("\n") + 1) * NOTE * LINE / TEXT + 1.6
        boxes = [(axes, axes.get_position(original=True)) for axes in self.figure.axes]
        self.figure.set_size_inches(self.width * MM, (total + more) * MM)
        self.down.translate(0, more * MM)
        share = total / (total + more)
        for axes, box in boxes:
            axes.set_position((box.x0, 1 - (1 - box.y0) * share, box.width, box.height * share))
        self.text(0.5, total + 0.6, text, size=NOTE, color=GREY)

    def line(self, xs, ys, **options):
        from matplotlib.lines import Line2D

        options = {"color": INK, "linewidth": 0.6, "solid_capstyle": "butt", **options}
        return self.figure.add_artist(Line2D(xs, ys, transform=self.mm, **options))

    def box(self, x: float, y: float, width: float, height: float, **options):
        from matplotlib.patches import Rectangle

        options = {"facecolor": "white", "edgecolor": INK, "linewidth": 0.6, **options}
        return self.figure.add_artist(Rectangle((x, y), width, height, transform=self.mm, **options))

    def arrow(self, start, end):
        from matplotlib.patches import FancyArrowPatch

        style = "-|>,head_length=2.4,head_width=1.2"
        self.figure.add_artist(
            FancyArrowPatch(start, end, transform=self.mm, arrowstyle=style, linewidth=0.6, color=INK, shrinkA=0,
                            shrinkB=0, mutation_scale=1)
        )  # fmt: skip

    def panel(self, x: float, y: float, letter: str, title: str, width: float = 1e9) -> float:
        """A panel's letter and title at (x, y); returns the height in mm that they take."""
        indent = 4.5 if letter else 0.0
        title = wrap(title, width - indent, TITLE, "semibold")
        self.text(x, y, letter, size=TITLE, weight="semibold")
        self.text(x + indent, y, title, size=TITLE, weight="semibold")
        return (title.count("\n") + 1) * 3.6 + 1.2 if letter or title else 0.0

    def groups(self, x: float, y: float, slot: float, names: list[str], sizes: list[int], room: float) -> None:
        """Names of groups centred in slots of equal width from x, the number of participants under each. If a word of a
        name does not fit its slot, numbers stand there and the names in a list of `room` mm below (0: another panel has
        it)."""
        fits = widest(f"n = {n:,}" for n in sizes) <= slot - 0.8
        listed = _listed(names, slot)
        lines = 1 if listed else _most_lines(names, slot - 0.8)
        for i, (name, n) in enumerate(zip(names, sizes, strict=True)):
            middle = x + (i + 0.5) * slot
            self.text(middle, y, f"{i + 1}" if listed else wrap(name, slot - 0.8), ha="center")
            self.text(middle, y + lines * LINE, f"n = {n:,}" if fits else f"{n:,}", ha="center", color=GREY)
        if not fits:
            self.text(x - 1.0, y + lines * LINE, "n", ha="right", color=GREY)
        if listed and room:
            self.text(x, y + 2 * LINE + 1.0, "\n".join(_list(names, room)))

    def key(self, x: float, y: float, entries, width: float = 1e9) -> None:
        """A legend at (x, y) in rows of at most `width`.

        entries: (text, options): options of a patch (facecolor, ...), or of a marker or line if they hold 'marker' or
        'linestyle'.
        """
        stroke = _stroke(entries)
        for (_, options), (text, left, down) in zip(entries, _key_places(entries, width)[0], strict=True):
            at = y + down
            if "marker" in options or "linestyle" in options:
                middle = x + left + stroke / 2
                xs = [x + left, middle, x + left + stroke] if "linestyle" in options else [middle]
                self.line(xs, [at + 1.35] * len(xs), **{"linestyle": "none", "markevery": [len(xs) // 2], **options})
            else:
                self.box(x + left, at + 0.3, stroke, 2.1, **{"edgecolor": INK, "linewidth": 0.4, **options})
            self.text(x + left + stroke + 1.0, at, text)


def _listed(names: list[str], slot: float) -> bool:
    return longest_word(names) > slot - 0.8


def _most_lines(texts: list[str], width: float) -> int:
    return max((wrap(text, width).count("\n") + 1 for text in texts), default=1)


def _list(names: list[str], room: float) -> list[str]:
    return [line for i, name in enumerate(names) for line in wrap(f"{i + 1}: {name}", room).split("\n")]


def group_height(names: list[str], slot: float, room: float) -> float:
    """Height in mm that `Page.groups` needs."""
    if not _listed(names, slot):
        return (_most_lines(names, slot - 0.8) + 1) * LINE
    return 2 * LINE + 1.0 + len(_list(names, room)) * LINE


def nobody(room: float) -> str:
    """What stands where there is nobody."""
    return wrap("no participants", room) if longest_word(["participants"]) <= room else "none"


def _stroke(entries) -> float:
    """mm of a line or box of a legend: as long as a dash needs to be told from another, where there is a dashed line."""
    solid = ("-", "none", "None", "")
    return 8.0 if any(options.get("linestyle", "-") not in solid for _, options in entries) else 3.0


def _key_places(entries, width: float) -> tuple[list[tuple[str, float, float]], float]:
    """(text, left, down) of each entry of a legend, and the height of all; an entry wider than `width` has several lines."""
    places, left, down, lines = [], 0.0, 0.0, 1
    room = _stroke(entries) + 1.0
    for text, _ in entries:
        text = wrap(text, width - room)
        span = room + text_width(text)
        if left and left + span > width:
            left, down, lines = 0.0, down + lines * LINE + 0.6, 1
        places.append((text, left, down))
        left, lines = left + span + 4.0, max(lines, text.count("\n") + 1)
    return places, down + lines * LINE + 0.6 if entries else 0.0


def key_height(entries, width: float = 1e9) -> float:
    """Height in mm of a legend in rows of at most `width`."""
    return _key_places(entries, width)[1]


def letters(n: int) -> list[str]:
    """Panel letters; none for a single panel."""
    return [chr(ord("A") + i) for i in range(n)] if n > 1 else [""] * n
