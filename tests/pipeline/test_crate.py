"""The crate of a whole run: its actions are what the rules' receipts say, and it suffices to run all again."""

import json
import zipfile

import pytest
from audit.validator import issues

from .conftest import run

pytestmark = pytest.mark.xdist_group("pipeline")
STUDIES = pytest.mark.parametrize("study", ["low-dose-cd19", "cd22-nci"])
LATER = ("audit/crate.zip", "audit/index.html", "audit/privacy.json", "audit/page/", "audit/release/")


@pytest.fixture
def folder(study, project, request):
    if study == "cd22-nci":
        request.getfixturevalue("cd22")
    return project / "results" / study


def graph(folder) -> dict:
    with zipfile.ZipFile(folder / "audit" / "crate.zip") as archive:
        return {entity["@id"]: entity for entity in json.loads(archive.read("ro-crate-metadata.json"))["@graph"]}


def named(entities, study) -> set[str]:
    """The files that an action names, as the receipts do."""
    entities = entities if isinstance(entities, list) else [entities]
    names = [entity["@id"].removeprefix("#") for entity in entities]
    return {name.replace("results/", f"results/{study}/", 1) for name in names if not name.startswith("value-")}


@STUDIES
def test_every_rule_is_an_action_with_what_it_read_and_wrote(study, folder):
    found, receipts = graph(folder), sorted((folder / ".receipts").glob("*.json"))
    assert [path.stem for path in receipts] == sorted(i.removeprefix("#step-") for i in found if i.startswith("#step-"))
    for path in receipts:
        receipt, action = json.loads(path.read_text()), found[f"#{path.stem}"]
        # of a part that it read, the file
        read = {name.partition("#")[0] for name in receipt["read"] if not name.startswith("workflow/")}
        wrote = {name for name in receipt["wrote"] if not name.removeprefix(f"results/{study}/").startswith(LATER)}
        assert named(action["object"], study) == read, path.stem
        assert named(action["result"], study) == wrote, path.stem
        for name, known in (receipt["read"] | receipt["wrote"]).items():
            short = name.replace(f"results/{study}/", "results/", 1)
            entity = found.get(short) or found.get(f"#{short}")
            assert entity is None or entity["sha256"] == known, name


@STUDIES
def test_the_official_validator_accepts_it(study, folder):
    pytest.importorskip("rocrate_validator", reason="roc-validator is not installed")
    path = folder / "audit" / "crate.zip"
    assert (
        {message for _, message, _ in issues(path, "provenance-run-crate-0.5")}
        == {
            "The SoftwareApplication id SHOULD be an absolute URI"  # of the code in the crate: see tests/audit/test_crate.py
        }
    )


def test_the_crate_and_the_raw_records_give_the_results_again(cd22, tmp_path):
    crate, raw = cd22 / "results" / "cd22-nci" / "audit" / "crate.zip", cd22 / "data" / "cd22-nci" / "raw"
    python = (".venv/bin/python", "-m", "trialpress")
    done = run(cd22, *python, "verify", "--crate", str(crate), "--raw", str(raw), PYTHONPATH="workflow")
    assert done.returncode == 0 and "cd22-nci: reproduced: " in done.stdout, done.stdout
    assert (
        "  trace: numbers to raw cells, statistics a second time" in done.stdout.splitlines()
    )  # it talks while it works
