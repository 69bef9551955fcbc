"""Every kind of table on a synthetic study: the numbers of the results, and Markdown that Pandoc reads as meant."""

from __future__ import annotations

import json
import re
import zipfile
from dataclasses import replace

import numpy as np
import pandas as pd
import pypandoc
import pytest
from figures.small import LONG, PLAN, small
from trialpress import tables
from trialpress.ids import Name
from trialpress.report.embedded import ASSETS
from trialpress.tables.kinds import KINDS
from trialpress.tables.table import Cell, Head, Row, Table, escape

ANALYSES = """
  base: {method: baseline, population: infused, by: stratum, variables: [sex, age, crs_grade, lee]}
  base_nobody: {method: baseline, population: nobody, by: stratum, variables: [sex, age]}
  by_sex: {method: fisher, population: infused, event: remission, unknown: left_out, by: sex, label: Remission by sex}
  dose_crs: {method: spearman, population: infused, x: dose, y: crs, label: Dose and CRS}
  age_by_sex: {method: mann_whitney, population: infused, variable: age, by: sex, label: Age by sex}
"""
TABLES = """
tables:
  baseline: {kind: baseline, analysis: base, caption: Baseline}
  baseline_nobody: {kind: baseline, analysis: base_nobody, caption: Nobody}
  proportions: {kind: proportions, analyses: [cr, cr_rr, cr_nobody, cr_by_dose], caption: "Response, `n/N`"}
  comparisons: {kind: comparisons, analyses: [by_sex, dose_crs, age_by_sex, os_test], caption: Comparisons}
  crosstab: {kind: crosstab, population: infused, rows: crs_grade, columns: [lee, response], caption: Scales}
  safety: {kind: toxicity, caption: Safety, analysis: harm_by_dose}
  times: {kind: time_to_event, analyses: [os, efs, os_nobody], caption: Times}
  models: {kind: coefficients, analyses: [model], caption: Models}
  listing: {kind: listing, population: mrd, columns: [sex, age, died_on, response], sort: age, caption: Listing}
  dlt: {kind: dose_escalation, caption: DLT, analysis: dlt}
  dlt_crm: {kind: dose_escalation, caption: DLT, analysis: dlt_crm}
  dlt_mtpi: {kind: dose_escalation, caption: DLT, analysis: dlt_mtpi}
  designs: {kind: escalation_characteristics, caption: Designs, analyses: [courses, courses_boin]}
  dlt_boin: {kind: dose_escalation, caption: DLT, analysis: dlt_boin}
  dlt_nobody: {kind: dose_escalation, caption: DLT, analysis: dlt_nobody}
  toxicity: {kind: toxicity, caption: Harm, analysis: harm, columns: [any, severe, related, grades, events], difference: true}
  toxicity_by_dose: {kind: toxicity, caption: Harm, analysis: harm_by_dose, at_least: 90, overall: false}
  toxicity_nobody: {kind: toxicity, caption: Harm, analysis: harm_nobody}
  visits: {kind: visits, caption: By visit, analyses: [{for: {lab: [crp, il6], day: [0, 7, 14, 99]}, each: "{lab}_{day}"}], changes: [{for: {lab: [crp, il6], day: [7, 14, 99]}, each: "{lab}_change_{day}"}], titles: ["CRP, mg/L", "IL-6, pg/mL"], visits: [Baseline, Day 7, Day 14, End]}

"""


def study(folder, change: tuple[str, str] = ("", ""), **options):
    head, _, figures = PLAN.replace(*change).partition("figures:\n") if change[0] else PLAN.partition("figures:\n")
    plan = head + ANALYSES.strip("\n") + "\nfigures:\n" + figures.replace("tables: {}", "") + TABLES
    return small(folder, plan=plan, **{"notice": False, **options})


@pytest.fixture(scope="module")
def usual(tmp_path_factory):
    return study(tmp_path_factory.mktemp("usual"))


def cells(table: Table, name: str) -> list[str]:
    return list(next(row.cells for row in table.rows if row.cells[0] == name))


