"""Raw files as grids of text with the physical row of every cell. Nothing is interpreted here."""

from __future__ import annotations

import csv
import datetime
import hashlib
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ..errors import InputError, Problem, nearest, raise_if
from ..study import Column, File, Part, Study
from .values import normalise

STOPS = "the pipeline starts from the records as received and never from a guess at them"


@dataclass(frozen=True)
class Raw:
    """A raw file: `headers[i]` is the path of headers of column i; `rows` are (physical row, cells) without blank rows."""

    file: File
    headers: tuple[tuple[str, ...], ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]

    def header(self, column: int) -> str:
        """The header of a column as people write it: the path without its empty parts."""
        return " | ".join(part for part in self.headers[column] if part) or f"column {column + 1}"

    @cached_property
    def by_row(self) -> dict[int, tuple[str, ...]]:
        """Physical row -> cells."""
        return dict(self.rows)

    def find(self, source: str) -> list[int]:
        """The columns that a source names: its parts, in order, among the headers, the last one last."""
        wanted = [normalise(part) for part in source.split("|")]
        return [index for index, path in enumerate(self.headers) if _matches(wanted, path)]

    def content(self, cells: Sequence[str]) -> dict[str, str]:
        """A whole row as header -> cell, for rejected.csv."""
        return {
            self.header(i) if i < len(self.headers) else f"column {i + 1}": cell for i, cell in enumerate(cells) if cell
        }


def _matches(wanted: list[str], path: tuple[str, ...]) -> bool:
    if wanted[-1] != path[-1]:
        return False
    rest = iter(path[:-1])
    return all(part in rest for part in wanted[:-1])


def _cell_text(value) -> str:
    """A workbook's cell as text; numbers in their shortest exact form, dates as ISO."""
    if value is None:
        return ""
    if isinstance(value, datetime.datetime):
        return value.date().isoformat() if value.time() == datetime.time() else value.isoformat(" ")
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def _grid_xlsx(path: Path, file: File) -> list[tuple[int, list[str]]]:
    import openpyxl  # here, because only workbooks need it

    try:
        book = openpyxl.load_workbook(path, data_only=True)
    except Exception as error:  # openpyxl raises a dozen kinds for a damaged archive
        raise InputError(
            [
                Problem(
                    str(path),
                    f"cannot be read as a workbook: {error}",
                    STOPS,
                    "ask for the file again; it may be cut off or not an .xlsx",
                )
            ]
        ) from None
    names = book.sheetnames
    if isinstance(file.sheet, int) and 1 <= file.sheet <= len(names):
        sheet = book[names[file.sheet - 1]]
    elif file.sheet in names:
        sheet = book[file.sheet]
    else:
        raise InputError(
            [Problem(str(path), f"the workbook has no sheet {file.sheet!r}", STOPS, nearest(str(file.sheet), names))]
        )
    grid = {row: [_cell_text(cell.value) for cell in cells] for row, cells in enumerate(sheet.iter_rows(), start=1)}
    for area in sheet.merged_cells.ranges:
        text = grid[area.min_row][area.min_col - 1]
        body = area.min_row > file.skip_rows + file.header_rows
        for row in range(area.min_row, area.max_row + 1):
            # a merged cell counts for all rows that it spans, and in a header for all columns too
            for column in [area.min_col] if body else range(area.min_col, area.max_col + 1):
                grid[row][column - 1] = text
    return list(grid.items())


def _grid_text(path: Path, file: File) -> list[tuple[int, list[str]]]:
    data = path.read_bytes()
    try:
        text = data.decode(file.encoding)
    except LookupError:
        raise InputError(
            [
                Problem(
                    str(path),
                    f"unknown encoding '{file.encoding}'",
                    STOPS,
                    "use utf-8, utf-8-sig, gb18030, latin-1, ...",
                )
            ]
        ) from None
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise InputError(
            [
                Problem(
                    f"{path}, row {line}",
                    f"is not {file.encoding}: byte 0x{data[error.start]:02x} at position {error.start}",
                    "a wrong encoding turns names and codes into other ones",
                    f"set files.{file.name}.encoding in study.yaml (gb18030 and utf-8-sig are usual)",
                )
            ]
        ) from None
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=file.delimiter)
    grid, start = [], 1
    for cells in reader:
        grid.append((start, cells))
        start = reader.line_num + 1
    return grid


