"""JSON of columns has the bytes that JSON of the same values has."""

import json

import numpy as np
import pyarrow as pa
import pytest
from trialpress.audit.parts import Json, embedded, plain
from trialpress.audit.trace import columns_json as written

HOSTILE = [
    "",
    "a",
    '"',
    "\\",
    '\\"',
    "a\nb",
    "\t\r\b\f",
    "\x00\x1f",
    "\x7f",
    "</script>",
    "\u2028",
    "阴性",
    "\U0001f600",
    "1/2",
]


@pytest.mark.parametrize("texts", [HOSTILE, ["plain", "阴性"], [], *([text] for text in HOSTILE)])
def test_texts_are_json_strings(texts):
    array = pa.array(texts, pa.string())
    assert written.one_list(written.strings(array)) == plain(texts)
    encoded = written.strings(array.dictionary_encode())
    assert isinstance(encoded, pa.DictionaryArray) and written.one_list(encoded) == plain(texts)


def test_lists_of_lists_and_objects_are_those_of_json():
    start, numbers = np.array([0, 2, 2, 5]), np.array([7, -1, 0, 2**31 - 1, 3], np.int32)
    lists = [[7, -1], [], [0, 2**31 - 1, 3]]
    made = written.lists(start, numbers)
    assert [json.loads(text) for text in made.to_pylist()] == lists
    rows = [{"cells": one, "rows": len(one)} for one in lists]
    objects = written.objects(cells=made, rows=np.diff(start))
    assert written.one_list(objects) == plain(rows)
    assert written.by_number(np.arange(8, 11), objects) == plain({str(at): row for at, row in enumerate(rows, 8)})
    texts = written.strings(pa.array(['a"', "b", "c"]))
    assert written.one_list(written.each(np.arange(3), texts, made)) == plain([[0, 'a"', [7, -1]], [1, "b", []], [2, "c", lists[2]]])  # fmt: skip
    assert written.by_name({'x"': written.one_list(made), "y": "{}"}) == plain({'x"': lists, "y": {}})


def test_nothing_is_an_empty_list_or_object():
    none = np.empty(0, np.int32)
    assert written.one_list(none) == "[]"
    assert written.by_number(none, written.lists(np.array([0]), none)) == "{}"
    assert written.by_name({}) == "{}"


def test_what_is_json_already_is_written_as_it_is():
    text = Json(plain({"a": HOSTILE}))
    assert plain(text) == text and embedded(text) == embedded({"a": HOSTILE})
