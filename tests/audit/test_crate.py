"""The crate reads back, holds what the Provenance Run Crate profile requires, packs no raw record, and has no clock in it."""

import doctest
import json
import shutil
import zipfile
from contextlib import chdir
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import patch

import pytest
import yaml
from audit.validator import PROFILES, issues
from rocrate.rocrate import ROCrate
from trialpress import environment
from trialpress.audit import crate, digest
from trialpress.audit.crate import graph, steps, texts, verify
from trialpress.errors import InputError
from trialpress.study import Study

STUDY = Study("s", "A study", "2016-12-31", False, "S", "", "who", (), {}, {}, {}, ())
PLAN = SimpleNamespace(level=0.95, seed=7, files=[], shown=[])
INSIDE = ("RECOMMENDED", "The SoftwareApplication id SHOULD be an absolute URI")
RAW, SECRET = "data/s/raw/01.csv", "name\nAda Lovelace\n"
CITATION = "version: 0.1.0\nauthors:\n  - name: The authors\n"
MANUSCRIPT = "---\ntitle: On things\nauthor:\n  - name: Ada\n    orcid: 0000-0001\n---\ntext\n"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """(crate.zip, manifest) of a small project."""
    return make(tmp_path_factory.mktemp("made") / "a")


def make(root):
    files = {
        "Snakefile": "rule all:\n", RAW: SECRET, "data/s/corrections.csv": "table\n", "config/s/plan.yaml": "plan: {}\n",
        "config/s/study.yaml": "study: {}\n", "CITATION.cff": CITATION, "LICENSE": "MIT\n", "envs/requirements.lock": "a==1\n",
        **{step.script: f"# {step.name}\n" for step in steps.STEPS},
        "workflow/trialpress/x.py": "x = 1\n", "report/s/manuscript.qmd": MANUSCRIPT, "results/s/analysis/ard.csv": "analysis\n",
        "results/s/report/manuscript.html": "<p>36/40</p>", "results/s/clean/changes.csv": "key\nLD-001\n", "results/s/tables/t.csv": "a\n",
        "results/s/report/renderer.json": '{"engine": "embedded", "version": "Pandoc 3.9", "formats": ["html"]}',
        "results/s/report/fragments.json": "{}", "results/s/report/manuscript.docx": "Word", "results/s/cohort/subjects.parquet": "LD-001", "results/s/cohort/no_effect.csv": "entry\n", "results/s/audit/trace.json": "LD-001",
        "results/s/audit/manifest.json": "{}", "results/s/figures/swimmer.csv": "participant\nLD-001\n",
    }  # fmt: skip
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    inputs = {name: digest(root / name) for name in files if not name.startswith("results/")}
    software = {"Python": "3.11.2", "snakemake": "9.27.1", "manuscript": "Pandoc 3.9"}
    outputs = {name.removeprefix("results/s/"): digest(root / name) for name in files if name.startswith("results/")}
    manifest = {
        "study": "s",
        "software": software,
        "second_opinion": {"R": "4.2.2"},
        "inputs": inputs,
        "outputs": outputs,
    }
    (root / "results/s/audit/manifest.json").write_text(json.dumps(manifest))
    to = root / "results/s/audit/crate.zip"
    with chdir(root), patch.multiple(crate, located=str):
        crate.write(STUDY, PLAN, manifest, root / "results/s", digest, to)
    return to, manifest


def test_every_package_that_a_run_names_has_its_page():
    assert {*environment.SHOWN, "Python"} <= set(graph.HOME)


def test_examples():
    assert doctest.testmod(steps).failed == doctest.testmod(graph).failed == 0
    assert doctest.testmod(steps).attempted and doctest.testmod(graph).attempted


@pytest.mark.parametrize("profile", PROFILES)
def test_the_official_validator_finds_nothing_but_that_the_workflow_lies_in_the_crate(made, profile):
    pytest.importorskip("rocrate_validator", reason="roc-validator is not installed")
    # a run's profiles recommend an address on the web for it, once as a program and once as a workflow
    run = profile not in ("ro-crate-1.1", "workflow-ro-crate-1.0")
    assert [issue[:2] for issue in issues(made[0], profile)] == [INSIDE] * (2 if run else 0)


def test_a_workflow_with_an_address_would_have_to_be_published_there(made, tmp_path):
    """Why the two recommendations stay: what follows them breaks what the profile of workflows requires."""
    pytest.importorskip("rocrate_validator", reason="roc-validator is not installed")
    with zipfile.ZipFile(made[0]) as archive:
        archive.extractall(tmp_path)
    path = tmp_path / "ro-crate-metadata.json"
    path.write_text(path.read_text().replace('"@id": "Snakefile"', '"@id": "https://example.org/Snakefile"'))
    found = issues(tmp_path, "workflow-run-crate-0.5")
    assert INSIDE not in [issue[:2] for issue in found]
    assert ("REQUIRED", "Main Workflow https://example.org/Snakefile not found in crate") in [one[:2] for one in found]


