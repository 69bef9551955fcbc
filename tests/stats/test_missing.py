import math

import pytest
from trialpress.stats.contingency import fisher_2x2
from trialpress.stats.missing import missing_response, tipping_point, tipping_point_two_groups
from trialpress.stats.proportions import exact_test, proportion


def test_cases_of_the_published_response():
    """Pan et al. 2017: 36 of 40 evaluated, two treated patients died before assessment: 36/42 is the worst case."""
    result = missing_response(36, 40, 2)
    assert result["estimate:complete"] == 0.9
    assert result["estimate:worst"] == pytest.approx(36 / 42)
    assert result["ci_low:worst"] == proportion(36, 42)["ci_low"]
    assert result["ci_high:best"] == proportion(38, 42)["ci_high"]
    nobody = missing_response(0, 0, 3)
    assert nobody.note == "not estimable: no patients" and nobody["estimate:best"] == 1


def test_tipping_point_of_one_group():
    result = tipping_point(15, 20, 8, 0.5)
    tip = result["tipping_point"]
    assert exact_test(15 + 8 - tip, 28, 0.5, alternative="greater")["p_value"] > 0.025
    assert exact_test(15 + 8 - tip + 1, 28, 0.5, alternative="greater")["p_value"] <= 0.025
    assert tipping_point(36, 40, 2, 0.5)["tipping_point"] == 3
    assert tipping_point(36, 40, 2, 0.5).note.startswith("no number of failures")
    assert tipping_point(4, 10, 0, 0.5)["tipping_point"] == 0


def test_tipping_point_of_two_groups():
    result = tipping_point_two_groups(14, 16, 3, 6, 15, 2)
    p = result.curve["p_value"].reshape(4, 3)
    assert p[1, 2] == fisher_2x2([[15, 4], [8, 9]])["p_value"]
    assert result["scenarios"] == 12
    assert result["unchanged"] == (p <= 0.05).sum()
    assert math.isnan(tipping_point_two_groups(0, 0, 3, 6, 15, 2)["p_value"])


def test_bad_input():
    with pytest.raises(ValueError, match="missing: negative count"):
        missing_response(1, 2, -1)
    with pytest.raises(ValueError, match="n: more events than patients"):
        missing_response(3, 2, 1)
    with pytest.raises(ValueError, match="alpha: must lie strictly between 0 and 1"):
        tipping_point(1, 2, 1, 0.5, alpha=0)
