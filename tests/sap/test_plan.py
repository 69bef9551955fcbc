"""`trialpress plan`: the analysis plan and its mock shells, from the configuration alone."""

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from pypdf import PdfReader
from trialpress import sap
from trialpress.__main__ import main
from trialpress.checks.plan import load_plan
from trialpress.sap import shells, text
from trialpress.study import load_study

ROOT = Path(__file__).resolve().parents[2]


def loaded(study):
    folder = ROOT / "config" / study
    dictionary = load_study(folder / "study.yaml")
    return dictionary, load_plan(folder / "plan.yaml", dictionary)


def test_three_editions_without_any_record(tmp_path, monkeypatch, capsys):
    shutil.copytree(ROOT / "tests" / "fixtures" / "tiny" / "config", tmp_path / "config" / "tiny")  # and no data/
    monkeypatch.chdir(tmp_path)
    assert main(["plan", "tiny", "--engine", "embedded"]) == 0
    assert capsys.readouterr().out.split() == ["sap/tiny/plan.html", "sap/tiny/plan.pdf", "sap/tiny/plan.docx"]
    shown = (tmp_path / "sap/tiny/plan.html").read_text()
    for said in (
        "Statistical analysis plan: A tiny trial",
        "The plan is not locked.",
        "Overall survival",
        "Clopper",
        "Estimands",
        "10.1093/biomet/26.4.404",
    ):
        assert said in shown, said
    printed = " ".join(
        " ".join(page.extract_text().split()) for page in PdfReader(tmp_path / "sap/tiny/plan.pdf").pages
    )
    assert "Shell of figure 1. Overall survival." in printed
    with pytest.raises(SystemExit):
        main(["plan", "none"])


@pytest.mark.parametrize("study", ["low-dose-cd19", "cd22-nci"])
def test_every_part_of_a_plan_is_in_the_document(study, monkeypatch):
    monkeypatch.chdir(ROOT)
    dictionary, plan = loaded(study)
    said = text.document(dictionary, plan)
    for name in plan.analyses:
        assert re.search(rf"\| {re.escape(text.escape(name))} \|", said), name
    assert said.count("**Shell of table ") == len(plan.tables) and said.count("**Shell of figure ") == len(plan.figures)
    for one in (*plan.populations.values(), *plan.endpoints.values()):
        assert text.escape(one.label) in said, one.id
    assert "Clopper \\& Pearson 1934 [@clopper1934]; R binom" in said and said.endswith("::: {#refs}\n:::\n")
    shown = said.partition("# Mock shells of the tables")[2].partition("# Mock shells of the figures")[0]
    assert "xx (xx.x%)" in shown


def test_the_shell_of_proportions():
    _, plan = loaded("cd22-nci")
    analyses = [
        "crs_any",
        next(name for name, spec in plan.analyses.items() if spec["method"] == "proportion" and "by" not in spec),
    ]
    shell = shells.proportions(plan, {"analyses": analyses[:1]})
    assert shell.header == ["Outcome", "Population", "n/N", "%", "95% CI"]
    assert shell.rows == [["CRS of any grade", "Infused", "xx/xx", "xx.x", "xx.x to xx.x"]]
    assert shell.markdown("A").startswith("**A**\n\n| Outcome | Population | n/N | % | 95% CI |\n|:----|:---|")


def test_the_shell_of_baseline_has_the_levels_of_the_plan():
    _, plan = loaded("low-dose-cd19")
    shell = shells.baseline(plan, plan.tables["baseline"])
    assert shell.header == ["Characteristic", "R/R (n = xx)", "MRD-positive (n = xx)", "Overall (n = xx)", "SMD"]
    at = [row[0] for row in shell.rows].index("Sex, n (%)")
    assert [row[0].strip("\u00a0") for row in shell.rows[at + 1 : at + 4]] == ["Male", "Female", "Missing"]
    assert shell.rows[at][1:] == ["", "", "", "x.xx"] and shell.rows[at + 1][1:] == ["xx (xx.x%)"] * 3 + [""]
    assert "SMD: standardised mean difference, R/R less MRD-positive" in " ".join(shell.footnotes)


def test_the_shell_of_comparisons_has_beside_each_group_what_will_be_printed():
    _, plan = loaded("cd22-nci")
    rows = {row[0]: row[1] for row in shells.comparisons(plan, plan.tables["comparisons"]).rows}
    label = lambda name: plan.analyses[name]["label"]  # noqa: E731
    assert rows[label("cr_by_tcs")].count("xx/xx") == 2
    assert rows[label("crs_grade_by_tcs")].count("median xx.x (n = xx)") == 2
    assert "xx" not in rows[label("crs_grade_by_dose")].replace("\u2013", "")


def test_the_plan_says_of_every_event_what_becomes_of_it_where_it_is_not_known():
    dictionary, plan = loaded("cd22-nci")
    said = text.missing(plan)
    infused = next(
        line for line in said.splitlines() if "CR among all infused" in line or "| Infused |" in line and "CR" in line
    )
    assert "counted as no event" in infused and "left out" in said and "a method above" in said
    assert "unknown event: counted as no event" in text.estimands(dictionary, plan)
    assert all(str(plan.analyses[name]["label"]) in said for name in plan.analyses if "event" in plan.analyses[name])


def test_a_kind_without_a_shell_of_its_own_is_described():
    _, plan = loaded("low-dose-cd19")
    visits = next(spec for spec in plan.tables.values() if spec["kind"] not in shells.OWN)
    shell = shells.described(plan, visits)
    assert shell.header == ["Part of the table", "As planned"] and shell.rows and shell.footnotes[0]


def test_the_folder_of_an_unknown_study_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(sap.InputError, match="config/none/plan.yaml"):
        sap.write("none", tmp_path)


def test_the_summary_of_an_estimand_does_not_end_within_a_citation():
    dictionary, plan = loaded("cd22-nci")
    name, spec = next(iter(plan.analyses.items()))
    only = replace(plan, analyses={name: {**spec, "method": "win_ratio", "label": "Wins"}})
    assert "(Pocock et al. 2012): each participant" in text.estimands(dictionary, only)
