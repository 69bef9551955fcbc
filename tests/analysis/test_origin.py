"""Published, implied, simulated: by who is in a count and what decides on them."""

from __future__ import annotations

import pytest
from trialpress.analysis.origin import COMPUTED, IMPLIED, PUBLISHED, SIMULATED, Known, People, worst


def people(who: str, *columns: str) -> People:
    return People(frozenset(who), frozenset(columns))


# treated: everyone; rr and mrd: the strata; of rr some are in remission, not all were evaluated
TREATED, RR, MRD = people("abcdefgh", "dose"), people("abcdef", "dose", "stratum"), people("gh", "dose", "stratum")
REMISSION = people("abcd", "dose", "stratum", "response")
EVALUATED = people("abcde", "dose", "stratum", "date")
KNOWN = Known([TREATED, RR, REMISSION, EVALUATED])


@pytest.mark.parametrize(("count", "origin"), [
    (RR, PUBLISHED),
    (MRD, IMPLIED),  # all treated less one stratum
    (people("ef", "dose", "stratum", "response"), IMPLIED),  # no remission: the stratum less those in remission
    (people("f", "dose", "stratum", "date"), IMPLIED),  # not evaluated
    (people("abcdf", "dose", "stratum", "date", "response"), IMPLIED),  # in remission, or not evaluated
    (people("", "dose", "stratum"), SIMULATED),  # nobody, of whom nothing was said
    (people("abcd", "dose", "stratum", "crs"), SIMULATED),  # the same people as in remission, by another column
    (people("abcdef", "sex"), SIMULATED),
    (people("abc", "dose", "stratum", "response"), SIMULATED),  # another number of people
])  # fmt: skip
def test_a_count_is_known_by_its_people_and_by_what_decides_on_them(count, origin):
    assert KNOWN.origin(count) == origin


def test_without_published_counts_everything_is_simulated():
    assert Known([]).origin(TREATED) == SIMULATED


@pytest.mark.parametrize(("parts", "origin"), [
    ([PUBLISHED, PUBLISHED], IMPLIED), ([PUBLISHED, IMPLIED], IMPLIED), ([PUBLISHED, SIMULATED], SIMULATED),
    ([], SIMULATED), ([COMPUTED], COMPUTED),
])  # fmt: skip
def test_one_simulated_number_makes_the_result_simulated(parts, origin):
    assert worst(parts) == origin
