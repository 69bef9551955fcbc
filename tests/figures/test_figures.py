"""Every kind of figure on a synthetic study: legible, true to its numbers, the same on every run."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from figures.small import NAMES as NAMES_OF_ARMS
from figures.small import PLAN, small
from matplotlib.text import Text
from trialpress import figures
from trialpress.checks.plan import load_plan
from trialpress.errors import InputError
from trialpress.figures import palette, style, thinning
from trialpress.figures.kinds import KINDS, width_of
from trialpress.ids import Name
from trialpress.study import load_study

DOCS = Path(__file__).parents[2] / "docs"
NAMES = list(yaml.safe_load(PLAN)["figures"])


def texts(figure):
    """(text, box in pixels) of everything written in a drawn figure."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.text import Text

    figure.set_dpi(150)
    canvas = FigureCanvasAgg(figure)
    with style.look():
        canvas.draw()
    renderer = canvas.get_renderer()
    hidden = {
        label
        for axes in figure.axes
        for axis in (axes.xaxis, axes.yaxis)
        for tick in [*axis.get_major_ticks(), *axis.get_minor_ticks()]
        for label in (tick.label1, tick.label2)
        if not label.get_visible() or not tick.get_visible() or not _within(axes, axis, tick)
    }
    found = [
        text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip() and text not in hidden
    ]
    return [(text.get_text(), text.get_window_extent(renderer)) for text in found]


def _within(axes, axis, tick) -> bool:
    low, high = sorted(axes.get_xlim() if axis is axes.xaxis else axes.get_ylim())
    return low - 1e-9 <= tick.get_loc() <= high + 1e-9


def with_options(results, name: str, **options):
    """The results with one figure, drawn with other options."""
    spec = {**results.plan.figures[name], **options}
    return replace(results, plan=replace(results.plan, figures={name: spec}))


def faults(figure, room: float = 1.0) -> list[str]:
    """Texts that leave the figure, and pairs of texts that lie over each other by more than `room` pixels."""
    written = texts(figure)
    width, height = figure.bbox.width, figure.bbox.height
    found = [
        f"outside: {text!r}"
        for text, box in written
        if box.x0 < -room or box.y0 < -room or box.x1 > width + room or box.y1 > height + room
    ]
    for i, (text, a) in enumerate(written):
        for other, b in written[i + 1 :]:
            # glyph boxes hold the line's full height: only what overlaps by more than a quarter of a line can be seen
            across = min(a.x1, b.x1) - max(a.x0, b.x0)
            down = min(a.y1, b.y1) - max(a.y0, b.y0)
            if across > room and down > 0.25 * min(a.height, b.height):
                found.append(f"overlap: {text!r} and {other!r}")
    return found


@pytest.mark.parametrize("name", NAMES)
def test_nothing_overlaps_or_is_clipped(usual, name):
    assert faults(figures.draw(usual, name).figure) == []


@pytest.mark.parametrize("study", ["nobody", "one", "twelve", "no events", "long names"])
def test_awkward_studies_are_drawn_without_faults(awkward, study):
    results = awkward[study]
    found = {name: faults(figures.draw(results, name).figure) for name in NAMES}
    assert {name: fault for name, fault in found.items() if fault} == {}


@pytest.mark.parametrize("study", ["usual", "long names"])
@pytest.mark.parametrize("name", [name for name in NAMES if not name.startswith("nobody")])
def test_a_single_column_is_wide_enough(usual, awkward, study, name):
    results = usual if study == "usual" else awkward[study]
    figure = figures.draw(with_options(results, name, width="single"), name).figure
    assert faults(figure) == []
    assert all(axes.get_position().width * 85 >= 20 for axes in figure.axes)


@pytest.mark.parametrize(
    "name", ["flow", "rates", "grades", "km", "swimmer", "strip", "states", "dose_curve", "heatmap"]
)
def test_five_thousand_participants(large, name):
    drawing = figures.draw(large, name)
    assert faults(drawing.figure) == []
    assert "5,000" in drawing.alt or name in ("rates", "grades", "strip", "km", "states")


