"""What the second computation is told of the options of an analysis."""

import re

from audit.twice import plan
from figures.small import small
from trialpress.audit import computing, exports

ANALYSES = """analyses:
  left_out: {method: risk_difference, population: infused, event: crs >= 2, by: sex}
  given: {method: risk_difference, population: infused, event: crs >= 2, by: sex, stratum: stratum, interval: sato}
  own_words: {method: kaplan_meier, population: infused, endpoint: os, at: [3, 12.5], unit: months}
  corrected: {method: mantel_haenszel, population: infused, event: crs >= 2, by: sex, stratum: stratum}
  caused: {method: gray, population: infused, endpoint: relapse, by: sex, cause: death}
figures: {}
tables: {}
"""


def told(folder):
    results = small(folder, plan=plan(ANALYSES))
    return {
        name: exports._options(results, spec, results.analysed(name)) for name, spec in results.plan.analyses.items()
    }


def test_an_option_is_told_as_it_is_in_force(tmp_path):
    found = told(tmp_path)
    assert [found[name]["interval"] for name in ("left_out", "given", "corrected")] == [
        "newcombe",
        "sato",
        "clopper-pearson",
    ]
    assert [found[name]["stratum"] for name in ("left_out", "given")] == ["false", "true"]
    assert (found["own_words"]["at"], found["own_words"]["delayed"]) == ("3;12.5", "false")
    assert (found["corrected"]["correction"], found["left_out"]["correction"]) == ("true", "")
    assert (found["caused"]["cause"], found["caused"]["cause_name"], found["caused"]["rho"]) == ("2", "death", "0")


def test_no_other_option_is_asked_for(tmp_path):
    of_r = set(re.findall(r"job\$(\w+)", computing.SCRIPT.read_text(encoding="utf-8")))
    texts = [file.read_text(encoding="utf-8") for file in computing.SCRIPT.with_name("plain").glob("*.py")]
    one = {name for text in texts for name in re.findall(r'(?:job|self)\["(\w+)"\]', text)}
    several = {name for text in texts for part in re.findall(r"job\[name\].*? for name in \((.*?)\)", text) for name in re.findall(r'"(\w+)"', part)}  # fmt: skip
    assert "trials" in several and of_r | one | several <= set().union(*told(tmp_path).values()) | {"analysis"}