def read(path: Path, file: File) -> Raw:
    """Read one raw file; InputError if it is missing, empty, damaged or in another encoding."""
    if not path.exists():
        raise InputError(
            [
                Problem(
                    str(path),
                    "the raw file does not exist",
                    STOPS,
                    "put the file there, or correct files in study.yaml",
                )
            ]
        )
    if path.stat().st_size == 0:
        raise InputError([Problem(str(path), "the raw file is empty", STOPS, "ask for the file again")])
    grid = _grid_xlsx(path, file) if file.format == "xlsx" else _grid_text(path, file)
    grid = grid[file.skip_rows :]
    head, body = grid[: file.header_rows], grid[file.header_rows :]
    width = max((len(cells) for _, cells in head), default=0)
    headers = tuple(tuple(normalise(cells[i]) if i < len(cells) else "" for _, cells in head) for i in range(width))
    rows = tuple((number, tuple(cells)) for number, cells in body if any(cell.strip() for cell in cells))
    if not any(any(path) for path in headers) or not rows:
        raise InputError(
            [
                Problem(
                    str(path),
                    "the raw file has no rows below its header",
                    STOPS,
                    "check skip_rows and header_rows in study.yaml, or ask for the file again",
                )
            ]
        )
    return Raw(file, headers, rows)


def resolve(raw: Raw, part: Part, where: str) -> tuple[dict, list[Problem]]:
    """Column positions of a part: {(column name, block) -> index}, and what the file lacks."""
    found, problems = {}, []
    for block, text in (part.blocks or {None: ""}).items():
        for column in part.columns.values():
            wanted = [(column.name, column.source)] if column.source else []
            if column.unit_from:
                wanted.append((f"{column.name} unit", (column.unit_from,)))
            for name, sources in wanted:
                sources = [source.replace("{block}", text) for source in sources]
                hits = [index for source in sources for index in raw.find(source)]
                if len(set(hits)) == 1:
                    found[name, block] = hits[0]
                    continue
                shown = " or ".join(f"'{source}'" for source in sources)
                known = {raw.header(i) for i in range(len(raw.headers))}
                known |= {path[-1] for path in raw.headers if path[-1]}
                what = f"has no column {shown}" if not hits else f"has {len(set(hits))} columns {shown}"
                do = nearest(sources[0], known) if not hits else "name the path of its headers: 'Day 0 | CRP'"
                problems.append(
                    Problem(
                        where,
                        f"{what}, wanted for {name}",
                        "a column that is not found would be missing for everyone",
                        do,
                    )
                )
    return found, problems


def identifiers(study: Study, raw: Raw) -> list[tuple[int, Column]]:
    """(position, column) of every column of the file that some table of the study declares to be a direct identifier."""
    return [
        (index, column)
        for table in study.tables.values()
        for part in table.parts
        if part.file.name == raw.file.name
        for column in part.columns.values()
        if column.identifier
        for text in part.blocks.values() or ("",)
        for source in column.source
        for index in raw.find(source.replace("{block}", text))
    ]


def footnote(raw: Raw, cells: Sequence[str]) -> bool:
    first = next((cell.strip() for cell in cells if cell.strip()), "")
    return bool(raw.file.footer and re.match(raw.file.footer, first))


def checksum_problems(folder: Path, names: Iterable[str]) -> list[Problem]:
    """What differs from SHA256SUMS: a file of the study that is missing, changed, or not listed."""
    sums = folder / "SHA256SUMS"
    if not sums.exists():
        return [
            Problem(
                str(sums),
                "does not exist",
                "without checksums a changed raw file goes unnoticed",
                f"run sha256sum * > SHA256SUMS in {folder}",
            )
        ]
    listed = {}
    for line in sums.read_text(encoding="utf-8").splitlines():
        if line.strip():
            digest, _, name = line.partition(" ")
            listed[name.strip().lstrip("*")] = digest
    problems = []
    for name in names:
        path = folder / name
        if not path.exists():
            problems.append(
                Problem(
                    str(path),
                    "the raw file does not exist",
                    STOPS,
                    "put the file there (make fetch where study.yaml names its source)",
                )
            )
        elif name not in listed:
            problems.append(
                Problem(
                    str(path),
                    "is not in SHA256SUMS",
                    "an unlisted file could change unnoticed",
                    "add its line to SHA256SUMS",
                )
            )
        elif hashlib.sha256(path.read_bytes()).hexdigest() != listed[name]:
            problems.append(
                Problem(
                    str(path),
                    "differs from its line in SHA256SUMS",
                    STOPS,
                    "restore the file, or accept the new one with sha256sum",
                )
            )
    return problems


def read_all(study: Study, folder: Path) -> dict[str, Raw]:
    """All raw files of a study by short name; InputError with the problems of all of them."""
    raise_if(checksum_problems(folder, [file.path for file in study.files.values()]))
    raws, problems = {}, []
    for name, file in study.files.items():
        try:
            raws[name] = read(folder / file.path, file)
        except InputError as error:
            problems += error.problems
    raise_if(problems)
    return raws
