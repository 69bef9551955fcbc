"""Every construct of Quarto's language is done by the embedded engine, or refused with file, line and what to do."""

from __future__ import annotations

import re

import pytest
from trialpress.errors import InputError
from trialpress.report import constructs, qmd

from .conftest import ROOT
from .construct_table import lacking, render, squeezed
from .constructs import CASES, Case
from .reading import text

IDS = [case.id for case in CASES]


@pytest.mark.parametrize("case", [case for case in CASES if not case.refused], ids=lambda case: case.id)
def test_it_is_in_every_edition(case: Case, tmp_path):
    assert lacking(case, render(case, tmp_path)) == {}


@pytest.mark.parametrize("case", [case for case in CASES if case.refused], ids=lambda case: case.id)
def test_it_is_refused_with_file_line_and_what_to_do(case: Case, tmp_path):
    with pytest.raises(InputError) as caught:
        render(case, tmp_path)
    found = [problem for problem in caught.value.problems if re.search(case.refused, problem.what)]
    assert found, str(caught.value)
    assert re.match(r"(manuscript\.qmd|_quarto\.yml):\d+$", found[0].where), found[0]
    assert found[0].do, found[0]
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "line",
    [
        '![A.](a.png){#fig-a fig-alt="The layout = {two} panels, an icon and .hidden = grid"}',
        "With $\\mathrm{layout} = 1$ and a {filename} in the text.",
        "Write `::: {.panel-tabset}` there, in columns of layout.",
        "[The file]{.mine} of .aside and filename=x",
    ],
)
def test_words_are_not_taken_for_constructs(tmp_path, line):
    (tmp_path / "manuscript.qmd").write_text(f"{line}\n", encoding="utf-8")
    assert constructs.problems(qmd.read(tmp_path), embedded=True) == []


def test_a_theorem_has_its_name_in_brackets(tmp_path):
    (case,) = (case for case in CASES if case.name == "theorem")
    for fmt, path in render(case, tmp_path).items():
        assert squeezed("Theorem 1 (Name) It holds.") in squeezed(text(path)), fmt


def test_attributes_over_two_lines_are_seen(tmp_path):
    (tmp_path / "manuscript.qmd").write_text('![A.](a.png){#fig-a fig-alt="x"\nfig-align="left"}\n', encoding="utf-8")
    (found,) = constructs.problems(qmd.read(tmp_path), embedded=True)
    assert found.where == "manuscript.qmd:1" and "a figure's placement" in found.what


def test_the_table_of_the_documentation_names_them_all():
    written = (ROOT / "docs" / "constructs.md").read_text(encoding="utf-8")
    assert len(CASES) >= 135 and f"\n{len(CASES)} constructs." in written
    rows = {
        (row[0], "refused" if row[1].startswith("refused") else row[1])
        for row in re.findall(r"^\| (.+?) \| (.+?) \|", written, re.M)
    }
    assert {(case.name, "refused" if case.refused else "done") for case in CASES} <= rows


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_quarto_prints_what_the_embedded_engine_prints(real_quarto, case: Case, tmp_path):
    if case.refused:
        pytest.skip("refused by the embedded engine")
    if case.name == "`video`":
        pytest.skip("Quarto puts the film itself into the page, which needs the network")
    assert lacking(case, render(case, tmp_path, "quarto")) == {}
