"""No result is typed by hand: every number in the abstract and the results comes by name."""

import re

import pytest
import yaml
from trialpress.study import load_yaml

from .conftest import ROOT

STUDIES = sorted(path.parent.name for path in (ROOT / "report").glob("*/manuscript.qmd"))
NAMED = r"\{\{<.*?>\}\}|\[[^\]]*@[^\]]*\]|@(?:fig|tbl|sec)-[\w-]+|\{#[\w-]+\}|`[^`]*`"


def parts(text):
    """(abstract, methods, results) of a manuscript."""
    front, body = re.match(r"(?s)---\n(.*?)\n---\n(.*)", text).groups()
    sections = {title.strip(): content for title, content in re.findall(r"(?ms)^# (\w+)[^\n]*\n(.*?)(?=^# |\Z)", body)}
    return yaml.safe_load(front)["abstract"], sections["Methods"], sections["Results"]


def typed(text, defined):
    """The numbers of a text that did not come by name and are not among the defined phrases (a time point, a grade)."""
    text = re.sub(NAMED, " ", text, flags=re.DOTALL)
    for phrase in defined:
        text = re.sub(rf"(?<!\w){re.escape(phrase)}(?!\w)", " ", text)
    return re.findall(r"(?<![\w.-])\d[\d.,]*(?:\s?%)?(?![\w-]*[A-Za-z])", text)


def defined(study):
    """What the plan defines: times at which a curve is read, landmarks, windows, and the grade that counts as severe."""
    plan = load_yaml(ROOT / "config" / study / "plan.yaml")
    phrases = set()
    for spec in plan["analyses"].values():
        phrases |= {f"{at:g} {spec.get('unit', 'months')}" for at in spec.get("at", ())}
        phrases |= {f"day {day:g}" for day in spec.get("days", ())}
        phrases |= {f"{spec['until']:g} {spec.get('unit', 'days')}"} if "until" in spec else set()
        phrases |= {f"grade {grade}" for grade in re.findall(r">= (\d)$", str(spec.get("event", "")))}
    return phrases


@pytest.mark.parametrize("study", STUDIES)
def test_every_number_in_abstract_and_results_comes_by_name(study):
    abstract, _, results = parts((ROOT / "report" / study / "manuscript.qmd").read_text(encoding="utf-8"))
    assert typed(abstract, defined(study)) == []
    assert typed(results, defined(study)) == []
    assert len(re.findall(r"\{\{< var", abstract + results)) > 20


@pytest.mark.parametrize(
    "sentence", ["In 36 of 40.", "It was 90.0%.", "a median of 206 days", "p = 0.03", "36/40 (90%)"]
)
def test_a_typed_number_is_found(sentence):
    assert typed(sentence + " CD19 and 4-1BB at {{< var os.6_months.text >}} @fig-1", {"6 months"})


@pytest.mark.parametrize("study", STUDIES)
def test_references_are_cited_and_have_a_doi_each_or_say_what_they_are(study):
    folder = ROOT / "report" / study
    text = (folder / "references.bib").read_text(encoding="utf-8")
    entries = re.findall(r"@\w+\{(\w+),.*", text)
    for entry in re.split(r"^(?=@)", text, flags=re.M):
        if entry.startswith("@"):
            # what is in no journal has no DOI: it says what it is, and of which year
            held = ("howpublished *= *{", "year *= *{") if entry.startswith("@misc") else ("doi *= *{10",)
            assert all(re.search(rf"\b{field}", entry) for field in held), entry
    cited = set(re.findall(r"@([a-z]+\d{4})", (folder / "manuscript.qmd").read_text(encoding="utf-8")))
    assert cited <= set(entries)


@pytest.mark.parametrize("study", STUDIES)
@pytest.mark.parametrize(("kind", "folder"), [("fig", "figures"), ("tbl", "(?:tables|generated)")])
def test_figures_and_tables_are_cited_in_the_order_in_which_they_stand(study, kind, folder):
    text = (ROOT / "report" / study / "manuscript.qmd").read_text(encoding="utf-8")
    cited = list(dict.fromkeys(re.findall(rf"@{kind}-(\w+)", text)))
    stand = [name for name in re.findall(rf"\{{\{{< include {folder}/(\w+)\.md", text)]
    assert cited == [name for name in stand if name in cited]
    plan = load_yaml(ROOT / "config" / study / "plan.yaml")
    assert set(plan["figures" if kind == "fig" else "tables"]) <= set(cited), "each is cited"


def test_one_key_takes_every_word_of_reconstruction_out_of_the_manuscript():
    from trialpress.report.staging import without_reconstruction

    text = (ROOT / "report" / "low-dose-cd19" / "manuscript.qmd").read_text(encoding="utf-8")
    assert "econstruct" in text and "econstruct" not in without_reconstruction(text)
    assert text.count("\n# ") == without_reconstruction(text).count("\n# ")
    study = load_yaml(ROOT / "config" / "low-dose-cd19" / "study.yaml")["study"]
    assert [key for key, value in study.items() if "econstruct" in str(value)] == ["reconstruction"]
