"""The figures in parts, each a job of its own. The stage itself then takes them as it takes those of an earlier run."""

from __future__ import annotations

from collections.abc import Iterable

LARGE = 150  # MB of raw files for which a part is worth the reading of the results


def parts(setting: int | str, figures: int, megabytes: int) -> int:
    """The number of parts: the setting, or one for each 150 MB of raw files, and no more than there are figures. It does not
    depend on the machine: jobs on others read the same rules.

    >>> parts("auto", 30, 1), parts("auto", 30, 640), parts(8, 5, 1)
    (1, 5, 5)
    """
    return max(1, min(-(-megabytes // LARGE) if setting == "auto" else int(setting), figures))


def part(figures: Iterable[str], item: str) -> list[str]:
    """The figures of a part, by turns: neighbours in a plan are alike, and take as long.

    >>> part(["flow", "os", "efs", "swimmer", "rates"], "2-of-2")
    ['os', 'swimmer']
    """
    number, parts = map(int, item.split("-of-"))
    return [*figures][number - 1 :: parts]
