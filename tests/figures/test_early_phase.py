"""Figures that early-phase papers have: true to their numbers, and saying whom they leave out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from figures.small import PLAN, small
from figures.test_figures import with_options
from figures.test_shown import written
from trialpress import figures
from trialpress.errors import InputError

# Difference of survival curves


def test_the_difference_of_two_curves_is_that_of_the_kaplan_meier_estimates(usual):
    numbers = figures.draw(usual, "difference").numbers
    km = usual.curve("os")
    last = min(km.loc[km["group"] == group, "x"].max() for group in ("rr", "mrd"))
    assert numbers["x"].max() == pytest.approx(last)
    for row in numbers.iloc[::7].itertuples():
        rr, mrd = (
            np.concatenate(([1.0], own["estimate"]))[np.searchsorted(own["x"], row.x + 1e-9)]
            for own in (km[km["group"] == group].sort_values("x") for group in ("rr", "mrd"))
        )
        assert row.estimate == pytest.approx(mrd - rr)
    assert "MRD+ less R/R, percentage points (95% CI): at 6 months" in figures.draw(usual, "difference").alt


# Lasagna


def test_a_lasagna_shows_every_graded_day_once_with_the_days_of_treatment(usual):
    numbers = figures.draw(usual, "lasagna").numbers
    graded = usual.daily.sort_values(["who", "day"])
    own = numbers.sort_values(["who", "day"])
    assert own[["who", "day"]].to_numpy().tolist() == graded[["who", "day"]].to_numpy().tolist()
    assert own["fever_grade"].isna().tolist() == graded["fever"].isna().tolist()
    copies = usual.tables["levels"].query("day <= 28").sort_values(["who", "day"])["copies"]
    assert own["Antipyretics"].tolist() == (copies > 4e4).tolist()
    assert own["Cooling"].tolist() == (own["day"] == 4).tolist()


def test_a_lasagna_is_sorted_from_the_highest_grade_and_the_earliest_day_within_groups(usual):
    numbers = figures.draw(usual, "lasagna").numbers
    highest = usual.subjects.set_index("who")["fever_grade"]
    for _, rows in numbers.groupby("group", sort=False):
        order = list(dict.fromkeys(rows["who"]))
        grades = highest[order].astype("Float64").fillna(-1).tolist()
        assert grades == sorted(grades, reverse=True)


def test_a_lasagna_of_a_column_without_daily_grades_is_refused(usual):
    with pytest.raises(InputError, match="'crs_grade' is not the highest value of a daily grading") as refused:
        figures.draw(with_options(usual, "lasagna", grades=["crs_grade"]), "lasagna")
    assert "the gradings are fever" in str(refused.value)
    with pytest.raises(InputError, match="'Antipyretics' has no table"):
        figures.draw(with_options(usual, "lasagna", table=""), "lasagna")


def test_a_lasagna_says_which_cells_are_not_derivable_and_without_a_record(usual):
    shown = written(figures.draw(usual, "lasagna").figure)
    assert {"Not derivable", "No record", "Antipyretics", "Cooling", "Grade 0"} <= set(shown)
    counts = usual.subjects["fever_grade"].isna().sum()
    assert f"not derivable in {counts}" in figures.draw(usual, "lasagna").alt


# Waterfall and spider


def test_a_waterfall_falls_and_holds_everyone_with_a_known_change(usual):
    drawing = figures.draw(usual, "waterfall")
    numbers = drawing.numbers
    assert numbers["change"].is_monotonic_decreasing and len(numbers) == usual.subjects["change"].notna().sum()
    known = usual.subjects.set_index("who")
    assert numbers["change"].tolist() == known.loc[numbers["who"], "change"].tolist()
    assert numbers["Allo-HCT"].tolist() == known.loc[numbers["who"], "hct_on"].notna().tolist()
    bars = [patch for patch in drawing.figure.axes[0].patches if patch.get_width() > 0]
    heights = [bar.get_height() for bar in bars]
    low, high = min(numbers["change"].min(), 0), 20
    shown = [min(value, high) or 0.006 * (high - low) for value in numbers["change"].astype(float)]
    assert heights == pytest.approx(shown, abs=0.05)
    over = (numbers["change"] > 20).sum()
    assert f"{over} bars cut at 20" in drawing.alt
    assert f"{(numbers['change'] <= -30).sum()} at −30 or below" in drawing.alt


def test_those_without_a_known_change_are_counted_below_it(tmp_path):
    results = small(tmp_path, plan=PLAN.replace("2 * age - 100", "'when(age > 60, missing, 2 * age - 100)'"))
    lost = (results.subjects["age"] > 60).sum()
    assert lost > 0
    assert figures.draw(results, "waterfall").notes[0] == f"{lost} left out: Change of blasts not known"


def test_a_spider_begins_at_no_change_and_counts_what_it_does_not_show(usual):
    drawing = figures.draw(usual, "spider")
    levels = usual.tables["levels"]
    shown = levels[levels["day"] <= 28]
    assert len(drawing.numbers) == len(shown)
    expected = 100 * (shown.sort_values(["who", "day"])["copies"].astype(float) - 20000) / 20000
    assert drawing.numbers["value"].tolist() == pytest.approx(expected.tolist())
    lines = [line for line in drawing.figure.axes[0].lines if len(line.get_xdata()) > 5]
    assert len(lines) == usual.subjects["crs"].notna().sum()
    assert all(line.get_xdata()[0] == 0 and line.get_ydata()[0] == 0 for line in lines)
    assert f"{(expected > 200).sum()} values above 200 drawn at the edge" in drawing.alt
    assert f"{(levels['day'] > 28).sum()} assessments after day 28 not shown" in drawing.alt


def test_responses_of_a_waterfall_differ_in_black_and_white(usual):
    drawing = figures.draw(usual, "waterfall")
    looks = {(patch.get_hatch() or "", grey(patch.get_facecolor())) for patch in drawing.figure.axes[0].patches}
    assert len(looks) == 4  # CR, CRi, NR, unknown
    assert {hatch for hatch, _ in looks} >= {"", ".....", "xxxxx"}


def grey(colour) -> int:
    return round(255 * (0.3 * colour[0] + 0.59 * colour[1] + 0.11 * colour[2]) / 25)


# Dose escalation


def test_the_way_of_an_escalation_has_every_evaluable_participant_in_the_cohort(usual):
    drawing = figures.draw(usual, "escalation")
    order = usual.subjects.set_index("who")["order"]
    expected = {str(1 + (place - 1) // 3) for place in order[drawing.numbers["who"]]}
    assert len(drawing.numbers) == 14 and expected == {"1", "2", "3", "4", "5"}  # the tenth is not evaluable
    toxic = set(order[drawing.numbers.loc[drawing.numbers["toxicity"], "who"]])
    assert toxic == {5, 8, 11, 12}
    assert {"0/3", "1/3", "2/2", "RP2D"} <= set(written(drawing.figure))
    assert "10⁵ per kg 2/9, 22.2% (2.8–60.0)" in drawing.alt
    assert "No maximum tolerated dose by the design" in drawing.alt


def test_cohorts_and_decisions_are_rows_of_the_results(usual):
    rows = usual.ard[(usual.ard["analysis"] == "dlt") & (usual.ard["statistic"] == "decision")]
    assert dict(zip(rows["level"], rows["value"], strict=True)) == {
        "cohort=c1": 1, "cohort=c2": 0, "cohort=c3": -1, "cohort=c4": -1, "cohort=c5": -1}  # fmt: skip
    third = rows.loc[rows["level"] == "cohort=c3", "note"].item()
    assert "the next cohort was treated at 10⁶ per kg" in third
    assert usual.value("dlt", "N", level="cohort=c5=until_then") == 9
    assert usual.value("dlt_boin", "mtd", level="design") == 2


def test_a_cohort_at_two_dose_levels_and_an_unknown_recommended_dose_are_refused(usual, tmp_path):
    with pytest.raises(InputError, match="'five' is no level of dose_level"):
        figures.draw(with_options(usual, "escalation", rp2d="five"), "escalation")
    with pytest.raises(InputError, match="Cohort: 1 has participants at 2 dose levels"):
        small(tmp_path, plan=PLAN.replace("when(order <= 3, 'one'", "when(order <= 2, 'one'"))


# Visits


def test_visits_show_median_quartiles_and_n_of_each_group(usual):
    numbers = figures.draw(usual, "visits").numbers
    row = numbers[(numbers["panel"] == "CRP, mg/L") & (numbers["visit"] == "Day 7") & (numbers["group"] == "R/R")].iloc[
        0
    ]
    assert [row[name] for name in ("n", "median", "q1", "q3")] == [
        usual.value("crp_7", name, "rr") for name in ("n", "median", "q1", "q3")]  # fmt: skip
    assert numbers.loc[numbers["visit"] == "End", "n"].eq(0).all()
    assert "End nobody measured" in figures.draw(usual, "visits").alt


def test_visits_that_cannot_be_divided_are_refused(usual):
    with pytest.raises(InputError, match="8 analyses cannot be divided among 3 titles"):
        figures.draw(with_options(usual, "visits", titles=["a", "b", "c"]), "visits")
    with pytest.raises(InputError, match="1 names for 4 visits"):
        figures.draw(with_options(usual, "visits", visits=["a"]), "visits")


# Adverse events


def test_dots_and_their_differences_are_the_numbers_of_the_results(usual):
    drawing = figures.draw(usual, "dots")
    numbers = drawing.numbers.set_index(["term", "group"])
    seizure = numbers.loc[("Seizure", "MRD+")]
    assert seizure["percent"] == pytest.approx(100 * usual.value("harm", "percent", "mrd", "term=Seizure"))
    assert (seizure["n"], seizure["N"]) == (
        usual.value("harm", "n", "mrd", "term=Seizure"),
        usual.value("harm", "N", "mrd"),
    )
    low = numbers.loc[("Seizure", "difference"), "ci_low"]
    assert low == pytest.approx(100 * usual.value("harm", "ci_low", level="term=Seizure"))
    terms = [term for term in drawing.numbers["term"].unique() if term != "Any event"]
    counts = [usual.value("harm", "n", "", f"term={term}") for term in terms]
    assert counts == sorted(counts, reverse=True)


def test_terms_below_the_threshold_are_counted_below_the_figure(usual):
    some = figures.draw(with_options(usual, "dots", at_least=85), "dots")
    assert set(some.numbers["term"]) == {"Any event", "Seizure"}
    assert "3 terms in fewer than 85% of every group not shown" in some.alt
    all_of = figures.draw(with_options(usual, "dots", at_least=1), "dots")
    assert "No term is in fewer than 1% of every group" in all_of.alt


def test_the_bars_of_a_butterfly_are_as_long_as_the_share_of_participants(usual):
    drawing = figures.draw(usual, "butterfly")
    left = drawing.figure.axes[0]
    total = sum(bar.get_width() for bar in left.patches if abs(bar.get_y() + 1.6 - 2.4) < 0.1)  # any event
    assert total == pytest.approx(100 * usual.value("harm", "percent", "rr", "any_event"))
    own = drawing.numbers[(drawing.numbers["group"] == "R/R") & (drawing.numbers["term"] == "Pyrexia")]
    assert own.set_index("grade").loc["grade_5", "n"] == usual.value("harm", "grade_5", "rr", "term=Pyrexia")
    assert own["n"].sum() == usual.value("harm", "n", "rr", "term=Pyrexia")


def test_a_butterfly_of_more_than_two_groups_is_refused(usual):
    with pytest.raises(InputError, match="'harm_by_dose' has 4 groups") as refused:
        figures.draw(with_options(usual, "butterfly", analysis="harm_by_dose"), "butterfly")
    assert "event_dots" in str(refused.value)


# Combinations


def test_combinations_hold_everyone_with_all_known_exactly_once(usual):
    frame = usual.subjects
    sets = pd.DataFrame({
        "Remission": frame["remission"].astype("boolean"), "R/R": frame["arm"] == "rr",
        "Severe CRS": (frame["lee"] >= 3).astype("boolean"), "Allo-HCT": frame["hct_on"].notna()})  # fmt: skip
    known = sets.dropna().astype(bool)
    assert (
        usual.value("together", "N") == len(known) and usual.value("together", "missing") == len(frame) - len(known) > 0
    )
    counts = known.value_counts()
    drawing = figures.draw(with_options(usual, "upset", most=0), "upset")
    assert drawing.numbers["n"].sum() == len(known) and drawing.numbers["n"].is_monotonic_decreasing
    for row in drawing.numbers.to_dict("records"):
        n = row.pop("n")
        assert counts[tuple(row.values())] == n
    few = figures.draw(usual, "upset")
    assert len(few.numbers) == 7 and f"{len(counts) - 7} rarer combination" in few.alt
    assert usual.value("together", "n", level="set=Allo-HCT") == known["Allo-HCT"].sum()


# Marks of simulated numbers


def with_origins(results, *rows: tuple[str, str], **origins: str):
    """The results with other origins: of all rows of an analysis, or of those of (analysis, statistic)."""
    ard = results.ard.copy()
    for name, origin in origins.items():
        ard.loc[ard["analysis"] == name, "origin"] = origin
    for name, statistic in rows:
        ard.loc[(ard["analysis"] == name) & (ard["statistic"] == statistic), "origin"] = "published"
    return replace(results, ard=ard)


def test_a_figure_of_published_and_simulated_numbers_marks_the_simulated_ones(usual):
    results = with_origins(usual, cr="published", cr_rr="implied")
    drawing = figures.draw(results, "rates")
    shown = written(drawing.figure)
    for group in ("a", "b"):
        n, total = (results.value("cr_by_dose", name, group, what="display") for name in ("n", "N"))
        assert f"{n}/{total}†" in shown
    n, total = (results.value("cr", name, what="display") for name in ("n", "N"))
    assert f"{n}/{total}" in shown and f"{n}/{total}†" not in shown
    assert any(text.endswith("† Simulated number".replace(" ", "\u00a0", 1)) for text in shown)
    assert f"CR or CRi (Infused) {n}/{total}," in drawing.alt or f"CR or CRi {n}/{total}," in drawing.alt
    assert " † Simulated." in drawing.alt and "\ue000" not in drawing.alt + "".join(shown)
    assert not drawing.numbers.map(lambda cell: "\ue000" in str(cell) or "†" in str(cell)).any(axis=None)


@pytest.mark.parametrize("name", ["km", "states", "strip", "incidence", "difference", "swimmer"])
def test_a_figure_of_simulated_numbers_alone_says_so_once(usual, name):
    drawing = figures.draw(usual, name)
    shown = written(drawing.figure)
    assert "Reconstruction: simulated patients, all numbers are simulated" in shown
    assert "†" not in "".join(shown) and "All numbers are simulated." in drawing.alt


def test_real_patients_have_no_marks(tmp_path):
    results = small(tmp_path, notice=False)
    for name in ("km", "rates", "flow", "trials"):
        drawing = figures.draw(results, name)
        assert "†" not in "".join(written(drawing.figure)) + drawing.alt and "simulated" not in drawing.alt


def test_numbers_at_risk_of_a_mixed_figure_are_marked_at_their_head(usual):
    drawing = figures.draw(with_origins(usual, ("os", "n")), "km")
    assert "At risk (events)†" in written(drawing.figure)
    head = next(text for text in written(drawing.figure) if text.startswith("R/R: "))
    assert head.endswith("†")


# Boxes and violins, correlations, calibration


def test_boxes_hold_every_value_and_the_test_of_each_visit(usual):
    drawing = figures.draw(usual, "boxes")
    labs = usual.tables["labs"]
    assert len(drawing.numbers) == len(labs[labs["analyte"].isin(["CRP", "IL6"])].merge(usual.subjects[["who", "infused_on"]]).query("date - infused_on in @DAYS"))  # fmt: skip
    texts = [text for text in written(drawing.figure) if "shift" in text]
    assert not any(
        line.count("(") != line.count(")") for text in texts for line in text.split("\n")
    )  # no interval in two lines
    shown = " ".join(texts).replace("\u00a0", " ")
    assert shown.count("shift") == 6 and shown.count("P = 0.16") == 6 and shown.count("95% CI") == 6
    row = drawing.numbers.query("panel == 'CRP, mg/L' and visit == 'Day 7' and group == 'R/R'")
    assert row["value"].median() == pytest.approx(usual.value("crp_7", "median", "rr"))
    assert "End: R/R nobody measured (n = 0)" in figures.draw(usual, "violins").alt


DAYS = [pd.Timedelta(days=day) for day in (0, 7, 14)]


def test_boxes_without_a_test_or_a_name_for_each_visit_are_refused(usual):
    with pytest.raises(InputError, match="5 for 6 analyses"):
        tests = usual.plan.figures["boxes"]["tests"][:5]
        figures.draw(with_options(usual, "boxes", tests=tests), "boxes")
    with pytest.raises(InputError, match="1 for 3 analyses"):
        figures.draw(with_options(usual, "boxes", visits=["a"]), "boxes")


def test_a_correlation_matrix_has_every_pair_once(usual):
    drawing = figures.draw(usual, "ranks")
    numbers = drawing.numbers.set_index(["x", "y"])
    assert len(numbers) == 10
    frame = usual.subjects[["age", "dose"]].astype(float)
    assert numbers.loc[("Age", "Dose"), "estimate"] == pytest.approx(frame.corr("spearman").loc["age", "dose"])
    assert numbers.loc[("Age", "Grade of CRS (Lee)"), "n"] == usual.subjects["lee"].notna().sum() < len(frame)
    assert {"1 Age", "2 Dose", "−0.17", "−0.43 to 0.11"} <= set(written(drawing.figure))


def test_a_calibration_plot_has_each_group_with_its_interval(usual):
    drawing = figures.draw(usual, "agreement")
    numbers, frame = drawing.numbers, usual.subjects[usual.subjects["crs"].notna()]
    assert numbers["N"].sum() == len(frame) and numbers["n"].sum() == (frame["crs"] >= 2).sum()
    expected = (frame["age"].astype(float) / 100).sum()
    ratio = usual.value("agrees", "estimate", level="observed_to_expected")
    assert ratio == pytest.approx((frame["crs"] >= 2).sum() / expected)
    assert numbers["predicted"].is_monotonic_increasing
    assert "observed to expected 1.60 (95% CI 1.16–2.03)" in drawing.alt
    assert "agrees nobody not shown: nobody with both outcome and prediction" in drawing.alt
