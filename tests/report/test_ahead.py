"""Editions that were begun with the run are taken if they are what the rule would make, byte for byte, and only then."""

import json
import os
from pathlib import Path

import pytest
from trialpress import ahead, receipts, warm
from trialpress.exclusive import RUN
from trialpress.report import desk, staging

FORMATS = ["html", "jats"]
FOUND = {
    "files": {"tables/a.md": "A", "_variables.yml": "n: '51'\n"},
    "numbers": {},
    "planned": {},
    "date": "2016-12-31",
    "notice": "",
}
TEXT = '---\ntitle: "T"\n---\n\n# Results {#sec-results}\n\nOf {{< var n >}}, {{< env OF_THE_HOUSE >}}.\n\n{{< include tables/a.md >}}\n'


@pytest.fixture
def results(tmp_path, monkeypatch):
    """Those of a study s, of which a run has made all; its manuscript was saved since."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OF_THE_HOUSE", "prospectively")
    monkeypatch.setenv(RUN, str(os.getpid()))
    monkeypatch.setenv(ahead.ASKED, json.dumps(["s"]))
    folder = Path("results/s")
    for name, text in {
        "config/config.yaml": json.dumps({"formats": FORMATS, "engine": "embedded"}),
        "report/s/manuscript.qmd": TEXT,
        "results/s/report/fragments.json": json.dumps(FOUND),
        "results/s/report/renderer.json": json.dumps({"version": desk.engine_version("embedded")}),
    }.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(text)
    wrote = receipts.hashes(["results/s/report/fragments.json"])
    (folder / ".receipts").mkdir()
    for rule, said in {"fragments": {"read": {}, "wrote": wrote}, "report": {"read": wrote, "wrote": {}}}.items():
        (folder / ".receipts" / f"{rule}.json").write_text(json.dumps(said))
    os.utime(folder / ".receipts" / "report.json", (1, 1))
    return folder


def made(folder, formats=FORMATS) -> dict[str, bytes]:
    """What the rule leaves: name -> content."""
    found = staging.Fragments(**json.loads((folder / "report" / "fragments.json").read_text()))
    staging.make(found, "", Path("report/s"), folder, formats, "embedded")
    names = ("manuscript.html", "manuscript.xml", "manuscript.jats.zip")
    return {name: (folder / "report" / name).read_bytes() for name in names if (folder / "report" / name).exists()}


@pytest.fixture
def rendered(monkeypatch):
    """What the rule has rendered itself."""
    calls, render = [], staging.render
    monkeypatch.setattr(staging, "render", lambda *given, **how: calls.append(given[2]) or render(*given, **how))
    return calls


def test_they_are_what_the_rule_would_make(results, rendered, monkeypatch):
    alone = made(results)
    assert rendered == [FORMATS] and len(alone) == 3 and b"51, prospectively" in alone["manuscript.html"]
    for name in alone:
        (results / "report" / name).unlink()
    monkeypatch.setattr("trialpress.stages.answers", lambda *_: "")
    ahead.make()
    assert made(results) == alone and len(rendered) == 1, "taken, not rendered again"
    assert not ahead.ROOM.exists() and len(made(results)) == 3 and len(rendered) == 2, "taken once"


def text(_):
    Path("report/s/manuscript.qmd").write_text(TEXT.replace("Of", "Among"))


def picture(_):
    Path("report/s/styles.css").write_text("p { color: red }")


def fragment(monkeypatch):
    found = FOUND | {"files": FOUND["files"] | {"_variables.yml": "n: '52'\n"}}
    Path("results/s/report/fragments.json").write_text(json.dumps(found))


def house(monkeypatch):
    monkeypatch.setenv("OF_THE_HOUSE", "retrospectively")


def code(monkeypatch):
    monkeypatch.setattr(ahead, "_code", lambda: {"workflow/trialpress/a.py": "another"})


def of_another_run(monkeypatch):
    monkeypatch.setenv(RUN, "1")


def edition(_):
    page = next(ahead.ROOM.glob("*/report/manuscript.html"))
    page.write_text(page.read_text().replace("51", "15"))


def unfinished(_):
    next(ahead.ROOM.glob("*/made.json")).unlink()


@pytest.mark.parametrize("act", [text, picture, fragment, house, code, of_another_run, edition, unfinished])
def test_what_is_not_is_made(results, rendered, monkeypatch, act):
    monkeypatch.setattr("trialpress.stages.answers", lambda *_: "")
    ahead.make()
    act(monkeypatch)
    page = made(results)["manuscript.html"].decode()
    assert rendered == [FORMATS]
    assert ("Among" in page, "52, " in page, "retrospectively" in page) == (act is text, act is fragment, act is house)
    assert "15, " not in page


def test_other_formats_are_made(results, rendered, monkeypatch):
    monkeypatch.setattr("trialpress.stages.answers", lambda *_: "")
    ahead.make()
    assert [*made(results, ["html"])] == ["manuscript.html"] and rendered == [["html"]]


def test_nothing_is_begun_of_results_that_are_out_of_date(results, monkeypatch):
    fragment(monkeypatch)
    ahead.make()
    assert not ahead.ROOM.exists()


RUN_OF = ["--cores", "2", "--config", "study=s"]


@pytest.fixture
def begun(results, monkeypatch):
    """What a run with these arguments begins, of a study of which everything was made at second 2."""
    for at in Path("report/s").glob("*"):
        os.utime(at, (1, 1))
    for rule in ("report", "audit"):
        (results / ".receipts" / f"{rule}.json").touch()
        os.utime(results / ".receipts" / f"{rule}.json", (2, 2))
    found = []
    monkeypatch.setattr(
        warm, "begun", lambda path, *_, **how: found.append((Path(path).name, how, os.environ[ahead.ASKED]))
    )

    def run(*arguments):
        found.clear()
        before = dict(os.environ)
        ahead.begin("s", [*arguments])
        assert dict(os.environ) == before
        return [*found]

    return run


def test_nothing_is_begun_if_nothing_is_newer(begun):
    assert begun(*RUN_OF) == []


def test_a_newer_manuscript_is_rendered(begun):
    Path("report/s/manuscript.qmd").touch()
    assert begun(*RUN_OF) == [("ahead.py", {"daemon": True}, '["s"]')]
    assert begun(*RUN_OF, "engine=embedded") == [("ahead.py", {"daemon": True}, '["s", "embedded"]')]
    assert begun("--cores", "1", *RUN_OF[2:]) == begun(*RUN_OF, "--report", "a.html") == []
    Path("results/s/.receipts/report.json").unlink()
    assert begun(*RUN_OF) == [], "of a first run nothing can be rendered yet"
