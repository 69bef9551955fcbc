"""The faults that editors and reviewers have seen in figures, struck one by one."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from figures.small import PLAN, small
from figures.test_figures import NAMES, faults, with_options
from figures.test_shown import written
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from trialpress import figures
from trialpress.errors import InputError
from trialpress.figures import breaking, palette
from trialpress.figures.drawing import width_of
from trialpress.figures.kinds import KINDS

DRAWN = [name for name in NAMES if not name.startswith("nobody")]


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


def test_a_forest_says_what_it_cannot_draw(usual):
    with pytest.raises(InputError, match="has no ratio that a forest could show"):
        figures.draw(with_options(usual, "forest", analyses=["hct", "cr"]), "forest")
    ard = usual.ard.assign(value=usual.ard["value"].mask(usual.ard["analysis"].eq("model")))
    notes = figures.draw(replace(usual, ard=ard), "forest").notes
    assert "Not drawn, since no ratio is estimable: Cox model of OS" in notes


def test_a_forest_plot_has_reference_levels_and_events_of_every_row(usual):
    numbers = figures.draw(usual, "forest").numbers.set_index("name")
    died, rr = usual.subjects["os_event"].astype(bool), usual.subjects["arm"] == "rr"
    assert numbers.loc["Stratum: R/R", "estimate"] == 1 and numbers.loc["Stratum: R/R", "statistic"] == "hazard_ratio"
    counts = {"Cox model of OS": died | True, "Stratum: R/R": rr, "Stratum: MRD+": ~rr}
    for name, members in counts.items():
        assert tuple(numbers.loc[name, ["events", "n"]]) == ((died & members).sum(), members.sum())
    assert numbers.loc["Age, years", ["events", "n"]].isna().all()
    hct, sex = usual.subjects["hct_on"].notna(), usual.subjects["sex"]
    groups = numbers.loc["Allo-HCT by sex: M v F"].head(2)
    assert list(groups["group"]) == ["M", "F"] and list(groups["estimate"]) == [usual.value("hct", "odds_ratio"), 1]
    for code, row in zip(("M", "F"), groups.itertuples(), strict=True):
        assert (row.events, row.n) == ((hct & (sex == code)).sum(), (sex == code).sum())
    texts = [f"{row.events:.0f}/{row.n:.0f}" for row in groups.itertuples()]
    assert " v ".join(texts) in written(figures.draw(usual, "forest").figure)


def test_levels_are_not_counted_where_the_counts_are_not_those_of_the_model(usual):
    ard = usual.ard.copy()
    ard.loc[(ard["analysis"] == "model") & (ard["statistic"] == "n"), "value"] -= 1
    other = figures.draw(replace(usual, ard=ard), "forest").numbers
    assert "Stratum: R/R" not in set(other["name"])
    assert other.loc[other["name"] == "Stratum: MRD+", ["events", "n"]].isna().all(axis=None)


# Widths


@pytest.mark.parametrize("study", ["usual", "long names"])
@pytest.mark.parametrize("width", ["single", "double"])
def test_no_word_is_cut(usual, awkward, study, width, monkeypatch):
    cut = []
    monkeypatch.setattr(breaking, "_cut", lambda word, *room: cut.append(word) or 1 + len(word) // 2)
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
    assert set(rows["how"]) == {"not in this group"} and rows["excluded"].sum() > 0
    assert "; not in this group: " in drawing.alt and "excluded" not in drawing.alt
    with pytest.raises(InputError, match="'nobody' is no step of the flow"):
        figures.draw(with_options(usual, "flow", branches=["nobody"]), "flow")


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
    assert down == pytest.approx(medians)


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"quantiles": [50]}, "quantiles: 50 is not possible"), ({"lowest": 100}, "lowest: 100 is not possible"),
        ({"last": -1}, "last: -1 is not possible"), ({"least_at_risk": -5}, "least_at_risk: -5 is not possible"),
    ],
)  # fmt: skip
def test_options_at_which_something_would_be_missing_are_refused(usual, option, message):
    with pytest.raises(InputError, match=message):
        figures.draw(with_options(usual, "km", **option), "km")


@pytest.mark.parametrize(
    ("name", "option", "panels"),
    [
        ("rates", {"analyses": ["cr"], "tests": ["hct", "hct"]}, 1), ("grades", {"labels": ["a", "b", "c"]}, 2),
        ("strip", {"tests": ["hct"] * 3}, 2), ("dose_curve", {"rates": ["severe_by_dose"] * 4}, 3),
        ("trials", {"present": ["cr"] * 3}, 2), ("courses", {"labels": ["a", "b", "c", "d"]}, 3),
    ],
)  # fmt: skip
def test_more_tests_or_labels_than_panels_are_refused(usual, name, option, panels):
    with pytest.raises(InputError, match=rf"has {len(list(option.values())[-1])} entries for {panels} panels"):
        figures.draw(with_options(usual, name, **option), name)


def test_facets_have_a_panel_for_each_group_and_one_axis(usual):
    drawing = figures.draw(with_options(usual, "km", analyses=["os"], facets=True), "km")
    assert list(dict.fromkeys(drawing.numbers["panel"])) == ["Overall survival: R/R", "Overall survival: MRD+"]
    assert len({axes.get_xlim() for axes in drawing.figure.axes}) == 1 and len(drawing.figure.axes) == 2
    assert drawing.alt.count("og-rank P") == 1
