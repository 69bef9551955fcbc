"""The one place that makes runs alike: hash seed, time zone, locale, dates; and what the environment consists of."""

from __future__ import annotations

import datetime
import hashlib
import os
import platform
import re
import shlex
import shutil
import sys
from collections.abc import Iterable
from fnmatch import fnmatch
from importlib.metadata import version
from pathlib import Path

from .errors import Problem

ROOT = Path(__file__).resolve().parents[2]  # the engine: Snakefile, workflow/, envs/
ENGINE = (
    "CITATION.cff",
    "LICENSE",
    "Snakefile",
    "config/checklists.yaml",
    "envs/",
    "workflow/",
)  # what of the inputs is not the study's
SHOWN = ("snakemake", "pandas", "numpy", "scipy", "statsmodels", "matplotlib", "seaborn", "pyarrow")


def settings(root: Path, date: str) -> dict[str, str]:
    """Environment variables for every job. `date` (ISO) is the date of the data; outputs carry it instead of today's."""
    noon = datetime.datetime.fromisoformat(date).replace(hour=12, tzinfo=datetime.UTC)
    return {
        "PYTHONPATH": str(root / "workflow"),
        "PYTHONHASHSEED": "0",
        "PYTHONUTF8": "1",
        "PYTHONDONTWRITEBYTECODE": "",
        "TZ": "UTC",
        "LC_ALL": "C.UTF-8",
        "SOURCE_DATE_EPOCH": str(int(noon.timestamp())),
        "MPLBACKEND": "Agg",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }


def engine(name: str) -> str:
    """The path of one of the engine's files: below the working directory if it is there, by a link too; else absolute. What
    has the same name in a study's own folder is not the engine's.

    >>> engine("Snakefile") in ("Snakefile", str(ROOT / "Snakefile"))
    True
    """
    here = Path.cwd() == ROOT or Path(name).resolve() == (ROOT / name).resolve()
    return name if here else str(ROOT / name)


def located(name: str) -> str:
    """The path of a listed file, the engine's or the study's: the inverse of `named`."""
    return engine(name) if name.startswith(ENGINE) else name


def named(path: Path | str) -> str:
    """The name under which a file is listed: the engine's without the folder in which the engine lies."""
    path = Path(path)
    return (path.relative_to(ROOT) if path.is_absolute() and path.is_relative_to(ROOT) else path).as_posix()


def versions() -> dict[str, str]:
    """Name -> version of Python and of the packages that decide the numbers and pictures."""
    return {"Python": platform.python_version(), **{name: version(name) for name in SHOWN}}


def installed() -> list[str]:
    """What a job runs in: Python, the machine's kind, what `settings` fixes, all installed packages with their versions, and R's
    where R is. None of it is run or imported for it."""
    libraries = [path for path in map(Path, sys.path) if path.is_dir()]
    packages = {path.name for at in libraries for path in at.glob("*.*-info")}
    fixed = [f"{name}={os.environ.get(name)}" for name in settings(ROOT, "2000-01-01") if not name.startswith("PYTHON")]
    return [sys.version, platform.machine(), *fixed, *sorted(packages), *_of_r()]


def _of_r() -> list[str]:
    """What the packages say of themselves that R finds: of the second computation."""
    found = shutil.which("Rscript")
    if found is None:
        return []
    home = Path(found).resolve().parents[1]
    given = [
        path
        for name in ("R_LIBS", "R_LIBS_SITE", "R_LIBS_USER")
        for path in os.environ.get(name, "").split(":")
        if path
    ]
    libraries = [
        home / "library",
        home / "lib/R/library",
        home / "site-library",
        Path("/usr/local/lib/R/site-library"),
        *given,
    ]
    about = sorted(path for at in dict.fromkeys(map(Path, libraries)) for path in at.glob("*/DESCRIPTION"))
    told = hashlib.sha256(b"".join(path.read_bytes() for path in about)).hexdigest()
    binary = Path(found).resolve().stat()
    return [f"R {home} {told} {binary.st_size} {binary.st_mtime_ns}"]


