"""A study's data dictionary (study.yaml) as checked objects; the strict reading of every YAML file."""

from .dictionary import Column, File, Part, Study, Table
from .files import NOTHING_RUNS, SCHEMAS, load_yaml, schema_problems
from .load import REWRITE, expression_problems, load_study, preflight

__all__ = [
    "NOTHING_RUNS",
    "REWRITE",
    "SCHEMAS",
    "Column",
    "File",
    "Part",
    "Study",
    "Table",
    "expression_problems",
    "load_study",
    "load_yaml",
    "preflight",
    "schema_problems",
]
