"""How much of a finished dictionary the draft finds from the raw files alone: types, keys, direct identifiers, and what is marked
certain and wrong. `PYTHONPATH=workflow python benchmarks/inference.py [FOLDER ...]`: folders of studies,
each with study.yaml and raw/, or of REDCap exports, each with data.csv and dictionary.csv.

A column is *right* if it has the type of the finished dictionary (number and integer are one where all values are read alike),
*asked* if a question of the draft is about it, else *wrong*. Of a column that is marked certain every cell is read by both
dictionaries, and a value that differs is wrong. The finished dictionary is never shown to the draft.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

from trialpress.clean.parse import Parser
from trialpress.clean.read import read, resolve
from trialpress.draft.drafted import Drafted
from trialpress.draft.metadata import Metadata, metadata
from trialpress.draft.new import files_of
from trialpress.draft.questions import Questions
from trialpress.draft.tables import Tables
from trialpress.errors import InputError
from trialpress.study import Column, File, Study, load_study
from trialpress.study.load import reasons
from trialpress.text import fold

ROOT = Path(__file__).resolve().parents[1]
TYPE = ("type", "codes or number", "codes or text", "unknown codes", "identifier", "participant")
NO_STUDY = SimpleNamespace(missing={})
NUMBERS = {"number", "integer"}


@dataclass
class Score:
    """What came of one study. Lines say what is wrong."""

    columns: Counter = field(default_factory=Counter)  # right, asked, wrong
    keys: Counter = field(default_factory=Counter)
    identifiers: Counter = field(default_factory=Counter)  # found, missed
    certain: Counter = field(default_factory=Counter)  # right, wrong
    more: Counter = field(
        default_factory=Counter
    )  # columns that the finished dictionary leaves out; held back without need
    lines: list[str] = field(default_factory=list)

    def add(self, other: Score) -> None:
        for name in ("columns", "keys", "identifiers", "certain", "more"):
            getattr(self, name).update(getattr(other, name))


def drafted(raw: Path) -> tuple[Tables, Questions]:
    """The tables that are drafted from a folder of raw files, without an answer."""
    questions = Questions()
    known, laid = metadata(files_of([raw])[0])
    return Tables(laid, known, questions), questions


def reads(table: Drafted) -> dict[int, str]:
    """Position in the file -> column of the drafted table."""
    return {at: name for name, entry in table.entries.items() if entry.facts for at in entry.facts.places}


def asked(entry, *about: str) -> bool:
    return any(question.about.endswith(about) for question in entry.asked)


def same_values(column: Column, file: File, study: Study, entry) -> list[str]:
    """Cells that the finished dictionary and a certain entry read as two different values."""
    facts = entry.facts
    keys = {
        key: reasons(value) if key == "missing" else value
        for key, value in entry.spec.items()
        if key in ("decimal", "date_order", "missing", "unit")
    }
    kind = entry.type if entry.spec.get("codes") != "from file" else "text"
    if isinstance(entry.spec.get("codes"), dict):
        keys["codes"] = {code: tuple(texts) for code, texts in entry.spec["codes"].items()}
    mine = Parser(
        Column(entry.name, kind, **keys),
        facts.file,
        {},
        units=[entry.spec.get("unit", "")],
        date_1904=facts.raw.date_1904,
    )
    labels = {text: label for at in facts.places for text, label in facts.raw.labels.get(at, {}).items()}
    theirs = Parser(
        column,
        file,
        study.missing,
        units={column.unit, *column.units} - {""},
        date_1904=facts.raw.date_1904,
        labels=labels,
    )
    pairs = [(mine(cell), theirs(cell), cell.text) for cell in facts.counts]
    if kind == "code" and column.type == "code":  # codes may be called otherwise, but tell the same cells apart
        by: dict[object, set] = {}
        for own, other, _ in pairs:
            if own.value is not None and other.value is not None:
                by.setdefault(own.value, set()).add(fold(other.value))
        return [f"{code} is {sorted(found)}" for code, found in by.items() if len(found) > 1]
    return [f"'{text}' is {own.value} and {other.value}" for own, other, text in pairs
            if own.value is not None and other.value is not None and own.value != other.value and not own.problem and not other.problem]  # fmt: skip


def score(name: str, study: Study, raw: Path) -> Score:
    """Compare the draft of a folder of raw files with its finished dictionary."""
    result = Score()
    tables, _ = drafted(raw)
    by_file: dict[str, list[Drafted]] = {}
    for table in tables.drafted:
        by_file.setdefault(table.file.path, []).append(table)
    declared: set[tuple[str, int]] = set()
    for table in study.tables.values():
        mine: dict[str, set] = {}  # column of the finished table -> (drafted table, column) that read it
        for part in table.parts:
            source = read(raw / part.file.path, part.file)
            positions, _ = resolve(source, part, "")
            for (column_name, _), at in positions.items():
                column = part.columns.get(column_name)
                found = [(one, reads(one)[at]) for one in by_file.get(part.file.path, ()) if at in reads(one)]
                mine.setdefault(column_name, set()).update((one.name, own) for one, own in found)
                if column is None or (part.file.path, at) in declared:
                    continue
                declared.add((part.file.path, at))
                compare(
                    result,
                    f"{name} {table.name}.{column_name}",
                    column,
                    part.file,
                    study,
                    [one.entries[own] for one, own in found],
                )
        compare_key(result, name, table, mine, by_file.get(table.parts[0].file.path, []))
    for table in tables.drafted:
        for entry in table.entries.values():
            if entry.facts and not any((table.file.path, at) in declared for at in entry.facts.places):
                result.more["columns drafted that the dictionary leaves out"] += 1
    return result


def score_redcap(name: str, folder: Path) -> Score | None:
    """Compare what is drafted of a REDCap export alone (data.csv) with its dictionary (dictionary.csv): types and identifiers."""
    result = Score()
    known, laid = metadata([folder / "dictionary.csv", folder / "data.csv"])
    if not laid or not known.told:
        return None
    tables = Tables(laid, Metadata(), Questions())
    for table in tables.drafted:
        for at, own in reads(table).items():
            entry, variable = table.entries[own], known.of(table.laid.raw.headers[at][-1], "")
            if (
                variable is None
                or own == "participant"
                or not entry.facts.n
                or not (variable.type or variable.identifier)
            ):
                continue
            codes = {said: (raw,) for raw, said in variable.codes.items()}
            column = Column(own, variable.type or "text", identifier=variable.identifier, codes=codes)
            compare(result, f"{name} {own}", column, table.file, NO_STUDY, [entry])
    return result


def compare(result: Score, where: str, column: Column, file: File, study: Study, entries: list) -> None:
    """One column of the finished dictionary against what was drafted of it."""
    if not entries:
        result.columns["wrong"] += 1
        result.lines.append(f"{where}: in no table of the draft")
        return
    entry = entries[0]
    if column.identifier:
        held = "identifier" in entry.spec
        result.identifiers["found" if held else "missed"] += 1
        if not held:
            result.lines.append(f"{where}: IDENTIFIER MISSED ({column.identifier}), drafted as {entry.type}")
        return
    if "identifier" in entry.spec:
        result.more["held back without need, asked"] += 1
    same = entry.type == column.type or {entry.type, column.type} <= NUMBERS
    verdict = (
        "asked" if "identifier" in entry.spec else "right" if same else "asked" if asked(entry, *TYPE) else "wrong"
    )
    result.columns[verdict] += 1
    if same and entry.type != column.type:
        result.more["integer for number, or number for integer"] += 1
    if verdict == "wrong":
        result.lines.append(f"{where}: is {column.type}, drafted as {entry.type} ({entry.marks})")
    if entry.mark == "certain" and not entry.asked:
        differ = [] if same else [f"is {column.type}, drafted as {entry.type}"]
        differ += (
            same_values(column, file, study, entry)
            if same and column.type not in ("id", "text") and not (column.rewrite or column.ignore)
            else []
        )
        result.certain["wrong" if differ else "right"] += 1
        result.lines += [f"{where}: WRONG AND CERTAIN: {text}" for text in differ[:3]]


def compare_key(result: Score, name: str, table, mine: dict[str, set], drafts: list[Drafted]) -> None:
    """The key of a finished table against those of the drafted tables of its file."""

    def names(one: Drafted) -> set[str]:
        own = set()
        for key in table.key:
            if re.search(rf"\b{re.escape(key)} == '", table.where):
                continue  # one value in all rows of the table
            column = table.columns[key]
            if column.block:
                own |= {own_name for own_name, entry in one.entries.items() if entry.spec.get("block")} or {key}
            else:
                own |= {own_name for of, own_name in mine.get(key, ()) if of == one.name} or {f"?{key}"}
        return own

    right = [one for one in drafts if names(one) == set(one.key)]
    questions = [one for one in drafts if one.key_asked is not None]
    verdict = "right" if right else "asked" if questions else "wrong"
    result.keys[verdict] += 1
    if verdict == "wrong":
        keys = "; ".join(f"{one.name}: {', '.join(one.key)}" for one in drafts)
        result.lines.append(f"{name} {table.name}: key is {', '.join(table.key)}, drafted {keys}")


def studies(folders: list[Path]) -> list[tuple[str, Study, Path]]:
    """Those of the repository whose raw files are there, and those of folders with study.yaml and raw/."""
    found = [
        (path.parent.name, path, ROOT / "data" / path.parent.name / "raw")
        for path in sorted(ROOT.glob("config/*/study.yaml"))
    ]
    found += [
        (path.parent.name, path, path.parent / "raw")
        for folder in folders
        for path in sorted(folder.glob("*/study.yaml"))
    ]
    loaded = []
    for name, path, raw in found:
        try:
            study = load_study(path)
        except InputError as error:
            print(f"{name} is left out: {error}", file=sys.stderr)
            continue
        if all((raw / file.path).is_file() for file in study.files.values()):
            loaded.append((name, study, raw))
    return loaded


def main(arguments: list[str]) -> int:
    """Print the scores; status 1 if a target is missed."""
    total, lines = Score(), []
    print(
        f"{'study':<14} {'types right':>12} {'asked':>6} {'wrong':>6} | {'keys right':>10} {'asked':>6} {'wrong':>6} | identifiers {'':>5} | certain"
    )
    for name, study, raw in studies([Path(one) for one in arguments]):
        one = score(name, study, raw)
        row(name, one)
        total.add(one)
        lines += one.lines
    for folder in sorted(path.parent for given in arguments for path in Path(given).rglob("dictionary.csv")):
        try:
            found = score_redcap(folder.name, folder) if (folder / "data.csv").is_file() else None
        except InputError:
            continue  # an export without rows
        if found:
            row(folder.name[:14], found)
            total.add(found)
            lines += found.lines
    row("all", total)
    print(*(f"  {n} {what}" for what, n in sorted(total.more.items())), *lines, sep="\n")
    missed = (
        total.columns["wrong"] > 0.05 * total.columns.total()
        or total.keys["wrong"]
        or total.identifiers["missed"]
        or total.certain["wrong"]
    )
    return int(bool(missed))


def row(name: str, one: Score) -> None:
    columns, keys = one.columns, one.keys
    print(f"{name:<14} {columns['right']:>12} {columns['asked']:>6} {columns['wrong']:>6} | {keys['right']:>10} {keys['asked']:>6} {keys['wrong']:>6} | "
          f"{one.identifiers['found']} found, {one.identifiers['missed']} missed | {one.certain['right']} right, {one.certain['wrong']} wrong")  # fmt: skip


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
