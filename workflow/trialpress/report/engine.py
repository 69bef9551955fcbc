"""The manuscript's editions from one Quarto source: with Quarto where it is, else with Pandoc and Typst."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import font_source_sans_pro
import pypandoc
import typst
import yaml

from trialpress.errors import InputError, Problem
from trialpress.files import write_whole
from trialpress.report import qmd

SUFFIX = {"html": "html", "pdf": "pdf", "docx": "docx", "jats": "xml"}
ASSETS = Path(__file__).with_name("assets")
FONTS = Path(font_source_sans_pro.__file__).with_name("files")
WRITER = {"html": "html", "pdf": "typst", "docx": "docx", "jats": "jats_publishing+element_citations"}


class RenderError(RuntimeError):
    """Pandoc, Typst or Quarto failed; the message is theirs."""


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

    Raises InputError (undefined variables, missing includes, dangling or duplicate cross-references, unknown
    citations) and RenderError (what else Pandoc, Typst or Quarto say).
    """
    formats = list(dict.fromkeys(formats))
    if unknown := [fmt for fmt in formats if fmt not in SUFFIX]:
        raise ValueError(f"formats: unknown {', '.join(unknown)}; known are {', '.join(SUFFIX)}")
    source, out = source.resolve(), out.resolve()
    epoch = datetime.fromisoformat(date).replace(tzinfo=UTC)
    document = qmd.read(source)  # with Quarto too: an undefined variable is a warning there, an error here
    with tempfile.TemporaryDirectory(prefix=".trialpress-", dir=source) as scratch:
        make = _quarto if _choose(engine) == "quarto" else _embedded
        made = make(source, Path(scratch), document, formats, epoch)
        for fmt, path in made.items():
            write_whole(out / f"manuscript.{SUFFIX[fmt]}", lambda to, path=path: shutil.copyfile(path, to))
    return {fmt: out / f"manuscript.{SUFFIX[fmt]}" for fmt in formats}


def engine_version(engine: str = "auto") -> str:
    """What a methods section prints: "Quarto 1.7.34" or "Pandoc 3.9 with Typst 0.15"."""
    if _choose(engine) == "quarto":
        return "Quarto " + _run(["quarto", "--version"]).strip()
    pandoc = _run([_pandoc(), "--version"]).split()[1]
    return f"Pandoc {pandoc} with Typst {'.'.join(typst.__version__.split('.')[:2])}"


def _pandoc() -> str:
    """The Pandoc that came with the locked environment, whichever others are on PATH."""
    bundled = Path(pypandoc.__file__).with_name("files") / "pandoc"
    return str(bundled) if bundled.exists() else pypandoc.get_pandoc_path()


def _choose(engine: str) -> str:
    if engine not in ("auto", "quarto", "embedded"):
        raise ValueError(f"engine: '{engine}' is not one of auto, quarto, embedded")
    found = shutil.which("quarto") is not None
    if engine == "quarto" and not found:
        raise RenderError("engine 'quarto' was asked for, but there is no quarto on PATH")
    return "quarto" if engine != "embedded" and found else "embedded"


def _environment(epoch: datetime) -> dict[str, str]:
    """The caller's environment without its clock, zone and language."""
    fixed = {"SOURCE_DATE_EPOCH": str(int(epoch.timestamp())), "TZ": "UTC", "LC_ALL": "C.UTF-8", "LANG": "C.UTF-8"}
    return {**os.environ, **fixed}


def _run(command: list[str], *, stdin: str = "", cwd: Path | None = None, env: dict[str, str] | None = None) -> str:
    done = subprocess.run(command, input=stdin, capture_output=True, encoding="utf-8", cwd=cwd, env=env)
    if done.returncode != 0:
        raise RenderError(done.stderr.strip() or f"{Path(command[0]).name} ended with code {done.returncode}")
    return done.stdout


# Pandoc and Typst ----------------------------------------------------------------------------------------------------


def _embedded(
    source: Path, scratch: Path, document: qmd.Document, formats: list[str], epoch: datetime
) -> dict[str, Path]:
    with ThreadPoolExecutor() as pool:  # the work is in other processes and in Typst
        jobs = {fmt: pool.submit(_edition, source, scratch, document, fmt, epoch) for fmt in formats}
    failures = [error for job in jobs.values() if (error := job.exception())]
    problems = {problem for error in failures if isinstance(error, InputError) for problem in error.problems}
    if problems:  # mostly the same in every format: each once
        raise InputError(sorted(problems))
    return {fmt: job.result() for fmt, job in jobs.items()}


