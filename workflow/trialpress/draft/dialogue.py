"""The open questions of a draft in the terminal, one at a time; what is passed over stays open. questions.yaml is the same without it."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from .questions import Question, is_date

OPEN = "leave it open"
OTHER = "something else: "
STYLE = [("qmark", "bold"), ("instruction", "fg:ansibrightblack"), ("answer", "bold")]


def terminal() -> bool:
    """Whether somebody can be asked."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def dialogue(questions: Sequence[Question], **io) -> dict[str, str]:
    """about -> answer of those that were answered; it ends where somebody stops it. io: input and output of prompt_toolkit."""
    import questionary

    io |= {"style": questionary.Style(STYLE)}
    answers: dict[str, str] = {}
    n = len(questions)
    head = f"{n} open question{'s' * (n != 1)}. Answer now? (Without, the careful default is taken, and questions.yaml waits.)"
    if not n or not questionary.confirm(head, default=True, **io).ask(kbi_msg=""):
        return {}
    for number, question in enumerate(questions, 1):
        print(
            f"\n{question.id} ({number} of {n})  {question.about}\n  seen: {question.seen}\n  decides: {question.changes}"
        )
        fixed = [option for option in question.options if not option.startswith("<")]
        free = [option for option in question.options if option.startswith("<")]
        leave = f"{OPEN} (until then: {question.default})"
        choices = [leave, *fixed, *(OTHER + option for option in free)]
        said = questionary.select(question.asks, choices, default=leave, instruction=" ", **io).ask(kbi_msg="")
        if said is None:
            break
        if said.startswith(OTHER):
            said = questionary.text(f"{said.removeprefix(OTHER)}:", validate=wanted(question), **io).ask(kbi_msg="")
        if said and said != leave:
            answers[question.about] = said.strip()
    return answers


def wanted(question: Question):
    """What a written answer must be: a date where a date is asked for; an empty one leaves the question open."""
    dated = "<YYYY-MM-DD>" in question.options
    return lambda text: not dated or not text.strip() or is_date(text.strip()) or "a date is written as 2026-01-31"
