"""Rows in = rows kept + rows rejected; and a run that loses what it should not lose stops."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pyarrow as pa

from .. import contracts
from ..errors import InputError, Problem
from ..study import SHOWN, File, Study
from . import log
from .part import ELSEWHERE, HARMLESS, SHIFTED, UNKNOWN, Records
from .read import declared, footnote
from .read.raw import Raw, Refused
from .withheld import cut

ROWS = list(contracts.ROWS.columns)
SHARE = 0.05  # of a file's rows that may be rejected, where study.yaml says nothing


class LossError(InputError):
    """A run that lost more than it should; the logs of the clean stage are written all the same."""

    def __str__(self) -> str:
        n = len(self.problems)
        head = f"The clean stage stops for {n} loss{'es' if n != 1 else ''} of records; no table was written."
        return "\n".join([head, *map(str, self.problems)])


def accounts(study: Study, raws: Mapping[str, Raw], done: Mapping) -> tuple[list[dict], list[pa.Table]]:
    """(rows.csv, rejected.csv), an entry for each part of each table."""
    shown = {name: declared(study, raw) for name, raw in raws.items()}
    rows, rejected = [], []
    for name, cleaned in done.items():
        for records in cleaned.parts:
            numbers, reasons, contents = _rejected(records, shown[records.part.file.name])
            n = len(records.raw.numbers) + len(records.raw.refused)
            kept = n - len(numbers)
            file = records.part.file.path
            rows.append({"file": file, "table": name, "rows_in": n, "rows_kept": kept, "rows_rejected": len(numbers)})
            rejected.append(
                log.batch(
                    log.REJECTED, len(numbers), file=file, row=numbers, table=name, reason=reasons, content=contents
                )
            )
    return rows, rejected


def losses(
    study: Study, rows: Iterable[Mapping], rejected: Iterable[pa.Table], kept: Mapping[str, int]
) -> list[Problem]:
    """What stops the run; rows, rejected: see `accounts`; kept: the rows of each clean table."""
    problems, each = [], zip(rows, rejected, strict=True)
    for name, table in study.tables.items():
        seen: Counter = Counter()
        for part in table.parts:
            counted, lost = next(each)
            reasons = lost["reason"].to_pylist()
            problems += _losses(name, part.file, counted["rows_in"], lost["row"].to_pylist(), reasons)
            seen.update(map(_kind, reasons))
        if not kept[name] and not table.may_be_empty:
            problems.append(
                Problem(
                    f"study.yaml, tables.{name}",
                    "keeps no row: " + ("; ".join(f"{n} x {reason}" for reason, n in seen.most_common(3)) or "no rows"),
                    "a table without rows would be read as nothing having happened to anybody",
                    "correct where, key or references of the table; may_be_empty: true if it really may be empty",
                )
            )
    return problems


def _rejected(records: Records, shown: Mapping[int, int]) -> tuple[list[int], list[str], list[str]]:
    """(physical rows, reasons, contents) of the raw rows of a part of which nothing is kept, in the file's order."""
    raw = records.raw
    reason = dict(records.unused)
    kept = np.zeros(len(raw.numbers), dtype=bool)
    kept[records.row[records.alive]] = True
    dead = ~records.alive & ~kept[records.row]
    for row, why in zip(records.row[dead].tolist(), records.reason[dead].tolist(), strict=True):
        reason.setdefault(row, why)
    at = np.array(sorted(reason), dtype=np.int64)
    reasons = [reason[row] for row in at.tolist()]
    hide = withheld(raw, shown)
    contents = [WITHHELD if hide and SHIFTED in why else text
                for why, text in zip(reasons, content(raw, shown, at), strict=True)]  # fmt: skip
    every = [*zip(raw.numbers[at].tolist(), reasons, contents, strict=True),
             *((row.row, refused(raw, row), refused_content(raw, shown, row.cells)) for row in raw.refused)]  # fmt: skip
    every.sort(key=lambda row: row[0])
    return tuple(map(list, zip(*every, strict=True))) if every else ([], [], [])


def refused(raw: Raw, row: Refused) -> str:
    """Why a row that fits no columns is not used."""
    return "footnote" if footnote(raw.file, row.cells) else row.reason


def _kind(reason: str) -> str:
    """A reason without what is particular to a row."""
    if reason.startswith((ELSEWHERE, UNKNOWN)):
        return reason
    return "".join(" " if char.isdigit() else char for char in reason.split(" '")[0]).strip()


def _losses(name: str, file: File, n: int, numbers: list[int], reasons: list[str]) -> list[Problem]:
    elsewhere = sum(reason.startswith(HARMLESS) for reason in reasons)
    lost = [(row, reason) for row, reason in zip(numbers, reasons, strict=True) if not reason.startswith(HARMLESS)]
    share = SHARE if file.max_rejected is None else file.max_rejected
    allowed = max(share * (n - elsewhere), 1 if file.max_rejected is None else 0)
    if len(lost) <= allowed:
        return []
    common = Counter(_kind(reason) for _, reason in lost).most_common(3)
    examples = {kind: next((row, reason) for row, reason in lost if _kind(reason) == kind) for kind, _ in common}
    listed = "; ".join(f"{count} x {examples[kind][1]} (row {examples[kind][0]})" for kind, count in common)
    return [
        Problem(
            f"{file.path}, table {name}",
            f"{len(lost)} of {n - elsewhere} rows would be rejected ({len(lost) / (n - elsewhere):.0%}, allowed {share:.0%}): {listed}",
            "whoever is in these rows would be missing from every number without having left the study",
            f"correct the dictionary or the file; or allow it: files.{file.name}.max_rejected in study.yaml",
        )
    ]


# --- what a rejected row shows -------------------------------------------------------------------------------------------

WITHHELD = '{"": "withheld: cells may stand under other headers than their own"}'


def content(raw: Raw, shown: Mapping[int, int], rows: np.ndarray) -> list[str]:
    """The declared cells of raw rows as JSON, header -> text: nothing else leaves the clean stage. shown: see `declared`."""
    parts = []
    for at in sorted(shown):
        cells, codes = raw.columns[at].cells, raw.columns[at].codes[rows].tolist()
        header = json.dumps(raw.header(at), ensure_ascii=False)
        said = {code: json.dumps(cut(cells[code].text, shown[at]), ensure_ascii=False) for code in set(codes)}
        parts.append([f"{header}: {said[code]}" if cells[code].text else "" for code in codes])
    return (
        ["{" + ", ".join(filter(None, row)) + "}" for row in zip(*parts, strict=True)] if parts else ["{}"] * len(rows)
    )


def withheld(raw: Raw, shown: Mapping[int, int]) -> bool:
    """Whether cells that stand under a wrong column may be what must not leave the clean stage."""
    return len(shown) < len(raw.headers)


def refused_content(raw: Raw, shown: Mapping[int, int], cells: Sequence[str]) -> str:
    """The cells of a row that fits no columns, if the whole file may be shown."""
    if withheld(raw, shown):
        return WITHHELD
    names = [raw.header(i) if i < len(raw.headers) else f"column {i + 1}" for i in range(len(cells))]
    texts = [cut(cell, shown.get(at, SHOWN)) for at, cell in enumerate(cells)]
    return json.dumps({name: text for name, text in zip(names, texts, strict=True) if text}, ensure_ascii=False)
