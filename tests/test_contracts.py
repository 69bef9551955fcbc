"""Files between stages have the columns of their contract, or are not read."""

from __future__ import annotations

import pandas as pd
import pytest
from trialpress.contracts import ARD, FILES, FLOW
from trialpress.errors import InputError


def test_a_file_with_other_columns_is_not_read(tmp_path):
    (tmp_path / "flow.csv").write_text("stage,n,excluded,reason\nAll,3,0,\n")
    with pytest.raises(InputError, match="lost step, step_label, reason_label, new stage") as error:
        FLOW.read(tmp_path)
    assert "run the stage cohort again" in str(error.value)


def test_a_frame_with_other_columns_is_not_written(tmp_path):
    with pytest.raises(AssertionError, match="ard.csv with columns"):
        ARD.write(pd.DataFrame({"analysis": ["a"]}), tmp_path)
    assert not list(tmp_path.iterdir())


def test_nothing_is_guessed(tmp_path):
    frame = pd.DataFrame([["None", "1", "0", "NA", "01", "1e5"]], columns=FLOW.columns)
    FLOW.write(frame, tmp_path)
    row = FLOW.read(tmp_path).iloc[0]
    assert row.tolist() == ["None", 1, 0, "NA", "01", "1e5"]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_contracts_declare_what_they_name(file):
    assert len(set(file.columns)) == len(file.columns)
    assert {*file.key, *file.numbers, *file.whole} <= set(file.columns)
