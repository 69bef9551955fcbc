"""`make verify`: a rerun from raw proves the record, and names what was tampered with."""

import shutil

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
    edit(to / "config" / STUDY / "plan.yaml", "event: crs_astct >= 3, label", "event: crs_astct >= 2, label")
    shutil.copy(results / "figures" / "lfs.png", results / "figures" / "os.png")
    edit(results / "cohort" / "flow.csv", "Enrolled,53", "Enrolled,54")
    done = run(to, "make", "verify")
    assert done.returncode != 0
    text = done.stdout
    assert "03_infusion.csv: differs from its line in SHA256SUMS" in text
    assert f"config/{STUDY}/plan.yaml: input: its hash differs" in text
    assert "analysis crs_severe, statistic n, column value: " in text
    assert "clean/cells.parquet" in text and "03_infusion.csv, row 2, column" in text and f"'{weight}'" in text
    assert "figures/os.png: holds what belongs into figures/lfs.png" in text
    assert "cohort/flow.csv: row 2, column n: '53' -> '54' (+1)" in text
