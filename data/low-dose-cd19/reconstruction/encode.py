"""The bytes of the raw files: the same on every run and machine."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from datetime import datetime

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from records import Sheet


def encode(sheet: Sheet) -> bytes:
    """The file's bytes: the same on every run and machine."""
    if sheet.file.endswith(".xlsx"):
        return workbook(sheet)
    out = io.StringIO()
    writer = csv.writer(out, delimiter=sheet.delimiter, lineterminator=sheet.newline)
    writer.writerows([*sheet.above, sheet.header, *(row.cells for row in sheet.rows)])
    start = "\ufeff" if sheet.encoding == "utf-16-le" else ""
    return (start + out.getvalue()).encode(sheet.encoding)


def native(cell: str):
    """What a typist's cell becomes in a spreadsheet: ISO dates and plain numbers are values, all else is text; of that
    openpyxl makes =1+2 a formula and #N/A an error, and leaves _x000D_ as it is."""
    if re.fullmatch(r"\d{4}-\d\d-\d\d", cell, re.ASCII):
        return datetime.fromisoformat(cell)
    return float(cell) if re.fullmatch(r"-?\d+(\.\d+)?", cell, re.ASCII) else cell or None


def workbook(sheet: Sheet) -> bytes:
    book = Workbook()
    page = book.active
    page.title = sheet.title
    lines = [*sheet.above, sheet.header, *(row.cells for row in sheet.rows)]
    body = len(sheet.above) + 2  # its first row
    for i, line in enumerate(lines, 1):
        for j, cell in enumerate(line, 1):
            value = native(cell) if i >= body and j > 1 else cell or None
            at = page.cell(i, j, value)
            if isinstance(value, datetime):
                at.number_format = "yyyy/m/d"
            if i < body:
                at.font, at.alignment = Font(bold=True), Alignment(horizontal="center")
    for i, row in enumerate(sheet.rows, body):
        for j, code in row.formats.items():
            page.cell(i, j + 1).number_format = code
        for j, n in row.merged.items():
            page.merge_cells(start_row=i, end_row=i + n - 1, start_column=j + 1, end_column=j + 1)
        if row.hidden:
            page.row_dimensions[i].hidden = True
    for number, note in sheet.numbered_notes():
        page.cell(number, 1, note)
    for area in sheet.merged:
        page.merge_cells(area)
    book.properties.creator = "reconstruction"
    book.properties.created = datetime(2017, 1, 1)
    packed, out = io.BytesIO(), io.BytesIO()
    book.save(packed)
    # openpyxl stamps the time of saving into the properties and the archive: both get a fixed date, and no
    # compression, whose bytes differ between zlib versions
    with zipfile.ZipFile(packed) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as new:
        for name in sorted(old.namelist(), key=lambda n: (n != "[Content_Types].xml", n)):
            data = old.read(name)
            if name == "docProps/core.xml":
                stamp = f"{book.properties.modified:%Y-%m-%dT%H:%M:%SZ}".encode()
                data = data.replace(stamp, b"2017-01-01T00:00:00Z")
            entry = zipfile.ZipInfo(name, (2017, 1, 1, 0, 0, 0))
            entry.create_system = 0
            new.writestr(entry, data)
    return out.getvalue()