def test_every_table_is_read_by_pandoc_as_one_numbered_table(usual, tmp_path):
    tables.write_all(usual, tmp_path)
    for name in usual.plan.tables:
        table = tables.tabulate(usual, name)
        text = (tmp_path / f"{name}.md").read_text(encoding="utf-8")
        blocks = json.loads(pypandoc.convert_text(text, "json", format="markdown"))["blocks"]
        kinds = [block["t"] for block in blocks]
        assert kinds == (["Table", "Div"] if table.footnotes else ["Table"]), name
        plain = pypandoc.convert_text(text, "html", format="markdown")
        assert plain.count("<tr") == len(table.rows) + 1
        assert len(re.findall("<th[ >]", plain)) == len(table.header)
        assert f"{{#tbl-{name}}}" in text
        frame = pd.read_csv(tmp_path / f"{name}.csv", dtype=str, keep_default_na=False)
        assert frame.columns.is_unique and len(frame) == sum(not row.section for row in table.rows)


def test_files_are_the_same_on_every_run(usual, tmp_path):
    for folder in ("first", "second"):
        tables.write_all(usual, tmp_path / folder)
    for path in (tmp_path / "first").iterdir():
        assert path.read_bytes() == (tmp_path / "second" / path.name).read_bytes()


@pytest.mark.parametrize("options", [{"n": 12}, {"events": False}, {"names": LONG}, {"n": 5000}], ids=str)
def test_awkward_studies_give_tables(tmp_path, options):
    results = study(tmp_path, **options)
    for name in results.plan.tables:
        table = tables.tabulate(results, name)
        assert all(len(row.cells) == len(table.header) == len(table.align) for row in table.rows), name
        assert not any(cell == "nan" for row in table.rows for cell in row.cells), name


def test_special_characters_survive_pandoc():
    table = Table(["a|b", "50%"], ["left", "right"], [Row(("x*y*_z_ <b> $1$ [q]^2^~3~ #1 @k `c` \\n", "−1"), 1)])
    html = pypandoc.convert_text(table.markdown("t", "C"), "html", format="markdown")
    text = re.sub("<[^>]+>", "", html).replace("&lt;", "<").replace("&gt;", ">").replace("\n", " ")
    assert "a|b" in text and "x*y*_z_ <b> $1$ [q]^2^~3~ #1 @k `c` \\n" in text.replace("\u00a0", "")
    assert escape("plain text, 1.0 (2–3)%") == "plain text, 1.0 (2–3)%"


SPANNING = Table(
    ["Term", Head(Cell("A (n = ", ("42", "harm.a"), ")"), "Any"), Head("A (n = 42)", "Severe"), Head("B", "Any"), "P"],
    ["left", "right", "right", "right", "right"],
    [Row(("Fever", "1 (2.4)", "0", "3", "0.04"))],
)
# format -> its head of two rows: a name over its columns, the others beside both
SPANNED = {
    "html": ['rowspan="2" scope="col"[^>]*>Term<', 'colspan="2"[^>]*scope="colgroup">A .*42', 'scope="col"[^>]*>B<',
             'rowspan="2"[^>]*scope="col">P<', '</tr>.<tr>.<th[^>]*scope="col">Any<.*>Severe<.*>Any<'],
    "jats": ['rowspan="2">Term<', 'colspan="2">A ', '<th align="center">B<', 'rowspan="2">P<', "</tr>.*>Any<.*>Severe<.*>Any<"],
    "docx": ['<w:gridSpan w:val="2" ?/>.*A .*<w:vMerge w:val="restart" ?/>.*P<.*<w:vMerge w:val="continue" ?/>.*Severe'],
    "typst": [r"rowspan: 2\)\[Term\], table.cell\(align: center, colspan: 2\)\[A .*\[B#spanner-rule\], .*rowspan: 2\)\[P\],.*Any\], .*Severe\], .*Any\]"],
}  # fmt: skip