def test_the_fault_finder_finds_faults(usual):
    with style.look():
        page = style.Page(usual, "single", 20.0)
        page.text(80.0, 2.0, "leaves the figure")
        page.text(10.0, 10.0, "one text")
        page.text(12.0, 10.3, "over another")
    found = faults(page.figure)
    assert any("outside" in fault for fault in found) and any("overlap" in fault for fault in found)


@pytest.mark.parametrize(
    "name, k, drawn",
    [("kinetics_by", "17th", 295), ("courses", "17th", 297), ("waterfall", "17th", 295), ("spider", "17th", 297),
     ("order", "3rd", 1668), ("scatter", "3rd", 1668), ("heatmap", "5th", 1000), ("swimmer", "67th", 76)],
)  # fmt: skip
def test_of_many_every_k_th_is_drawn_and_the_figure_says_so(large, usual, name, k, drawn):
    drawing = figures.draw(large, name)
    said = f"very {k} of 5,000 participants is shown"
    assert drawing.numbers["who"].nunique() == drawn and said in drawing.alt
    with style.look():  # in which the ticks are made
        assert any(said in text.get_text() for text in drawing.figure.findobj(Text))
    assert faults(drawing.figure) == []
    assert "is shown" not in figures.draw(usual, name).alt, "of few everyone is"


def test_of_a_large_group_some_are_points_among_them_the_lowest_and_the_highest(large):
    drawing, ages = figures.draw(large, "strip"), large.subjects["age"].astype(float)
    shown = drawing.numbers.query("variable == 'Age'")
    assert shown.groupby("group").size().max() == 500
    assert (shown["value"].min(), shown["value"].max()) == (ages.min(), ages.max())
    assert drawing.notes[-1] == "Of each group at most 500 participants are shown, evenly by their values"
    assert "1 to 5 n = 2545" in drawing.alt, "everyone is counted"


def test_who_is_drawn_does_not_depend_on_a_pattern_in_the_order():
    turns = pd.Series([True, False] * 5)
    assert thinning.of_each(turns.index, [turns, ~turns], 4).tolist() == [0, 1, 8, 9]
    values = pd.Series([1.0, 9.0, 3.0, 3.0, 2.0], index=[*"abcda"])
    assert thinning.from_the_highest(values, [[*"abd"], ["c"]], 2).tolist() == ["b", "a", "c"]


def test_a_swimmer_plot_of_many_is_thinned_and_says_so(large):
    drawing = figures.draw(large, "swimmer")
    assert len(drawing.numbers) < 100
    assert "every 67th of 5,000 participants is shown" in drawing.alt


def test_a_lasagna_and_visits_of_many_say_how_many_they_show(large):
    lasagna = figures.draw(large, "lasagna")
    assert lasagna.notes == ("Every 67th of 5,000 participants is shown",) and lasagna.numbers["who"].nunique() <= 76
    visits = figures.draw(large, "visits")
    assert visits.numbers.query("visit == 'Day 7' and panel == 'CRP, mg/L'")["n"].sum() == 5000
    assert faults(lasagna.figure) == faults(visits.figure) == []


def test_every_figure_has_final_size_and_the_notice(usual, tmp_path):
    real = small(tmp_path, notice=False)
    for name in NAMES:
        width = width_of(usual.plan.figures[name])
        figure = figures.draw(usual, name).figure
        assert figure.get_size_inches()[0] * 25.4 == pytest.approx(style.WIDTHS[width])
        assert {style.NOTICE, style.ALL, style.SOME} & {text for text, _ in texts(figure)}
        assert not [text for text, _ in texts(figures.draw(real, name).figure) if style.NOTICE in text]


def test_only_the_embedded_font_in_sizes_of_6_to_9_points(usual):
    from matplotlib.text import Text

    for name in NAMES:
        for text in figures.draw(usual, name).figure.findobj(Text):
            if text.get_text().strip():
                assert text.get_fontname() == style.FAMILY
                assert 6 <= text.get_fontsize() <= 9, text.get_text()


