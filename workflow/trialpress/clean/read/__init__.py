"""The reading room: raw files in, their cells by columns out. Nothing is interpreted, and nothing lost in silence.

    read(path, file)          one raw file of any format that is read
    read_all(study, folder)   all of a study, checksums first
    resolve, identifiers, declared   which columns of a file the dictionary means

| file | idea |
|---|---|
| raw | what a file is read into: cells, columns, remarks, refused rows |
| detect, foreign | what a file is by its content; what is not read, and how to bring it in |
| text, encoding | delimited text |
| workbook, xlsx, sheet, numberformat, serial | workbooks: what is stored and what is shown |
| statistics, statistics_dates, xport, parquet, dataset | data sets that know their types |
| headers, checksums | which column, which file |
| places | where the rows are, for a part of the clean stage that reads its own |
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from ...bounded import bounded
from ...errors import InputError, Problem, raise_if
from ...study import File, Study
from ...workers import each
from .checksums import checksum_problems
from .detect import open_content
from .headers import declared, identifiers, resolve
from .problems import stop
from .raw import BLANK, Cell, Encoded, Raw, Refused, Remark
from .text import read_text
from .workbook import read_workbook

__all__ = [
    "BLANK",
    "Cell",
    "Encoded",
    "Raw",
    "Refused",
    "Remark",
    "checksum_problems",
    "declared",
    "footnote",
    "identifiers",
    "is_footnote",
    "read",
    "read_all",
    "resolve",
]


def read(path: Path, file: File) -> Raw:
    """Read one raw file; InputError if it is missing, empty, damaged, in another encoding, or nothing that is read."""
    if not path.is_file():
        raise stop(path, "the raw file does not exist", "put the file there, or correct files in study.yaml")
    content = open_content(path, file)
    if content.format == "csv":
        raw = read_text(content, file)
    elif content.format in ("xlsx", "xls", "xlsb", "ods"):
        raw = read_workbook(content, file)
    elif content.format == "parquet":
        from .parquet import read_parquet  # here, because few files need it

        raw = read_parquet(content, file)
    else:
        from .statistics import read_statistics

        raw = read_statistics(content, path, file)
    if not any(any(path) for path in raw.headers):
        row = file.skip_rows + 1
        what = f"the raw file has no header: row {row} is blank" if raw.headers else "the raw file has no rows"
        raise stop(content.where, what, "check skip_rows and sheet in study.yaml, or ask for the file again")
    if not len(raw.numbers):
        do = "check skip_rows, header_rows and sheet in study.yaml, or ask for the file again"
        raise stop(content.where, "the raw file has no rows below its header", do)
    return replace(raw, remarks=(*raw.remarks, *_lost_characters(raw)))


def _lost_characters(raw: Raw) -> list[Remark]:
    """U+FFFD stands for a character that some program before could not read."""
    remarks = []
    for index, column in enumerate(raw.columns):
        lost = [code for code, cell in enumerate(column.cells) if "\ufffd" in cell.text]
        rows = np.flatnonzero(np.isin(column.codes, lost)) if lost else ()
        if len(rows):
            more = f" and {len(rows) - 1} more of the column" if len(rows) > 1 else ""
            message = f"holds U+FFFD in this row{more}: a character was lost before the file came here"
            first = int(rows[0])
            cell = column.cells[column.codes[first]]
            remarks.append(Remark("warning", int(raw.numbers[first]), raw.header(index), cell.text, message))
    return remarks


def read_all(study: Study, folder: Path, of: Callable[[Raw], object] = lambda raw: raw, processes: int = 1) -> dict:
    """All raw files of a study by short name, or what `of` keeps of each; InputError with the problems of all of them. processes:
    what is kept is pickled where there are two."""
    files = study.files
    raise_if(checksum_problems(folder, [path for file in files.values() for path in (file.path, file.catalog) if path]))

    def kept(name: str) -> tuple[object, Sequence[Problem]]:
        try:
            return of(read(folder / files[name].path, files[name])), ()
        except InputError as error:
            return None, error.problems

    found = dict(zip(files, each(kept, list(files), processes), strict=True))
    raise_if(problem for _, problems in found.values() for problem in problems)
    return {name: raw for name, (raw, _) in found.items()}


def footnote(file: File, texts: Sequence[str]) -> bool:
    """Whether a row, refused or not, is a footnote: its first filled cell matches the file's `footer`."""
    return is_footnote(file, next((text for text in texts if text.strip()), ""))


def is_footnote(file: File, text: str) -> bool:
    """Whether the first filled cell of a row says so."""
    if not file.footer or not text.strip():
        return False
    seconds = file.limits.pattern_seconds
    what = f"files.{file.name}.footer takes longer than {seconds:g} s on one cell"
    do = "write it so that it has one way to match; or raise limits.pattern_seconds"
    with bounded(seconds, Problem(file.path, what, "the run would not end", do)):
        return bool(re.match(file.footer, text.strip()))
