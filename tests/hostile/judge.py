"""What comes of a hostile input: right, refused with a message, or one of the outcomes that must not be.

A case says itself whether what was accepted is right: its attempt gives '' if it is, else what is wrong with it. An InputError
is a refusal, and a good one names where, what, why and what to do; anything else that is raised is a traceback.
"""

from __future__ import annotations

import re
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from trialpress.errors import InputError

GOOD, BAD = ("right", "refused"), ("unclear", "traceback", "silent", "hang", "leak", "executed")
SECONDS = 60  # that an input may take
# what only a programmer understands
CODE = re.compile(r"\b\w+(?:Error|Exception)\b|NoneType|Traceback|\bdtype|<class|object at 0x|\bnan\b")


@dataclass(frozen=True)
class Case:
    """attempt(folder) -> '' (right), 'leak: ...', 'executed: ...', or what is silently wrong."""

    area: str
    name: str
    attempt: Callable[[Path], str]


@dataclass(frozen=True)
class Outcome:
    case: Case
    verdict: str
    said: str
    seconds: float


class Hang(BaseException):
    """The time is over; no `except Exception` on the way may take it for something else."""


def _over(*_):
    raise Hang


def judge(case: Case, seconds: int = SECONDS) -> Outcome:
    """Try one input in a folder of its own."""
    start = time.monotonic()
    before = signal.signal(signal.SIGALRM, _over)
    signal.alarm(seconds)
    try:
        with tempfile.TemporaryDirectory(prefix="hostile-") as folder:
            try:
                said = case.attempt(Path(folder))
                verdict = (
                    (said.partition(":")[0] if said.startswith(("leak:", "executed:")) else "silent")
                    if said
                    else "right"
                )
            except InputError as error:
                verdict, said = clear(error, Path(folder)), str(error)
            if [*Path(folder).rglob("hacked*")]:
                verdict, said = "executed", said
    except Hang:
        verdict, said = "hang", f"more than {seconds} s"
    except Exception as error:
        verdict, said = "traceback", f"{type(error).__name__}: {error}"
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
    return Outcome(case, verdict, said, time.monotonic() - start)


def clear(error: InputError, folder: Path) -> str:
    """'refused' if each problem has its parts in words."""
    for problem in error.problems:
        parts = (problem.where, problem.what, problem.why, problem.do)
        if not all(part.strip() for part in parts) or CODE.search(problem.what.replace(str(folder), "")):
            return "unclear"
    return "refused" if error.problems else "unclear"


def table(outcomes: Iterable[Outcome]) -> str:
    """Counts by area, as Markdown."""
    outcomes = list(outcomes)
    verdicts = (*GOOD, *BAD)
    lines = ["| area | tried | right | refused with a message | " + " | ".join(BAD) + " |",
             "|:---|" + "---:|" * (len(verdicts) + 1)]  # fmt: skip
    areas = [*dict.fromkeys(outcome.case.area for outcome in outcomes), "all"]
    for area in areas:
        mine = [outcome.verdict for outcome in outcomes if area in ("all", outcome.case.area)]
        counts = Counter(mine)
        lines.append(f"| {area} | {len(mine)} | " + " | ".join(str(counts[verdict]) for verdict in verdicts) + " |")
    return "\n".join(lines) + "\n"
