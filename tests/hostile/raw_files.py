"""Raw files that are damaged, mean harm, or are only unusual. Whoever reads them has every value right, or asks.

The truth is known: a value that differs from it must have a query, a participant who is missing must be in rejected.csv.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import random
import zipfile
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

import openpyxl
import pandas as pd
from clean.small import folder_of
from trialpress.clean import CleanData, clean, write
from trialpress.study import load_study

from .judge import Case

AREA = "raw files"
HEADER = ["ID", "Age", "Weight", "Seen", "Sex", "Note"]
TABLE = {"t": {"file": "f", "key": ["participant"], "columns": {
    "participant": {"source": "ID", "type": "id", "pattern": r"S\d\d"},
    "age": {"source": "Age", "type": "integer", "missing": ["-999"]},
    "weight": {"source": "Weight", "type": "number", "missing": ["-999"]},
    "seen": {"source": "Seen", "type": "date"},
    "sex": {"source": "Sex", "type": "code", "codes": {"male": ["M", "男"], "female": ["F", "女"]}},
    "note": {"source": "Note", "free_text": {"reviewed": "A. Reader", "date": "2020-02-01"}},
}}}  # fmt: skip
NAMES = dict(zip(HEADER[1:], ["age", "weight", "seen", "sex", "note"], strict=True))
SMALL = {"limits": {"cell": 50_000, "unpacked": 1}}  # so that what is too much is soon made


def rows(rng: random.Random, n: int = 12) -> list[list[str]]:
    """Records as they stand in a file."""
    return [
        [f"S{i:02d}", str(rng.randint(18, 80)), f"{rng.randint(400, 1100) / 10}", f"20{rng.randint(10, 19)}-0{rng.randint(1, 9)}-1{rng.randint(0, 9)}",
         rng.choice("MF"), rng.choice(["", "tired", "no change", "von Müller", "see letter"])]
        for i in range(1, n + 1)
    ]  # fmt: skip


def meant(record: list[str]) -> dict:
    """The clean values of a record."""
    return {"age": int(record[1]), "weight": float(record[2]), "seen": record[3], "note": record[5] or None,
            "sex": {"M": "male", "F": "female"}[record[4]]}  # fmt: skip


def text_of(records: list[list[str]], delimiter: str = ",") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\n").writerows([HEADER, *records])
    return out.getvalue()


def book_of(records: list[list[str]], change: Callable | None = None) -> bytes:
    book = openpyxl.Workbook()
    for record in [HEADER, *([r[0], int(r[1]), float(r[2]), *r[3:]] for r in records)]:
        book.active.append(record)
    if change:
        change(book, book.active)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def patched(archive: bytes, part: str, old: bytes, new: bytes) -> bytes:
    """A workbook with other bytes in a part."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as before, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as after:
        for name in before.namelist():
            data = before.read(name)
            after.writestr(name, data.replace(old, new, 1) if name.endswith(part) else data)
    return out.getvalue()


