"""Whatever column an analysis names, in whichever of its keys, is followed to its cells."""

import re
from types import SimpleNamespace

import pytest
from audit.test_concordance import WANTED
from figures.small import small
from trialpress.analysis.methods import METHODS
from trialpress.audit.trace.records import columns_of
from trialpress.registry import Endpoint


class Followed:
    """Notes what is asked for in place of the cells."""

    def __init__(self):
        self.names: set[str] = set()

    def add(self, name: str) -> None:
        self.names.add(name)

    def table(self, table: str, fields: list[str], where="", measured=()) -> str:
        self.names |= {f"{table}.{field}" for field in fields}
        self.chosen = table, fields, where, list(measured)
        return f"{table}.{fields[-1]}"


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    more = """  odd: {method: toxicity, population: infused, table: events, term: term, grade: grade, events: grade < 5 and age > 1, related: sex == 'F'}
"""
    return small(tmp_path_factory.mktemp("small"), plan=WANTED.replace("figures: {}", f"{more}figures: {{}}"))


def test_every_column_that_an_analysis_names_is_followed(results):
    plan, seen = results.plan, set()
    for name, spec in plan.analyses.items():
        found = Followed()
        columns_of(results, spec, found)
        annotations = {key: parameter.annotation for key, parameter in METHODS.parameters(spec["method"]).items()}
        table = spec.get("table") or spec.get("rows", {}).get("table")
        fields = set(results.tables[table]) if table else set()
        given = {key: value for key, value in spec.items() if key not in ("method", "population", "table", "label", "classes", "family", "family_of", "file", "n", "N", "unit", "cause")}  # fmt: skip
        for key, value in given.items():
            if annotations.get(key) is Endpoint:
                words = set(plan.endpoints[value].columns)
                words = {word for word in words if not word.endswith("_cut")}
            else:
                texts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else [value]
                words = {word for text in texts for word in re.findall(r"[a-z_]\w*", re.sub(r"'[^']*'", "", str(text)))}
            columns = {word for word in words if word in results.subjects}
            rows = {f"{table}.{word}" for word in words if word in fields}
            for word in columns | {row for row in rows if row.partition(".")[2] not in columns}:
                seen.add(key)
                also = {f"{table}.{word}"} if word in fields else set()
                assert word in found.names or also & found.names, f"{name}: {key} names {word}, which is not followed"
    assert seen >= {"event", "by", "variable", "variables", "columns", "covariates", "x", "y", "endpoint", "begin", "sets", "events", "related", "rows", "where", "dose", "score", "cohort", "stratum"} - {"stratum"}  # fmt: skip


@pytest.mark.parametrize(
    ("spec", "chosen"),
    [
        ({"method": "toxicity", "table": "events", "term": "term", "grade": "grade", "related": "grade > 1"}, ("", [])),
        ({"method": "toxicity", "table": "events", "term": "term", "grade": "grade", "events": "grade < 5"}, ("grade < 5", [])),
        ({"method": "kinetics_by_day", "table": "events", "day": "day", "value": "grade"}, ("", ["day", "grade"])),
        ({"method": "summary", "variable": "value", "rows": {"table": "events", "where": "grade > 1 or day > 2", "at": "day == 7", "value": "grade", "baseline": "day == 0"}},
         ("(grade > 1 or day > 2) and ((day == 7) or (day == 0))", [])),
        ({"method": "summary", "variable": "change", "rows": {"table": "events", "where": "grade > 1", "value": "grade", "baseline": "day == 0"}}, ("grade > 1", [])),
    ],
)  # fmt: skip
def test_the_rows_of_a_table_are_those_that_the_method_takes(results, spec, chosen):
    """An event counts whatever is missing of it, a row that `rows` chooses if its value is missing; a measurement needs its value."""
    found = Followed()
    tables = {"events": {name: [] for name in ("term", "grade", "day")}}
    study, plan = results.study, results.plan
    columns_of(SimpleNamespace(tables=tables, study=study, plan=plan), {"population": "infused", **spec}, found)
    assert found.chosen[2:] == chosen
