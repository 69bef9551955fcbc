"""Data sets that name their columns (SAS, SPSS, Stata, Parquet) as Raw: one header row, observations from 1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from ...study import File
from ..text import normalise
from .detect import READ, Content
from .problems import stop
from .raw import Encoded, Raw, Remark


def plain_only(content: Content, file: File) -> None:
    """InputError for keys of study.yaml that mean nothing in a data set, rather than not minding them."""
    for key in ("skip_rows", "header_rows"):
        if getattr(file, key) != getattr(File, key):
            what = f"files.{file.name}.{key} is set, but {READ[content.format]} names its columns itself"
            raise stop(content.where, what, f"remove files.{file.name}.{key}", "rows would be expected to be left out")


def assemble(
    content: Content,
    file: File,
    names: Sequence[str],
    columns: Sequence[Encoded],
    remarks: Sequence[Remark] = (),
    labels: Mapping[int, Mapping[str, str]] | None = None,
) -> Raw:
    """The columns of a data set without observations that are blank throughout."""
    filled = np.zeros(len(columns[0].codes) if columns else 0, dtype=bool)
    for column in columns:
        filled |= np.array([bool(cell.text.strip()) for cell in column.cells], dtype=bool)[column.codes]
    numbers = np.flatnonzero(filled) + 1
    if not filled.all():
        columns = [replace(column, codes=column.codes[filled]) for column in columns]
    headers = tuple((normalise(name),) for name in names)
    return Raw(file, headers, numbers, tuple(columns), (), tuple(remarks), False, labels or {}, content.format)
