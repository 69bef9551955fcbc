"""Lint is part of the tests: ruff, snakefmt, snakemake --lint; generated documents are up to date."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent


@pytest.mark.parametrize(
    "command",
    [
        ["ruff", "check", "."],
        ["ruff", "format", "--check", "."],
        ["snakefmt", "--check", "Snakefile", "workflow/rules"],
        ["snakemake", "--lint"],
    ],
    ids=lambda command: " ".join(command[:2]),
)
def test_lint(command):
    done = subprocess.run(
        [BIN / command[0], *command[1:]], cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    assert done.returncode == 0, done.stdout


def test_configuration_reference_is_up_to_date():
    from trialpress.document import configuration

    assert (ROOT / "config" / "README.md").read_text(encoding="utf-8") == configuration(), "run make docs"


def test_the_page_on_manuscripts_is_up_to_date():
    from trialpress.manual import manual

    assert (ROOT / "docs" / "manuscript.md").read_text(encoding="utf-8") == manual(), "run make docs"


def test_every_document_is_on_the_site():
    pages = [page for page in re.findall(r": (\S+\.md)$", (ROOT / "docs" / "site.yml").read_text(), re.M)]
    written = [path.relative_to(ROOT).as_posix() for path in sorted((ROOT / "docs").rglob("*.md"))]
    assert not [page for page in pages if not (ROOT / page).is_file()]
    assert sorted(page for page in pages if page.startswith("docs/")) == written


def test_the_plan_check_does_not_load_the_heavy_libraries():
    code = "import sys; from trialpress.checks.plan import load_plan; import trialpress.analysis.methods, trialpress.figures.kinds, trialpress.tables.kinds; print([m for m in ('matplotlib', 'scipy.stats', 'statsmodels', 'seaborn') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT / "workflow", capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stdout + done.stderr
