"""Loops of a plan, written out: what comes of an entry, and what is said of one that cannot be meant."""

from __future__ import annotations

from pathlib import Path

import pytest
from trialpress.plan.loops import expand

LEVELS = {"sex": {"M": "Men", "F": "Women"}, "age": {}}


def written(entry, name: str = "a_{x}", section: str = "analyses") -> tuple[dict, list[str]]:
    """(the entries that come of one, what is wrong: what / what to do)."""
    problems = []
    content = expand(Path("plan.yaml"), {section: {name: entry}}, LEVELS.get, problems)
    assert all(one.where == f"plan.yaml, {section}.{name}" and one.why for one in problems)
    return content[section], [f"{one.what} / {one.do}" for one in problems]


@pytest.mark.parametrize(
    "name, entry, expected",
    [
        # one variable, two, labels, levels of a column
        ("a_{x}", {"for": {"x": [1, 2]}, "at": "{x}", "label": "day {x}"}, {"a_1": {"at": 1, "label": "day 1"}, "a_2": {"at": 2, "label": "day 2"}}),
        ("{x}_{y}", {"for": {"x": ["a", "b"], "y": [0]}, "v": "{x}{y}"}, {"a_0": {"v": "a0"}, "b_0": {"v": "b0"}}),
        ("a_{x}", {"for": {"x": {"p": "P", "q": 2}}, "label": "{x.label}, {x}"}, {"a_p": {"label": "P, p"}, "a_q": {"label": "2, q"}}),
        ("a_{x}", {"for": {"x": "levels of sex"}, "label": "{x.label}"}, {"a_M": {"label": "Men"}, "a_F": {"label": "Women"}}),
        # in keys a value is part of an id, in texts it is itself
        ("a_{x}", {"for": {"x": ["CD4-", " CD8 +"]}, "levels": {"{x}_low": "{x}", 3: "{x}"}},
         {"a_CD4": {"levels": {"CD4_low": "CD4-", 3: "CD4-"}}, "a_CD8": {"levels": {"CD8_low": " CD8 +", 3: " CD8 +"}}}),
        # a text that is nothing but a placeholder has the type of its value
        ("a_{x}", {"for": {"x": [0.5, True]}, "v": "{x}", "list": ["{x}", "n {x}", 7, None]},
         {"a_0_5": {"v": 0.5, "list": [0.5, "n 0.5", 7, None]}, "a_True": {"v": True, "list": [True, "n True", 7, None]}}),
        # a loop within a list, alone and within a loop; an item with one of the two keys is an item
        ("a", {"list": ["b", {"for": {"y": [1, 2]}, "each": "c_{y}"}, "d"], "x": 1}, {"a": {"list": ["b", "c_1", "c_2", "d"], "x": 1}}),
        ("a_{x}", {"for": {"x": [1, 2]}, "list": [{"for": {"y": ["p", "q"]}, "each": "{y}{x}"}]}, {"a_1": {"list": ["p1", "q1"]}, "a_2": {"list": ["p2", "q2"]}}),
        ("a_{x}", {"for": {"x": [1]}, "list": [{"each": "{x}"}, [["{x}"]]]}, {"a_1": {"list": [{"each": 1}, [[1]]]}}),
        ("a_{x}", {"for": {"x": ["p", "q"]}, "list": [{"for": {"y": ["{x}1", "{x}2"]}, "each": {"k": "{y}"}}]},
         {"a_p": {"list": [{"k": "p1"}, {"k": "p2"}]}, "a_q": {"list": [{"k": "q1"}, {"k": "q2"}]}}),
        # without a loop, braces of prose are prose
        ("a", {"caption": "$x_{max}$ and \\{y}", "n": 1, "v": True}, {"a": {"caption": "$x_{max}$ and \\{y}", "n": 1, "v": True}}),
        ("a", 7, {"a": 7}),
    ],
)  # fmt: skip
def test_what_comes_of_an_entry(name, entry, expected):
    found, problems = written(entry, name)
    assert found == expected and list(found) == list(expected) and problems == []
    for key, value in expected.items():
        assert repr(found[key]) == repr(value)  # 1 is not True