def test_files_are_the_same_on_every_run_and_hold_no_date(usual, tmp_path):
    chosen = {name: usual.plan.figures[name] for name in ("km", "grades", "kinetics", "nobody_km")}
    results = replace(usual, plan=replace(usual.plan, figures=chosen))
    for folder in ("first", "second"):
        figures.draw_all(results, tmp_path / folder)
    files = sorted(path.name for path in (tmp_path / "first").iterdir())
    assert files == sorted([f"{name}.{end}" for name in chosen for end in ("csv", "png", "svg")] + ["alt.json"])
    for name in files:
        assert (tmp_path / "first" / name).read_bytes() == (tmp_path / "second" / name).read_bytes(), name
    svg = (tmp_path / "first" / "km.svg").read_text(encoding="utf-8")
    assert "<text" not in svg and "dc:date" not in svg
    assert set(json.loads((tmp_path / "first" / "alt.json").read_text(encoding="utf-8"))) == set(chosen)


def test_every_figure_says_in_words_what_it_shows(usual):
    alts = {name: figures.draw(usual, name).alt for name in NAMES}
    assert all(len(alt) > 20 for alt in alts.values())
    assert "51 participants" in alts["flow"] and "median" in alts["km"]
    assert alts["nobody_km"] == "No figure: No participants with follow-up."


def test_csv_of_empty_figures_says_why(usual):
    assert list(figures.draw(usual, "nobody_kinetics").numbers["note"]) == ["No measurements of CAR-T transgene"]


def test_the_plan_check_imports_no_plotting_library():
    code = (
        "import sys; import trialpress.figures.kinds, trialpress.tables.kinds;"
        "print([m for m in ('matplotlib', 'seaborn', 'scipy') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd="workflow")
    assert run.stdout.strip() == "[]"


def test_every_option_of_every_kind_is_described():
    for name in KINDS.functions:
        for option in KINDS.parameters(name):
            assert KINDS.describe_parameter(name, option), (name, option)


def test_the_gallery_shows_every_kind_in_a_small_picture():
    page = (DOCS / "figures.md").read_text(encoding="utf-8")
    pictures = re.findall(r"^!\[.+\]\(images/(.+)\.png\)$", page, re.MULTILINE)
    assert {name.partition("-")[0] for name in pictures} == set(KINDS.functions)
    for kind in KINDS.functions:
        assert f"## `{kind}`" in page
    held = {path.stem: path.stat().st_size for path in (DOCS / "images").iterdir()}
    assert set(held) == {*pictures, "page"} and max(held[name] for name in pictures) < 60_000
    assert sum(held.values()) < 1_200_000


def test_the_invented_trial_has_what_the_default_study_has_not(tmp_path):
    plans = [DOCS.parent / "config" / "low-dose-cd19" / "plan.yaml", DOCS / "gallery" / "plan.yaml"]
    usual, invented = (
        {figure["kind"] for figure in yaml.safe_load(path.read_text(encoding="utf-8"))["figures"].values()}
        for path in plans
    )
    assert usual | invented == set(KINDS.functions)
    load_plan(plans[1], load_study(DOCS / "gallery" / "study.yaml"))
    command = [sys.executable, DOCS / "gallery" / "make_records.py"]
    made = []
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        subprocess.run(command, cwd=tmp_path / name, check=True)
        made.append({path.name: path.read_bytes() for path in (tmp_path / name).iterdir()})
    assert made[0] == made[1] and set(made[0]) == {"patients.csv", "visits.csv"}


def test_wrapped_lines_fit_and_keep_every_letter():
    text = "Dosierungsgruppenzuordnungsunsicherheit of the fifth\u00a0cell and more"
    lines = style.wrap(text, 20.0).split("\n")
    assert max(map(style.text_width, lines)) <= 20.0
    assert "".join(lines).replace(" ", "").replace("-", "") == text.replace(" ", "")


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("relapsed/refractory disease", 16.0, ["relapsed/", "refractory", "disease"]),
        ("Immunodeficiency-associated", 22.0, ["Immunodeficiency-", "associated"]),
        ("MRD-positive", 10.0, ["MRD-", "positive"]),
        ("haemophagocytic", 30.0, ["haemophagocytic"]),
        ("haemophagocytic", 12.0, ["haemopha-", "gocytic"]),
    ],
)
def test_words_break_where_they_may_and_a_cut_is_seen(text, width, lines):
    assert style.wrap(text, width).split("\n") == lines


