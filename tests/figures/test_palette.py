"""Colours keep their meaning, and groups differ without them."""

from __future__ import annotations

import pytest
from figures.small import PLAN, small
from figures.test_figures import contrast, faults, with_options
from matplotlib.lines import Line2D
from trialpress import figures
from trialpress.figures import palette
from trialpress.ids import EVERYONE, Name, word


def names(*labels: str) -> list[Name]:
    return [word(label) for label in labels]


def grey(colour: str) -> float:
    """Lightness 0 to 100 (CIE L*), which is what a grey print leaves of a colour."""
    y = 1.05 / contrast(colour, "#FFFFFF") - 0.05
    return 116 * y ** (1 / 3) - 16 if y > 0.008856 else 903.3 * y


def test_grades_darken_in_grey_from_0_to_5_also_as_lines():
    levels = palette.grade_looks(names("0", "1", "2", "3", "4", "5"))
    for steps in ([grey(look.colour) for look in levels.values()], [grey(look.ink) for look in levels.values()]):
        assert all(lighter - darker > 5 for lighter, darker in zip(steps, steps[1:], strict=False))
    assert all(contrast(look.ink, "#FFFFFF") > 2 for look in levels.values())


def test_no_two_responses_share_a_colour_but_synonyms():
    shared = {}
    for name, colour in palette.RESPONSES.items():
        shared.setdefault(colour, set()).add(name)
    assert [found for found in shared.values() if len(found) > 1] == [{"NR", "No response"}]
    assert palette.RESPONSES["MRD negative"] != palette.RESPONSES["CR"]


@pytest.mark.parametrize(
    ("labels", "yes"),
    [
        (("No", "Yes"), "Yes"), (("Yes", "No"), "Yes"), (("No allo-HCT", "Allo-HCT"), "Allo-HCT"),
        (("Not bridged", "Bridged"), "Bridged"), (("Absent", "Present"), "Present"), (("Never", "Ever"), "Ever"),
        (("Male", "Female"), None), (("Norway", "Yemen"), None), (("No", "Unclear"), None),
    ],
)  # fmt: skip
def test_yes_has_one_colour_whatever_it_is_called_and_none_of_the_groups(labels, yes):
    looks = {level.label: look for level, look in palette.looks(names(*labels)).items()}
    others = {*palette.GROUPS, *palette.GRADES, *palette.CAUSES, *palette.RESPONSES.values()}
    assert not {palette.YES, palette.NO} & others
    assert [label for label, look in looks.items() if look.colour == palette.YES] == ([yes] if yes else [])


def test_causes_and_the_marked_one_have_no_colour_of_groups():
    assert not {*palette.CAUSES, palette.MARKED} & {*palette.GROUPS, *palette.GRADES}
    assert palette.looks([EVERYONE]) == {EVERYONE: palette.ALL}


def test_a_heat_map_gives_no_two_variables_the_same_hues_unless_their_levels_are_the_same(usual):
    from trialpress.figures.heatmap import _rows

    data = usual.population("infused")
    rows = _rows(usual, data, ["sex", "doses", "stratum", "crs_grade", "age", "dose"], 40.0)
    hues = [{dict(look)["facecolor"] for _, look in row.key} for row in rows]
    for i, one in enumerate(hues):
        for j, other in enumerate(hues[:i]):
            assert rows[i].key == rows[j].key or not one & other, (rows[i].title, rows[j].title)
    assert rows[4].key == rows[5].key


def test_forty_groups_differ_without_hue_and_no_two_are_alike():
    looks = list(palette.looks(names(*(f"group {i}" for i in range(40)))).values())
    assert len({(look.colour, str(look.dash)) for look in looks}) == 40
    assert len({(look.colour, look.marker) for look in looks}) == 40
    assert len({(look.colour, look.hatch) for look in looks}) == 40
    assert len({str(look.dash) for look in looks[:5]}) == 5 and len({look.marker for look in looks[:8]}) == 8


def test_curves_and_their_keys_differ_by_dash(usual):
    figure = figures.draw(usual, "km").figure
    steps = [line for line in figure.axes[0].lines if line.get_drawstyle() == "steps-post"]
    dashes = {str(line._unscaled_dash_pattern) for line in steps}
    keys = {str(line._unscaled_dash_pattern) for line in figure.findobj(Line2D) if line.axes is None}
    assert len(steps) == 2 and len(dashes) == 2 and dashes <= keys


def test_points_of_groups_differ_by_marker(usual):
    markers = [line.get_marker() for line in figures.draw(usual, "scatter").figure.axes[0].lines]
    assert len(markers) == len(set(markers)) >= 3


def test_twelve_groups_are_told_apart_in_every_figure(tmp_path):
    levels = ", ".join(f"'{i}': Group {i}" for i in range(12))
    of = "'11'"
    for i in reversed(range(11)):
        of = f"when(order <= {10 * i + 10}, '{i}', {of})"
    dozen = f'    dozen: {{expression: "{of}", type: code, label: Dozen, levels: {{{levels}}}}}'
    plan = PLAN.replace(
        "cohort:\n  table: patients\n  columns:\n", f"cohort:\n  table: patients\n  columns:\n{dozen}\n"
    )
    plan = plan.replace("endpoint: efs, at: [6], label", "endpoint: efs, by: dozen, label")
    results = small(tmp_path, n=120, plan=plan)
    for name, options in {
        "kinetics_by": {"by": "dozen"}, "strip": {"by": "dozen"}, "scatter": {"colour": "dozen"},
        "km_single": {"width": "double"}, "courses": {"colour": "dozen"}, "alluvial": {"colour": "dozen"},
        "swimmer": {"by": "dozen"}, "heatmap": {"features": ["dozen"]}, "grades": {"by": "dozen", "severe": []},
    }.items():  # fmt: skip
        for width in ("single", "double"):
            drawing = figures.draw(with_options(results, name, **{**options, "width": width}), name)
            assert faults(drawing.figure) == [], (name, width)
