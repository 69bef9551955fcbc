"""What the figures show is what the results say, participant by participant."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from figures.small import PLAN
from matplotlib.lines import Line2D
from matplotlib.text import Text
from trialpress import figures
from trialpress.errors import InputError
from trialpress.figures import palette
from trialpress.figures.kinetics import _draw_mean
from trialpress.ids import word

DOCS = Path(__file__).parents[2] / "docs"
NAMES = list(yaml.safe_load(PLAN)["figures"])


def written(figure) -> list[str]:
    """Everything that is written in a figure."""
    return [text.get_text() for text in figure.findobj(Text)]


def test_rates_show_the_numbers_of_the_results(usual):
    numbers = figures.draw(usual, "rates").numbers
    row = numbers[(numbers["panel"] == "CR or CRi") & (numbers["group"] == "1 to 5")].iloc[0]
    for name in ("n", "N", "estimate", "ci_low", "ci_high"):
        assert row[name] == pytest.approx(usual.value("cr_by_dose", name, "b"))
    nobody = numbers[numbers["group"] == "CR or CRi in nobody"].iloc[0]
    assert nobody["N"] == 0 and np.isnan(nobody["estimate"])


def test_severe_grades_have_the_numbers_of_their_analysis(usual):
    numbers = figures.draw(usual, "grades").numbers
    for row in numbers[numbers["grade"] == "Grade 3 or more"].itertuples():
        group = {"5 or more": "a", "1 to 5": "b", "<1": "c"}.get(row.group, "d")
        assert (row.n, row.N) == tuple(usual.value("severe_by_dose", name, group) for name in ("n", "N"))


def test_grades_count_everyone_once(usual):
    numbers = figures.draw(usual, "grades").numbers
    for panel in ("Grade of CRS", "Grade of CRS (Lee)"):
        counted = numbers[(numbers["panel"] == panel) & (numbers["grade"] != "Grade 3 or more")]
        assert counted["n"].sum() == len(usual.subjects)
    unknown = numbers[(numbers["panel"] == "Grade of CRS (Lee)") & (numbers["grade"] == "not derivable")]["n"].sum()
    assert unknown == usual.subjects["lee"].isna().sum() > 0


def test_numbers_at_risk_are_those_with_time_at_least_t(usual):
    from trialpress.figures.curves import Limits
    from trialpress.figures.survival import _panel

    panel = _panel(usual, "os", [], Limits())
    months = usual.subjects["os_time"].astype(float) / 30.4375
    for group, arm in ((word("rr"), "rr"), (word("mrd"), "mrd")):
        own = months[usual.subjects["arm"] == arm]
        event = usual.subjects["os_event"][usual.subjects["arm"] == arm].astype(bool)
        for tick, (n, events) in zip(panel.ticks, panel.at_risk[group], strict=True):
            assert n == (own >= tick).sum()
            assert events == (event & (own <= tick)).sum()


def test_flow_adds_up_and_shows_reasons_without_anyone(usual):
    drawing = figures.draw(usual, "flow")
    rows = drawing.numbers.set_index("reason")
    assert rows.loc["Consent withdrawn", "excluded"] == 0
    by_step = drawing.numbers.groupby("step", sort=False)
    n = by_step["n"].first()
    assert (
        n["Relapsed or refractory"] - by_step["excluded"].sum()["Evaluable for response"] == n["Evaluable for response"]
    )
    assert n["Relapsed or refractory"] + n["MRD-positive"] == n["Infused"]


def test_swimmer_holds_every_participant_sorted_within_groups(usual):
    numbers = figures.draw(usual, "swimmer").numbers
    assert sorted(numbers["who"]) == sorted(usual.subjects["who"])
    for _, rows in numbers.groupby("stratum"):
        assert rows["last_on_months"].is_monotonic_decreasing
    assert numbers["ongoing"].sum() == usual.subjects["died_on"].isna().sum()


def test_a_swimmer_plot_says_which_events_have_no_mark_and_who_has_no_bar(usual):
    subjects = usual.subjects.copy()
    relapsed = subjects.index[subjects["relapse_on"].notna()]
    subjects["again_on"] = subjects["relapse_on"].where(~subjects.index.isin(relapsed[:2]))  # relapses of a known type
    nobody = subjects.index.difference(relapsed)[0]
    subjects.loc[nobody, "last_on"] = pd.NaT
    spec = {**usual.plan.figures["swimmer"], "marks": ["response_on", "again_on"]}
    plan = replace(usual.plan, figures={**usual.plan.figures, "swimmer": spec})
    drawing = figures.draw(replace(usual, subjects=subjects, plan=plan), "swimmer")
    assert "Relapse of 2 participants is not marked" in drawing.notes
    assert "1 left out: end of follow-up not known" in drawing.notes
    assert f"Second remission in {len(relapsed) - 2};" in drawing.alt
    assert not any(figures.draw(usual, "swimmer").notes)


@pytest.mark.parametrize(
    ("name", "options", "note"),
    [
        ("strip", {}, "2 left out: Age not known"),
        ("scatter", {}, "2 left out: Dose or age not known"),
        ("order", {}, "1 left out: Order of infusion or dose not known"),
        ("kinetics", {}, "1 left out: no measurement of CAR-T transgene"),
        ("kinetics", {"lower_limit": 0}, "1 left out: no measurement of CAR-T transgene above 0"),
        ("kinetics", {"last_day": 14}, "1 left out: no measurement of CAR-T transgene by day 14"),
        ("kinetics_by", {"last_day": 14}, "measurements after day 14 not shown"),
        ("courses", {}, "1 left out: no measurement of CRP, mg/L"),
        ("courses", {"last_day": 6}, "IL-6, pg/mL: "),
        ("courses", {}, "1 measurement of which it is not known whether analyte == 'IL6' or analyte == 'CRP'"),
        (
            "kinetics",
            {"where": "copies > 60 and age > 1"},
            " of which it is not known whether copies > 60 and age > 1 not shown",
        ),
        ("spider", {"where": "age > 1"}, " of which it is not known whether age > 1 not shown"),
        ("lasagna", {}, "1 left out: no daily record"),
    ],
)
def test_who_and_what_a_figure_does_not_show_is_said_below_it_and_in_words(usual, name, options, note):
    subjects, tables = usual.subjects.copy(), {table: rows.copy() for table, rows in usual.tables.items()}
    subjects.loc[[3, 4], "age"] = np.nan
    subjects.loc[6, "order"] = pd.NA
    first, second, third = subjects["who"].iloc[[10, 11, 12]]
    levels, labs = tables["levels"], tables["labs"]
    tables["levels"] = levels[(levels["who"] != first) & ~((levels["who"] == second) & (levels["day"] <= 14))].copy()
    tables["levels"].loc[tables["levels"]["who"] == third, "copies"] = 0.0
    tables["labs"] = labs[~((labs["who"] == first) & (labs["analyte"] == "CRP"))].copy()
    tables["labs"].iloc[0, tables["labs"].columns.get_loc("analyte")] = pd.NA
    daily = usual.daily[usual.daily["who"] != first]
    spec = {**usual.plan.figures[name], **options}
    plan = replace(usual.plan, figures={**usual.plan.figures, name: spec})
    drawing = figures.draw(replace(usual, subjects=subjects, tables=tables, daily=daily, plan=plan), name)
    assert any(note in one for one in drawing.notes), drawing.notes
    assert note in drawing.alt and any(note in " ".join(text.split()) for text in written(drawing.figure))


def test_a_group_without_anyone_has_no_bar_and_counts_nobody(awkward):
    drawing = figures.draw(awkward["one"], "swimmer")
    assert list(drawing.numbers["stratum"]) == ["rr"] and "Swimmer plot of 1 participant." in drawing.alt
    assert {"R/R", "MRD+", "n = 1", "n = 0"} <= set(written(drawing.figure))


def test_kinetics_shows_every_measurement_and_draws_none_below_the_limit(usual):
    numbers = figures.draw(usual, "kinetics").numbers
    assert len(numbers) == len(usual.tables["levels"])
    assert numbers["value"].min() == 50


def test_alluvial_bands_hold_everyone_between_any_two_stages(usual):
    numbers = figures.draw(usual, "alluvial").numbers
    assert numbers.groupby("from")["n"].sum().eq(len(usual.subjects)).all()
    both = (usual.subjects["arm"] == "rr") & (usual.subjects["response"] == "CR")
    band = numbers[(numbers["source"] == "R/R") & (numbers["target"] == "CR")]
    assert band["n"].sum() == both.sum()


def test_states_before_and_after_a_transplant_hold_everyone_once(usual):
    drawing = figures.draw(usual, "states")
    frames = drawing.numbers.set_index("panel")
    assert list(dict.fromkeys(frames.index)) == [
        "Simon-Makuch",
        "Landmark, day 60",
        "Landmark, day 100",
        "Naive comparison. Biased: immortal time",
    ]
    naive = frames.loc["Naive comparison. Biased: immortal time"]
    assert (naive["n_event"] + naive["n_censored"]).sum() == len(usual.subjects)
    assert frames.loc["Simon-Makuch", "n_event"].sum() == usual.subjects["os_event"].sum()
    assert "Naive comparison. Biased: immortal time" in written(drawing.figure)
    assert "Naive comparison. Biased: immortal time:" in drawing.alt
    assert usual.value("os_byar", "p_value", what="display") in drawing.alt


def test_numbers_at_risk_before_and_after_a_transplant_are_those_in_the_state(usual):
    from trialpress.figures.survival import _in_state, _states

    panel = _states(usual, "os_states", "Simon-Makuch", [])
    panel.over([0.0, 3.0, 6.0, 12.0], 12.0)
    _in_state(usual, "os_states", panel)
    time = usual.subjects["os_time"].astype(float)
    begin = (usual.subjects["hct_on"] - usual.subjects["infused_on"]).dt.days
    begin = begin.where(begin < time)
    for i, month in enumerate(panel.ticks):
        day = 30.4375 * month
        begun = (begin < day) & (time >= day)
        assert panel.at_risk[word("begun")][i][0] == begun.sum()
        assert panel.at_risk[word("not yet")][i][0] == ((time >= day) & ~begun).sum()


def test_dose_response_shows_every_participant_and_the_rates_of_the_groups(usual):
    numbers = figures.draw(usual, "dose_curve").numbers
    ticks = numbers[(numbers["panel"] == "Severe CRS by dose") & (numbers["what"] == "participant")]
    assert len(ticks) == len(usual.subjects) and ticks["value"].sum() == (usual.subjects["crs"] >= 3).sum()
    rate = numbers[(numbers["what"] == "dose group") & (numbers["group"] == "1 to 5")].iloc[0]
    assert rate["ci_high"] == pytest.approx(usual.value("severe_by_dose", "ci_high", "b"))


def test_trials_are_sorted_by_dose_and_those_that_share_patients_are_marked(usual):
    drawing = figures.draw(usual, "trials")
    rows = drawing.numbers[drawing.numbers["panel"] == "Remission elsewhere"].set_index("name")
    assert list(rows.index) == ["This study", "A", "C", "B", "E", "Pooled (3 trials)", "New trial (prediction)"]
    assert rows.loc["B", "kind"] == "left out" and rows.loc["B", "estimate"] == pytest.approx(4 / 9)
    assert rows.loc["This study", "estimate"] == usual.value("cr", "estimate")
    assert rows.loc["Pooled (3 trials)", "ci_low"] == usual.value("others", "ci_low")
    assert rows.loc["New trial (prediction)", "ci_high"] == usual.value("others", "prediction_high")
    assert "B: shares patients with C; D: counts not known" in drawing.alt


def test_claims_stand_beside_their_recomputed_numbers(usual):
    drawing = figures.draw(usual, "claims")
    rows = drawing.numbers
    assert list(rows["analysis"]) == ["cr", "cr_rr", "cr_nobody", "age", ""]
    assert rows.loc[0, "published"] == "40/51, 78.4%" and rows.loc[3, "published"] == "30 (2\u201367)"
    assert rows.loc[0, "ci_low"] == usual.value("cr", "ci_low") and rows.loc[1, "published"] == ""
    assert rows.loc[4, "recomputed"] == "not checkable"


@pytest.mark.parametrize(
    "name", ["dose_curve", "strip", "scatter", "order", "swimmer", "kinetics", "courses", "heatmap"]
)
def test_rows_of_single_participants_name_them_so_that_no_release_holds_them(usual, name):
    numbers = figures.draw(usual, name).numbers
    assert set(numbers["who"].dropna()) - {""} <= set(usual.subjects["who"])
    assert numbers["who"].isin(usual.subjects["who"]).sum() >= len(usual.subjects) - 1


def test_forest_shows_the_ratios_of_comparisons_and_models(usual):
    numbers = figures.draw(usual, "forest").numbers.set_index("name")
    compared = "Allo-HCT by sex: M v F"
    model = ["Cox model of OS", "Stratum: R/R", "Stratum: MRD+", "Age, years"]
    assert list(numbers.index) == [compared, compared, *model, compared, compared]
    assert numbers["estimate"].iloc[0] == usual.value("hct", "odds_ratio")
    assert numbers.loc["Age, years", "ci_high"] == usual.value("model", "ci_high", level="age")


def test_specification_curve_is_sorted_and_marks_the_published_choice(usual):
    numbers = figures.draw(usual, "specification").numbers
    rates, ratios = numbers[numbers["statistic"] == "estimate"], numbers[numbers["statistic"] != "estimate"]
    assert rates["estimate"].is_monotonic_increasing and ratios["estimate"].is_monotonic_increasing
    assert list(numbers.loc[numbers["published"], "analysis"]) == ["cr_rr"]
    assert "cr_nobody" not in set(numbers["analysis"])
    assert set(rates.loc[rates["analysis"] == "missing", "level"]) == {"complete", "best", "worst"}
    assert list(ratios["level"].sort_values()) == ["Dose, cells/kg", "per tenfold dose"]


def test_heat_map_columns_are_participants_sorted_by_outcome(usual):
    numbers = figures.draw(usual, "heatmap").numbers
    assert sorted(numbers["who"]) == sorted(usual.subjects["who"])
    known = numbers["response"].dropna().map({"CR": 0, "CRi": 1, "NR": 2})
    assert known.is_monotonic_increasing and numbers["response"].iloc[-1] is pd.NA


def test_cumulative_incidence_is_stacked(usual):
    drawing = figures.draw(usual, "incidence")
    edges = [line.get_ydata()[-1] for axes in drawing.figure.axes[-2:] for line in axes.lines]
    ends = [
        100 * rows.loc[rows["group"] == group, "estimate"].iloc[-1]
        for group in ("rr", "mrd")
        for rows in (usual.curve("relapsed"), usual.curve("died"))
    ]
    assert edges == pytest.approx([ends[0], ends[0] + ends[1], ends[2], ends[2] + ends[3]])
    assert "Stacked: R/R: Relapse;" in drawing.alt and "Relapse by stratum, Gray's test: P" in drawing.alt


def test_courses_colour_every_measurement_of_those_with_a_grade(usual):
    drawing = figures.draw(usual, "courses")
    assert len(drawing.numbers) == 2 * 3 * len(usual.subjects)
    assert set(drawing.numbers["panel"]) == {"IL-6, pg/mL", "CRP, mg/L"}
    assert "no measurements" in written(drawing.figure)


def test_a_forest_of_subgroups_has_them_in_their_order_with_their_events_and_the_test_of_interaction(usual):
    drawing = figures.draw(usual, "forest_subgroups")
    numbers = drawing.numbers.query("analysis == 'os_by_age'").set_index("name")
    assert list(numbers.index) == ["OS by age", "5 or more", "25 to 50 years", "Over 50 years"]  # not by the alphabet
    assert numbers["p"].tolist() == [usual.value("os_by_age", "p_value", what="display"), "", "", ""]
    for name, level in (("5 or more", "young"), ("25 to 50 years", "middle"), ("Over 50 years", "old")):
        for column, statistic in (("events", "events"), ("n", "n"), ("estimate", "hazard_ratio")):
            assert numbers.loc[name, column] == pytest.approx(usual.value("os_by_age", statistic, level=level))
    assert numbers["n"].tolist()[0] == sum(numbers["n"].tolist()[1:]) == 51
    assert drawing.notes == ("P beside the name of subgroups: test of interaction",)
    assert "interaction" not in figures.draw(usual, "forest").alt


def test_states_have_the_numbers_under_follow_up_below(usual):
    said = written(figures.draw(usual, "stacked_states").figure)
    at = next(i for i, text in enumerate(said) if text.startswith("At risk"))
    rest = [text for text in said[at + 1 :] if text.isdigit() or "egun" in text]
    assert rest[:2] == ["Allo-HCT: not begun", "51"]  # everyone, at the start
    assert rest[rest.index("Allo-HCT: begun") + 1] == "0"
    curve = usual.curve("states_of_all")
    later = curve[(curve["group"] == "begun") & (curve["x"] >= 6)].sort_values("x")["n_at_risk"].iloc[0]
    assert rest[rest.index("Allo-HCT: begun") + 2] == str(int(later)) != "0"


def test_agreement_says_its_unit_only_where_both_measurements_have_it(usual):
    assert "Age less change of blasts" in written(figures.draw(usual, "raters_apart").figure)  # years and per cent
    columns = usual.plan.columns
    same = replace(
        usual, plan=replace(usual.plan, columns={**columns, "change": replace(columns["change"], unit="years")})
    )
    assert "Age less change of blasts, years" in written(figures.draw(same, "raters_apart").figure)


def test_text_on_a_cell_has_the_higher_contrast():
    assert [palette.on(colour) for colour in ("#FFFFFF", "#C4691C", "#2C6BA6", "#000000")] == ["#222222"] * 2 + [
        "white"
    ] * 2


def test_censored_times_are_ticks_in_every_panel_or_in_none_and_the_figure_says_so(usual, tmp_path):
    said = "Censored times are not marked, being too many."
    for results, marked in ((usual, True), (replace(usual, curves=_crowded(usual.curves)), False)):
        drawing = figures.draw(results, "km")
        ticks = [line for axes in drawing.figure.axes for line in axes.lines if line.get_marker() == "|"]
        assert bool(ticks) == marked and (said in drawing.alt) != marked
        assert any(said in text.replace("\n", " ") for text in written(drawing.figure)) != marked


def _crowded(curves: pd.DataFrame) -> pd.DataFrame:
    """The curves, with 201 censored times more in one of them."""
    row = curves[(curves["analysis"] == "os") & (curves["n_censored"] > 0)].iloc[0]
    more = pd.DataFrame([row] * 201).assign(x=row["x"] + np.arange(201) / 1000, n_event=0, n_censored=1)
    return pd.concat([curves, more], ignore_index=True)


def test_a_p_value_beside_a_hazard_ratio_names_its_test(usual):
    """The interval is Wald's or of another model; the p-value may be of the log-rank test, which gives another one."""
    shown = " ".join(" ".join(written(figures.draw(usual, "states").figure)).split())
    assert shown.count("log-rank P") == 3 and "Wald P" in shown and "Mantel-Byar P" in shown
    assert not re.search(r"\), P [=<]", shown.replace("\u00a0", " "))
    assert "log-rank P" in figures.draw(usual, "km").alt


