"""Into how many parts the clean stage, the cohort and the figures are cut, and why a study or a plan cannot be cut (see clean/scatter.py,
cohort/scatter.py and figures/scatter.py, which do it)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from .errors import Problem, raise_if
from .expression import Expression
from .plan import Plan
from .study import Study, Table

AUTO = "auto"
LARGE = 160  # MB of raw files in a part
WHY = "rows that are compared with one another would lie in different parts"
ONE = "run it in one part: chunks: 1 in config.yaml"


def chunks(setting: int | str, study: Study, raw: Path) -> int:
    """The number of parts: the setting, or one for each 160 MB of raw files; InputError if the study cannot be cut so."""
    return _number(setting, megabytes(study, raw), lambda: refusals(study))


def cohort_chunks(setting: int | str, study: Study, plan: Plan, raw: Path) -> int:
    """The same of the cohort."""
    return _number(setting, megabytes(study, raw), lambda: refusals_of_plan(plan))


def figure_chunks(setting: int | str, figures: int, size: int) -> int:
    """The same of so many figures, for raw files of so many MB: a part reads the results whole. It does not depend on the machine:
    jobs on others read the same rules.

    >>> figure_chunks("auto", 30, 1), figure_chunks("auto", 30, 640), figure_chunks(8, 5, 1)
    (1, 4, 5)
    """
    return max(1, min(_number(setting, size, lambda: iter(())), figures))


def _number(setting: int | str, size: int, refused: Callable[[], Iterator[Problem]]) -> int:
    if setting == AUTO:
        return -(-size // LARGE) if not any(refused()) else 1
    if setting > 1:
        raise_if(refused())
    return int(setting)


def place(item: str) -> tuple[int, int]:
    """(number of a part, from 0, and of all parts), from what Snakemake calls it.

    >>> place("3-of-8")
    (2, 8)
    """
    part, parts = map(int, item.split("-of-"))
    return part - 1, parts


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
