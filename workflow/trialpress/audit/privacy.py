"""The privacy gate: no direct identifier of the raw records may stand in any file that a run leaves behind.

The identifiers are the raw cells of the columns that the dictionary declares (`identifier:`). They are looked for in
every usual form in every file, whatever holds it: text, entities, archives, PDF text, picture metadata, Parquet,
embedded data. A finding names the file and the kind of identifier, never the value.

A text that the records hold for another reason cannot be told from an identifier and is not looked for: a date of birth
that is also another date of a clean table, a number that is also a measurement, a word of the dictionary or the
manuscript. How many those are is said.
"""

from __future__ import annotations

import base64
import binascii
import datetime
import gzip
import hashlib
import html
import io
import re
import struct
import unicodedata
import urllib.parse
import zipfile
import zlib
from collections import Counter
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from multiprocessing import get_context
from pathlib import Path

import pandas as pd

from ..clean.parse.dates import parse_date
from ..clean.read import identifiers as declared
from ..clean.read import read
from ..errors import InputError, Problem
from ..study import Study
from ..text import number_text

SHORT = 5  # an ASCII identifier with fewer characters is found everywhere
_CJK = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_BETWEEN = re.compile(rf"(?<=[{_CJK}])[\s\u00b7]+(?=[{_CJK}])")
_HAN = re.compile(f"[{_CJK}]")
_TOKEN = re.compile(r"\d+(?:\.\d+)*|[^\W\d_]+")
_MONTHS = {
    name: number
    for number, name in enumerate(
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], start=1
    )
}
_DATES = (
    (re.compile(r"(?<!\d)(\d{4})\s?[-/.年]\s?(\d{1,2})\s?[-/.月]\s?(\d{1,2})(?!\d)"), "ymd"),
    (re.compile(r"(?<![\d.])((?:19|20)\d\d)([01]\d)([0-3]\d)(?!\d)"), "ymd"),
    (re.compile(r"(?<!\d)(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4})(?!\d)"), "dmy mdy"),
    (re.compile(r"(?<!\d)(\d{1,2})[-/. ]{1,2}([a-z]{3,9})[-/., ]{1,2}(\d{4})(?!\d)"), "dmy"),
    (re.compile(r"([a-z]{3,9})[-/. ]{1,2}(\d{1,2})(?:st|nd|rd|th)?[, ]{1,2}(\d{4})(?!\d)"), "mdy"),
)
# of a PDF's page only its text objects and the forms that it draws: the strokes of the figures cost most of the time
_DRAWN = re.compile(rb"\bBT\b(?:\((?:\\.|[^\\()])*\)|[^()])*?\bET\b|/[^\s/<>()\[\]]+\s+Do\b", re.S)
_EMBEDDED = re.compile(r"[A-Za-z0-9+/]{40,}={0,2}")
_MAGIC = (b"\x89PNG", b"%PDF", b"PAR1", b"\x1f\x8b", b"PK\x03\x04")


def fold(text: str) -> str:
    """Compatibility forms and case folded, no space between Chinese characters."""
    return _BETWEEN.sub("", unicodedata.normalize("NFKC", text).casefold())


def _dates(text: str, years: re.Pattern) -> set[datetime.date]:
    """Every calendar date of these years that a folded text can be read to hold."""
    around = {text[max(0, at - 16) : at + 16] for at in (match.start() for match in years.finditer(text))}
    text, found = "\n".join(around), set()
    for pattern, orders in _DATES:
        for parts in set(pattern.findall(text)):
            for order in orders.split():
                part = dict(zip(order, parts, strict=True))
                month = _MONTHS.get(part["m"][:3]) if part["m"].isalpha() else int(part["m"])
                try:
                    found.add(datetime.date(int(part["y"]), month or 0, int(part["d"])))
                except ValueError:
                    continue
    return found


