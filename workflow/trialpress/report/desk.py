"""A writer's desk: the manuscript staged once from the results that are there, then rendered as often as it is saved."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from .. import stages
from ..audit import digest, second
from ..clean import COUNTED, read_logs
from ..environment import ROOT, sources
from ..errors import InputError, Problem, raise_if
from ..results import read
from ..studies import checked
from . import staging
from .engine import render
from .fragments import fragments

WHY = "the manuscript's numbers, figures and tables come from them"


class Desk:
    """A study's manuscript, staged in the folder `to`."""

    def __init__(self, study: str, to: Path, engine: str = "auto", root: Path = Path()):
        self.engine, self.to, self.root = engine, to, root
        self.config, self.source, self.results = (root / name / study for name in ("config", "report", "results"))
        checked(study)
        rerun = f"run: make report STUDY={study}"
        whole = (self.config / "study.yaml").exists()
        parts = (self.config / "study.yaml", self.source / "manuscript.qmd")
        parts += (self.results / "analysis/ard.csv", self.results / "figures/alt.json")
        _there(parts, rerun if whole else "name a study under config/")
        dictionary, plan = self.config / "study.yaml", self.config / "plan.yaml"
        held = read(dictionary, plan, self.results)
        made = [f"figures/{name}.{form}" for name in held.plan.figures for form in ("svg", "png")]
        made += [f"tables/{name}.{form}" for name in held.plan.tables for form in ("md", "csv")]
        _there((self.results / name for name in made), rerun)
        own = root / "config" / "checklists.yaml"
        asked = [own if own.exists() else ROOT / "config" / "checklists.yaml", self.config / "checklists.yaml"]
        self.checklists = asked if asked[1].exists() else []
        claims = self.config / "claims.yaml"
        known = stages.claims_of(claims if claims.exists() else None, held.plan)
        logs, recorded = read_logs(self.results / "clean", COUNTED), second.on_record(plan, held.ard)
        self.fragments = fragments(held, known, logs, self.results, engine, recorded)
        staging.stage(self.fragments, self.answers(), self.results / "figures", self.source, to)

    def answers(self) -> str:
        return stages.answers(self.checklists, self.fragments, self.source)

    def refresh(self) -> None:
        """The author's files as they are now into the staged project."""
        staging.refresh(self.fragments, self.answers(), self.source, self.to)

    def editions(self, out: Path, formats: Iterable[str], engine: str = "") -> dict[str, Path]:
        return render(self.to, out, formats, engine=engine or self.engine, date=self.fragments.date)

    def state(self) -> tuple:
        """What changes when one of the author's files is saved."""
        paths = [Path(path) for path in sources(self.source)]
        return tuple((path, path.stat().st_mtime_ns, path.stat().st_size) for path in paths if path.exists())

    def outdated(self) -> list[str]:
        """The inputs that are no longer those of the results; the manuscript's own files apart."""
        listed = self.results / "audit" / "manifest.json"
        if not listed.exists():
            return ["results without a manifest: it is not known what they come from"]
        inputs = json.loads(listed.read_text(encoding="utf-8"))["inputs"]
        ours = {name: held for name, held in inputs.items() if name.startswith(("config/", "data/"))}
        return [
            name for name, held in ours.items() if not (self.root / name).is_file() or digest(self.root / name) != held
        ]


def _there(paths: Iterable[Path], do: str) -> None:
    """InputError for what is not there; a plan without figures or tables has no such folder."""
    raise_if(Problem(str(path), "is not there", WHY, do) for path in paths if not path.exists())


def stage_beside(study: str, root: Path) -> int:
    """For `quarto render` in report/<study>/: stage what it needs beside the manuscript; the number of files."""
    with tempfile.TemporaryDirectory() as scratch:
        desk = Desk(study, Path(scratch) / study, "auto", root)
        return staging.lay_beside(desk.to, desk.source, desk.fragments)


def beside(study: str, root: str) -> int:
    """The command of the hook: 0, or 1 with what is wrong, which ends Quarto's rendering."""
    try:
        stage_beside(study, Path(root))
    except InputError as error:
        print(error, file=sys.stderr)
        return 1
    return 0
