"""Our statistics against R's, row by row; and R's fixtures against R, where R is."""

import csv
import gzip
import re
import shutil
import subprocess

import pytest
from stats import concordance

TOPICS = concordance.topics()


@pytest.mark.parametrize("topic", TOPICS)
def test_every_statistic_agrees_with_r(topic):
    assert concordance.complete(topic), "a topic needs its R script, R's output and our module"
    rows = concordance.compare(topic)
    assert rows
    apart = [
        f"{row.key}: R {row.reference.value:.17g}, ours {row.ours}, difference {row.difference:.2g}"
        for row in rows
        if not row.agrees
    ]
    assert not apart, "\n".join(apart)


def missing_in_r(*packages: str) -> str:
    """Why R scripts cannot run here that need these packages, or nothing."""
    if shutil.which("Rscript") is None:
        return "Rscript is not installed"
    names = ", ".join(f'"{name}"' for name in packages)
    wanted = f"stopifnot(all(sapply(c({names}), requireNamespace, quietly = TRUE)))"
    run = subprocess.run(["Rscript", "-e", wanted], capture_output=True)
    return f"R lacks one of {', '.join(packages)}" if run.returncode else ""


def packages_of(script: str) -> list[str]:
    """The packages that an R script says it needs, and those that it takes something from (`MASS::anorexia`)."""
    needed = re.search(r"^# needs: (.+)$", script, re.MULTILINE)
    code = re.sub("#.*", "", script)
    return sorted({*(needed[1].split(", ") if needed else ()), *re.findall(r"\b([A-Za-z][\w.]*)::", code)})


def test_the_packages_of_a_script_are_those_that_its_code_names():
    assert packages_of("# needs: coxphf\n# sandwich::vcovHC\nx <- MASS::anorexia # a::b\n") == ["MASS", "coxphf"]


@pytest.fixture(scope="module")
def r():
    why = missing_in_r("survival", "cmprsk", "KMsurv")
    if why:
        pytest.skip(why)


@pytest.mark.parametrize("topic", TOPICS)
def test_r_reproduces_the_fixture(topic, r, tmp_path):
    script = concordance.SCRIPTS / f"{topic}.R"
    if why := missing_in_r(*packages_of(script.read_text(encoding="utf-8"))):
        pytest.skip(why)
    run = subprocess.run(
        ["Rscript", script.name, tmp_path / f"{topic}.csv"], cwd=script.parent, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    committed = concordance.read(script.with_suffix(".csv"))
    again = concordance.read(tmp_path / f"{topic}.csv")
    assert committed.keys() == again.keys()
    for key, reference in committed.items():
        assert concordance.Row(topic, key, reference, again[key].value).agrees, key
        assert reference.tolerance == again[key].tolerance, key
    for data in sorted(tmp_path.glob("data/*.csv")):
        with data.open() as new, (concordance.SCRIPTS / "data" / data.name).open() as old:
            assert list(csv.reader(new)) == list(csv.reader(old)), data.name


def test_the_page_and_the_table_are_up_to_date():
    """Texts and R's values to the letter; ours to the tolerance, since the last digits vary from machine to machine."""
    rows = concordance.everything()
    header, *lines = csv.reader(gzip.decompress(concordance.ROWS.read_bytes()).decode("utf-8").splitlines())
    assert tuple(header) == concordance.COLUMNS and len(lines) == len(rows), "regenerate docs/concordance.md"
    for (*cell, theirs, ours, _, _), row in zip(lines, rows, strict=True):
        assert (*cell, theirs) == (row.topic, *row.key, concordance.shown(row.reference.value))
        assert float(ours) == pytest.approx(row.ours, rel=1e-9 + row.reference.tolerance, abs=1e-12, nan_ok=True)
    counts = [[line.rsplit("|", 2)[0] for line in page.splitlines()]
              for page in (concordance.PAGE.read_text(encoding="utf-8"), concordance.page(rows))]  # fmt: skip
    assert counts[0] == counts[1]


def test_a_method_has_one_line():
    row = concordance.Row("t", ("d", "log cause 1 time 2", "s"), concordance.Reference(2.0, 1e-9), 2.1)
    rows = [row, row._replace(key=("d", "log cause 2 time 1", "s"), ours=2.0), row._replace(key=("e", "cox x1", "s"), ours=2.0)]  # fmt: skip
    assert concordance.page(rows).splitlines()[-3:] == [
        "| **all** |  | 2 | 3 | 1 | 5.0e-02 |", "| t | cox | 1 | 1 | 0 | < 1e-12 |", "| t | log | 1 | 2 | 1 | 5.0e-02 |",
    ]  # fmt: skip
    assert gzip.decompress(concordance.table(rows[:1])).decode().splitlines()[1] == "t,d,log cause 1 time 2,s,2,2.1,5.0e-02,1e-09"  # fmt: skip


def test_a_difference_is_noticed():
    reference = concordance.Reference(2.0, 1e-9)
    assert concordance.Row("t", ("d", "m", "s"), reference, 2.0).agrees
    assert not concordance.Row("t", ("d", "m", "s"), reference, 2.0 + 1e-7).agrees
    assert not concordance.Row("t", ("d", "m", "s"), reference, float("nan")).agrees
    assert not concordance.Row("t", ("d", "m", "s"), reference, None).agrees
