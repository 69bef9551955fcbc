"""Ten questions of a reviewer are answered rightly, each in three clicks or fewer, as docs/reviewer.md says."""

import shutil
from pathlib import Path

import pandas as pd
import pytest
from audit.reviewer import CHROMIUM, FLAGS, STUDY, answers
from trialpress import compare
from trialpress.audit import page
from trialpress.compare.sides import find
from trialpress.contracts import COMPUTED_ONCE, CONCORDANCE

pytestmark = pytest.mark.xdist_group("audit")
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def found(audited, tmp_path_factory) -> dict[str, tuple[list[str], str]]:
    if not CHROMIUM.exists():
        pytest.skip("there is no Chromium")
    sync_api = pytest.importorskip("playwright.sync_api", reason="there is no Playwright")
    project = tmp_path_factory.mktemp("reviewed")
    folder = project / "results" / STUDY
    shutil.copytree(audited.folder, folder)
    once = audited.results.ard.head(2)[list(COMPUTED_ONCE.key)].assign(why="no second way is known")
    COMPUTED_ONCE.write(once, folder / "audit")
    CONCORDANCE.write(pd.DataFrame(columns=list(CONCORDANCE.columns)), folder / "audit")
    (folder / "audit" / "second_opinion.json").write_text('{"R": "4.2.2"}')
    page.write(audited.results, audited.traced, audited.logs, folder, audited.raw.parent / "corrections.csv")
    side = find(str(folder), STUDY, project / "scratch")
    compare.write(compare.compare(side, side), project / "compare")
    with sync_api.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        asked = answers(browser, folder)
        browser.close()
    return {question: (steps, answer) for question, steps, answer in asked}


def test_each_takes_three_clicks_or_fewer_as_the_docs_say(found):
    assert len(found) == 10 and {question: len(steps) for question, (steps, _) in found.items() if len(steps) > 3} == {}
    written = (ROOT / "docs" / "reviewer.md").read_text(encoding="utf-8")
    for question, (steps, _) in found.items():
        assert f"| {question} | {len(steps)} | {', '.join(steps)} |" in written


def test_the_answers_are_right(audited, found):
    answer = {question: said for question, (_, said) in found.items()}
    assert answer["Where is 36/40 from?"] == "07_marrow.xlsx, row 52, 骨髓原始细胞(%) = Marrow blasts, %: 16.7"
    assert answer["Which cells were changed by hand, and by whom?"].startswith("8 cells; by ")
    flow = [record for record in audited.traced["records"].values() if record["kind"] == "flow"]
    first = next(record for record in flow if record["results"][0]["who"]["excluded"])
    names = [audited.traced["participants"][at] for at in first["results"][0]["who"]["excluded"]]
    assert f"{first['condition']}: {' '.join(names)}" in answer["Who was excluded, and why?"]
    assert answer["Which statistics were not computed a second time?"] == "2: no second way is known"
    assert " are printed otherwise" in answer["What changed since the record?"] and "0 are" in answer["What changed since the record?"]  # fmt: skip
    assert "1 left out: Blast burden not known" in answer["Which participants were left out of a model?"]
    assert answer["What does an open query touch?"].startswith("It touches ")
    assert "With 369: " in answer["What does an open query touch?"]
    assert "Python 3." in answer["Under which software was this computed?"]
    who = audited.traced["participants"].index("LD-017")
    counted = sum(any(who in members for members in entry["who"].values()) for record in audited.traced["records"].values() for entry in record.get("results", ()))  # fmt: skip
    assert f"Numbers that count LD-017: {counted}" in answer["What is there of participant LD-017?"]
    assert "Participant LD-017: " in answer["What is there of participant LD-017?"]
