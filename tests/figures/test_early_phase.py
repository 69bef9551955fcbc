"""Figures that early-phase papers have: true to their numbers, and saying whom they leave out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
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
