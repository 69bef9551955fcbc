"""What of Quarto's language a manuscript may hold: refused for both engines, or for the embedded one alone, by file and line.

A construct is done, or it is named here. docs/constructs.md says, one by one, what the embedded engine does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ..errors import Problem, nearest
from . import qmd
from .conditions import CODE, IS, NEVER

WITH_QUARTO = "put Quarto on PATH (`pip install quarto-cli`), or "
DIFFERS = "the edition would differ from Quarto's without a word"


@dataclass(frozen=True)
class Construct:
    """A construct by its sign in a line of the text; `do` says what to write instead."""

    what: str
    sign: re.Pattern
    do: str


def _attribute(what: str, names: str, do: str) -> Construct:
    """Known by a class or attribute: `names` are alternatives as they stand between braces."""
    return Construct(what, re.compile(rf"\{{[^{{}}<>]*?(?<![\w.-])(?:{names})(?![\w-])[^{{}}<>]*\}}|^:::+ *(?:{names.replace(chr(92) + '.', '')}) *:*$"), do)  # fmt: skip


ANNOTATION = "a code annotation"  # the only one whose sign is in code
EMBEDDED = (
    _attribute("a layout", r"layout|layout-ncol|layout-nrow|layout-align|layout-valign", "one figure after the other"),
    _attribute("a tabset", r"\.panel-tabset", "give each tab a heading of its own"),
    _attribute("a panel", r"\.panel-(?:sidebar|input|center|fill)", "write plain text"),
    _attribute("a column or margin class", r"\.(?:column-[\w-]+|aside|margin-[\w-]+)", "leave the class out"),
    _attribute("a grid", r"\.grid|\.g-col-\d+", "leave the grid out"),
    _attribute("a condition on metadata", r"(?:when|unless)-meta", "use when-format, or leave the text out"),
    _attribute("a condition on the profile", r"(?:when|unless)-profile", "use when-format, or leave the text out"),
    _attribute("hidden content", r"\.hidden", "leave it out"),
    _attribute("an appendix section", r"\.appendix", "put the section at the end without the class"),
    _attribute("a list table", r"\.list-table", "write a grid table"),
    _attribute("a proof, remark or solution", r"\.(?:proof|remark|solution)", "write the word in the text"),
    _attribute("a file name above code", r"filename", "say it in the text"),
    _attribute("folded code", r"code-fold|code-summary", "leave the attribute out"),
    _attribute("numbered code lines", r"code-line-numbers", "leave the attribute out"),
    _attribute("a callout that is not in its plain shape", r"appearance|icon|collapse", "leave the attribute out"),
    _attribute("a figure's placement", r"fig-align|fig-pos|fig-env|fig-scap|fig-cap|fig-link|fig-pos", "leave it out"),
    _attribute("a caption's placement", r"(?:fig|tbl|lst)?-?cap-location", "leave it out: tables above, figures below"),
    _attribute("a caption as attribute", r"tbl-cap|tbl-subcap|fig-subcap", "write the caption below"),
    _attribute("a lightbox", r"\.lightbox|\.nolightbox|lightbox", "leave it out: every figure can be enlarged"),
    _attribute("a table's look", r"\.(?:striped|hover|bordered|borderless|responsive[\w-]*)", "leave the class out"),
    _attribute("code from another place", r"\.cell[\w-]*|shortcodes", "leave it out"),
    Construct("an HTML table", re.compile(r"<table\b", re.I), "write a pipe or grid table"),
    Construct(ANNOTATION, re.compile(r"(?:#|//|--|%|<!--) ?<\d+>(?: ?-->)?\s*$"), "describe the line in the text"),
)  # fmt: skip
CELL = re.compile(r"^\s*(?:`{3,}|~{3,})\s*\{\s*([A-Za-z]\w*)(?:[\s,][^}]*)?\}")
INLINE = re.compile(r"(?<!`)`(?:\{(\w+)\} [^`]+|(r) [^`]+)`(?!`)")
CONDITION = re.compile(r"""(?:when|unless)-format=["']?([\w:-]+)""")

# keys of metadata that change an article under Quarto and that the embedded engine does not know
KEYS = set(Path(__file__).with_name("assets").joinpath("options.txt").read_text(encoding="utf-8").split())
CROSSREF = {"title-delim", "custom"}
AUTHOR = {
    "name",
    "literal",
    "given",
    "family",
    "email",
    "orcid",
    "corresponding",
    "affiliations",
    "affiliation",
    "id",
    "ref",
}
AUTHOR |= {"department", "city", "region", "country"}  # of a place


def problems(document: qmd.Document, *, embedded: bool, formats: Iterable[str] = ()) -> list[Problem]:
    """Everything that the chosen engine would not do, or neither may."""
    found = [*shortcode_lines(document.raw), *_both(document)]
    if embedded:
        found += [*_text(document), *_metadata(document), *_contents(document, formats)]
    return found


def parameters(text: str) -> bool:
    """Whether Quarto's parser of shortcodes takes this for a name and parameters."""
    match = re.match(r"/?[a-zA-Z0-9_]+", text)
    rest = text[match.end() :].strip() if match else "'"
    part = re.compile(r"""[\w-]+="[^"]*"|[\w-]+='[^']*'|[\w-]+=[^"'\s]+|[^"'\s]+|"[^"]*"|'[^']*'""", re.ASCII)
    while rest:
        taken = part.match(rest)
        if not taken:
            return False
        rest = rest[taken.end() :].strip()
    return True


