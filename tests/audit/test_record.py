"""What differs is named: the file, the cell, the size; and what is only another version of the software is told apart."""

import json
import shutil

import pandas as pd
import pytest
from trialpress.audit import digest
from trialpress.audit.differences import describe
from trialpress.audit.record import Report, accept, against_record, against_results, copy_sources, seal
from trialpress.errors import InputError

ARD = (
    "analysis,population,group,level,statistic,value,display,method,n_population,note\n"
    "cr,evaluable,,,n,36,36,counts,40,\n"
    "cr,evaluable,,,estimate,0.9,90.0%,counts,40,\n"
)


@pytest.fixture
def root(tmp_path):
    """A project with finished results, without any workflow."""
    root = tmp_path / "root"
    files = {
        "analysis/ard.csv": ARD,
        "tables/response.csv": "row,value\nCR,36\nNR,4\n",
        "figures/os.svg": "<svg>\n<path d='M 1 2'/>\n</svg>\n",
        "figures/lfs.svg": "<svg>\n<path d='M 3 4'/>\n</svg>\n",
        "audit/claims.csv": "claim,verdict\ncr,reproduced\n",
        "audit/concordance.csv": "analysis,second\ncr,36\n",
    }
    folder = root / "results" / "s"
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    pd.DataFrame({"file": ["a.csv"], "row": [2], "column": ["weight"], "raw": ["61"]}).to_parquet(
        folder / "audit" / "cells.parquet"
    )
    for name in ("config/s/plan.yaml", "workflow/code.py", "data/s/raw/a.csv"):
        (root / name).parent.mkdir(parents=True)
        (root / name).write_text(name)
    write_manifest(root, folder)
    return root


def write_manifest(root, folder, **more):
    inputs = {name: digest(root / name) for name in ("config/s/plan.yaml", "workflow/code.py", "data/s/raw/a.csv")}
    outputs = {
        p.relative_to(folder).as_posix(): digest(p) for p in sorted(folder.rglob("*.*")) if "audit" not in p.parts
    }
    manifest = {"study": "s", "software": {"Python": "3.11.2"}, "inputs": inputs, "outputs": outputs, **more}
    (folder / "audit" / "manifest.json").write_text(json.dumps(manifest))


def said(compare, *arguments):
    lines = []
    report = Report(lines.append)
    compare(report, *arguments)
    return report.failed, "\n".join(lines)


@pytest.fixture
def again(root, tmp_path):
    """The results of a rerun that gave the same."""
    return shutil.copytree(root / "results" / "s", tmp_path / "again")