@pytest.mark.parametrize("fmt", SPANNED)
def test_a_name_that_columns_share_stands_once_over_them(tmp_path, fmt):
    out = tmp_path / f"t.{fmt}"
    extra = ["--columns=100000", f"--lua-filter={ASSETS / 'quarto.lua'}"]
    pypandoc.convert_text(SPANNING.markdown("t", "C"), fmt, format="markdown", outputfile=str(out), extra_args=extra)
    written = zipfile.ZipFile(out).read("word/document.xml") if fmt == "docx" else out.read_bytes()
    for pattern in SPANNED[fmt]:
        assert re.search(pattern, written.decode(), re.S), pattern


def test_in_a_csv_each_column_has_the_whole_name():
    assert list(SPANNING.frame()) == ["Term", "A (n = 42): Any", "A (n = 42): Severe", "B: Any", "P"]


def test_baseline_prints_the_displays_and_counts_missing(usual):
    table = tables.tabulate(usual, "baseline")
    median, q1, q3 = (usual.value("base", name, "rr", "age", "display") for name in ("median", "q1", "q3"))
    assert cells(table, "Age, years, median (IQR)")[1] == f"{median} ({q1}–{q3})"
    rr = (usual.subjects["arm"] == "rr").sum()
    assert table.header[1] == f"R/R (n\u00a0=\u00a0{rr})"
    missing = [row.cells for row in table.rows if row.cells[0] == "Missing"][-1]
    assert int(missing[3]) == usual.subjects["lee"].isna().sum()
    assert all(
        row.cells[1] in ("", "–") or row.cells[0] == "Missing" for row in tables.tabulate(usual, "baseline_nobody").rows
    )


def test_the_notes_of_a_baseline_table_explain_what_it_has_and_which_way_a_difference_goes(usual):
    notes = " ".join(tables.tabulate(usual, "baseline").footnotes)
    assert "IQR: interquartile range" in notes and "The groups were not tested." in notes
    assert "SMD: standardised mean difference, R/R less MRD+; of two levels that of the second" in notes
    own = usual.plan.analyses["base"]
    analyses = {**usual.plan.analyses, "base": {**own, "variables": [one for one in own["variables"] if one == "sex"]}}
    few = replace(usual, plan=replace(usual.plan, analyses=analyses))
    assert "IQR" not in " ".join(tables.tabulate(few, "baseline").footnotes), "nothing is described by one"


def test_proportions_name_their_denominator(usual):
    table = tables.tabulate(usual, "proportions")
    row = cells(table, "CR or CRi in RR")
    n, total = int(usual.value("cr_rr", "n")), int(usual.value("cr_rr", "N"))
    assert row[1:3] == ["Relapsed or refractory", f"{n}/{total}"]
    assert cells(table, "CR or CRi in nobody")[2] == cells(table, "Unknown dose")[2] == "no participants"
    assert any("unknown outcome" in note for note in table.footnotes)


def test_comparisons_name_effect_and_test(usual):
    table = tables.tabulate(usual, "comparisons")
    assert cells(table, "Remission by sex")[2].startswith("OR ")
    assert cells(table, "Dose and CRS")[2].startswith("ρ ")
    assert cells(table, "Age by sex")[2].startswith("shift ")
    assert cells(table, "Remission by sex")[3] == usual.value("by_sex", "p_value", what="display")
    assert any(note.startswith("Log-rank") for note in table.footnotes)


def test_crosstab_counts_everyone_in_each_block(usual):
    table = tables.tabulate(usual, "crosstab")
    totals = [row.cells for row in table.rows if row.cells[0] == "All"]
    assert len(totals) == 2
    for row in totals:
        assert sum(int(cell) for cell in row[1:-1] if cell != "–") == int(row[-1]) == len(usual.subjects)


def test_adverse_events_count_participants_at_their_worst_grade(usual):
    table = tables.tabulate(usual, "safety")
    events = usual.tables["events"]
    worst = events[events["term"] == "Pyrexia"].groupby("who")["grade"].max()
    any_grade, severe = cells(table, "Pyrexia")[-2:]
    assert any_grade.split(" ")[0] == str(len(worst)) and severe.split(" ")[0] == str((worst >= 3).sum())
    assert cells(table, "Any event")[-2].split(" ")[0] == str(events["who"].nunique())
    order = [int(row.cells[-2].split(" ")[0]) for row in table.rows[1:]]
    assert order == sorted(order, reverse=True)
    assert cells(tables.tabulate(usual, "toxicity_nobody"), "Any event")[1] == "–"