def test_the_validator_sees_what_is_missing(made, tmp_path):
    pytest.importorskip("rocrate_validator", reason="roc-validator is not installed")
    with zipfile.ZipFile(made[0]) as archive:
        archive.extractall(tmp_path)
    path = tmp_path / "ro-crate-metadata.json"
    content = json.loads(path.read_text())
    for entity in content["@graph"]:
        if entity["@id"] == "#control-clean":
            del entity["instrument"]
    path.write_text(json.dumps(content))
    found = issues(tmp_path, "provenance-run-crate-0.5")
    assert [severity for severity, _, entity in found if entity.endswith("#control-clean")] == ["REQUIRED"], found


def test_the_library_reads_it_back(made):
    back = ROCrate(made[0])
    assert back.mainEntity.id == "Snakefile" and back.root_dataset["datePublished"] == "2016-12-31"
    assert {entity.id for entity in back.data_entities} >= {
        "results/analysis/ard.csv",
        "results/report/manuscript.html",
        "config/s/plan.yaml",
    }


def test_required_fields_of_the_profile(made):
    back = ROCrate(made[0])
    profiles = {entity.id for entity in back.root_dataset["conformsTo"]}
    assert profiles == set(graph.PROFILES)
    for profile in profiles:
        assert back.get(profile).type == "CreativeWork" and back.get(profile)["version"]
    for field in ("name", "description", "license", "datePublished"):
        assert back.root_dataset[field]
    workflow = back.mainEntity
    assert {"File", "SoftwareSourceCode", "ComputationalWorkflow", "HowTo"} == set(workflow.type)
    assert workflow["name"] and workflow["programmingLanguage"]["name"] == "Snakemake"
    action = back.get("#run")
    assert action in back.root_dataset["mentions"]
    assert action["instrument"] == workflow and action["name"] and action["agent"]["name"] == "The authors"
    assert {entity.id for entity in action["object"]} >= {f"#{RAW}", "config/s/plan.yaml", "#value-seed"}
    assert {entity.id for entity in action["result"]} >= {"results/analysis/ard.csv", "results/report/manuscript.html"}


def test_each_step_is_an_action_with_what_it_read_and_wrote(made):
    back = ROCrate(made[0])
    assert [control.id for control in back.get("#organized")["object"]] == [
        f"#control-{step.name}" for step in steps.STEPS
    ]
    analysis = back.get("#analysis")
    assert analysis["instrument"].id == f"{graph.ARCHIVE}swh:1:cnt:{environment.blob(b'# analysis' + bytes([10]))}"
    assert analysis["instrument"]["encoding"].id == "workflow/scripts/analysis.py"
    assert analysis["endTime"] == "2016-12-31"
    assert [entity.id for entity in analysis["object"]] == [
        "config/s/plan.yaml", "config/s/study.yaml", "#results/cohort/subjects.parquet", "#value-level", "#value-seed",
    ]  # fmt: skip
    assert analysis["result"].id == "results/analysis/ard.csv"
    assert back.get("#value-seed")["value"] == 7 and back.get("#value-formats")["value"] == "html"
    software = [entity.id for entity in back.get("#trace")["instrument"]["softwareRequirements"]]
    assert software == [
        "https://www.python.org/",
        "https://snakemake.github.io/",
        "https://www.r-project.org/",
    ]
    assert back.mainEntity["buildInstructions"].id == "envs/requirements.lock"


def test_the_manifest_of_codecheck_and_the_citation_are_in_it(made):
    with zipfile.ZipFile(made[0]) as archive:
        said = yaml.safe_load(archive.read("codecheck.yml"))
        assert archive.read("CITATION.cff").decode() == CITATION
        assert f"- `{RAW}`" in archive.read("README.md").decode()
    assert said["paper"] == {"title": "On things", "authors": [{"name": "Ada", "orcid": "0000-0001"}]}
    assert [entry["file"] for entry in said["manifest"]] == [
        "results/analysis/ard.csv", "results/report/manuscript.html", "results/tables/t.csv",
    ]  # fmt: skip
    word = ROCrate(made[0]).get("#results/report/manuscript.docx")
    assert word["conditionsOfAccess"] == graph.TOO_LARGE and len(word["sha256"]) == 64
    assert texts.front_matter("no front matter") == {} and texts.media("a.unheard") == "application/octet-stream"


