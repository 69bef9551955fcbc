"""No method raises for any data: a sample of the runs of benchmarks/statistics_sweep.py."""

import pandas as pd
from analysis.degenerate import faults, runs


def test_no_method_raises_and_every_gap_has_a_reason():
    found = [fault for method, rows, error in runs(150, first=7000) for fault in faults(method, rows, error)]
    assert not found, "\n".join(found)


def test_a_fault_is_found():
    row = {"group": "", "level": "", "statistic": "p_value", "value": float("nan"), "note": "who knows"}
    assert faults("m", None, "LinAlgError: singular") == ["m: LinAlgError: singular"]
    assert faults("m", pd.DataFrame(), "") == ["m: no row"]
    assert len(faults("m", pd.DataFrame([row]), "")) == 1
    assert faults("m", pd.DataFrame([row | {"note": "not estimable: no event"}]), "") == []
