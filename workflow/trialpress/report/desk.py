"""A writer's desk: the manuscript staged once from the results that are there, then rendered as often as it is saved."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from .. import receipts, stages
from ..audit import digest
from ..environment import ROOT, located, sources
from ..errors import InputError, Problem, raise_if
from ..files import read_json
from ..studies import checked
from . import staging
from .engine import render
from .renderer import engine_version

WHY = "the manuscript's numbers, figures and tables come from them"


class Desk:
    """A study's manuscript, staged in the folder `to`."""

    def __init__(self, study: str, to: Path, engine: str = "auto", root: Path = Path()):
        self.engine, self.to, self.root = engine, to, root
        self.config, self.source, self.results = (root / name / study for name in ("config", "report", "results"))
        checked(study)
        self.rerun = f"run: make report STUDY={study}"
        whole = (self.config / "study.yaml").exists()
        parts = (self.config / "study.yaml", self.source / "manuscript.qmd")
        parts += (self.results / "analysis/ard.csv", self.results / "figures/alt.json")
        _there(parts, self.rerun if whole else "name a study under config/")
        own = root / "config" / "checklists.yaml"
        asked = [own if own.exists() else ROOT / "config" / "checklists.yaml", self.config / "checklists.yaml"]
        self.checklists = asked if asked[1].exists() else []
        self.fragments = kept(self.results, engine) or self._made()
        figures = [self.results / name for name in self.fragments.files if name.startswith("figures/")]
        _there((path.with_suffix(form) for path in figures for form in (".svg", ".png")), self.rerun)
        staging.stage(self.fragments, self.answers(), self.results / "figures", self.source, to)

    def _made(self) -> staging.Fragments:
        """What the manuscript includes, from the results and the configuration as they are."""
        from ..audit import second
        from ..clean import COUNTED, read_logs
        from ..results import read
        from .fragments import fragments

        dictionary, plan = self.config / "study.yaml", self.config / "plan.yaml"
        held = read(dictionary, plan, self.results)
        made = [f"figures/{name}.{form}" for name in held.plan.figures for form in ("svg", "png")]
        made += [f"tables/{name}.{form}" for name in held.plan.tables for form in ("md", "csv")]
        _there((self.results / name for name in made), self.rerun)
        claims = self.config / "claims.yaml"
        known = stages.claims_of(claims if claims.exists() else None, held.plan)
        logs, recorded = read_logs(self.results / "clean", COUNTED), second.on_record(plan, held.ard)
        return fragments(held, known, logs, self.results, self.engine, recorded)

    def answers(self) -> str:
        return stages.answers(self.checklists, self.fragments, self.source)

    def refresh(self) -> None:
        """The author's files as they are now into the staged project."""
        staging.refresh(self.fragments, self.answers(), self.source, self.to)

    def editions(self, out: Path, formats: Iterable[str], engine: str = "") -> dict[str, Path]:
        held = self.results / receipts.FOLDER
        known = held if (held / "light").is_dir() else None
        return render(self.to, out, formats, engine=engine or self.engine, date=self.fragments.date, kept=known)

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


def kept(results: Path, engine: str) -> staging.Fragments | None:
    """What the last run of the workflow wrote for the manuscript to include; None unless all that was read for it is what it was,
    and it names the engine that is asked for. results: results/<study>/ of the working directory."""
    try:
        made, rendered = (
            json.loads((results / receipts.FOLDER / f"{rule}.json").read_text(encoding="utf-8"))
            for rule in ("fragments", "report")
        )
        version = read_json(results / "report" / "renderer.json", version=str)["version"]
    except (OSError, ValueError, InputError):  # there was none, or it was not whole
        return None
    known, name = made["read"] | made["wrote"], f"{results.as_posix()}/report/fragments.json"
    if name not in known or version != engine_version(engine) or known[name] != rendered["read"].get(name):
        return None
    try:
        same = receipts.hashes(map(located, known)) == known
    except InputError:  # the plan that is being edited, for one
        return None
    return staging.read(results) if same else None


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