def test_terms_of_few_are_left_out_and_it_is_said(usual):
    whole = tables.tabulate(usual, "safety")
    shares = [
        float(re.search(r"\((.*)\)", cell)[1]) for row in whole.rows[1:] for cell in row.cells[1::2] if "(" in cell
    ]
    shares = np.array(shares).reshape(len(whole.rows) - 1, -1).max(axis=1)  # the highest of a group, by term

    def bounded(least: float):
        spec = {**usual.plan.tables["safety"], "at_least": least}
        return tables.tabulate(replace(usual, plan=replace(usual.plan, tables={"safety": spec})), "safety")

    least = float(np.sort(shares)[1])
    few = int((shares < least).sum())
    some = bounded(least)
    assert few and len(some.rows) == len(whole.rows) - few
    assert f"{few} term{'s' if few > 1 else ''} in fewer than {least:g}% of every group not shown." in some.footnotes
    assert "No term is in fewer than 1% of every group." in bounded(1).footnotes
    assert not any("fewer than" in note for note in whole.footnotes)


def test_times_hold_median_and_fixed_times(usual):
    table = tables.tabulate(usual, "times")
    row = cells(table, "R/R")
    assert row[1] == f"{int(usual.value('os', 'events', 'rr'))}/{int(usual.value('os', 'n', 'rr'))}"
    assert row[3].split(" ")[0] + "%" == usual.value("os", "estimate", "rr", "6_months", "display")
    assert sum(row.cells[1] == "no participants" for row in table.rows) == 2


def test_coefficients_in_the_order_of_the_model(usual):
    table = tables.tabulate(usual, "models")
    assert table.rows[0].section and "27 events" in table.rows[0].cells[0]
    assert [row.cells[0] for row in table.rows[1:]] == ["Stratum: MRD+", "Age, years"]


def test_listing_is_sorted_and_says_what_is_missing(usual):
    table = tables.tabulate(usual, "listing")
    assert len(table.rows) == (usual.subjects["arm"] == "mrd").sum()
    ages = [float(row.cells[2]) for row in table.rows]
    assert ages == sorted(ages)
    assert {len(row.cells[3]) for row in table.rows} <= {1, 10}


def test_every_option_of_every_kind_is_described():
    for name in KINDS.functions:
        for option in KINDS.parameters(name):
            assert KINDS.describe_parameter(name, option), (name, option)


def test_dose_escalation_by_cohort_with_decisions(usual):
    table = tables.tabulate(usual, "dlt")
    assert [row.cells for row in table.rows[:5]] == [
        ("1", "Unknown dose", "0/3", "0/3", "Escalate"),
        ("2", "10⁵ per kg", "1/3", "1/3", "Same dose"),
        ("3", "10⁵ per kg", "1/3", "2/6", "De-escalate"),
        ("4", "10⁶ per kg", "2/2", "2/2", "De-escalate"),
        ("5", "10⁵ per kg", "0/3", "2/9", "De-escalate"),
    ]
    assert table.footnotes[0] == "Cohort 3: the next cohort was treated at 10⁶ per kg."
    assert "No maximum tolerated dose by the design." in table.footnotes
    assert "Maximum tolerated dose by the design: 10⁵ per kg." in tables.tabulate(usual, "dlt_boin").footnotes


def test_measurements_by_visit_with_their_change(usual):
    table = tables.tabulate(usual, "visits")
    day_7 = next(row.cells for row in table.rows if row.cells[0] == "Day 7")
    n, median, q1, q3 = (usual.value("crp_7", name, "rr", what="display") for name in ("n", "median", "q1", "q3"))
    assert day_7[1:3] == (n, f"{median} ({q1}–{q3})")
    median, q1, q3 = (usual.value("crp_change_7", name, "rr", what="display") for name in ("median", "q1", "q3"))
    assert day_7[3] == f"{median} ({q1}–{q3})"
    assert table.rows[1].cells == ("Baseline", *table.rows[1].cells[1:3], "–", *table.rows[1].cells[4:6], "–")


