"""The Quarto engine: a copy of the project for each format, with a profile that fills in what the author left open."""

from __future__ import annotations

import os
import re
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from ..environment import fonts
from ..errors import Problem
from . import qmd, word, words
from .authors import authors
from .conditions import resolved
from .embedded import ASSETS, FONTS, STANDARDS, labelled
from .process import Failed, environment, run
from .renderer import SUFFIX, RenderError, base, pandoc

KIT = "_trialpress"
PROFILE_FILE = "_quarto-trialpress.yml"
PROFILE: dict[str, dict[str, Any]] = {
    "html": {
        "embed-resources": True,
        **dict.fromkeys(("lightbox", "citations-hover", "crossrefs-hover"), False),  # ours, which the keyboard reaches
        "theme": {"light": "default", "dark": ["default", f"{KIT}/dark.scss"]},  # these two fetch no web fonts
        "respect-user-color-scheme": True,
        "css": f"{KIT}/styles.css",
        "html-math-method": "mathml",
        "format-links": False,  # it does not know which other editions there are
        "template-partials": [f"{KIT}/title-block.html"],
    },
    "typst": {
        "citeproc": True,
        "template-partials": [f"{KIT}/typst-template.typ", f"{KIT}/typst-show.typ"],
        "pdf-standard": STANDARDS,
        "callout-icon": False,  # Quarto 1.7 and 1.8 would fetch a package for it
        "font-paths": f"/{KIT}/fonts",  # to Quarto 1.9 a leading slash is the project's folder
    },
    "docx": {"reference-doc": f"{KIT}/reference.docx", "template": f"{KIT}/page.openxml", "callout-icon": False},
    "jats": {"template": f"{KIT}/page.jats"},
}
WRITER = {"jats": "jats_publishing"}  # journals take the Publishing tag set, Quarto's own is for archives
COMMON = {
    "date-format": "D MMMM YYYY",
    "link-citations": True,
    "tbl-colwidths": False,  # a pipe table whose source lines are long would else get column widths from its dashes
    "wrap": "none",
}
# what the author may have set in the place of ours
INSTEAD = {
    "template-partials": ("template", "title-block-banner", "title-block-style", "title-block-categories"),
    "template": ("template-partials", "reference-doc"),
}
# warnings of Quarto and Pandoc behind which something is missing from the edition
LOST = re.compile(
    r"unable to|not found|unknown|undefined|malformed|invalid|could not|couldn't|cannot|can't|fail|incorrect|no content"
    r"|missing|string was found|ignoring|skipping|duplicate|not support|no renderer",
    re.I,
)

WARNING = re.compile(r"\s*(\(W\)|\[?WARN(ING)?\]?:?)\s*")


def profile(document: qmd.Document, formats: list[str], date: str, beside: bool = False) -> dict[str, Any]:
    """The project's profile; a key that the author has set anywhere is left to the author. `beside`: as in `furnish`."""
    whole: dict[str, Any] = {
        # named, since Quarto does not look for documents in folders with a leading dot
        "project": {"output-dir": "_rendered", "render": ["manuscript.qmd"]},
        "filters": [{"path": f"{KIT}/{name}.lua", "at": "post-quarto"} for name in ("in-quarto", "manuscript")],
        "format": {},
    }
    common = {*document.meta, *document.project}
    for fmt in formats:
        key = qmd.yaml_key(fmt)
        theirs = qmd.options(document.project, key) | qmd.options(document.meta, key)
        said = {*common, *theirs}
        ours = {
            name: value
            for name, value in (COMMON | PROFILE.get(key, {})).items()
            if name not in said and not said & {*INSTEAD.get(name, ())}
        }
        if not beside:  # by the environment, which every version reads
            ours.pop("font-paths", None)
        ours["trialpress"] = head(document, fmt, date, dated=beside and "date-format" not in said)
        # the options of the Publishing tag set stand under the common name
        whole["format"][WRITER.get(key, key)] = theirs | ours if key in WRITER else ours
    return whole if "csl" in common else whole | {"csl": f"{KIT}/vancouver.csl"}


