"""What a file says, whatever holds it: text, entities, archives, PDF text, picture metadata, Parquet, embedded data."""

from __future__ import annotations

import base64
import binascii
import gzip
import hashlib
import html
import io
import re
import struct
import urllib.parse
import zipfile
import zlib
from collections.abc import Callable, Container, Iterable, Iterator
from functools import partial
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ...contracts import CELLS, FILES
from ...files import read_blocks
from .data import ROWS, Left, all_of, apart
from .forms import GAP, SEPARATOR

# of a PDF's page only its text objects and the forms that it draws: the strokes of the figures cost most of the time
_DRAWN = re.compile(rb"\bBT\b(?:\((?:\\.|[^\\()])*\)|[^()])*?\bET\b|/[^\s/<>()\[\]]+\s+Do\b", re.S)
# where it stands is said before it, so that two cells are not one word
_PLACED = re.compile(rb"(?:[-+.\d]+\s+){6}cm\b")
# what such an object shows: texts with numbers between, by which letters are moved
_TEXT, _NUMBER = rb"\(((?:\\.|[^\\()])*)\)", rb"([-+]?(?:\d+\.?\d*|\.\d+))(?![-+.\d])"
_SHOWN = re.compile(rb"\[((?:%b|%b|\s)*)\]\s*TJ" % (_TEXT, _NUMBER), re.S)
_MOVED = re.compile(rb"%b|%b" % (_TEXT, _NUMBER), re.S)
_ESCAPED = re.compile(rb"\\(?:[0-3][0-7]{2}|.)", re.S)
_BYTES = {b"\\%03o" % byte: bytes([byte]) for byte in range(256) if byte not in b"()\\\r"}
KERNED = 50  # thousandths of a letter's height: so near stand letters of one word
# of a PDF's object: its place in the tree of tags; of a page: what its text does not depend on either
_TAGGED = {"/StructParent", "/StructParents"}
_AROUND = {"/Annots", "/Parent", *_TAGGED}
_REFERENCE = re.compile(r"IndirectObject\([\d, ]+\)")  # numbers of objects, and where one lies in memory
_EMBEDDED = re.compile(r"[A-Za-z0-9+/]{40,}={0,2}")
_MAGIC = (b"\x89PNG", b"RIFF", b"%PDF", b"PAR1", b"\x1f\x8b", b"PK\x03\x04", b"wOFF", b"wOF2", b"\0\1\0\0", b"OTTO")
_STROKES = re.compile(r' d="[MLHVCSQTAZmlhvcsqtaz0-9eE\s.,+-]*"')  # of a drawing
_OOXML = re.compile(r'="-?\d+"')  # sizes and ids of an office document
HELD = 2**23
KNOWN = 2**20  # different texts of a column that are not searched again


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


def _webp(data: bytes) -> Iterator[str]:
    """The text of a WebP's metadata chunks."""
    at = 12
    while at + 8 <= len(data):
        kind, size = struct.unpack("<4sI", data[at : at + 8])
        if kind in (b"EXIF", b"XMP "):
            yield data[at + 8 : at + 8 + size].decode("utf-8", "replace")
        at += 8 + size + size % 2


def _pdf(data: bytes, passed: Container[bytes], over: list[bytes], left: Left) -> Iterator[Leaf]:
    import pypdf  # here, because only a PDF needs it

    reader = pypdf.PdfReader(io.BytesIO(data))
    yield _leaf(" ".join(map(str, (reader.metadata or {}).values())))
    if reader.xmp_metadata is not None:
        yield _leaf(reader.xmp_metadata.stream.get_data().decode("utf-8", "replace"))
    known: dict[int, bytes | None] = {}
    for page in reader.pages:
        noted = " ".join(str(note.get_object()) for note in page.get("/Annots", ()))
        yield _leaf(_REFERENCE.sub("", noted))
        try:
            held = [_hash(key.encode(), _held(page.raw_get(key), known)) for key in sorted({*page} - _AROUND)]
        except RecursionError:
            yield b"", partial(_page, page)
        else:
            yield _hash(b"page", *held), partial(_page, page)
    for parts in reader.attachments.values():
        for part in parts:
            yield from leaves(part, passed, over, left)


def _held(thing, known: dict[int, bytes | None]) -> bytes:
    """A hash of what an object of a PDF holds with all that it refers to, however its objects are numbered. RecursionError if it
    refers to itself."""
    from pypdf.generic import IndirectObject, StreamObject

    if isinstance(thing, IndirectObject):
        if thing.idnum not in known:
            known[thing.idnum] = None
            known[thing.idnum] = _held(thing.get_object(), known)
        if (found := known[thing.idnum]) is None:
            raise RecursionError(str(thing))
        return found
    if isinstance(thing, dict):
        packed = thing._data if isinstance(thing, StreamObject) else b""
        of = (_hash(key.encode(), _held(thing.raw_get(key), known)) for key in sorted({*thing} - _TAGGED))
        return _hash(b"dictionary", packed, *of)
    if isinstance(thing, list):
        return _hash(b"array", *(_held(one, known) for one in thing))
    return _hash(type(thing).__name__.encode(), repr(thing).encode())


