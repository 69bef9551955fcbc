"""`make hostile`: all hostile inputs, and what came of them by area. `SEED` makes other ones.

python tests/hostile/everything.py [--seed 1] [--area NAME] [--markdown docs/hostile.md]
"""

from __future__ import annotations

import argparse
import random
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "workflow"), str(ROOT / "tests")]

from hostile import commands, dictionaries, expressions, identifiers, manuscripts, names, raw_files, texts  # noqa: E402
from hostile.judge import BAD, Case, judge, table  # noqa: E402

AREAS = (raw_files, dictionaries, expressions, names, texts, manuscripts, identifiers, commands)
SEED = 1


def cases(seed: int = SEED) -> Iterator[Case]:
    """Every case of every area; the same ones for the same seed."""
    for area in AREAS:
        yield from area.cases(random.Random(f"{seed} {area.AREA}"))


def main() -> int:
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--seed", type=int, default=SEED)
    given.add_argument("--area", default="", help="only this one")
    given.add_argument("--markdown", type=Path, help="where the table goes")
    given = given.parse_args()
    warnings.simplefilter("ignore")
    outcomes = []
    for case in cases(given.seed):
        if given.area in ("", case.area):
            outcomes.append(judge(case))
            if outcomes[-1].verdict in BAD:
                print(f"{outcomes[-1].verdict}: {case.area}, {case.name}: {outcomes[-1].said[:300]}", flush=True)
    said = table(outcomes)
    print(said, end="")
    if given.markdown:
        head = f"# Hostile inputs\n\nWritten by `make hostile` (seed {given.seed}); what each area tries stands in `tests/hostile/`.\n\n"
        given.markdown.write_text(head + said, encoding="utf-8")
    return int(any(outcome.verdict in BAD for outcome in outcomes))


if __name__ == "__main__":
    sys.exit(main())
