"""plan.lock beside plan.yaml: which plan was fixed before the data, when and by whom; every later version is an amendment with its reason.

    versions:
      - {version: 1, date: "2026-01-31", by: A. Statistician, reason: "", entries: {analyses.os: sha256:0123456789ab, ...}}

An entry's hash is of its content, not of how it is written: comments, order and quotes do not matter.
"""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from ..errors import InputError, Problem, raise_if
from ..study import load_yaml, schema_problems

FILE = "plan.lock"
BY_NAME = ("populations", "endpoints", "families", "analyses", "figures", "tables")  # sections of named entries
NOT_LOCKED = "nothing was locked"


@dataclass(frozen=True)
class Version:
    """A fixed plan; the first has no reason, the others are amendments. entries: name -> hash."""

    version: int
    date: str
    by: str
    reason: str
    entries: Mapping[str, str]


@dataclass(frozen=True)
class Lock:
    """The versions that were locked, and the entries of the plan in use that differ from the last."""

    versions: tuple[Version, ...] = ()
    differs: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """What is printed of it.

        >>> Lock().text, Lock((Version(1, "2026-01-31", "A. B.", "", {}),), ("analyses.os",)).text
        ('not locked', 'locked as version 1 on 2026-01-31 by A. B.; the plan in use differs from it in analyses.os')
        """
        if not self.versions:
            return "not locked"
        last = self.versions[-1]
        more = f"; the plan in use differs from it in {_listed(self.differs)}" if self.differs else ""
        return f"locked as version {last.version} on {last.date} by {last.by}{more}"

    @property
    def amendments(self) -> list[str]:
        """Each amendment in words: when, by whom, why, and what changed."""
        pairs = zip(self.versions, self.versions[1:], strict=False)
        return [
            f"Version {new.version}, {new.date}, by {new.by}: {new.reason.rstrip('.')}. Changed: {_listed(changed(old.entries, new.entries))}."
            for old, new in pairs
        ]


def _listed(names: tuple[str, ...], most: int = 12) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return (", ".join(names[:most]) + more) or "nothing"


def entries(content: Mapping) -> dict[str, str]:
    """Name of every entry of a plan -> hash of its content."""
    return {name: f"sha256:{hashlib.sha256(_canonical(value)).hexdigest()[:12]}" for name, value in _named(content)}


def _named(content: Mapping) -> Iterator[tuple[str, object]]:
    for section, value in content.items():
        if section in BY_NAME and isinstance(value, Mapping):
            yield from ((f"{section}.{name}", entry) for name, entry in value.items())
        elif section == "cohort":
            columns = value.get("columns", {})
            yield from ((f"cohort.columns.{name}", entry) for name, entry in columns.items())
            yield section, {key: entry for key, entry in value.items() if key != "columns"}
        else:
            yield section, value


def _canonical(value) -> bytes:
    return json.dumps(value, sort_keys=True, ensure_ascii=False).encode("utf-8")


def changed(old: Mapping[str, str], new: Mapping[str, str]) -> tuple[str, ...]:
    """The entries that differ, came or went."""
    return tuple(sorted(name for name in {*old, *new} if old.get(name) != new.get(name)))


def read(plan: Path) -> tuple[Version, ...]:
    """The versions in the plan.lock beside a plan.yaml; none without one. InputError if it cannot be read."""
    path = plan.with_name(FILE)
    if not path.is_file():
        return ()
    content = load_yaml(path)
    raise_if(schema_problems(path, content, "lock"))
    return tuple(Version(**one) for one in content["versions"])


def of(plan: Path, written: Mapping) -> Lock:
    """The lock of a plan with this content."""
    versions = read(plan)
    return Lock(versions, changed(versions[-1].entries, entries(written)) if versions else ())


def write(plan: Path, by: str, date: str, reason: str = "") -> Version:
    """Lock the plan as it is. InputError if nothing changed, if an amendment has no reason, or if the date is none or goes back."""
    versions, now, problems = read(plan), entries(load_yaml(plan)), []
    try:
        if datetime.date.fromisoformat(date).isoformat() != date:
            raise ValueError
    except ValueError:
        problems.append(Problem("--date", f"'{date}' is no date", NOT_LOCKED, "write it as 2026-01-31"))
    if not by.strip():
        problems.append(Problem("--by", "is empty", NOT_LOCKED, "name who fixes the plan"))
    if versions:
        last = versions[-1]
        if not changed(last.entries, now):
            what = f"is the plan that was locked as version {last.version} on {last.date}"
            raise InputError([Problem(str(plan), what, NOT_LOCKED, "nothing is to do")])
        if not reason.strip():
            what = f"differs from version {last.version} in {_listed(changed(last.entries, now))}"
            problems.append(Problem(str(plan), what, "an amendment needs a reason", "give --reason"))
        if not problems and date < last.date:
            do = "give the date of the amendment"
            problems.append(
                Problem("--date", f"{date} lies before version {last.version} of {last.date}", NOT_LOCKED, do)
            )
    elif reason:
        problems.append(
            Problem("--reason", "there is nothing to amend: no version is locked", NOT_LOCKED, "leave it out")
        )
    raise_if(problems)
    version = Version(len(versions) + 1, date, by.strip(), reason.strip(), now)
    said = {"versions": [{**vars(one), "entries": dict(one.entries)} for one in (*versions, version)]}
    text = yaml.safe_dump(said, sort_keys=False, allow_unicode=True, width=10**6)
    plan.with_name(FILE).write_text(
        f"# Written by `trialpress lock`; not to be edited by hand.\n{text}", encoding="utf-8"
    )
    return version
