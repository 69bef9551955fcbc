"""Programs beside the run: one that hangs is ended, one that fails is said."""

from __future__ import annotations

import os
import types

import pandas as pd
import pytest
from trialpress.analysis.methods import METHODS  # noqa: F401  the registry that the module needs
from trialpress.audit import computing, concordance
from trialpress.report.process import Failed, run


def test_a_program_that_hangs_is_ended():
    with pytest.raises(Failed, match="sleep was ended after 0.2 s"):
        run(["sleep", "30"], seconds=0.2)


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("exec sleep 30", "R was ended after 1 s"),
        ("echo 'there is no package called survival'; exit 1", "R stopped: there is no package called survival"),
    ],
)
def test_an_r_that_gives_no_answer_is_a_reason_for_every_analysis(tmp_path, monkeypatch, script, why):
    program = tmp_path / "Rscript"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(computing, "LONGEST", 1)
    monkeypatch.setattr(computing, "export", lambda results, folder, analysed: None)
    monkeypatch.setattr(computing.plain, "second", lambda folder, known, analyses: ([], {}))
    ard = pd.DataFrame([["os", "", "", "n", 5.0]], columns=[*concordance.KEY, "value"])
    results = types.SimpleNamespace(ard=ard, plan=types.SimpleNamespace(analyses={"os": {"method": "kaplan_meier"}}))
    found = computing.Second(results).found()
    assert found.second.empty and found.versions == {} and found.failed == {"os": why}
    compared = concordance.compare(ard, found.second)
    reasons = concordance.once(results, compared, found.failed, bool(found.versions))
    assert reasons["why"].tolist() == [f"the second computation stopped: {why}"]