@dataclass
class Identifiers:
    """What is looked for. dates: date -> kind; names: Chinese text -> kind; words: first token -> {tokens: kind};
    unsearchable: kind -> number of values that cannot be told from other content."""

    dates: dict[datetime.date, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    words: dict[str, dict[tuple[str, ...], str]] = field(default_factory=dict)
    unsearchable: Counter = field(default_factory=Counter)

    def __len__(self) -> int:
        return (
            len(self.dates)
            + len(self.names)
            + len({tuple(sorted(form)) for forms in self.words.values() for form in forms})
        )

    def add(self, value: str, kind: str, is_date: bool = False) -> None:
        """Take up one raw value, unless it is too short."""
        text = fold(value).strip()
        tokens = tuple(_TOKEN.findall(text))
        date = parse_date(text).value if is_date else None
        if date is not None:
            self.dates[date] = kind
        elif _HAN.search(text) and len(text) >= 2:
            self.names[text] = kind
        elif len("".join(tokens)) < SHORT:
            self.unsearchable[kind] += 1
        else:
            for form in {tokens, (*tokens[1:], tokens[0])}:  # a family name may come first or last
                self.words.setdefault(form[0], {})[form] = kind

    @cached_property
    def years(self) -> re.Pattern:
        """Finds the years of the dates; made when the first text is searched."""
        return re.compile("|".join(sorted({f"{date.year:04d}" for date in self.dates})) or "(?!)")

    def hits(self, text: str) -> dict[object, str]:
        """The identifiers in a text, with their kind."""
        text = fold(text)
        tokens = _TOKEN.findall(text)
        known = set(tokens)
        found: dict[object, str] = {date: self.dates[date] for date in _dates(text, self.years) & self.dates.keys()}
        han = " ".join(sorted(token for token in known if _HAN.search(token)))
        found.update((name, kind) for name, kind in self.names.items() if name in han)
        if starts := known & self.words.keys():
            for at, token in enumerate(tokens):
                if token in starts:
                    for form, kind in self.words[token].items():
                        if tuple(tokens[at : at + len(form)]) == form:
                            found[tuple(sorted(form))] = kind
        return found

    def excuse(self, texts: Iterable[str]) -> None:
        """Give up what stands in these texts for another reason."""
        for text in texts:
            for value, kind in self.hits(text).items():
                self.unsearchable[kind] += 1
                self.dates.pop(value, None)
                self.names.pop(value, None)
                for forms in self.words.values():
                    for form in [form for form in forms if tuple(sorted(form)) == value]:
                        del forms[form]


def recorded(tables: Iterable[pd.DataFrame]) -> Iterator[str]:
    """The dates and numbers of clean tables, as text."""
    for frame in tables:
        for column in frame:
            values = frame[column].dropna()
            if pd.api.types.is_datetime64_any_dtype(values):
                yield " ".join(values.dt.strftime("%Y-%m-%d").unique())
            elif pd.api.types.is_numeric_dtype(values) and values.dtype != "boolean":
                yield " ".join(map(number_text, values.astype(float).unique()))


def identifiers(study: Study, raw_folder: Path, innocent: Iterable[str]) -> Identifiers:
    """The raw values of every column that the dictionary declares to be an identifier, but for what `innocent` texts hold."""
    found = Identifiers()
    holding = {part.file.name for table in study.tables.values() for part in table.parts
               if any(column.identifier for column in part.columns.values())}  # fmt: skip
    for name in sorted(holding):
        raw = read(raw_folder / study.files[name].path, study.files[name])
        for index, column in declared(study, raw):
            missing = {fold(text) for text in (*study.missing, *column.missing, "")}
            for value in sorted({cell.text.strip() for cell in raw.columns[index].cells}):
                if fold(value) not in missing:
                    found.add(value, column.identifier, column.type == "date")
    found.excuse(innocent)
    return found


# --- what a file says ---------------------------------------------------------------------------------------------------


def _png(data: bytes) -> Iterator[str]:
    """The text of a PNG's metadata chunks."""
    at = 8
    while at + 8 <= len(data):
        size, kind = struct.unpack(">I4s", data[at : at + 8])
        body = data[at + 8 : at + 8 + size]
        if kind in (b"tEXt", b"zTXt", b"iTXt", b"eXIf"):
            head, _, rest = body.partition(b"\0")
            packed = kind == b"zTXt" or (kind == b"iTXt" and rest[:1] == b"\1")
            if kind == b"iTXt":  # flag, method, language, translated keyword
                rest = rest[2:].partition(b"\0")[2].partition(b"\0")[2]
            elif kind == b"zTXt":
                rest = rest[1:]
            text = zlib.decompress(rest) if packed else rest
            yield f"{head.decode('latin-1')} {text.decode('utf-8', 'replace')}"
        at += 12 + size


def _pdf(data: bytes) -> Iterator[str]:
    import pypdf  # here, because only a PDF needs it

    reader = pypdf.PdfReader(io.BytesIO(data))
    yield " ".join(map(str, (reader.metadata or {}).values()))
    if reader.xmp_metadata is not None:
        yield reader.xmp_metadata.stream.get_data().decode("utf-8", "replace")
    for page in reader.pages:
        drawn = page.get_contents()
        if drawn is not None:
            stream = pypdf.generic.StreamObject()
            stream.set_data(b"\n".join(_DRAWN.findall(drawn.get_data())))
            page[pypdf.generic.NameObject("/Contents")] = stream
        yield page.extract_text()
        yield " ".join(str(note.get_object()) for note in page.get("/Annots", ()))
    for parts in reader.attachments.values():
        for part in parts:
            yield from texts(part)


def _parquet(data: bytes) -> Iterator[str]:
    frame = pd.read_parquet(io.BytesIO(data))
    yield " ".join(map(str, frame.columns))
    for column in frame:
        if frame[column].dtype.kind != "f":
            yield "\n".join(frame[column].dropna().astype(str).unique())


def _text(text: str) -> Iterator[str]:
    """A text as it stands, as a reader sees it (no tags, entities resolved), and what is embedded in it."""
    embedded = []

    def take(match: re.Match) -> str:
        try:
            data = base64.b64decode(match[0] + "=" * (-len(match[0]) % 4))
            if not data.startswith(_MAGIC):
                data.decode("utf-8")
        except (binascii.Error, UnicodeDecodeError):  # a hash or a path, not data
            return match[0]
        embedded.append(data)
        return " "

    text = _EMBEDDED.sub(take, text)
    if "\\u" in text:
        text = re.sub(r"\\u([0-9a-fA-F]{4})", lambda match: chr(int(match[1], 16)), text)
    if "%" in text:
        text = f"{text}\n{urllib.parse.unquote(text)}" if re.search(r"%[0-9A-Fa-f]{2}%[0-9A-Fa-f]{2}", text) else text
    text = html.unescape(text)
    yield text
    if "</" in text:
        yield re.sub(r"<[^>]*>", "", text)
    for data in embedded:
        yield from texts(data)


def texts(data: bytes, passed: Container[bytes] = ()) -> Iterator[str]:
    """Every text that the bytes of a file hold, told by what they begin with and not by the file's name. passed: hashes of
    files that an archive need not be searched for again."""
    if data.startswith(b"\x89PNG"):
        yield from _png(data)
    elif data.startswith(b"%PDF"):
        yield from _pdf(data)
    elif data.startswith(b"PAR1"):
        yield from _parquet(data)
    elif data.startswith(b"\x1f\x8b"):
        yield from texts(gzip.decompress(data))
    elif data.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            yield archive.comment.decode("utf-8", "replace")
            for member in archive.infolist():
                yield member.filename
                body = archive.read(member)
                if hashlib.sha256(body).digest() not in passed:
                    yield from texts(body, passed)
    else:
        try:
            yield from _text(data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"))
        except UnicodeDecodeError:
            # fonts and other binary parts; runs of characters are all that a reader could see in them
            yield re.sub(r"[^\x20-\x7e]+", " ", data.decode("latin-1"))


def gate(known: Identifiers, folders: Iterable[Path], processes: int = 1) -> dict:
    """Search every file below the folders; returns what was searched for, in how many files, and what could not be.

    PrivacyError names each file that holds an identifier, and its kind.
    """
    paths = [(folder, path) for folder in folders for path in sorted(p for p in folder.rglob("*") if p.is_file())]
    # archives last, when the files that they were made of have passed
    single, archives = ([at for at in paths if (at[1].suffix == ".zip") is zipped] for zipped in (False, True))
    with get_context("fork").Pool(processes, _search_for, (known,)) as pool:
        searched = pool.starmap(_search, single, chunksize=1)
    passed = {digest for found, digest in searched if not found}
    _search_for(known)
    searched += [_search(folder, path, passed) for folder, path in archives]
    problems = [
        Problem(
            path.as_posix(),
            f"holds a direct identifier: {kind} ({n} different)",
            "whoever receives this file can tell who a participant is",
            "find the column that carries it and declare it with identifier: in study.yaml; then run again",
        )
        for (_, path), (found, _) in zip([*single, *archives], searched, strict=True)
        for kind, n in sorted(Counter(found.values()).items())
    ]
    if problems:
        raise PrivacyError(problems)
    return {"files": len(paths), "identifiers": len(known), "not_searchable": dict(sorted(known.unsearchable.items()))}


def _search_for(known: Identifiers) -> None:
    """Remember in this process what is searched for: compiled patterns do not travel between processes."""
    global _known
    _known = known


def _search(folder: Path, path: Path, passed: Container[bytes] = frozenset()) -> tuple[dict[str, str], bytes]:
    """(identifier -> kind found in a file or its name, sha256 of the file)."""
    data, found = path.read_bytes(), {}
    for text in (path.relative_to(folder).as_posix(), *texts(data, passed)):
        found |= _known.hits(text)
    return found, hashlib.sha256(data).digest()


class PrivacyError(InputError):
    """Identifiers in files that a run has written."""

    def __str__(self) -> str:
        n = len(self.problems)
        head = f"The privacy gate found identifiers in {n} place{'s' if n != 1 else ''}; share none of these files."
        return "\n".join([head, *map(str, self.problems)])
