"""A plan that has been read, checked against the dictionary and against the registries of methods, figures and tables.

The room above `plan`: one file for each kind of check. Everything that is wrong is said at once.
"""

from __future__ import annotations

from pathlib import Path

from ..errors import raise_if
from ..plan import Plan, read_plan
from ..study import Study
from . import columns, endpoints, entries, names, populations
from .report import Report
from .values import dictionary


def load_plan(path: Path | str, study: Study) -> Plan:
    """plan.yaml, checked against the data dictionary; InputError with all of its problems."""
    return check_plan(read_plan(path, study), study, path)


def check_plan(plan: Plan, study: Study, path: Path | str) -> Plan:
    """A plan that was read from `path`, checked; InputError with all of its problems."""
    report = Report(Path(path))
    kinds, known = columns.check(plan, study, report)
    report.problems += dictionary(study)
    endpoints.check(plan, study, kinds, known, report)
    populations.check(plan, kinds, known, report)
    entries.check(plan, study, kinds, known, report)
    raise_if(report.problems)
    names.check(plan, report)
    raise_if(report.problems)
    return plan
