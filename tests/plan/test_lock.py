"""plan.lock: what was fixed before the data, by whom; an amendment has a reason; a plan that differs says so."""

import doctest
import shutil
from pathlib import Path

import pytest
from trialpress.__main__ import main
from trialpress.errors import InputError
from trialpress.plan import lock
from trialpress.plan.lock import _listed
from trialpress.plan.read import read_plan
from trialpress.study import load_study, load_yaml

TINY = Path(__file__).resolve().parents[1] / "fixtures" / "tiny" / "config"


@pytest.fixture
def plan(tmp_path, monkeypatch) -> Path:
    shutil.copytree(TINY, tmp_path / "config" / "tiny")
    monkeypatch.chdir(tmp_path)
    return Path("config/tiny/plan.yaml")


def edit(plan, old, new):
    text = plan.read_text()
    assert text.count(old) == 1
    plan.write_text(text.replace(old, new))


def test_examples():
    assert doctest.testmod(lock).failed == 0 and doctest.testmod(lock).attempted


def test_a_plan_is_locked_amended_and_compared(plan, capsys):
    study = load_study(plan.with_name("study.yaml"))
    assert read_plan(plan, study).lock.text == "not locked"
    assert main(["lock", "tiny", "--by", "A. B.", "--date", "2022-03-01"]) == 0
    assert "config/tiny/plan.lock: version 1 of 2022-03-01, 7 entries" in capsys.readouterr().out
    assert read_plan(plan, study).lock.text == "locked as version 1 on 2022-03-01 by A. B."
    edit(plan, "at: [6, 12]", "at: [6, 9]")
    edit(plan, "label: All infused", "label: Everyone infused")
    found = read_plan(plan, study).lock
    assert found.differs == ("analyses.os", "populations.infused")
    assert found.text.endswith("; the plan in use differs from it in analyses.os, populations.infused")
    assert main(["lock", "tiny", "--by", "C. D.", "--date", "2022-04-01", "--reason", "shorter follow-up"]) == 0
    found = read_plan(plan, study).lock
    assert found.text == "locked as version 2 on 2022-04-01 by C. D." and found.differs == ()
    assert found.amendments == [
        "Version 2, 2022-04-01, by C. D.: shorter follow-up. Changed: analyses.os, populations.infused."
    ]


def test_how_a_plan_is_written_does_not_matter(plan):
    lock.write(plan, "A. B.", "2022-03-01")
    text = plan.read_text()
    plan.write_text("# a comment\n" + text.replace("level: 0.95, seed: 1", "seed: 1, level: 0.950"))
    assert lock.of(plan, load_yaml(plan)).differs == ()


@pytest.mark.parametrize(
    ("given", "what"),
    [
        (("", "2022-03-01"), "--by: is empty"),
        (("A", "1 March"), "'1 March' is no date"),
        (("A", "2022-02-30"), "'2022-02-30' is no date"),
        (("A", "20220301"), "'20220301' is no date"),
        (("A", "2022-03-01", "because"), "there is nothing to amend"),
    ],
)
def test_what_is_wrong_with_a_first_lock(plan, given, what):
    with pytest.raises(InputError, match=what):
        lock.write(plan, *given)
    assert not plan.with_name("plan.lock").exists()


def test_what_is_wrong_with_an_amendment(plan):
    lock.write(plan, "A", "2022-03-01")
    before = plan.with_name("plan.lock").read_bytes()
    with pytest.raises(InputError, match="is the plan that was locked as version 1"):
        lock.write(plan, "A", "2022-04-01", "why")
    edit(plan, "at: [6, 12]", "at: [6, 9]")
    with pytest.raises(InputError, match="differs from version 1 in analyses.os"):
        lock.write(plan, "A", "2022-04-01")
    with pytest.raises(InputError, match="2022-02-01 lies before version 1 of 2022-03-01"):
        lock.write(plan, "A", "2022-02-01", "why")
    assert plan.with_name("plan.lock").read_bytes() == before


def test_a_damaged_lock_is_refused(plan):
    plan.with_name("plan.lock").write_text("versions: [{version: 1}]\n")
    with pytest.raises(InputError, match="plan.lock"):
        lock.read(plan)


def test_a_plan_that_cannot_run_is_not_locked(plan, capsys):
    edit(plan, "population: infused, event", "population: nobody, event")
    with pytest.raises(SystemExit):
        main(["lock", "tiny", "--by", "A", "--date", "2022-03-01"])
    assert "nobody" in capsys.readouterr().err and not plan.with_name("plan.lock").exists()


def test_the_rest_of_the_cohort_is_an_entry_beside_its_columns():
    cohort = {"table": "t", "columns": {"x": 1, "y": 2}, "daily": {"day": "d"}}
    whole = lock.entries({"cohort": cohort, "plan": {"seed": 1}})
    assert set(whole) == {"cohort", "cohort.columns.x", "cohort.columns.y", "plan"}
    for change, names in (
        ({"table": "u"}, ("cohort",)),
        ({"columns": {"x": 3, "y": 2}}, ("cohort.columns.x",)),
        ({"daily": {}}, ("cohort",)),
    ):
        assert lock.changed(whole, lock.entries({"cohort": {**cohort, **change}, "plan": {"seed": 1}})) == names


def test_twelve_changes_are_listed_and_the_others_counted():
    names = tuple(f"n{at}" for at in range(13))
    assert _listed(()) == "nothing" and _listed(names[:12]) == ", ".join(names[:12])
    assert _listed(names) == ", ".join(names[:12]) + " and 1 more"
