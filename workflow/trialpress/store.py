"""Pieces of work that are kept by content: what is made of the same is taken, and not made again.

A piece is one file, <hash of all that it is made of>.<hash of what it holds>: so it is taken only if everything that it is
made of is the same, and if it is still what was kept. A store forgets what was not used since it was opened.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from . import environment
from .files import sha256, write_whole
from .parts import hash_of


class Store:
    """Those in `folder`. of: what all of them are made of, such as the code, and can be read (`parts.plain`)."""

    def __init__(self, folder: Path, of: object):
        self.folder, self.of = folder, of
        self.used: set[Path] = set()

    def taken(self, made_of: object) -> bytes | None:
        """What was made of this; None if it must be made."""
        key = self._key(made_of)
        for path in self.folder.glob(f"{key}.*"):
            try:
                content = path.read_bytes()
            except OSError:
                continue
            if path.name == f"{key}.{sha256(content)}":
                self.used.add(path)
                return content
        return None

    def keep(self, made_of: object, content: bytes) -> None:
        """Keep what was made of this, and nothing else that was."""
        key = self._key(made_of)
        path = self.folder / f"{key}.{sha256(content)}"
        for other in {*self.folder.glob(f"{key}.*")} - {path}:
            other.unlink()
        write_whole(path, partial(Path.write_bytes, data=content))
        self.used.add(path)

    def file(self, made_of: object, path: Path, make: Callable[[], object]) -> None:
        """The file `path`, which `make` writes, from what was made of this."""
        content = self.taken(made_of)
        if content is None:
            make()
            self.keep(made_of, path.read_bytes())
        else:
            write_whole(path, partial(Path.write_bytes, data=content))

    def forget(self) -> None:
        """Remove what was neither taken nor kept."""
        for path in {*self.folder.glob("*")} - self.used:
            path.unlink(missing_ok=True)

    def _key(self, made_of: object) -> str:
        return hash_of([self.of, made_of])


def of_run(folder: Path, read: Mapping[str, str] | None) -> Store | None:
    """The store in `folder` of a stage whose pieces are made by its code and libraries. read: path -> sha256 of all that the stage
    reads, its code among it; without that nothing is taken from an earlier run."""
    if read is None:
        return None
    code = {name: known for name, known in read.items() if name.startswith(environment.ENGINE)}
    return Store(folder, [code, environment.versions()])
