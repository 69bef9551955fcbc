"""A record is headed by the number that was clicked, or by its main one, and the page says which that is."""

import pytest
from audit.test_page import chromium, opened  # noqa: F401  fixtures

pytestmark = pytest.mark.xdist_group("audit")

CLICKED = {  # text of a cell's row -> link of the row, text, where
    ("Table S2", "Neutrophil count decreased", 4): ("9 (100.0)", "Investigations; Neutrophil count decreased; MRD-positive (n = 9): Any grade"),
    ("Table S2", "Neutrophil count decreased", 5): ("8 (88.9)", "MRD-positive (n = 9): Grade \u22653"),
    ("Table S2", "Neutrophil count decreased", 7): ("9", "MRD-positive (n = 9): Events"),
    ("Table S3", "Day 7", 1): ("0.09 (0.06\u20130.12)", "Neutrophils, 10\u2079/L; Day 7; Median (IQR)"),
    ("Table 1", "Age, years", 0): ("22 (9.5\u201337.5)", "Age, years, median (IQR); R/R (n = 42)"),
}  # fmt: skip


@pytest.mark.parametrize(("table", "row", "nth"), list(CLICKED))
def test_the_headline_is_the_number_that_was_clicked(audited, opened, table, row, nth):  # noqa: F811
    text, where = CLICKED[table, row, nth]
    tab = opened(audited.folder / "report" / "manuscript.html")
    rows = tab.locator("table").filter(has=tab.locator("caption", has_text=f"{table}.")).locator("tbody tr")
    rows.filter(has_text=row).first.locator("a.num").nth(nth).click()
    tab.wait_for_url("**/audit/index.html#*")
    assert tab.locator(".printed").inner_text() == text
    assert tab.locator(".printed + p").inner_text().endswith(where)
    back = tab.locator("a", has_text="Back to").count()
    assert back or tab.locator("summary", has_text="In the manuscript").count()


@pytest.mark.parametrize(
    ("number", "what"),
    [("exposure.auc", "ratio with its interval"), ("exposure.false.auc", "geometric_mean with its interval"), ("baseline.age", "median"),
     ("os_log_rank", "p_value"), ("cr_rr_evaluable", "n/N, estimate with its interval"), ("toxicity.mrd.any_event.severe", "severe"), ("population.infused", "n"),
     ("anc_day_7~99", "median")],
)  # fmt: skip
def test_a_record_that_was_not_clicked_is_headed_by_its_main_number(audited, opened, number, what):  # noqa: F811
    tab = opened(audited.folder / "audit" / "index.html", f"#{number}")
    assert tab.locator(".printed + p").inner_text() == f"This is {what}."
    name, printed = what.split(",")[-1].split()[0], tab.locator(".printed").inner_text()
    own = next(entry for entry in _entries(audited) if number.split("~")[0] in (entry["id"], f"{entry['id']}.severe"))
    assert own["printed"][name] in printed


def _entries(audited):
    return [entry for record in audited.traced["records"].values() for entry in record.get("results", ())]


def test_an_interval_stands_behind_what_it_is_of(audited):
    """The interval of an exposure is of the geometric mean, not of the median beside it."""
    entry = next(entry for entry in _entries(audited) if entry["id"] == "exposure.false.auc")
    assert entry["printed"]["text"].startswith(f"{entry['printed']['geometric_mean']} (95% CI ")