def edit(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_nothing_differs(root, again):
    accept(root, "s", say=lambda _: None)
    assert said(against_results, root / "results" / "s", again) == (False, "")
    assert said(against_record, root / "data/s/record", again, root) == (False, "")


def test_a_changed_digit_is_named_by_its_cell(root, again):
    folder = root / "results" / "s"
    edit(folder / "tables/response.csv", "NR,4", "NR,5")
    edit(folder / "analysis/ard.csv", "0.9,", "0.91,")
    edit(folder / "figures/os.svg", "M 1 2", "M 1 3")
    failed, text = said(against_results, folder, again)
    assert failed
    assert "tables/response.csv: row 3, column value: '4' -> '5' (+1)" in text
    assert "analysis cr, statistic estimate, column value: '0.9' -> '0.91' (+0.01)" in text
    assert "figures/os.svg: line 2" in text


def test_a_swapped_figure_a_new_file_and_a_lost_one(root, again):
    folder = root / "results" / "s"
    shutil.copy(folder / "figures/lfs.svg", folder / "figures/os.svg")
    (folder / "tables/extra.csv").write_text("a\n1\n")
    (folder / "audit/claims.csv").unlink()
    failed, text = said(against_results, folder, again)
    assert failed and "figures/os.svg: holds what belongs into figures/lfs.svg" in text
    assert "tables/extra.csv: no rule makes it" in text and "audit/claims.csv: is gone" in text


def test_an_edited_raw_cell_is_named_by_file_row_and_column(root, again):
    cells = pd.read_parquet(again / "audit/cells.parquet").assign(table="t", key="k", field="f")
    cells.to_parquet(root / "cells.parquet")
    cells.assign(raw="67").to_parquet(again / "cells.parquet")
    assert describe(root / "cells.parquet", again / "cells.parquet") == [
        "file a.csv, row 2, column weight, table t, key k, field f, column raw: '61' -> '67' (+6)"
    ]


def test_what_moved_and_which_input_differs(root, again):
    accept(root, "s", say=lambda _: None)
    (root / "config/s/plan.yaml").write_text("another plan")
    edit(again / "analysis/ard.csv", "n,36,36", "n,35,35")
    write_manifest(root, again)
    failed, text = said(against_record, root / "data/s/record", again, root)
    assert failed and "config/s/plan.yaml: input: its hash differs" in text
    assert "analysis cr, statistic n, column value: '36' -> '35' (-1)" in text


def test_code_and_versions_may_differ_while_the_numbers_stay(root, again):
    accept(root, "s", say=lambda _: None)
    (root / "workflow/code.py").write_text("tidied")
    edit(again / "figures/os.svg", "M 1 2", "M 1 2.5")
    write_manifest(root, again, software={"Python": "3.11.9"})
    failed, text = said(against_record, root / "data/s/record", again, root)
    assert not failed
    for part in (
        "workflow/code.py: code or text: its hash differs",
        "Python: version 3.11.2 -> 3.11.9",
        "figures/os.svg",
    ):
        assert part in text
    edit(again / "analysis/ard.csv", "0.9,", "0.9000000000000001,")
    assert not said(against_record, root / "data/s/record", again, root)[0]
    edit(again / "analysis/ard.csv", "0.9000000000000001,", "0.90001,")
    assert said(against_record, root / "data/s/record", again, root)[0]


def test_another_picture_by_the_same_code_is_not_reproduced(root, again):
    accept(root, "s", say=lambda _: None)
    edit(again / "figures/os.svg", "M 1 2", "M 1 2.5")
    write_manifest(root, again)
    failed, text = said(against_record, root / "data/s/record", again, root)
    assert failed and "figures/os.svg: other bytes" in text


def test_an_edited_record_is_found(root, again):
    accept(root, "s", say=lambda _: None)
    edit(root / "data/s/record/tables/response.csv", "CR,36", "CR,37")
    failed, text = said(against_record, root / "data/s/record", again, root)
    assert failed and "record/tables/response.csv: was edited" in text and "'37' -> '36' (-1)" in text


def test_a_second_opinion_by_other_software_is_not_compared(root, again):
    (again / "audit/concordance.csv").write_text("analysis,second\n")
    assert said(against_results, root / "results/s", again)[0]
    write_manifest(root, again, second_opinion={"R": "4.2.2"})
    failed, text = said(against_results, root / "results/s", again)
    assert not failed and "second opinion" in text


def test_only_what_the_workflow_wrote_becomes_the_record(root):
    edit(root / "results/s/analysis/ard.csv", "0.9,", "0.95,")
    with pytest.raises(InputError, match="ard.csv: is not what the run's manifest says"):
        accept(root, "s", say=lambda _: None)
    assert not (root / "data/s/record").exists()


def test_the_copy_holds_sources_only_and_its_checksums_follow_an_edit(root, tmp_path):
    (root / ".git").mkdir()
    (root / "data/s/raw/SHA256SUMS").write_text(f"{digest(root / 'data/s/raw/a.csv')['sha256']}  a.csv\n")
    (root / "data/s/raw/a.csv").write_text("edited")
    to = tmp_path / "copy"
    copy_sources(root, "s", to)
    assert not (to / "results").exists() and not (to / ".git").exists() and (to / "workflow/code.py").exists()
    assert seal(to / "data/s/raw") == ["a.csv"] and seal(to / "data/s/raw") == []
    assert digest(root / "data/s/raw/a.csv")["sha256"] not in (root / "data/s/raw/SHA256SUMS").read_text()
