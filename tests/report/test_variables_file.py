"""_variables.yml as a run writes it is read as JSON: the same as a reader of YAML finds, and nothing that one refuses."""

import json

import pytest
from trialpress.errors import InputError
from trialpress.report import qmd


def both(folder, text):
    (folder / "_variables.yml").write_text(text, encoding="utf-8")
    return qmd._variables(folder / "_variables.yml"), qmd.load_yaml(folder / "_variables.yml")


@pytest.mark.parametrize(
    "held",
    [
        {"a": {"b": 'x "y" \\ /\n\t<0.001†'}, "c": ["yes", None, True, 3], "d": "2020-01-01"},
        {"a": 1.5, "b": float("inf"), "c": 1e300},
        {"empty": {}, "€": ""},
    ],
)
def test_json_is_read_as_yaml_reads_it(tmp_path, held):
    made, of_yaml = both(tmp_path, json.dumps(held, ensure_ascii=False, indent=1))
    assert made == of_yaml and list(map(type, made.values())) == list(map(type, of_yaml.values()))


def test_yaml_is_read_as_yaml(tmp_path):
    made, of_yaml = both(tmp_path, "{a: 1.50, b: {c: yes}}")
    assert made == of_yaml == {"a": 1.5, "b": {"c": "yes"}}


@pytest.mark.parametrize("sign", ["\x00", "\x0c", "\x1b", "\r", "\x7f"])
def test_a_sign_that_no_text_has_is_refused(tmp_path, sign):
    (tmp_path / "_variables.yml").write_text(json.dumps({"a": f"b{sign}c"}, ensure_ascii=False), encoding="utf-8")
    with pytest.raises(InputError, match="not valid YAML"):
        qmd._variables(tmp_path / "_variables.yml")
