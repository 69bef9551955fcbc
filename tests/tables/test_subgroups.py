"""The table of subgroups, made from a loop of the plan, and its forest."""

from figures.small import PLAN, small
from matplotlib.text import Text
from trialpress import tables
from trialpress.audit.p_values import in_tables
from trialpress.figures import draw

ANALYSES = """analyses:
  "os_{part}": {for: {part: [stratum, doses]}, method: cox_interaction, population: infused, endpoint: os, by: sex, subgroup: "{part}"}
  "cr_{part}": {for: {part: [stratum, doses]}, method: logistic_interaction, population: infused, event: crs >= 2, by: sex, subgroup: "{part}"}
  "age_{part}": {for: {part: [stratum]}, method: linear_interaction, population: infused, variable: age, by: sex, subgroup: "{part}", label: Age}
figures:
  forest: {kind: forest, caption: Subgroups, analyses: [cr_stratum, cr_doses]}
tables:
  os: {kind: subgroups, caption: OS, analyses: [os_stratum, os_doses]}
  cr: {kind: subgroups, caption: CR, analyses: [cr_stratum, cr_doses, age_stratum]}
"""


def test_a_loop_makes_the_table_and_its_forest(tmp_path):
    results = small(tmp_path, plan=PLAN[: PLAN.index("analyses:")] + ANALYSES, n=90)
    ard = results.ard.set_index(["analysis", "group", "level", "statistic"])["display"].str.replace("†", "")
    for name, statistic, short in (("os", "hazard_ratio", "HR"), ("cr", "odds_ratio", "OR")):
        table = tables.tabulate(results, name)
        lines = [" | ".join(row.cells).replace("†", "") for row in table.rows]
        head = next(line for line in lines if line.startswith("Stratum"))
        assert head.endswith(f"| {ard[f'{name}_stratum', '', '', 'p_value']}") and "Dose group" in "\n".join(lines)
        for level in ("rr", "mrd"):
            text = ard[f"{name}_stratum", "", level]
            effect = f"{short} {text[statistic]} ({text['ci_low']}–{text['ci_high']})"
            assert any(effect in line and f"| {text['n']} |" in line for line in lines), effect
        assert any("test of interaction" in note for note in table.footnotes)
    assert any(line.startswith("Age") for line in lines)
    drawing = draw(results, "forest")
    assert {"R/R", "MRD+"} <= set(drawing.numbers["name"])
    printed = {number for table, number, _ in in_tables(results) if table == "cr"}
    assert "cr_stratum.p_value" in printed and len(printed) == 3, "its p-values are counted with the others"


def test_a_forest_without_p_values_has_no_column_for_them(tmp_path):
    plan = PLAN[: PLAN.index("analyses:")] + ANALYSES.replace(
        "tables:", "  ratio: {kind: forest, caption: A, analyses: [ratio]}\ntables:"
    )
    plan = plan.replace(
        "figures:", "  ratio: {method: risk_ratio, population: infused, event: crs >= 2, by: sex}\nfigures:"
    )
    results = small(tmp_path, plan=plan, n=90)
    for name, has in (("forest", True), ("ratio", False)):
        texts = [text.get_text() for text in draw(results, name).figure.findobj(Text)]
        assert ("P" in texts) == has
