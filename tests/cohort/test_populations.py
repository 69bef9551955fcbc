"""Nobody in a population is a number only where the plan says that it may be one."""

import pytest
from figures.small import PLAN, UNTREATED, small
from trialpress.errors import InputError

HEAD = PLAN.partition("analyses:\n")[0]
STRICT = HEAD.replace(", may_be_empty: true", "")


def refused(folder, plan: str, n: int = 51) -> list:
    with pytest.raises(InputError) as error:
        small(folder, n=n, plan=plan + "analyses: {}\n")
    for problem in error.value.problems:
        assert problem.why and problem.do
    return error.value.problems


def test_every_empty_population_is_named_with_its_condition_and_what_it_was_taken_from(tmp_path):
    problems = refused(tmp_path, STRICT.replace("arm == 'mrd'", "arm == 'rr' and arm == 'mrd'"))
    assert [problem.where for problem in problems] == ["plan.yaml, populations.mrd", "plan.yaml, populations.nobody"]
    assert "'age > 500' holds for no participant" in problems[1].what
    assert "patients has 51 rows, the population infused (Infused) 51 participants" in problems[1].what
    assert "may_be_empty: true" in problems[1].do


def test_one_within_an_empty_one_is_named_too(tmp_path):
    problems = refused(tmp_path, STRICT.replace("arm == 'rr'}", "age > 500}"))
    assert [problem.where.rpartition(".")[2] for problem in problems] == ["evaluable", "nobody", "rr"]
    assert "the population rr (Relapsed or refractory) 0 participants" in problems[0].what


def test_the_key_lets_it_and_those_within_it_be_empty(tmp_path):
    results = small(tmp_path, plan=UNTREATED)
    assert not results.subjects[["infused", "rr", "mrd", "evaluable", "nobody"]].any(axis=None)
    assert results.value("cr_nobody", "N") == 0


def test_a_table_without_participants_stops_whatever_the_plan_allows(tmp_path):
    (problem,) = refused(tmp_path, UNTREATED.partition("analyses:\n")[0], n=0)
    assert problem.where == "plan.yaml, cohort.table patients" and "no participant" in problem.what
