"""A writer's day: staged once from the results that are there, rendered again on every save."""

from __future__ import annotations

import re
import shutil
import threading
import time
import urllib.request
from collections import Counter
from pathlib import Path

import pytest
from trialpress import stages
from trialpress.environment import STAGED, sources
from trialpress.errors import InputError
from trialpress.report import desk, preview, quarto
from trialpress.report.renderer import engine_version
from trialpress.report.staging import numbers_markdown, places

from . import reading
from .conftest import ROOT

STUDY = "low-dose-cd19"
built = pytest.mark.skipif(
    not (ROOT / "results" / STUDY / "audit" / "manifest.json").exists(), reason="no results: run make report"
)


@pytest.fixture
def house(tmp_path) -> Path:
    """The study's sources, free to edit, beside its results."""
    root = tmp_path / "house"
    (root / "report").mkdir(parents=True)
    shutil.copytree(ROOT / "report" / STUDY, root / "report" / STUDY)
    for name in ("config", "results", "data"):
        (root / name).symlink_to(ROOT / name)
    return root


def test_without_results_it_says_what_to_run(tmp_path):
    with pytest.raises(InputError, match="name a study under config"):
        desk.Desk("none", tmp_path / "to", root=tmp_path)


def test_a_manuscript_of_numbers_alone_is_rendered(tmp_path):
    """A plan without figures and tables, no claims, no checklists: none of their rooms is there, and none is needed."""
    tiny, name = ROOT / "tests" / "fixtures" / "tiny", "tiny"
    for room in ("config", "data", "report"):
        shutil.copytree(tiny / room, tmp_path / room / name)
    config, results = tmp_path / "config" / name, tmp_path / "results" / name
    (config / "claims.yaml").unlink()
    plan, manuscript = config / "plan.yaml", tmp_path / "report" / name / "manuscript.qmd"
    plan.write_text(plan.read_text().partition("figures:")[0] + "figures: {}\n")
    manuscript.write_text(manuscript.read_text().replace(" (@fig-os)", "").replace("{{< include figures/os.md >}}", ""))
    two = (config / "study.yaml", plan)
    stages.clean(two[0], tmp_path / "data" / name / "raw", results)
    for stage in (stages.cohort, lambda *at: stages.analysis(*at[:2], None, at[2]), stages.figures, stages.tables):
        stage(*two, results)
    assert not (results / "tables").exists()
    made = desk.Desk(name, tmp_path / "to", "embedded", tmp_path).editions(tmp_path / "out", ["html"])["html"]
    assert "3/5 (60.0%; 95% CI 14.7% to 94.7%)" in made.read_text(encoding="utf-8")
    (results / "figures" / "alt.json").unlink()
    with pytest.raises(InputError, match="figures/alt.json: is not there"):
        desk.Desk(name, tmp_path / "again", "embedded", tmp_path)


def fetched(server, path: str) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}/{path}") as answer:
        return answer.read().decode()


@built
def test_a_save_renders_again_and_the_page_hears_of_it(house, capsys):
    stop, servers = threading.Event(), []
    job = threading.Thread(target=preview.serve, args=(STUDY, 0, "embedded", house, stop, servers.append))
    job.start()
    try:
        while not servers and job.is_alive():
            time.sleep(0.1)
        server, page = servers[0], "report/manuscript.html"
        assert "/version" in fetched(server, page) and fetched(server, "version") == "0"
        manuscript = house / "report" / STUDY / "manuscript.qmd"
        text = manuscript.read_text(encoding="utf-8")

        def saved(changed: str, version: str) -> str:
            manuscript.write_text(changed, encoding="utf-8")
            until = time.monotonic() + 120
            while fetched(server, "version") != version and time.monotonic() < until:
                time.sleep(0.05)
            return fetched(server, page)

        assert "A new sentence." in saved(text.replace("# Discussion", "A new sentence.\n\n# Discussion"), "1")
        broken = saved(text.replace("# Discussion", "See @fig-none.\n\n# Discussion"), "2")
        assert "Not rendered" in broken and "unresolved cross-reference: @fig-none" in broken
        assert "A new sentence." not in saved(text, "3") and "rendered in" in capsys.readouterr().out
    finally:
        stop.set()
        job.join()


