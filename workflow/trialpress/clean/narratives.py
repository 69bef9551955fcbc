"""Columns of sentences: what somebody writes freely may name a person in ways that no search finds, so a person reads it first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..errors import Problem
from ..text import normalise

WORDS, LETTERS, SIGNS = 9, 80, 25  # of a sentence: words, letters, signs of a script without spaces


def is_sentence(text: str) -> bool:
    """Whether a cell is a narrative and no term.

    >>> is_sentence("Decreased neutrophil count"), is_sentence("seen on Monday with his wife Anna at the ward")
    (False, True)
    """
    text = normalise(text)
    wide = sum("\u2e80" <= char <= "\uffdc" for char in text)
    return len(text.split()) >= WORDS or len(text) >= LETTERS or wide >= SIGNS


def narratives(done: Mapping) -> Iterator[Problem]:
    """Columns of texts that hold sentences and do not say whether they may leave the clean stage."""
    for table, cleaned in done.items():
        for records in cleaned.parts:
            for name, field in records.fields.items():
                column = field.column
                if column.type != "text" or not field.raw or column.identifier or column.free_text:
                    continue
                cell = next((at for at, cell in enumerate(field.cells) if is_sentence(cell.text)), None)
                if cell is None or not (rows := (field.cell == cell).nonzero()[0]).size:
                    continue
                where = f"{records.part.file.path}, row {records.number(int(rows[0]))}, table {table}, column {name}"
                do = "in study.yaml, free_text: withheld; or free_text: {reviewed_by: ..., on: ...} when somebody has read every cell"
                yield Problem(
                    where, "holds sentences", "what people write freely names people in ways that no search finds", do
                )