def shortcode_lines(lines: Iterable[qmd.Line]) -> Iterator[Problem]:
    """Quarto takes a line that begins and ends with a shortcode for one shortcode, and stops where that is none."""
    for line in lines:
        whole = re.fullmatch(r"\s*\{\{< (?!/\*)(.+?)(?<!\*/) >\}\}\s*", line.text)
        if not whole:
            continue
        if not parameters(whole[1]):
            what = "begins and ends with a shortcode and has an apostrophe or a quotation mark between"
            do = "break the line at another place, so that it begins or ends with a word"
            yield Problem(
                line.where, what, "Quarto reads the line as one shortcode and stops ('Invalid Shortcode')", do
            )
        elif whole[1].startswith("include ") and "{{<" in whole[1]:
            what, why = "has more than an include", "Quarto includes the file and drops the rest of the line"
            yield Problem(line.where, what, why, "put the include on a line of its own")


def _plain(lines: Iterable[qmd.Line]) -> Iterator[tuple[qmd.Line, bool]]:
    """Each line, and whether it stands in a code block (its fences count as text)."""
    code = ""
    for line in lines:
        mark = CODE.match(line.text)
        if code:
            closes = mark and mark[1].startswith(code) and not line.text.strip().strip(mark[1][0])
            code = "" if closes else code
            yield line, not closes
        else:
            code = mark[1] if mark else ""
            yield line, False


def _both(document: qmd.Document) -> Iterator[Problem]:
    why = "a manuscript holds prose: its numbers come by name from the results, and are checked and traced there"
    do = "compute it in the plan and print it by {{< var ... >}}, or include a figure or table of the results"
    for line, code in _plain(document.lines):
        if code:
            continue
        if cell := CELL.match(line.text):
            yield Problem(line.where, f"a code cell ({cell[1]})", why, do)
        elif cell := INLINE.search(line.text):
            yield Problem(line.where, f"code within the text ({cell[1] or cell[2]})", why, do)
        for name in CONDITION.findall(line.text):
            if name == "pdf":
                what, why_not = (
                    "condition on the format 'pdf'",
                    "to Quarto that is LaTeX; the PDF is made by Typst here",
                )
                yield Problem(line.where, what, why_not, "write typst")
            elif name not in NEVER and not any(name in names for names in IS.values()):
                known = nearest(name, {*NEVER, *(word for names in IS.values() for word in names)})
                yield Problem(line.where, f"condition on an unknown format '{name}'", "it would never hold", known)


def _text(document: qmd.Document) -> Iterator[Problem]:
    for line, code in _plain(document.lines):
        bare = line.text if code else re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", line.text)
        for construct in EMBEDDED:
            if code == (construct.what == ANNOTATION) and construct.sign.search(bare):
                yield _refused(line.where, construct.what, construct.do)


def _refused(where: str, what: str, do: str) -> Problem:
    return Problem(where, f"{what}, which the embedded engine does not do", DIFFERS, WITH_QUARTO + do)


def _metadata(document: qmd.Document) -> Iterator[Problem]:
    ours = set(qmd.YAML_KEYS.values())
    for path, where in document.keys.items():
        top = path[2:] if path[0] == "format" and len(path) > 2 and path[1] in ours else path
        if path[0] == "format" and top is path:
            continue  # another format's, which is not rendered
        key = ".".join(top)
        if len(top) == 1 and top[0] in KEYS:
            yield _refused(where, f"the option '{key}'", "leave it out")
        elif top[0] == "crossref" and len(top) == 2:
            kind, _, what = top[1].partition("-")
            if top[1] not in CROSSREF and not (what in ("title", "prefix") and kind.isalpha()):
                yield _refused(where, f"the option '{key}'", "leave it out")
        elif top[0] in ("author", "authors", "affiliations") and len(top) > 1 and top[-1] not in AUTHOR:
            yield _refused(where, f"the field '{key}'", "leave it out")
        elif top[0] == "lang" and len(top) == 1:
            said = {str(tree.get("lang", "en")) for tree in (document.meta, document.project)}
            if not all(re.fullmatch(r"en(-\w+)?", lang) for lang in said):
                yield _refused(
                    where, "a language other than English", "set the words by crossref: fig-title and its kin"
                )
    for tree in (document.project, document.meta):
        crossref = tree.get("crossref", {})
        where = document.keys.get(("crossref",), "manuscript.qmd")
        if not isinstance(crossref, dict):
            yield _refused(where, "crossref that is switched off", "leave it out")
            continue
        for own in crossref.get("custom", ()):
            if own.get("kind", "float") != "float":
                yield _refused(where, f"a custom cross-reference of kind '{own['kind']}'", "use kind: float")


def _contents(document: qmd.Document, formats: Iterable[str]) -> Iterator[Problem]:
    for fmt in formats:
        if fmt in ("pdf", "docx") and qmd.merged(document, fmt).get("toc") is True:
            where = document.keys.get(("format", qmd.YAML_KEYS[fmt], "toc")) or document.keys.get(
                ("toc",), "_quarto.yml"
            )
            yield _refused(where, f"a table of contents in {fmt}", f"set toc: false for {qmd.YAML_KEYS[fmt]}")
