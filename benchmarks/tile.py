"""The default study with n times its participants: every raw file repeated, ids made new, nothing else changed.

A copy's id is the original's with five digits more, so LD-017 of copy 3 is LD-01700003; hospital numbers and names are made
new too, since what the privacy gate looks for grows with the participants. Everything that a statistic reads is as it was:
counts are n times what they were, estimates the same.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import openpyxl
from openpyxl.cell import WriteOnlyCell

ROOT = Path(__file__).resolve().parents[1]
STUDY = "low-dose-cd19"
LAST = re.compile(r"(\d)(\D*)$")  # the last digit of an id, whatever stands around it
# file, encoding, delimiter, line ends; the order of study.yaml
TEXTS = {"01_enrolment.csv": ("gb18030", ","), "03_infusion.csv": ("utf-8", ","), "04_signs.csv": ("utf-8-sig", ","),
         "05_labs.tsv": ("utf-8", "\t"), "05_cytokines.csv": ("cp1252", ";"), "08_adverse_events.csv": ("utf-8", ","),
         "10_followup.txt": ("utf-16-le", "\t")}  # fmt: skip
BOOKS = ("02_history.xlsx", "06_kinetics.xlsx", "07_marrow.xlsx", "09_transplant.xlsx")
SHEET = 2**20  # rows that a worksheet can hold


def copied(text: str, copy: int) -> str:
    """An id of a copy; what is no id stays as it is."""
    return LAST.sub(rf"\g<1>{copy:05d}\g<2>", text) if re.search("-|－", text) else text


def lines(rows: list[list[str]], n: int, names: list[str] | None) -> Iterator[list[str]]:
    """Rows of a table, n times; names: the given characters that new names are made of, if it is the enrolment's."""
    for copy in range(n):
        for at, row in enumerate(rows):
            row = [copied(row[0], copy), *row[1:]]
            if names and copy and len(row) > 2 and row[1]:
                number = copy * len(rows) + at
                row[1] = row[1][0] + names[number % len(names)] + names[number // len(names) % len(names)]
                row[2] = f"{row[2]}{copy:05d}"
            yield row


def text_file(source: Path, to: Path, n: int, encoding: str, delimiter: str) -> None:
    text = source.read_bytes().decode(encoding)
    end = "\r\n" if "\r\n" in text else "\n"
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    head = next(at for at, row in enumerate(rows) if re.search(r"\d", row[0])) if rows else 0
    names = sorted({part for row in rows[head:] for part in row[1][1:]}) if "enrolment" in source.name else None
    with open(to, "w", encoding=encoding, newline="") as out:
        write = csv.writer(out, delimiter=delimiter, lineterminator=end).writerows
        write(rows[:head])
        write(lines(rows[head:], n, names))


def workbooks(source: Path, to: Path, n: int) -> Iterator[Path]:
    """A workbook's sheet, in as many workbooks as its rows need; header, note below and cells merged over rows are kept."""
    sheet = openpyxl.load_workbook(source).worksheets[0]
    rows = list(sheet.iter_rows())
    ids = [at for at, row in enumerate(rows) if re.match(r"LD-\d", str(row[0].value))]
    hold = (SHEET - len(rows)) // (ids[-1] - ids[0] + 1)  # copies
    for begin in range(0, n, hold):
        path = to.with_stem(f"{to.stem}{f'_{begin // hold + 1}' if begin else ''}")
        workbook(sheet, rows, ids[0], ids[-1], path, range(begin, min(begin + hold, n)))
        yield path


def workbook(sheet, rows: list, first: int, last: int, to: Path, copies: range) -> None:
    """Some copies of a sheet's rows from the first to the last."""
    book = openpyxl.Workbook(write_only=True)
    out = book.create_sheet(sheet.title)
    for copy in range(len(copies)):
        for area in sheet.merged_cells.ranges:
            if area.min_row > first:
                area = openpyxl.worksheet.cell_range.CellRange(area.coord)
                area.shift(row_shift=copy * (last - first + 1))
                out.merged_cells.ranges.add(area)
            elif not copy:
                out.merged_cells.ranges.add(area)

    def line(row, copy=None):
        for at, cell in enumerate(row):
            value = cell.value
            if at == 0 and copy is not None and isinstance(value, str):
                value = copied(value, copy)
            if value is not None and cell.number_format != "General":
                made = WriteOnlyCell(out, value)
                made.number_format = cell.number_format
                value = made
            yield value

    for row in rows[:first]:
        out.append(line(row))
    for copy in copies:
        for row in rows[first : last + 1]:
            out.append(line(row, copy))
    for row in rows[last + 1 :]:
        out.append(line(row))
    book.save(to)


def joined(text: str, name: str, more: list[str]) -> str:
    """A dictionary in which a table is read from further workbooks, too."""
    file = re.search(rf"^  (\w+): ({{path: {name},.*}})$", text, re.M)
    for number, other in enumerate(more, start=2):
        line = f"  {file[1]}_{number}: {file[2].replace(name, other)}"
        text = text.replace(file[0], f"{file[0]}\n{line}", 1)
    if more:
        table = re.search(rf"^    file: {file[1]}\n(?:    .*\n)*?    columns:(\n(?:      .*\n)+)", text, re.M)
        said = table[0].removesuffix(table[1]) + f" &{file[1]}" + table[1] + "    join:\n"
        said += "".join(
            f"      - {{file: {file[1]}_{number}, columns: *{file[1]}}}\n" for number, _ in enumerate(more, start=2)
        )
        text = text.replace(table[0], said, 1)
    return text


def corrections(source: Path, to: Path, n: int) -> None:
    with open(source, encoding="utf-8", newline="") as file:
        head, *rows = csv.reader(file)
    with open(to, "w", encoding="utf-8", newline="") as out:
        write = csv.writer(out, lineterminator="\n")
        write.writerow(head)
        for copy in range(n):
            for table, key, *rest in rows:
                who, *more = key.split("/")
                write.writerow([table, "/".join([copied(who, copy), *more]), *rest])


def project(to: Path, n: int) -> None:
    """A folder from which the stages run: configuration, report and engine as they are, data with n copies."""
    raw, data = to / "data" / STUDY / "raw", ROOT / "data" / STUDY
    raw.mkdir(parents=True)
    for name, (encoding, delimiter) in TEXTS.items():
        text_file(data / "raw" / name, raw / name, n, encoding, delimiter)
    made = {name: list(workbooks(data / "raw" / name, raw / name, n)) for name in BOOKS}
    corrections(data / "corrections.csv", data_to := to / "data" / STUDY / "corrections.csv", n)
    assert data_to.exists()
    sums = [
        f"{hashlib.sha256((raw / name).read_bytes()).hexdigest()}  {name}\n"
        for name in sorted(path.name for path in raw.iterdir())
    ]
    (raw / "SHA256SUMS").write_text("".join(sums), encoding="utf-8")
    for name in ("config", "report"):
        shutil.copytree(ROOT / name, to / name)
    for name in ("Snakefile", "envs", "workflow"):
        (to / name).symlink_to(ROOT / name)
    if (ROOT / "data" / "literature").exists():
        shutil.copytree(ROOT / "data" / "literature", to / "data" / "literature")
    dictionary = to / "config" / STUDY / "study.yaml"
    text = dictionary.read_text(encoding="utf-8")
    changed = text.replace(r"LD-\d{3}", r"LD-\d{8}")
    assert changed != text
    for name, paths in made.items():
        changed = joined(changed, name, [path.name for path in paths[1:]])
    dictionary.write_text(changed, encoding="utf-8")
