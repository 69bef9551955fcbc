"""Sentences leave the clean stage only if somebody has read them."""

from __future__ import annotations

import pytest
from trialpress.errors import InputError

from .small import column, values

SENTENCE = "seen on Monday with his wife Anna Okafor at the ward"


@pytest.mark.parametrize("text", [SENTENCE, "x" * 80, "患者于周一与其妻子安娜一起来到病房进行复查并诉说发热三天"])
def test_sentences_are_not_let_through(tmp_path, text):
    with pytest.raises(InputError, match="f.csv, row 3, table t, column x: holds sentences") as caught:
        column(tmp_path, {}, "no change", text)
    assert text not in str(caught.value) and not [*tmp_path.rglob("*.parquet"), *tmp_path.rglob("changes.csv")]


@pytest.mark.parametrize("text", ["Decreased neutrophil count, grade 3 to 4", "von Müller", "发热三天"])
def test_terms_are(tmp_path, text):
    assert values(column(tmp_path, {}, text)) == [text]


def test_what_was_reviewed_leaves_the_stage(tmp_path):
    reviewed = {"free_text": {"reviewed_by": "A. Reader", "on": "2020-02-01"}}
    assert values(column(tmp_path, reviewed, SENTENCE)) == [SENTENCE]


def test_what_is_withheld_leaves_nothing(tmp_path):
    data = column(tmp_path, {"free_text": "withheld", "required": True}, SENTENCE, "")
    assert list(data.tables["t"]) == ["participant"]
    left = b"".join(path.read_bytes() for path in (tmp_path / "clean").rglob("*"))
    assert b"Okafor" not in left and b"wife" not in left
    assert not data.cells["raw"].str.contains("wife").any()


def test_a_review_names_who_and_when(tmp_path):
    with pytest.raises(InputError, match="free_text"):
        column(tmp_path, {"free_text": {"reviewed_by": "A. Reader"}}, SENTENCE)
    with pytest.raises(InputError, match="means nothing for a column of type number"):
        column(tmp_path / "b", {"type": "number", "free_text": "withheld"}, "5")
