"""The default study with every label in another language: the same names, values and counts."""

from __future__ import annotations

import pandas as pd
import yaml
from trialpress import analysis, cohort
from trialpress.checks.plan import load_plan
from trialpress.report.variables import numbers
from trialpress.results import Results
from trialpress.study import load_study

from .conftest import ROOT, STUDY


def translated(node, key: str = ""):
    """Every label of a YAML file, and the names of levels, in Chinese letters: a text of its own for each."""
    if isinstance(node, dict):
        if key == "levels":
            return {code: f"级{''.join(chr(0x4E00 + ord(c) % 900) for c in str(text))}" for code, text in node.items()}
        return {name: translated(value, name) for name, value in node.items()}
    if isinstance(node, list):
        return [translated(one) for one in node]
    return f"标{''.join(chr(0x4E00 + ord(c) % 900) for c in node)}" if key == "label" else node


def test_names_and_values_do_not_change_with_the_labels(audited, tmp_path):
    for name in ("study", "plan"):
        content = yaml.safe_load((ROOT / "config" / STUDY / f"{name}.yaml").read_text(encoding="utf-8"))
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(translated(content), allow_unicode=True, sort_keys=False))
    study = load_study(tmp_path / "study.yaml")
    plan = load_plan(tmp_path / "plan.yaml", study)
    old = audited.results
    built = cohort.build(study, plan, old.tables)
    ard, curves, participants = analysis.run(study, plan, built.subjects, built.daily, old.tables)
    new = Results(study, plan, built.subjects, built.daily, built.flow, ard, curves, participants, old.tables)
    keys = ["analysis", "population", "group", "level", "statistic", "value", "display", "n_population"]
    pd.testing.assert_frame_equal(old.ard[keys], new.ard[keys])
    assert (old.ard["level_label"] != new.ard["level_label"]).sum() > 300
    assert numbers(old, audited.logs) == numbers(new, audited.logs)
