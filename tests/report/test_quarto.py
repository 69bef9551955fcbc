"""The Quarto engine: what goes to it, what comes back. What Quarto itself makes is looked at where there is one."""

from __future__ import annotations

import re
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from trialpress.errors import InputError, Problem
from trialpress.job import logged
from trialpress.report import check, constructs, engine, qmd, quarto, renderer
from trialpress.report.conditions import resolved

from . import reading
from .conftest import DATE

EPOCH = datetime(2026, 1, 31, tzinfo=UTC)
STUDIES = sorted((Path(__file__).parents[2] / "report").glob("*/manuscript.qmd"))


def document(folder, text, project="", **variables):
    """A project with this text alone, read."""
    (folder / "manuscript.qmd").write_text(text, encoding="utf-8")
    (folder / "_quarto.yml").write_text(project, encoding="utf-8")
    (folder / "_variables.yml").write_text(yaml.safe_dump(variables), encoding="utf-8")
    return qmd.read(folder, embedded=False)


# the line that Quarto's parser refuses -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "refused"),
    [
        ("{{< var a >}} is each patient's {{< var b >}}", True),
        ('{{< var a >}} is 5" wide {{< var b >}}', True),
        ("{{< var a >}} is each patient's {{< var b >}}.", False),
        ("{{< var a >}} is the 'first' {{< var b >}}", False),
        ("{{< var a >}} and {{< var b >}}", False),
        ("Each patient's {{< var a >}}", False),
        ('{{< meta "a b" >}}', False),
        ("{{< /* var a's */ >}}", False),
        ("{{< include a.md >}} and {{< var b >}}", True),
    ],
)
def test_a_line_that_quarto_takes_for_one_shortcode_is_found(line, refused):
    found = list(constructs.shortcode_lines([qmd.Line(line, "manuscript.qmd", 7)]))
    assert bool(found) == refused
    assert not found or found[0].where == "manuscript.qmd:7" and found[0].do


@pytest.mark.parametrize("manuscript", STUDIES, ids=lambda path: path.parent.name)
def test_the_manuscripts_have_no_such_line(manuscript):
    lines = manuscript.read_text(encoding="utf-8").splitlines()
    assert not list(constructs.shortcode_lines(qmd.Line(text, "m", i) for i, text in enumerate(lines, 1)))


# formats of journals -----------------------------------------------------------------------------------------------------


def test_a_journals_format_is_refused_without_quarto_and_without_its_extension(without_quarto, project, tmp_path):
    with pytest.raises(InputError, match="'acm-pdf' is the format of a Quarto extension"):
        engine.render(project, tmp_path / "out", ["html", "acm-pdf"], date=DATE)
    (found,) = renderer.journal_problems(["html", "acm-pdf"], "quarto", project)
    assert "quarto add quarto-journals/acm" in found.do
    (project / "_extensions/quarto-journals/acm").mkdir(parents=True)
    (project / "_extensions/quarto-journals/acm/_extension.yml").touch()
    assert renderer.journal_problems(["acm-pdf"], "quarto", project) == []


@pytest.mark.parametrize(
    ("fmt", "name"),
    [
        ("html", "manuscript.html"),
        ("jats", "manuscript.xml"),
        ("acm-pdf", "manuscript-acm-pdf.pdf"),
        ("a-b-docx", "manuscript-a-b-docx.docx"),
    ],
)
def test_each_format_has_a_file_of_its_own(fmt, name):
    assert renderer.file_name(fmt) == name


def test_a_journals_pdf_is_latex():
    block = '::: {.content-visible when-format="latex"}\nseen\n:::\n'
    assert "seen" in resolved(block, "acm-pdf") and "seen" not in resolved(block, "pdf")


# what goes to Quarto ---------------------------------------------------------------------------------------------------


def test_the_profile_leaves_to_the_author_what_the_author_has_set(tmp_path):
    said = (
        "format:\n  html: {theme: lux}\n  docx: {reference-doc: own.docx}\n  typst: {template: own.typ}\ncsl: own.csl\n"
    )
    read = document(tmp_path, "---\ncss: own.css\n---\n\nText.\n", said)
    whole = quarto.profile(read, ["html", "docx", "pdf"], DATE)
    html, docx, typst = (whole["format"][name] for name in ("html", "docx", "typst"))
    assert not {"theme", "css"} & set(html) and "csl" not in whole
    assert html["html-math-method"] == "mathml"
    assert not {"reference-doc", "template"} & set(docx) and "template-partials" not in typst


def test_what_the_author_says_of_jats_holds_for_the_publishing_tag_set(tmp_path):
    read = document(tmp_path, "---\nformat: {jats: {toc: true}}\n---\n\nText.\n")
    said = quarto.profile(read, ["jats"], DATE)["format"]
    assert set(said) == {"jats_publishing"} and said["jats_publishing"]["toc"] is True


