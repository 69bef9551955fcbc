"""What the trace writes of columns and expressions."""

from __future__ import annotations

import pandas as pd

from ...cohort import Builder as Builder
from ...expression import Expression
from ...text import iso, number_text


def names_in(text) -> list[str]:
    """The columns that an expression of the plan names."""
    return Expression(str(text).lower() if isinstance(text, bool) else text).names


def texts(values: pd.Series) -> list[str]:
    """Values as they are written in a CSV file, missing as empty text."""
    if pd.api.types.is_datetime64_any_dtype(values):
        return ["" if pd.isna(value) else iso(value) for value in values]
    if pd.api.types.is_bool_dtype(values):
        return ["" if pd.isna(value) else str(bool(value)).lower() for value in values]
    if pd.api.types.is_numeric_dtype(values):
        return ["" if pd.isna(value) else number_text(value) for value in values]
    return values.fillna("").astype(str).tolist()
