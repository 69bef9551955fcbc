"""What people send that is no table of records: how it is recognised, what it is, and how it can be brought in."""

from __future__ import annotations

import re
import zipfile

from .problems import stop

_EXPORT = "open it in the program that wrote it and save the table as CSV (UTF-8) or .xlsx"
_SAVE_AS = "open it in a spreadsheet program, look whether it is complete, and save it as .xlsx"
_UNPACK = "unpack it and put the file itself, a .gz or a .zip there"
_TABLE_OF_DATA = "ask for the data themselves: CSV, .xlsx, SAS XPORT, SPSS, Stata or Parquet"

# kind -> (what the file is, what to do)
FOREIGN = {
    "pdf": ("a PDF document", _TABLE_OF_DATA),
    "html": ("a web page (HTML), as some systems export it under the name .xls", _SAVE_AS),
    "xml spreadsheet": ("an XML Spreadsheet 2003", _SAVE_AS),
    "odm": ("an ODM XML document", "export the data from the EDC system as CSV, SAS XPORT or .xlsx"),
    "xml": ("an XML document", _EXPORT),
    "json": ("a JSON document", "convert it into CSV, one row per record (in REDCap: export as CSV, raw data)"),
    "r": ("an R data file (RDS or RData)", "in R: write.csv(x, 'file.csv', row.names = FALSE, fileEncoding = 'UTF-8')"),
    "sqlite": ("an SQLite database", "export the table as CSV: sqlite3 -header -csv FILE 'select * from TABLE'"),
    "access": ("a Microsoft Access database", "in Access: External Data, export the table as .xlsx or as text"),
    "doc": ("a Word document", "copy its table into a workbook, or ask for the data behind it"),
    "ppt": ("a presentation", _TABLE_OF_DATA),
    "odt": ("an OpenDocument file that is no spreadsheet", _EXPORT),
    "numbers": ("an Apple Numbers or Pages document", "in Numbers: File, Export To, Excel"),
    "rtf": ("an RTF document", "copy its table into a workbook, or ask for the data behind it"),
    "7z": ("a 7-Zip archive", _UNPACK),
    "rar": ("a RAR archive", _UNPACK),
    "xz": ("an xz archive (or an R data file compressed by xz)", _UNPACK),
    "bz2": ("a bzip2 archive (or an R data file compressed by bzip2)", _UNPACK),
    "zstd": ("a Zstandard archive", _UNPACK),
    "tar": ("a tar archive", _UNPACK),
    "image": ("an image", _TABLE_OF_DATA),
    "password": ("a workbook under a password", "ask for it without one: File, Info, Protect Workbook, in Excel"),
    "ole": ("a file of an old Office program that is no workbook", _EXPORT),
    "excel 2": ("a workbook of Excel 4 or older", _SAVE_AS),
    "sas7bcat": ("a SAS format catalogue, which holds labels and no data",
                 "name the sas7bdat file as path and this one as catalog"),
    "cport": ("a SAS transport file of PROC CPORT", "in SAS: PROC CIMPORT, then the XPORT engine or a sas7bdat"),
    "arrow": ("a Feather or Arrow file", "write it as Parquet: pyarrow.parquet.write_table, arrow::write_parquet"),
    "hdf5": ("an HDF5 or MATLAB file", _EXPORT),
    "matlab": ("a MATLAB file", "in MATLAB: writetable"),
    "jmp": ("a JMP table", "in JMP: File, Export, CSV or SAS XPORT"),
    "program": ("a program", "ask for the file again"),
}  # fmt: skip

_MAGIC = [
    (b"%PDF", "pdf"),
    (b"{\\rtf", "rtf"),
    (b"SQLite format 3\0", "sqlite"),
    (b"\0\1\0\0Standard Jet DB", "access"),
    (b"\0\1\0\0Standard ACE DB", "access"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"Rar!\x1a\x07", "rar"),
    (b"\xfd7zXZ\0", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"\x89PNG\r\n\x1a\n", "image"),
    (b"\xff\xd8\xff", "image"),
    (b"GIF87a", "image"),
    (b"GIF89a", "image"),
    (b"II*\0", "image"),
    (b"MM\0*", "image"),
    (b"ARROW1\0", "arrow"),
    (b"FEA1", "arrow"),
    (b"\x89HDF\r\n\x1a\n", "hdf5"),
    (b"MATLAB 5.0 MAT-file", "matlab"),
    (b"\xff\xff\0\0\x07\0\0\0\x04", "jmp"),
    (b"**COMPRESSED**", "cport"),
    (b"RDX", "r"),
    (b"RDA", "r"),
    (b"X\n\0\0\0", "r"),
    (b"A\n2\n", "r"),
    (b"A\n3\n", "r"),
    (b"MZ\x90\0", "program"),
    (b"\x7fELF", "program"),
    (b"\x09\x00\x04\x00", "excel 2"),
    (b"\x09\x02\x06\x00", "excel 2"),
    (b"\x09\x04\x06\x00", "excel 2"),
]
_JSON = re.compile(rb'\{\s*"(?:[^"\\]|\\.)*"\s*:|\{\s*\}|\[\s*[\[{]')


def foreign(data: bytes) -> str:
    """The kind of a file that is not read, '' if it is none of them. Archives of Office are told in `office`."""
    for magic, kind in _MAGIC:
        if data.startswith(magic):
            return kind
    if data[:3] == b"BZh" and data[4:10] == b"1AY&SY":
        return "bz2"
    if data[257:262] == b"ustar":
        return "tar"
    head = _head(data)
    if head.startswith((b"<!doctype html", b"<html", b"<head", b"<meta", b"<table", b"<style")) or (
        head.startswith(b"<") and b"<html" in head
    ):
        return "html"
    if head.startswith(b"<?xml") or head.startswith((b"<odm", b"<workbook")):
        if b"urn:schemas-microsoft-com:office:spreadsheet" in head or b'progid="excel.sheet"' in head:
            return "xml spreadsheet"
        return "odm" if b"<odm" in head else "xml"
    return "json" if _JSON.match(head) else ""


def _head(data: bytes) -> bytes:
    """The beginning as lower case ASCII, also of UTF-16, without a byte order mark."""
    head = data[:4000]
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        head = head.replace(b"\0", b"")[2:]
    return head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()


def office(archive: zipfile.ZipFile) -> str:
    """What a zip archive is if it is a document and no folder of files: xlsx, xlsb, ods, or a foreign kind; else ''."""
    names = set(archive.namelist())
    types = archive.read("[Content_Types].xml") if "[Content_Types].xml" in names else b""
    if "xl/workbook.bin" in names or b"sheet.binary" in types:
        return "xlsb"
    if "xl/workbook.xml" in names or b"spreadsheetml" in types or b"ms-excel" in types:
        return "xlsx"
    if types:
        return "ppt" if b"presentationml" in types else "doc"
    if "mimetype" in names and archive.read("mimetype").startswith(b"application/vnd.oasis.opendocument"):
        if b"spreadsheet" not in archive.read("mimetype"):
            return "odt"
        manifest = archive.read("META-INF/manifest.xml") if "META-INF/manifest.xml" in names else b""
        return "password" if b"encryption-data" in manifest else "ods"
    return "numbers" if any(name.endswith(".iwa") or name == "Index.zip" for name in names) else ""


def refuse(where, kind: str):
    """Raise the one message that says what a file is and how its content can be brought in."""
    what, do = FOREIGN[kind]
    raise stop(where, f"is {what}; this is not read", do, "only a table whose cells have one reading can be checked")
