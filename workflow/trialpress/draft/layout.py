"""How a raw file is to be read: sheets, encoding, delimiter, rows above the header, header rows, footnotes. All rows count."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..clean.read import Raw, encoding, read
from ..clean.read.detect import Content, open_content, unpack
from ..clean.read.foreign import office
from ..errors import InputError
from ..study import File
from ..text import normalise

DELIMITERS = (",", ";", "\t", "|")
BOOKS = ("xlsx", "xls", "xlsb", "ods")
VALUE = re.compile(r"[<>≤≥]?=?\s*[-+−]?(\d+([.,]\d+)*|[.,]\d+)\s*(%|[eE×x].{1,12})?|\d{1,4}([-/.年])\d{1,2}.{0,16}")
DATE = re.compile(r"\d{1,2}[- ]?[A-Za-z]{3}[- ]?\d{2,4}")
ENOUGH = 2_000  # rows from which it is told where the body begins
HEAD = 8  # rows in which headers are looked for


@dataclass(frozen=True)
class Laid:
    """A raw file (or a sheet of one) as it is to be read, its content, and what of the layout is a guess: key -> why."""

    file: File
    raw: Raw
    guesses: dict[str, tuple[str, ...]]  # key of the file -> what else it could be, the best first
    path: Path | None = None
    labels: Mapping[str, str] = field(
        default_factory=dict
    )  # of a data set's variables, as SAS, SPSS or Stata have them


def looks_like_value(text: str) -> bool:
    """Whether a text is what a table's body holds: a number or a date.

    >>> [looks_like_value(text) for text in ("<0.5", "2015-03-01", "12NOV2014", "Age", "D0")]
    [True, True, True, False, False]
    """
    return bool(VALUE.fullmatch(text) or DATE.fullmatch(text))


def lay(path: Path, name: str, catalog: str = "") -> list[Laid]:
    """Every table that a raw file holds; InputError for one that cannot be read. A workbook has one for each filled sheet.

    catalog: the SAS format catalogue that lies beside it.
    """
    if inside := members(path):
        return [one for member in inside for one in _lay(path, File(name, name, member=member))]
    return _lay(path, File(name, name), catalog)


def catalogs(files: Iterable[Path]) -> list[Path]:
    """The SAS format catalogues among files."""
    found = []
    for path in files:
        try:
            if unpack(path, File(path.name, path.name))[0].format == "sas7bcat":
                found.append(path)
        except InputError:
            continue  # told when it is read
    return found


def labels(content: Content) -> dict[str, str]:
    """The labels of a data set's variables."""
    if content.format not in ("sas7bdat", "xport", "sav", "dta"):
        return {}
    import pyreadstat

    _, meta = getattr(pyreadstat, f"read_{content.format}")(io.BytesIO(content.data), metadataonly=True)
    return {normalise(name): normalise(label) for name, label in meta.column_names_to_labels.items() if label}


def members(path: Path) -> list[str]:
    """The files of a zip archive that holds several; of a workbook, which is an archive too, none."""
    if not zipfile.is_zipfile(path):
        return []
    with zipfile.ZipFile(path) as archive:
        if office(archive):
            return []
        names = [info.filename for info in archive.infolist() if not info.is_dir()]
    names = [name for name in names if not name.startswith("__MACOSX/") and not name.split("/")[-1].startswith(".")]
    return sorted(names) if len(names) > 1 else []


def _lay(path: Path, file: File, catalog: str = "") -> list[Laid]:
    content = open_content(path, file)
    if content.format == "csv":
        return [_text(path, file, content)]
    if content.format in BOOKS:
        return _book(path, file, content)
    file = replace(file, catalog=catalog) if content.format == "sas7bdat" else file
    return [Laid(file, read(path, file), {}, path, labels(content))]


# --- text -----------------------------------------------------------------------------------------------------------------


