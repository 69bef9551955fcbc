"""Numbers in print: by magnitude, and never as if what is nearly all were all."""

import pytest
from trialpress.analysis.display import display, together


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


@pytest.mark.parametrize(("size", "digits"), [(9.994, 2), (9.995, 1), (99.94, 1), (99.95, 0), (0.0999, 3), (0.1, 2)])
def test_an_estimate_has_the_decimals_of_its_size(size, digits):
    """Of 9.995 that of 10.0, as which it is printed; an interval has those of its estimate."""
    assert together({"estimate": size, "ci_low": 0.0, "ci_high": size}) == dict.fromkeys(
        ("estimate", "ci_low", "ci_high"), f"decimal{digits}"
    )
    assert len(display("estimate", size).partition(".")[2]) == digits
