"""Manuscripts that read what is not theirs, run something, or are only broken: refused by file and line, or printed harmlessly."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from trialpress.errors import raise_if
from trialpress.report import check, constructs, qmd
from trialpress.report.staging import copy_text

from .judge import Case

AREA = "manuscripts"
FIXTURE = Path(__file__).parents[1] / "fixtures" / "report"
FORMATS = ("html", "docx")
BODIES = [
    "{{< include ../secret.md >}}", "{{< include /etc/passwd >}}", "{{< include link.md >}}", "{{< include missing.md >}}", "{{<\ninclude ../secret.md >}}",
    "{{< include ../secret.md\n>}}", "{{< var\ncr >}}", "{{< var nobody >}}", "{{< var >}}", "{{< meta title >}}", "{{< env HOME >}}", "{{< env PATH >}}",
    "{{< embed ../x.ipynb >}}", "{{< video http://x >}}", "{{< pagebreak >}}", "{{< include", "{{< include self.md >}}", "![x](../secret.png)", "![x](/etc/passwd)",
    "![x](link.png)", "![x](missing.png)", "![x](http://x.y/z.png)", "![x](file:///etc/passwd)", "![x](data:text/html,x)", "```{python}\nopen('hacked', 'w')\n```",
    "```{r}\nsystem('touch hacked')\n```", "```{=html}\n<script>alert(1)</script>\n```", "```{=typst}\n#read(\"/etc/passwd\")\n```", "```{=latex}\n\\input{/etc/passwd}\n```",
    "`#read(\"/etc/passwd\")`{=typst}", "`<script>`{=html}", "<script>alert(1)</script>", "<iframe src='/etc/passwd'></iframe>", "<img src=x onerror=alert(1)>",
    "$\\input{/etc/passwd}$", "$$\\write18{touch hacked}$$", "$$x$$", "@nobody2020", "@fig-nobody", "[@nobody]", "[x](javascript:alert(1))", "[x](#nobody)",
    "::: {.content-visible when-format=\"html\"}\nx", ":::\nx", "[^1]", "```", "`", "# ", "#" * 10_000, "[" * 5000, "*" * 20_000, "| a |\n|---|\n" + "| b |\n" * 2000,
    "> " * 300 + "x", "- " * 300 + "x", "\\" * 1000, "\0", "\ufeff", "\u202etxt", "<!--", "&" * 1000, "{" * 2000, "x" * 200_000, "{{< include " * 50, "![](figures/x.svg){#fig-a}\n\n![](figures/x.svg){#fig-a}",
    "![x](figures/%2e%2e/%2e%2e/secret.png)", "![x](..\\secret.png)", "{{< include ..\\secret.md >}}", "{{< include ./../secret.md >}}", "{{% include ../secret.md %}}",
]  # fmt: skip
HEADS = [
    "filters: [hacked.lua]", "filters:\n  - ../hacked.lua", "bibliography: ../secret.bib", "bibliography: /etc/passwd", "bibliography: missing.bib", "csl: /etc/passwd", "csl: http://x.y/z.csl",
    "template: ../secret.tex", "include-in-header: ../secret.md", "include-before-body: /etc/passwd", "css: /etc/passwd", "css: ../secret.css", "execute: {eval: true}", "jupyter: python3",
    "engine: knitr", "format: {html: {include-in-header: /etc/passwd}}", "format: {pdf: {template: /etc/passwd}}", "reference-doc: /etc/passwd", "metadata-files: [/etc/passwd]", "title: [a]", "title: {{x}}",
    "title: !!python/object/apply:os.system ['touch hacked']", "a: &x [*x]", "title: 'x", "[", "- x", "author: [[[[x]]]]", "date: yesterday", "lang: ../x", "shortcodes: [hacked.lua]",
    "pre-render: touch hacked", "project: {pre-render: touch hacked}", "title: \"\\0\"", "resource-path: [/etc]", "extract-media: /tmp/hacked", "data-dir: /etc", "highlight-style: /etc/passwd",
]  # fmt: skip


def _attempt(folder: Path, head: str, body: str) -> str:
    source = shutil.copytree(FIXTURE, folder / "s")
    (folder / "secret.md").write_text("SECRET")
    for name in (name for name in ("link.md", "link.png") if name in body):
        (source / name).symlink_to(folder / "secret.md")
    if "self.md" in body:
        (source / "self.md").write_text("{{< include self.md >}}")
    text = (source / "manuscript.qmd").read_text(encoding="utf-8")
    if head:
        text = text.replace("---\n", f"---\n{head}\n", 1)
    (source / "manuscript.qmd").write_bytes((text + "\n\n" + body + "\n").encode("utf-8", "surrogatepass"))
    copy_text(source, folder / "staged", "")
    document = qmd.read(source, embedded=True)
    raise_if(
        [*constructs.problems(document, embedded=True, formats=FORMATS), *check.problems(source, document, FORMATS)]
    )
    return "leak: the text holds a foreign file" if "SECRET" in document.body or "root:" in document.body else ""


def cases(rng: random.Random) -> Iterator[Case]:
    for body in BODIES:
        yield Case(AREA, f"body {body[:40]!r}", partial(_attempt, head="", body=body))
    for head in HEADS:
        yield Case(AREA, f"head {head[:40]!r}", partial(_attempt, head=head, body=""))
    text = (FIXTURE / "manuscript.qmd").read_text(encoding="utf-8")
    for number in range(30):  # a sign more in the text as it is
        at = rng.randrange(len(text))
        cut = text[at : at + 200]
        cut = (
            cut[:100]
            + rng.choice(["{{<", ">}}", "```", "$", "[", "](", ":::", "\n---\n", "@", "<", "`", "|", "\\", "*"])
            + cut[100:]
        )
        yield Case(AREA, f"sign {number}", partial(_attempt, head="", body=cut))
