"""The program's own words in another language: what is translated, what stays, and that no number moves."""

from __future__ import annotations

import re

import pytest
from trialpress.audit.claims import BY_CONSTRUCTION, REPRODUCED
from trialpress.report.fragments import STATEMENTS
from trialpress.report.variables import LEGEND, phrases
from trialpress.study import load_yaml
from trialpress.tables.table import Cell, Table
from trialpress.wording import WORDS, Wording, wording

ZH = wording("zh")


@pytest.mark.parametrize(
    "text, expected",
    [
        ("At risk", "风险人数"),
        ("Time, months", "时间，月"),
        ("Time since 回输, months", "自回输起的时间，月"),
        ("总生存: 17 of 51 with event, median 11.7 months (95% CI 7.7–NE)", "总生存：51 例中 17 例发生事件，中位数 11.7 月 (95% CI 7.7–NE)"),
        ("16 of 45 with event, median not reached (95%\xa0CI\xa05.4–NE)", "45 例中 16 例发生事件，未达中位数 (95%\xa0CI\xa05.4–NE)"),
        ("at 6 months 76.1% (59.8–86.5), at 12 months 47.3%", "第 6 月 76.1% (59.8–86.5)，第 12 月 47.3%"),
        ("1 left out: unknown outcome (CRS of grade ≥3 (ASTCT)). 2 left out: 肿瘤负荷 not known (缓解, OS).",
         "1 例未纳入：结局未知 (CRS of grade ≥3 (ASTCT))。2 例未纳入：肿瘤负荷未知 (缓解, OS)。"),
        ("Overall (n\xa0=\xa051†)", "总体 (n\xa0=\xa051†)"),
        ("1,234 of 2,000 with event", "2,000 例中 1,234 例发生事件"),
        ("Kaplan-Meier, log-log 95% CI (Greenwood).", "Kaplan-Meier 法，log-log 95% CI（Greenwood）。"),
        ("Difference of survival,\npercentage points", "生存率之差，百分点"),
        ("† Simulated.", "† 模拟数字。"),
        # what is no word of the program, or might be another's: as it is
        ("CR or CRi in R/R", "CR or CRi in R/R"), ("≤1 × 10⁵/kg, CR, CRi", "≤1 × 10⁵/kg, CR, CRi"), ("A. Name, B. Name", "A. Name, B. Name"),
        ("12 (23.5%)", "12 (23.5%)"), ("", ""), ("{}", "{}"), ("Arm {0}: 3", "Arm {0}: 3"),
    ],
)  # fmt: skip
def test_a_text_in_chinese(text, expected):
    assert ZH(text) == expected and ZH(expected) == expected, "and a second time nothing happens"


@pytest.mark.parametrize("text", sorted(load_yaml(WORDS / "zh.yaml")))
def test_every_translation_has_what_stands_between(text):
    said = load_yaml(WORDS / "zh.yaml")[text]
    holes, filled = re.findall(r"\{#?\}", text), re.findall(r"\{\d?\}", said)
    assert len(filled) == len(holes)
    numbers = [hole[1:-1] for hole in filled]
    assert set(numbers) <= {""} or sorted(map(int, numbers)) == list(range(len(holes)))
    example = re.sub(r"\{#?\}", lambda _: "7", text)
    assert sorted(re.findall(r"\d+", ZH(example))) == sorted(re.findall(r"\d+", example)), "no number comes or goes"


def test_a_study_adds_words_and_they_go_before():
    say = wording("zh", {"At risk": "在险", "Nausea": "恶心"})
    assert (say("At risk"), say("Nausea: 3 of 9 with event")) == ("在险", "恶心：9 例中 3 例发生事件")
    assert wording("fr", {"At risk": "À risque"})("At risk") == "À risque" and not wording("fr") and not wording("")


def test_a_text_is_not_taken_apart_across_its_parts():
    say = Wording({"{} in {}": "{1}:{0}"})
    assert say("A in B; C in D") == "B:A; D:C" and say("A in B, C") == "B:A, C"


def test_the_numbers_of_a_table_keep_their_links():
    table = Table(["Characteristic", "Overall"], ["left", "right"])
    table.add("Missing", Cell(("3 of 9 with event", "os.n"), ", ", ("4", "os.N")))
    table.note("1 left out: unknown outcome.")
    said = table.translated(ZH)
    assert said.header == ["特征", "总体"] and said.footnotes == ["1 例未纳入：结局未知。"]
    assert said.rows[0].cells[1].parts == (("9 例中 3 例发生事件", "os.n"), ("，", ""), ("4", "os.N"))


def test_the_phrases_of_a_manuscript_are_translated_and_keep_their_numbers():
    shown = {"n": "36", "N": "40", "estimate": "90.0%", "ci_low": "76.3%", "ci_high": "97.2%", "p_value": "0.03"}
    english, chinese = phrases(shown, 0.95), phrases(shown, 0.95, ZH)
    assert english["with_p"] == "36/40 (90.0%; 95% CI 76.3% to 97.2%; P = 0.03)"
    naive = phrases(
        {"hazard_ratio": "0.30", "ci_low": "0.11", "ci_high": "0.82", "p_value": "0.013"},
        0.95,
        method="naive_comparison",
    )
    assert naive["with_p"] == "0.30 (95% CI 0.11 to 0.82; log-rank P = 0.013)" and naive["p"] == "P = 0.013"
    assert chinese["ci"] == "76.3% 至 97.2%" and chinese["with_p"] == english["with_p"].replace(" to ", " 至 ")
    assert phrases({"median": "7.9", "ci_low": "5.7", "ci_high": "NE"}, 0.95, ZH)["text"] == "7.9 (95% CI 5.7 至 NE)"


@pytest.mark.parametrize(
    "text", [*STATEMENTS.values(), "Not stated.", "Claim", "Source", "Verdict", BY_CONSTRUCTION, REPRODUCED, LEGEND]
)
def test_what_a_manuscript_includes_beside_figures_and_tables_is_translated(text):
    assert not re.search("[a-z]{3}", ZH(text)), ZH(text)


def test_a_sentence_of_the_study_is_translated_as_a_whole_or_stays():
    say = wording("zh", {"None by the criteria of 2019.": "按 2019 年标准无。"})
    assert say.exactly("None by the criteria of 2019.") == "按 2019 年标准无。"
    assert say.exactly("Severe by the criteria.") == "Severe by the criteria." != say("Severe by the criteria.")
