"""Conditional content, resolved in the text: `::: {.content-visible when-format="html"}`."""

from __future__ import annotations

import re

IS = {"html": {"html", "html:js"}, "pdf": {"typst"}, "docx": {"docx"}, "jats": {"jats"}}  # as Quarto names them
IS_JOURNAL = IS | {"pdf": {"latex", "pdf"}, "latex": {"latex", "pdf"}, "typst": {"typst"}}  # a journal's PDF is LaTeX's
NEVER = {"latex", "beamer", "revealjs", "pptx", "odt", "epub", "gfm", "markdown", "ipynb", "asciidoc", "hugo", "email"}
NEVER |= {"commonmark", "confluence", "docusaurus", "dashboard", "rtf", "native", "json", "latex"}
FENCE = re.compile(r"^:::+ *(.*?) *:*$")
CODE = re.compile(r"^ {0,3}(`{3,}|~{3,})")


def said(attr: list) -> str:
    """The attributes of a block in Pandoc's tree as they would be written."""
    return " ".join([*(f".{name}" for name in attr[1]), *(f'{key}="{value}"' for key, value in attr[2])])


def shown(attributes: str, fmt: str) -> bool | None:
    """Whether a block with these attributes is in the format; None if it has no condition on the format alone."""
    visible, hidden = ".content-visible" in attributes, ".content-hidden" in attributes
    if not (visible or hidden) or re.search(r"(when|unless)-(meta|profile)", attributes):
        return None
    when = re.search(r"""when-format=["']?([\w:-]+)""", attributes)
    unless = re.search(r"""unless-format=["']?([\w:-]+)""", attributes)
    names = IS.get(fmt) or IS_JOURNAL[fmt.rpartition("-")[2]]
    holds = (when is None or when[1] in names) and not (unless is not None and unless[1] in names)
    return holds if visible else not holds


def resolved(text: str, fmt: str) -> str:
    """The text with hidden blocks left out and shown ones without their fences, each line in its place."""
    stack: list[tuple[bool, bool]] = []  # of each open division: whether it is kept, whether its fences are
    lines, code = [], ""
    for line in text.split("\n"):
        mark = CODE.match(line)
        if code:
            code = "" if mark and mark[1].startswith(code) and not line.strip(mark[1][0] + " ") else code
            fence = None
        elif mark:
            code, fence = mark[1], None
        else:
            fence = FENCE.match(line)
        inside = all(kept for kept, _ in stack)
        if fence and fence[1]:
            verdict = shown(fence[1], fmt)
            stack.append((verdict is not False, verdict is None))
            lines.append(line if inside and verdict is None else "")
        elif fence and stack:
            kept, fences = stack.pop()
            lines.append(line if all(k for k, _ in stack) and kept and fences else "")
        else:
            lines.append(line if inside else "")
    return "\n".join(lines)
