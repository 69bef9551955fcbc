"""Constructs of Quarto's language, one small document each, and what must come of it without Quarto.

`shows`: words that every edition must hold; `refused`: what the message says instead.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

FIGURE = '![A figure.](figures/dose.svg){{#fig-{0} fig-alt="Bars"}}'
TABLE = "| a | b |\n|---|---|\n| 1 | 2 |"


@dataclass(frozen=True)
class Case:
    group: str
    name: str
    text: str
    shows: tuple[str, ...] = ()
    hides: tuple[str, ...] = ()
    refused: str = ""
    front: str = ""
    project: str = ""

    @property
    def id(self) -> str:
        return f"{self.group}: {self.name}"


def done(group: str, name: str, text: str, *shows: str, hides: tuple[str, ...] = (), front="", project="") -> Case:
    return Case(group, name, text, shows, hides, "", front, project)


def refused(group: str, name: str, text: str, what: str, front="", project="") -> Case:
    return Case(group, name, text, (), (), what, front, project)


def _text() -> Iterator[Case]:
    g = "Text"
    yield done(g, "emphasis, strong", "A *slanted* and **bold** word.", "A slanted and bold word.")
    yield done(g, "superscript, subscript", "10^9^ and H~2~O.", "and H")
    yield done(g, "strikeout", "A ~~struck~~ word.", "struck")
    yield done(g, "small capitals, underline", "[Caps]{.smallcaps} and [lined]{.underline}.", "lined")
    yield done(g, "inline code", "Type `a_b`.", "a_b")
    yield done(g, "code block", "```python\nx = 1\n```", "x = 1")
    yield done(g, "footnote", "A note.[^1]\n\n[^1]: Said below.", "Said below.")
    yield done(g, "inline footnote", "A note.^[Said inline.]", "Said inline.")
    yield done(g, "bullet list", "- one\n- two", "one", "two")
    yield done(g, "numbered list", "1. one\n2. two", "one", "two")
    yield done(g, "task list", "- [x] one\n- [ ] two", "one", "two")
    yield done(g, "definition list", "Term\n: What it is.", "Term", "What it is.")
    yield done(g, "example list", "(@) First.\n(@b) Second.\n\nSee (@b).", "First.", "See (2)")
    yield done(g, "block quote", "> Said by another.", "Said by another.")
    yield done(g, "line block", "| One line\n| another", "One line", "another")
    yield done(g, "horizontal rule", "Above.\n\n---\n\nBelow.", "Above.", "Below.")
    yield done(g, "inline formula", "With $x^2$ there.", "With", "there.")
    yield done(g, "displayed formula", "$$ x = 1 $$", "1")
    yield done(g, "typographic quotes, dashes", "\"Quoted\" --- 'so' 1--2.", "“Quoted” — ‘so’ 1–2.")
    yield done(g, "link", "[A link](https://example.org).", "A link")
    yield done(g, "address", "<https://example.org/x>", "https://example.org/x")
    yield done(g, "link to a section", "# Here {#here}\n\n[There](#here).", "There")
    yield done(g, "span with a class", "[A word]{.mine}.", "A word")
    yield done(g, "division with a class", "::: {.mine}\nA division.\n:::", "A division.")
    yield done(g, "comment", "Seen.\n\n<!-- not seen -->", "Seen.", hides=("not seen",))
    yield done(g, "escaped sign", "A \\* and \\@fig-a.", "A * and @fig-a.")
    yield refused(g, "raw HTML", "H<sub>2</sub>O", "raw HTML outside content for HTML")
    yield refused(g, "raw LaTeX", "See \\ref{a}.", "raw LaTeX")
    yield done(g, "raw text for one format", "Seen.\n\n```{=typst}\n#strong[Only there]\n```", "Seen.")
    yield refused(g, "hidden content", "::: {.hidden}\nUnseen.\n:::", "hidden content")
    yield refused(g, "file name above code", '```{.python filename="a.py"}\nx\n```', "a file name above code")
    yield refused(g, "code annotation", "```python\nx = 1 # <1>\n```\n\n1. Sets x.", "a code annotation")
    yield refused(g, "folded code", '```{.python code-fold="true"}\nx\n```', "folded code")
    yield refused(g, "appendix section", "# More {.appendix}\n\nText.", "an appendix section")
    yield done(g, "section without a number", "# One\n\n# Two {.unnumbered}", "One", "Two")


def _cells() -> Iterator[Case]:
    g = "Code that runs"
    for language in ("python", "r", "julia", "ojs", "mermaid", "dot", "bash"):
        yield refused(g, f"cell `{{{language}}}`", f"```{{{language}}}\nx\n```", rf"a code cell \({language}\)")
    yield refused(g, "cell with options", "```{python}\n#| label: fig-a\nx\n```", "a code cell")
    yield refused(g, "inline `{python}`", "It is `{python} n`.", "code within the text")
    yield refused(g, "inline `r`", "It is `r n`.", "code within the text")
    yield done(g, "a cell shown, not run", "```{{python}}\nx = 1\n```", "x = 1")


def _references() -> Iterator[Case]:
    g = "Cross-references"
    yield done(g, "figure", "See @fig-a.\n\n" + FIGURE.format("a"), "See Figure 1.", "A figure.")
    yield done(
        g,
        "figure in a division",
        '::: {#fig-a}\n![](figures/dose.svg){fig-alt="Bars"}\n\nBelow.\n:::\n\nSee @fig-a.',
        "Below.",
        "See Figure 1.",
    )
    yield done(g, "table", f"See @tbl-a.\n\n{TABLE}\n\n: A table. {{#tbl-a}}", "See Table 1.", "A table.")
    yield done(
        g,
        "figures and tables of a supplement",
        f"{FIGURE.format('a')}\n\n{TABLE}\n\n: A table. {{#tbl-a}}\n\n# More {{.supplement}}\n\n{FIGURE.format('b')}\n\n"
        f"{TABLE}\n\n: Another. {{#tbl-b}}\n\nSee @fig-a, @fig-b, [-@fig-b], @tbl-a and @tbl-b.",
        "See Figure 1, Figure S1, S1, Table 1 and Table S1.",
    )
    yield done(
        g, "table in a division", f"::: {{#tbl-a}}\n{TABLE}\n\nBelow.\n:::\n\nSee @tbl-a.", "See Table 1.", "Below."
    )
    yield done(
        g, "section with numbers", "# One {#sec-a}\n\nSee @sec-a.", "See Section 1.", project="number-sections: true\n"
    )
    yield done(g, "section without numbers", "# One {#sec-a}\n\nSee @sec-a.", "See Section “One”.")
    yield done(g, "equation", "$$ x $$ {#eq-a}\n\nSee @eq-a.", "See Equation 1.", "(1)")
    yield done(
        g,
        "listing",
        '```{#lst-a .python lst-cap="Code."}\nx = 1\n```\n\nSee @lst-a.',
        "See Listing 1.",
        "Listing 1: Code.",
    )
    for key, word in (
        ("thm", "Theorem"),
        ("lem", "Lemma"),
        ("cor", "Corollary"),
        ("prp", "Proposition"),
        ("cnj", "Conjecture"),
        ("def", "Definition"),
        ("exm", "Example"),
        ("exr", "Exercise"),
    ):
        yield done(
            g,
            word.lower(),
            f"::: {{#{key}-a}}\n## Name\n\nIt holds.\n:::\n\nSee @{key}-a.",
            f"{word} 1",
            "Name",
            "It holds.",
            f"See {word} 1.",
        )
    for kind, key, word in (
        ("note", "nte", "Note"),
        ("tip", "tip", "Tip"),
        ("warning", "wrn", "Warning"),
        ("important", "imp", "Important"),
        ("caution", "cau", "Caution"),
    ):
        yield done(
            g,
            f"callout ({kind})",
            f'::: {{#{key}-a .callout-{kind} title="So"}}\nIt is.\n:::\n\nSee @{key}-a.',
            f"{word} 1: So",
            f"See {word} 1.",
        )
    yield done(
        g,
        "several at once",
        FIGURE.format("a") + "\n\n" + FIGURE.format("b") + "\n\nSee [@fig-a; @fig-b].",
        "Figure 1, Figure 2",
    )
    yield done(g, "number alone", FIGURE.format("a") + "\n\nSee [-@fig-a].", "See 1.")
    yield done(g, "prefix of one's own", FIGURE.format("a") + "\n\nSee [Fig. @fig-a].", "See Fig. 1.")
    yield done(
        g,
        "words and delimiter",
        FIGURE.format("a") + "\n\nSee @fig-a.",
        "A figure.",
        "See Fig 1.",
        project="crossref: {fig-title: Fig, fig-prefix: Fig, title-delim: .}\n",
    )
    yield done(
        g,
        "kind of one's own",
        '::: {#sup-a}\n![](figures/dose.svg){fig-alt="Bars"}\n\nBelow.\n:::\n\nSee @sup-a.',
        "See Sup 1.",
        project="crossref: {custom: [{kind: float, key: sup, reference-prefix: Sup}]}\n",
    )
    yield refused(g, "capital prefix", FIGURE.format("a") + "\n\n@Fig-a shows.", "@Fig-a is not in the bibliography")
    yield refused(g, "dangling", "See @fig-none.", "unresolved cross-reference")
    yield refused(g, "double identifier", FIGURE.format("a") + "\n\n" + FIGURE.format("a"), "duplicate identifier")
    yield refused(g, "HTML table", "::: {#tbl-a}\n<table><tr><td>1</td></tr></table>\n\nBelow.\n:::", "an HTML table")
    yield refused(
        g,
        "subfigures",
        "::: {#fig-a layout-ncol=2}\n" + FIGURE.format("b") + "\n\n" + FIGURE.format("c") + "\n\nBoth.\n:::",
        "a layout",
    )
    yield refused(
        g,
        "subfigures without a layout",
        "::: {#fig-a}\n" + FIGURE.format("b") + "\n\n" + FIGURE.format("c") + "\n\nBoth.\n:::",
        "not one figure or table",
    )
    yield refused(
        g, "subtables", f"::: {{#tbl-a layout-ncol=2}}\n{TABLE}\n\n: One {{#tbl-b}}\n\nBoth.\n:::", "a layout"
    )
    yield refused(g, "proof", "::: {.proof}\nIt follows.\n:::", "a proof, remark or solution")
    yield refused(g, "remark", "::: {.remark}\nSo.\n:::", "a proof, remark or solution")
    for option in (
        "chapters: true",
        "ref-hyperlink: false",
        "fig-labels: alpha x",
        "subref-labels: roman",
        "labels: arabic",
    ):
        yield refused(
            g, f"option `{option.split(':')[0]}`", "Text.", "the option 'crossref", project=f"crossref: {{{option}}}\n"
        )


def _figures() -> Iterator[Case]:
    g = "Figures and tables"
    yield done(g, "width", '![A figure.](figures/dose.svg){#fig-a fig-alt="Bars" width=50%}', "Figure 1")
    yield done(g, "figure without a number", '![A figure.](figures/dose.svg){fig-alt="Bars"}', "A figure.")
    yield refused(g, "no alternative text", "![A figure.](figures/dose.svg){#fig-a}", "no fig-alt")
    yield refused(g, "missing image", '![A figure.](figures/none.svg){#fig-a fig-alt="x"}', "does not exist")
    yield done(g, "pipe table", TABLE, "a", "2")
    yield done(g, "grid table", "+---+---+\n| a | b |\n+===+===+\n| 1 | 2 |\n+---+---+", "a", "2")
    yield done(g, "simple table", "  a    b\n---  ---\n  1    2", "a", "2")
    yield done(g, "column widths", f'{TABLE}\n\n: A table. {{#tbl-a tbl-colwidths="[30,70]"}}', "Table 1")
    yield done(g, "formatted cells", "| *a* | b |\n|---|---|\n| **1** | [2](https://example.org) |", "1")
    yield refused(g, "list table", "::: {.list-table}\n- - a\n  - b\n:::", "a list table")
    yield refused(g, "layout in columns", "::: {layout-ncol=2}\nOne.\n\nTwo.\n:::", "a layout")
    yield refused(g, "layout in rows", "::: {layout-nrow=2}\nOne.\n\nTwo.\n:::", "a layout")
    yield refused(g, "layout as a matrix", '::: {layout="[[1,1],[1]]"}\nOne.\n\nTwo.\n:::', "a layout")
    yield refused(g, "alignment", '![A.](figures/dose.svg){fig-alt="x" fig-align="left"}', "a figure's placement")
    yield refused(g, "lightbox", '![A.](figures/dose.svg){fig-alt="x" .lightbox}', "a lightbox")
    yield refused(g, "striped table", f"{TABLE}\n\n: A. {{#tbl-a .striped}}", "a table's look")
    yield refused(g, "caption as attribute", f'::: {{tbl-cap="A."}}\n{TABLE}\n:::', "a caption as attribute")
    for where in ("column-margin", "column-page", "column-screen", "column-body-outset", "aside"):
        yield refused(g, f"`.{where}`", f"::: {{.{where}}}\nA.\n:::", "a column or margin class")
    yield refused(g, "grid", "::: {.grid}\n::: {.g-col-6}\nA.\n:::\n:::", "a grid")


def _blocks() -> Iterator[Case]:
    g = "Blocks and conditions"
    for kind in ("note", "tip", "warning", "important", "caution"):
        yield done(g, f"callout {kind}", f"::: {{.callout-{kind}}}\nIt is.\n:::", kind.capitalize(), "It is.")
    yield done(g, "callout's title as heading", "::: {.callout-note}\n## Title\n\nIt is.\n:::", "Title", "It is.")
    yield refused(
        g,
        "folded callout",
        '::: {.callout-note collapse="true"}\nIt is.\n:::',
        "a callout that is not in its plain shape",
    )
    yield refused(
        g,
        "callout's look",
        '::: {.callout-note appearance="minimal"}\nIt is.\n:::',
        "a callout that is not in its plain shape",
    )
    yield refused(g, "tabset", "::: {.panel-tabset}\n## A\n\nx\n\n## B\n\ny\n:::", "a tabset")
    yield done(g, "landscape pages", "::: {.landscape}\nWide.\n:::", "Wide.")
    yield done(
        g,
        "`when-format` of no edition",
        '::: {.content-visible when-format="latex"}\nUnseen.\n:::\n\nSeen.',
        "Seen.",
        hides=("Unseen",),
    )
    yield done(g, "`unless-format`", '::: {.content-visible unless-format="latex"}\nSeen.\n:::', "Seen.")
    yield done(g, "`content-hidden`", '::: {.content-hidden when-format="latex"}\nSeen.\n:::', "Seen.")
    yield done(g, "condition in a line", 'A [seen]{.content-visible unless-format="latex"} word.', "A seen word.")
    yield refused(
        g, "`when-format=pdf`", '::: {.content-visible when-format="pdf"}\nA.\n:::', "condition on the format 'pdf'"
    )
    yield refused(g, "unknown format", '::: {.content-visible when-format="wrod"}\nA.\n:::', "unknown format 'wrod'")
    for what in ("meta", "profile"):
        yield refused(g, f"`when-{what}`", f'::: {{.content-visible when-{what}="a"}}\nA.\n:::', "a condition on")
        yield refused(g, f"`unless-{what}`", f'::: {{.content-hidden unless-{what}="a"}}\nA.\n:::', "a condition on")


def _shortcodes() -> Iterator[Case]:
    g = "Shortcodes"
    yield done(g, "`var`", "It is {{< var a.b >}}.", "It is 36/40.")
    yield done(g, "`include`", "{{< include _part.md >}}", "From a part.")
    yield done(g, "`pagebreak`", "Above.\n\n{{< pagebreak >}}\n\nBelow.", "Above.", "Below.")
    yield done(g, "`meta`", "Of {{< meta trial.id >}}.", "Of NCT1.", front="trial: {id: NCT1}\n")
    yield done(g, "`env`", "By {{< env TRIALPRESS_NONE nobody >}}.", "By nobody.")
    yield done(g, "`kbd`", "Press {{< kbd Ctrl+C >}}.", "Press Ctrl+C.")
    yield done(g, "`video`", "{{< video https://example.org/v.mp4 >}}", "https://example.org/v.mp4")
    yield done(g, "escaped", "`{{{< var a >}}}`", "{{< var a >}}")
    yield refused(g, "unknown variable", "It is {{< var a.c >}}.", "undefined variable")
    yield refused(g, "missing include", "{{< include _none.md >}}", "does not exist")
    yield refused(
        g,
        "apostrophe between two",
        "{{< var a.b >}} is each patient's {{< var a.b >}}",
        "begins and ends with a shortcode",
    )
    for name in ("embed a.ipynb", "placeholder", "lipsum 1", "version", "contents a", "brand color a", "mine"):
        yield refused(g, f"`{name.split()[0]}`", f"{{{{< {name} >}}}}", "unknown shortcode")


def _options() -> Iterator[Case]:
    g = "Options"
    yield done(
        g, "abstract, keywords", "Text.", "What was done.", "word", front="abstract: What was done.\nkeywords: [word]\n"
    )
    yield done(
        g,
        "authors, affiliations",
        "Text.",
        "Ann",
        "Lee",
        "Dept",
        "Clinic",
        "Town",
        front="author: [{name: Ann Lee, email: a@example.org, corresponding: true, affiliations: [{department: Dept, name: Clinic, city: Town}]}]\n",
    )
    yield done(g, "`css`", "Text.", "Text.", project="css: own.css\n")
    yield done(g, "`toc` in HTML", "# One\n\nText.", "Text.", project="format: {html: {toc: true}}\n")
    yield refused(g, "`toc` in PDF", "Text.", "a table of contents in pdf", project="format: {typst: {toc: true}}\n")
    yield refused(g, "`lang`", "Text.", "a language of which it has no words", front="lang: de\n")
    yield refused(
        g, "author's degrees", "Text.", "the field 'author.degrees'", front="author: [{name: Ann Lee, degrees: [MD]}]\n"
    )
    for key in (
        "metadata-files: [a.yml]",
        "header-includes: x",
        "include-before-body: a.html",
        "include-after-body: a.html",
        "include-in-header: a.html",
        "reference-doc: a.docx",
        "date-format: long",
        "abstract-title: Summary",
        "toc-location: left",
        "toc-title: All",
        "fig-cap-location: top",
        "tbl-cap-location: bottom",
        "number-depth: 2",
        "number-offset: 1",
        "reference-location: margin",
        "citation-location: margin",
        "filters: [a.lua]",
        "page-layout: full",
        "code-fold: true",
        "code-annotations: hover",
        "highlight-style: a11y",
        "shift-heading-level-by: 1",
        "title-block-banner: true",
        "appendix-style: plain",
        "license: CC BY",
        "funding: a",
        "lof: true",
        "mainfont: A",
        "template: t.html",
        "template-partials: [a.html]",
    ):
        if key.startswith("template"):  # of one format: no template is for all
            yield refused(
                g, f"`{key.split(':')[0]}`", "Text.", "the option 'template", project=f"format:\n  html:\n    {key}\n"
            )
            continue
        yield refused(g, f"`{key.split(':')[0]}`", "Text.", f"the option '{key.split(':')[0]}'", project=f"{key}\n")


CASES = [*_text(), *_cells(), *_references(), *_figures(), *_blocks(), *_shortcodes(), *_options()]