NO_SOURCE = ("README.md", ".*", "_output", "_rendered")  # what lies in report/<study>/ and is no part of the manuscript
STAGED = ".staged"  # there: the files that `quarto render` in report/<study>/ had staged, one a line


def sources(folder: Path | str) -> list[str]:
    """The files that a manuscript is made of, those in subfolders too: as inputs, so that a changed one is seen."""
    folder = Path(folder)
    listed = folder / STAGED
    staged = set(listed.read_text(encoding="utf-8").splitlines()) if listed.exists() else set()
    found = (p for p in folder.rglob("*") if p.is_file() and p.relative_to(folder).as_posix() not in staged)
    return sorted(
        path.as_posix()
        for path in found
        if not any(fnmatch(part, wild) for part in path.relative_to(folder).parts for wild in NO_SOURCE)
    )


def printed_by(files: Iterable[str]) -> dict[str, str | None]:
    """The variables of the environment that a manuscript prints (`{{< env NAME >}}`), with their values."""
    texts = (Path(path).read_bytes() for path in files if path.endswith((".qmd", ".md", ".yml", ".yaml")))
    names = {name.decode() for text in texts for name in re.findall(rb"\{\{<\s*env\s+[\"']?(\w+)", text)}
    return {name: os.environ.get(name) for name in sorted(names)}


def fonts(folder: Path | str) -> list[str]:
    """The fonts that a study brings in the folder of its manuscript, for scripts that ours do not have."""
    found = (path for suffix in ("ttf", "otf") for path in (Path(folder) / "fonts").glob(f"*.{suffix}"))
    return sorted(path.as_posix() for path in found)


def modules(*rooms: str) -> list[str]:
    """The package's files that a stage runs: a changed one reruns it."""
    package = Path(engine("workflow/trialpress"))
    found = [
        *package.glob("*.py"),
        *(path for room in ("study", "plan", "checks", "words", *rooms) for path in (package / room).rglob("*")),
    ]
    return sorted(path.as_posix() for path in found if path.is_file() and path.suffix != ".pyc")


def blob(content: bytes, kind: str = "blob") -> str:
    """The id that git gives to a file of this content, which is that of its Software Heritage identifier swh:1:cnt:...

    >>> blob(b"")
    'e69de29bb2d1d6434b8b29ae775ad8c2e48c5391'
    """
    return hashlib.sha1(f"{kind} {len(content)}\0".encode() + content, usedforsecurity=False).hexdigest()


def tree(folder: Path) -> str:
    """The id that git gives to a folder of this content: `git rev-parse COMMIT:workflow` prints the same of the commits that
    have it. It follows from the files alone, with or without a repository around them."""

    entries = []
    for path in folder.iterdir():
        if path.name == "__pycache__" or path.suffix == ".pyc":
            continue
        if path.is_dir():
            if inner := tree(path):
                entries.append((path.name + "/", b"40000 ", bytes.fromhex(inner)))
        else:
            mode = b"100755 " if os.access(path, os.X_OK) else b"100644 "
            entries.append((path.name, mode, bytes.fromhex(blob(path.read_bytes()))))
    content = b"".join(
        mode + name.rstrip("/").encode() + b"\0" + found
        for name, mode, found in sorted(entries, key=lambda one: one[0].encode())
    )
    return blob(content, "tree") if content else ""


def folder_problems(folder: Path) -> list[Problem]:
    """What in the path of the working directory no rule could run with."""
    wrong = sorted({*str(folder)} & {*"{}"})
    why = "Snakemake takes what stands between braces for a value that it fills in"
    return (
        [Problem(str(folder), f"the folder's path holds {' and '.join(wrong)}", why, "rename the folder")]
        if wrong
        else []
    )


def name_interpreter() -> None:
    """Call the interpreter by name where the shell would not take its path as it is: `script:` does not quote it."""
    if shlex.quote(sys.executable) != sys.executable:
        path = Path(sys.executable)
        os.environ["PATH"] = os.pathsep.join([str(path.parent), os.environ["PATH"]])
        sys.executable = path.name
