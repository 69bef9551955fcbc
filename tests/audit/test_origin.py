"""The default study is a reconstruction: what was published is told from what was invented, wherever a number is printed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from cases.conftest import build  # noqa: F401
from trialpress.analysis.origin import SIMULATED
from trialpress.report.variables import LEGEND, MARK, numbers, simulated, variables

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "report" / "low-dose-cd19" / "manuscript.qmd"


def origin(audited, analysis: str, statistic: str, group: str = "", level: str = "") -> str:
    return audited.results.value(analysis, statistic, group, level, what="origin")


@pytest.mark.parametrize(("analysis", "statistic", "found"), [
    ("cr_rr_evaluable", "n", "published"), ("cr_rr_evaluable", "N", "published"), ("cr_rr_evaluable", "ci_low", "implied"),
    ("cr_rr_infused", "N", "published"), ("remission_all", "n", "implied"), ("remission_all", "N", "published"),
    ("hct_of_remission", "N", "implied"), ("dose", "min", "published"), ("dose", "median", "simulated"),
    ("hct_follow_up", "median", "published"), ("hct_follow_up", "mean", "simulated"),
    ("crs_severe", "n", "simulated"), ("crs_severe", "estimate", "simulated"), ("mrd_negative_rr", "n", "simulated"),
    ("mrd_negative_rr", "estimate", "simulated"), ("cr_by_age", "p_value", "simulated"), ("os_log_rank", "p_value", "simulated"),
    ("follow_up", "median", "simulated"), ("literature_cr", "estimate", "implied"),
])  # fmt: skip
def test_origins_of_the_default_study(audited, analysis, statistic, found):
    assert origin(audited, analysis, statistic) == found


def test_parts_of_a_whole(audited):
    assert origin(audited, "baseline", "n", "RR", "sex=F") == "implied"  # 42 less 28 male
    assert origin(audited, "baseline", "percent", "", "sex=M") == "implied"
    assert origin(audited, "baseline", "n", "RR", "prior_hct=yes") == "simulated"
    assert origin(audited, "baseline", "median", "", "age") == "simulated"
    assert origin(audited, "cr_missing", "estimate", "", "worst") == "implied"  # 36 of 42
    assert origin(audited, "cr_missing", "missing") == "implied"  # those of 42 who are not of the 40


def test_real_records_are_computed(build):  # noqa: F811
    from cases.test_ids import EVENT_PLAN, EVENT_ROWS, EVENTS

    run = build(EVENTS, EVENT_PLAN.replace("RELAPSE", "relapse").replace("DEATH", "died"), f=EVENT_ROWS)
    assert set(run.read("analysis/ard.csv")["origin"]) == {"computed"} and simulated(run.results) == frozenset()


def test_every_published_number_of_the_specification_is_claimed():
    specification = yaml.safe_load((ROOT / "data/low-dose-cd19/reconstruction/specification.yaml").read_text("utf-8"))
    claims = yaml.safe_load((ROOT / "config/low-dose-cd19/claims.yaml").read_text("utf-8"))["claims"].values()
    claimed = {float(number) for claim in claims for number in claim.get("published", {}).values()}
    for name, item in specification["published"].items():
        value = item["value"]
        values = value if isinstance(value, list) else value.values() if isinstance(value, dict) else [value]
        if name != "early_death_days":  # two days, of which no statistic is printed
            assert {float(one) for one in values if one is not None} <= claimed, name


def marked(audited) -> dict[str, str]:
    """Name of a number -> what the manuscript prints."""
    results = audited.results
    tree = variables(results, numbers(results, audited.logs), "engine", simulated(results))
    found, open_ = {}, [("", tree)]
    while open_:
        prefix, node = open_.pop()
        for key, value in node.items():
            if isinstance(value, dict):
                open_.append((f"{prefix}{key}.", value))
            else:
                found[f"{prefix}{key}"] = str(value)
    return found


def test_simulated_numbers_are_marked_and_the_others_are_not(audited):
    found = marked(audited)
    assert found["os.6_months.text"].startswith("[") and found["os.6_months.text"].endswith(f"{{.num}}^{MARK}^")
    assert MARK in found["crs_severe.count"] and MARK in found["dose.median"] and MARK in found["crs_severe_by_dose.p"]
    for name in ("cr_rr_evaluable.text", "cr_rr_infused.short", "dose.min", "population.infused.n", "seizure_all.text",
                 "flow.rr_evaluable.died_before_assessment", "hct_follow_up.median", "no_hct_relapse.count", "clean.rows"):  # fmt: skip
        assert MARK not in found[name], name
    assert found["study.notice"].endswith(LEGEND)
    # of those who were excluded, who are known by published counts, all died: that nobody else was is known too
    assert MARK not in found["flow.rr_evaluable.not_assessed"]


def test_abstract_and_key_points_hold_no_simulated_number(audited):
    text, found = SOURCE.read_text(encoding="utf-8"), marked(audited)
    front, rest = text.split("\n---\n", 1)
    names = re.findall(r"\{\{< var (\S+) >\}\}", front + rest[: rest.index("::: {.reconstruction}")])
    assert len(names) > 10 and not [
        name for name in names if name in found and MARK in found[name] and name != "study.notice"
    ]


def test_tables_mark_cells_and_say_so(audited):
    response = (audited.folder / "tables" / "response.md").read_text(encoding="utf-8")
    response = re.sub(r"\[([^]]*)\]\([^)]+\)\{\.num\}", r"\1", response)
    lines = {line.split("|")[1].strip(): line for line in response.splitlines() if line.startswith("| ")}
    assert "| 36/40 | 90.0 | 76.3\u201397.2 |" in lines["CR or CRi in R/R"] or "36/42" in lines["CR or CRi in R/R"]
    assert MARK not in lines["Seizure"] and lines["Tocilizumab"].count(MARK) == 3
    assert f"{MARK} Simulated." in response
    tables = {
        name: (audited.folder / "tables" / f"{name}.md").read_text("utf-8") for name in ("scales", "safety", "listing")
    }
    assert f"{MARK} All values of this table are simulated." in tables["listing"]
    for name in ("scales", "safety"):  # the number of all infused was published
        assert f"{MARK} Simulated." in tables[name], name
        assert re.search(r"\[51\]\([^)]+\)\{\.num\}(?!\u2020)", tables[name]), name
        assert tables[name].count(MARK) > 20


def test_zeros_of_tables_are_marked_as_other_numbers_are(audited):
    """A zero without a mark would say that it was published."""
    ard = audited.results.ard
    for name, analysis in (
        ("scales", "table_scales"),
        ("safety", "safety"),
        ("toxicity", "toxicity"),
        ("baseline", "baseline"),
    ):
        simulated = ard[(ard["analysis"] == analysis) & (ard["origin"] == SIMULATED) & (ard["display"] == "0")]
        text = (audited.folder / "tables" / f"{name}.md").read_text("utf-8")
        assert len(simulated) and not re.search(r"\[0( \(0\.0%?\))?\]\([^)]+\)\{\.num\}(?!\u2020)", text), name
