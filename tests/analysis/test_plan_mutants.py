"""A sample of plans with one mistake: each is refused, or changes what uses the changed entry, or the run says that it has no effect. All: `make plan-mutants`."""

from __future__ import annotations

from collections import Counter

import pytest
from plan_changes import Mutation, drawn, mutations
from plan_mutants import BAD, Subject
from plan_reasons import touched


@pytest.fixture(scope="module")
def subject(tmp_path_factory):
    return Subject("low-dose-cd19", tmp_path_factory.mktemp("plans"))


@pytest.mark.xdist_group("plan-mutants")
def test_a_sample_of_plans_with_one_mistake(subject):
    chosen = drawn(mutations(subject), 33, seed=20170508)
    outcomes = [(mutation, subject.outcome(mutation)) for mutation in chosen]
    bad = [f"{mutation}: {found.what}: {found.detail}" for mutation, found in outcomes if found.what in BAD]
    assert not bad
    count = Counter(found.what for _, found in outcomes)
    assert count["refused"] >= 8 and count["changed"] >= 12 and count["unchanged"] <= 1, count


@pytest.mark.xdist_group("plan-mutants")
@pytest.mark.parametrize(
    "path, new, what, changed",
    [
        (("populations", "rr_infused", "condition"), "stratum == 'R'", "refused", "'R' is not a value of stratum"),
        (("analyses", "icans_severe", "event"), "icans >= '3'", "refused", "icans is a number"),
        (("analyses", "seizure_all", "population"), "infusde", "refused", "'infusde' is not defined"),
        (("analyses", "seizure_all", "population"), "recent20", "changed", {"analyses.seizure_all"}),
        (("analyses", "crs_severe", "event"), "crs_astct >= 4", "changed", {"analyses.crs_severe"}),
        (("cohort", "columns", "last_detected", "take"), "min", "changed", {"columns.last_detected", "analyses.kinetics_by_response"}),
        (("flow", 2, "reasons", "died_before_assessment", "condition"), "missing(death_date)", "changed", {"flow"}),
        (("cohort", "daily", "window", 1), 50, "said", set()),
    ],
)  # fmt: skip
def test_known_mistakes(subject, path, new, what, changed):
    old = subject.content
    for step in path:
        old = old[step]
    kind = "number" if isinstance(new, int) else ""
    found = subject.outcome(Mutation(path, kind, old, new), everything=what == "changed")
    assert found.what == what, found
    if what == "refused":
        assert changed in found.detail
    else:
        shown = {one for one in found.changed if not one.startswith(("figures.", "tables."))}
        assert shown == changed


@pytest.mark.parametrize(
    ("old", "new", "parts"),
    [
        ("a > 1 or b == 'x'", "a > 3 or b == 'x'", {"1", "a > 1", "a > 1 or b == 'x'"}),
        ("a > 1 or b == 'x'", "a > 1 and b == 'x'", {"a > 1", "b == 'x'", "a > 1 or b == 'x'"}),
        ("0 <= a <= 28", "0 <= a <= 57", {"28", "a <= 28", "0 <= a <= 28"}),
        ("0 <= a <= 28", "0 > a <= 28", {"0 <= a", "0 <= a <= 28"}),
        ("when(a, 1, 0)", "when(a, 1, 1)", {"0", "when(a, 1, 0)"}),
    ],
)  # fmt: skip
def test_the_parts_in_which_a_change_stands(old, new, parts):
    assert touched(old, new) == parts


def test_what_uses_an_entry_is_known(subject):
    used = subject.affected(("columns", "mrd_negative"))
    assert {("columns", "response"), ("populations", "responders"), ("analyses", "lfs"), ("figures", "kinetics"), ("tables", "listing")} & used == {
        ("columns", "response"), ("populations", "responders"), ("analyses", "lfs"), ("tables", "listing"),
    }  # fmt: skip
    # p-values of one family are adjusted together
    assert ("analyses", "cr_by_age") in subject.affected(("analyses", "crs_by_stratum"))
    assert subject.affected(("analyses", "os")) == {("analyses", "os"), ("figures", "os"), ("tables", "times")}
    assert ("columns", "response") not in subject.affected(("analyses", "response_rr"))


def test_every_kind_of_change_is_made(subject):
    kinds = {mutation.kind for mutation in mutations(subject)}
    assert kinds == {"literal", "operator", "function", "column", "population", "name", "number", "switch", "take",
                     "level removed", "level renamed"}  # fmt: skip
    assert drawn(mutations(subject), 5, 1) == drawn(mutations(subject), 5, 1)
