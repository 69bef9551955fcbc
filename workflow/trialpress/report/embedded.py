"""The embedded engine: an edition by Pandoc and Typst, with filters and templates of our own."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from functools import partial
from pathlib import Path

import font_source_sans_pro
import typst

from ..errors import InputError, Problem
from ..files import read_text
from . import apart, archive, brought, qmd, self_contained, stand_ins, word, words
from .process import Failed, environment, run
from .renderer import RenderError, pandoc
from .tree import Tree

ASSETS = Path(__file__).with_name("assets")
FONTS = Path(font_source_sans_pro.__file__).with_name("files")
WRITER = {"html": "html", "pdf": "typst-smart", "docx": "docx", "jats": "jats_publishing+element_citations"}
STANDARDS = ["a-2a", "ua-1"]  # of the PDF: for archives, and for who reads it by ear
DO = {
    "not one figure or table with a caption below": "give each figure or table an identifier and a caption of its own",
    "no caption": "write a caption",
    "no fig-alt": 'add fig-alt="..." between the braces',
}


def fronts(document: qmd.Document, formats: list[str], epoch: datetime) -> dict[str, dict]:
    """Format -> the metadata of its edition."""
    return {fmt: _front(document, fmt, epoch) for fmt in formats}


def _front(document: qmd.Document, fmt: str, epoch: datetime) -> dict:
    meta = qmd.metadata(document, fmt, epoch.date().isoformat())
    meta.setdefault("link-citations", True)
    if "lang" in meta:
        meta["lang"] = words.tag(str(meta["lang"]))
    meta |= {"words": found} if (found := words.words(meta)) else {}
    if fmt == "html":
        meta["pagetitle"] = meta.get("title", "")
    if fmt == "pdf":
        meta["date-parts"] = f"year: {epoch.year}, month: {epoch.month}, day: {epoch.day}"
    asked = ("csl", "toc", "toc-depth", *(["css"] if fmt == "html" else []))  # of the command, see `_edition`
    return {name: value for name, value in meta.items() if name not in asked}


def begin(
    source: Path, scratch: Path, document: qmd.Document, formats: list[str], epoch: datetime, read: Tree,
    pool: ThreadPoolExecutor, kept: Path | None = None,
) -> dict[str, Future]:  # fmt: skip
    """All formats, as many at a time as the pool has threads: Typst, which needs 300 MB, beside one Pandoc of 200 MB."""
    first = ("html", "pdf", "jats", "docx")
    jobs = {}
    for fmt in sorted(formats, key=lambda fmt: first.index(fmt) if fmt in first else 0):
        jobs[fmt] = pool.submit(_edition, source, scratch, document, fmt, epoch, read, kept)
        if fmt == "pdf":
            jobs[fmt] = pool.submit(_typeset, source, jobs[fmt], epoch)
    return jobs


def made(jobs: Mapping[str, Future], formats: list[str]) -> dict[str, Path]:
    """What came of these formats; what is wrong in any of them, by format."""
    errors = {fmt: error for fmt in formats if (error := jobs[fmt].exception())}
    for error in errors.values():
        if not isinstance(error, InputError):
            raise error
    problems = {problem for error in errors.values() for problem in error.problems}
    if problems:  # what the text has wrong is mostly the same in every format: each once
        broken = any(isinstance(error, RenderError) for error in errors.values())
        raise (RenderError if broken else InputError)(sorted(problems))
    return {fmt: jobs[fmt].result() for fmt in formats}


def _styles(source: Path, meta: dict) -> list[str]:
    """The style sheets of the page, then the author's."""
    own = meta.get("css") or []
    own = [own] if isinstance(own, str) else own
    names = ("styles.css", "page.css", "article.js", "page.js")
    texts = {name: (ASSETS / name).read_text(encoding="utf-8").strip() for name in names}
    texts["page.css"] += "".join("\n" + read_text(source / name).strip() for name in own)
    return [part for name, text in texts.items() for part in ("--variable", f"{name.replace('.', '-')}={text}")]