@built
def test_a_preview_is_by_quarto_where_the_embedded_engine_refuses(real_quarto, house, tmp_path, monkeypatch):
    at = desk.Desk(STUDY, tmp_path / "to", "auto", house)
    preview.page(at, tmp_path / "out")
    page = tmp_path / "out" / "manuscript.html"
    by_quarto = 'name="generator" content="quarto-'
    assert by_quarto not in page.read_text(encoding="utf-8")
    manuscript = house / "report" / STUDY / "manuscript.qmd"
    text = manuscript.read_text(encoding="utf-8")
    manuscript.write_text(
        text.replace("# Discussion", "::: {layout-ncol=2}\nOne.\n\nTwo.\n:::\n\n# Discussion"), encoding="utf-8"
    )
    monkeypatch.setattr(at, "outdated", lambda: ["config/low-dose-cd19/plan.yaml"])
    preview.page(at, tmp_path / "out")
    said = page.read_text(encoding="utf-8")
    assert by_quarto in said and "quarto-layout-panel" in said and "Out of date: the results are not of" in said


@built
def test_results_out_of_date_are_told_on_the_page(house, tmp_path, monkeypatch):
    at = desk.Desk(STUDY, tmp_path / "to", "embedded", house)
    monkeypatch.setattr(at, "outdated", lambda: ["config/low-dose-cd19/plan.yaml"])
    assert "results out of date: config/low-dose-cd19/plan.yaml" in preview.page(at, tmp_path / "out")
    text = (tmp_path / "out" / "manuscript.html").read_text(encoding="utf-8")
    assert "Out of date: the results are not of config/low-dose-cd19/plan.yaml" in text


@built
def test_what_quarto_needs_in_the_folder_is_staged_and_is_no_source(house):
    folder = house / "report" / STUDY
    before = sources(folder)
    assert desk.stage_beside(STUDY, house) > 20
    assert (folder / "figures" / "flow.md").is_file() and (folder / "_variables.yml").is_file()
    assert (folder / STAGED).is_file() and sources(folder) == before
    assert desk.stage_beside(STUDY, house) > 20  # a second time, over its own


@built
def test_the_hook_of_quarto_stages_and_its_copy_for_the_pipeline_has_none(house, tmp_path):
    import subprocess
    import sys

    folder = house / "report" / STUDY
    told = (folder / "_quarto.yml").read_text(encoding="utf-8")
    named = re.search(r"pre-render: (\S+)", told)[1]
    assert (ROOT / "report" / STUDY / named).resolve().is_file()
    assert "pre-render" not in quarto.without_hooks(told) and "render: [manuscript.qmd]" in quarto.without_hooks(told)
    other = tmp_path / "none"
    other.mkdir()
    script = ROOT / "workflow" / "scripts" / "stage_manuscript.py"
    done = subprocess.run([sys.executable, script], cwd=other, capture_output=True, text=True)
    assert done.returncode == 1 and "name a study under config" in done.stderr


@built
def test_an_edited_input_makes_the_results_outdated(house, tmp_path):
    at = desk.Desk(STUDY, tmp_path / "to", "embedded", house)
    (house / "config").unlink()
    shutil.copytree(ROOT / "config", house / "config")
    (house / "config" / STUDY / "plan.yaml").write_text("{}")
    assert f"config/{STUDY}/plan.yaml" in at.outdated()


def test_a_folder_of_the_authors_with_a_staged_name_is_refused(tmp_path):
    from trialpress.report import staging

    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "mine.png").touch()
    (tmp_path / "manuscript.qmd").write_text("Text.\n")
    assert staging.copy_text(tmp_path, tmp_path / "to", "a notice") == ["figures/mine.png", "manuscript.qmd"]
    assert {"figures"} & staging.MADE


