"""The JATS edition as journals take it: an archive of the XML, its images and a manifest (after MECA, NISO RP-30)."""

from __future__ import annotations

import re
import shutil
import sys
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from xml.sax.saxutils import quoteattr

from ..errors import Problem
from ..files import sha256
from ..store import Store
from .renderer import RenderError

EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip archive can hold
IMAGE = re.compile(r'(<(?:inline-)?graphic\b[^>]*?\bxlink:href=")([^"]+)(")')
MEDIA = {"svg": "image/svg+xml", "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "gif": "image/gif"}


def images(text: str) -> list[str]:
    """The paths of the local images of a JATS text, each once, in its order."""
    found = dict.fromkeys(match[2] for match in IMAGE.finditer(text))
    return [path for path in found if "://" not in path and not path.startswith("data:")]


def pack(xml: Path, source: Path, to: Path, kept: Path | None = None) -> None:
    """Write `to`: the images where the XML looks for them, manifest.xml and manuscript.xml; the same bytes each time.

    source: the project's folder, in which the images lie. RenderError if one is not there. kept: a folder for what an earlier call has
    packed of the same images; the text is put behind them.
    """
    names = images(xml.read_text(encoding="utf-8"))
    if lacking := [name for name in names if not inside(source, name)]:
        why = "the archive would not hold it"
        raise RenderError([Problem("jats", f"image {name} is not in the manuscript's folder", why) for name in lacking])
    pictures = {name: source / name for name in names}

    def packed() -> None:
        _put(to, "w", {name: path.read_bytes() for name, path in pictures.items()})

    if kept is None:
        packed()
    else:
        store = Store(kept, [sha256(Path(__file__)), sys.version, zlib.ZLIB_RUNTIME_VERSION])
        made_of = [[name, sha256(path)] for name, path in pictures.items()]
        store.file(made_of, to, packed)
        store.forget()
    _put(to, "a", {"manifest.xml": manifest(names).encode("utf-8"), "manuscript.xml": xml.read_bytes()})


def _put(to: Path, mode: str, members: Mapping[str, bytes]) -> None:
    with zipfile.ZipFile(to, mode, zipfile.ZIP_DEFLATED) as out:
        for name, content in members.items():
            member = zipfile.ZipInfo(name, EPOCH)
            member.compress_type, member.external_attr, member.create_system = zipfile.ZIP_DEFLATED, 0o644 << 16, 3
            out.writestr(member, content)


def inside(source: Path, name: str) -> bool:
    path = (source / name).resolve()
    return path.is_relative_to(source.resolve()) and path.is_file()


def manifest(names: list[str]) -> str:
    lines = [item("manuscript", "manuscript.xml", "application/xml")]
    lines += [
        item("figure", name, MEDIA.get(name.rpartition(".")[2].lower(), "application/octet-stream")) for name in names
    ]
    space = 'xmlns="https://manuscriptexchange.org/schema/manifest" manifest-version="1"'
    return "\n".join(['<?xml version="1.0" encoding="UTF-8"?>', f"<manifest {space}>", *lines, "</manifest>", ""])


def item(kind: str, path: str, media: str) -> str:
    return f'<item item-type="{kind}"><instance href={quoteattr(path)} media-type="{media}"/></item>'


def lay(xml: Path, source: Path, to: Path) -> None:
    """Write the XML as it stands outside the archive: it looks for its images where the results have them, beside its
    folder, and what is not there is laid beside it."""

    def placed(match: re.Match) -> str:
        name = match[2]
        if not inside(source, name):
            return match[0]
        held = to.parent.parent / name
        if held.is_file() and held.read_bytes() == (source / name).read_bytes():
            return f"{match[1]}../{name}{match[3]}"
        (to.parent / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / name, to.parent / name)
        return match[0]

    to.write_text(IMAGE.sub(placed, xml.read_text(encoding="utf-8")), encoding="utf-8")