def test_a_subdistribution_hazard_ratio_is_called_so_and_defined(usual):
    drawing = figures.draw(usual, "incidence")
    assert re.search(r"\bSHR [\d.]+ \(95% CI", drawing.alt) and not re.search(r"\bHR ", drawing.alt)
    meaning = "SHR: subdistribution hazard ratio (Fine and Gray), against the first group"
    assert meaning in drawing.alt and any(meaning in text for text in written(drawing.figure))


def test_a_part_of_a_bar_too_small_for_its_count_has_it_beside_or_in_a_note(usual):
    subjects = usual.subjects.copy()
    subjects["crs_grade"] = np.where(np.arange(len(subjects)) == 0, 4, 1)
    spec = {**usual.plan.figures["grades"], "grades": ["crs_grade"], "by": "stratum", "severe": []}
    plan = replace(usual.plan, figures={**usual.plan.figures, "grades": spec})
    drawing = figures.draw(replace(usual, subjects=subjects, plan=plan), "grades")
    counts = [int(text) for text in written(drawing.figure) if text.isdigit()]
    rows = drawing.numbers
    assert sorted(counts)[:1] == [1] and set(rows.loc[rows["n"] > 0, "n"]) <= set(counts)
    spec = {**usual.plan.figures["grades"], "grades": ["crs_grade"] * 3, "labels": ["A", "B", "C"], "severe": []}
    plan = replace(usual.plan, figures={**usual.plan.figures, "grades": {**spec, "width": "single"}})
    drawing = figures.draw(replace(usual, subjects=subjects, plan=plan), "grades")
    assert not drawing.notes[0] or "Parts too small for a number: A, " in drawing.notes[0]