@pytest.mark.parametrize(
    "name, entry, message",
    [
        ("a", {"for": {"x": [1]}, "v": "{y}{x}"}, "the placeholder {y} is not a variable of its loop / known here: x"),
        ("a_{x}", {"for": {"x": [1]}, "v": "{x.label}"}, "the placeholder {x.label} is not a variable of its loop / give its values labels: {value: label, ...}"),
        ("a_{x}", {"for": {"x": [1]}, "v": "{z.label}"}, "the placeholder {z.label} is not a variable of its loop / known here: x"),
        ("a_{x}", {"for": {"x": []}}, "`for`: 'x' must be a list of texts or numbers / write each value once"),
        ("a_{x}", {"for": {"x": [[1], 2]}}, "`for`: 'x' must be a list of texts or numbers / write each value once"),
        ("a_{x}", {"for": {"x": [2, {"a": 1}]}}, "`for`: 'x' must be a list of texts or numbers / write each value once"),
        ("a_{x}", {"for": {"x": [1, "1"]}}, "`for`: a value of 'x' stands twice / write each value once\nthe id 'a_1' stands twice / make ids of all variables of the loop"),
        ("a_{x}", {"for": {"x": 7}}, "`for`: 'x' must be a list, is 7 / write x: [7]"),
        ("a_{x}", {"for": {"x": "sex"}}, "`for`: 'x' must be a list, is 'sex' / write x: [sex]"),
        ("a_{x}", {"for": {"x": "levels of age"}}, "`for`: 'age' has no levels / name a column with codes or levels, or write the list"),
        ("a_{x}", {"for": {"x": "levels of ages"}}, "`for`: the column 'ages' is not known here / name a column with codes or levels, or write the list"),
        ("a", {"for": {"x y": [1]}}, "`for`: 'x y' cannot be a variable / take letters, digits and underscores"),
        ("a", {"for": {3: [1]}}, "`for`: '3' cannot be a variable / take letters, digits and underscores"),
        ("a", {"for": {}}, "`for` must name its variables with their lists / write for: {marker: [crp, il6]}"),
        ("a", {"for": [1]}, "`for` must name its variables with their lists / write for: {marker: [crp, il6]}"),
        ("a_{x}", {"for": {"x": [1], "y": [2]}}, "`for`: the variable 'y' is not used / write {y} in the entry, or leave it out"),
        ("a", {"for": {"x": [1, 2]}, "v": "{x}"}, "the id 'a' stands twice / make ids of all variables of the loop"),
        ("a", {"v": "{x}"}, "the placeholder {x} stands in an entry without `for` / add for: {x: [...]}"),
        ("a_{x}", {"v": 1}, "the placeholder {x} stands in an entry without `for` / add for: {x: [...]}"),
        ("a", {"v": ["b", ["c {x}"]]}, "the placeholder {x} stands in an entry without `for` / add for: {x: [...]}"),
        ("a", {"v": {"b_{x}": 1}}, "the placeholder {x} stands in an entry without `for` / add for: {x: [...]}"),
        ("a", {"caption": "On {x}."}, "the placeholder {x} stands in an entry without `for` / add for: {x: [...]}"),
        ("a", {"labels": {"b": "$y_{x}$"}}, "the placeholder {x} stands in an entry without `for` / add for: {x: [...]}"),
        ("a_{x}", {"for": {"x": [1]}, "list": [{"for": {"x": [2]}, "each": "{x}"}]}, "`for`: the variable 'x' belongs to the loop around it / give it another name"),
        ("a", {"list": [{"for": {"y": [2]}, "each": "b"}]}, "`for`: the variable 'y' is not used / write {y} in the entry, or leave it out"),
        # what only an inner loop names is used; what neither names is not
        ("a", {"for": {"x": [1], "z": [1]}, "list": [{"for": {"y": [2]}, "each": "{y}{x}"}]}, "`for`: the variable 'z' is not used / write {z} in the entry, or leave it out"),
    ],
)  # fmt: skip
def test_what_is_said_of_an_entry(name, entry, message):
    assert written(entry, name)[1] == message.splitlines()


def test_every_section_with_entries_is_written_out():
    entry = {"for": {"x": [1]}, "v": "{x}"}
    for section in ("endpoints", "populations", "analyses", "figures", "tables"):
        assert written(entry, section=section)[0] == {"a_1": {"v": 1}}
    content = {"cohort": {"table": "t", "columns": {"a_{x}": entry}}, "flow": [{"for": {"x": [1]}}]}
    assert expand(Path("p"), content, LEVELS.get, []) == {
        "cohort": {"table": "t", "columns": {"a_1": {"v": 1}}}, "flow": [{"for": {"x": [1]}}],
    }  # fmt: skip
    for odd in ({"cohort": 7}, {"cohort": {"columns": [1]}}, {"analyses": [1]}, [1], None, {}):
        assert expand(Path("p"), odd, LEVELS.get, []) == odd
