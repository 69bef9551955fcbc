"""What the audit's page has of the clean stage is taken from an earlier run only if all of it is as it was."""

import pytest
from trialpress.audit import page
from trialpress.store import Store

READ = {"results/s/clean/changes.csv": "1", "results/s/cohort/subjects.parquet": "2", "data/s/corrections.csv": "3",
        "config/s/study.yaml": "4", "config/s/plan.yaml": "5", "report/s/manuscript.qmd": "6"}  # fmt: skip


@pytest.fixture
def made(tmp_path, monkeypatch):
    """read -> how often it was made so far."""
    monkeypatch.chdir(tmp_path)
    folder, times = tmp_path.relative_to(tmp_path) / "results" / "s", []

    def make():
        times.append(1)
        for name in ("changes-0001.js", "people-0001.js"):
            path = folder / "audit" / "page" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(name)
        return {"changes": '{"rows":1}', "people": '{"first":[0]}'}

    def held(read=READ, code="1"):
        found = page.kept_of_clean(Store(folder / ".receipts" / "audit", code), read, make, folder)
        assert found == {"changes": '{"rows":1}', "people": '{"first":[0]}'}
        return len(times)

    assert held() == 1
    return held


def test_an_edit_of_the_manuscript_or_the_plan_makes_nothing_again(made):
    assert made(READ | {"report/s/manuscript.qmd": "7", "config/s/plan.yaml": "8"}) == 1


@pytest.mark.parametrize("name", [*READ][:4])
def test_whatever_it_is_made_of_makes_it_again(made, name):
    assert made(READ | {name: "9"}) == 2


def test_so_does_other_code(made):
    assert made(code="2") == 2


@pytest.mark.parametrize("act", [lambda at: at.unlink(), lambda at: at.write_text("x"), lambda at: at.with_name("z").touch()])  # fmt: skip
def test_so_does_a_part_that_is_not_what_was_written(made, tmp_path, act):
    act(tmp_path / "results" / "s" / "audit" / "page" / "people-0001.js")
    assert made() == 2


def test_so_does_a_store_that_someone_has_changed(made, tmp_path):
    (kept,) = (tmp_path / "results" / "s" / ".receipts" / "audit").iterdir()
    kept.write_text(kept.read_text().replace("rows", "rose"))
    assert made() == 2