@pytest.mark.parametrize("fmt", ["html", "pdf", "docx", "jats"])
def test_what_the_profile_names_is_in_the_copy_and_local(project, tmp_path, fmt):
    read = qmd.read(project)
    copy = quarto.copied(project, tmp_path / "copy", read, fmt, EPOCH)
    text = (copy / "_quarto-trialpress.yml").read_text()
    named = re.findall(r"_trialpress/[\w./-]+", text)
    assert named and all((copy / name).exists() for name in named)
    assert "http" not in text and str(Path.home()) not in text and str(quarto.FONTS) not in text
    assert list((copy / "_trialpress/fonts").glob("*.otf"))


def test_the_copy_holds_the_date_itself(tmp_path):
    read = document(tmp_path, '---\ntitle: T\ndate: "{{< var s.cut >}}"\n---\n\nText.\n', s={"cut": "2026-01-31"})
    copy = quarto.copied(tmp_path, tmp_path.with_name("copy"), read, "html", EPOCH)
    assert 'date: "2026-01-31"' in (copy / "manuscript.qmd").read_text()
    assert quarto.with_date("Text without front matter.\n", DATE) == "Text without front matter.\n"


def test_conditional_blocks_are_resolved_line_by_line():
    text = """a
::: {.content-visible when-format="html"}
only html
::: {.note}
inner
:::
:::
:::: {.content-visible unless-format="html"}
| a |
::::
```
::: {.content-visible when-format="html"}
:::
```
::: {.note}
b
:::
"""
    jats, html = resolved(text, "jats"), resolved(text, "html")
    assert jats.count("\n") == html.count("\n") == text.count("\n")
    assert "only html" not in jats and "inner" not in jats and "| a |" in jats
    assert "only html" in html and "::: {.note}\ninner\n:::" in html and "| a |" not in html
    assert '```\n::: {.content-visible when-format="html"}\n:::\n```\n::: {.note}\nb\n:::' in jats


def test_nothing_conditional_is_left_in_the_copy_for_jats(project, tmp_path):
    copy = quarto.copied(project, tmp_path / "copy", qmd.read(project), "jats", EPOCH)
    text = (copy / "manuscript.qmd").read_text()
    assert ".content-" not in text and "Not in HTML." in text and "Only in HTML." not in text


# what comes back ---------------------------------------------------------------------------------------------------------


def test_warnings_are_read_and_told_apart():
    said = """\x1b[1mpandoc \x1b[22m
  to: html

metadata
  title: A WARNING of what is not found

\x1b[33mWARNING (/opt/quarto/share/filters/main.lua:128) Unable to resolve crossref @fig-a
\x1b[39mOutput created: /tmp/p/_rendered/a.html
(W) x is old
  see y
[WARNING] Could not fetch z
WARNING
The following string was found in the document: :::

This usually indicates a problem with a fenced div in the document.
"""
    found = quarto.warnings(quarto.plain(said, Path("/tmp/p")))
    colons = "The following string was found in the document: :::"
    assert found == ["Unable to resolve crossref @fig-a", "x is old\n  see y", "Could not fetch z", colons]
    assert [bool(quarto.LOST.search(warning)) for warning in found] == [True, False, True, True]


def test_what_quarto_says_comes_without_settings_folders_and_colours():
    said = "pandoc \n  to: typst\n\nmetadata\n  title: T\n  \n[typst]: Compiling /tmp/p/a.typ...\x1b[31merror\x1b[39m: unclosed\n"
    assert quarto.plain(said, Path("/tmp/p")) == "[typst]: Compiling a.typ...error: unclosed"


# the same checks for both engines ----------------------------------------------------------------------------------------

WRONG = {
    "dangling reference": ("See @fig-none.", "unresolved cross-reference: @fig-none"),
    "unknown citation": ("As said [@nobody].", "citation @nobody is not in the bibliography"),
    "duplicate id": ('![A.](a.png){#fig-a fig-alt="x"}\n\n![B.](a.png){#fig-a fig-alt="x"}', "duplicate identifier: fig-a"),
    "missing image": ('![A.](none.png){#fig-b fig-alt="x"}', "image none.png does not exist"),
    "no alternative text": ("![A.](a.png){#fig-c}", "no fig-alt: fig-c"),
    "inline image without a text": ("An image ![](a.png) here.", "no fig-alt: a.png"),
    "dangling link": ("[There](#nowhere).", "link to #nowhere, which is not there"),
    "raw LaTeX": ("See \\ref{fig:a} there.", "raw LaTeX, which none of the formats prints"),
    "raw HTML": ("H<sub>2</sub>O", "raw HTML outside content for HTML: <sub>"),
    "equation": ("See @eq-a.", "unresolved cross-reference: @eq-a"),
}  # fmt: skip