def test_strokes_of_a_legend_tell_dashes_apart_and_markers_at_the_ends_are_whole(usual):
    lines = figures.draw(usual, "courses").figure.findobj(Line2D)
    strokes = [np.ptp(line.get_xdata()) for line in lines if line.get_markevery() == [1]]
    assert strokes and min(strokes) == 8.0  # mm: more than a period of the longest dash
    frame = pd.DataFrame({"x": [0.0, 7.0, 14.0], "estimate": [1.0, 2.0, 3.0], "ci_low": 0.5, "ci_high": 4.0})
    axes = figures.draw(usual, "kinetics").figure.axes[0]
    _draw_mean(axes, frame, palette.ALL)
    assert not axes.lines[-1].get_clip_on() and axes.lines[-1].get_marker() == palette.ALL.marker


def test_the_axis_of_planned_days_is_named_by_the_plan(usual):
    spec = {**usual.plan.figures["kinetics"], "day_label": "Window (planned day)"}
    plan = replace(usual.plan, figures={**usual.plan.figures, "kinetics": spec})
    drawing = figures.draw(replace(usual, plan=plan), "kinetics")
    assert (
        drawing.figure.axes[0].get_xlabel() == "Window (planned day)" and "by window (planned day) for" in drawing.alt
    )


def test_what_the_file_says_of_the_counts_of_a_trial_is_said_below(usual, tmp_path):
    file = Path(usual.plan.analyses["others"]["file"])
    trials = pd.read_csv(file).assign(status=["n inferred from 90%", None, "confirmed", "not shown", None])
    (tmp_path / "trials.csv").write_text(trials.to_csv(index=False))
    analyses = {
        **usual.plan.analyses,
        "others": {**usual.plan.analyses["others"], "file": str(tmp_path / "trials.csv")},
    }
    spec = {**usual.plan.figures["trials"], "analyses": ["others"], "present": ["cr"]}
    for column, ok in (("status", True), ("state", False)):
        plan = replace(usual.plan, analyses=analyses, figures={"trials": {**spec, "status": column}})
        results = replace(usual, plan=plan)
        if ok:
            assert "A: n inferred from 90%; C: confirmed" in figures.draw(results, "trials").notes
        else:
            with pytest.raises(InputError, match="has no column 'state'"):
                figures.draw(results, "trials")
