"""A crate as somebody hands it over: read within bounds, written nowhere but below one folder."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from ...errors import InputError, Problem, raise_if

MOST = 2_000  # MB that a crate may unpack to
DO = "name the audit/crate.zip of a run, as it was published"


def inside(name: str) -> bool:
    """Whether a path of a crate stays below its folder."""
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and "\0" not in name


def unpacked(path: Path, to: Path, why: str, wanted: Callable[[str], bool] = lambda name: True) -> list[str]:
    """The names of the wanted files of a crate, which lie below `to` now; InputError if it is none, or means harm."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            names = [member.filename for member in members]
            raise_if([
                *(Problem(f"{path}, {name}", "lies outside of the crate", why, DO) for name in names if not inside(name)),
                *(Problem(f"{path}, {name}", "stands in it twice", why, DO) for name in {*names} if names.count(name) > 1),
            ])  # fmt: skip
            if (
                sum(member.file_size for member in members) > MOST * 1_000_000
            ):  # zipfile reads no more than is said there
                raise InputError([Problem(str(path), f"unpacks to more than {MOST} MB", why, DO)])
            names = [name for name in names if wanted(name)]
            archive.extractall(to, names)
    except (OSError, EOFError, ValueError, NotImplementedError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        said = " ".join(str(error).split())[:200]  # RuntimeError: it is encrypted
        raise InputError([Problem(str(path), f"cannot be read as a crate: {said}", why, DO)]) from None
    return names
