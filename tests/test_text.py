"""What is done to the spelling of a text is said as it is."""

import pytest
from trialpress.text import normalise, spelling


@pytest.mark.parametrize(
    ("text", "form", "rules"),
    [
        ("３９", "39", ("full-width characters",)),
        ("＜１ ", "<1", ("spaces trimmed", "full-width characters")),
        ("100\u00a0000", "100 000", ("spaces trimmed",)),
        ("谷丙转氨酶\u3000", "谷丙转氨酶", ("spaces trimmed",)),
        ("5000/µL", "5000/μL", ("compatibility characters",)),
        ("38℃", "38°C", ("compatibility characters",)),
        ("×10⁹/L", "×10^9/L", ()),
        ("CR\r", "CR", ("line breaks removed",)),
        ("LD-0\u200b17", "LD-017", ("invisible characters removed",)),
    ],
)
def test_spelling(text, form, rules):
    assert (normalise(text), spelling(text)) == (form, rules)
