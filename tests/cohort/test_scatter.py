"""The cohort in parts by participant leaves the same bytes as in one; what cannot be cut is refused."""

import shutil
from pathlib import Path

import pandas as pd
import pytest
import yaml
from trialpress import files as files_
from trialpress import parts, stages
from trialpress.chunks import cohort_chunks, late
from trialpress.cohort import scatter
from trialpress.errors import InputError

ROOT = Path(__file__).resolve().parents[2]
STUDY = "low-dose-cd19"
TINY = ROOT / "tests" / "fixtures" / "tiny"


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def cleaned(tmp_path_factory) -> Path:
    """The clean tables of the default study."""
    folder = tmp_path_factory.mktemp("cleaned")
    stages.clean(ROOT / "config" / STUDY / "study.yaml", ROOT / "data" / STUDY / "raw", folder)
    return folder


def both(config: Path, cleaned: Path, to: Path, number: int) -> tuple[dict, dict]:
    """The cohort in one job, and in parts."""
    two, found = (config / "study.yaml", config / "plan.yaml"), []
    for name in ("one", "many"):
        (to / name).mkdir(parents=True)
        shutil.copytree(cleaned / "clean", to / name / "clean")
    stages.cohort(*two, to / "one")
    for part in range(1, number + 1):
        found.append(to / f"part {part}")
        stages.cohort_part(*two, to / "many" / "clean", f"{part}-of-{number}", found[-1])
    stages.cohort(*two, to / "many", found)
    return files(to / "one" / "cohort"), files(to / "many" / "cohort")


@pytest.mark.parametrize("number", [2, 9, 80], ids=["2 parts", "9 parts", "more parts than participants"])
def test_the_default_study_is_the_same_bytes(cleaned, tmp_path, number):
    one, many = both(ROOT / "config" / STUDY, cleaned, tmp_path, number)
    assert one == many
    assert len(one) == 3


def edited(to: Path, **changes) -> Path:
    """The default study's configuration with other derived columns."""
    shutil.copytree(ROOT / "config" / STUDY, to)
    plan = yaml.safe_load((to / "plan.yaml").read_text())
    plan["cohort"]["columns"] |= changes
    (to / "plan.yaml").write_text(yaml.safe_dump(plan, sort_keys=False, allow_unicode=True))
    return to


def test_places_and_what_is_made_of_them_are_known_when_all_are_together(cleaned, tmp_path):
    config = edited(
        tmp_path / "config",
        early={"expression": "order <= 10", "label": "Among the first ten"},
        first_among={"rank": "age", "among": "early", "label": "Place by age of the first ten"},
        nothing={"from": "signs", "take": "max", "value": "temperature", "where": "temperature > 99", "label": "Never"},
    )
    planned = parts.read("cohort", config / "study.yaml", config / "plan.yaml")[1]
    assert {"order", "recency", "early", "first_among"} <= late(planned)
    one, many = both(config, cleaned, tmp_path / "out", 4)
    assert one == many


def test_what_reads_a_place_in_the_rows_of_a_table_is_not_cut(tmp_path):
    config = edited(
        tmp_path / "config",
        late_fever={"from": "signs", "take": "any", "where": "temperature > 38 and order > 10", "label": "Fever"},
    )
    study, plan = parts.read("cohort", config / "study.yaml", config / "plan.yaml")
    raw = ROOT / "data" / STUDY / "raw"
    assert cohort_chunks("auto", study, plan, raw) == 1
    assert cohort_chunks(1, study, plan, raw) == 1
    with pytest.raises(InputError, match="cohort.columns.late_fever: reads 'order', a place among all participants"):
        cohort_chunks(2, study, plan, raw)


def test_the_number_of_parts_follows_the_setting_or_the_size(tmp_path):
    study, plan = parts.read("cohort", TINY / "config/study.yaml", TINY / "config/plan.yaml")
    shutil.copytree(TINY / "data" / "raw", tmp_path / "raw")
    assert [cohort_chunks(setting, study, plan, tmp_path / "raw") for setting in (1, 7, "auto")] == [1, 7, 1]
    with open(tmp_path / "raw" / "patients.csv", "a") as file:
        file.truncate(700_000_000)
    assert cohort_chunks("auto", study, plan, tmp_path / "raw") == 5


def test_what_stops_one_job_stops_the_parts(cleaned, tmp_path):
    """A sign that a scale cannot have, and a population of nobody."""
    config = edited(tmp_path / "config")
    plan = yaml.safe_load((config / "plan.yaml").read_text())
    plan["populations"]["nobody"] = {"label": "Nobody", "condition": "age > 200"}
    (config / "plan.yaml").write_text(yaml.safe_dump(plan, sort_keys=False, allow_unicode=True))
    with pytest.raises(InputError) as one:
        stages.cohort(config / "study.yaml", config / "plan.yaml", cleaned)
    study, planned = parts.read("cohort", config / "study.yaml", config / "plan.yaml")
    folders = [tmp_path / str(part) for part in range(3)]
    for part, folder in enumerate(folders):
        scatter.cohort_part(study, planned, cleaned / "clean", part, 3, folder)
    with pytest.raises(InputError) as many:
        scatter.gather(study, planned, scatter.Tables({name: cleaned / "clean" / f"{name}.parquet" for name in study.tables}), folders)  # fmt: skip
    assert str(one.value) == str(many.value)
    assert "nobody belongs to it" in str(one.value)


def test_parts_that_are_not_of_all_participants_are_refused(cleaned, tmp_path):
    study, planned = parts.read("cohort", ROOT / "config" / STUDY / "study.yaml", ROOT / "config" / STUDY / "plan.yaml")
    scatter.cohort_part(study, planned, cleaned / "clean", 0, 3, tmp_path / "0")
    tables = scatter.Tables({name: cleaned / "clean" / f"{name}.parquet" for name in study.tables})
    for folders in ([tmp_path / "0"], [tmp_path / "0", tmp_path / "0"]):
        with pytest.raises(AssertionError, match="not of all participants"):
            scatter.gather(study, planned, tables, folders)


def test_rows_of_some_participants_are_read_wherever_they_are(tmp_path, monkeypatch):
    """Row groups in which they cannot be are not opened; a table in another order is read all the same."""
    monkeypatch.setattr(files_, "ROW_GROUP", 2)
    for who in ("aabbccdd", "dcbadcba", "", "aaaaaaaé"):
        frame = pd.DataFrame({"who": pd.Series([*who, None], dtype="string"), "n": range(len(who) + 1)})
        files_.write_parquet(frame, tmp_path / "t.parquet")
        for wanted in ("a", "bc", "d", "é", "z", ""):
            found = files_.read_parquet(tmp_path / "t.parquet", among=("who", wanted))
            assert found["n"].tolist() == [n for n, one in enumerate(who) if one in wanted]
