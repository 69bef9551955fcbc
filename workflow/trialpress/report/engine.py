"""The manuscript's editions from one Quarto source: with Quarto where it is, else with Pandoc and Typst."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from xml.etree import ElementTree

from ..errors import InputError, Problem, raise_if
from ..files import write_whole
from . import archive, check, constructs, embedded, pictures, qmd, quarto, tree
from .embedded import ASSETS, FONTS
from .renderer import ARCHIVE, RenderError, choose, engine_version, file_name, journal_problems

__all__ = ["ASSETS", "FONTS", "RenderError", "engine_version", "render"]


def render(
    source: Path,
    out: Path,
    formats: Iterable[str] = ("html", "pdf", "docx", "jats"),
    *,
    engine: str = "auto",
    date: str,
    kept: Path | None = None,
) -> dict[str, Path]:
    """Render the Quarto project in `source` to `out`/manuscript.{html,pdf,docx,xml}; return format -> path.

    Beside the JATS edition lies manuscript.jats.zip, which holds its images too.

    source: a staged copy of the project, for this call alone: manuscript.qmd, _quarto.yml, _variables.yml,
        references.bib, figures/, tables/. Work files are put into its folder `_trialpress`.
    formats: some of "html", "pdf", "docx", "jats"; with Quarto those of journals too ("acm-pdf": manuscript-acm-pdf.pdf).
    engine: "quarto", "embedded" (Pandoc and Typst), or "auto": Quarto where it is on PATH.
    date: ISO date of the inputs; it stands in every file where a clock's time would.
    kept: a folder for what an earlier call has made of the same pictures (`pictures`) and tables (`apart`); without it each call
        makes all anew.

    The same source gives the same bytes, whatever its path, the time zone and the locale. HTML is moved to `out` before the
    others, for whoever waits for it; those together, so a failure in one of them leaves them as they were.

    Before either engine runs the document is checked: InputError says by file and line what neither may print
    (undefined variables, missing includes and images, dangling or duplicate identifiers, unknown citations, code cells),
    what Quarto's parser refuses, and what the embedded engine does not do. RenderError is what Pandoc, Typst or Quarto
    say besides, by format.
    """
    formats = list(dict.fromkeys(formats))
    names = {fmt: file_name(fmt) for fmt in formats}
    source, out = source.resolve(), out.resolve()
    epoch = datetime.fromisoformat(date).replace(tzinfo=UTC)
    chosen = choose(engine)
    raise_if(journal_problems(formats, chosen, source))
    document = qmd.read(source, embedded=chosen == "embedded")  # an undefined variable is a warning to Quarto
    raise_if(constructs.problems(document, embedded=chosen == "embedded", formats=formats))
    with (
        tempfile.TemporaryDirectory(prefix=".trialpress-", dir=source) as scratch,
        ThreadPoolExecutor(2) as aside,
        ThreadPoolExecutor(2) as pool,  # its work is in other processes and in Typst
    ):
        lightened = "html" in formats and aside.submit(
            pictures.lighten, source / "figures", (kept or Path(scratch)) / "light"
        )
        read = None
        if chosen == "embedded":
            tables = kept and kept / "written"
            read = tree.read(document, embedded.fronts(document, formats, epoch), tables)
        checked = aside.submit(check.problems, source, document, formats, read)
        if chosen == "quarto" or read.warnings:  # Quarto takes longer, and would not say it better
            raise_if(checked.result())
        if read and read.warnings:
            raise RenderError([Problem("manuscript.qmd, by Pandoc", read.warnings)])
        if lightened:
            lightened.result()
        make = partial(quarto.render, source, Path(scratch), document, epoch=epoch)
        if read:
            make = partial(
                embedded.made, embedded.begin(source, Path(scratch), document, formats, epoch, read, pool, tables)
            )
        for together in filter(None, ([f for f in formats if f == "html"], [f for f in formats if f != "html"])):
            try:
                made = make(together)
            except InputError:
                pool.shutdown(wait=False, cancel_futures=True)
                raise_if(checked.result())  # they name the place
                raise
            raise_if(checked.result())
            _whole(made)
            if "jats" in made:
                packed = made["jats"].with_suffix(".zip")
                if not packed.is_file():
                    archive.pack(made["jats"], source, packed)
                write_whole(out / ARCHIVE, partial(shutil.copyfile, packed))
            for fmt, path in made.items():
                place = archive.lay if fmt == "jats" else lambda made, _, to: shutil.copyfile(made, to)
                write_whole(out / names[fmt], lambda to, path=path, place=place: place(path, source, to))
    return {fmt: out / name for fmt, name in names.items()}


def _whole(made: dict[str, Path]) -> None:
    """RenderError if an edition in XML is none: a sign that stands there as it was written."""
    problems = []
    for fmt, path in made.items():
        if path.suffix == ".xml":
            try:
                ElementTree.parse(path)
            except ElementTree.ParseError as error:
                problems.append(Problem(fmt, f"not well-formed XML: {error}", "no journal's system could read it"))
    if problems:
        raise RenderError(problems)
