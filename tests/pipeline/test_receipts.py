"""What a stage reads is what the stages before wrote and read, whatever the time stamps say."""

import json
import os
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
from trialpress import receipts
from trialpress.errors import InputError


class Output(list):
    """As Snakemake hands it to a script: a list with names."""

    receipt = ""


@pytest.fixture
def house(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plan.yaml").write_text("a: 1\n")
    return tmp_path


def run(rule, read, wrote, act=lambda: None, **parameters):
    """One rule of a small workflow: it writes its name into its outputs."""
    output = Output(wrote)
    output.receipt = f"results/s/.receipts/{rule}.json"
    with receipts.kept(SimpleNamespace(rule=rule, input=read, output=output, params=parameters)):
        act()
        for path in wrote:
            receipts.write_text(rule, receipts.Path(path))


FIRST = ("cohort", ["plan.yaml"], ["results/s/cohort/subjects"])
SECOND = (
    "analysis",
    ["plan.yaml", "results/s/cohort/subjects", "results/s/.receipts/cohort.json"],
    ["results/s/analysis/ard"],
)


def said(act) -> str:
    with pytest.raises(InputError) as error:
        act()
    return str(error.value)


def test_a_file_changed_between_two_stages_stops_the_second(house):
    run(*FIRST)
    path = house / "results/s/cohort/subjects"
    before = path.stat()
    path.write_text("forged")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    text = said(lambda: run(*SECOND))
    assert "results/s/cohort/subjects: is not what the rule cohort wrote" in text
    assert "rm 'results/s/cohort/subjects'" in text
    assert not (house / "results/s/analysis/ard").exists()


def test_a_plan_that_changes_between_two_stages_is_not_mixed(house):
    run(*FIRST)
    (house / "plan.yaml").write_text("a: 2\n")
    assert "plan.yaml: has changed since the rule cohort read it" in said(lambda: run(*SECOND))


@pytest.mark.parametrize(
    "act", [lambda: receipts.Path("plan.yaml").write_text("a: 2\n"), lambda: os.remove("plan.yaml")]
)
def test_a_source_that_changes_while_it_is_read_ends_the_stage(house, act):
    assert "while it was read" in said(lambda: run(*FIRST, act))
    assert not (house / "results/s/.receipts/cohort.json").exists()


def test_everything_in_its_place_passes(house):
    run(*FIRST)
    run(*SECOND)
    receipts.check(house / "results" / "s")


@pytest.mark.parametrize(
    "path, what",
    [("plan.yaml", "has changed since the rule analysis read it"), ("results/s/analysis/ard", "is not what the rule analysis wrote"),
     ("results/s/cohort/subjects", "is not what the rule cohort wrote")],
)  # fmt: skip
def test_after_a_run_every_file_is_looked_at_again(house, path, what):
    run(*FIRST)
    run(*SECOND)
    (house / path).write_text("forged")
    assert f"{path}: {what}" in said(lambda: receipts.check(receipts.Path("results/s")))
    (house / path).unlink()
    assert f"{path}: is not there any more" in said(lambda: receipts.check(receipts.Path("results/s")))


def test_the_content_of_sources_is_a_parameter_whatever_their_time(house):
    plan = house / "plan.yaml"
    first = receipts.content(["plan.yaml", "results/s/made"], "results/s")
    os.utime(plan, (1, 1))
    receipts._once.cache_clear()
    assert receipts.content(["plan.yaml", "results/s/made"], "results/s") == first
    plan.write_text("a: 2\n")
    os.utime(plan, (1, 1))  # as cp -p, rsync -t and a checkout may leave it
    receipts._once.cache_clear()
    assert receipts.content(["plan.yaml"], "results/s") != first


@pytest.mark.parametrize(
    ("act", "what"),
    [
        (lambda part: part.write_text("forged"), "is not what the rule cohort wrote"),
        (lambda part: part.unlink(), "is not there any more"),
    ],
)
def test_what_a_rule_writes_beside_its_outputs_is_in_its_receipt(house, act, what):
    part = house / "results/s/parts/0001.js"

    def writes():
        part.parent.mkdir(parents=True)
        part.write_text("one participant")

    run(*FIRST, writes, beside=["results/s/parts"])
    run(*SECOND)
    act(part)
    for late in (lambda: run(*SECOND), lambda: receipts.check(receipts.Path("results/s"))):
        assert f"results/s/parts/0001.js: {what}" in said(late)


TINY = Path(__file__).resolve().parents[1] / "fixtures" / "tiny" / "config"
OF_COHORT = ["config/tiny/plan.yaml#cohort", "config/tiny/study.yaml#cohort"]


@pytest.fixture
def tiny(house):
    """A study of whose plan a rule has read its part, and another rule that reads its own."""
    shutil.copytree(TINY, house / "config" / "tiny")
    files = [part.partition("#")[0] for part in OF_COHORT]
    run("cohort", files, ["results/s/cohort/subjects"], parts=OF_COHORT)
    given = [*files, "results/s/cohort/subjects", "results/s/.receipts/cohort.json"]
    own = [part.replace("#cohort", "#figures") for part in OF_COHORT]
    return house / files[0], lambda: run("figures", given, ["results/s/figures/os"], parts=own)


def test_of_a_file_that_is_read_in_part_the_part_is_in_the_receipt(tiny, house):
    said = json.loads((house / "results/s/.receipts/cohort.json").read_text())
    assert sorted(said["read"]) == OF_COHORT


def test_what_a_rule_has_not_read_may_change_after_it(tiny, house):
    plan, figures = tiny
    plan.write_text(plan.read_text().replace("caption: Overall", "caption: The overall"))
    figures()
    plan.write_text("# fixed\n" + plan.read_text())
    receipts.check(receipts.Path("results/s"))


def test_a_part_that_changes_between_two_stages_is_not_mixed(tiny):
    plan, figures = tiny
    plan.write_text(plan.read_text().replace("present(infusion_date)", "age > 50"))
    assert "config/tiny/plan.yaml#cohort: has changed since the rule cohort read it" in said(figures)
    assert "plan.yaml#cohort: has changed" in said(lambda: receipts.check(receipts.Path("results/s")))
