"""Reporting guidelines: every link leads somewhere, every item is answered or marked open."""

import re
from pathlib import Path
from urllib.parse import unquote

import pytest
import yaml
from trialpress.audit.checklists import Checklist, _recorded, headed, judged, load_checklists, markdown, sections
from trialpress.audit.trace import find
from trialpress.errors import InputError
from trialpress.plan import read_plan
from trialpress.report.variables import numbers
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


@pytest.mark.parametrize("study", STUDIES)
def test_every_answer_names_the_sentence_or_the_number(study):
    answers = yaml.safe_load((ROOT / "config" / study / "checklists.yaml").read_text(encoding="utf-8"))
    given = [answer for items in answers.values() for answer in items.values() if "section" in answer]
    assert len(given) > 10 and not [answer for answer in given if not {"sentence", "numbers"} & set(answer)]


MANUSCRIPT = """---
title: Low dose
abstract: |
  Of {{< var population.all.n >}} patients
  {{< var cr.text >}} responded.
# a comment is no heading
---

::: {.callout}
Key point.
:::

# Methods {#sec-methods}

All are counted.

## Statistics {#sec-statistics}

Exact
intervals.

# Results {#sec-results}

{{< include tables/rates.md >}}
"""


def test_sections_hold_what_is_within_them():
    found = sections(MANUSCRIPT)
    assert list(found) == ["sec-top", "sec-methods", "sec-statistics", "sec-results"]
    assert "Key point." in found["sec-top"] and "All are counted." not in found["sec-top"]
    assert "Exact" in found["sec-methods"] and "All are" not in found["sec-statistics"]
    assert [heading for heading, _ in headed(MANUSCRIPT)] == ["Abstract", "Methods", "Statistics", "Results"]


@pytest.mark.parametrize(("answer", "said"), [
    ({"section": "sec-methods", "sentence": "Exact intervals"}, ""), ({"section": "sec-top", "numbers": ["cr.text", "population"]}, ""),
    ({"section": "sec-results", "numbers": ["cr", "table_rates"]}, ""),
    ({"section": "sec-statistics", "sentence": "All are counted"}, "sec-statistics does not say 'All are counted'"),
    ({"section": "sec-top", "numbers": ["cr.p"]}, "sec-top does not print the number cr.p"),
    ({"section": "sec-results", "numbers": ["os"]}, "sec-results does not print the number os"),
])  # fmt: skip
def test_the_sentence_and_the_number_are_looked_for_in_the_section(tmp_path, answer, said):
    (tmp_path / "manuscript.qmd").write_text(MANUSCRIPT, encoding="utf-8")
    (tmp_path / "checklists.yaml").write_text(yaml.safe_dump({"sampl": {"1": answer}}), encoding="utf-8")
    paths = {
        "answers": tmp_path / "checklists.yaml",
        "source": tmp_path,
        "planned": {"tables": {"rates": {"analyses": ["cr"]}}},
    }
    if said:
        with pytest.raises(InputError, match=said):
            load("cd22-nci", **paths)
    else:
        (sampl,) = load("cd22-nci", **paths)
        assert sampl.rows[0][3] and sampl.rows[0][-1] == "answered"


def test_an_item_whose_check_fails_is_open():
    sampl = Checklist("sampl", "SAMPL", "lang2015", (("11", "P", "sec-results", "Table.", "", "answered"),))
    (met,), (not_met,) = (
        judged([sampl], {("sampl", "11"): found})[0].rows for found in ((True, "All do."), (False, "Not met: x."))
    )
    assert met == ("11", "P", "sec-results", "Table. All do.", "", "answered")
    assert not_met[3:] == ("Table. Not met: x.", "", "open")
    assert judged([sampl], {}) == [sampl]


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


NUMBERS = {"cr": {"n": "36", "text": "36/40"}, "baseline": {"age": {"median": "23"}}, "by": {"rr": {"at_6_months": {"n": "1"}}},
           "population": {"all": {"n": "59"}}, "plan": {"alpha": "0.05"}, "flow": {"all": {"late": "2"}}}  # fmt: skip


@pytest.mark.parametrize(("number", "leads"), [
    ("cr", True), ("cr.text", True), ("cr.p", False), ("baseline", True), ("baseline.age", True), ("by.rr", False), ("by.rr.at_6_months", True),
    ("population.all", True), ("population.all.n", True), ("population.all.label", False), ("population", False), ("plan", False), ("plan.alpha", True),
    ("plan.multiplicity", False), ("flow.all", False), ("flow.all.late", True), ("software.text", False), ("table_rates", False),
])  # fmt: skip
def test_a_number_is_linked_if_it_has_a_record(number, leads):
    assert _recorded(number, NUMBERS) == leads


@pytest.mark.xdist_group("audit")
def test_every_link_of_the_answers_leads_to_a_record(audited):
    content = audited.traced
    named = numbers(audited.results, audited.logs)
    lists = load("low-dose-cd19", named=named)
    links = {unquote(link) for link in re.findall(r"audit/index\.html#([^)]+)\)", markdown(lists))}
    assert len(links) > 10 and "`plan.multiplicity`" in markdown(lists) and "plan.multiplicity" not in links
    for link in links:
        find(content, link)
    recorded = [number for number in map(".".join, _paths(named)) if _recorded(number, named)]
    assert len(recorded) > 1000
    for number in recorded:  # what is said to have a record has one
        find(content, number)


def _paths(tree, before=()):
    for name, below in tree.items():
        yield (*before, name)
        if isinstance(below, dict):
            yield from _paths(below, (*before, name))
