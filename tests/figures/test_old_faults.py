"""The faults that editors and reviewers have seen in figures, struck one by one."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from figures.small import PLAN, small
from figures.test_figures import NAMES, contrast, faults, with_options
from figures.test_shown import written
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from trialpress import figures
from trialpress.errors import InputError
from trialpress.figures import palette, style
from trialpress.figures.drawing import width_of
from trialpress.figures.kinds import KINDS
from trialpress.ids import EVERYONE, Name, word

DRAWN = [name for name in NAMES if not name.startswith("nobody")]


def names(*labels: str) -> list[Name]:
    return [word(label) for label in labels]


def grey(colour: str) -> float:
    """Lightness 0 to 100 (CIE L*), which is what a grey print leaves of a colour."""
    y = 1.05 / contrast(colour, "#FFFFFF") - 0.05
    return 116 * y ** (1 / 3) - 16 if y > 0.008856 else 903.3 * y


# Dose


def test_the_square_of_a_dose_group_stands_at_its_median_dose(usual):
    numbers = figures.draw(usual, "dose_curve").numbers
    numbers = numbers[(numbers["what"] == "dose group") & (numbers["panel"] == "Severe CRS by dose")].set_index("group")
    for code, label in {"a": "5 or more", "b": "1 to 5", "c": "<1"}.items():
        doses = usual.subjects.loc[usual.subjects["dose_group"] == code, "dose"].astype(float)
        assert numbers.loc[label, "dose"] == np.median(doses) != pytest.approx(np.sqrt(doses.min() * doses.max()))


# Incidence


def test_incidence_has_curves_with_intervals_for_the_groups_whose_p_is_printed(usual):
    drawing = figures.draw(usual, "incidence")
    curves, stacked = drawing.figure.axes[:2], drawing.figure.axes[2:]
    assert len(stacked) == 2 and all(len(axes.collections) == 2 for axes in curves)  # a band for each group
    shown = written(drawing.figure)
    assert {"Relapse", "Death without relapse", "Stacked: R/R", "Stacked: MRD+"} <= set(shown)
    band = drawing.numbers[(drawing.numbers["panel"] == "Relapse") & (drawing.numbers["group"] == "MRD+")]
    expected = usual.curve("relapsed").query("group == 'mrd'").sort_values("x")
    assert band["ci_high"].tolist() == expected["ci_high"].tolist()


def test_a_p_value_of_groups_that_are_not_drawn_is_refused(tmp_path):
    alone = PLAN.replace(
        "endpoint: relapse, by: stratum, at: [6, 12], label: Relapse}", "endpoint: relapse, label: Relapse}"
    )
    results = small(tmp_path, plan=alone)
    message = "analyses.relapsed_gray: compares groups that the figure does not draw"
    with pytest.raises(InputError, match=message) as refused:
        figures.draw(with_options(results, "incidence", analyses=["relapsed"]), "incidence")
    assert "`by: stratum`" in str(refused.value)


# Landmark and naive


def test_landmark_curves_begin_at_the_landmark_with_a_line_there(usual):
    drawing = figures.draw(usual, "states")
    for axes, day in zip(drawing.figure.axes[1:3], (60, 100), strict=True):
        start = day / 30.4375
        steps = [line for line in axes.lines if line.get_drawstyle() == "steps-post"]
        assert len(steps) == 2 and all(line.get_xdata()[0] == pytest.approx(start) for line in steps)
        assert all(line.get_ydata()[0] == 100 for line in steps)
        uprights = [line for line in axes.lines if list(line.get_xdata()) == pytest.approx([start, start])]
        assert len(uprights) == 1 and list(uprights[0].get_ydata()) == [0, 1]
    assert "at risk at the landmark in Allo-HCT: by day 60" in drawing.alt
    at_start = usual.curve("os_landmark").query("level == '60_days' and group == 'begun'")["n_at_risk"].max()
    assert f"{int(at_start)} (0)" in written(drawing.figure)


def test_the_naive_comparison_is_a_small_muted_panel_without_bands_and_not_struck_out(usual):
    figure = figures.draw(usual, "states").figure
    others, naive = figure.axes[:3], figure.axes[3]
    size = naive.get_position().size
    assert (size < 0.65 * others[0].get_position().size).all()
    assert not naive.collections and all(line.get_alpha() == 0.55 for line in naive.lines)
    on_page = [line for line in figure.findobj(Line2D) if line.axes is None]
    assert [line for line in on_page if np.ptp(line.get_xdata()) > 0 and np.ptp(line.get_ydata()) > 0] == []


# Forest


def test_each_kind_of_ratio_has_an_axis_of_its_own_that_says_what_it_favours(usual):
    drawing = figures.draw(usual, "forest")
    assert [axes.get_xlabel() for axes in drawing.figure.axes] == ["Odds ratio", "Hazard ratio"]
    assert {"← lower odds", "higher odds →", "← lower hazard", "higher hazard →"} <= set(written(drawing.figure))
    own = with_options(usual, "forest", favours={"hazard_ratio": ["favours RR", "favours MRD+"]})
    assert {"← favours RR", "favours MRD+ →", "← lower odds"} <= set(written(figures.draw(own, "forest").figure))
    with pytest.raises(InputError, match="'hazard: .*' is not a kind and two texts"):
        figures.draw(with_options(usual, "forest", favours={"hazard": ["a", "b"]}), "forest")


def test_a_forest_plot_has_reference_levels_and_events_of_every_row(usual):
    numbers = figures.draw(usual, "forest").numbers.set_index("name")
    died = usual.subjects["os_event"].astype(bool)
    rr = usual.subjects["arm"] == "rr"
    assert numbers.loc["Stratum: R/R", "estimate"] == 1 and numbers.loc["Stratum: R/R", "statistic"] == "hazard_ratio"
    assert numbers.loc["Stratum: R/R", "events/n"] == f"{(died & rr).sum()}/{rr.sum()}"
    assert numbers.loc["Stratum: MRD+", "events/n"] == f"{(died & ~rr).sum()}/{(~rr).sum()}"
    assert numbers.loc["Age, years", "events/n"] == ""
    hct, sex = usual.subjects["hct_on"].notna(), usual.subjects["sex"]
    male, female = ((hct & (sex == code)).sum() for code in ("M", "F"))
    expected = f"{male}/{(sex == 'M').sum()} v {female}/{(sex == 'F').sum()}"
    assert numbers["events/n"].iloc[0] == expected


def test_levels_are_not_counted_where_the_counts_are_not_those_of_the_model(usual):
    ard = usual.ard.copy()
    ard.loc[(ard["analysis"] == "model") & (ard["statistic"] == "n"), "value"] -= 1
    other = figures.draw(replace(usual, ard=ard), "forest").numbers
    assert "Stratum: R/R" not in set(other["name"])
    assert list(other.loc[other["name"] == "Stratum: MRD+", "events/n"]) == [""]


# Colours


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


# Widths


@pytest.mark.parametrize("study", ["usual", "long names"])
@pytest.mark.parametrize("width", ["single", "double"])
def test_no_word_is_cut(usual, awkward, study, width, monkeypatch):
    cut = []
    monkeypatch.setattr(style, "_cut", lambda word, *size: cut.append(word) or 1 + len(word) // 2)
    results = usual if study == "usual" else awkward["long names"]
    for name in DRAWN:
        figures.draw(with_options(results, name, width=width), name)
    assert set(cut) == set()


@pytest.mark.parametrize("name", ["forest", "claims", "specification", "alluvial"])
def test_plots_of_a_single_column_have_half_of_its_width(usual, name):
    figure = figures.draw(with_options(usual, name, width="single"), name).figure
    if name == "alluvial":  # drawn on the page itself
        nodes = sorted({round(patch.get_x(), 1) for patch in figure.findobj(Rectangle) if patch.get_width() == 3.0})
        assert np.diff(nodes).min() > 20
    assert all(axes.get_position().width * 85 > 38 for axes in figure.axes)


def test_the_width_of_a_kind_is_known_without_drawing_it():
    assert width_of({"kind": "scatter"}) == "single" and width_of({"kind": "forest"}) == "double"
    assert width_of({"kind": "scatter", "width": "double"}) == "double"
    assert {width_of({"kind": kind}) for kind in KINDS.functions} == {"single", "double"}


# Axes


def test_kinetics_follow_the_measurements_and_not_the_interval_of_two(usual):
    curve = pd.DataFrame({
        "analysis": "means", "group": "", "group_label": "", "level": "", "level_label": "", "x": [0.0, 60.0],
        "estimate": [50.0, 300.0], "ci_low": [50.0, 1e-6], "ci_high": [50.0, 1e12], "n_at_risk": 2.0,
        "n_event": np.nan, "n_censored": np.nan,
    })  # fmt: skip
    results = replace(usual, curves=pd.concat([usual.curves, curve], ignore_index=True))
    results = replace(
        results,
        plan=replace(
            results.plan,
            analyses={**usual.plan.analyses, "means": {"method": "kinetics_by_day", "population": "infused"}},
        ),
    )
    plain, with_mean = (
        figures.draw(with_options(results, "kinetics", **options), "kinetics") for options in ({}, {"mean": "means"})
    )
    assert with_mean.figure.axes[0].get_ylim() == plain.figure.axes[0].get_ylim()
    assert with_mean.figure.axes[0].get_ylim()[1] < 1e7
    assert "Intervals are cut at the range of the measurements" in with_mean.alt
    assert "Intervals are cut" not in plain.alt


@pytest.mark.parametrize("name", ["kinetics", "courses", "strip", "scatter", "order", "dose_curve"])
def test_zeros_on_a_log_axis_are_counted(usual, name):
    tables = {table: rows.copy() for table, rows in usual.tables.items()}
    subjects = usual.subjects.copy()
    subjects.loc[[3, 5, 7], "dose"] = 0.0
    tables["levels"].loc[[1, 9, 17], "copies"] = 0.0
    tables["labs"].loc[tables["labs"].index[[1, 2, 4]], "value"] = 0.0
    results = replace(usual, subjects=subjects, tables=tables)
    options = {"kinetics": {"lower_limit": 0}, "strip": {"y": ["dose"], "log": True}}.get(name, {})
    drawing = figures.draw(with_options(results, name, **options), name)
    assert re.search(r"\b[1-3] values? of 0 not shown", drawing.alt)
    assert any("of 0 not shown" in text for text in written(drawing.figure))


def test_values_at_the_quantification_limit_are_drawn_on_it(usual):
    tables = {**usual.tables, "levels": usual.tables["levels"].copy()}
    tables["levels"].loc[[1, 9], "copies"] = 0.0
    numbers = figures.draw(replace(usual, tables=tables), "kinetics").numbers
    assert len(numbers) == len(tables["levels"]) and numbers["value"].min() == 50


# Flow


def test_only_exclusions_are_called_so(usual):
    shown = "\n".join(written(figures.draw(usual, "flow").figure))
    assert "Excluded (n\u00a0=" in shown and "Consent withdrawn" in shown
    drawing = figures.draw(with_options(usual, "flow", branches=["evaluable"]), "flow")
    assert "Excluded" not in "\n".join(written(drawing.figure)) and "Not in this group" in "\n".join(
        written(drawing.figure)
    )
    rows = drawing.numbers[drawing.numbers["step"] == "Evaluable for response"]
    assert rows["excluded"].sum() == 0 < rows["in_another_group"].sum()
    assert "; not in this group: " in drawing.alt and "excluded" not in drawing.alt


@pytest.mark.parametrize("width", ["single", "double"])
def test_six_arms_fit_the_page_and_none_is_excluded_from_another(tmp_path, width):
    flow = "\n".join(
        f"  - {{population: a{i}, from: infused, reasons: {{Other arm: not ({9 * i} < order <= {9 * i + 9})}}}}"
        for i in range(6)
    )
    arms = "\n".join(
        f"  a{i}: {{label: Dose level {i + 1}, within: infused, condition: {9 * i} < order <= {9 * i + 9}}}"
        for i in range(6)
    )
    plan = re.sub(
        r"flow:\n  - .*?endpoints:", f"flow:\n  - {{population: infused}}\n{flow}\nendpoints:", PLAN, flags=re.DOTALL
    )
    plan = plan.replace("  nobody: {label: Nobody", f"{arms}\n  nobody: {{label: Nobody")
    drawing = figures.draw(with_options(small(tmp_path, plan=plan), "flow", width=width), "flow")
    assert faults(drawing.figure) == []
    assert "Excluded" not in " ".join(written(drawing.figure))
    assert drawing.numbers.groupby("step")["n"].first().drop("Infused").sum() == 51


# Grades


def test_digits_alone_are_no_grades(tmp_path):
    lines = "    lines: {expression: lee, label: Lines of treatment, levels: {'0': '0', '1': '1', '2': '2', '3': '3', '4': '4'}}\n"
    results = small(tmp_path, plan=PLAN.replace("    remission:", lines + "    remission:"))
    shown = written(figures.draw(with_options(results, "strip", by="lines"), "strip").figure)
    assert not [text for text in shown if "Grade" in text] and "4" in shown
    entries = figures.draw(with_options(results, "scatter", colour="lines"), "scatter").figure.axes[0].lines
    assert not {line.get_color() for line in entries} & set(palette.GRADES)
    graded = figures.draw(with_options(results, "scatter", colour="crs_grade"), "scatter").figure.axes[0].lines
    assert {line.get_color() for line in graded} <= set(palette.GRADES)


# Kaplan-Meier options


def test_curves_end_where_few_are_at_risk_and_the_numbers_at_risk_do_not(usual):
    drawing = figures.draw(with_options(usual, "km", least_at_risk=10), "km")
    assert drawing.numbers["n_at_risk"].min() >= 10
    assert "Curves end where fewer than 10 are at risk." in drawing.alt
    plain = [text for text in written(figures.draw(usual, "km").figure) if re.fullmatch(r"\d+ \(\d+\)", text)]
    assert [text for text in written(drawing.figure) if re.fullmatch(r"\d+ \(\d+\)", text)] == plain


def test_axes_end_and_begin_where_the_plan_says(usual):
    drawing = figures.draw(with_options(usual, "km", last=6.0, lowest=40.0), "km")
    for axes in drawing.figure.axes:
        assert axes.get_xlim() == (0, 6) and axes.get_ylim() == (40, 102)
    assert drawing.numbers["x"].max() == 6
    assert "Follow-up beyond 6 months not shown. The axis begins at 40%." in drawing.alt
    numbers = drawing.numbers[drawing.numbers["x"] == 6].set_index("group")
    curve = usual.curve("os").query("group == 'rr' and x <= 6").sort_values("x")
    assert numbers.loc["R/R", "estimate"] == curve["estimate"].iloc[-1] and numbers.loc["R/R", "n_event"] == 0


def test_lines_lead_from_the_median_to_its_time(usual):
    axes = figures.draw(with_options(usual, "km", quantiles=[0.5]), "km").figure.axes[0]
    medians = [usual.value("os", "median", group) for group in ("rr", "mrd")]
    down = [line.get_xdata()[0] for line in axes.lines if list(line.get_ydata()) == [0, 50]]
    assert sorted(down) == pytest.approx(sorted(m for m in medians if np.isfinite(m)))


def test_facets_have_a_panel_for_each_group_and_one_axis(usual):
    drawing = figures.draw(with_options(usual, "km", analyses=["os"], facets=True), "km")
    assert list(dict.fromkeys(drawing.numbers["panel"])) == ["Overall survival: R/R", "Overall survival: MRD+"]
    assert len({axes.get_xlim() for axes in drawing.figure.axes}) == 1 and len(drawing.figure.axes) == 2
    assert drawing.alt.count("og-rank P") == 1


# Texts in SVG


def svg(results, folder, **options) -> str:
    figures.draw_all(with_options(results, "km", **options), folder)
    return (folder / "km.svg").read_text(encoding="utf-8")


def test_svg_has_its_texts_as_texts_with_the_fonts_inside_and_the_same_bytes(usual, tmp_path):
    first, second = (svg(usual, tmp_path / folder, svg="text") for folder in ("a", "b"))
    assert first == second
    root = ET.fromstring(first)
    shown = {"".join(one.itertext()).strip() for one in root.iter("{http://www.w3.org/2000/svg}text")}
    drawn = {text.get_text() for text in figures.draw(usual, "km").figure.findobj(Text) if text.get_text().strip()}
    assert {"At risk (events)", "Time, months", "R/R"} <= shown & drawn
    faces = re.findall(
        r"@font-face\{font-family:'([^']+)';font-weight:(\d+);src:url\(data:font/ttf;base64,([^)]+)\)", first
    )
    assert {(family, weight) for family, weight, _ in faces} >= {(style.FAMILY, "400"), (style.FAMILY, "600")}
    assert len(first) < 200_000 and "dc:date" not in first


def test_the_font_in_an_svg_has_every_glyph_that_its_texts_need(tmp_path):
    import base64
    import io

    from fontTools.ttLib import TTFont

    results = small(
        tmp_path, names={"RR_NAME": "CD19⁺ R/R", "MRD_NAME": "MRD+", "A_NAME": "a", "EMPTY_NAME": "d", "NOTICE": "true"}
    )
    text = svg(results, tmp_path / "out", svg="text")
    has = {}
    for family, font in re.findall(r"font-family:'([^']+)'.*?base64,([^)]+)\)", text):
        has.setdefault(family, set()).update(TTFont(io.BytesIO(base64.b64decode(font))).getBestCmap())
    root = ET.fromstring(text)
    needed = {ord(char) for one in root.iter("{http://www.w3.org/2000/svg}text") for char in "".join(one.itertext())}
    assert needed - {10, 32} <= has[style.FAMILY] | has[style.FALLBACK]
    assert ord("⁺") in has[style.FALLBACK] and len(has[style.FALLBACK]) < 10


def test_paths_are_the_default_and_another_word_is_refused(usual, tmp_path):
    assert "<text" not in svg(usual, tmp_path / "a") == svg(usual, tmp_path / "b", svg="paths")
    with pytest.raises(InputError, match="'outlines' is not a choice"):
        svg(usual, tmp_path / "c", svg="outlines")
