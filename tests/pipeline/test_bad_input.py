"""Bad input stops before any result is written, with a message in three parts that lists all problems of its kind."""

import shutil

import pytest
from trialpress.checks.plan import load_plan
from trialpress.clean import clean
from trialpress.errors import InputError
from trialpress.study import load_study

from .conftest import ROOT, checkout, run

STUDY = "low-dose-cd19"


@pytest.fixture
def config(tmp_path):
    """A copy of the study's configuration; returns (folder, edit), edit(file, old, new)."""
    folder = tmp_path / "config"
    shutil.copytree(ROOT / "config" / STUDY, folder)

    def edit(name, old, new):
        path = folder / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    return folder, edit


@pytest.fixture
def raw(tmp_path):
    folder = tmp_path / "raw"
    shutil.copytree(ROOT / "data" / STUDY / "raw", folder)
    return folder


def seal(raw):
    """SHA256SUMS of the folder as it is now."""
    import hashlib

    lines = [
        f"{hashlib.sha256(p.read_bytes()).hexdigest()}  {p.name}"
        for p in sorted(raw.iterdir())
        if p.name not in ("SHA256SUMS", "README.md")
    ]
    (raw / "SHA256SUMS").write_text("\n".join(lines) + "\n")


def message(folder, raw=None):
    with pytest.raises(InputError) as caught:
        study = load_study(folder / "study.yaml")
        if raw is None:
            load_plan(folder / "plan.yaml", study)
        else:
            clean(study, raw, raw.parent / "corrections.csv")
    text = str(caught.value)
    assert "why it matters:" in text and "what to do:" in text
    return text


def test_unknown_keys_are_refused_with_the_nearest_known_one(config):
    folder, edit = config
    edit("study.yaml", "reconstruction:", "reconstructoin: x\n  reconstruction:")
    assert "unknown key 'reconstructoin'" in (text := message(folder)) and "did you mean 'reconstruction'" in text


def test_every_problem_of_the_plan_is_listed_at_once(config):
    folder, edit = config
    edit(
        "plan.yaml",
        "cr_rr_evaluable: {method: proportion, population: rr_evaluable",
        "cr_rr_evaluable: {method: proportion, population: rr_evaluabel",
    )
    edit("plan.yaml", "mrd_negative_mrdpos: {method: proportion", "mrd_negative_mrdpos: {method: proportoin")
    edit("plan.yaml", "event: seizure,", "event: seizures,")
    text = message(folder)
    assert "3 problems" in text
    assert (
        "did you mean 'rr_evaluable'" in text
        and "did you mean 'proportion'" in text
        and "did you mean 'seizure'" in text
    )


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("condition: stratum == 'RR'", "condition: stratumm == 'RR'", "did you mean 'stratum'"),
        ("condition: stratum == 'RR'", "condition: __import__('os').remove('x')", "not part of the language"),
        ("condition: stratum == 'RR'", "condition: stratum = 'RR'", "cannot be read"),
        ("{method: trend, population: rr_evaluable, event: remission, unknown: no_event, by: dose_group", "{method: trend, population: rr_evaluable, event: remission, unknown: no_event, by: dose_gruop", "did you mean 'dose_group'"),
        ("{method: trend, population: rr_evaluable, event: remission, unknown: no_event, by: dose_group", "{method: trend, population: rr_evaluable, event: remission, unknown: no_event, variant: fast, by: dose_group", "'fast' is not a choice"),
        ("seed: 20170508", "seed: 20170508\n  seed: 1", "stands twice"),
        ("at: [1.0e5, 5.0e5]", "at: [1.0e5]", "one label more than cut points"),
        ("kind: swimmer", "kind: swimer", "did you mean 'swimmer'"),
        ("population: rr_evaluable,", "populaton: rr_evaluable,", "is 'populaton' meant to be 'population'?"),
    ],
)  # fmt: skip
def test_a_slip_in_the_plan_stops_with_help(config, old, new, said):
    folder, edit = config
    edit("plan.yaml", old, new)
    assert said in message(folder)


def test_a_column_that_the_file_lacks(config, raw):
    folder, edit = config
    edit("study.yaml", "出生日期", "出生日斯")
    text = message(folder, raw)
    assert "01_enrolment.csv" in text and "出生日斯" in text and "did you mean '出生日期'" in text


def test_raw_file_changed_since_its_checksum(config, raw):
    path = raw / "03_infusion.csv"
    path.write_bytes(path.read_bytes() + b"\n")
    assert "03_infusion.csv: differs from its line in SHA256SUMS" in message(config[0], raw)


def test_all_missing_raw_files_are_named(config, raw):
    for name in ("03_infusion.csv", "09_transplant.xlsx"):
        (raw / name).unlink()
    text = message(config[0], raw)
    assert "03_infusion.csv" in text and "09_transplant.xlsx" in text and "2 problems" in text


def test_empty_truncated_misencoded_and_sheetless_files_are_all_named(config, raw):
    (raw / "03_infusion.csv").write_bytes(b"")
    workbook = raw / "02_history.xlsx"
    workbook.write_bytes(workbook.read_bytes()[:2000])
    enrolment = raw / "01_enrolment.csv"
    enrolment.write_bytes(enrolment.read_bytes() + b"\xff\xff\n")
    folder, _ = config
    seal(raw)
    text = message(folder, raw)
    assert "03_infusion.csv: the raw file is empty" in text
    assert "02_history.xlsx: cannot be read as a workbook" in text
    assert "01_enrolment.csv, row" in text and "is not gb18030" in text


def test_a_workbook_without_the_sheet(config, raw):
    folder, _ = config
    study = load_study(folder / "study.yaml")
    from trialpress.clean.read import read
    from trialpress.study import File

    file = next(file for file in study.files.values() if file.path.endswith(".xlsx"))
    with pytest.raises(InputError, match="no sheet 'Follow-up'"):
        read(raw / file.path, File(file.name, file.path, sheet="Follow-up"))


def written(project):
    """The files of any study's results."""
    return [path for path in (project / "results").rglob("*") if path.is_file() and path.name != "README.md"]


@pytest.mark.xdist_group("pipeline")
def test_the_workflow_stops_before_any_result_is_written(tmp_path):
    project = checkout(tmp_path / "project")
    plan = project / "config" / STUDY / "plan.yaml"
    plan.write_text(
        plan.read_text(encoding="utf-8").replace(
            "population: rr_evaluable, event: remission, label: CR or CRi",
            "population: rr, event: remission, label: CR or CRi",
        ),
        encoding="utf-8",
    )
    done = run(project, "make", "report")
    assert done.returncode != 0
    assert "the population 'rr' is not defined" in done.stdout and "what to do:" in done.stdout
    assert "Traceback" not in done.stdout
    assert not written(project)


@pytest.mark.xdist_group("pipeline")
def test_a_damaged_raw_file_is_explained_in_the_terminal(tmp_path):
    project = checkout(tmp_path / "project")
    path = project / "data" / STUDY / "raw" / "03_infusion.csv"
    path.write_bytes(path.read_bytes()[:-200])
    done = run(project, "make", "report")
    assert done.returncode != 0
    assert "03_infusion.csv: differs from its line in SHA256SUMS" in done.stdout
    assert not written(project)
