"""The log of changes is read some blocks at a time: what it says does not depend on where they end."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from trialpress.audit.trace import changes as read
from trialpress.audit.trace.changes import LOGGED, Changes, integers
from trialpress.audit.trace.texts import keys

KEYS = {"a": ["S1", "S2", "S3"], "b": ["S2/1", "S1/1"]}
LINES = [("a", "x", "S2", "f", "X", "3", "5", "code list", "code"), ("a", "x", "S9", "f", "X", "9", "1", "code list", "code"),
         ("a", "y", "S1", "f", "Y", "2", "", "range", "value"), ("b", "x", "S1/1", "g", "X", "2", "7", "code list", "code"),
         ("b", "x", "S2/1", "g", "X", "3", "7", "spaces trimmed", "spelling"), ("a", "x", "S3", "f", "X", "4", "6", "range", "value")]  # fmt: skip


def told(size: int) -> tuple:
    frame = pd.DataFrame(LINES, columns=list(LOGGED))
    blocks = [frame.iloc[at : at + size] for at in range(0, len(frame), size)]
    found = Changes(blocks, lambda table, keys: integers(pc.index_in(keys, value_set=pa.array(KEYS[table]))))
    places, rules = list(found.places), list(found.rules)
    lines = {}
    for field in dict.fromkeys(line[:2] for line in LINES):
        of = found.of(*field)
        numbers = zip(of.at, of.place, of.row, of.clean.to_pylist(), of.rule, strict=True)
        lines[field] = [(at, places[place], row, clean, rules[rule]) for at, place, row, clean, rule in numbers]
    return lines, found.counted.sort_values(["rule", "kind"], ignore_index=True).to_dict("list")


@pytest.mark.parametrize("together", [1, 2, 16])
@pytest.mark.parametrize("size", [1, 2, 5, 6])
def test_the_log_says_the_same_in_any_blocks(monkeypatch, size, together):
    monkeypatch.setattr(read, "TOGETHER", together)
    lines, counts = told(size)
    assert lines["a", "x"] == [(1, ("f", "X"), 3, "5", "code list"), (-1, ("f", "X"), 9, "1", "code list"),
                               (2, ("f", "X"), 4, "6", "range")]  # fmt: skip
    assert lines["b", "x"] == [(1, ("g", "X"), 2, "7", "code list"), (0, ("g", "X"), 3, "7", "spaces trimmed")]
    assert counts == {"rule": ["code list", "range", "spaces trimmed"], "kind": ["code", "value", "spelling"], "n": [3, 2, 1]}  # fmt: skip


def test_a_slash_is_doubled_only_where_two_keys_would_be_one():
    alike = pd.DataFrame({"who": ["S1", "S1/a"], "what": ["a/b", "b"]}, dtype="string")
    assert keys(alike, ["who", "what"]).to_pylist() == ["S1/a//b", "S1//a/b"]
    apart = pd.DataFrame({"who": ["S1", "S2"], "what": ["a/b", "b"]}, dtype="string")
    assert keys(apart, ["who", "what"]).to_pylist() == ["S1/a/b", "S2/b"]
    assert len(keys(pd.DataFrame({"who": np.array([], dtype=object)}), ["who"])) == 0
