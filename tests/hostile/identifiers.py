"""Identifiers in what a run leaves behind, in the ways in which people write them and files hold them: none passes the gate.

What the gate cannot look for it counts; such a way is right here only if the count says so.
"""

from __future__ import annotations

import base64
import gzip
import html
import io
import json
import random
import unicodedata
import urllib.parse
import zipfile
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path

from trialpress.audit.privacy import Sought, texts

from .judge import Case

AREA = "identifiers"
PEOPLE = {
    "Okafor, Chidi Emeka": "name", "Müller-Schön, Jörg": "name", "Siobhán O'Connell": "name", "李海棠": "name", "王伟": "name", "김철수": "name", "田中さくら": "name",
    "Prof. Łukasz Żółkiewski": "name", "Anna-Lena Grünwald": "name", "14323792": "hospital number", "MRN-004711": "hospital number", "0048 30 5550199": "telephone",
    "12 Elm Grove": "address", "chidi.okafor@example.org": "e-mail",
}  # fmt: skip
BORN = "1989-02-07"
# ways to write a name in letters
NAME = {
    "as it is": str, "capitals": str.upper, "small": str.lower, "reversed": lambda t: " ".join(reversed(t.replace(",", "").split())),
    "without accents": lambda t: "".join(c for c in unicodedata.normalize("NFKD", t.replace("Ł", "L").replace("ł", "l")) if not unicodedata.combining(c)),
    "decomposed": lambda t: unicodedata.normalize("NFD", t), "full width": lambda t: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in t),
    "underscores": lambda t: t.replace(", ", "_").replace(" ", "_"), "two spaces": lambda t: t.replace(" ", "  "), "line break": lambda t: t.replace(" ", "\n"),
    "no-break spaces": lambda t: t.replace(" ", "\u00a0"), "with a title": lambda t: f"Frau Dr. {t}, MD", "in a sentence": lambda t: f"the patient {t} was seen",
    "longest part": lambda t: max(t.replace(",", "").split(), key=len), "initial": lambda t: f"{t.replace(',', '').split()[-1][0]}. {max(t.replace(',', '').split(), key=len)}",
    "possessive": lambda t: f"{t}'s mother", "typographic apostrophe": lambda t: t.replace("'", "’"), "joined": lambda t: t.replace("'", "").replace("-", ""),
}  # fmt: skip
NUMBER = {
    "as it is": str, "with text": lambda t: f"No.{t}.", "without signs": lambda t: t.replace("-", "").replace(" ", ""), "full width": NAME["full width"],
    "underscores": lambda t: t.replace("-", "_").replace(" ", "_"), "brackets": lambda t: f"({t})", "small": str.lower, "spaces": lambda t: t.replace("-", " "),
}  # fmt: skip
DATE = ["1989-02-07", "1989/2/7", "07.02.1989", "2/7/1989", "7 Feb 1989", "07FEB1989", "February 7, 1989", "Feb 7th, 1989", "19890207", "07021989", "1989年2月7日", "１９８９年２月７日",
        "7-2-1989", "1989-02-07T00:00:00", "07-Feb-1989", "1989 2 7", "born 07/02/1989."]  # fmt: skip


def zipped(data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a/b.txt", data)
    return out.getvalue()


HOLDERS: dict[str, Callable[[str], bytes]] = {
    "text": lambda t: t.encode(), "CSV": lambda t: f'a,b\n1,"{t}"\n'.encode(), "JSON": lambda t: json.dumps({"x": t}).encode(), "HTML": lambda t: f"<p>{html.escape(t)}</p>".encode(),
    "entities": lambda t: "".join(f"&#{ord(c)};" for c in t).encode(), "tags within": lambda t: f"<b>{t[:2]}</b><i>{t[2:]}</i>".encode(), "UTF-16": lambda t: t.encode("utf-16"),
    "address": lambda t: urllib.parse.quote(t, safe="").encode() if not t.isascii() else urllib.parse.quote(f"é{t}").encode(), "gzip": lambda t: gzip.compress(t.encode(), mtime=0),
    "zip": lambda t: zipped(t.encode()), "zip in zip": lambda t: zipped(zipped(t.encode())), "base64": lambda t: b"x " + base64.b64encode(f"{t} and more text than forty letters".encode()),
    "SVG": lambda t: f"<svg><title>{html.escape(t)}</title></svg>".encode(),
}  # fmt: skip


@cache
def known() -> Sought:
    found = Sought()
    for text, kind in PEOPLE.items():
        found.add(text, kind)
    found.add(BORN, "date of birth", is_date=True)
    return found


def _found(_: Path, data: bytes) -> str:
    return "" if any(known().hits(text) for text in texts(data)) else "leak: the gate finds nothing"


def _innocent(_: Path, text: str) -> str:
    found = known().hits(text)
    return f"takes {text!r} for {sorted(set(found.values()))}" if found else ""


INNOCENT = ["12 of 51 patients", "the median was 4.711 (range 1-14323)", "2014-02-07", "Elm trees", "an email was sent", "0.14323792", "day 28", "grade 3", "OS 89.2", "连续两周", "Chi-square", "J. Doe",
            "伟大", "1989 patients", "12 ng/mL", "MRNA 47"]  # fmt: skip


def cases(rng: random.Random) -> Iterator[Case]:
    ways = [(f"{text}, {way}", change(text)) for text, kind in PEOPLE.items()
            for way, change in (NAME if kind == "name" and not set(text) & set("李王김田") else NUMBER if kind in ("hospital number", "telephone") else {"as it is": str}).items()]  # fmt: skip
    ways += [(f"born {text}", text) for text in DATE]
    for name, text in ways:
        yield Case(AREA, name, partial(_found, data=f"x {text} y".encode()))
        holder = rng.choice(list(HOLDERS))
        yield Case(AREA, f"{name} in {holder}", partial(_found, data=HOLDERS[holder](text)))
    for text in (*PEOPLE, BORN):
        for holder, hold in HOLDERS.items():
            yield Case(AREA, f"{text} in {holder}", partial(_found, data=hold(text)))
    for text in INNOCENT:
        yield Case(AREA, f"innocent {text!r}", partial(_innocent, text=text))
