"""The default study as the audit finds it: every stage run in memory, the manuscript rendered around blank figures."""

import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
from PIL import Image
from trialpress import analysis, audit, clean, cohort, environment
from trialpress.analysis import origin
from trialpress.audit import open_queries, page, trace
from trialpress.audit.claims import check, load_claims
from trialpress.checks.effects import no_effect
from trialpress.checks.plan import load_plan
from trialpress.contracts import NO_EFFECT, QUERY_EFFECTS
from trialpress.files import write_csv
from trialpress.report import fragments, staging
from trialpress.results import load
from trialpress.stages import answers
from trialpress.study import load_study
from trialpress.tables import write_all

ROOT = Path(__file__).resolve().parents[2]
STUDY = "low-dose-cd19"
BLANK = '<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"/>'


@pytest.fixture(scope="session")
def audited(tmp_path_factory) -> SimpleNamespace:
    """study, plan, results, logs, traced, raw (folder of raw files), folder (of results), project (above results/)."""
    project = tmp_path_factory.mktemp("audited")
    folder = project / "results" / STUDY
    config, raw = ROOT / "config" / STUDY, ROOT / "data" / STUDY / "raw"
    study = load_study(config / "study.yaml")
    plan = load_plan(config / "plan.yaml", study)
    clean.write(clean.clean(study, raw, raw.parent / "corrections.csv"), folder / "clean")
    tables = cohort.read_tables(folder / "clean", study)
    built = cohort.build(study, plan, tables)
    cohort.write(built, folder / "cohort")
    NO_EFFECT.write(no_effect(study, plan, tables, built.subjects), folder / "cohort")
    known = origin.published(config / "claims.yaml")
    analysis.write(*analysis.run(study, plan, built.subjects, built.daily, tables, known), folder / "analysis")
    results = load(study, plan, folder)
    write_all(results, folder / "tables")
    (folder / "figures").mkdir()
    for name in plan.figures:
        (folder / "figures" / f"{name}.svg").write_text(BLANK)
        Image.new("L", (10, 10)).save(folder / "figures" / f"{name}.png")
    (folder / "figures" / "alt.json").write_text(json.dumps(dict.fromkeys(plan.figures, "blank")))
    claims = load_claims(config / "claims.yaml", plan)
    found = fragments.fragments(results, claims, clean.read_logs(folder / "clean"), folder, "embedded", "none")
    fragments.write(found, "", folder)
    source, asked = ROOT / "report" / STUDY, (ROOT / "config" / "checklists.yaml", config / "checklists.yaml")
    staging.make(found, answers(asked, found, source), source, folder, ["html"], "embedded")
    write_csv(check(claims[0], results.ard), folder / "audit" / "claims.csv")
    outputs = {"clean/changes.csv": {"rule": "clean", **audit.digest(folder / "clean" / "changes.csv")}}
    manifest = {"study": STUDY, "software": environment.versions(), "inputs": {}, "outputs": outputs}
    (folder / "audit" / "manifest.json").write_text(json.dumps(manifest))
    logs = clean.read_logs(folder / "clean")
    made = trace.write(results, logs, folder)
    QUERY_EFFECTS.write(open_queries.effects(results, logs["queries"], made), folder / "audit")
    traced = trace.read(folder)
    page.write(results, traced, logs, folder, raw.parent / "corrections.csv")
    (project / "config").mkdir()
    shutil.copy(ROOT / "config" / "config.yaml", project / "config" / "config.yaml")
    return SimpleNamespace(
        study=study, plan=plan, results=results, logs=logs, traced=traced, raw=raw, folder=folder, project=project
    )  # fmt: skip
