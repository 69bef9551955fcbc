"""What only a person can answer. An answer is kept by what it is about, so it holds when the files are drafted again."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import Problem, nearest, raise_if
from ..study import load_yaml
from .yaml import flow, scalar

HEAD = """# Open questions on the draft of {study}. Write what is so behind `answer:` (one of the options, or what `options` describes in
# angle brackets), then: trialpress new {study} --answers config/{study}/questions.yaml
# A question without an answer is taken as its default; what may be a person is held back until it is answered.
"""


@dataclass(frozen=True)
class Question:
    """about: table.column and what of it; seen: what the files say, as counts; options: answers that can be given, a text in
    angle brackets for any text; changes: the line of the draft that it decides."""

    id: str
    about: str
    asks: str
    seen: str
    options: tuple[str, ...]
    default: str
    changes: str
    answer: str | None = None

    @property
    def taken(self) -> str:
        return self.default if self.answer is None else self.answer

    @property
    def mark(self) -> str:
        return f"ASK {self.id}" if self.answer is None else f"answered {self.id}"


class Questions:
    """The questions of one draft in the order in which they come up."""

    def __init__(self, answers: Mapping[str, str] | None = None):
        self.answers = dict(answers or {})
        self.asked: dict[str, Question] = {}

    def ask(self, about: str, asks: str, seen: str, options: Sequence[str], default: str, changes: str) -> Question:
        """The question with the answer that was given to it, if one was."""
        if about not in self.asked:
            answer = self.answers.get(about)
            number = f"q{len(self.asked) + 1}"
            self.asked[about] = Question(number, about, asks, seen, tuple(options), default, changes, answer)
        return self.asked[about]

    @property
    def open(self) -> list[Question]:
        return [question for question in self.asked.values() if question.answer is None]

    def problems(self, where: str) -> list[Problem]:
        """Answers that answer nothing, or that are none of the options."""
        found = []
        why = "an answer that is not understood would be dropped in silence"
        for about, answer in self.answers.items():
            question = self.asked.get(about)
            if question is None:
                found.append(Problem(f"{where}, {about}", "answers a question that is not asked of these files", why,
                                     nearest(about, self.asked)))  # fmt: skip
            elif answer not in question.options and not any(option.startswith("<") for option in question.options):
                do = f"write one of: {', '.join(question.options)}"
                found.append(Problem(f"{where}, {question.id}", f"'{answer}' is no answer to it", why, do))
        return found

    def text(self, study: str) -> str:
        """questions.yaml."""
        lines = [HEAD.format(study=study)]
        for question in self.asked.values():
            lines.append(
                f"{question.id}:\n  about: {scalar(question.about)}\n  asks: {scalar(question.asks)}\n  seen: {scalar(question.seen)}\n"
                f"  options: {flow(list(question.options))}\n  default: {scalar(question.default)}\n"
                f"  changes: {scalar(question.changes)}\n  answer: {'' if question.answer is None else scalar(question.answer)}".rstrip()
            )
        return "\n".join(lines) + ("\n" if self.asked else "{}\n")


def is_date(text: str) -> bool:
    try:
        return datetime.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def read_answers(path: Path) -> dict[str, str]:
    """about -> answer of every answered question of a file; InputError if it is no questions.yaml."""
    content, problems, answers = load_yaml(path), [], {}
    why, do = (
        "an answer belongs to a question",
        "give back the questions.yaml that was drafted, with answers behind answer:",
    )
    if not isinstance(content, Mapping):
        raise_if([Problem(str(path), "holds no questions", why, do)])
    for id, entry in content.items():
        if not isinstance(entry, Mapping) or not isinstance(entry.get("about"), str):
            problems.append(Problem(f"{path}, {id}", "has no `about`", why, do))
            continue
        answer = entry.get("answer")
        if answer is None or answer == "":
            continue
        if isinstance(answer, list | dict):
            problems.append(Problem(f"{path}, {id}", "its answer is not one text", why, "write one text, in quotes"))
        else:
            answers[entry["about"]] = (
                {True: "true", False: "false"}.get(answer, str(answer)) if isinstance(answer, bool) else str(answer)
            )
    raise_if(problems)
    return answers
