"""The name of a study: it names folders and stands in commands, so it holds nothing that a path or a shell could read.

`python -m trialpress.studies clean`: remove the results and logs of the study in the environment's STUDY, nothing else.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path

from .errors import InputError, Problem
from .job import boundary

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def wrong(study: str) -> str:
    """What is wrong with a study's name; empty if it can be one.

    >>> wrong("trial-7"), wrong("../decoy")
    ('', "'../decoy' cannot name a study: letters, digits, . _ - and a letter or digit first")
    """
    good = isinstance(study, str) and NAME.fullmatch(study)
    return "" if good else f"{study!r} cannot name a study: letters, digits, . _ - and a letter or digit first"


def checked(study: str) -> str:
    """A study's name that can be one; InputError if not."""
    if what := wrong(study):
        why = "a name is part of paths and commands: another one could read or remove what is not the study's"
        raise InputError([Problem("the study", what, why, "name a study under config/")])
    return study


def folder_problems(study, folder: str) -> list[Problem]:
    """The study.yaml of a folder must be of the study that the folder is called by."""
    if study.id == folder:
        return []
    what, do = f"study.id is '{study.id}', its folder '{folder}'", "call both alike"
    return [
        Problem(f"config/{folder}/study.yaml, study.id", what, "results and crate would bear another study's name", do)
    ]


def clean(study: str) -> None:
    """Remove results/<study> and logs/<study>; SystemExit unless it is a study of this repository."""
    if what := wrong(study):
        sys.exit(f"{what}; nothing was removed")
    if not (Path("config") / study / "study.yaml").is_file():
        sys.exit(
            f"config/{study}/study.yaml is not there: '{study}' is no study of this repository; nothing was removed"
        )
    for folder in (Path("results") / study, Path("logs") / study):
        if folder.is_symlink():
            sys.exit(f"{folder} is a link to another place; nothing of it was removed")
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    if sys.argv[1:] != ["clean"]:
        sys.exit("usage: STUDY=<name> python -m trialpress.studies clean")
    with boundary("make clean"):
        clean(os.environ.get("STUDY", ""))
