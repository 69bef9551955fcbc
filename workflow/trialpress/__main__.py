"""The command line.

python -m trialpress run FOLDER --out OUT [--until analysis]          a study in a folder of its own, all stages in one process
python -m trialpress explain cr_rr_evaluable --participant LD-017     a printed number back to the raw cells
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from .stages import STAGES


def parser() -> argparse.ArgumentParser:
    whole = argparse.ArgumentParser(
        prog="trialpress", description="From the raw records of a trial to its publication, and back."
    )
    commands = whole.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="all stages of a study in a folder of its own")
    run.add_argument(
        "folder", type=Path, help="holds study.yaml, plan.yaml and data/raw/; claims.yaml and report/ if wanted"
    )
    run.add_argument(
        "--out", type=Path, required=True, help="where the results go; those of an earlier run are replaced"
    )
    run.add_argument("--until", choices=STAGES, help="last stage (default: the last for which the folder has sources)")
    explain = commands.add_parser("explain", help="the record of a number")
    explain.add_argument(
        "number", help="id of a number or of an analysis, as the manuscript's links and appendix give it"
    )
    explain.add_argument("--participant", help="study id of a participant to follow to the raw cells")
    explain.add_argument("--study", help="default: that of config/config.yaml")
    return whole


def main(arguments: list[str] | None = None) -> int:
    given = parser().parse_args(arguments)
    if given.command == "run":
        from .run import main as run

        return run(given.folder, given.out, given.until)
    from .explain import main as explain

    return explain(given.number, given.participant, given.study)


if __name__ == "__main__":
    sys.exit(main())
