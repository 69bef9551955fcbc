"""The trace in parts: the same bytes as in one piece, every analysis in one part, one software in all of them."""

import json

import pandas as pd
import pytest
from audit.test_concordance import WANTED
from figures.small import small
from trialpress.audit import computing, scatter, trace
from trialpress.audit.computing import FOUND, KEY, Answer, Second
from trialpress.errors import InputError
from trialpress.results import load

pytestmark = pytest.mark.xdist_group("audit")


@pytest.fixture(autouse=True)
def no_r(monkeypatch):
    monkeypatch.setattr(computing.shutil, "which", lambda name: None)


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    return small(tmp_path_factory.mktemp("small"), plan=WANTED)


def parts_of(results, n: int, folder) -> list:
    folders = [folder / f"{part + 1}-of-{n}" for part in range(n)]
    for part, one in enumerate(folders):
        scatter.trace_part(results, part, n, one)
    return folders


class Nothing:
    """In the place of the second computation."""

    def __init__(self, results, analysed, store=None):
        self.names = [name for name, _ in analysed]

    def found(self) -> Answer:
        return Answer(pd.DataFrame(columns=FOUND), {}, {})


def test_the_trace_of_three_parts_is_that_of_one_piece(audited, tmp_path, monkeypatch):
    monkeypatch.setattr(scatter, "Second", Nothing)
    records, _ = scatter.gather(audited.results, parts_of(audited.results, 3, tmp_path))
    scatter.trace_cells(
        load(audited.study, audited.plan, audited.folder, analysed=False), audited.folder, tmp_path / "cells"
    )
    found = scatter.take_cells(tmp_path / "cells", tmp_path)
    trace.write_index(trace.indexed(audited.results, audited.logs, records, found), tmp_path)
    assert (tmp_path / "audit/trace.json").read_bytes() == (audited.folder / "audit/trace.json").read_bytes()


def test_parts_compute_a_second_time_what_one_piece_does(results, tmp_path):
    _, found = scatter.gather(results, parts_of(results, 4, tmp_path))
    one, many = Second(results).found(), found()
    assert one.second["statistic"].eq("p_value_adjusted").any()
    assert many.second.sort_values([*KEY], ignore_index=True).equals(one.second.sort_values([*KEY], ignore_index=True))
    assert (many.versions, many.failed) == (one.versions, one.failed)


@pytest.mark.parametrize("parts", [1, 2, 7])
def test_every_analysis_is_in_one_part_and_a_family_together(results, parts):
    plan = results.plan
    shares = [scatter.share(plan, part, parts) for part in range(parts)]
    assert sorted(name for one in shares for name in one) == sorted(plan.analyses) and all(shares)
    for family in plan.families:
        assert len([one for one in shares if any(spec.get("family") == family for spec in one.values())]) == 1


def test_parts_of_different_software_are_not_put_together(results, tmp_path):
    folders = parts_of(results, 2, tmp_path)
    said = folders[1] / "second.json"
    said.write_text(json.dumps(json.loads(said.read_text()) | {"versions": {"R": "4.2.2", "survival": "3.5.3"}}))
    with pytest.raises(InputError) as error:
        scatter.gather(results, folders)
    (problem,) = error.value.problems
    assert problem.what.startswith("was made by different software in different parts: Python ")
    assert problem.what.endswith("; R 4.2.2, survival 3.5.3")
