"""A study of a few lines, run through all stages in process; a test looks at the files that come out."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
from trialpress import analysis, clean, cohort
from trialpress.analysis import exchange
from trialpress.checks.effects import no_effect
from trialpress.checks.plan import load_plan
from trialpress.contracts import NO_EFFECT
from trialpress.figures import draw_all
from trialpress.results import Results, load
from trialpress.study import load_study
from trialpress.tables import write_all

HEAD = """
study: {id: small, title: A small trial, data_cutoff: "2020-01-01", reconstruction: false}
"""
POPULATION = """
plan: {level: 0.95, seed: 1HEAD}
populations:
  all: {label: All patients, condition: "true"}
"""


@dataclass(frozen=True)
class Run:
    """The results of a study and the folder with its files."""

    results: Results
    folder: Path

    def read(self, name: str) -> pd.DataFrame:
        """A CSV file that came out, every cell as it stands there."""
        return pd.read_csv(self.folder / name, dtype=str, keep_default_na=False)

    def text(self, name: str) -> str:
        return (self.folder / name).read_text(encoding="utf-8")

    def values(self, analysis: str, statistic: str) -> dict[str, str]:
        """Group, or level where there is one -> value of ard.csv."""
        rows = self.read("analysis/ard.csv").query("analysis == @analysis and statistic == @statistic")
        return dict(zip(rows["level"].where(rows["level"] != "", rows["group"]), rows["value"], strict=True))

    def notes(self, analysis: str) -> set[str]:
        rows = self.read("analysis/ard.csv").query("analysis == @analysis")
        return set(rows["note"]) - {""}


@pytest.fixture
def build(tmp_path):
    """build(tables, plan, name=csv, ...): `tables` and `plan` are YAML below `tables:` and below POPULATION; `head` stands
    within `plan:`. published: what is known of the patients of a reconstruction, (analysis, statistic) -> numbers."""

    def run(tables: str, plan: str, head: str = "", published: Mapping | None = None, **raw: str) -> Run:
        folder = tmp_path / "study"
        (folder / "raw").mkdir(parents=True, exist_ok=True)
        files = {f"{name}.csv": text.encode() for name, text in raw.items()}
        for name, content in files.items():
            (folder / "raw" / name).write_bytes(content)
        sums = [f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in sorted(files.items())]
        (folder / "raw" / "SHA256SUMS").write_text("".join(sums))
        named = ", ".join(f"{name}: {{path: {name}.csv}}" for name in raw)
        of = HEAD if published is None else HEAD.replace("reconstruction: false", "reconstruction: true")
        (folder / "study.yaml").write_text(f"{of}files: {{{named}}}\ntables:\n{tables}", encoding="utf-8")
        (folder / "plan.yaml").write_text(POPULATION.replace("HEAD", head) + plan, encoding="utf-8")
        study = load_study(folder / "study.yaml")
        checked = load_plan(folder / "plan.yaml", study)
        clean.write(clean.clean(study, folder / "raw", folder / "corrections.csv"), folder / "clean")
        tables = cohort.read_tables(folder / "clean", study)
        built = cohort.build(study, checked, tables)
        cohort.write(built, folder / "cohort")
        NO_EFFECT.write(no_effect(study, checked, tables, built.subjects), folder / "cohort")
        made = analysis.run(study, checked, built.subjects, built.daily, tables, published or {})
        analysis.write(*made, folder / "analysis")
        exchange.write(study, checked, folder / "analysis")
        results = load(study, checked, folder)
        draw_all(results, folder / "figures")
        write_all(results, folder / "tables")
        return Run(results, folder)

    return run
