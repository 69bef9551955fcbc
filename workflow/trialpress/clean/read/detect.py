"""What a raw file is: told by its content, never by its name."""

from __future__ import annotations

import gzip
import io
import re
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from ...errors import InputError
from ...study import File
from .foreign import foreign, office, refuse
from .problems import stop

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_SAS = re.compile(rb"\0{12}\xc2\xea\x81[\x60-\x63]\xb3\x14\x11\xcf\xbd\x92\x08\0\x09\xc7\x31\x8c\x18\x1f\x10\x11")
_DEPTH = 3  # an archive in an archive in an archive is enough


@dataclass(frozen=True)
class Content:
    """The bytes of a data file out of their archives, their `format`, and `where` they come from, for messages."""

    data: bytes
    format: str
    where: str


def _format(data: bytes) -> str:
    """The format of bytes that are no archive; text if nothing else is known of them."""
    if data.startswith(_OLE):
        for stream, kind in (("EncryptedPackage", "password"), ("Workbook", "xls"), ("Book", "xls"),
                             ("WordDocument", "doc"), ("PowerPoint Document", "ppt")):  # fmt: skip
            if stream.encode("utf-16-le") in data:
                return "password" if kind == "xls" and _enciphered(data) else kind
        return "ole"
    if data.startswith(b"\x09\x08") and data[2:4] in (b"\x10\0", b"\x08\0"):
        return "xls"  # a workbook of Excel 5 to 2003 without its container
    if _SAS.match(data):
        return "sas7bcat" if b"CATALOG" in data[84:180] else "sas7bdat"
    if data.startswith(b"HEADER RECORD*******LIB"):
        return "xport"
    if data.startswith((b"$FL2", b"$FL3")):
        return "sav"
    if b"SPSSPORT" in data[:1000].replace(b"\r", b"").replace(b"\n", b""):
        return "por"
    if data.startswith(b"<stata_dta>") or (
        102 <= data[0] <= 115 and data[1:2] in (b"\1", b"\2") and data[2:4] == b"\1\0"
    ):
        return "dta"
    if data.startswith(b"PAR1") and data.endswith(b"PAR1"):
        return "parquet"
    return foreign(data) or "csv"


def _enciphered(data: bytes) -> bool:
    """Whether the first records of an .xls workbook say that the others are enciphered (FILEPASS)."""
    at = data.find(b"\x09\x08\x10\0")
    for _ in range(5):
        record, size = int.from_bytes(data[at : at + 2], "little"), int.from_bytes(data[at + 2 : at + 4], "little")
        if record == 0x2F:
            return True
        at += 4 + size
    return False


def _member(archive: zipfile.ZipFile, where: str, file: File) -> str:
    """The file of an archive that is meant."""
    names = [info.filename for info in archive.infolist() if not info.is_dir()]
    names = [name for name in names if not name.startswith("__MACOSX/") and not name.split("/")[-1].startswith(".")]
    shown = ", ".join(names[:8]) + (", ..." if len(names) > 8 else "")
    if file.member:
        if file.member not in names:
            raise stop(where, f"the archive has no file '{file.member}'", f"it holds: {shown or 'nothing'}")
        return file.member
    if len(names) != 1:
        what = f"the archive holds {len(names)} files: {shown}" if names else "the archive holds no file"
        raise stop(where, what, f"say which one is meant: files.{file.name}.member" if names else "ask for it again")
    return names[0]


def _bounded(source: BinaryIO, where: str, file: File) -> bytes:
    """What an archive holds; InputError if it is more than the limit: a few kB can unpack to all of the memory."""
    most = file.limits.unpacked * 1_000_000
    data = source.read(most + 1)
    if len(data) > most:
        raise too_much(where, file)
    return data


def too_much(where: str, file: File) -> InputError:
    what = f"unpacks to more than {file.limits.unpacked} MB"
    do = "look whether it is what it should be; then raise limits.unpacked in study.yaml"
    return stop(where, what, do, "a small archive can unpack to more than the machine has")


