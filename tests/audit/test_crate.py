"""The crate reads back, holds what the Workflow Run Crate profile requires, packs no raw record, and has no clock in it."""

import json
import zipfile
from contextlib import chdir
from unittest.mock import patch

import pytest
from rocrate.rocrate import ROCrate
from trialpress.audit import crate, digest
from trialpress.study import Study

STUDY = Study("s", "A study", "2016-12-31", False, "S", "", "who", (), {}, {}, {}, ())
RAW, SECRET = "data/s/raw/01.csv", "name\nAda Lovelace\n"


@pytest.fixture
def made(tmp_path):
    """(crate.zip, manifest) of a small project."""
    return make(tmp_path / "a")


def make(root):
    files = {
        "Snakefile": "rule all:\n", RAW: SECRET, "data/s/corrections.csv": "table\n", "config/s/plan.yaml": "plan: {}\n",
        "workflow/trialpress/x.py": "x = 1\n", "report/s/manuscript.qmd": "text\n", "results/s/analysis/ard.csv": "analysis\n",
        "results/s/report/manuscript.html": "<p>36/40</p>", "results/s/clean/changes.csv": "key\nLD-001\n", "results/s/tables/t.csv": "a\n",
        "results/s/audit/manifest.json": "{}", "results/s/figures/swimmer.csv": "participant\nLD-001\n",
    }  # fmt: skip
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    inputs = {name: digest(root / name) for name in files if not name.startswith("results/")}
    manifest = {"software": {"Python": "3.11.2"}, "second_opinion": {"R": "4.2.2"}, "inputs": inputs}
    to = root / "results/s/audit/crate.zip"
    with chdir(root), patch.multiple(crate, engine=str, located=str):
        crate.write(STUDY, manifest, root / "results/s", digest, to)
    return to, manifest


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
    assert profiles == set(crate.PROFILES)
    for profile in profiles:
        assert back.get(profile).type == "CreativeWork" and back.get(profile)["version"]
    for field in ("name", "description", "license", "datePublished"):
        assert back.root_dataset[field]
    workflow = back.mainEntity
    assert {"File", "SoftwareSourceCode", "ComputationalWorkflow"} == set(workflow.type)
    assert workflow["name"] and workflow["programmingLanguage"]["name"] == "Snakemake"
    (action,) = [entity for entity in back.get_entities() if entity.type == "CreateAction"]
    assert back.root_dataset["mentions"] in (action, [action])
    assert action["instrument"] == workflow and action["name"] and action["agent"]["name"]
    assert {entity.id for entity in action["object"]} >= {f"#{RAW}", "config/s/plan.yaml"}
    assert {entity.id for entity in action["result"]} >= {"results/analysis/ard.csv", "results/report/manuscript.html"}


def test_every_packed_file_is_described_with_its_hash(made):
    back = ROCrate(made[0])
    with zipfile.ZipFile(made[0]) as archive:
        for name in set(archive.namelist()) - {"ro-crate-metadata.json"}:
            data = archive.read(name)
            assert back.get(name)["contentSize"] == str(len(data)) and len(back.get(name)["sha256"]) == 64, name
        graph = json.loads(archive.read("ro-crate-metadata.json"))["@graph"]
    assert len({entity["@id"] for entity in graph}) == len(graph)


def test_raw_records_are_referenced_and_not_packed(made):
    path, manifest = made
    with zipfile.ZipFile(path) as archive:
        assert not [
            name for name in archive.namelist() if name.startswith("data/") or "clean" in name or "figures" in name
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
