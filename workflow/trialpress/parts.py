"""What of a study's dictionary, plan and claims a stage reads. It is given its part and nothing else, and runs again when that changed.

A part is named "config/<study>/plan.yaml#figures", and has a hash of its content as it is read: comments, order of keys
without meaning, anchors and loops do not matter. What a part lacks cannot be read by mistake: it is `NotRead` there.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import os
import pickle
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass, replace
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

from .environment import located, modules
from .files import sha256
from .plan import Plan, read_plan
from .study import Study, load_study
from .text import texts_in
from .wording import Wording

LABELS = "labels.*.yaml"  # beside a plan, which is read with them
NAME = re.compile(r"/(study|plan|claims)\.yaml#\w+$")
# in a job's environment: part -> what it was read with, and its hash, when the run began
CHECKED = "TRIALPRESS_CHECKED"
FRONT = ("title", "short_title", "citation", "statements", "fetch", "not_identifying", "quasi_identifiers")
BEHIND = ("short_title", "citation", "statements", "fetch", "not_identifying", "quasi_identifiers", "data_managers")
# stage -> what of the dictionary and of the plan it does not read; a stage that is not here reads whole files
STUDY = {
    "clean": (*FRONT, "reconstruction"),
    "cohort": ("title", "reconstruction", *BEHIND),
    "effects": ("title", "reconstruction", *BEHIND),
    "analysis": BEHIND,
    "figures": ("title", *BEHIND),
    "tables": ("title", *BEHIND),
    "trace": BEHIND,
    "fragments": (),
}
PLAN = {
    "cohort": ("level", "alpha", "seed", "multiplicity", "analyses", "figures", "tables", "families", "precision", "written", "lock", "labels"),
    "effects": ("level", "alpha", "seed", "multiplicity", "families", "precision", "written", "lock", "labels"),
    "analysis": ("multiplicity", "written", "lock", "labels"),
    "figures": ("multiplicity", "tables", "written", "lock", "labels"),
    "tables": ("multiplicity", "figures", "written", "lock", "labels"),
    "trace": ("multiplicity", "written", "labels"),
    "fragments": (),
}  # fmt: skip


class NotRead:
    """In the place of what a stage does not read. Whoever uses it is told; it can be carried on."""

    def __init__(self, what: str):
        self.__dict__["what"] = what

    def __repr__(self) -> str:
        return f"<{self.__dict__['what']} is not read>"

    def _used(self, *_, **__):
        raise AssertionError(f"{self!r}, and is used: let {Path(__file__).name} have it in the stage's part")

    __getattr__ = __setattr__ = __getitem__ = __iter__ = __len__ = __contains__ = __bool__ = __eq__ = __hash__ = _used
    __str__ = __format__ = __float__ = __int__ = __index__ = __call__ = __lt__ = __gt__ = __le__ = __ge__ = _used
    __or__ = __ror__ = __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _used


def study_part(stage: str, study: Study) -> Study:
    """The dictionary as a stage sees it."""
    return replace(study, **{name: NotRead(f"study.{name}") for name in STUDY.get(stage, ())})


def plan_part(stage: str, plan: Plan) -> Plan:
    """The plan as a stage sees it."""
    given = {name: NotRead(f"plan.{name}") for name in PLAN.get(stage, ())}
    if room := {"figures": "figures", "trace": "tables"}.get(stage):
        entries = getattr(plan, room).items()
        given[room] = {name: {key: spec[key] for key in spec if key != "caption"} for name, spec in entries}
    if stage in ("analysis", "trace"):  # which compute analyses, and compare the denominators of those that are shown
        given["figures"] = {"figures": {"shows": _shown(plan, "figures")}}
    if stage == "analysis":
        given["tables"] = {"tables": {"shows": _shown(plan, "tables")}}
    if stage == "effects":
        from .checks.effects import tried

        given |= {room: tried(room, getattr(plan, room)) for room in ("analyses", "figures", "tables")}
    return replace(plan, **given)


def of(stage: str, study: Study, plan: Plan) -> tuple[Study, Plan]:
    """What a stage reads of both."""
    return study_part(stage, study), plan_part(stage, plan)


def read(stage: str, dictionary: Path | str, plan: Path | str) -> tuple[Study, Plan]:
    """What a stage reads of the study.yaml and the plan.yaml in one folder, which were checked before the first stage."""
    return of(stage, whole_study(dictionary), whole_plan(plan))


def whole_study(dictionary: Path | str) -> Study:
    """A study.yaml, read once a run as long as it stays the same."""
    return _study(Path(dictionary), _version(Path(dictionary)))


def whole_plan(plan: Path | str) -> Plan:
    """A plan.yaml with the study.yaml beside it, as `whole_study`."""
    return _plan(Path(plan), _version(Path(plan)))


def _shown(plan: Plan, room: str) -> list[str]:
    """The analyses that the figures, or the tables, name."""
    return sorted({text for spec in getattr(plan, room).values() for text in texts_in(spec)} & plan.analyses.keys())


# --- names and hashes -------------------------------------------------------------------------------------------------


def of_rules(folder: Path | str, reconstruction: bool) -> dict[str, list[str]]:
    """Stage -> the parts of the files in config/<study>/ that it reads, by name."""
    claims = {"analysis"} if reconstruction else set()
    files = (("study.yaml", STUDY), ("plan.yaml", PLAN), ("claims.yaml", claims))
    return {stage: [f"{folder}/{file}#{stage}" for file, of in files if stage in of] for stage in STUDY}


def is_part(name: str) -> bool:
    return bool(NAME.search(name))


def file_of(part: str) -> Path:
    """The file that a part is of."""
    return Path(located(part.rpartition("#")[0]))


def read_by(of_parts: Iterable[str]) -> Callable[[str], bool]:
    """Whether a file is read by one of these parts: as the file that it is of, or as its second set of labels."""
    files = {os.path.normpath(file_of(part)) for part in of_parts}
    labels = [os.path.join(os.path.dirname(file), LABELS) for file in files if os.path.basename(file) == "plan.yaml"]
    return lambda path: (
        os.path.normpath(path) in files or any(fnmatchcase(os.path.normpath(path), wild) for wild in labels)
    )


def digest(name: str) -> str:
    """The hash of a part: that of the run's beginning, if its file and the code that reads it are what they were then. InputError if
    its file cannot be read."""
    path = file_of(name)
    version = _version(path)
    state, known = _checked(os.environ.get(CHECKED, "{}")).get(name, (None, ""))
    return known if state == _state(version) else _digest(path, name.rpartition("#")[2], version)


def are_checked(of_parts: Iterable[str]) -> None:
    """These parts are right as they are now: the jobs of this run refuse others."""
    found = {part: (_state(_version(file_of(part))), digest(part)) for part in of_parts}
    os.environ[CHECKED] = json.dumps(_checked(os.environ.get(CHECKED, "{}")) | found)


def unchecked(found: Mapping[str, str]) -> list[str]:
    """Those of the parts, with their hashes, that are not what was checked when the run began."""
    known = _checked(os.environ.get(CHECKED, "{}"))
    return sorted(part for part in known.keys() & found.keys() if known[part][1] != found[part])


@cache
def _checked(told: str) -> dict[str, tuple[str, str]]:
    return json.loads(told)


def _state(version: tuple[str, ...]) -> str:
    return hash_of([_code(), version])


@cache
def _code() -> list[str]:
    """The hashes of the modules that read a study, its plan and its claims, and of those that say what a plan's entries mean."""
    return [sha256(path) for path in modules("cohort", "analysis", "figures", "tables")]


