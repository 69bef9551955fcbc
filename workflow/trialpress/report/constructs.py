"""What of Quarto's language a manuscript may hold: refused for both engines, or for the embedded one alone, by file and line.

A construct is done, or it is named here. docs/constructs.md says, one by one, what the embedded engine does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ..errors import Problem, nearest
from . import qmd, words
from .conditions import CODE, IS, NEVER

WITH_QUARTO = "put Quarto on PATH (`pip install quarto-cli`), or "
DIFFERS = "the edition would differ from Quarto's without a word"


@dataclass(frozen=True)
class Construct:
    """A construct by its sign in a line of the text; `do` says what to write instead."""

    what: str
    sign: re.Pattern
    do: str


def _marked(what: str, do: str, *, classes: str = "", attributes: str = "") -> Construct:
    """Known by a class or an attribute between braces, or by a class that stands alone after a fence."""
    signs = []
    if classes:
        signs += [rf"\{{[^{{}}<>]*?(?<![\w.-])\.(?:{classes})(?![\w-])[^{{}}<>]*\}}", rf"^:::+ *(?:{classes}) *:*$"]
    if attributes:
        signs += [rf"\{{[^{{}}<>]*?(?<![\w.-])(?:{attributes}) *=[^{{}}<>]*\}}"]
    return Construct(what, re.compile("|".join(signs)), do)


ANNOTATION = "a code annotation"  # the only one whose sign is in code
EMBEDDED = (
    _marked("a layout", "one figure after the other", attributes=r"layout|layout-ncol|layout-nrow|layout-align|layout-valign"),
    _marked("a tabset", "give each tab a heading of its own", classes=r"panel-tabset"),
    _marked("a panel", "write plain text", classes=r"panel-(?:sidebar|input|center|fill)"),
    _marked("a column or margin class", "leave the class out", classes=r"(?:column-[\w-]+|aside|margin-[\w-]+)"),
    _marked("a grid", "leave the grid out", classes=r"grid|g-col-\d+"),
    _marked("a condition on metadata", "use when-format, or leave the text out", attributes=r"(?:when|unless)-meta"),
    _marked("a condition on the profile", "use when-format, or leave the text out", attributes=r"(?:when|unless)-profile"),
    _marked("hidden content", "leave it out", classes=r"hidden"),
    _marked("an appendix section", "put the section at the end without the class", classes=r"appendix"),
    _marked("a list table", "write a grid table", classes=r"list-table"),
    _marked("a proof, remark or solution", "write the word in the text", classes=r"(?:proof|remark|solution)"),
    _marked("a file name above code", "say it in the text", attributes=r"filename"),
    _marked("folded code", "leave the attribute out", attributes=r"code-fold|code-summary"),
    _marked("numbered code lines", "leave the attribute out", attributes=r"code-line-numbers"),
    _marked("a callout that is not in its plain shape", "leave the attribute out", attributes=r"appearance|icon|collapse"),
    _marked("a figure's placement", "leave it out", attributes=r"fig-align|fig-pos|fig-env|fig-scap|fig-cap|fig-link|fig-pos"),
    _marked("a caption's placement", "leave it out: tables above, figures below", attributes=r"(?:fig|tbl|lst)?-?cap-location"),
    _marked("a caption as attribute", "write the caption below", attributes=r"tbl-cap|tbl-subcap|fig-subcap"),
    _marked("a lightbox", "leave it out: every figure can be enlarged", classes=r"lightbox|nolightbox", attributes=r"lightbox"),
    _marked("a table's look", "leave the class out", classes=r"(?:striped|hover|bordered|borderless|responsive[\w-]*)"),
    _marked("code from another place", "leave it out", classes=r"cell[\w-]*", attributes=r"shortcodes"),
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
    lines = list(_plain(document.lines))
    for i, (line, code) in enumerate(lines):
        bare = line.text if code else _bare(line.text)
        for follower, _ in lines[i + 1 : i + 6]:  # attributes may run over lines
            if code or not re.search(r"\{[^{}]*$", bare) or not follower.text.strip():
                break
            bare = _bare(f"{bare} {follower.text}")
        for construct in EMBEDDED:
            if code == (construct.what == ANNOTATION) and construct.sign.search(bare):
                yield _refused(line.where, construct.what, construct.do)


def _bare(text: str) -> str:
    """A line without its code and without what stands between quotes: an alternative text may hold any word."""
    text = re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", text)
    return re.sub(r'="(?:\\.|[^"\\])*"', '=""', text)


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
            if not all(map(words.known, said)):
                do = "set the words by crossref: fig-title and its kin"
                yield _refused(where, "a language of which it has no words", do)
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