def _edition(
    source: Path, scratch: Path, document: qmd.Document, fmt: str, epoch: datetime, read: Tree, kept: Path | None
) -> Path:
    meta = qmd.merged(document, fmt)
    to = scratch / f"manuscript.{'xml' if fmt == 'jats' else fmt}"
    target = to.with_suffix(".typ") if fmt == "pdf" else to
    command = [pandoc(), "--from=json", f"--to={WRITER[fmt]}", "--standalone"]
    command += [f"--output={target}", "--fail-if-warnings", "--wrap=none"]
    command += [f"--lua-filter={ASSETS / 'quarto.lua'}", "--citeproc", f"--lua-filter={ASSETS / 'manuscript.lua'}"]
    # in the metadata it would be Markdown, its apostrophes typographic
    command.append(f"--csl={meta.get('csl') or ASSETS / 'vancouver.csl'}")
    if meta.get("number-sections"):
        command.append("--number-sections")
    if meta.get("toc") and fmt == "html":
        command += ["--toc", f"--toc-depth={meta.get('toc-depth', 3)}"]
    match fmt:
        case "html":
            command += [f"--template={ASSETS / 'page.html'}", "--mathml", "--section-divs"]
            command += _styles(source, meta)
        case "pdf":
            command.append(f"--template={ASSETS / 'page.typst'}")
        case "docx":
            command += [f"--template={ASSETS / 'page.openxml'}", f"--reference-doc={ASSETS / 'reference.docx'}"]
            command.append(_held(source, scratch / "docx"))

    def write(blocks: list, *more: str) -> None:
        try:
            run([*command, *more], stdin=read.edition(fmt, blocks), cwd=source, env=environment(epoch))
        except Failed as error:
            raise _located(document, fmt, str(error)) from None

    tables = apart.opened(kept, fmt)
    given = apart.edition(fmt, read.blocks, read.metas[fmt], tables)
    written = word.document if fmt == "docx" else partial(Path.read_text, encoding="utf-8")
    write(given.blocks)
    if (text := given.whole(written(target))) is None:
        write(read.blocks)
        text = written(target)
    tables.save()
    if fmt == "html":
        page = self_contained.page(text, source)
        if page is None:
            write(read.blocks, "--embed-resources", _held(source, scratch / "html"))
            page = stand_ins.embed(to.read_text(encoding="utf-8"), source)
        to.write_bytes(page.encode("utf-8"))
        brought.embed(to, source)
    elif fmt == "docx":
        word.finish(to, source, text)
    elif fmt == "jats":
        to.write_bytes(labelled(text).encode("utf-8"))
        archive.pack(to, source, to.with_suffix(".zip"), kept and kept / "packed")
    elif given.put:
        target.write_bytes(text.encode("utf-8"))
    return target


def _held(source: Path, to: Path) -> str:
    """Pandoc's option to look for pictures among what stands in for them, laid below `to`, then beside the manuscript."""
    return f"--resource-path={stand_ins.lay(source, to)}{os.pathsep}."


def _located(document: qmd.Document, fmt: str, message: str) -> InputError:
    """Pandoc's message; what the filter and citeproc say of an identifier becomes a Problem with file and line."""
    problems = []
    for what, name in re.findall(r"^\[MANUSCRIPT\] (.+?): (.+)$", message, re.M):
        where = document.find(name) or document.find(f"#{name}") or "manuscript.qmd"
        why = "the embedded engine could not number and caption it"
        problems.append(Problem(where, f"{what}: {name}", why, DO.get(what, "mend it in the manuscript")))
    for name in re.findall(r"citation (\S+) not found", message):
        problems.append(Problem(document.find(f"@{name}"), f"citation @{name} is not in the bibliography"))
    return InputError(sorted(problems)) if problems else RenderError([Problem(f"{fmt}, by Pandoc", message)])


def _typeset(source: Path, written: Future, epoch: datetime) -> Path:
    """The PDF of what Pandoc has written for Typst, which was begun before."""
    text = written.result()
    to = text.with_suffix(".pdf")
    try:
        typst.compile(
            text.read_bytes(),  # as bytes it stands at the root, where figures/ is
            output=to,
            root=source,
            font_paths=[FONTS, *([own] if (own := source / "fonts").is_dir() else [])],
            ignore_system_fonts=True,
            timestamp=int(epoch.timestamp()),
            pdf_standards=STANDARDS,
        )
    except typst.TypstError as error:
        hints = "".join(f"\nhint: {hint}" for hint in getattr(error, "hints", []))
        raise RenderError([Problem("pdf, by Typst", f"{getattr(error, 'message', error)}{hints}")]) from None
    return to


def labelled(text: str) -> str:
    """JATS has elements for which Pandoc has none, so that the filter wrote others: for a caption's number, which is in bold, for an
    author who is a group, and for the notes of a table, which stand behind it."""
    text = text.replace("<issn></issn>", "<issn>not assigned</issn>")  # which the tag set wants
    contrib = r"(<contrib [^>]*>\s*(?:<contrib-id.*?</contrib-id>\s*)?)"
    text = re.sub(rf"{contrib}<string-name>(.*?)</string-name>", r"\1<collab>\2</collab>", text)
    text = re.sub(
        r"</table-wrap>\s*(<table-wrap-foot>.*?</table-wrap-foot>)", r"\1\n</table-wrap>", text, flags=re.DOTALL
    )
    loose = r"<table-wrap-foot>((?:(?!<table-wrap-foot>).)*?)</table-wrap-foot>(?!\s*</table-wrap>)"  # behind no table
    text = re.sub(loose, r"<boxed-text>\1</boxed-text>", text, flags=re.DOTALL)
    return re.sub(r"(<caption>\s*<p>)<bold>([^<]+?)[.:]?</bold>\s*", r"<label>\2</label>\1", text)
