"""A study of many laboratory rows, as a folder that the workflow runs in."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
PLAN = """
plan: {level: 0.95, seed: 1}
cohort: {table: people, columns: {}}
populations: {all: {label: All, condition: "true"}}
flow: [{population: all}]
endpoints: {}
analyses: {n: {method: proportion, population: all, event: "true", label: All}}
figures: {}
tables: {}
"""


def benchmark(name: str):
    """A module of benchmarks/."""
    spec = importlib.util.spec_from_file_location(f"benchmarks_{name}", ROOT / "benchmarks" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def study_of(project: Path, rows: int, name: str = "large") -> None:
    """The rows of benchmarks/clean.py as a study of this folder."""
    data, config = project / "data" / name, project / "config" / name
    for folder in (data, config, project / "report" / name):
        folder.mkdir(parents=True)
    benchmark("clean").make(data, rows)
    (data / "study.yaml").rename(config / "study.yaml")
    (config / "plan.yaml").write_text(PLAN)
    (config / "claims.yaml").write_text(yaml.safe_dump({"source": "none", "claims": []}))
    run = yaml.safe_load((project / "config" / "config.yaml").read_text())
    (project / "config" / "config.yaml").write_text(json.dumps(run | {"study": name}))
