"""The next study comes in by configuration alone: four small files, as the README's walk has them."""

import shutil

import pytest

from .conftest import ROOT, checkout, report
from .test_report import overall, read

pytestmark = pytest.mark.xdist_group("pipeline")


def test_a_study_of_five_patients_by_configuration_alone(tmp_path):
    project = checkout(tmp_path / "project")
    for room in ("data", "config", "report"):
        shutil.copytree(ROOT / "tests" / "fixtures" / "tiny" / room, project / room / "tiny")
    done = report(project, "STUDY=tiny")
    assert done.returncode == 0, done.stdout
    out = project / "results" / "tiny"
    got = overall(out / "analysis" / "ard.csv", "cr")
    assert (got["n"], got["N"]) == (3, 5)
    assert "3/5" in (out / "report" / "manuscript.html").read_text(encoding="utf-8")
    changes = read(out / "clean" / "changes.csv")
    dates = changes[changes["field"] == "infusion_date"].set_index("raw_value")["clean_value"].to_dict()
    assert dates == {"2021/3/15": "2021-03-15", "1-Apr-2021": "2021-04-01"}
    assert (changes["raw_value"] == "n.d.").any() and "econstruct" not in done.stdout


def test_a_study_that_is_not_there(tmp_path):
    project = checkout(tmp_path / "project")
    done = report(project, "STUDY=no-such-study")
    assert done.returncode != 0
    assert "config/no-such-study/study.yaml: the file does not exist" in done.stdout and "what to do:" in done.stdout