def zipped(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def compare(data: CleanData, truth: Mapping[str, dict]) -> str:
    """'' if every value is the true one or is asked about, and everybody is there or among the rejected."""
    frame = data.tables["t"].set_index("participant")
    about_file = (data.queries["row"] == 0).any()
    for person, values in truth.items():
        if person not in frame.index:
            lost = data.rejected["content"].str.contains(person, regex=False).any() or len(data.rejected)
            if not lost:
                return f"{person} is lost"
            continue
        for name, value in values.items():
            found = frame.at[person, name]
            found = None if pd.isna(found) else found
            found = str(found)[:10] if name == "seen" and found is not None else found
            asked = data.queries[(data.queries["key"] == person) | (data.queries["field"] == "")]
            if str(found) != str(value) and not about_file and not len(asked):
                return f"{person} {name}: {found!r} for {value!r}"
    if more := set(frame.index.dropna()) - set(truth):
        asked = data.queries[data.queries["key"].isin(more)]
        return "" if len(asked) else f"{', '.join(map(str, more))} came out of nothing"
    return ""


def attempt(
    folder: Path, content: bytes | str, truth: Mapping[str, dict], name: str = "f.csv", after=None, fixes=b"", **more
) -> str:
    folder_of(folder, {name: content}, TABLE, **more)
    raw = folder / "data" / "raw"
    if after:
        after(raw)
    if fixes:
        (folder / "data" / "corrections.csv").write_bytes(fixes)
    data = clean(load_study(folder / "study.yaml"), raw, folder / "data" / "corrections.csv")
    write(data, folder / "clean")
    return compare(data, truth)


# a cell as it stands -> what it may say; anything else must be asked about
AGES = {"130.5": None, "1e400": None, "-999.0": None, "-999": None, "\u2212999": None, "9223372036854775808": None, "1e3": 1000, "４２": 42, "42 ": 42,
        "42.0": 42, "4 2": None, "forty": None, "0x2A": None, "1_0": None, "NaN": None, "inf": None, "TRUE": None, "#N/A": None, "=1+1": None,
        "42\u00a0": 42, "4\u200b2": 42, "--42": None, "42-": None, "~42": None, "42?": None, "42,5": None, "1" * 2000: None, "=cmd|' /C calc'!A0": None}  # fmt: skip
WEIGHTS = {"70.5": 70.5, "70,5": 70.5, "7.05e1": 70.5, "1e-400": None, "1e999": None, "70.5.1": None, "70.5 lb": None, "７０.５": 70.5, "70·5": None,
           "1,250": None, "1.250,5": 1250.5, "-0": -0.0, "∞": None, "½": None, "70.5kg": None, "12345678901234567890": 1.2345678901234567e19}  # fmt: skip
DATES = {"9999-12-31": None, "1900-01-01": None, "0015-06-03": None, "1015-06-03": None, "2203-06-03": None, "2565-06-03": None, "1 Marx 2022": None,
         "03/04/2015": None, "2015-13-01": None, "2015-02-30": None, "00/00/0000": None, "12/11/10": None, "9999-12-31T24:00": None, "-" * 5000: None,
         "2015-06-03": "2015-06-03", "2015年6月3日": "2015-06-03", "03JUN2015": "2015-06-03", "20150603": "2015-06-03", "2035-01-01": None,
         "2015": None, "June 2015": None, "99999": None, "1e5": None, "٢٠١٥-٠٦-٠٣": "2015-06-03"}  # fmt: skip
SEXES = {
    "m": "male",
    "MALE": "male",
    "Ｆ": "female",
    "男": "male",
    "X": None,
    "M/F": None,
    "": None,
    "M" * 3000: None,
    "0": None,
    "Ｍ ": "male",
}
CELLS = [(1, "age", AGES), (2, "weight", WEIGHTS), (3, "seen", DATES), (4, "sex", SEXES)]


def _cells(rng: random.Random) -> Iterator[Case]:
    for at, name, texts in CELLS:
        for text, value in texts.items():
            records = rows(rng)
            truth = {r[0]: meant(r) for r in records}
            row = rng.randrange(len(records))
            records[row][at] = text
            truth[records[row][0]][name] = value
            quiet = value is None and text in ("", "-999", "-999.0", "\u2212999")
            yield Case(AREA, f"{name} {text[:30]!r}", partial(attempt, content=text_of(records), truth=truth))
            if not quiet and len(text) < 2000:
                book = book_of([r for r in rows(rng)], lambda _, sheet, at=at, text=text: sheet.cell(3, at + 1, text))
                yield Case(
                    AREA, f"workbook: {name} {text[:30]!r}", partial(_in_book, book=book, name=name, value=value)
                )


def _in_book(folder: Path, book: bytes, name: str, value) -> str:
    """A text in a workbook's cell: right or asked about; the other rows are not looked at."""
    folder_of(folder, {"f.xlsx": book}, TABLE)
    data = clean(load_study(folder / "study.yaml"), folder / "data" / "raw", folder / "data" / "corrections.csv")
    frame = data.tables["t"].set_index("participant")
    found = frame.at["S02", name]
    found = None if pd.isna(found) else str(found)[:10] if name == "seen" else found
    asked = len(data.queries[data.queries["key"] == "S02"])
    return "" if str(found) == str(value) or asked else f"{found!r} for {value!r}"


def _quotes(rng: random.Random) -> Iterator[Case]:
    """A stray mark at any place below the header."""
    for number in range(90):
        records = rows(rng, 30)
        text = text_of(records)
        at = rng.randrange(text.index("\n") + 1, len(text))
        yield Case(AREA, f"stray mark {number}", partial(_stray, text=text[:at] + '"' + text[at:], records=records))


def _stray(folder: Path, text: str, records: list) -> str:
    wrong = attempt(folder, text, {r[0]: meant(r) for r in records})
    return "" if " note: " in wrong and '"' in wrong else wrong  # the file says so


def _delimiters(rng: random.Random) -> Iterator[Case]:
    """A delimiter too many or too few in a row."""
    for number in range(50):
        records = rows(rng)
        lines = text_of(records).split("\n")
        row = rng.randrange(1, len(records) + 1)
        places = [at for at, sign in enumerate(lines[row]) if sign == ","]
        at = rng.choice(places)
        lines[row] = lines[row][:at] + ("," if number % 2 else "") + lines[row][at + (0 if number % 2 else 1) :]
        truth = {r[0]: meant(r) for r in records}
        yield Case(AREA, f"delimiter {number}", partial(attempt, content="\n".join(lines), truth=truth))


def _signs(rng: random.Random) -> Iterator[Case]:
    """A character that has no place in a text, in a cell of a number, a date or a code."""
    for sign in "\0\x01\x07\x1a\x1b\ufffd\u202e\u2028\x85\x0c\ud7ff\ue000":
        for at in (0, 1, 2, 3, 4):
            records = rows(rng)
            truth = {r[0]: meant(r) for r in records}
            records[4][at] = records[4][at][:1] + sign + records[4][at][1:]
            yield Case(
                AREA, f"U+{ord(sign):04X} in column {at}", partial(attempt, content=text_of(records), truth=truth)
            )


def _encodings(rng: random.Random) -> Iterator[Case]:
    """Written in one encoding, declared as another: right, refused, or asked about."""
    notes = {
        "cp1252": "décédé à",
        "gb18030": "男性患者病情稳定",
        "cp1251": "Мужской без",
        "shift_jis": "男性の患者さん",
        "big5": "男性患者",
        "utf-8": "Größe à",
    }
    for written, note in notes.items():
        for declared in (
            "utf-8",
            "gb18030",
            "latin-1",
            "cp1252",
            "shift_jis",
            "utf-16",
            "utf-16-le",
            "ascii",
            "koi8_r",
            "idna",
            "utf-7",
            "\0",
        ):
            records = rows(rng)
            for record in records:
                record[5] = note
            truth = {r[0]: meant(r) for r in records}
            if (written, declared) in UNTOLD:
                continue
            content = text_of(records).encode(written)
            yield Case(AREA, f"{written} as {declared!r}", partial(
                attempt, content=content, truth=truth, options={"f": {"encoding": declared}}))  # fmt: skip


# bytes that are a plausible text in both encodings: nothing but a person can tell
UNTOLD = {("cp1251", "koi8_r"), ("gb18030", "koi8_r"), ("cp1252", "koi8_r"), ("shift_jis", "koi8_r"), ("big5", "koi8_r"),
          ("utf-8", "koi8_r"), ("cp1251", "gb18030"), ("big5", "gb18030"), ("cp1251", "shift_jis"), ("gb18030", "shift_jis"), ("shift_jis", "gb18030")}  # fmt: skip


def _layouts(rng: random.Random) -> Iterator[Case]:
    """Unusual and harmless: the values are right."""
    records = rows(rng)
    truth = {r[0]: meant(r) for r in records}
    text = text_of(records)
    shuffled = records[:]
    rng.shuffle(shuffled)
    usual = {
        "CRLF": text.replace("\n", "\r\n"), "CR": text.replace("\n", "\r"), "no last line end": text.rstrip("\n"), "byte order mark": "\ufeff" + text,
        "blank lines": text.replace("\n", "\n\n"), "empty rows": text + ",,,,,\n" * 50, "order": text_of(shuffled), "row twice": text + text.split("\n")[3] + "\n",
        "header again": text + text.split("\n")[0] + "\n", "cells behind": text.replace("\n", ",,,\n"),
    }  # fmt: skip
    for name, content in usual.items():
        yield Case(AREA, name, partial(attempt, content=content, truth=truth))
    for sign in ";\t|":
        options = {"f": {"delimiter": sign}}
        yield Case(
            AREA, f"delimiter {sign!r}", partial(attempt, content=text_of(records, sign), truth=truth, options=options)
        )
        yield Case(AREA, f"delimiter {sign!r} not said", partial(attempt, content=text_of(records, sign), truth=truth))
    for encoding in ("utf-16", "utf-16-le", "utf-32", "cp1252", "gb18030", "utf-8-sig"):
        options = {"f": {"encoding": encoding}}
        yield Case(
            AREA, f"right {encoding}", partial(attempt, content=text.encode(encoding), truth=truth, options=options)
        )


def _archives(rng: random.Random) -> Iterator[Case]:
    records = rows(rng)
    truth = {r[0]: meant(r) for r in records}
    data = text_of(records).encode()
    files = {
        "gz": gzip.compress(data), "zip": zipped(**{"a.csv": data}), "gz in gz": gzip.compress(gzip.compress(data)), "junk behind": gzip.compress(data) + b"junk",
        "cut gz": gzip.compress(data)[:-9], "cut zip": zipped(**{"a.csv": data})[:-20], "zip of two": zipped(**{"a.csv": data, "b.csv": data}),
        "zip of none": zipped(), "path out": zipped(**{"../../hacked.csv": data}), "gz bomb": gzip.compress(data + b"\n" * 3_000_000),
        "zip bomb": zipped(**{"a.csv": data + b"\n" * 3_000_000}), "too deep": gzip.compress(gzip.compress(gzip.compress(gzip.compress(data)))),
        "long cell": data + b"S99," + b"9" * 60_000 + b",1,2015-01-01,M,\n", "one line": b"a" * 60_000, "wide": data + b"S98" + b",c" * 50_000 + b"\n",
        "empty": b"", "one byte": b"\xff", "blank": b"\n\n\n", "only header": data.split(b"\n")[0],
    }  # fmt: skip
    for name, content in files.items():
        yield Case(AREA, name, partial(attempt, content=content, truth=truth, **SMALL))
    for number in range(25):  # bytes of an archive turned over: a checksum knows
        kind, content = rng.choice([("zip", files["zip"]), ("gz", files["gz"])])
        at = rng.randrange(len(content))
        content = content[:at] + bytes([content[at] ^ (1 << rng.randrange(8))]) + content[at + 1 :]
        yield Case(AREA, f"bit of a {kind} {number}", partial(attempt, content=content, truth=truth))
    for number in range(25):
        head = rng.choice(
            [
                b"PK\3\4",
                b"\x1f\x8b",
                b"$FL2",
                b"<stata_dta>",
                b"PAR1",
                b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
                b"HEADER RECORD*******LIB",
                b"",
                b"\x73\1\1\0",
            ]
        )
        yield Case(
            AREA,
            f"noise {number}",
            partial(attempt, content=head + rng.randbytes(rng.choice([0, 80, 3000])), truth=truth),
        )


ROW = b"</sheetData>"
ENTITIES = (
    b'<!DOCTYPE l [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + i, (b"&%c;" % (97 + i)) * 10) for i in range(9))
    + b"]>"
)


def _workbooks(rng: random.Random) -> Iterator[Case]:
    records = rows(rng)
    truth = {r[0]: meant(r) for r in records}
    plain = book_of(records)
    sheet = "sheet1.xml"

    def hidden(book, sheet):
        book.create_sheet("second").append(HEADER)
        sheet.sheet_state = "hidden"

    def formulas(_, sheet):
        for row in range(2, 14):
            sheet.cell(row, 2, "=1+1")

    many = b"".join(b'<row r="%d" ht="15"><c r="A%d" s="0"/></row>' % (i, i) for i in range(20, 60_000))
    books = {
        "plain": plain, "hidden first sheet": book_of(records, hidden), "formulas without values": book_of(records, formulas),
        "formatted far": patched(plain, sheet, ROW, many + ROW),
        "last cell of the sheet": patched(plain, sheet, ROW, b'<row r="1048576"><c r="XFD1048576"><v>5</v></c></row>' + ROW),
        "merged to the end": patched(plain, sheet, ROW, ROW + b'<mergeCells count="1"><mergeCell ref="F30:XFD1048576"/></mergeCells>'),
        "hidden columns": patched(plain, sheet, b"<sheetData>", b'<cols><col min="7" max="16384" hidden="1"/></cols><sheetData>'),
        "entities": patched(plain, sheet, b"<worksheet", ENTITIES + b"<worksheet"),
        "file as entity": patched(plain, sheet, b"<worksheet", b'<!DOCTYPE l [<!ENTITY a SYSTEM "file:///etc/passwd">]><worksheet'),
        "nested deep": patched(plain, sheet, b"<sheetData>", b"<x>" * 50_000 + b"</x>" * 50_000 + b"<sheetData>"),
        "cut": plain[:-200], "infinite number": patched(plain, sheet, b"<v>", b"<v>1e999</v></c><c r=\"Z9\"><v>"),
    }  # fmt: skip
    for name, content in books.items():
        yield Case(AREA, f"workbook: {name}", partial(attempt, content=content, truth=truth, name="f.xlsx"))


def _sums(rng: random.Random) -> Iterator[Case]:
    records = rows(rng)
    truth = {r[0]: meant(r) for r in records}
    text = text_of(records)
    sum_ = hashlib.sha256(text.encode()).hexdigest()
    lists = {"UTF-16": f"{sum_}  f.csv\n".encode("utf-16"), "mark": f"\ufeff{sum_}  f.csv\n".encode(), "capitals": f"{sum_.upper()}  f.csv\n".encode(),
             "./": f"{sum_}  ./f.csv\n".encode(), "star": f"{sum_} *f.csv\n".encode(), "other name": f"{sum_}  F.CSV\n".encode(), "empty": b"",
             "wrong": b"0" * 64 + b"  f.csv\n", "two": f"{sum_}  f.csv\n{'0' * 64}  f.csv\n".encode(), "noise": rng.randbytes(300), "md5": b"d" * 32 + b"  f.csv\n"}  # fmt: skip
    for name, content in lists.items():
        after = partial(lambda raw, content: (raw / "SHA256SUMS").write_bytes(content), content=content)
        yield Case(AREA, f"SHA256SUMS {name}", partial(attempt, content=text, truth=truth, after=after))
    extra = {"unnamed file": lambda raw: (raw / "g.csv").write_text(text), "folder": lambda raw: (raw / "sub").mkdir()}
    for name, after in extra.items():
        yield Case(AREA, name, partial(attempt, content=text, truth=truth, after=after))


def _corrections(rng: random.Random) -> Iterator[Case]:
    records = rows(rng)
    truth = {r[0]: meant(r) for r in records}
    age, head = records[0][1], "table,key,field,old,new,reason\n"
    good = f"{head}t,S01,age,{age},33,typed wrong\n"
    fixed = {**truth, "S01": {**truth["S01"], "age": 33}}
    files = {"good": good.encode(), "mark": good.encode("utf-8-sig"), "CRLF": good.replace("\n", "\r\n").encode(), "GBK": good.replace("typed", "笔误").encode("gbk"),
             "UTF-16": good.encode("utf-16"), "unbalanced": good.replace("typed", '"typed').encode(), "short": f"{head}t,S01,age,{age},33\n".encode(),
             "long": good.replace("wrong", "wrong,x").encode(), "NUL": good.replace("typed", "\0").encode(), "twice": (good + good.split("\n")[1]).encode(),
             "other header": good.replace("old", "OLD").encode(), "no reason": f"{head}t,S01,age,{age},33, \n".encode(), "nobody": good.replace("S01", "S77").encode(),
             "no table": good.replace("t,S01", "u,S01").encode(), "stale": good.replace(f",{age},", ",7,").encode(), "noise": rng.randbytes(200),
             "text for a number": good.replace("33", "abc").encode(), "half": good.replace("33", "33.5").encode(), "header only": head.encode()}  # fmt: skip
    for name, content in files.items():
        wanted = truth if name == "header only" else fixed
        yield Case(AREA, f"corrections {name}", partial(attempt, content=text_of(records), truth=wanted, fixes=content))
    yield Case(AREA, "corrections empty", partial(attempt, content=text_of(records), truth=truth, fixes=b"\n"))


KINDS_OF_FILES = (_workbooks, _sums, _corrections)


def cases(rng: random.Random) -> Iterator[Case]:
    for make in (
        _cells,
        _quotes,
        _delimiters,
        _signs,
        _encodings,
        _layouts,
        _archives,
        _workbooks,
        _sums,
        _corrections,
    ):
        yield from make(rng)
