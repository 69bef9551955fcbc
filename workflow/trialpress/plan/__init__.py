"""plan.yaml: what it says (`objects`), how it is read (`read`), and its loops written out (`loops`).

Nothing here knows a method, a figure or a table; `checks.plan` checks a plan against all of them.
"""

from .objects import DAYS_PER_MONTH, OTHER, UNITS, Derived, Endpoint, Plan, Population, level_texts, own_word, reasons
from .read import read_plan

__all__ = [
    "DAYS_PER_MONTH",
    "OTHER",
    "UNITS",
    "Derived",
    "Endpoint",
    "Plan",
    "Population",
    "level_texts",
    "own_word",
    "read_plan",
    "reasons",
]