def _page(page) -> Iterator[str]:
    """The text of a page of a PDF."""
    import pypdf

    drawn = page.get_contents()
    if drawn is not None:
        stream = pypdf.generic.StreamObject()
        stream.set_data(_SHOWN.sub(_joined, b"\n".join(_drawn(drawn.get_data()))))
        page[pypdf.generic.NameObject("/Contents")] = stream
    yield page.extract_text()


def _drawn(data: bytes) -> Iterator[bytes]:
    for match in _DRAWN.finditer(data):
        placed = _PLACED.findall(data, max(0, match.start() - 200), match.start())
        yield b"q %b %b Q" % (placed[-1], match[0]) if placed else match[0]


def _joined(match: re.Match) -> bytes:
    """The same texts with those in one that no gap is between: pypdf reads a letter at a time, and places each text."""
    found, said, moved = [], b"", 0.0
    for text, number in _MOVED.findall(match[1]):
        by = float(number or 0)
        if number and (abs(by) > KERNED or abs(moved + by) > KERNED):
            found.append(b"(%b)%.3f %.3f" % (said, moved, by))
            said, moved = b"", 0.0
        else:
            said, moved = said + text, moved + by
    found.append(b"(%b)%.3f" % (said, moved))
    return b"[%b]TJ" % _ESCAPED.sub(lambda one: _BYTES.get(one[0], one[0]), b"".join(found))


def _parquet(data: bytes, left: Left) -> Iterator[str]:
    """The different texts of each column that are left, one column at a time; no more than HELD of its rows are held."""
    file = pq.ParquetFile(io.BytesIO(data))
    form, names = file.schema_arrow, file.schema_arrow.names
    file = pq.ParquetFile(io.BytesIO(data), read_dictionary=_repeated(file))
    yield " ".join(names)
    logged = names == list(CELLS.columns)
    for name in names:
        if not pa.types.is_floating(form.field(name).type) and not (logged and name in ROWS):
            for found in _different(file, name):
                yield "\n".join(left(found if pa.types.is_string(found.type) else _texts(found)))


def _repeated(file: pq.ParquetFile) -> list[str]:
    """The columns whose texts come again and again: in a row they take less than a number. What differs in each row would be read five
    times as slowly into a dictionary."""
    groups = [file.metadata.row_group(number) for number in range(file.num_row_groups)]
    size = [
        sum(group.column(at).total_uncompressed_size for group in groups) for at in range(file.metadata.num_columns)
    ]
    names = [path for at, path in enumerate(file.schema.names) if size[at] < 4 * file.metadata.num_rows]
    return [one.name for one in file.schema_arrow if one.name in names and pa.types.is_string(one.type)]


def _texts(found: pa.Array) -> pa.Array:
    return pa.array(found.to_pandas().dropna().astype(str), pa.string())


def _different(file: pq.ParquetFile, name: str) -> Iterator[pa.Array]:
    """The different values of so many rows of a column. Cells lie field by field, so that the keys of a table come again and again
    as they are: they are read once. Of texts the file has a dictionary."""
    held: list[pa.Array] = []
    known: set[bytes] = set()
    kind = file.schema_arrow.field(name).type
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    for group in range(file.num_row_groups):
        for values in file.read_row_group(group, [name])[name].chunks:
            values = values.dictionary if isinstance(values, pa.DictionaryArray) else values
            if (same := _hash_of(values)) not in known:
                known.add(same)
                held.append(values)
        if group == file.num_row_groups - 1 or sum(map(len, held)) > HELD:
            yield pc.unique(pa.chunked_array(held, kind))
            held = []


def _hash_of(values: pa.Array) -> bytes:
    """Arrays of one type that have the same are the same."""
    made = hashlib.sha256(b"%d %d" % (values.offset, len(values)))
    for buffer in values.buffers():
        made.update(b"-" if buffer is None else b"%d:" % buffer.size)
        made.update(buffer or b"")
    return made.digest()


def is_log(data: bytes) -> bool:
    """Whether the bytes begin as a log of the clean stage, which counts rows: their numbers look like hospital numbers."""
    return data.partition(b"\n")[0].decode("utf-8", "replace").strip() in _LOGS


_LOGS = {",".join(file.columns) for file in FILES if file.stage == "clean"}


