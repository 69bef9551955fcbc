"""A withheld count cannot be solved for: each test tries to, with what was released and nothing else."""

import numpy as np
import pandas as pd
import pytest
from trialpress.audit.disclosure import WITHHELD, Control
from trialpress.audit.suppression import Sum, bounds, secondary, sums

NONE = np.nan


def alone(how, *arguments):
    """A file released as if there were no other."""
    control = Control(5, "suppress")
    control.looks([(getattr(control, how), arguments)])
    return getattr(control, how)(*arguments)


def solved(counts, sizes, falls=(), threshold=5) -> tuple[set, dict]:
    """(withheld beside the small cells, what an attacker finds of the small ones)."""
    counts, sizes = np.array(counts, dtype=float), np.broadcast_to(np.array(sizes, dtype=float), np.shape(counts))
    known = sums(counts, sizes, falls)
    small = {(r, c) for r, c in np.ndindex(counts.shape) if 0 < counts[r, c] < threshold}
    more, lost = secondary(counts, known, small, threshold)
    assert not lost
    found = bounds(counts, known, small | more, small, threshold)
    return more, {cell: found[cell] for cell in small}


@pytest.mark.parametrize(
    ("counts", "sizes", "falls"),
    [
        ([[3, 20, 23]], NONE, ()),  # two groups and all
        ([[3, 20, 31, 54], [9, 9, 12, 30], [8, 11, 20, 39]], [20, 40, 63, 123], ()),
        ([[3], [17], [20]], [40], ()),  # levels of a variable
        ([[2, 18, 20], [10, 12, 22], [8, 10, 18]], [20, 40, 60], ()),
        ([[1, 1, 2], [19, 39, 58]], [20, 40, 60], ()),  # two small ones whose sum tells both
        ([[50, 0], [47, 3], [40, 7]], NONE, [(0, (1,))]),  # a flow
        ([[30, 1, 0], [29, 0, 2], [27, 4, 0], [23, 0, 0]], NONE, [(0, (1, 2))]),  # at risk, events, censored
    ],
)
def test_no_small_count_is_told_by_the_rest(counts, sizes, falls):
    more, found = solved(counts, sizes, falls)
    assert found and all(low < high for low, high in found.values()), found
    known = sums(np.array(counts, dtype=float), np.broadcast_to(np.array(sizes, dtype=float), np.shape(counts)), falls)
    small = set(found)
    alone = bounds(np.array(counts, dtype=float), known, small, small, 5)
    assert more and any(low == high for low, high in alone.values()), "without it the count could be computed"


def test_nothing_more_is_withheld_than_is_needed():
    assert solved([[3, 2, 5]], NONE)[0] == set(), "1 to 4 and 1 to 4: the sum does not tell"
    assert solved([[3, 20, 24]], NONE) == (set(), {(0, 0): (1, 4)}), "no sum"
    assert solved([[9, 20, 29]], NONE) == (set(), {})
    assert solved([[3, 20, 40, 63]], NONE)[0] == {(0, 1)}, "the smallest of the others"


def test_the_sums_are_found_in_the_numbers():
    found = sums(np.array([[4.0, 6, 10], [5, NONE, 10]]), np.array([[9.0, NONE, 20], [9, NONE, 20]]))
    assert found == [Sum(((0, 0), (0, 1)), (0, 2)), Sum(((0, 0), (1, 0)), 9.0), Sum(((0, 2), (1, 2)), 20.0)]


def test_a_printed_table_is_released_so_that_no_margin_tells():
    frame = pd.DataFrame(
        {"Term": ["Seizure", "None"], "A (n = 20)": ["3 (15.0%)", "17 (85.0%)"], "B (n = 30)": ["9 (30.0%)", "21 (70.0%)"],
         "Overall (n = 50)": ["12 (24.0%)", "38 (76.0%)"], "P": ["0.31", ""]}
    )  # fmt: skip
    control = Control(5, "suppress")
    control.looks([(control.printed, (frame, "t"))])
    found = control.printed(frame, "t")
    assert list(found.iloc[0]) == ["Seizure", "<5", WITHHELD, "12 (24.0%)", WITHHELD]
    assert list(found.iloc[1]) == ["None", WITHHELD, WITHHELD, "38 (76.0%)", ""]
    assert [note["why"] for note in control.withheld].count("another count would follow from it") == 3


def test_a_flow_and_the_results_data_are_released_likewise():
    flow = pd.DataFrame({"step": ["all", "treated", "done"], "n": ["50", "47", "40"], "excluded": ["0", "3", "7"]})
    found = alone("numbers", flow, "f")
    assert list(found["n"]) == ["50", WITHHELD, "40"] and list(found["excluded"]) == ["0", "<5", WITHHELD]
    where = [("r", group, level, statistic, value) for group, n, of in (("a", (3, 17), 20), ("b", (9, 21), 30), ("", (12, 38), 50))
             for level, one in zip("yn", n, strict=True) for statistic, value in (("n", one), ("N", of))]  # fmt: skip
    ard = pd.DataFrame(where, columns=["analysis", "group", "level", "statistic", "value"]).astype(str)
    released = alone("statistics", ard.assign(display=ard["value"]))
    counts = released[released["statistic"] == "n"]
    assert dict(zip(counts["group"] + counts["level"], counts["display"], strict=True)) == {
        "ay": "<5", "an": WITHHELD, "by": WITHHELD, "bn": WITHHELD, "y": "12", "n": "38"}  # fmt: skip


def test_of_a_curve_no_count_stays():
    curve = pd.DataFrame(
        {"x": ["0.5", "1.5"], "n_at_risk": ["40", "39"], "n_event": ["1", "0"], "n_censored": ["0", "0"]}
    )
    found = alone("numbers", curve, "c")
    assert list(found["n_at_risk"]) == [WITHHELD, WITHHELD] and list(found["n_event"]) == ["<5", WITHHELD]
    untouched = curve.assign(n_event=["9", "0"])
    assert alone("numbers", untouched, "c").equals(untouched)
