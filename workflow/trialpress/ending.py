"""`python -m trialpress.ending STUDY <arguments of snakemake>`: a run, what it says at its end, and whether all is well with it:
the summary, the second computation, where to start reading."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from . import exclusive
from .errors import InputError

if TYPE_CHECKING:  # the process of which jobs are forked is begun before anything else is imported
    from .audit import second

CONTRADICTED = "contradicted"


def second_computation(found: second.Outcome) -> str:
    """'1,154 of 1,312 agree (R 4.2.2; largest relative difference 3e-08), 158 not computed a second time'."""
    parts = [f"{found.compared - found.differ:,} of {found.statistics:,} agree ({found.how})"]
    parts.append(f"{found.differ:,} differ (audit/concordance.csv)" if found.differ else "")
    rest = found.statistics - found.compared
    parts.append(f"{rest:,} not computed a second time (audit/computed_once.csv)" if rest else "")
    return ", ".join(filter(None, parts))


def privacy(folder: Path) -> list[str]:
    """What the privacy gate could not look for, and what it was told in vain; nothing where it could do its work."""
    from .files import read_json

    gate = read_json(folder / "audit" / "privacy.json", gate=dict)["gate"]
    said, vain = [], gate["allowed_in_vain"]
    for file, kinds in gate["not_searchable"].items():
        for ours, do in (
            (False, "before a file leaves the house, look for them by eye"),
            (True, "declare the columns in study.yaml as what they are, or under not_identifying of the file"),
        ):
            counts = {kind: n for kind, n in kinds.items() if kind.startswith("undeclared column") is ours}
            if counts:
                shown = ", ".join([*counts][:3]) + (f" and {len(counts) - 3} more" if len(counts) > 3 else "")
                n = sum(counts.values())
                said.append(
                    f"WARNING: {n:,} value{'s' * (n != 1)} of {file} cannot be searched for ({shown}): {do} (audit/privacy.json)"
                )
    if vain:
        said.append(f"not_identifying of study.yaml never fires: {', '.join(vain)}")
    return said


def ending(folder: Path) -> tuple[str, bool]:
    """The text, and whether a reader must look: a statistic that differs when computed again, a contradicted claim."""
    from .audit import second
    from .contracts import CLAIMS

    text, wrong = (folder / "report" / "summary.txt").read_text(encoding="utf-8"), 0
    lines = []
    if (folder / "audit" / "concordance.csv").is_file():
        found = second.outcome(folder)
        wrong = found.differ
        lines.append(("computed again", second_computation(found)))
        lines.append(("start with", f"{folder}/audit/index.html, {folder}/report/"))
    if (folder / "audit" / "privacy.json").is_file():
        lines += [("privacy", said) for said in privacy(folder)]
    contradicted = 0
    if (folder / "audit" / "claims.csv").is_file():
        contradicted = int((CLAIMS.read(folder / "audit")["verdict"] == CONTRADICTED).sum())
    if wrong or contradicted:
        found = [
            f"{wrong:,} statistics differ when computed again" if wrong else "",
            f"{contradicted:,} claims are contradicted" if contradicted else "",
        ]
        lines.append(("LOOK AT", ", ".join(filter(None, found))))
    return text + "".join(f"  {name:<14} {said}\n" for name, said in lines), bool(wrong)


def main(study: str, *arguments: str) -> int:
    """Run Snakemake with these arguments and say what came of it: status 1 if a file is not what the run wrote, or a second
    computation differs."""
    begun = time.monotonic()
    if status := exclusive.run(arguments):
        return status
    from . import receipts

    folder = Path("results") / study
    try:
        receipts.check(folder)
        text, wrong = ending(folder)
    except InputError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{text}  {'took':<14} {took(time.monotonic() - begun)}")
    return int(wrong)


def took(seconds: float) -> str:
    """A duration in words.

    >>> took(7.4), took(125.2), took(3725)
    ('7 s', '2 min 5 s', '62 min 5 s')
    """
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
