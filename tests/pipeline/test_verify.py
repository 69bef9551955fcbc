"""The audit from outside: a rerun proves the record and names what was tampered with; the gate stops a leak."""

import shutil

import pandas as pd
import pytest

from .conftest import run

pytestmark = pytest.mark.xdist_group("pipeline")

STUDY = "low-dose-cd19"


@pytest.fixture(scope="module")
def recorded(project, tmp_path_factory):
    """A checkout without git, with results and their record."""
    to = tmp_path_factory.mktemp("recorded") / "project"
    shutil.copytree(project, to, symlinks=True, ignore=shutil.ignore_patterns(".snakemake", "record"))
    done = run(to, "make", "record")
    if done.returncode:  # the manuscript prints an older second computation, or none
        assert "second.lock: written" in done.stdout, done.stdout
        done = run(to, "make", "report", "record")
    assert done.returncode == 0, done.stdout
    return to


def edit(path, old, new, encoding="utf-8"):
    text = path.read_text(encoding=encoding)
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding=encoding)


def test_a_rerun_gives_the_record(recorded):
    done = run(recorded, "make", "verify", TZ="Asia/Shanghai", PYTHONHASHSEED="3")
    assert done.returncode == 0, done.stdout
    assert "reproduced: the rerun gives the results of record" in done.stdout


def test_tampering_is_named(recorded, tmp_path):
    to = shutil.copytree(recorded, tmp_path / "tampered", symlinks=True)
    results, raw = to / "results" / STUDY, to / "data" / STUDY / "raw"
    line = (raw / "03_infusion.csv").read_text(encoding="utf-8").splitlines()[1].split(",")
    weight = next(cell for cell in line if "." in cell and cell.replace(".", "").isdigit())
    edit(raw / "03_infusion.csv", f",{weight},", f",{float(weight) + 0.2:.1f},")
    edit(
        to / "config" / STUDY / "plan.yaml",
        "event: crs_astct >= 3, unknown: left_out, label",
        "event: crs_astct >= 2, unknown: left_out, label",
    )
    shutil.copy(results / "figures" / "lfs.png", results / "figures" / "os.png")
    edit(results / "cohort" / "flow.csv", "infused,51", "infused,52")
    done = run(to, "make", "verify")
    assert done.returncode != 0
    text = done.stdout
    assert "03_infusion.csv: differs from its line in SHA256SUMS" in text
    assert f"config/{STUDY}/plan.yaml: input: its hash differs" in text
    assert "analysis crs_severe, statistic n, column value: " in text
    assert "clean/cells.parquet" in text and "03_infusion.csv, row 2, column" in text and f"'{weight}'" in text
    assert "figures/os.png: holds what belongs into figures/lfs.png" in text
    assert "cohort/flow.csv: step infused, column n: '51' -> '52' (+1)" in text


def test_most_statistics_are_computed_twice_and_agree(project):
    if not shutil.which("Rscript"):
        pytest.skip("R is not here")
    found = pd.read_csv(project / "results" / STUDY / "audit" / "concordance.csv")
    ard = pd.read_csv(project / "results" / STUDY / "analysis" / "ard.csv")
    assert set(found["verdict"]) == {"agrees"}, found[found["verdict"] != "agrees"].to_string()
    assert len(found) > 0.8 * len(ard)


def test_a_leaked_identifier_fails_the_run_without_being_repeated(recorded):
    name = (
        (recorded / "data" / STUDY / "raw" / "01_enrolment.csv")
        .read_text(encoding="gb18030")
        .splitlines()[1]
        .split(",")[1]
    )
    leak = recorded / "logs" / STUDY / "note.log"
    leak.parent.mkdir(parents=True, exist_ok=True)
    leak.write_text(f"asked about {name}", encoding="utf-8")
    try:
        done = run(recorded, ".venv/bin/snakemake", "--cores", "2", "--forcerun", "audit", "--config", f"study={STUDY}")
    finally:
        leak.unlink()
    assert done.returncode != 0
    assert f"logs/{STUDY}/note.log: holds a direct identifier: name" in done.stdout and name not in done.stdout
    assert not (recorded / "results" / STUDY / "audit" / "crate.zip").exists(), (
        "nothing of a run that leaks is left to share"
    )