def encodings(data: bytes) -> tuple[str, ...]:
    """What a text may be encoded in, the likeliest first; one where the bytes leave no choice."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return ("utf-16",)
    if wide := encoding._wide(data):
        return (wide,)
    try:
        data.decode("utf-8")
        return ("utf-8",)
    except UnicodeDecodeError:
        pass
    found = []
    for name in (
        "gb18030",
        "cp932",
        "euc_kr",
        "big5",
    ):  # texts of these are mostly ideographs when they are read as such
        try:
            beyond = re.sub(r"[\x00-\x7f]", "", data.decode(name))
        except UnicodeDecodeError:
            continue
        script = "\u4e00-\u9fff" if name in ("gb18030", "big5") else "\u3040-\u30ff\uac00-\ud7a3"
        common = len(re.findall(f"[{script}\u3000-\u303f\uff00-\uffef°℃]", beyond))
        # pairs of letters beyond ASCII are words of an Asian script; in a European one they stand alone among ASCII
        pairs = sum(len(run) for run in re.findall(rb"[\x80-\xff]{4,}", data))
        if common > 0.9 * len(beyond) and pairs > 0.3 * sum(byte > 127 for byte in data):
            found.append(name)
    guessed = [name.replace("cp1250", "cp1252") for name in encoding._guesses(data, File("", "", encoding=""))]
    western = ["cp1252"] if not found else []
    every = dict.fromkeys([*found, *western, *guessed])
    return tuple(name for name in every if _decodes(data, name)) or ("latin-1",)


def _decodes(data: bytes, name: str) -> bool:
    try:
        return bool(data.decode(name))
    except (UnicodeDecodeError, LookupError):
        return False


def _cut(text: str, delimiter: str) -> list[list[str]]:
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error:
        return []


def delimiter_of(text: str) -> str:
    """The sign at which the most rows fall into the same number of cells, and more than one."""
    best, chosen = (False, 0.0, 0), ","
    for sign in DELIMITERS:
        rows = [row for row in _cut(text, sign) if row]
        widths = Counter(map(len, rows))
        if not widths or max(widths) < 2:
            continue
        width, n = max(widths.items(), key=lambda item: (item[1] * (item[0] > 1), item[0]))
        headed = any(len(row) == width and sum(map(looks_like_value, row)) < 0.3 * width for row in rows[:HEAD])
        score = (headed, round(n / widths.total(), 1), width)
        if score > best:
            best, chosen = score, sign
    return chosen


def _text(path: Path, file: File, content: Content) -> Laid:
    coded = encodings(content.data)
    text = content.data.decode(coded[0]).removeprefix("\ufeff")
    sign = delimiter_of(text)
    rows = [[normalise(cell) for cell in row] for row in _cut(text, sign)[:ENOUGH]]
    skip, heads = header_rows(rows)
    file = replace(file, encoding=coded[0], delimiter=sign, skip_rows=skip, header_rows=heads)
    guesses = (
        {"encoding": coded} if len(coded) > 1 or coded[0] not in ("utf-8", "utf-16", "utf-16-le", "utf-16-be") else {}
    )
    try:
        raw = read(path, file)
    except InputError as error:
        if "quotation mark" not in str(error):
            raise
        file = replace(file, quote="")
        raw = read(path, file)
        guesses["quote"] = ("", '"')
    return _with_footer(path, Laid(file, raw, guesses, path))


# --- headers and footnotes --------------------------------------------------------------------------------------------------


def header_rows(rows: list[list[str]]) -> tuple[int, int]:
    """(rows above the header, rows of the header) of a grid of texts.

    Titles say one thing alone; below the last header the columns that hold numbers or dates begin to.

    >>> header_rows([["Export of May", "", ""], ["id", "age", "dose"], ["a", "31", "5"], ["b", "40", "7"]])
    (1, 1)
    >>> header_rows([["", "Day 0", "Day 0"], ["id", "CRP", "LDH"], ["a", "31", "5"], ["b", "40", "7"]])
    (0, 2)
    """
    filled = [row for row in rows if any(row)]
    if not filled:
        return 0, 1
    width = Counter(len(row) for row in filled).most_common(1)[0][0]
    skip = 0
    while skip < min(HEAD, len(rows) - 2):
        says = {cell for cell in rows[skip] if cell}
        if len(says) > 1 or (says and (width < 3 or not rows[skip][0])):
            break
        skip += 1
    body = rows[skip:]
    at = range(min(width, max(map(len, body), default=0)))
    tail = body[HEAD:] if len(body) > 3 * HEAD else body[len(body) // 2 :]
    values = [i for i in at if _share([row[i] for row in tail if i < len(row)]) > 0.6]
    for heads in range(1, min(HEAD, len(body))):
        cells = [body[heads][i] for i in values if i < len(body[heads]) and body[heads][i]]
        told = sum(map(looks_like_value, cells))
        if told > 0.5 * len(cells) or len(cells) < 2:  # the first row of the body, or one that says nothing of it
            return skip, heads if told else 1
    return skip, 1


def _share(cells: list[str]) -> float:
    filled = [cell for cell in cells if cell]
    return sum(map(looks_like_value, filled)) / len(filled) if filled else 0.0


def footer_of(raw: Raw) -> str:
    """A regular expression for the footnotes at the end of a file, '' without: one cell is filled, and it is a sentence or
    begins as notes do."""
    if len(raw.headers) < 3 or len(raw.numbers) < 5:
        return ""
    beginnings = []
    for row in range(len(raw.numbers) - 1, max(len(raw.numbers) - 6, 0), -1):
        texts = {text for column in raw.columns if (text := normalise(column.cells[column.codes[row]].text))}
        first = next(iter(texts), "")
        if (
            len(texts) != 1
            or looks_like_value(first)
            or not re.match(r"[^\W\d_]{1,12}\s*[:.：]|[*†‡§]|(?i:notes?|source)\b|注|单位", first)
        ):
            break
        beginnings.append(re.match(r"[^\W\d_]+|\W", first)[0])
    return "^(?:" + "|".join(map(re.escape, sorted(set(beginnings)))) + ")" if beginnings else ""


def _with_footer(path: Path, laid: Laid) -> Laid:
    footer = footer_of(laid.raw)
    if not footer:
        return laid
    file = replace(laid.file, footer=footer)
    return Laid(file, read(path, file), laid.guesses | {"footer": (footer, "")}, path)


# --- workbooks ----------------------------------------------------------------------------------------------------------------


def sheets(content: Content) -> list[str]:
    """The names of a workbook's sheets that hold anything."""
    import python_calamine

    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content.data))
    return [name for name in book.sheet_names if book.get_sheet_by_name(name).total_height > 1]


def _book(path: Path, of: File, content: Content) -> list[Laid]:
    found = []
    names = sheets(content)
    for sheet in names:
        file = replace(of, sheet=sheet if len(names) > 1 or sheet.casefold() != "sheet1" else 1)
        grid = _grid(content, sheet)
        skip, heads = header_rows(grid)
        file = replace(file, skip_rows=skip, header_rows=heads)
        try:
            raw = read(path, file)
        except InputError:
            if len(names) == 1:
                raise
            continue  # a sheet without rows beside others
        found.append(
            _with_footer(path, Laid(file, raw, {"header_rows": (str(heads),)} if heads > 1 or skip else {}, path))
        )
    return found


def _grid(content: Content, sheet: str) -> list[list[str]]:
    """The sheet's texts, a merged title on the left of its cells only."""
    import datetime

    import python_calamine

    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content.data))
    rows = book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
    return [
        [cell.isoformat()[:10] if isinstance(cell, datetime.date) else normalise(str(cell)) for cell in row]
        for row in rows
    ]
