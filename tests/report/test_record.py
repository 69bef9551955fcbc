"""`make verify` where the results and their rerun were rendered by two engines: the words are compared, not the bytes."""

from __future__ import annotations

import json

import pytest
from trialpress.audit import record


def results(folder, engine, version, words):
    (folder / "report").mkdir(parents=True)
    (folder / "audit").mkdir()
    (folder / "report" / "renderer.json").write_text(json.dumps({"engine": engine, "version": version}))
    (folder / "report" / "manuscript.xml").write_text(f"<article><p>{words}</p> <p>Made by {version}.</p></article>")
    (folder / "report" / "manuscript.pdf").write_text(f"bytes of {engine}")
    (folder / "audit" / "manifest.json").write_text(
        json.dumps({"study": "s", "inputs": {}, "outputs": {}, "software": {"manuscript": version}})
    )
    return folder


def compared(tmp_path, words, other, engine="embedded", version="Pandoc 3.9"):
    said = []
    report = record.Report(said.append)
    old = results(tmp_path / "old", "quarto", "Quarto 1.9.38", words)
    record.against_results(report, old, results(tmp_path / "new", engine, version, other))
    return report.failed, "\n".join(said)


def test_the_same_words_by_another_engine_are_no_finding(tmp_path):
    failed, said = compared(tmp_path, "36/40 (90.0%)", "36/40\n(90.0%)")
    assert not failed
    assert said == "  report: the manuscript was rendered by Quarto 1.9.38, here by Pandoc 3.9; its text is compared"


def test_another_number_by_another_engine_is_a_finding(tmp_path):
    failed, said = compared(tmp_path, "36/40 (90.0%)", "36/41 (87.8%)")
    assert failed and "report/manuscript.xml: prints another text than that of Pandoc 3.9" in said


def test_by_the_same_engine_every_byte_is_compared(tmp_path):
    failed, said = compared(tmp_path, "36/40", "36/40 and more", "quarto", "Quarto 1.9.38")
    assert failed and "report/manuscript.xml" in said and "rendered by" not in said


@pytest.mark.parametrize(("engine", "used"), [("embedded", "embedded"), ("quarto", "auto")])
def test_a_rerun_takes_the_engine_of_the_results_where_it_is(without_quarto, tmp_path, engine, used):
    assert record.engine_of(results(tmp_path / "r", engine, "1", "")) == used
    assert record.engine_of(tmp_path / "none") == "auto"


def test_what_quarto_had_staged_beside_a_manuscript_is_no_source(tmp_path):
    study = tmp_path / "root" / "report" / "a"
    (study / "figures").mkdir(parents=True)
    (tmp_path / "root" / "config" / "a").mkdir(parents=True)
    for name in ("manuscript.qmd", "_variables.yml", "figures/flow.svg", "figures/own.png"):
        (study / name).touch()
    (study / ".staged").write_text("_variables.yml\nfigures/flow.svg\n")
    record.copy_sources(tmp_path / "root", "a", tmp_path / "copy")
    made = tmp_path / "copy" / "report" / "a"
    assert sorted(p.relative_to(made).as_posix() for p in made.rglob("*") if p.is_file()) == [
        "figures/own.png",
        "manuscript.qmd",
    ]
