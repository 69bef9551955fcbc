"""Names that mean harm, wherever a name becomes a path or stands in a command: refused, or a name like any other."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from trialpress.checks.plan import load_plan
from trialpress.errors import InputError
from trialpress.studies import checked
from trialpress.study import load_study

from .dictionaries import PLAN, STUDY, changed
from .judge import Case

AREA = "names"
NAMES = [
    "$(touch hacked)", "`touch hacked`", "x; touch hacked", "x' ; touch hacked; '", 'x" ; touch hacked; "', "x\ntouch hacked", "../decoy", "m ../decoy", "/tmp/x", ".",
    "..", "", " ", "-rf", "a/b", "a\\b", "x&touch hacked", "x|touch hacked", "x>hacked", "~", "$HOME", "%s", "{x}", "a\0b", "con:", "C:x", "x" * 300, "../../etc/passwd",
    "a b", "*", "?", "[a]", "!x", "#x", "a\tb", "\u202ex", "a%2fb", "a..b/../../c", "é/..", "\u2215etc", "::$DATA", "a\r",
]  # fmt: skip
PLACES = {
    "study": (("study", "id"), None), "file": (("files", "f", "path"), None), "catalogue": (("files", "f", "catalog"), None),
}  # fmt: skip
MAPS = {"table": ("study", ("tables",), "t"), "column": ("study", ("tables", "t", "columns"), "age"), "analysis": ("plan", ("analyses",), "age"),
        "population": ("plan", ("populations",), "some"), "derived": ("plan", ("cohort", "columns"), "twice")}  # fmt: skip
OUTPUTS = {
    "listing": ("tables", {"kind": "listing", "population": "all", "columns": ["age"], "caption": "C"}),
    "flow": ("figures", {"kind": "flow", "caption": "C"}),
}


def load(folder: Path, study: dict, plan: dict) -> None:
    for name, content in (("study", study), ("plan", plan)):
        (folder / f"{name}.yaml").write_text(json.dumps(content), encoding="utf-8")
    loaded = load_study(folder / "study.yaml")
    load_plan(folder / "plan.yaml", loaded)


def harmless(name: str) -> bool:
    """Whether a name can be a file's and an argument's without being anything else."""
    signs = set(name)
    return (
        bool(name)
        and name not in (".", "..")
        and not name.startswith("-")
        and all(c.isalnum() or c in "._-" for c in signs)
    )


def _refused(folder: Path, name: str, study: dict, plan: dict) -> str:
    load(folder, study, plan)
    return "" if harmless(name) else f"'{name}' is accepted"


def _study(_: Path, name: str) -> str:
    checked(name)
    return "" if harmless(name) else f"'{name}' is accepted"


def renamed(content: dict, path: tuple, old: str, new: str) -> dict:
    """A copy in which a key is called otherwise."""
    at = content
    for key in path:
        at = at[key]
    return changed(content, path, {new if key == old else key: value for key, value in at.items()})


def cases(rng: random.Random) -> Iterator[Case]:
    for name in NAMES:
        yield Case(AREA, f"study {name!r:.40}", partial(_study, name=name))
        for place, (path, _) in PLACES.items():
            if place == "study":
                continue
            yield Case(AREA, f"{place} {name!r:.40}", partial(_outside, name=name, study=changed(STUDY, path, name)))
        for place, (of, path, old) in MAPS.items():
            study, plan = (
                renamed(one, path, old, name) if of == which else one
                for which, one in (("study", STUDY), ("plan", PLAN))
            )
            yield Case(AREA, f"{place} {name!r:.40}", partial(_refused, name=name, study=study, plan=plan))
        for place, (room, spec) in OUTPUTS.items():
            yield Case(
                AREA,
                f"{place} {name!r:.40}",
                partial(_refused, name=name, study=STUDY, plan={**PLAN, room: {name: spec}}),
            )


def _outside(folder: Path, name: str, study: dict) -> str:
    """A path of a raw file stays below its folder."""
    from trialpress.study import preflight

    (folder / "raw").mkdir()
    (folder / "study.yaml").write_text(json.dumps(study), encoding="utf-8")
    loaded = load_study(folder / "study.yaml")
    try:
        preflight(loaded, folder)
    except (OSError, ValueError) as error:
        return f"{type(error).__name__}"
    except InputError:
        raise
    return f"'{name}' is accepted"
