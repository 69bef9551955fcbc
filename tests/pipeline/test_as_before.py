"""A stage gives back what it wrote the last time if, and only if, all that decided it is what it was."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from trialpress import as_before, environment, files, parts, receipts

from .test_receipts import Output, said

TABLES = ["results/s/clean/labs.parquet", "results/s/clean/signs.parquet"]
MODULES = ["workflow/trialpress/a.py", "workflow/trialpress/b.py"]
WROTE = ["results/s/analysis/ard.csv", "results/s/analysis/curves.csv"]
BESIDE = Path("results/s/analysis/parts")
RECEIPT = Path("results/s/.receipts/analysis.json")
KEPT = Path("results/s/.receipts/kept/analysis")


@pytest.fixture
def house(tmp_path, monkeypatch):
    """A folder with two tables, of which a stage opens the first, and two modules, of which it imports the first."""
    monkeypatch.chdir(tmp_path)
    for module in (environment, as_before):
        monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(as_before, "installed", lambda: ["Python 3.11", "pandas-2.2.3.dist-info"])
    monkeypatch.setattr(as_before, "imported", lambda: MODULES[:1])
    for path in (*TABLES, *MODULES, "plan.yaml", "workflow/scripts/analysis.py"):
        receipts.write_text(path, tmp_path / path)
    return tmp_path


def stage(
    act=lambda: None, wrote=WROTE, tables=TABLES, read=("plan.yaml", *MODULES), rule="analysis", **parameters
) -> bool:
    """Run the stage; whether it has computed. It writes the content of its inputs, and says so."""

    class Given(list):
        if_opened = tables

    output, log = Output(wrote), Path("analysis.log")
    output.receipt = str(RECEIPT)
    job = SimpleNamespace(
        rule=rule,
        input=Given([*read, *tables]),
        output=output,
        params={"beside": [str(BESIDE)], **parameters},
        log=[log],
    )
    with open(log, "w") as to:
        before, sys.stdout = sys.stdout, to
        try:
            with receipts.kept(job, give_back=True) as given:
                if given is not None:
                    files.used.add(TABLES[0])
                    act()
                    print("a warning")
                    for path in (*wrote, BESIDE / "0001.js"):
                        receipts.write_text(Path("plan.yaml").read_text() + Path(TABLES[0]).read_text(), Path(path))
        finally:
            sys.stdout = before
    return given is not None


def contents() -> dict[str, bytes]:
    found = [path for path in Path("results/s/analysis").rglob("*") if path.is_file()]
    return {path.as_posix(): path.read_bytes() for path in sorted(found)}


def removed() -> None:
    """As Snakemake does before a job."""
    for path in (*map(Path, WROTE), RECEIPT):
        path.unlink()


def test_all_is_given_back_with_the_receipt_and_what_was_said(house):
    assert stage()
    wrote, receipt = contents(), RECEIPT.read_text()
    removed()
    receipts.write_text("left by a larger study", BESIDE / "0002.js")
    assert not stage()
    assert contents() == wrote and RECEIPT.read_text() == receipt
    assert Path("analysis.log").read_text().splitlines() == [as_before.AS_BEFORE, "a warning"]
    receipts.check(Path("results/s"))
    assert not stage(), "and again"


def test_what_is_given_back_is_newer_than_what_it_was_made_of(house):
    assert stage()
    os.utime(WROTE[0], (1, 1))
    removed()
    assert not stage()
    assert os.stat(WROTE[0]).st_mtime_ns >= os.stat("plan.yaml").st_mtime_ns


def write(path, text="other"):
    receipts.write_text(text, Path(path))


@pytest.mark.parametrize(
    ("change", "again"),
    [
        (lambda patch: write("plan.yaml"), {}),
        (lambda patch: write(TABLES[0]), {}),
        (lambda patch: write(MODULES[0]), {}),
        (lambda patch: write("workflow/scripts/analysis.py"), {}),
        (lambda patch: patch.setattr(as_before, "installed", lambda: ["Python 3.11", "pandas-2.2.4.dist-info"]), {}),
        (lambda patch: None, {"formats": ["html"]}),
        (lambda patch: None, {"wrote": [*WROTE, "results/s/analysis/more.csv"]}),
        (lambda patch: write("results/s/clean/new.parquet"), {"tables": [*TABLES, "results/s/clean/new.parquet"]}),
        (lambda patch: write("workflow/trialpress/c.py"), {"read": ("plan.yaml", *MODULES, "workflow/trialpress/c.py")}),
    ],
    ids=["an input", "a table that it opened", "a module that it ran", "a script", "a library", "a parameter", "an output more",
         "a table more", "a module more"],
)  # fmt: skip
def test_each_thing_that_decides_makes_it_run_again(house, monkeypatch, change, again):
    assert stage()
    assert not stage()
    change(monkeypatch)
    assert stage(**again)


def test_what_it_has_not_used_does_not(house):
    assert stage(content="hash of all that there is")
    write(TABLES[1])
    write(MODULES[1])
    assert not stage(content="another")
    known = json.loads(RECEIPT.read_text())["read"]
    assert known[TABLES[1]] == known[MODULES[1]] == files.sha256(b"other"), "the receipt is of the files as they are"
    receipts.check(Path("results/s"))


@pytest.mark.parametrize("begin", [
    lambda: os.waitpid(os.fork() or os._exit(0), 0),
    lambda: subprocess.run([sys.executable, "-c", ""], check=True),
], ids=["a fork", "a Python"])  # fmt: skip
def test_of_a_stage_that_begins_processes_everything_decides(house, begin):
    assert stage(begin)
    write(TABLES[1])
    assert stage(begin)
    write(MODULES[1])
    assert stage(begin)
    assert not stage()


def test_a_stage_that_runs_what_its_rule_does_not_name_is_not_kept(house, monkeypatch):
    monkeypatch.setattr(as_before, "imported", lambda: [MODULES[0], "workflow/trialpress/unnamed.py"])
    assert stage()
    assert stage()


@pytest.mark.parametrize(
    ("act", "told"),
    [
        (lambda: (KEPT / "analysis/ard.csv").write_text("forged"), True),  # and the output with it: it is one file
        (lambda: (removed(), write(KEPT / "analysis/parts/0001.js", "forged")), True),
        (lambda: (KEPT / "analysis/curves.csv").unlink(), False),
        (lambda: KEPT.with_suffix(".json").write_text("[]"), False),
        (lambda: KEPT.with_suffix(".json").write_text('{"of": 1}'), False),
    ],
    ids=["changed in place", "replaced", "removed", "another record", "half a record"],
)
def test_a_store_that_someone_has_changed_is_not_given_back(house, act, told):
    assert stage()
    wrote = contents()
    act()
    assert stage()
    assert contents() == wrote
    assert ("what was kept of this stage is not what it wrote" in Path("analysis.log").read_text()) is told
    assert not stage(), "it is kept anew"


def test_a_forged_input_stops_the_stage_before_anything_is_given_back(house):
    clean = Output(TABLES)
    clean.receipt = "results/s/.receipts/clean.json"
    with receipts.kept(SimpleNamespace(rule="clean", input=["plan.yaml"], output=clean, params={})):
        pass
    read = ("plan.yaml", *MODULES, clean.receipt)
    assert stage(read=read)
    write(TABLES[1])
    assert "signs.parquet: is not what the rule clean wrote" in said(lambda: stage(read=read))


def test_a_part_that_nobody_has_checked_is_refused(house, monkeypatch):
    monkeypatch.setenv(parts.CHECKED, json.dumps({"plan.yaml": ["of the beginning", "of the beginning"]}))
    assert "plan.yaml: was changed after the run had begun" in said(stage)


def test_no_hard_links_no_store(house, monkeypatch):
    def link(*_):
        raise OSError("Operation not permitted")

    monkeypatch.setattr(as_before.os, "link", link)
    assert stage()
    assert stage()
    assert not KEPT.exists()


def test_the_stages_whose_tables_count_only_if_opened_open_them_by_one_reader():
    """`files.read_parquet` notes it; another reader would leave a stage as it is when what it reads has changed."""
    package = Path(as_before.__file__).parent
    rooms = ("cohort", "checks", "analysis", "figures", "tables", "results.py", "stages.py")
    found = [
        file for room in rooms for file in [*(package / room).rglob("*.py"), package / room] if file.suffix == ".py"
    ]
    assert len(found) > 80
    other = re.compile(r"\bpd\.read_parquet|ParquetFile|ParquetDataset|\bpq\.read|parquet\.read|\bdataset\(")
    assert [file.name for file in found if other.search(file.read_text(encoding="utf-8"))] == []
