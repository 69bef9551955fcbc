"""study.yaml of a draft: every column declared, every entry with how sure it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..study import File
from .drafted import Drafted
from .questions import Question, Questions
from .yaml import flow, scalar

FILE_KEYS = (
    "encoding",
    "delimiter",
    "quote",
    "sheet",
    "header_rows",
    "skip_rows",
    "footer",
    "decimal",
    "date_order",
    "member",
    "catalog",
)
ORDER = ("source", "block", "row", "derive", "type", "identifier", "unit", "units", "codes", "missing", "decimal", "grouping", "date_order", "partial", "limit",
         "limit_text", "pattern", "rewrite", "possible", "plausible", "unit_from", "unit_by", "unit_to", "required", "label")  # fmt: skip


def mark(sure: str, *asked: Question | None) -> str:
    """The comment behind an entry.

    >>> mark("likely")
    'likely'
    """
    open_ = [question.id for question in asked if question is not None and question.answer is None]
    given = [question.id for question in asked if question is not None and question.answer is not None]
    return f"ASK {', '.join(open_)}" if open_ else f"answered {', '.join(given)}" if given else sure


def study_text(
    study: dict,
    cutoff: Question | None,
    files: dict[str, tuple[File, str]],
    tables: Sequence[Drafted],
    missing: Mapping[str, str],
    units: Mapping[str, Mapping] | None = None,
) -> str:
    """The text of study.yaml. study: its head; files: short name -> (file, mark)."""
    lines = [
        f"# Data dictionary: {study['id']}, drafted from its files. Every key is described in config/README.md of the engine.",
        "# certain: the files say so. likely: inferred from all rows, to be looked at. ASK q1: see questions.yaml.",
        "study:",
    ]
    for key, value in study.items():
        said = f"  # {mark('certain', cutoff)}" if key == "data_cutoff" else ""
        lines.append(f"  {key}: {flow(value)}{said}")
    if missing:
        said = flow(dict(missing) if any(missing.values()) else list(missing))
        lines += ["", f"missing: {said}  # {'certain' if all(missing.values()) else 'likely'}"]
    if units:
        lines += [
            "",
            "units:  # by analyte; the first is canonical",
            *(f"  {scalar(code)}: {flow(of)}  # likely" for code, of in units.items()),
        ]
    lines += ["", "files:"]
    for name, (file, sure) in files.items():
        spec = {"path": file.path} | {
            key: getattr(file, key) for key in FILE_KEYS if getattr(file, key) != getattr(File, key)
        }
        lines.append(f"  {scalar(name)}: {flow(spec)}  # {sure}")
    lines += ["", "tables:"]
    for table in tables:
        lines += table_lines(table, next(name for name, (file, _) in files.items() if file == table.file)) + [""]
    return "\n".join(lines).rstrip() + "\n"


def table_lines(table: Drafted, file: str) -> list[str]:
    lines = [f"  {scalar(table.name)}:"]
    if table.label:
        lines.append(f"    label: {scalar(table.label)}")
    lines += [f"    file: {scalar(file)}", f"    key: {flow(list(table.key))}  # {mark('likely', table.key_asked)}"]
    if table.where:
        lines.append(f"    where: {scalar(table.where)}")
    if table.reference:
        lines.append(
            f"    references: {flow({'participant': table.reference})}  # {mark('likely', table.reference_asked)}"
        )
    if table.blocks:
        same = all(str(value) == text for value, text in table.blocks.items())
        lines.append(f"    blocks: {flow(list(table.blocks) if same else dict(table.blocks))}  # likely")
    lines.append("    columns:")
    for name, entry in table.entries.items():
        spec = dict(sorted(entry.spec.items(), key=lambda item: ORDER.index(item[0])))
        if spec.get("source") == name:
            del spec["source"]
        if spec.get("type") == "text":
            del spec["type"]
        lines.append(f"      {scalar(name)}: {flow(spec)}  # {entry.marks}")
    if table.checks:
        lines.append("    checks:")
        lines += [f"      - {flow(check)}" for check in table.checks]
    return lines


def open_questions(questions: Questions) -> list[str]:
    """The open questions as the command prints them."""
    return [
        f"  {question.id:<5} {question.about}: {question.asks}\n        seen: {question.seen}; until then: {question.default}"
        for question in questions.open
    ]
