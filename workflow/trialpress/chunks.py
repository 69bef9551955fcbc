"""Into how many parts the clean stage and the cohort are cut, and why a study or a plan cannot be cut (see clean/scatter.py and
cohort/scatter.py, which do it)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from .errors import Problem, raise_if
from .expression import Expression
from .plan import Plan
from .study import Study, Table

AUTO = "auto"
LARGE = 150  # MB of raw files in a part
WHY = "rows that are compared with one another would lie in different parts"
ONE = "run it in one part: chunks: 1 in config.yaml"


def chunks(setting: int | str, study: Study, raw: Path) -> int:
    """The number of parts: the setting, or one for each 150 MB of raw files; InputError if the study cannot be cut so."""
    if setting == AUTO:
        return -(-megabytes(study, raw) // LARGE) if not any(refusals(study)) else 1
    if setting > 1:
        raise_if(refusals(study))
    return int(setting)


def cohort_chunks(setting: int | str, study: Study, plan: Plan, raw: Path) -> int:
    """The same of the cohort."""
    if setting == AUTO:
        return -(-megabytes(study, raw) // LARGE) if not any(refusals_of_plan(plan)) else 1
    if setting > 1:
        raise_if(refusals_of_plan(plan))
    return int(setting)


def late(plan: Plan) -> set[str]:
    """The columns that are known only when all participants are together: places among them, and what is made of those."""
    found: set[str] = set()
    for name, column in plan.derived.items():
        if "rank" in column.spec or found & _named(column.spec):
            found.add(name)
    return found


def _named(spec: Mapping) -> set[str]:
    texts = [spec[key] for key in ("expression", "value", "where", "by", "among", "cut") if key in spec]
    return {name for text in texts for name in Expression(text).names}


def refusals_of_plan(plan: Plan) -> Iterator[Problem]:
    """Why what the rows of other tables say of a participant cannot be taken by participant."""
    waits = late(plan)
    daily = plan.daily or {}
    asked = {
        f"cohort.columns.{name}": _named(column.spec) for name, column in plan.derived.items() if "from" in column.spec
    }
    signs = [text for grade in daily.get("grades", {}).values() for text in grade["signs"].values()]
    texts = [daily["day"], *signs] if daily else []
    asked["cohort.daily"] = {name for text in texts for name in Expression(text).names}
    for where, names in asked.items():
        if found := sorted(names & waits):
            what = f"reads '{found[0]}', a place among all participants"
            yield Problem(f"plan.yaml, {where}", what, "each part would have places of its own", ONE)


def megabytes(study: Study, raw: Path) -> int:
    """The size of the raw files, from 1."""
    sizes = (path.stat().st_size for path in {raw / file.path for file in study.files.values()} if path.is_file())
    return max(1, round(sum(sizes) / 1e6))


def refusals(study: Study) -> Iterator[Problem]:
    """Why the rows of a study cannot be divided by participant."""

    for name, table in study.tables.items():
        for what in _refused(study, table):
            yield Problem(f"study.yaml, tables.{name}", what, WHY, ONE)


def _refused(study: Study, table: Table) -> Iterator[str]:
    who = study.participant
    if who not in table.key or any(not part.columns[who].source for part in table.parts):
        yield f"its key does not hold the column '{who}', read from its file"
    if other := [key for key in table.key if key != who and table.columns[key].type == "id"]:
        yield f"'{other[0]}' of its key is an id, whose spellings are compared in all rows"
    if set(table.key) - set(table.kept):
        yield "its key does not leave the clean stage"
    if len({part.file.name for part in table.parts}) < len(table.parts):
        yield "it joins a file with itself"
    pairs = [list(zip(columns, targets, strict=True)) for columns, (_, targets) in table.references.items()]
    pairs += [[(column, target.partition(".")[2])] for column, target in table.complete.items()]
    if any((who, who) not in pair for pair in pairs):
        yield f"it refers to rows of another table without '{who}'"
    if any(part.blocks for target in table.complete.values() for part in study.tables[target.partition(".")[0]].parts):
        yield "it is complete by a table with blocks"
