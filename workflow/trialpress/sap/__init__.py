"""`trialpress plan STUDY`: the statistical analysis plan with mock shells of every table and figure, before there is a record."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from ..checks.plan import load_plan
from ..citations import entries
from ..errors import InputError, Problem
from ..plan import lock
from ..studies import checked
from ..study import load_study

FORMATS = ("html", "pdf", "docx")
PROJECT = """project: {type: default, render: [manuscript.qmd]}
profile: {default: trialpress}
number-sections: true
bibliography: references.bib
link-citations: true
format:
  html: {toc: true, toc-depth: 2, embed-resources: true}
  typst: {toc: false}
  docx: {toc: false}
"""


def _config(study: str) -> Path:
    """config/<study>; InputError if there is none."""
    folder = Path("config") / checked(study)
    if not (folder / "plan.yaml").is_file():
        do = "name a study under config/"
        raise InputError([Problem(str(folder / "plan.yaml"), "is not there", "there is no plan to read", do)])
    return folder


def write(study: str, to: Path, engine: str = "auto") -> list[Path]:
    """plan.html, plan.pdf and plan.docx in the folder `to`; reads config/<study>/ and no record."""
    from ..report.engine import render
    from .text import document

    folder = _config(study)
    dictionary = load_study(folder / "study.yaml")
    plan = load_plan(folder / "plan.yaml", dictionary)
    with tempfile.TemporaryDirectory(prefix="trialpress-") as scratch:
        source, made = Path(scratch) / "source", Path(scratch) / "made"
        source.mkdir()
        texts = {
            "manuscript.qmd": document(dictionary, plan),
            "_quarto.yml": PROJECT,
            "_variables.yml": "{}\n",
            "references.bib": "\n".join(one.line for one in entries().values()),
        }
        for name, text in texts.items():
            (source / name).write_text(text, encoding="utf-8")
        found = render(source, made, FORMATS, engine=engine, date=plan.date)
        to.mkdir(parents=True, exist_ok=True)
        return [Path(shutil.copyfile(path, to / f"plan{path.suffix}")) for path in found.values()]


def fix(study: str, by: str, date: str, reason: str) -> str:
    """Lock the plan of a study, or amend it; what was written, in words. InputError if it is wrong, or cannot be locked."""
    folder = _config(study)
    load_plan(folder / "plan.yaml", load_study(folder / "study.yaml"))  # a plan that cannot run is not fixed
    version = lock.write(folder / "plan.yaml", by, date, reason)
    return (
        f"{folder / lock.FILE}: version {version.version} of {version.date}, {len(version.entries)} entries; commit it"
    )