def test_adverse_events_by_class_and_term(usual):
    table = tables.tabulate(usual, "toxicity")
    names = [row.cells[0] for row in table.rows]
    assert names[0] == "Any event" and {"Blood", "General", "Gut", "Nerves"} <= set(names)
    at = names.index("Nerves")
    assert table.rows[at + 1].cells[0] == "Seizure" and table.rows[at + 1].indent == 1

    def printed(statistic: str, group: str = "rr") -> str:
        return usual.value("harm", statistic, group, "term=Seizure", what="display")

    row = table.rows[at + 1].cells
    assert row[1:4] == (f"{printed('n')} ({printed('percent')[:-1]})", f"{printed('severe')} ({printed('severe_percent')[:-1]})", printed("related"))  # fmt: skip
    assert row[4:9] == tuple(printed(f"grade_{grade}") for grade in range(1, 6)) and row[9] == printed("occurrences")
    assert row[-1] == usual.value("harm", "p_value", "", "term=Seizure", what="display")
    assert "3 terms in fewer than 90% of every group not shown." in tables.tabulate(usual, "toxicity_by_dose").footnotes


def test_every_number_of_a_table_leads_to_the_record_that_holds_it(usual):
    checked = 0
    for name, spec in usual.plan.tables.items():
        table = tables.tabulate(usual, name)
        for row in table.rows:
            for cell in row.cells[0 if row.section or spec["kind"] == "listing" else 1 :]:
                for text, record in cell.parts:
                    if record:
                        checked += 1
                        printed = shown_in(usual, record)
                        assert set(re.findall(r"\d[\d.,]*\d|\d", text)) <= printed, (name, text, record)
                bare = "".join(text for text, record in cell.parts if not record)
                words = row.section or spec["kind"] in ("comparisons", "dose_escalation")  # names of groups with digits
                assert words or not re.search(r"\d", bare), (name, cell)
    assert checked > 250


def shown_in(results, record: str) -> set[str]:
    """The numbers of the displays of a record; those of a listed value as they are printed."""
    for analysis, rows in results.ard.groupby("analysis"):
        for (group, level), here in rows.groupby(["group", "level"]):
            if results.record(analysis, Name(group, ""), Name(level, "")) == record:
                return set(re.findall(r"\d[\d.,]*\d|\d", " ".join(here["display"])))
    column, _, who = record.removeprefix("table_listing.").partition("@")
    value = results.subjects.set_index("who", drop=False).loc[who, column]
    return set(re.findall(r"\d+", f"{value:%Y-%m-%d}" if hasattr(value, "year") else str(value)))


def test_a_cell_holds_its_parts_and_one_mark():
    cell = Cell(("12 (23.5%)\ue000", "cr.low"), "; ", Cell(("3", "cr.high")))
    assert cell == "12 (23.5%); 3†" and cell.parts == (
        ("12 (23.5%)", "cr.low"),
        ("; ", ""),
        ("3", "cr.high"),
        ("†", ""),
    )
    assert cell.markdown() == "[12 (23.5%)](../audit/index.html#cr.low){.num}; [3](../audit/index.html#cr.high){.num}†"


def test_a_dose_that_boin_closes_is_shown_with_its_probability_and_stays_closed(tmp_path):
    results = study(tmp_path, ("target: 0.25", "target: 0.05"))
    table = tables.tabulate(results, "dlt_boin")
    rows = {row.cells[0]: row.cells[4] for row in table.rows}
    assert rows["1"] == "Escalate"  # the dose above is not closed yet
    assert rows["2"] == "De-escalate, dose closed (98.6%)"
    assert results.value("dlt_boin", "mtd", level="design") == 1
    assert "is above 95% in at least three participants" in " ".join(table.footnotes)
