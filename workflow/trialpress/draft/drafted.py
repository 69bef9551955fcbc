"""A table of the draft, and all of them with what is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from ..study import File
from .entry import Entry
from .facts import Facts
from .layout import Laid
from .questions import Question, Questions


@dataclass
class Drafted:
    """A table of the draft. mark: how sure its key is; parts of `why` are the comments of its keys."""

    name: str
    file: File
    laid: Laid
    entries: dict[str, Entry]
    key: tuple[str, ...] = ()
    key_asked: Question | None = None
    reference: str = ""
    reference_asked: Question | None = None
    blocks: Mapping[int, str] = field(default_factory=dict)
    where: str = ""
    label: str = ""
    ids: dict[str, int] = field(default_factory=dict)  # canonical id of a participant -> rows
    checks: list[dict] = field(default_factory=list)

    @property
    def once(self) -> bool:
        return self.key == ("participant",)


class Draft(Protocol):
    """The tables in the making, as the steps that relate them see them."""

    drafted: list[Drafted]
    questions: Questions
    who: Sequence[Facts | None]  # by file
    main: Drafted | None
    blocked: list[Question]
