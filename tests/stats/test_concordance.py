"""Our statistics against R's, row by row; and R's fixtures against R, where R is."""

import csv
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


def missing_in_r() -> str:
    """Why the R scripts cannot run here, or nothing."""
    if shutil.which("Rscript") is None:
        return "Rscript is not installed"
    wanted = 'stopifnot(all(sapply(c("survival", "cmprsk", "KMsurv"), requireNamespace, quietly = TRUE)))'
    run = subprocess.run(["Rscript", "-e", wanted], capture_output=True)
    return "R lacks survival, cmprsk or KMsurv" if run.returncode else ""


@pytest.fixture(scope="module")
def r():
    why = missing_in_r()
    if why:
        pytest.skip(why)


@pytest.mark.parametrize("topic", TOPICS)
def test_r_reproduces_the_fixture(topic, r, tmp_path):
    script = concordance.SCRIPTS / f"{topic}.R"
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


def cells(text: str) -> list[tuple[str, list[str]]]:
    """The rows of the page's per-statistic tables, each with the topic it stands under."""
    topic, rows = "", []
    for line in text.splitlines():
        if line.startswith("## "):
            topic = line[3:]
        elif topic and line.startswith("| ") and not line.startswith("| data set"):
            rows.append((topic, re.split(r" \| ", line.strip("| "))))
    return rows


def test_the_page_is_up_to_date():
    """Texts and R's values to the letter; ours to the tolerance, since the last digits vary from machine to machine."""
    page = cells(concordance.PAGE.read_text(encoding="utf-8"))
    rows = concordance.everything()
    assert len(page) == len(rows), "regenerate docs/concordance.md"
    for (topic, cell), row in zip(page, rows, strict=True):
        assert (topic, *cell[:3], cell[3]) == (row.topic, *row.key, concordance.shown(row.reference.value))
        assert float(cell[4]) == pytest.approx(row.ours, rel=1e-9 + row.reference.tolerance, abs=1e-12, nan_ok=True)


def test_a_difference_is_noticed():
    reference = concordance.Reference(2.0, 1e-9)
    assert concordance.Row("t", ("d", "m", "s"), reference, 2.0).agrees
    assert not concordance.Row("t", ("d", "m", "s"), reference, 2.0 + 1e-7).agrees
    assert not concordance.Row("t", ("d", "m", "s"), reference, float("nan")).agrees
    assert not concordance.Row("t", ("d", "m", "s"), reference, None).agrees
