"""Which engine renders a manuscript, and its version: Quarto where it is on PATH, else Pandoc with Typst."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable
from functools import cache
from importlib.metadata import version
from pathlib import Path

from ..errors import InputError, Problem

ENGINES = ("auto", "quarto", "embedded")
SUFFIX = {"html": "html", "pdf": "pdf", "docx": "docx", "jats": "xml", "typst": "pdf", "latex": "tex"}
ARCHIVE = "manuscript.jats.zip"
OURS = ("html", "pdf", "docx", "jats")
INSTALL = (
    "install it (`pip install quarto-cli` fetches it from its release page on a machine with internet; "
    "`conda install -c conda-forge quarto`; or the installer of quarto.org), or set engine: embedded"
)


class RenderError(InputError):
    """Pandoc, Typst or Quarto failed; each problem names the format, the message is theirs."""

    def __str__(self) -> str:
        return "\n".join(["The manuscript could not be rendered; nothing was written.", *map(str, self.problems)])

    def __reduce__(self):
        return RenderError, (self.problems,)


def choose(engine: str = "auto") -> str:
    """'quarto' or 'embedded'."""
    if engine not in ENGINES:
        raise ValueError(f"engine: '{engine}' is not one of {', '.join(ENGINES)}")
    found = shutil.which("quarto") is not None
    if engine == "quarto" and not found:
        what = "engine 'quarto' was asked for, but there is no quarto on PATH"
        raise RenderError([Problem("config.yaml, engine", what, "the manuscript cannot be rendered by it", INSTALL)])
    return "quarto" if engine != "embedded" and found else "embedded"


def base(fmt: str) -> str:
    """The format that a journal's extends: `acm-pdf` extends pdf, by LaTeX; one of ours is its own."""
    return fmt.rpartition("-")[2]


def file_name(fmt: str) -> str:
    """The edition of a format: manuscript.html, or manuscript-acm-pdf.pdf."""
    if base(fmt) not in SUFFIX or fmt in ("typst", "latex"):
        raise ValueError(
            f"formats: unknown {fmt}; known are {', '.join(OURS)} and those of Quarto's extensions, as acm-pdf"
        )
    return f"manuscript{'' if fmt in OURS else '-' + fmt}.{SUFFIX[base(fmt)]}"


def file_names(formats: Iterable[str]) -> list[str]:
    """Every file of these formats: the editions, and the archive of the JATS edition."""
    formats = list(formats)
    return [*map(file_name, formats), *([ARCHIVE] if "jats" in formats else [])]


def journal_problems(formats: Iterable[str], engine: str, folder: Path) -> list[Problem]:
    """Formats of journals that this engine cannot render, or whose extension is not in the project's `folder`."""
    found = []
    for fmt in formats:
        if fmt in OURS:
            continue
        name = fmt.rpartition("-")[0]
        where, what = "config.yaml, formats", f"'{fmt}' is the format of a Quarto extension"
        if engine != "quarto":
            found.append(Problem(where, what, "the embedded engine runs no extensions", f"leave it out, or {INSTALL}"))
        elif not [
            *folder.glob(f"_extensions/{name}/_extension.y*ml"),
            *folder.glob(f"_extensions/*/{name}/_extension.y*ml"),
        ]:
            do = f"in report/<study>/: quarto add quarto-journals/{name}"
            found.append(Problem(where, f"{what} that is not in _extensions/{name}", "Quarto would not know it", do))
    return found


def pandoc() -> str:
    """The Pandoc that came with the locked environment, whichever others are on PATH."""
    import pypandoc

    bundled = Path(pypandoc.__file__).with_name("files") / "pandoc"
    return str(bundled) if bundled.exists() else pypandoc.get_pandoc_path()


def _said(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, encoding="utf-8")
    if done.returncode != 0:
        raise RenderError([Problem(" ".join(command), done.stderr.strip() or f"ended with code {done.returncode}")])
    return done.stdout.strip()


@cache
def _number(command: str) -> str:
    return _said([command, "--version"]).split()[1]


def pandoc_version() -> str:
    """As "3.9"; asked once."""
    return _number(pandoc())


def engine_version(engine: str = "auto") -> str:
    """What a methods section prints: "Quarto 1.7.34" or "Pandoc 3.9 with Typst 0.15"."""
    if choose(engine) == "quarto":
        return "Quarto " + _said(["quarto", "--version"])
    return f"Pandoc {pandoc_version()} with Typst {'.'.join(version('typst').split('.')[:2])}"


def stamp(engine: str) -> str:
    """`engine_version` for a rule's parameters, so that putting Quarto on PATH rebuilds; what is wrong is told by the rule."""
    try:
        return engine_version(engine)
    except (RenderError, OSError) as error:
        return str(error).splitlines()[-1]
