"""One command, `trialpress`, which a newcomer can follow from its help."""

from __future__ import annotations

import re
import tomllib
from importlib import import_module
from pathlib import Path

import pytest
from trialpress.__main__ import main, parser

ROOT = Path(__file__).resolve().parents[2]


def test_it_is_installed_by_pyproject_and_the_set_up():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    module, _, function = project["project"]["scripts"]["trialpress"].partition(":")
    assert getattr(import_module(module), function) is main
    assert "uv pip install --quiet --offline --no-deps --python $(BIN)/python --editable ." in (
        ROOT / "Makefile"
    ).read_text(encoding="utf-8")


def test_the_help_says_each_command_in_a_line():
    text = parser().format_help()
    commands = [
        "new",
        "fetch",
        "test-data",
        "plan",
        "lock",
        "report",
        "preview",
        "stage",
        "queries",
        "run",
        "explain",
        "compare",
        "verify",
        "record",
        "document",
    ]
    told = re.findall(r"^  trialpress ([\w-]+)", text, re.M)
    assert list(dict.fromkeys(told)) == commands
    assert set(re.findall(r"^    ([\w-]+)\s+\w", text, re.M)) == set(commands)


@pytest.mark.parametrize(
    "arguments", [["verify", "--crate", "x.zip"], ["verify", "made", "--crate", "x.zip", "--raw", "raw"], ["new"]]
)
def test_what_does_not_go_together_is_refused(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2 and "trialpress" in capsys.readouterr().err


def test_document_prints_the_reference(capsys):
    assert main(["document"]) == 0
    assert capsys.readouterr().out == (ROOT / "config" / "README.md").read_text(encoding="utf-8")
