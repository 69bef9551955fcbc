"""A study's data dictionary (study.yaml) as checked objects; the strict reading of every YAML file."""

from .dictionary import DTYPES, SHOWN, Column, File, Part, Study, Table
from .files import NOTHING_RUNS, SCHEMAS, load_yaml, schema_problems
from .load import REWRITE, expression_problems, load_study, names_of, preflight

__all__ = [
    "DTYPES",
    "NOTHING_RUNS",
    "REWRITE",
    "SCHEMAS",
    "SHOWN",
    "Column",
    "File",
    "Part",
    "Study",
    "Table",
    "expression_problems",
    "load_study",
    "load_yaml",
    "names_of",
    "preflight",
    "schema_problems",
]