@pytest.mark.parametrize("text, what", WRONG.values(), ids=WRONG)
def test_what_quarto_lets_pass_is_refused_with_its_line(tmp_path, text, what):
    (tmp_path / "a.png").touch()
    read = document(tmp_path, f"---\ntitle: T\n---\n\nFirst.\n\n{text}\n")
    found = check.problems(tmp_path, read, ["html", "docx"])
    assert [problem.what.startswith(what) for problem in found] == [True], found
    assert re.fullmatch(r"manuscript\.qmd:(7|9)", found[0].where), found


RIGHT = """---
title: As @fig-a
bibliography: a.bib
---

# Methods {#sec-m}

See @fig-a, @eq-a, @tbl-a, @lst-a, @thm-a, @nte-a, @sec-m, [there](#sec-m) and [@key; -@fig-a].

![A.](a.png){#fig-a fig-alt="x"}

$$ a = b $$ {#eq-a}

| a |
|---|
| 1 |

: T {#tbl-a}

```{#lst-a .python lst-cap="L"}
x
```

::: {#thm-a}
T.
:::

::: {#nte-a .callout-note}
N.
:::

::: {.content-visible when-format="html"}
<b>bold</b>

![](only.png){fig-alt="x"}
:::
"""


def test_what_is_there_is_not_refused(tmp_path):
    (tmp_path / "a.png").touch()
    (tmp_path / "a.bib").write_text("@article{key, title={T}, year={2020}}")
    read = document(tmp_path, RIGHT)
    assert check.problems(tmp_path, read, ["docx", "jats"]) == []
    assert [problem.what for problem in check.problems(tmp_path, read, ["html"])] == ["image only.png does not exist"]


def test_a_render_error_is_an_input_error_with_a_message_of_its_own():
    error = renderer.RenderError([Problem("jats, by Quarto", "went wrong")])
    assert isinstance(error, InputError) and str(error).splitlines()[1] == "jats, by Quarto: went wrong"


def test_in_a_job_its_message_is_in_the_log_without_a_traceback(tmp_path):
    with pytest.raises(SystemExit), logged(tmp_path / "log"):
        raise renderer.RenderError([Problem("manuscript.qmd:7", "went wrong", do="mend it")])
    said = (tmp_path / "log").read_text()
    assert "manuscript.qmd:7: went wrong" in said and "Traceback" not in said


def test_the_parameter_of_the_rule_changes_with_the_renderer(without_quarto):
    assert re.fullmatch(r"Pandoc \S+ with Typst \S+", renderer.stamp("auto"))
    assert "pip install quarto-cli" in renderer.stamp("quarto")


# with a real Quarto --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fmt", ["html", "pdf", "docx", "jats"])
def test_both_engines_print_the_same_words(real_quarto, project, tmp_path, fmt):
    other = shutil.copytree(project, tmp_path / "t")
    by_quarto = engine.render(project, tmp_path / "q", [fmt], engine="quarto", date=DATE)[fmt]
    embedded = engine.render(other, tmp_path / "e", [fmt], engine="embedded", date=DATE)[fmt]
    assert reading.text(by_quarto) == reading.text(embedded)
    assert reading.links(by_quarto) == reading.links(embedded)
    assert engine.engine_version() == f"Quarto {real_quarto}"


@pytest.mark.parametrize("fmt", ["html", "pdf", "docx", "jats"])
def test_two_runs_of_quarto_give_the_same_bytes(real_quarto, project, tmp_path, fmt):
    other = shutil.copytree(project, tmp_path / "elsewhere")
    one = engine.render(project, tmp_path / "1", [fmt], engine="quarto", date=DATE)[fmt]
    two = engine.render(other, tmp_path / "2", [fmt], engine="quarto", date=DATE)[fmt]
    assert one.read_bytes() == two.read_bytes()


def test_a_journals_extension_beside_the_manuscript_renders(real_quarto, project, tmp_path):
    extension = project / "_extensions" / "acme"
    extension.mkdir(parents=True)
    told = {"title": "Acme", "author": "A", "version": "1.0.0"}
    formats = {"html": {"toc": True, "toc-title": "In this issue"}, "docx": {}}
    (extension / "_extension.yml").write_text(yaml.safe_dump({**told, "contributes": {"formats": formats}}))
    made = engine.render(project, tmp_path / "out", ["html", "acme-html", "acme-docx"], engine="quarto", date=DATE)
    assert {path.name for path in made.values()} == {
        "manuscript.html",
        "manuscript-acme-html.html",
        "manuscript-acme-docx.docx",
    }
    page = made["acme-html"].read_text(encoding="utf-8")
    assert "In this issue" in page and "In this issue" not in made["html"].read_text(encoding="utf-8")
    assert "36/40" in reading.text(made["acme-docx"])
