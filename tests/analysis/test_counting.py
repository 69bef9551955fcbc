"""Every count that a method prints is that of the participants named for it, also where values are missing."""

import pytest
from analysis.cohort import awkward, compute
from analysis.test_methods import OPTIONS
from trialpress.analysis.counting import counted
from trialpress.audit.trace import COUNTS

# of other trials; by what each one's curve allows; of events until a time
NOT_NAMED = {"pool", "exposure", "conditional_probability"}
CASES = [(method, case) for method in OPTIONS if method not in NOT_NAMED for case in ("usual", "half missing", "outcomes of one arm unknown")]  # fmt: skip
# between two steps a start-stop curve has no number at risk of its own: it is that of the next step
CASES = [(method, case) for method, case in CASES if method != "simon_makuch" or case == "usual"]


@pytest.mark.parametrize(("method", "case"), CASES)
def test_counts_are_those_of_the_participants_named(method, case):
    data = awkward(case)
    for options in OPTIONS[method]:
        rows, _ = compute(method, data, **options)
        named = {(*where, statistic): int(members.sum()) for *where, statistic, members in counted(data, {"method": method, **options})}  # fmt: skip
        for row in rows[rows["statistic"].isin(COUNTS) & rows["value"].notna()].itertuples():
            assert named[row.group, row.level, row.statistic] == row.value, (options, row)