def _version(path: Path) -> tuple[str, ...]:
    """The hashes of a file and of those that it is read with."""
    beside = [path.with_name("study.yaml"), path.with_name("plan.lock"), *sorted(path.parent.glob(LABELS))]
    return tuple(sha256(file) for file in (path, *(beside if path.name == "plan.yaml" else ())) if file.is_file())


@cache
def _digest(path: Path, stage: str, version: tuple[str, ...]) -> str:
    if path.name == "claims.yaml":
        from .analysis.origin import published

        part = sorted((*key, *sorted(numbers)) for key, numbers in published(path).items())
    elif path.name == "study.yaml":
        part = study_part(stage, _study(path, version))
    else:
        part = plan_part(stage, _plan(path, version))
    return hash_of([_hash_of_room(room) for room in _rooms(part)])


def _rooms(part) -> list:
    """What a part consists of; most of it is in other stages' parts, too."""
    return (
        [type(part).__name__, *(getattr(part, field.name) for field in fields(part))] if is_dataclass(part) else [part]
    )


_known: dict[int, tuple[object, str]] = {}  # by the room's place in memory; it stays there as it is held here


def _hash_of_room(room) -> str:
    if id(room) not in _known:
        _known[id(room)] = room, hash_of(room)
    return _known[id(room)][1]


def hash_of(value) -> str:
    """sha256 of whatever can be read in a value."""
    return hashlib.sha256(json.dumps(plain(value), ensure_ascii=False).encode()).hexdigest()


# path -> its version and what was read of it; of other versions nothing is held
_held: dict[Path, tuple[tuple[str, ...], Study | Plan]] = {}


def _study(path: Path, version: tuple[str, ...]) -> Study:
    return _once(path, version, lambda: load_study(path))


def _plan(path: Path, version: tuple[str, ...]) -> Plan:
    return _once(path, version, lambda: read_plan(path, _study(path.with_name("study.yaml"), version[1:2])))


def _once(path: Path, version: tuple[str, ...], read: Callable[[], Study | Plan]):
    if path not in _held or _held[path][0] != version:
        _held[path] = version, read()
    return _held[path][1]


def handed() -> tuple[list[str], bytes] | None:
    """What this process has read, for one that it begins: to read it again takes ten times as long."""
    return (_code(), pickle.dumps(_held, pickle.HIGHEST_PROTOCOL)) if _held else None


def take(code: list[str], read: bytes) -> None:
    """Hold what the process that began this one has `handed` on, unless the code that reads it is another now."""
    if code == _code():
        _held.update(pickle.loads(read))


def plain(value):
    """A value as JSON has it, in an order that is its own: what differs in anything that can be read gives another text."""
    match value:
        case None | bool() | int() | float() | str():
            return value
        case NotRead():
            return repr(value)
        case Mapping():
            return [[plain(key), plain(inner)] for key, inner in value.items()]
        case list() | tuple():
            return [plain(inner) for inner in value]
        case set() | frozenset():
            return sorted(map(plain, value), key=repr)
        case datetime.date():
            return [type(value).__name__, value.isoformat()]
        case Wording():
            return plain(value.words)
        case _ if is_dataclass(value):
            return [type(value).__name__, *([field.name, plain(getattr(value, field.name))] for field in fields(value))]
    raise TypeError(f"{type(value).__name__}: write here what can be read in it")