def _edition(source: Path, scratch: Path, document: qmd.Document, fmt: str, epoch: datetime) -> Path:
    meta = qmd.metadata(document, fmt, epoch.date().isoformat())
    meta.setdefault("link-citations", True)
    style = meta.pop("csl", None) or ASSETS / "vancouver.csl"
    made = scratch / f"manuscript.{SUFFIX[fmt]}"
    target = made.with_suffix(".typ") if fmt == "pdf" else made
    command = [_pandoc(), "--from=markdown", f"--to={WRITER[fmt]}", "--standalone"]
    # the columns: a pipe table whose source lines are long would else get column widths from its dashes
    command += [f"--output={target}", "--fail-if-warnings", "--wrap=none", "--columns=100000", "--resource-path=."]
    command += [f"--lua-filter={ASSETS / 'quarto.lua'}", "--citeproc", f"--lua-filter={ASSETS / 'manuscript.lua'}"]
    command.append(f"--csl={style}")  # in the metadata it would be Markdown, its apostrophes typographic
    if meta.get("number-sections"):
        command.append("--number-sections")
    if meta.get("toc") and fmt == "html":
        command += ["--toc", f"--toc-depth={meta.get('toc-depth', 3)}"]
    for name in ("toc", "toc-depth", "template", "reference-doc"):
        meta.pop(name, None)
    match fmt:
        case "html":
            meta["pagetitle"] = meta.get("title", "")
            command += [f"--template={ASSETS / 'page.html'}", "--embed-resources", "--mathml", "--section-divs"]
            for name in ("styles.css", "page.css", "page.js"):
                text = (ASSETS / name).read_text(encoding="utf-8").strip()
                command += ["--variable", f"{name.replace('.', '-')}={text}"]
        case "pdf":
            meta["date-parts"] = f"year: {epoch.year}, month: {epoch.month}, day: {epoch.day}"
            command.append(f"--template={ASSETS / 'page.typst'}")
        case "docx":
            command += [f"--template={ASSETS / 'page.openxml'}", f"--reference-doc={ASSETS / 'reference.docx'}"]
    front = yaml.safe_dump(meta, allow_unicode=True, sort_keys=False, width=10**6)
    try:
        _run(command, stdin=f"---\n{front}---\n\n{document.body}", cwd=source, env=_environment(epoch))
    except RenderError as error:
        raise _located(document, str(error)) from None
    if fmt == "pdf":
        _typeset(source, target, made, epoch)
    elif fmt == "jats":
        _label_captions(made)
    return made


def _located(document: qmd.Document, message: str) -> Exception:
    """Pandoc's message; what the filter and citeproc say of an identifier becomes a Problem with file and line."""
    problems = []
    for what, name in re.findall(r"^\[MANUSCRIPT\] (.+?): (.+)$", message, re.M):
        where = document.find(name) or document.find(f"#{name}") or "manuscript.qmd"
        problems.append(Problem(where, f"{what}: {name}"))
    for name in re.findall(r"citation (\S+) not found", message):
        problems.append(Problem(document.find(f"@{name}"), f"citation @{name} is not in the bibliography"))
    return InputError(sorted(problems)) if problems else RenderError(message)


def _typeset(source: Path, text: Path, to: Path, epoch: datetime) -> None:
    try:
        typst.compile(
            text.read_bytes(),  # as bytes it stands at the root, where figures/ is
            output=to,
            root=source,
            font_paths=[FONTS],
            ignore_system_fonts=True,
            timestamp=int(epoch.timestamp()),
        )
    except typst.TypstError as error:
        hints = "".join(f"\nhint: {hint}" for hint in getattr(error, "hints", []))
        raise RenderError(f"Typst: {getattr(error, 'message', error)}{hints}") from None


def _label_captions(path: Path) -> None:
    """JATS has an element for a caption's number; Pandoc has none, so the filter wrote it in bold."""
    text = path.read_text(encoding="utf-8")
    text = re.sub(r"(<caption>\s*<p>)<bold>([^<]+?)[.:]?</bold>\s*", r"<label>\2</label>\1", text)
    path.write_bytes(text.encode("utf-8"))


# Quarto ---------------------------------------------------------------------------------------------------------------

PROFILE: dict[str, Any] = {
    "project": {"output-dir": "_rendered"},
    "filters": [{"path": "_trialpress/manuscript.lua", "at": "post-quarto"}],
    "format": {
        "html": {
            "embed-resources": True,
            "lightbox": True,
            "theme": {"light": "cosmo", "dark": "darkly"},
            "respect-user-color-scheme": True,
            "css": "_trialpress/styles.css",
        },
        "typst": {
            "citeproc": True,
            "template-partials": ["_trialpress/typst-template.typ", "_trialpress/typst-show.typ"],
            "font-paths": str(FONTS),
        },
        "docx": {"reference-doc": "_trialpress/reference.docx"},
    },
}


def _quarto(
    source: Path, scratch: Path, document: qmd.Document, formats: list[str], epoch: datetime
) -> dict[str, Path]:
    """One format after the other: two renders of one project at a time delete each other's files."""
    kit = source / "_trialpress"
    shutil.copytree(ASSETS, kit, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    profile = dict(PROFILE)
    if "csl" not in document.meta and "csl" not in document.project:
        profile["csl"] = "_trialpress/vancouver.csl"
    (source / "_quarto-trialpress.yml").write_text(yaml.safe_dump(profile, sort_keys=False), encoding="utf-8")
    made = {}
    for fmt in formats:
        command = ["quarto", "render", "manuscript.qmd", "--to", qmd.YAML_KEYS[fmt], "--profile", "trialpress"]
        _run(command, cwd=source, env=_environment(epoch))
        written = source / "_rendered" / f"manuscript.{SUFFIX[fmt]}"
        if not written.is_file():
            raise RenderError(f"quarto ended well but did not write {written.name}")
        made[fmt] = scratch / written.name  # out of the way of the next render, which may clear the folder
        shutil.move(written, made[fmt])
    return made
