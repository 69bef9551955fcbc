"""The manuscript's editions from one Quarto source: with Quarto where it is, else with Pandoc and Typst."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from ..errors import InputError, raise_if
from ..files import write_whole
from . import check, constructs, embedded, qmd, quarto
from .embedded import ASSETS, FONTS
from .renderer import RenderError, choose, engine_version

__all__ = ["ASSETS", "FONTS", "SUFFIX", "RenderError", "engine_version", "render"]
SUFFIX = {"html": "html", "pdf": "pdf", "docx": "docx", "jats": "xml"}


def render(
    source: Path,
    out: Path,
    formats: Iterable[str] = ("html", "pdf", "docx", "jats"),
    *,
    engine: str = "auto",
    date: str,
) -> dict[str, Path]:
    """Render the Quarto project in `source` to `out`/manuscript.{html,pdf,docx,xml}; return format -> path.

    source: a staged copy of the project, for this call alone: manuscript.qmd, _quarto.yml, _variables.yml,
        references.bib, figures/, tables/. Work files are put into its folder `_trialpress`.
    formats: some of "html", "pdf", "docx", "jats".
    engine: "quarto", "embedded" (Pandoc and Typst), or "auto": Quarto where it is on PATH.
    date: ISO date of the inputs; it stands in every file where a clock's time would.

    The same source gives the same bytes, whatever its path, the time zone and the locale. All formats are made before
    the first is moved to `out`, so a failure leaves `out` as it was.

    Before either engine runs the document is checked: InputError says by file and line what neither may print
    (undefined variables, missing includes and images, dangling or duplicate identifiers, unknown citations, code cells),
    what Quarto's parser refuses, and what the embedded engine does not do. RenderError is what Pandoc, Typst or Quarto
    say besides, by format.
    """
    formats = list(dict.fromkeys(formats))
    if unknown := [fmt for fmt in formats if fmt not in SUFFIX]:
        raise ValueError(f"formats: unknown {', '.join(unknown)}; known are {', '.join(SUFFIX)}")
    source, out = source.resolve(), out.resolve()
    epoch = datetime.fromisoformat(date).replace(tzinfo=UTC)
    chosen = choose(engine)
    document = qmd.read(source, embedded=chosen == "embedded")  # an undefined variable is a warning to Quarto
    raise_if(constructs.problems(document, embedded=chosen == "embedded", formats=formats))
    with ThreadPoolExecutor(1) as aside, tempfile.TemporaryDirectory(prefix=".trialpress-", dir=source) as scratch:
        checked = aside.submit(check.problems, source, document, formats)
        if chosen == "quarto":  # which takes longer, and would not say it better
            raise_if(checked.result())
        make = quarto.render if chosen == "quarto" else embedded.render
        try:
            made = make(source, Path(scratch), document, formats, epoch)
        except InputError:
            raise_if(checked.result())  # they name the place
            raise
        raise_if(checked.result())
        for fmt, path in made.items():
            write_whole(out / f"manuscript.{SUFFIX[fmt]}", lambda to, path=path: shutil.copyfile(path, to))
    return {fmt: out / f"manuscript.{SUFFIX[fmt]}" for fmt in formats}