@pytest.mark.parametrize(("value", "text"), [(0.1, "0.1"), (1, "1"), (1000, "1,000"), (1e5, "10⁵"), (20, "")])
def test_log_ticks(value, text):
    assert style.power(value) == text


def test_colours_follow_the_order_of_levels_and_the_number_of_a_grade():
    a, b, two, three, cr, nr = (Name(text.lower(), text) for text in ("a", "b", "2", "3", "CR", "NR"))
    colours = {level: look.colour for levels in ([a, b], [cr, nr]) for level, look in palette.looks(levels).items()}
    grades = {level: look.colour for level, look in palette.grade_looks([two, three]).items()}
    assert [colours[a], colours[b]] == list(palette.GROUPS[:2])
    assert grades == {two: palette.GRADES[2], three: palette.GRADES[3]}
    assert [colours[cr], colours[nr]] == [palette.RESPONSES["CR"], palette.RESPONSES["NR"]]


def contrast(first: str, second: str) -> float:
    """WCAG 2 contrast ratio of two colours."""

    def luminance(colour: str) -> float:
        parts = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
        return float(
            np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722]
        )

    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_text_and_curves_stand_out_from_paper_and_grades_darken():
    assert contrast(palette.INK, "#FFFFFF") > 7 and contrast(palette.GREY, "#FFFFFF") > 4.5
    steps = [contrast(colour, "#FFFFFF") for colour in palette.GRADES]
    assert steps == sorted(steps)
    assert pd.Series(palette.GROUPS).is_unique


def test_characters_that_the_font_lacks_come_from_another_and_are_measured():
    assert style.unprintable("CD3⁺CD19⁻ 10⁻⁶ ≥ τ") == "" and style.unprintable("R/R 日本") == "日本"
    assert style.text_width("CD19⁻⁺") > style.text_width("CD19⁻") > style.text_width("CD19") + 0.5
    with style.look():
        from matplotlib import font_manager

        for family in (style.FAMILY, style.FALLBACK):
            assert Path(font_manager.findfont(family)) in style._faces().values()


def test_superscripts_are_drawn_and_no_glyph_is_missing(tmp_path, recwarn):
    results = small(tmp_path, names={**NAMES_OF_ARMS, "RR_NAME": "CD19⁺ R/R", "MRD_NAME": "MRD⁻"})
    results = replace(results, plan=replace(results.plan, figures={"km": results.plan.figures["km"]}))
    figures.draw_all(results, tmp_path)
    assert "CD19⁺" in json.loads((tmp_path / "alt.json").read_text(encoding="utf-8"))["km"]
    assert not [str(warning.message) for warning in recwarn if "missing" in str(warning.message)]


def test_a_label_that_no_font_can_print_is_refused_by_name(tmp_path):
    results = small(tmp_path, names={**NAMES_OF_ARMS, "RR_NAME": "难治复发"})
    with (
        pytest.warns(UserWarning, match="missing from font"),
        pytest.raises(InputError, match="no font has '.*' of the label '难治复发"),
    ):
        figures.draw(results, "km")


def test_numbers_far_from_one_are_printed_with_powers_of_ten():
    assert [style.scientific(x) for x in (1e5, 2.06e7, 5e3, 0.00012)] == ["10⁵", "2.06 × 10⁷", "5 × 10³", "1.2 × 10⁻⁴"]
