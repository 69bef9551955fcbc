"""Adverse events by class and term, counted by hand."""

from __future__ import annotations

from types import SimpleNamespace

import pandas as pd
import pytest
from analysis.cohort import compute, data

EVENTS = pd.DataFrame(
    [("A", "Fever", "General", 2, "yes"), ("A", "Fever", "General", 4, "no"), ("A", "Rash", "Skin", 1, "no"),
     ("B", "Fever", "General", None, "yes"), ("B", "Chills", "General", 3, None), ("C", "Rash", "Skin", 1, "no"),
     ("D", None, None, 5, "no"), ("X", "Rash", "Skin", 5, "yes")],
    columns=["who", "term", "soc", "grade", "related"],
).astype({"who": "string", "term": "string", "soc": "string", "grade": "Int64", "related": "string"})  # fmt: skip
OPTIONS = {"table": "events", "term": "term", "grade": "grade", "by": "arm"}


def cohort():
    frame = pd.DataFrame({"who": list("ABCDEF"), "arm": list("aaabbb")}, dtype="string")
    population = data(frame, {"arm": {"a": "A", "b": "B"}}, {"events": EVENTS})
    columns = {name: SimpleNamespace(type="text", codes={}, codes_from_file=False) for name in EVENTS}
    population.study.tables["events"] = SimpleNamespace(columns=columns)
    return population


def found(**options) -> dict:
    rows, _ = compute("toxicity", cohort(), **{**OPTIONS, **options})
    return {(row.group, row.level, row.statistic): row.value for row in rows.itertuples()}


def test_everyone_counts_once_in_a_row_at_the_worst_grade_and_events_count_each():
    values = found(soc="soc")
    expected = {
        ("", "any_event"): (4, 7), ("a", "any_event"): (3, 6), ("b", "any_event"): (1, 1),
        ("", "class=General"): (2, 4), ("a", "class=Skin"): (2, 2), ("b", "class=Skin"): (0, 0),
        ("", "term=Fever"): (2, 3), ("a", "term=Rash"): (2, 2), ("", "term=Chills"): (1, 1),
    }  # fmt: skip
    for (group, level), counts in expected.items():
        assert tuple(values[group, level, name] for name in ("n", "occurrences")) == counts, (group, level)
    grades = [values["", "any_event", f"grade_{grade}"] for grade in range(1, 6)]
    assert grades == [1, 0, 1, 1, 1] and values["", "any_event", "ungraded"] == 0
    assert values["", "term=Fever", "ungraded"] == 1 and values["", "term=Fever", "grade_4"] == 1
    assert values["", "any_event", "severe"] == 3 and values["a", "any_event", "severe_percent"] == pytest.approx(2 / 3)
    assert values["a", "", "N"] == 3 and values["b", "any_event", "percent"] == pytest.approx(1 / 3)


def test_attribution_and_choice_of_events():
    values = found(related="related == 'yes'", events="term != 'Chills'")
    assert values["", "any_event", "related"] == 2 and values["a", "term=Rash", "related"] == 0
    assert ("", "term=Chills", "n") not in values
    # the event of D has no term: it is not known whether it counts, and it does not
    assert (values["", "any_event", "n"], values["", "any_event", "occurrences"]) == (3, 5)
    rows, _ = compute("toxicity", cohort(), **OPTIONS, events="term != 'Chills'")
    assert "1 left out: not known whether they count" in rows.set_index(["level", "statistic"]).loc[("any_event", "n"), "note"].iloc[0]  # fmt: skip


def test_an_event_of_which_it_is_not_known_is_not_attributed():
    values = found(related="related == 'yes'")
    assert [values["", f"term={term}", "related"] for term in ("Chills", "Fever", "Rash")] == [0, 2, 0]


def test_two_groups_differ_by_newcombe_and_are_tested_only_if_asked():
    plain, tested = found(), found(p_values=True)
    assert plain["", "term=Rash", "estimate"] == pytest.approx(-2 / 3)
    assert ("", "term=Rash", "p_value") not in plain
    assert tested["", "term=Rash", "p_value"] == pytest.approx(0.4)  # of 20 equal splits 8 are as far


def test_what_has_no_term_or_no_grade_is_said():
    rows, _ = compute("toxicity", cohort(), **OPTIONS)
    note = rows[(rows["level"] == "any_event") & (rows["statistic"] == "n")]["note"].iloc[-1]
    assert note == "1 without a term count here only; 1 without a recorded grade"


def test_how_many_attributions_are_not_known_is_said():
    rows, _ = compute("toxicity", cohort(), **OPTIONS, related="related == 'yes'")
    note = rows[(rows["level"] == "any_event") & (rows["statistic"] == "related")]["note"].iloc[-1]
    assert note.endswith(
        "; 1 of unknown attribution not counted as attributed: 0 participants could have an attributed event"
    )
    population = cohort()
    population.tables["events"] = EVENTS.assign(related=EVENTS["related"].where(EVENTS["term"] == "Fever"))
    rows, _ = compute("toxicity", population, **OPTIONS, related="related == 'yes'")
    note = rows[(rows["level"] == "any_event") & (rows["statistic"] == "related")]["note"].iloc[-1]
    assert "4 of unknown attribution not counted as attributed: 2 participants could have an attributed event" in note
    assert not compute("toxicity", population, **OPTIONS)[0]["note"].str.contains("attribut").any()


@pytest.mark.parametrize(("options", "message"), [
    ({"classes": {"Fever": "General", "Rash": "Skin"}}, "classes: none for 'Chills'"),
    ({"classes": {"Fever": "G", "Rash": "S", "Chill": "G"}}, "none for 'Chills'; no event is called 'Chill'"),
    ({"classes": {"Fever": "G"}, "soc": "soc"}, "soc and classes both say"),
    ({"soc": "related"}, "soc: several classes for 'Fever'"),
])  # fmt: skip
def test_classes_that_are_not_one_for_each_term_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        found(**options)


def test_a_term_without_a_class_is_counted_and_said():
    events = EVENTS.assign(soc=EVENTS["soc"].mask(EVENTS["term"] == "Chills"))
    population = cohort()
    population.tables["events"] = events
    rows, _ = compute("toxicity", population, **OPTIONS, soc="soc")
    note = rows.set_index(["level", "statistic"]).loc[("any_event", "n"), "note"].iloc[0]
    assert "1 without a system organ class count with their terms only" in note
    values = {(row.group, row.level, row.statistic): row.value for row in rows.itertuples()}
    assert values["", "term=Chills", "n"] == 1 and values["", "class=General", "n"] == 2
    rows, _ = compute("toxicity", cohort(), **OPTIONS)  # no classes at all: nothing to say
    assert not rows["note"].str.contains("system organ class").any()
