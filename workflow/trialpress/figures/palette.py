"""Colours with a fixed meaning, and what tells groups apart without colour: dash, marker and hatch."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ..ids import EVERYONE, Name

INK, GREY, PALE, FAINT = "#222222", "#6B6B6B", "#D9D9D9", "#EFEFEF"

# Okabe & Ito (2008), told apart by readers with any colour vision; in the order of the levels of a group.
GROUPS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#7F5AA2", "#8C6D31")
# Beside the hue, so that groups differ in black and white; behind the last colour they tell the ninth from the first.
DASHES = ("-", (0, (5, 1.6)), (0, (1.3, 1.3)), (0, (6, 1.4, 1.3, 1.4)), (0, (9, 1.4, 1.3, 1.4, 1.3, 1.4)))
MARKERS = ("o", "s", "^", "D", "v", "P", "*", "p", "h")
HATCHES = ("", "/////", ".....", "xxxxx", "-----", "\\\\\\\\\\", "|||||", "+++++")
# Grades 0 to 5: light to dark in one direction, so that order survives greyscale.
GRADES = ("#E3E8EE", "#F7C873", "#EE9347", "#CF5730", "#9A1F22", "#4A0810")
# Responses by their name: green is remission, the lighter the less complete; violet is residual disease alone.
RESPONSES = {
    "MRD-negative CR": "#0F5C47", "CR": "#1B8A6B", "MRD-positive CR": "#57B597", "CRi": "#A5DBC7",
    "MRD negative": "#6A51A3", "MRD positive": "#C3B5E0", "PR": "#E8C95C", "SD": "#BFBFBF", "PD": "#C0673A",
    "NR": "#8E8E8E", "No response": "#8E8E8E", "Not evaluable": "#EDEDED",
}  # fmt: skip
HATCHED = dict.fromkeys(("#6A51A3", "#C3B5E0"), "/////") | {"#8E8E8E": ".....", "#C0673A": "....."}
NO, YES = "#C9CFD6", "#17414F"  # never a colour of groups: 'yes' must not look like 'male'
NOT_YET = "#7B858F"  # NO as a line
UNKNOWN = "#FFFFFF"  # always hatched
UNKNOWN_POINT = {"color": GREY, "fillstyle": "left", "markerfacecoloralt": UNKNOWN}  # half filled
CAUSES = ("#7A1F3D", "#6B6B6B", "#B58900", "#2F6B4F")  # competing events, in their order; never a colour of groups
MARKED = "#B0125B"  # the one among many: this study, the published choice
# What happens to a participant, in the order in which a plan names it.
MARKS = (("o", "#009E73"), ("D", "#0072B2"), ("^", "#D55E00"), ("v", "#CC79A7"), ("s", "#E69F00"), ("P", "#56B4E9"))
END = ("X", INK)  # death


@dataclass(frozen=True)
class Look:
    """How a group is drawn: no two groups of a figure share colour and dash, colour and marker, or colour and hatch.
    thin: its colour as a line or a text, where the colour itself would be lost on the paper."""

    colour: str
    dash: str | tuple = "-"
    marker: str = "o"
    hatch: str = ""
    thin: str = ""

    @property
    def ink(self) -> str:
        return self.thin or self.colour

    @property
    def line(self) -> dict:
        return {"color": self.ink, "linestyle": self.dash}

    @property
    def point(self) -> dict:
        return {"color": self.colour, "marker": self.marker}

    @property
    def patch(self) -> dict:
        return {"facecolor": self.colour, **({"hatch": self.hatch, "hatchcolor": self.over} if self.hatch else {})}

    @property
    def over(self) -> str:
        """What can be seen on its colour."""
        light = sum(int(self.colour[i : i + 2], 16) * share for i, share in ((1, 0.3), (3, 0.59), (5, 0.11)))
        return GREY if light > 140 else "white"


ALL = Look(INK)  # everyone, and any estimate that is not of a group
NOT_BEGUN, BEGUN = Look(NO, DASHES[1], MARKERS[0], thin=NOT_YET), Look(YES, DASHES[0], MARKERS[1])


def of_place(place: int, colour: str = "", thin: str = "") -> Look:
    """The look of the group at a place in the order of groups, from 0; its dash, marker and hatch with another colour."""
    turn, hue = divmod(place, len(GROUPS))
    dash, marker, hatch = ((place + turn) % len(DASHES), (hue + turn) % len(MARKERS), (hue + turn) % len(HATCHES))
    return Look(colour or GROUPS[hue], DASHES[dash], MARKERS[marker], HATCHES[hatch], thin)


def looks(levels: Iterable[Name], first: int = 0) -> dict[Name, Look]:
    """Level -> look: that of its meaning if all are responses, or yes and no; otherwise by the order of the levels, from
    the place `first` of the order of groups."""
    levels = list(levels)
    if levels == [EVERYONE]:
        return {EVERYONE: ALL}
    if levels and {level.label for level in levels} <= set(RESPONSES):
        found = [RESPONSES[level.label] for level in levels]
        looks = [replace(of_place(i, one, shade(one)), hatch=HATCHED.get(one, "")) for i, one in enumerate(found)]
        return dict(zip(levels, looks, strict=True))
    yes = affirmed(levels)
    if yes:
        return {level: BEGUN if level == yes else NOT_BEGUN for level in levels}
    return {level: of_place(first + i) for i, level in enumerate(levels)}


def affirmed(levels: list[Name]) -> Name | None:
    """Which of two levels says yes where the other says no: yes and no, true and false, 'Allo-HCT' and 'No allo-HCT'.

    >>> affirmed([Name("0", "No allo-HCT"), Name("1", "Allo-HCT")]).id
    '1'
    """
    if len(levels) != 2:
        return None
    for one, other in (levels, levels[::-1]):
        text, bare = one.label.lower(), other.label.lower()
        pairs = (("no", "yes"), ("absent", "present"), ("never", "ever"), ("negative", "positive"), ("without", "with"))
        if (text, bare) in pairs or text in (f"{no} {bare}" for no in ("no", "not", "without")):
            return other
        if (one.id, other.id) == ("False", "True"):
            return other
    return None


def grade_looks(levels: Iterable[Name]) -> dict[Name, Look]:
    """Grade -> look: the colour of its number, or of its place if it has none."""
    found = {}
    for place, level in enumerate(levels):
        digits = [int(c) for c in level.label if c.isdigit()]
        grade = min(digits[0] if digits else place, len(GRADES) - 1)
        found[level] = replace(of_place(grade, GRADES[grade], shade(GRADES[grade])), hatch="")
    return found


def tint(colour: str, share: float) -> str:
    """A colour mixed with white; share 1 leaves it as it is."""
    return _mixed(colour, share, 255)


def on(colour: str) -> str:
    """The colour of text on another, that of the higher contrast (WCAG 2.1).

    >>> on("#C4691C"), on("#2C6BA6")
    ('#222222', 'white')
    """
    return (
        "white" if 1.05 / (_luminance(colour) + 0.05) > (_luminance(colour) + 0.05) / (_luminance(INK) + 0.05) else INK
    )


def _luminance(colour: str) -> float:
    parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    light = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), light, strict=True))


def shade(colour: str, share: float = 0.72) -> str:
    """A colour mixed with black: as a thin line the pale ones of an order would be lost on the paper."""
    return _mixed(colour, share, 0)


def _mixed(colour: str, share: float, other: int) -> str:
    parts = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return "#" + "".join(f"{round(other - (other - part) * share):02X}" for part in parts)
