"""Whether the memory of this machine will do for a run, asked before its first job: one that is killed for want of it says nothing."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterable, Iterator
from pathlib import Path

from .errors import Problem

AUTO = "auto"
# job -> MB; MB for each MB of raw files; MB for each MB of its part of them. What benchmarks/scale.py saw, and a third more.
ASKED = {
    "clean": (1000, 24, 0),
    "clean_deal": (1000, 3, 0),
    "clean_part": (1000, 1, 16),
    "clean_together": (1000, 2, 0),
    "cohort": (1000, 5, 0),
    "cohort_part": (1000, 1, 8),
    "cohort_together": (1000, 2, 0),
    "effects": (1000, 6, 0),
    "analysis": (1500, 5, 0),
    "figures": (1000, 5, 0),
    "tables": (1000, 1, 0),
    "fragments": (1000, 10, 0),
    "report": (1500, 2, 0),
    "trace": (1500, 16, 0),
    "trace_cells": (1500, 12, 0),
    "trace_part": (1000, 6, 0),
    "trace_together": (1000, 5, 0),
    "audit": (1000, 19, 0),
}
# a job asks a cluster, which kills what takes more, for a third more than it was seen to take
SEEN = 0.75
OF_A_CONTAINER = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


def asked(job: str, size: int, parts: int = 1) -> int:
    """MB that a job asks a cluster for, of so many MB of raw files in so many parts.

    >>> asked("clean_part", 640, 5)
    3688
    """
    always, whole, share = ASKED[job]
    return always + whole * size + share * size // parts


def there(setting: int | str = AUTO) -> int:
    """MB that a run may use: the setting, in GB, or what the machine, its container and the shell allow. Swap is not counted: a stage
    that lives in it does not end.

    >>> there(16)
    16000
    """
    if setting != AUTO:
        return int(setting) * 1000
    found = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    found += [
        int(text)
        for path in map(Path, OF_A_CONTAINER)
        if path.is_file() and (text := path.read_text().strip()).isdigit()
    ]
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    found += [limit] if limit != resource.RLIM_INFINITY else []
    return min(found) // 10**6


def lacking(asked: Iterable[tuple[str, int]], has: int, size: int, raw: str) -> Iterator[Problem]:
    """What is wrong if a job needs more than there is. asked: (rule, MB that it asks a cluster for) of the jobs of a run; size: MB
    of the raw files."""
    needs: dict[str, float] = {}
    for rule, megabytes in asked:
        needs[rule] = max(needs.get(rule, 0), megabytes * SEEN / 1000)
    if large := {rule: gb for rule, gb in needs.items() if gb * 1000 > has}:
        listed = ", ".join(
            f"{rule} {gb:,.1f} GB" for rule, gb in sorted(large.items(), key=lambda one: (-one[1], one[0]))
        )
        what = f"with {size:,} MB of raw files these jobs need more memory than the {has / 1000:,.1f} GB of this machine: {listed}"
        cut = (
            "; in smaller parts a part needs less: chunks in config.yaml"
            if any("_part" in rule for rule in large)
            else ""
        )
        do = "run it where there is more, here or by profiles/slurm; `memory` in config.yaml is what a run may use, if it is not that"
        yield Problem(raw, what, "they would be killed, hours after the start and without a word", do + cut)
