"""What begins during follow-up, as dates or as durations: the same results, of which none differs when it is computed again."""

import pandas as pd
import pytest
from audit.twice import agrees, plan
from figures.small import small
from trialpress.checks.plan import check_plan
from trialpress.errors import InputError

COLUMNS = """    hct_days: {expression: "days(infused_on, hct_on)", label: Until allo-HCT, unit: days}
    hct_months: {expression: hct_days / 30.4375, label: Until allo-HCT, unit: months}
    relapse_days: {expression: "days(infused_on, relapse_on)", label: Until relapse, unit: days}
    again_days: {expression: "days(infused_on, again_on)", label: Until second remission, unit: days}
    end_months: {expression: "days(infused_on, coalesce(died_on, last_on)) / 30.4375", label: Follow-up, unit: months}
    end_days: {expression: "days(infused_on, coalesce(died_on, last_on))", label: Follow-up, unit: days}
"""
ENDPOINTS = """  os_days: {label: Survival, time: end_days, event: present(died_on), unit: days}
  os_months: {label: Survival, time: end_months, event: present(died_on), unit: months}
  either_days: {label: Relapse, time: "min(relapse_days, end_days)", causes: {relapse: present(relapse_on), death: missing(relapse_on) and present(died_on)}, unit: days}
"""
# by dates, by durations: the endpoint and the column
FORMS = {"dates": ("os", "hct_on"), "days": ("os_days", "hct_days"), "months": ("os_months", "hct_months")}
METHODS = {
    "mantel_byar": "",
    "landmark": ", days: [30, 90]",
    "simon_makuch": ", at: [6, 12]",
    "time_dependent_cox": ", covariates: [age]",
    "naive_comparison": "",
}


def _with(text: str) -> str:
    text = (
        text.replace("populations:\n", f"{COLUMNS}populations:\n", 1)
        if "  daily:\n" not in text
        else text.replace("  daily:\n", f"{COLUMNS}  daily:\n", 1)
    )
    return text.replace("endpoints:\n", f"endpoints:\n{ENDPOINTS}", 1)


def _analyses() -> str:
    lines = ["analyses:"]
    for form, (endpoint, begin) in FORMS.items():
        for method, options in METHODS.items():
            lines.append(
                f"  {method}_{form}: {{method: {method}, population: infused, endpoint: {endpoint}, begin: {begin}{options}}}"
            )
        lines.append(
            f"  changing_{form}: {{method: changing_cox, population: infused, endpoint: {endpoint}, begins: [{begin}], covariates: [age]}}"
        )
    for form, endpoint, begin, changes in (
        ("dates", "relapse", "hct_on", "relapse_on, again_on"),
        ("days", "either_days", "hct_days", "relapse_days, again_days"),
    ):
        lines.append(
            f"  states_{form}: {{method: state_probabilities, population: infused, endpoint: {endpoint}, begin: {begin}, at: [6]}}"
        )
        lines.append(
            f"  current_{form}: {{method: current_leukaemia_free_survival, population: infused, endpoint: {'os' if form == 'dates' else 'os_days'}, changes: [{changes}], at: [6]}}"
        )
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def wanted() -> str:
    return _with(plan(_analyses()))


def test_durations_give_what_dates_give(tmp_path, wanted):
    ard = small(tmp_path, n=120, plan=wanted).ard
    ard = ard.assign(of=ard["analysis"].str.rsplit("_", n=1).str[0], form=ard["analysis"].str.rsplit("_", n=1).str[1])
    for name in ("group", "level"):  # a column is named by its id
        ard[name] = ard[name].replace(
            {f"{a}_{b}": f"{a}_on" for a in ("hct", "relapse", "again") for b in ("days", "months")}, regex=True
        )
    values = ard.set_index(["form", "of", "group", "level", "statistic"])["value"].sort_index()
    for form in ("days", "months"):
        found = values.loc[form]
        pd.testing.assert_series_equal(found, values.loc["dates"].reindex(found.index), rtol=1e-9)
        assert found.notna().sum() > 60


@pytest.mark.parametrize("by_r", [True, False], ids=["R", "Python"])
def test_none_differs_when_it_is_computed_again(tmp_path, wanted, by_r):
    from audit.twice import shutil

    if by_r and shutil.which("Rscript") is None:
        pytest.skip("R is not here")
    agrees(tmp_path, wanted, {"n": 60}, by_r)


@pytest.mark.parametrize(
    ("endpoint", "begin", "what"),
    [
        ("os_days", "hct_on", "'hct_on' is a date, and the endpoint 'os_days' is from durations: its time is a number"),
        ("os", "hct_days", "'hct_days' is a number, and the endpoint 'os' is from dates: its day is a date"),
        ("os_months", "hct_days", "'hct_days' is in days, the endpoint 'os_months' in months"),
    ],
)
def test_one_form_or_the_other(tmp_path, endpoint, begin, what):
    analyses = "analyses:\n  mb: {method: mantel_byar, population: infused, endpoint: os, begin: hct_on}\n"
    results = small(tmp_path, n=20, plan=_with(plan(analyses)))
    spec = results.plan.written["analyses"]["mb"]
    spec |= {"endpoint": endpoint, "begin": begin}
    with pytest.raises(InputError) as raised:
        check_plan(results.plan, results.study, "plan.yaml")
    assert what in str(raised.value) and "analyses.mb.begin" in str(raised.value)
