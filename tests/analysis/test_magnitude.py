"""Numbers in print: by magnitude, and never as if what is nearly all were all."""

import pytest
from trialpress.analysis.display import display


@pytest.mark.parametrize(
    "statistic, value, kind, text",
    [
        ("percent", 2999 / 3000, "", ">99.9%"),
        ("percent", 1.0, "", "100.0%"),
        ("percent", 1 / 3000, "", "<0.1%"),
        ("percent", 0.0, "", "0.0%"),
        ("estimate", 0.9994, "percent", "99.9%"),
        ("estimate", 77528.36, "estimate", "77,528"),
        ("estimate", 0.0012, "estimate", "0.0012"),
        ("estimate", -0.0012, "estimate", "\u22120.0012"),
        ("estimate", 99.96, "estimate", "100"),
        ("estimate", 9.996, "estimate", "10.0"),
        ("estimate", 7.5, "estimate", "7.50"),
        ("estimate", 7.5, "decimal1", "7.5"),
        ("estimate", float("nan"), "estimate", "NE"),
        ("df", 2.0, "", "2"),
        ("df", 17.46, "", "17.5"),
        ("statistic", 84.0, "", "84"),
        ("statistic", 10.866, "", "10.87"),
    ],
)
def test_display(statistic, value, kind, text):
    assert display(statistic, value, kind) == text
