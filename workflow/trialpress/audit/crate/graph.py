"""The crate's graph: the workflow and its steps, a run of each with inputs, outputs, parameters and software."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rocrate.model import ComputationalWorkflow, ContextEntity
from rocrate.rocrate import ROCrate

from ...environment import blob
from ...plan import Plan
from ...study import Study
from .steps import LOCK, STEPS, Step, matching
from .texts import media

VERSION = "1.1"  # of RO-Crate: the one that the profiles build on
PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": ("Process Run Crate", "0.5"),
    "https://w3id.org/ro/wfrun/workflow/0.5": ("Workflow Run Crate", "0.5"),
    "https://w3id.org/ro/wfrun/provenance/0.5": ("Provenance Run Crate", "0.5"),
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0": ("Workflow RO-Crate", "1.0"),
}
BIOSCHEMAS = "https://bioschemas.org/profiles/ComputationalWorkflow/1.0-RELEASE"
REQUIREMENTS = "https://pip.pypa.io/en/stable/reference/requirements-file-format/"
TERMS = {
    "sha256": "https://schema.org/sha256",
    "buildInstructions": "https://codemeta.github.io/terms/buildInstructions",
}
HOME = {
    "Python": "https://www.python.org/",
    "R": "https://www.r-project.org/",
    "snakemake": "https://snakemake.github.io/",
    "pandas": "https://pandas.pydata.org/",
    "numpy": "https://numpy.org/",
    "scipy": "https://scipy.org/",
    "statsmodels": "https://www.statsmodels.org/",
    "matplotlib": "https://matplotlib.org/",
    "seaborn": "https://seaborn.pydata.org/",
    "pyarrow": "https://arrow.apache.org/",
}  # every package that `environment.versions` names
PARAMETERS = {
    "level": "Level of confidence intervals",
    "seed": "Seed of resampling",
    "formats": "Formats of the manuscript",
    "engine": "Engine that renders the manuscript",
}
ARCHIVE = "https://archive.softwareheritage.org/"  # finds a text by the hash of its content, once it is archived
DONE = "http://schema.org/CompletedActionStatus"
TIMES = "Runs record no time, so that a rerun gives the same crate: the end stated is the date of the data."
TOO_LARGE = "Not included for its size: the manuscript is here in its other formats."
ABSENT = "Not included: it may hold personal records. Whoever has the file can check it against the hash."


@dataclass(frozen=True)
class Content:
    """What a crate is made of. files: name in the crate -> (path on disk, digest); absent: name -> digest of what is not packed;
    parameters: name -> value; citation: CITATION.cff."""

    study: Study
    plan: Plan
    files: Mapping[str, tuple[Path, Mapping]]
    absent: Mapping[str, Mapping]
    software: Mapping[str, str]
    second: Mapping[str, str]
    parameters: Mapping[str, object]
    citation: Mapping


def address(name: str, second: bool, version: str) -> str:
    """Where a piece of software is at home: its own page, or the DOI of a package of R. KeyError if it is not known.

    >>> address("pandas", False, "3.1.1"), address("survival", True, "3.5.3")
    ('https://pandas.pydata.org/', 'https://doi.org/10.32614/CRAN.package.survival')
    """
    if name == "manuscript":
        return "https://quarto.org/" if "quarto" in version.lower() else "https://pandoc.org/"
    return f"https://doi.org/10.32614/CRAN.package.{name}" if second and name not in HOME else HOME[name]


class Graph:
    """Fills an RO-Crate with the entities of a run."""

    def __init__(self, content: Content):
        self.content, self.crate = content, ROCrate(version=VERSION)
        self.crate.metadata.extra_terms = dict(TERMS)
        self.study, self.citation = content.study, content.citation
        self.url = content.citation.get("url") or content.citation.get("repository-code") or {"@id": "CITATION.cff"}
        self.people = self.thing("#trialpress", "Organization", name=self._authors(), url=self.url)
        self.common = {"agent": self.people, "endTime": self.study.data_cutoff, "actionStatus": DONE}
        self.describe()
        self.libraries = [self.software(*one) for one in content.software.items() if one[0] != "manuscript"]
        self.second = [self.software(*one, second=True) for one in content.second.items()]
        self.renderer = [self.software(*one) for one in content.software.items() if one[0] == "manuscript"]
        self.parameters = {name: self.parameter(name, value) for name, value in content.parameters.items()}
        self.files, self.tools = {}, {}
        for name, (path, digest) in content.files.items():
            self.files[name] = self.file(name, path, digest)
        for name, digest in content.absent.items():
            why = TOO_LARGE if name.startswith("results/report/manuscript.") else ABSENT
            self.files[name] = self.thing(
                f"#{name}", "CreativeWork", **self.measured(name, digest), conditionsOfAccess=why
            )
        self.run()
        for entity in self.crate.get_entities():  # as RO-Crate 1.1 has it: one value is no list
            for key, value in entity.properties().items():
                if isinstance(value, list) and len(value) == 1:
                    entity.properties()[key] = value[0]

    def thing(self, identifier: str, kind, **properties) -> ContextEntity:
        return self.crate.add(ContextEntity(self.crate, identifier, properties={"@type": kind, **properties}))

    def _authors(self) -> str:
        authors = self.citation.get("authors", [])
        names = [
            one.get("name") or f"{one.get('given-names', '')} {one.get('family-names', '')}".strip() for one in authors
        ]
        return ", ".join(names) or "The authors"

    def describe(self) -> None:
        """The root of the crate: what it is, whose, under which licence and profiles."""
        notice = f" {self.study.notice}" if self.study.notice else ""
        root, crate = self.crate.root_dataset, self.crate
        crate.name = f"{self.study.id}: one run from raw records to the publication"
        crate.description = f"{self.study.title}.{notice} Raw records are referenced by hash and not included."
        crate.datePublished = self.study.data_cutoff
        crate.license = self.thing("https://spdx.org/licenses/MIT", "CreativeWork", name="MIT License",
                                   description="Holds for the code and the text.")  # fmt: skip
        root["author"] = root["publisher"] = self.people
        root["conformsTo"] = [
            self.thing(url, "CreativeWork", name=name, version=version) for url, (name, version) in PROFILES.items()
        ]

    def software(self, name: str, version: str, second: bool = False) -> ContextEntity:
        url = address(name, second, version)
        shown = version if name == "manuscript" else name
        number = " ".join(re.findall(r"\d[\w.]*", version)) or version
        return self.crate.get(url) or self.thing(
            url, "SoftwareApplication", name=shown, softwareVersion=number, url=url
        )

    def parameter(self, name: str, value) -> ContextEntity:
        kind = "Number" if isinstance(value, int | float) else "Text"
        formal = self.thing(f"#parameter-{name}", "FormalParameter", name=name, description=PARAMETERS[name],
                            additionalType=kind, conformsTo={"@id": "https://bioschemas.org/profiles/FormalParameter/1.0-RELEASE"})  # fmt: skip
        given = self.thing(f"#value-{name}", "PropertyValue", name=name, value=value, exampleOfWork=formal)
        formal["workExample"] = given
        return given

    def measured(self, name: str, digest: Mapping) -> dict:
        return {"name": Path(name).name, "encodingFormat": media(name), "sha256": digest["sha256"],
                "contentSize": str(digest["bytes"])}  # fmt: skip

    def file(self, name: str, path: Path, digest: Mapping):
        properties = self.measured(name, digest)
        if name == "Snakefile":
            return self.workflow(path, properties)
        if name == "README.md":
            properties["about"] = {"@id": "./"}
        if name == LOCK:
            properties["conformsTo"] = self.thing(
                REQUIREMENTS, "CreativeWork", name="Requirements file format of pip", url=REQUIREMENTS
            )
        file = self.crate.add_file(path, name, properties=properties)
        for step in STEPS:
            if step.script == name:
                self.tools[step.name] = self.tool(step, path, file)
        return file

    def tool(self, step: Step, path: Path, file) -> ContextEntity:
        """The script of a step as software: known by its content, wherever it lies, and encoded by the file of the crate."""
        url = f"{ARCHIVE}swh:1:cnt:{blob(path.read_bytes())}"
        found = self.thing(url, "SoftwareSourceCode", name=step.name, description=step.text, url=url, version=self.version,
                           softwareRequirements=self.requirements(step), encoding=file)  # fmt: skip
        file["encodesCreativeWork"] = found
        return found

    @property
    def version(self) -> str:
        return str(self.citation.get("version", "0"))

    def requirements(self, step: Step) -> list:
        return [
            *self.libraries,
            *(self.second if step.name == "trace" else ()),
            *(self.renderer if step.name == "report" else ()),
        ]

    def workflow(self, path: Path, properties: Mapping) -> ComputationalWorkflow:
        found = self.crate.add_workflow(path, "Snakefile", main=True, lang="snakemake", gen_cwl=False, properties={
            **properties, "@type": ["File", "SoftwareSourceCode", "ComputationalWorkflow", "HowTo"],
            "name": "From raw records to the publication", "description": "raw, clean, cohort, analysis, figures, tables, report, audit",
            "url": self.url, "version": self.version, "license": self.crate.license, "creator": self.people,
            "conformsTo": self.thing(BIOSCHEMAS, "CreativeWork", name="Bioschemas ComputationalWorkflow", version="1.0"),
            "softwareRequirements": [*self.libraries, *self.second, *self.renderer],
            "buildInstructions": {"@id": LOCK}, "input": [{"@id": f"#parameter-{name}"} for name in self.parameters],
        })  # fmt: skip
        found["programmingLanguage"]["version"] = self.content.software.get("snakemake", "")
        return found

    def run(self) -> None:
        """The workflow's steps, and an action for the whole run and for each of them."""
        workflow, steps, controls, actions = self.crate.mainEntity, [], [], []
        for position, step in enumerate(STEPS, start=1):
            tool = self.tools[step.name]
            steps.append(self.thing(f"#step-{step.name}", "HowToStep", name=step.name, description=step.text,
                                    position=str(position), workExample=tool, buildInstructions={"@id": LOCK}))  # fmt: skip
            actions.append(self.action(step, tool))
            controls.append(self.thing(f"#control-{step.name}", "ControlAction", name=f"The step {step.name} was carried out",
                                       instrument=steps[-1], object=actions[-1], actionStatus=DONE))  # fmt: skip
        workflow["hasPart"], workflow["step"] = list(self.tools.values()), steps
        given = [
            entity for name, entity in self.files.items() if name.startswith(("config/", "data/", "report/", "envs/"))
        ]
        made = [entity for name, entity in self.files.items() if name.startswith("results/")]
        whole = self.thing("#run", "CreateAction", name=f"Run of the workflow on {self.study.id}", instrument=workflow, result=made,
                           object=[*given, *self.parameters.values()], description=TIMES, **self.common)  # fmt: skip
        engine = next(entity for entity in self.libraries if entity["name"] == "snakemake")
        organized = self.thing("#organized", "OrganizeAction", name="The steps in their order", instrument=engine, object=controls,
                               result=whole, agent=self.people, endTime=self.study.data_cutoff, actionStatus=DONE,
                               description="By Snakemake, or by the same functions in one process.")  # fmt: skip
        self.crate.root_dataset["mentions"] = [whole, *actions, organized]

    def action(self, step: Step, tool) -> ContextEntity:
        """A step's run: object and result as its patterns choose them."""
        known = {
            "study": [self.study.id],
            "files": self.content.plan.files,
            "shown": self.content.plan.shown,
            "published": [f"config/{self.study.id}/claims.yaml"] if self.study.reconstruction else [],
        }
        outer = [name for name in self.files if not name.startswith("results/")]
        inner = [name.removeprefix("results/") for name in self.files if name.startswith("results/")]
        read = [
            *matching(outer, step.reads, known),
            *(f"results/{name}" for name in matching(inner, step.reads, known)),
        ]
        wrote = [f"results/{name}" for name in matching(inner, step.writes, known)]
        values = [self.parameters[name] for name in step.parameters if name in self.parameters]
        return self.thing(f"#{step.name}", "CreateAction", name=f"{step.name}: {step.text}", instrument=tool,
                          object=[*(self.files[name] for name in dict.fromkeys(read)), *values],
                          result=[self.files[name] for name in wrote], description=TIMES, **self.common)  # fmt: skip
