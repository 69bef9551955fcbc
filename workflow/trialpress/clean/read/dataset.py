"""Data sets that name their columns (SAS, SPSS, Stata, Parquet) as Raw: one header row, observations from 1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ...study import File
from ...text import normalise
from .detect import READ, Content
from .encode import without_blank
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
    filled, columns = without_blank(columns, len(columns[0].codes) if columns else 0)
    numbers = np.flatnonzero(filled) + 1
    headers = tuple((normalise(name),) for name in names)
    return Raw(file, headers, numbers, columns, (), tuple(remarks), False, labels or {}, content.format)
