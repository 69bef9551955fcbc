"""The bytes of a text file in the encoding that study.yaml declares. A guess at another one only ends in a message."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator
from itertools import chain

from ...study import File
from .problems import stop
from .raw import Remark

_MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
WHY = "a wrong encoding turns names and codes into other ones"


def lines(data: bytes, file: File) -> Iterator[str]:
    """The lines of a file, ends kept as they are, without a byte order mark."""
    text = io.TextIOWrapper(io.BytesIO(data), encoding=file.encoding, newline="")
    return chain([next(text, "").removeprefix("\ufeff")], text)


def check(data: bytes, where: str, file: File) -> list[Remark]:
    """InputError if the bytes are not text in the declared encoding; remarks if they may be text in another one too."""
    try:
        codec = codecs.lookup(file.encoding)
        text = data.decode(file.encoding)
    except LookupError:
        do = "use utf-8, gb18030, cp1252, latin-1, shift_jis, ..."
        raise stop(where, f"unknown encoding '{file.encoding}'", do, WHY) from None
    except UnicodeDecodeError as error:
        row = data[: error.start].count(b"\n") + 1
        what = f"is not {file.encoding}: byte 0x{data[error.start]:02x} at position {error.start}"
        raise stop(f"{where}, row {row}", what, advice(data, file), WHY) from None
    except UnicodeError as error:
        raise stop(where, f"is not {file.encoding}: {error}", advice(data, file), WHY) from None
    if "\0" in text:
        row = text[: text.index("\0")].count("\n") + 1
        what = "holds a NUL character, which no text has"
        raise stop(f"{where}, row {row}", what, "it is damaged, or UTF-16: " + advice(data, file), WHY)
    for mark, encoding in _MARKS.items():
        if data.startswith(mark) and not codec.name.startswith("utf"):
            what = f"begins with the byte order mark of {encoding}, but files.{file.name}.encoding says {file.encoding}"
            raise stop(where, what, f"set files.{file.name}.encoding: {encoding}", WHY)
    return [] if codec.name.startswith("utf") or data.isascii() else _second_reading(data, text, file)


def _second_reading(data: bytes, text: str, file: File) -> list[Remark]:
    """Bytes that are correct UTF-8 beyond ASCII are hardly ever anything else by chance."""
    try:
        other = data.decode("utf-8")
    except UnicodeDecodeError:
        return []
    character = re.search(r"[^\0-\x7f]", other)[0]
    seen = character.encode().decode(file.encoding, errors="replace")
    message = f"is valid UTF-8 too: does it say '{character}', or '{seen}' as read by the declared {file.encoding}?"
    return [Remark("warning", 0, "", "", message)]


def advice(data: bytes, file: File) -> str:
    """What to do about an encoding that does not fit."""
    known = next((encoding for mark, encoding in _MARKS.items() if data.startswith(mark)), "") or _wide(data)
    if known:
        return f"set files.{file.name}.encoding: {known}"
    guesses = _guesses(data, file)
    seems = f"it may be {' or '.join(guesses)} (a guess); " if guesses else ""
    return f"{seems}set files.{file.name}.encoding to what its sender says, then look at names and codes"


def _wide(data: bytes) -> str:
    """UTF-16 without a mark: every second byte of its ASCII characters is NUL."""
    head = data[:2000]
    for encoding, at in (("utf-16-le", 1), ("utf-16-be", 0)):
        if len(head) > 3 and head[at::2].count(0) > 0.4 * len(head) / 2 > 2 * head[1 - at :: 2].count(0):
            return encoding
    return ""


def _guesses(data: bytes, file: File) -> list[str]:
    from charset_normalizer import from_bytes  # here, because only advice needs it

    telling = b"\n".join(line for line in data.split(b"\n") if not line.isascii())[:20_000]
    return [match.encoding for match in from_bytes(telling) if match.encoding != file.encoding][:2]