def test_every_packed_file_is_described_with_its_hash(made):
    back = ROCrate(made[0])
    with zipfile.ZipFile(made[0]) as archive:
        for name in sorted({*archive.namelist()} - {"ro-crate-metadata.json"}):
            data = archive.read(name)
            assert back.get(name)["contentSize"] == str(len(data)) and len(back.get(name)["sha256"]) == 64, name
        graph = json.loads(archive.read("ro-crate-metadata.json"))["@graph"]
    assert len({entity["@id"] for entity in graph}) == len(graph)


def test_raw_records_are_referenced_and_not_packed(made):
    path, manifest = made
    with zipfile.ZipFile(path) as archive:
        assert not [
            name for name in archive.namelist() if name.startswith(("data/", "results/clean", "results/figures"))
        ]
        assert not [
            name for name in archive.namelist() if b"Lovelace" in archive.read(name) or b"LD-001" in archive.read(name)
        ]
    reference = ROCrate(path).get(f"#{RAW}")
    assert (
        reference["sha256"] == manifest["inputs"][RAW]["sha256"] and "Not included" in reference["conditionsOfAccess"]
    )


def test_same_bytes_elsewhere_and_later(made, tmp_path, monkeypatch):
    monkeypatch.setattr("rocrate.utils.iso_now", lambda: "2031-01-01T00:00:00+00:00")
    monkeypatch.setattr("rocrate.model.root_dataset.iso_now", lambda: "2031-01-01T00:00:00+00:00")
    assert make(tmp_path / "another place")[0].read_bytes() == made[0].read_bytes()


def rerun_as(**changed):
    """A rerun that gives the results of the small project, some changed."""

    def rerun(project, study, engine, say):
        assert (project / RAW).read_text() == SECRET and (project / "Snakefile").is_file()
        to = project / "results" / study
        shutil.copytree(rerun.source, to)
        for name, text in changed.items():
            (to / name.replace("__", "/")).with_suffix(".csv").write_text(text)
        return SimpleNamespace(returncode=0, stdout="")

    return rerun


def verified(made, monkeypatch, raw, **changed):
    lines, rerun = [], rerun_as(**changed)
    rerun.source = made[0].parents[1]
    monkeypatch.setattr(verify, "rerun", rerun)
    return verify.verify(made[0], raw, lines.append), "\n".join(lines)


@pytest.mark.parametrize("where", ["", "raw"])
def test_a_crate_and_the_raw_records_are_enough_to_verify(made, monkeypatch, where):
    data = made[0].parents[3] / "data" / "s"
    good, text = verified(made, monkeypatch, data / where if where else data)
    assert good and text.endswith("s: reproduced: 12 outputs are those of the crate"), text


def test_what_a_rerun_gives_otherwise_is_named_held_or_not(made, monkeypatch):
    raw = made[0].parents[3] / "data" / "s" / "raw"
    good, text = verified(made, monkeypatch, raw, analysis__ard="analysis,x\n", figures__swimmer="participant\n")
    assert not good and "  analysis/ard.csv: columns differ" in text
    assert "  figures/swimmer.csv: other bytes than those of the crate's run" in text


def test_other_records_and_missing_ones_are_refused_by_name(made, tmp_path):
    (tmp_path / "01.csv").write_text("name\nCharles\n")
    with pytest.raises(InputError) as error:
        verify.verify(made[0], tmp_path, lambda line: None)
    said = str(error.value)
    assert "01.csv: is not the file that the run has read" in said and "corrections.csv: is not there" in said
    assert "Charles" not in said


def test_a_crate_that_was_changed_is_refused(made, tmp_path):
    changed = tmp_path / "crate.zip"
    with zipfile.ZipFile(made[0]) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            new.writestr(name, b"x = 2\n" if name == "workflow/trialpress/x.py" else old.read(name))
        new.writestr("sitecustomize.py", "more")
    with pytest.raises(InputError) as error:
        verify.verify(changed, tmp_path, lambda line: None)
    assert str(error.value).count("is not what the crate says of it") == 2
    (tmp_path / "none.zip").write_text("no archive")
    with pytest.raises(InputError, match="cannot be read as a crate"):
        verify.main(tmp_path / "none.zip", Path("raw"))


@pytest.mark.parametrize(
    ("there", "kept"),
    [
        (["html", "pdf", "docx", "jats.zip", "xml"], ["pdf", "xml"]),
        (["html", "docx"], ["html"]),
        (["docx", "jats.zip", "xml"], ["docx", "xml"]),
        (["jats.zip"], ["jats.zip"]),
    ],
)
def test_of_the_editions_with_pictures_one_is_packed(tmp_path, there, kept):
    for suffix in there:
        (tmp_path / "report").mkdir(exist_ok=True)
        (tmp_path / "report" / f"manuscript.{suffix}").touch()
    assert crate.packed(tmp_path) == [f"report/manuscript.{suffix}" for suffix in kept]
