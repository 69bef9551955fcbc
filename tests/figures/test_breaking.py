"""Lines of text: where they break, by their widths and with as few texts measured as that needs."""

import random

import pytest
from trialpress.figures import breaking


def one_by_one(text, width, measure):
    """The lines, with every text measured that could be one."""
    if text == text.strip() and "  " not in text and measure(text) <= width:
        return [text]
    found, line = [], ""
    for word in text.split(" "):
        of = [word] if measure(word) <= width else breaking._parts(word, width, measure)
        for i, part in enumerate(of):
            longer = f"{line}{'' if i else ' '}{part}".strip()
            if line and measure(longer) > width:
                found.append(line)
                longer = part
            line = longer
    return [*found, line]


def measure(text: str) -> float:
    """Letters of different widths, with pairs that stand closer; of several lines the longest."""
    return max(
        sum(1 + ord(letter) % 5 / 4 for letter in line) - 0.3 * sum(map(line.count, ("av", "e-", "n ")))
        for line in text.split("\n")
    )


@pytest.mark.parametrize("seed", range(40))
def test_lines_break_where_the_next_piece_would_be_too_wide(seed):
    chance = random.Random(seed)
    words = ["", " ", "a", "av", "even-handed", "unbreakable" * 3, "1/2/3", "n\nn", "总生存，", "naval", "in"]
    for _ in range(50):
        text = " ".join(chance.choices(words, k=chance.randint(0, 25)))
        width = chance.choice([3, 8, 15, 30, 90])
        assert breaking.lines(text, width, measure) == one_by_one(text, width, measure)


def test_few_texts_are_measured():
    seen = []
    text = " ".join(f"word{n}" for n in range(200))
    lines = breaking.lines(text, 300.0, lambda part: seen.append(part) or measure(part))
    whole = [one for one in seen if " " in one.strip()]
    assert len(whole) <= 1 + 3 * len(lines)