def head(document: qmd.Document, fmt: str, date: str, dated: bool) -> dict[str, Any]:
    """What the templates of both engines print above the text, and what the captions need."""
    meta = qmd.metadata(document, fmt, date)
    names = [*authors({}, jats=True), "correspondence"]
    if base(fmt) == "jats":
        names += qmd.JATS
    if dated or base(fmt) == "jats":  # else Quarto's, in the format that the author asks for
        names.append("date")
    crossref = meta["crossref"] if isinstance(meta.get("crossref"), dict) else {}
    gapless = [own["key"] for own in crossref.get("custom", ()) if own.get("space-before-numbering") is False]
    captions = {"delimiter": str(crossref.get("title-delim", ":")), "gapless": gapless}
    said = {"words": found} if (found := words.words(meta)) else {}
    return {name: meta[name] for name in names if meta.get(name)} | captions | said


def furnish(
    to: Path, document: qmd.Document, formats: list[str], date: str, *, beside: bool = False, notice: bool = True
) -> None:
    """Lay filters, templates and fonts into a project, and the profile that names them.

    beside: the project is the author's own, which Quarto renders as it is. notice: the patients are a reconstruction.
    """
    shutil.copytree(ASSETS, to / KIT, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    shutil.copytree(
        FONTS, to / KIT / "fonts", ignore=lambda _, names: [n for n in names if not n.endswith((".otf", ".ttf"))]
    )
    for font in fonts(to):
        shutil.copy(font, to / KIT / "fonts")
    if "jats" in map(base, formats):
        template, _ = run([pandoc(), "--print-default-template=jats_publishing"])
        article, _ = run([pandoc(), "--print-default-data-file=templates/article.jats_publishing"])
        whole = re.sub(r"\$\{ *article\.jats_publishing\(\) *\}", lambda _: article, template)
        (to / KIT / "page.jats").write_text(whole, encoding="utf-8")
    if "banner" not in {*document.meta, *document.project}:
        word.rewrite(to / KIT / "reference.docx", {}, "")
    said = profile(document, formats, date, beside)
    if not notice:
        said["filters"].append({"path": f"{KIT}/no-reconstruction.lua", "at": "pre-ast"})
    text = yaml.safe_dump(said, sort_keys=False, allow_unicode=True)
    (to / PROFILE_FILE).write_text(text, encoding="utf-8")


def with_date(text: str, date: str) -> str:
    """The document with its date written out: a shortcode there is read as a date before it is resolved."""
    head, fence, rest = text.partition("\n---")
    line = re.compile(r"^date:.*$", re.M)
    return line.sub(f'date: "{date}"', head, count=1) + fence + rest if line.search(head) else text


def with_language(text: str) -> str:
    """YAML with `lang` by the name under which Pandoc has its translations; it warns of another one."""
    line = re.compile(r"^lang: *[\"']?([A-Za-z-]+)[\"']? *$", re.M)
    return line.sub(lambda found: f"lang: {words.tag(found[1])}", text, count=1)


def without_hooks(text: str) -> str:
    """_quarto.yml without `pre-render`, which stages the results where an author calls Quarto."""
    return re.sub(r"^ +pre-render: +\S.*\n", "", text, flags=re.M)


def copied(source: Path, to: Path, document: qmd.Document, fmt: str, epoch: datetime) -> Path:
    """A project for one format: two renders of one project at a time delete each other's files."""
    shutil.copytree(source, to, ignore=shutil.ignore_patterns(".*", KIT, "_rendered"))
    told = to / "_quarto.yml"
    if told.exists():  # here everything is staged
        told.write_text(with_language(without_hooks(told.read_text(encoding="utf-8"))), encoding="utf-8")
    date = qmd.date_of(document.meta, epoch.date().isoformat())
    furnish(to, document, [fmt], date)
    manuscript = to / "manuscript.qmd"
    head, fence, rest = with_date(manuscript.read_text(encoding="utf-8-sig"), date).partition("\n---")
    manuscript.write_text(with_language(head) + fence + rest, encoding="utf-8")
    if base(fmt) == "jats":  # Quarto's writer fails at conditional blocks there
        for path in (*to.rglob("*.qmd"), *to.rglob("*.md")):
            if KIT not in path.relative_to(to).parts:
                path.write_text(resolved(path.read_text(encoding="utf-8-sig"), fmt), encoding="utf-8")
    return to


def plain(said: str, project: Path) -> str:
    """What Quarto printed without colours, folders, traces of its program, and the settings that stand before each Pandoc."""
    said = re.sub(r"\x1b\[[0-9;]*m", "", said).replace(f"{project}/", "")
    said = re.sub(r"^(pandoc|metadata) *\n(([ \t].*)?\n)*", "", said, flags=re.M)
    said = re.sub(r"^Stack trace:\n([ \t]+at .*\n?)*", "", said, flags=re.M)
    said = re.sub(r"/\S*/share/filters/(?:\./)?", "", said)
    return re.sub(r"\(\S+\.lua:\d+\) ", "", said).strip()


def label(path: Path) -> None:
    """JATS has an element for the number of a heading and of a caption; Pandoc has none here, so the filter wrote it in bold."""
    text = path.read_text(encoding="utf-8")
    text = re.sub(r"<title><bold>([\d.]+)</bold> ", r"<label>\1</label>\n<title>", text)
    path.write_bytes(labelled(text).encode("utf-8"))


def encode_links(path: Path) -> None:
    """Old DOIs have signs that an address may not have; Quarto makes the references after every filter."""
    text = path.read_text(encoding="utf-8")
    text = re.sub(
        r'(?<=href=")https://doi[^"]*', lambda found: re.sub("&lt;|<", "%3C", re.sub("&gt;|>", "%3E", found[0])), text
    )
    path.write_text(text, encoding="utf-8")


def warnings(said: str) -> list[str]:
    """The warnings in what Quarto printed, each with the lines that belong to it."""
    found, open_ = [], False
    for line in said.splitlines():
        if WARNING.match(line):
            found.append(WARNING.sub("", line))
            open_ = True
        elif open_ and not found[-1]:  # its text begins on a line of its own
            found[-1] = line.strip()
        elif open_ and line.startswith((" ", "\t")):
            found[-1] += "\n" + line.rstrip()
        else:
            open_ = False
    return found


def render(source: Path, scratch: Path, document: qmd.Document, formats: list[str], epoch: datetime) -> dict[str, Path]:
    """Each format in a copy of its own, all at a time; what is wrong in any of them is told by format."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # the work is in other processes
        jobs = {fmt: pool.submit(_edition, source, scratch, document, fmt, epoch) for fmt in formats}
    done = {fmt: job.result() for fmt, job in jobs.items()}
    if problems := {problem for _, found in done.values() for problem in found}:
        raise RenderError(sorted(problems))
    return {fmt: written for fmt, (written, _) in done.items()}


def _edition(
    source: Path, scratch: Path, document: qmd.Document, fmt: str, epoch: datetime
) -> tuple[Path, list[Problem]]:
    key, where, problems = qmd.yaml_key(fmt), f"{fmt}, by Quarto", []
    project = copied(source, scratch / fmt / source.name, document, fmt, epoch)
    written = project / "_rendered" / f"manuscript.{SUFFIX[base(fmt)]}"
    command = ["quarto", "render", "manuscript.qmd", "--to", WRITER.get(key, key), "--profile", "trialpress"]
    try:
        ours = {"TYPST_FONT_PATHS": str(project / KIT / "fonts")}
        if fonts(project):  # letters that ours lack come from the study's fonts, not from one that this machine has
            ours["TYPST_IGNORE_SYSTEM_FONTS"] = "true"
        out, err = run(command, cwd=project, env=environment(epoch) | ours)
    except Failed as error:
        message = plain(str(error), project)
        if "Error running filter" in message:  # what follows is a trace of Quarto's own program
            do = f'leave what it cannot write out of this edition: ::: {{.content-hidden when-format="{key}"}}'
            message = message.partition("stack traceback")[0].strip()
            return written, [Problem(where, message, "Quarto cannot write something in this format", do)]
        return written, [Problem(where, message)]
    for warning in dict.fromkeys(warnings(plain(out + "\n" + err, project))):
        if LOST.search(warning):
            why = "with a warning Quarto leaves out or changes what was written"
            problems.append(Problem(where, warning, why, "mend the manuscript there"))
        else:
            print(f"{where}: {warning}", file=sys.stderr)
    if not written.is_file():
        problems.append(Problem(where, f"Quarto ended well but did not write {written.name}"))
    elif base(fmt) == "jats":
        label(written)
    elif base(fmt) == "docx":
        word.finish(written)
    elif base(fmt) == "html":
        encode_links(written)
    return written, problems
