"""The bytes of a text file in the encoding that study.yaml declares. A guess at another one only ends in a message."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterable, Iterator

from ...study import File
from .problems import stop
from .raw import Remark

# codecs of Python that are no encoding of a file of text
_NO_TEXT = {"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "utf-7", "mbcs", "oem"}
_FOREIGN = re.compile(
    r"[^\W\d_]*[\u0080-\u024f]{2,}[^\W\d_]*"
)  # two letters beyond ASCII side by side, or letter and sign
_MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_UTF_8 = ("utf-8", "utf-8-sig")
_PIECE = 2**24
WHY = "a wrong encoding turns names and codes into other ones"


def lines(data: bytes) -> Iterator[str]:
    """The lines of a text, ends kept as they are."""
    return io.TextIOWrapper(io.BytesIO(data), encoding="utf-8", newline="")


def is_utf_8(file: File) -> bool:
    """Whether a text is declared to be UTF-8."""
    return codecs.lookup(file.encoding).name in _UTF_8


def check(data: bytes, where: str, file: File) -> tuple[bytes, list[Remark]]:
    """(the text as UTF-8, without a byte order mark; remarks if the bytes may be text in another encoding too); InputError if they
    are not text in the declared one."""
    try:
        codec = codecs.lookup(file.encoding)
        if codec.name.replace("-", "_") in {name.replace("-", "_") for name in _NO_TEXT}:
            raise LookupError
        text = None
        if codec.name in _UTF_8:
            _decodes(data)
        else:
            text = data.decode(file.encoding)
            stream = io.TextIOWrapper(io.BytesIO(data), encoding=file.encoding)
            stream.read(1)  # as a stream, utf-16 has to begin with its mark
    except LookupError:
        do = "use utf-8, gb18030, cp1252, latin-1, shift_jis, ..."
        raise stop(where, f"unknown encoding '{file.encoding}'", do, WHY) from None
    except UnicodeDecodeError as error:
        row = data[: error.start].count(b"\n") + 1
        what = f"is not {file.encoding}: byte 0x{data[error.start]:02x} at position {error.start}"
        raise stop(f"{where}, row {row}", what, advice(data, file), WHY) from None
    except UnicodeError as error:
        raise stop(where, f"is not {file.encoding}: {error}", advice(data, file), WHY) from None
    if text is None:
        found = data.removeprefix(codecs.BOM_UTF8) if codec.name == "utf-8-sig" else data
    else:
        found = text.encode()
    if b"\0" in found:
        row = found[: found.index(b"\0")].count(b"\n") + 1
        what = "holds a NUL character, which no text has"
        raise stop(f"{where}, row {row}", what, "it is damaged, or UTF-16: " + advice(data, file), WHY)
    for mark, encoding in _MARKS.items():
        if data.startswith(mark) and not codec.name.startswith("utf"):
            what = f"begins with the byte order mark of {encoding}, but files.{file.name}.encoding says {file.encoding}"
            raise stop(where, what, f"set files.{file.name}.encoding: {encoding}", WHY)
    plain = codec.name.startswith("utf") or data.isascii()
    remarks = [] if plain else _second_reading(data, file) or _strange(data, text, file)
    return found.removeprefix(codecs.BOM_UTF8), remarks


def _decodes(data: bytes) -> None:
    """UnicodeDecodeError if bytes are not UTF-8. They are looked at in pieces: as a whole their text may need four times the memory."""
    at = 0
    while at < len(data):
        try:
            at += codecs.utf_8_decode(data[at : at + _PIECE], "strict", at + _PIECE >= len(data))[1]
        except UnicodeDecodeError:
            data.decode()  # says the position in the whole


def twice(data: bytes, texts: Iterable[str], file: File) -> list[Remark]:
    """A remark on the first row of a text that was written as UTF-8 twice. texts: what is in it, each text once or more."""
    if data.isascii() or not codecs.lookup(file.encoding).name.startswith("utf"):
        return []
    return _twice(data.decode()) if _twice("\n".join(texts)) else []


def _twice(text: str) -> list[Remark]:
    """UTF-8 that was taken for cp1252 and written as UTF-8 again: 'MÃ¼ller'."""
    for match in re.finditer(r"[\u0080-\u024f\u2010-\u2122]{2,}", text):
        try:
            meant = match[0].encode("cp1252").decode("utf-8")
        except UnicodeError:
            continue
        row = text[: match.start()].count("\n") + 1
        message = f"holds '{match[0]}', which may be '{meant}' written as UTF-8 twice: what does its sender see?"
        return [Remark("warning", row, "", "", message)]
    return []


def _strange(data: bytes, text: str, file: File) -> list[Remark]:
    """Bytes that can be decoded, into what hardly anybody writes: control characters, words mostly of accented letters,
    katakana of half width alone. Whether an ö should be a ř, nobody can tell from the bytes."""
    control = re.search(r"[\x80-\x9f]", text)
    words = {word for word in re.findall(r"\w*[^\x00-\x7f]+[\w\u0080-\u00bf]*", text)}
    odd = [word for word in words if _FOREIGN.search(word) and len(re.sub(r"[\x00-\x7f]", "", word)) > len(word) / 2]
    narrow = re.findall(r"[\uff61-\uff9f]{2,}", text)
    if control:
        shown = f"the control character U+{ord(control[0]):04X}"
    elif len(odd) > len(words) / 3:
        shown = f"'{min(odd)}'"
    elif narrow and not re.search(r"[\u3040-\u30ff\u4e00-\u9fff]", text):
        shown = f"'{narrow[0]}'"
    else:
        return []
    guesses = _guesses(data, file)
    other = f", or is it {' or '.join(guesses)}" if guesses else ""
    return [
        Remark("warning", 0, "", "", f"read as {file.encoding} it says {shown}: is that what its sender sees{other}?")
    ]


def _second_reading(data: bytes, file: File) -> list[Remark]:
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