def columns(path: Path, left: Left = all_of) -> Iterator[str]:
    """The different texts of each column of a log, or of a large CSV file, that are left, a block after the other: they repeat
    themselves."""
    header = pd.read_csv(path, dtype=str, nrows=0, encoding="utf-8").columns
    yield " ".join(header)
    searched = [name for name in header if name not in ROWS] if ",".join(header) in _LOGS else []
    told: list[set[str]] = [set() for _ in searched or header]
    for block in read_blocks(path, searched):
        for column, known in zip(block.columns, told, strict=True):
            new = [text for text in left(column.dictionary) if text == GAP or text not in known]
            if len(known) > KNOWN:
                known.clear()
            known.update(new)
            yield from _text("\n".join(new), (), None, left)


def _text(text: str, passed: Container[bytes], over: list[bytes] | None, left: Left) -> Iterator[str]:
    """A text as it stands, as a reader sees it (no tags, entities resolved), and what is embedded in it."""
    for piece in apart(text, left):
        yield from _read(piece, passed, over, left)


def _read(text: str, passed: Container[bytes], over: list[bytes] | None, left: Left) -> Iterator[str]:
    embedded = []

    def take(match: re.Match) -> str:
        try:
            data = base64.b64decode(match[0] + "=" * (-len(match[0]) % 4))
            if not data.startswith(_MAGIC) and not match.string.startswith("base64,", match.start() - 7):
                data.decode("utf-8")
        except (binascii.Error, UnicodeDecodeError):  # a hash or a path, not data
            return match[0]
        if not _is_passed(data, passed, over):
            embedded.append(data)
        return " "

    if "<path" in text:
        text = _STROKES.sub(" ", text)
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
        yield from texts(data, passed, over, left)


def _is_passed(data: bytes, passed: Container[bytes], over: list[bytes] | None) -> bool:
    """Whether data need not be searched where they are packed or embedded; then `over` has their hash."""
    found = hashlib.sha256(data).digest()
    if found in passed and over is not None:
        over.append(found)
    return found in passed


Leaf = tuple[bytes, Callable[[], Iterable[str]]]  # a hash of all that the texts are read from, empty if it has none


def _hash(*parts: bytes) -> bytes:
    """Of some parts, each as it is: none can be taken for two."""
    return hashlib.sha256(b"".join(b"%d:%b" % (len(part), part) for part in parts)).digest()


def _leaf(text: str) -> Leaf:
    return _hash(b"as it is", text.encode("utf-8", "surrogatepass")), lambda: [text]


def leaves(
    data: bytes, passed: Container[bytes] = (), over: list[bytes] | None = None, left: Left = all_of
) -> Iterator[Leaf]:
    """The parts of a file that can be searched one by one: members of an archive, pages of a PDF, or all of it; told by what the
    bytes begin with and not by the file's name. Each must be read before the next is asked for.

    passed: hashes of what is searched as a file of its own, and need not be searched again where it is packed or embedded;
    over: takes those that were passed over so; left: takes from many texts what holds nothing.
    """
    if data.startswith(b"%PDF"):
        yield from _pdf(data, passed, over, left)
    elif data.startswith(b"\x1f\x8b"):
        yield from leaves(gzip.decompress(data), passed, over, left)
    elif data.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
            yield _leaf(SEPARATOR.join([archive.comment.decode("utf-8", "replace"), *names]))
            office = "[Content_Types].xml" in names
            for member in archive.infolist():
                body = archive.read(member)
                if not _is_passed(body, passed, over):
                    for name, read in leaves(body, passed, over, left):
                        yield (name and _hash(b"office", name), partial(_office, read)) if office else (name, read)
    else:
        yield _hash(b"", data), partial(_plain, data, passed, over, left)


def _office(read: Callable[[], Iterable[str]]) -> Iterator[str]:
    return (_OOXML.sub("", text) for text in read())


def _plain(data: bytes, passed: Container[bytes], over: list[bytes] | None, left: Left) -> Iterator[str]:
    """The texts of bytes that hold no others."""
    if data.startswith(b"\x89PNG"):
        yield from _png(data)
    elif data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        yield from _webp(data)
    elif data.startswith(b"PAR1"):
        yield from _parquet(data, left)
    else:
        try:
            text = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8")
        except UnicodeDecodeError:
            # fonts and other binary parts; runs of characters are all that a reader could see in them
            yield re.sub(r"[^\x20-\x7e]+", " ", data.decode("latin-1"))
        else:
            yield from _text(text, passed, over, left)


def texts(
    data: bytes, passed: Container[bytes] = (), over: list[bytes] | None = None, left: Left = all_of
) -> Iterator[str]:
    """Every text that the bytes of a file hold; see `leaves`."""
    for _, read in leaves(data, passed, over, left):
        yield from read()