def _harmless(archive: zipfile.ZipFile, where: str, file: File) -> None:
    """InputError for a workbook that unpacks to more than the limit, or whose XML declares entities, as no program writes."""
    if sum(info.file_size for info in archive.infolist()) > file.limits.unpacked * 1_000_000:
        raise too_much(where, file)
    for info in archive.infolist():
        if info.filename.endswith((".xml", ".rels")) and not info.flag_bits & 1:
            text = archive.read(info)
            if (
                b"<!DOCTYPE" in text
                or "<!DOCTYPE".encode("utf-16-le") in text
                or "<!DOCTYPE".encode("utf-16-be") in text
            ):
                what, do = f"its part {info.filename} declares a document type", "ask for the file again"
                raise stop(
                    where, what, do, "no spreadsheet program writes one; it can read other files, or grow without end"
                )


def _unzip(data: bytes, where: str, file: File) -> tuple[bytes, str, str]:
    """(bytes, where, format) of what a zip archive holds; the format is '' if the bytes have to be looked at."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if kind := office(archive):
                _harmless(archive, where, file)
                return data, where, kind
            name = _member(archive, where, file)
            if archive.getinfo(name).flag_bits & 1:
                raise stop(where, "is a zip archive under a password", "ask for it without one, by a safe way")
            with archive.open(name) as member:
                return _bounded(member, f"{where} ({name})", file), f"{where} ({name})", ""
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError) as error:
        workbook = b"[Content_Types].xml" in data or b"xl/" in data or b"mimetypeapplication" in data
        what = "a workbook" if workbook else "a zip archive"
        raise stop(where, f"cannot be read as {what}: {error}", "ask for the file again; it may be cut off") from None


def unpack(path: Path, file: File) -> tuple[Content, bool]:
    """The content of a file out of gzip and zip, whatever it is, and whether it came out of a zip."""
    data, where, unzipped = path.read_bytes(), str(path), False
    for _ in range(_DEPTH):
        if data.startswith(b"\x1f\x8b"):
            try:
                data, kind = _bounded(gzip.GzipFile(fileobj=io.BytesIO(data)), where, file), ""
            except (OSError, EOFError, zlib.error) as error:
                do = "ask for the file again; it may be cut off"
                raise stop(where, f"cannot be unpacked by gzip: {error}", do) from None
        elif data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
            data, where, kind = _unzip(data, where, file)
            unzipped = unzipped or not kind
        else:
            kind = _format(data) if data else "empty"
        if kind:
            return Content(data, kind, where), unzipped
    raise stop(where, "is an archive in an archive in an archive", "unpack it and put the data file itself there")


def open_content(path: Path, file: File) -> Content:
    """The content of a raw file; InputError if it is none that is read, or not what study.yaml says."""
    content, unzipped = unpack(path, file)
    if content.format == "empty":
        raise stop(content.where, "the raw file is empty", "ask for the file again")
    if file.member and not unzipped:
        do = f"remove files.{file.name}.member"
        raise stop(content.where, f"is no zip archive with the file '{file.member}'", do)
    if content.format not in READ:
        refuse(content.where, content.format)
    if file.format and file.format != content.format:
        what = f"is {READ[content.format]}, but files.{file.name}.format says {file.format}"
        raise stop(content.where, what, f"correct or remove files.{file.name}.format, or ask for the right file")
    return content


READ = {
    "csv": "delimited text (csv)",
    "xlsx": "an Excel workbook (xlsx)",
    "xls": "an Excel 97-2003 workbook (xls)",
    "xlsb": "a binary Excel workbook (xlsb)",
    "ods": "an OpenDocument spreadsheet (ods)",
    "parquet": "a Parquet file (parquet)",
    "xport": "a SAS transport file (xport)",
    "sas7bdat": "a SAS data set (sas7bdat)",
    "sav": "an SPSS file (sav)",
    "por": "a portable SPSS file (por)",
    "dta": "a Stata file (dta)",
}
