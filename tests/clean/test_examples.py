"""Every example of config/README.md on the intake is valid: each entry is put into a study.yaml and read."""

import re

import pytest
import yaml
from trialpress.document import configuration
from trialpress.study import SCHEMAS, load_study

TEXT = (SCHEMAS / "intake.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
ENTRIES = [
    entry
    for block in BLOCKS
    for entry in re.findall(r"^# (file|column|table)\b[^\n]*\n(.*?)(?=^# |\Z)", block, re.M | re.S)
]


def test_all_examples_are_found_and_shown():
    assert len(ENTRIES) == sum(len(re.findall(r"^# ", block, re.MULTILINE)) for block in BLOCKS) > 25
    assert TEXT in configuration()


@pytest.mark.parametrize(("kind", "body"), ENTRIES)
def test_an_example_is_valid(tmp_path, kind, body):
    entry = yaml.safe_load(body)
    people = {"file": "f", "key": ["participant"], "columns": {"participant": {}, "site": {}, "number": {}}}
    study = {
        "study": {"id": "s", "title": "S", "data_cutoff": "2020-01-01", "reconstruction": False},
        "files": {name: {"path": "f.csv"} for name in ("f", "adlb", "visits", "deaths", "signs")},
        "tables": {
            "people": people,
            "infusion": {**people, "columns": {"participant": {}, "infusion_date": {"type": "date"}}},
        },
    }
    if kind == "file":
        study["files"] |= entry
    elif kind == "table":
        study["tables"] |= entry
    else:
        study["tables"]["t"] = {"file": "f", "key": ["participant"], "columns": {"participant": {}, **entry}}
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(study, allow_unicode=True, sort_keys=False), encoding="utf-8")
    assert load_study(tmp_path / "study.yaml")