@built
@pytest.mark.parametrize("fmt", ["html", "pdf", "docx", "jats"])
def test_both_engines_print_the_same_article(real_quarto, house, tmp_path, fmt):
    """Word for word but for the engine's name, with the same links, cross-references and citations."""
    said, links = {}, {}
    for name in ("quarto", "embedded"):
        at = desk.Desk(STUDY, tmp_path / name, name, house)
        path = at.editions(tmp_path / f"out-{name}", [fmt])[fmt]
        said[name] = reading.text(path).replace(engine_version(name), "ENGINE").split(" ")
        links[name] = reading.links(path)
    if fmt == "pdf":  # the name is as long as it is, and after it a line may break elsewhere
        said = {name: Counter(re.findall(r"\w", "".join(words))) for name, words in said.items()}
    assert said["quarto"] == said["embedded"]
    assert links["quarto"] == links["embedded"] and sum(links["quarto"].values()) > 100


@built
def test_quarto_in_the_folder_prints_the_article_of_the_pipeline(real_quarto, house, tmp_path):
    """`quarto render` beside what was staged: the same head, banner, captions and numbers."""
    import subprocess

    folder = house / "report" / STUDY
    desk.stage_beside(STUDY, house)
    told = folder / "_quarto.yml"
    told.write_text(quarto.without_hooks(told.read_text(encoding="utf-8")), encoding="utf-8")  # no workflow lies there
    done = subprocess.run(["quarto", "render", "--to", "html"], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    at = desk.Desk(STUDY, tmp_path / "to", "quarto", house)
    ours = at.editions(tmp_path / "out", ["html"])["html"]
    assert reading.text(folder / "_rendered" / "manuscript.html") == reading.text(ours)


@built
def test_no_number_is_missing_from_an_edition(house, tmp_path):
    """Each number of the text by name, in every edition."""
    at = desk.Desk(STUDY, tmp_path / "to", "embedded", house)
    manuscript = (at.to / "manuscript.qmd").read_text(encoding="utf-8")
    wanted = set()
    for _, name in places(manuscript):
        value = at.fragments.numbers
        for part in name.split("."):
            value = value.get(part, {}) if isinstance(value, dict) else {}
        wanted |= {re.sub(r"\s", "", value)} if isinstance(value, str) else set()
    assert len(wanted) > 50
    for fmt, path in at.editions(tmp_path / "out", ["html", "pdf", "docx", "jats"]).items():
        read = re.sub(r"\s", "", reading.text(path))
        assert [number for number in wanted if number not in read] == [], fmt


@built
def test_a_table_has_one_number_in_all_editions(house, tmp_path):
    """The table of the ids, which HTML has not, has none: that of the listing behind it is the same everywhere."""
    at = desk.Desk(STUDY, tmp_path / "to", "embedded", house)
    found = {}
    for fmt, path in at.editions(tmp_path / "out", ["html", "pdf", "docx", "jats"]).items():
        read = re.sub(r"\s", "", reading.text(path))
        found[fmt] = sorted(set(re.findall(r"Table(S?\d+)\.?Infusedpatientsinorder", read)))
    assert len(found["html"]) == 1 and all(one == found["html"] for one in found.values()), found


def test_the_table_of_ids_marks_what_is_simulated():
    """As the text does, with a note; without a simulated number there is none."""
    manuscript = "# Results\n\n{{< var os.text >}} of {{< var population.all.n >}}, {{< var study.title >}}\n"
    named = {"os": {"text": "76.1% (95% CI 59.8% to 86.5%)"}, "population": {"all": {"n": "51"}}}
    written = {"os": {"text": "[76.1% ...](../audit/index.html#os){.num}^\u2020^"}, "population": {"all": {"n": "[51](x){.num}"}},
               "study": {"title": "Low dose"}}  # fmt: skip
    text = numbers_markdown(manuscript, named, written)
    assert "| 76.1% (95% CI 59.8% to 86.5%)^\u2020^ | `os.text` |" in text and "| 51 | `population.all.n` |" in text
    assert "\u2020 Simulated." in text and "study.title" not in text and "#tbl-" not in text
    assert "\u2020" not in numbers_markdown(manuscript, named, {**written, "os": {"text": "[76.1%](x){.num}"}})
