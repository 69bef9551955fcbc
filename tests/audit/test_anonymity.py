"""The report of rare combinations: what each file shows of the participants, and how few share it."""

from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from trialpress.audit.anonymity import reads, report
from trialpress.errors import InputError
from trialpress.study import load_study

FILES = {
    "analysis/ard.csv": "analysis,statistic,value\nx,n,3\nx,N,4\nx,mean,2\n",
    "tables/listing.csv": 'Participant,Age,Sex\nP1,"30",Men\nP2,30,Men\nP3,41,Women\nP4,52,Women\n',
    "tables/ae.csv": "Term,A (n = 4)\nfever,2 (50.0%)\nrash,0 (0.0%)\nage,40.5 (30–52)\n",
    "figures/heat.csv": "participant,sex\nP1,M\nP2,M\nP3,F\nP4,F\n",
    "figures/flow.csv": "step,n,excluded\nall,9,1\n",
    "tables/nobody.csv": "Term,n\nfever,\n",  # nothing but empty cells
}
EXPECTED = [
    ("analysis/ard.csv", "yes", 0, "", "", "", 2),
    ("figures/flow.csv", "no", 0, "", "", "", 1),
    ("figures/heat.csv", "no", 4, "people.sex", "2", "0", 0),
    ("tables/ae.csv", "yes", 0, "", "", "", 1),
    ("tables/listing.csv", "yes", 4, "people.sex, people.age", "1", "2", 0),
    ("tables/nobody.csv", "yes", 0, "", "", "", 0),
    ("all together", "", 4, "people.sex, people.age", "1", "2", 4),
]


def test_each_file_with_what_it_shows(tmp_path):
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    people = pd.DataFrame({"who": ["P1", "P2", "P3", "P4"], "sex": list("mmff"), "age": [30, 30, 41, 52]})
    study = SimpleNamespace(participant="who", quasi_identifiers=(("people", "sex"), ("people", "age")))
    found = report(SimpleNamespace(study=study, subjects=people[["who"]], tables={"people": people}), tmp_path)
    assert list(found.itertuples(index=False, name=None)) == EXPECTED


def test_a_quasi_identifier_is_a_column_that_is_kept(tmp_path):
    text = """
quasi_identifiers: [people.name, people.x]
study: {id: s, title: A study, data_cutoff: "2021-01-01", reconstruction: false}
files: {people: {path: people.csv}}
tables: {people: {file: people, key: [participant], columns: {participant: {}, name: {identifier: name}}}}
"""
    (tmp_path / "study.yaml").write_text(text)
    with pytest.raises(InputError) as error:
        load_study(tmp_path / "study.yaml")
    assert [problem.what.split()[0] for problem in error.value.problems] == ["'people.name'", "'people.x'"]


@pytest.mark.parametrize(
    ("name", "is_read"),
    [("results/s/tables/a.csv", True), ("results/s/figures/a.csv", True), ("results/s/analysis/ard.csv", True),
     ("results/s/clean/a.parquet", True), ("results/s/cohort/subjects.parquet", True), ("config/s/study.yaml", True),
     ("results/s/report/manuscript.pdf", False), ("report/s/manuscript.qmd", False), ("config/s/plan.yaml", False),
     ("results/s/audit/trace.json", False)],
)  # fmt: skip
def test_what_it_is_made_of(name, is_read):
    assert reads(name, Path("results/s")) == is_read
