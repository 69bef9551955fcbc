"""A study in a folder of its own: where its sources are, and the same laid out as the house has them.

The stages are given the names that the workflow gives them (config/<study>/plan.yaml, data/<study>/raw/...), so that a
plan's own paths, the manifest and the crate say the same whichever way a study came in.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from . import environment, stages
from .checks.plan import load_plan
from .errors import InputError, Problem, raise_if
from .plan import Plan
from .study import Study, load_study, load_yaml, preflight

ENGINE = (
    "CITATION.cff", "LICENSE", "Snakefile", "config/config.yaml", "config/checklists.yaml", "envs/environment.yaml", "envs/requirements.lock", "workflow",
)  # fmt: skip
PROSE = ("*.qmd", "*.yml", "*.bib", "*.csl", "*.css", "*.lua", "*.docx", "*.svg", "*.png")
STARTS = "a run starts from the sources in this folder"


@dataclass(frozen=True)
class Folder:
    """The sources of a study. Optional ones that are not there are None; `data` is the folder of raw/."""

    path: Path
    study: Path
    data: Path
    plan: Path | None
    claims: Path | None
    checklists: Path | None
    report: Path | None

    @property
    def last(self) -> str:
        """The last stage for which there are sources."""
        return "clean" if self.plan is None else "tables" if self.report is None else "audit"

    @property
    def lacks(self) -> str:
        """The source that the stage after the last one needs."""
        return {"clean": "plan.yaml", "tables": "manuscript.qmd"}.get(self.last, "")


def find(path: Path) -> Folder:
    """What of a study a folder holds; InputError if it has no dictionary or no raw records."""
    there = {name: path / name for name in ("study.yaml", "plan.yaml", "claims.yaml", "checklists.yaml")}
    problems = []
    if not path.is_dir():
        problems.append(Problem(str(path), "is not a folder", STARTS, "name the folder that holds study.yaml"))
    elif not there["study.yaml"].is_file():
        do = "write the data dictionary (config/README.md of the engine describes it)"
        problems.append(Problem(str(path), "holds no study.yaml", STARTS, do))
    data = next((at for at in (path / "data", path) if (at / "raw").is_dir()), None)
    if data is None and not problems:
        problems.append(
            Problem(str(path), "holds neither data/raw/ nor raw/", STARTS, "put the raw files into data/raw/")
        )
    raise_if(problems)
    report = next((at for at in (path / "report", path) if (at / "manuscript.qmd").is_file()), None)
    plan, claims, checklists = (there[name] if there[name].is_file() else None for name in list(there)[1:])
    return Folder(path, there["study.yaml"], data, plan, claims, checklists, report)


def dictionary(folder: Folder) -> Study:
    """The data dictionary; its raw files are there."""
    study = load_study(folder.study)
    if study.id in ("", ".", "..") or "/" in study.id:
        what, do = f"the study's id '{study.id}' cannot name a folder", "take letters, digits and hyphens"
        raise InputError([Problem(f"{folder.study}, study.id", what, "results and crate are named by it", do)])
    preflight(study, folder.data)
    return study


def check(folder: Folder, study: Study, until: str) -> Plan | None:
    """The plan, and everything else that can be known to be wrong before a stage runs. Called in the house that was laid out."""
    from .audit.checklists import load_checklists
    from .audit.claims import load_claims

    if until == "clean":
        return None
    config = Path(f"config/{study.id}")
    plan = load_plan(config / "plan.yaml", study)
    if until in ("report", "audit"):
        if folder.claims:
            load_claims(config / "claims.yaml", plan)
        if folder.checklists:
            answers, source = config / "checklists.yaml", Path(f"report/{study.id}")
            load_checklists(Path("config/checklists.yaml"), answers, plan.written, source)
    return plan


def beside(folder: Folder, study: Study, name: str) -> Path | None:
    """A file that the plan names: in the folder, among the study's sources, or one of the engine's own; else None."""
    if ".." in Path(name).parts:
        return None
    own = {
        house: path / name.removeprefix(house) for house, path in names(folder, study).items() if name.startswith(house)
    }
    found = (folder.path / name, *own.values(), environment.ROOT / name)
    return next((path for path in found if path.is_file()), None)


def names(folder: Folder, study: Study) -> dict[str, Path]:
    """Names of the house -> where it lies in the folder; longest first, a folder with its stroke."""
    return {
        f"config/{study.id}/": folder.path,
        f"data/{study.id}/": folder.data,
        **({f"report/{study.id}/": folder.report} if folder.report else {}),
    }


def mentioned(plan: Path | None) -> list[str]:
    """The files that the entries of a plan name; of a plan that may still be wrong."""
    content = load_yaml(plan) if plan else {}
    rooms = [content.get(room) for room in ("analyses", "figures")] if isinstance(content, dict) else []
    specs = [spec for room in rooms if isinstance(room, dict) for spec in room.values() if isinstance(spec, dict)]
    return [spec["file"] for spec in specs if isinstance(spec.get("file"), str)]


def lay_out(folder: Folder, study: Study, house: Path) -> None:
    """Fill `house` with links to the engine and to the sources, each where the workflow would have it."""
    links: dict[str, Path] = {name: environment.ROOT / name for name in ENGINE}
    config, data, report = (f"{room}/{study.id}" for room in ("config", "data", "report"))
    locks = [folder.plan.with_name(name) for name in ("plan.lock", "second.lock")] if folder.plan else []
    labels = folder.plan.parent.glob("labels.*.yaml") if folder.plan else ()
    for path in (folder.study, folder.plan, *locks, folder.claims, folder.checklists, *labels):
        if path and path.is_file():
            links[f"{config}/{path.name}"] = path
    links[f"{data}/raw"] = folder.data / "raw"
    if (folder.data / "corrections.csv").is_file():
        links[f"{data}/corrections.csv"] = folder.data / "corrections.csv"
    if folder.report == folder.path:  # not all that lies there belongs to the manuscript
        links |= {f"{report}/{path.name}": path for pattern in PROSE for path in folder.path.glob(pattern)}
        links |= {f"{report}/fonts/{Path(font).name}": Path(font) for font in environment.fonts(folder.path)}
    elif folder.report:
        links[report] = folder.report
    for name in mentioned(folder.plan):
        found = beside(folder, study, name)
        if found:  # else reading the plan says so
            links.setdefault(name, found)
    for name, path in links.items():
        at = house / name
        at.parent.mkdir(parents=True, exist_ok=True)
        if not at.exists():
            at.symlink_to(path.resolve(), target_is_directory=path.is_dir())


def inputs(study: Study, plan: Plan) -> list[str]:
    """What the audit lists as inputs, by the names of the house; the rule `audit` lists the same."""
    config, data = Path(f"config/{study.id}"), Path(f"data/{study.id}")
    own = [
        config / "study.yaml",
        config / "plan.yaml",
        config / "plan.lock",
        config / "second.lock",
        config / "claims.yaml",
        data / "corrections.csv",
    ]
    answers = config / "checklists.yaml"
    own += [Path("config/checklists.yaml"), answers] if answers.is_file() else []
    own += [data / "raw" / "SHA256SUMS", *(data / "raw" / file.path for file in study.files.values())]
    own += map(Path, environment.sources(f"report/{study.id}"))
    own += [Path(plan.labels)] if plan.labels else []
    engine = [Path(name) for name in ENGINE if name not in ("config/checklists.yaml", "workflow")]
    engine += Path("workflow").glob("[rs]*/*.*")
    found = {path.as_posix() for path in (*own, *engine) if path.is_file()}
    return sorted({*found, *plan.files, *plan.shown, *environment.modules("stats", *stages.STAGES)})
