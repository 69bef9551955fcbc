"""A column of the draft in the making: what is known of it, what it becomes, and what is asked."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..text import fold
from .facts import Facts
from .header import Header
from .known import Variable
from .questions import Question, Questions


@dataclass
class Entry:
    """A column of the draft: its keys as study.yaml has them, how sure they are, and what is asked of it."""

    name: str
    spec: dict
    mark: str = "likely"
    asked: list[Question] = field(default_factory=list)
    facts: Facts | None = None
    comment: str = ""
    known: Variable | None = None
    asked_if: str = ""  # the condition under which the question was asked, over the columns of its table

    @property
    def type(self) -> str:
        return self.spec.get("type", "text")

    @property
    def held(self) -> bool:
        """Whether the column ends in the clean stage."""
        return "identifier" in self.spec or self.type == "text"

    @property
    def marks(self) -> str:
        """The comment behind the entry: open questions before answers before what is inferred."""
        open_ = [question.id for question in self.asked if question.answer is None]
        answered = [question.id for question in self.asked if question.answer is not None]
        said = [f"ASK {', '.join(open_)}"] if open_ else []
        said += [f"answered {', '.join(answered)}"] if answered and not open_ else []
        return ", ".join(said or [self.mark]) + (f"; {self.comment}" if self.comment else "")


class Inference:
    """One column on the way to its keys in study.yaml. about: 'table.column', by which its questions are known; column: its
    clean name."""

    def __init__(
        self,
        about: str,
        facts: Facts,
        header: Header,
        known: Variable | None,
        questions: Questions,
        column: str = "value",
    ):
        self.about, self.facts, self.header, self.known, self.questions = about, facts, header, known, questions
        self.column = column
        self.asked: list[Question] = []
        self.mark, self.spec, self.comment = "likely", {}, ""

    def ask(self, what: str, asks: str, seen: str, options, default: str, changes: str = "", about: str = "") -> str:
        question = self.questions.ask(
            about or f"{self.about} {what}", asks, seen, options, default, changes or f"{self.about}: {what}"
        )
        self.asked.append(question)
        return question.taken

    def spec_without(self, *keys: str) -> dict:
        return {key: value for key, value in self.spec.items() if key not in keys}


def counted(texts: dict[str, int]) -> str:
    """Texts with their counts; one that stands once may be anything and is not shown."""
    shown = [f"'{text}' ({n})" for text, n in texts.items() if n > 1 and len(text) <= 30][:8]
    hidden = sum(n for text, n in texts.items()) - sum(
        n for text, n in list(texts.items()) if f"'{text}' ({n})" in shown
    )
    return ", ".join([*shown, *([f"{hidden} others"] if hidden else [])])


def safe(codes: dict[str, list[str]], raws: list[str]) -> dict[str, list[str]]:
    """Codes by their meaning, or by their raw text where one's meaning is another's raw text, or two mean the same.

    >>> safe({"2": ["1"], "3": ["2"]}, ["1", "2"]), safe({"no": ["0"], "yes": ["1"]}, ["0", "1"])
    ({'1': [], '2': []}, {'no': ['0'], 'yes': ['1']})
    """
    every = [fold(text) for code, texts in codes.items() for text in dict.fromkeys((code, *texts))]
    return codes if len(set(every)) == len(every) and len(codes) == len(raws) else {raw: [] for raw in raws}
