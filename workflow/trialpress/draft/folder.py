"""A study in a folder of its own: what lies there beside the draft."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from ..environment import ROOT
from ..errors import InputError, Problem

README = """# {study}

A study for trialpress, in a folder of its own. Raw data stay here and out of git (`.gitignore`).

    trialpress report --directory .      the whole chain; results/{study}/audit/index.html is where to start reading
    trialpress new {study} --answers config/{study}/questions.yaml --directory .      draft again, with answers

| place | holds |
|---|---|
| config/{study}/ | study.yaml (the data dictionary), plan.yaml, claims.yaml, checklists.yaml, questions.yaml |
| data/{study}/raw/ | the files as received, with their SHA256SUMS; corrections.csv beside it |
| report/{study}/ | the manuscript |
| results/, logs/ | what came out; never edited |
"""
IGNORE = """# raw records of patients and what is made of them stay on this machine
data/*/raw/*
!data/*/raw/SHA256SUMS
results/
logs/
.snakemake/
sap/
compare/
test-data/
.quarto/
report/*/.staged
report/*/.gitignore
report/*/figures/
report/*/tables/
report/*/generated/
report/*/_variables.yml
report/*/_trialpress/
report/*/_quarto-trialpress.yml
report/*/_rendered/
report/*/manuscript.html
report/*/manuscript.pdf
report/*/manuscript.docx
report/*/manuscript.xml
report/*/manuscript.typ
report/*/manuscript_files/
"""


def files(study: str, pdf: bool = True) -> dict[str, str]:
    """Path below the folder -> text. pdf: whether its font has the letters of the study's labels."""
    settings = (ROOT / "config" / "config.yaml").read_text(encoding="utf-8").splitlines()
    config = "\n".join(f"study: {study}" if line.startswith("study:") else line for line in settings) + "\n"
    if not pdf:
        note = f"  # no pdf: its font has not the letters of the labels; put one that has into report/{study}/fonts/, then add it"
        config = config.replace("[html, pdf, docx, jats]", "[html, docx, jats]" + note)
    return {"README.md": README.format(study=study), ".gitignore": IGNORE, "config/config.yaml": config}


def repository(home: Path) -> None:
    """A git repository, if the folder is in none; nothing is committed."""
    if any((at / ".git").exists() for at in (home.resolve(), *home.resolve().parents)):
        return
    try:
        subprocess.run(["git", "init", "--quiet", os.fspath(home)], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise InputError(
            [
                Problem(
                    str(home),
                    f"git could not be initialised: {error}",
                    "its history would not be kept",
                    "install git, or leave --git out",
                )
            ]
        ) from None
