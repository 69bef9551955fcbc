"""Reporting guidelines: every link leads somewhere, every item is answered or marked open."""

from pathlib import Path

import pytest
import yaml
from trialpress.audit.checklists import load_checklists, markdown, sections
from trialpress.errors import InputError
from trialpress.plan import read_plan
from trialpress.study import load_study

ROOT = Path(__file__).resolve().parents[2]
STUDIES = ["low-dose-cd19", "cd22-nci"]


def load(study, **paths):
    config = ROOT / "config" / study
    given = {"guidelines": ROOT / "config" / "checklists.yaml", "answers": config / "checklists.yaml",
             "planned": read_plan(config / "plan.yaml", load_study(config / "study.yaml")).written, "source": ROOT / "report" / study}  # fmt: skip
    return load_checklists(**{**given, **paths})


@pytest.mark.parametrize("study", STUDIES)
def test_answers_lead_to_sections_of_the_manuscript(study):
    manuscript = (ROOT / "report" / study / "manuscript.qmd").read_text(encoding="utf-8")
    known = sections(manuscript)
    assert len(known) > 5 and "{{< include generated/checklists.md >}}" in manuscript
    for checklist in load(study):
        for item, what, section, answer, _, state in checklist.rows:
            assert what and state in ("answered", "open", "not applicable")
            assert section in known if state == "answered" else answer, (checklist.name, item)


def test_the_three_guidelines_are_answered_for_the_default_study():
    found = {checklist.name: checklist for checklist in load("low-dose-cd19")}
    assert list(found) == ["consort-define", "strobe", "sampl"]
    assert len(found["strobe"].rows) == 22 and found["consort-define"].rows[-1][0] == "26"
    assert not [row for checklist in found.values() for row in checklist.rows if row[3] == "Not answered."]


def test_what_is_not_answered_is_open(tmp_path):
    (tmp_path / "checklists.yaml").write_text(
        "sampl:\n  1: {section: sec-methods}\n  2: {not_applicable: none}\n", encoding="utf-8"
    )
    (sampl,) = load("cd22-nci", answers=tmp_path / "checklists.yaml")
    states = [row[-1] for row in sampl.rows]
    assert states == ["answered", "not applicable"] + ["open"] * 13
    text = markdown([sampl])
    assert (
        "13 of 15 items are open" in text
        and "| 3 |" in text
        and "**open**" in text
        and "{#tbl-sampl}" in text
        and "[@lang2015]" in text
    )


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"section": "sec-method"}, "no section sec-method"), ({"answer": "x"}, "needs one of section"), ({"section": "sec-methods", "open": "x"}, "needs one of"),
        ({"section": "sec-methods", "plan": "plan.alfa"}, "plan.yaml has no key plan.alfa"), ({"sektion": "x"}, "unknown key 'sektion'"),
    ],
)  # fmt: skip
def test_slips_are_found(tmp_path, answer, said):
    (tmp_path / "checklists.yaml").write_text(yaml.safe_dump({"sampl": {"1": answer}}), encoding="utf-8")
    with pytest.raises(InputError, match=said):
        load("cd22-nci", answers=tmp_path / "checklists.yaml")


def test_unknown_items_and_guidelines_are_found(tmp_path):
    (tmp_path / "checklists.yaml").write_text("sampl:\n  99: {open: x}\nsample:\n  1: {open: x}\n", encoding="utf-8")
    with pytest.raises(InputError, match="(?s)no such item.*the guideline is not defined"):
        load("cd22-nci", answers=tmp_path / "checklists.yaml")


def test_a_table_for_each_guideline():
    text = markdown(load("low-dose-cd19"))
    for name in ("consort-define", "strobe", "sampl"):
        assert f"{{#tbl-{name}}}" in text
    assert "@sec-limitations" in text and "title and abstract" in text
    assert "No reporting guideline" in markdown([])
