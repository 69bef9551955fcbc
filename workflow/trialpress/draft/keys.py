"""Which column names the participant, how its ids are spelt, and which columns together name a row."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from ..clean.steps.rows import core
from ..text import normalise, text_of
from .entry import Entry
from .facts import Facts

PARTICIPANT = (
    r"usubjid", r"unique subject id\w*", r"subjid|subject id\w*|subject (?:no|number|code)", r"participant(?: id| no| number| code)?",
    r"record id", r"study (?:id|no|number)", r"patient (?:id|no|number|code)|patid|ptid|pat id|pat nr|patnr|patienten ?(?:id|nr|nummer)|pid",
    r"randomi[sz]ed id|randomi[sz]ation (?:id|no|number)|screening (?:id|no|number)|sujeto|probanden ?(?:id|nr|nummer)", r"subject|patient|proband|case id|person id", r"id",
)  # fmt: skip
HAN = r"研究编号|受试者|患者编号|病人编号|患者id|入组号|筛选号|随机号|被験者|症例番号|编号|대상자"
SPACED = re.compile(r"(?<=[a-z])(?=[A-Z])|[\W_]+")


def rank(header: str) -> int:
    """How much a header sounds like that of the participant's id; 0 not at all.

    >>> [rank(text) for text in ("USUBJID", "Patient", "研究编号", "age")] == [12, 4, 10, 0]
    True
    """
    text = SPACED.sub(" ", normalise(header)).strip().lower()
    for at, words in enumerate(PARTICIPANT):
        if re.fullmatch(words, text):
            return 12 - at
    if re.search(HAN, normalise(header)):
        return 10
    last = SPACED.sub(" ", normalise(header).rpartition("|")[2]).strip().lower()
    return next((12 - at for at, words in enumerate(PARTICIPANT) if re.fullmatch(words, last)), 0)


def participants(files: Sequence[Sequence[Facts]], named: str = "") -> list[tuple[Facts | None, list[Facts]]]:
    """(the column of the participant, others that could be it) of every file; None where no column is. named: its header, if
    it was given."""
    found, ids = [], []
    for columns in files:
        likely = [facts for facts in columns if _like_ids(facts)]
        found.append(likely)
        ids.append({id(facts): {core(text) for text in facts.texts} for facts in likely})
    chosen = []
    for at, (columns, likely) in enumerate(zip(files, found, strict=True)):
        given = [
            facts
            for facts in columns
            if named and named.casefold() in (facts.header.casefold(), facts.raw.headers[facts.at][-1].casefold())
        ]
        if given:
            chosen.append((given[0], []))
            continue
        scored = []
        for facts in likely:
            own = ids[at][id(facts)]
            shared = [
                max((len(own & other) / len(own) for other in ids[b].values()), default=0)
                for b in range(len(files))
                if b != at
            ]
            overlap = sum(shared) / len(shared) if shared else 0.0
            score = rank(facts.header) + 6 * overlap
            if score >= 3 and (rank(facts.header) or overlap > 0.5):
                scored.append((score, -facts.at, facts))
        scored.sort(key=lambda one: one[:2], reverse=True)
        rivals = [facts for score, _, facts in scored[1:] if score > scored[0][0] - 1.5] if scored else []
        chosen.append((scored[0][2], rivals) if scored else (None, []))
    return chosen


def _like_ids(facts: Facts) -> bool:
    if not facts.n or facts.n < 0.6 * facts.rows or len(facts.texts) < 2:
        return False
    return (
        facts.share(r"[\w][\w./ -]{0,39}") > 0.9
        and facts.share(r"\d+[.,]\d+") < 0.1
        and facts.share(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}") < 0.1
    )


# --- spelling -----------------------------------------------------------------------------------------------------------------


def shape(text: str) -> str:
    """An id with its digits counted and its letters kept: LD-\\d{3}."""
    return re.sub(r"\d+", lambda m: rf"\d{{{len(m[0])}}}", re.escape(text).replace(r"\-", "-"))


def spelling(every: dict[str, int], others: Iterable[str]) -> tuple[str, dict[str, str], bool]:
    """(pattern, rewrite, whether zeros are put in) of the participant's ids. every: ids of the main table with their rows;
    others: those of all files.

    >>> spelling({"LD-001": 1, "LD-002": 1, "LD-017": 1}, ["ld-001", "LD002"])
    ('LD-\\\\d{3}', {'(?i)^LD[-_ ./]*(?=\\\\d)': 'LD-'}, False)
    >>> spelling({"P-001": 1, "P-002": 1, "p-003": 1}, [])
    ('P-\\\\d{3}', {'(?i)^P[-_ ./]*(?=\\\\d)': 'P-'}, False)
    >>> spelling({"7": 1, "12": 1, "101": 1}, [])
    ('\\\\d{1,3}', {}, False)
    """
    shapes: Counter[str] = Counter()
    for text in every:
        shapes[shape(text)] += 1
    alike: Counter[str] = Counter()  # whatever the case of the letters
    for form, rows in shapes.items():
        alike[form.casefold()] += rows
    folded, n = alike.most_common(1)[0] if alike else ("", 0)
    common = next((form for form, _ in shapes.most_common() if form.casefold() == folded), "")
    whole = {text for text in every if re.fullmatch(r"\d+", text)}
    if (
        len(whole) > 0.95 * len(every)
        and len(shapes) > 1
        and not any(text.startswith("0") and len(text) > 1 for text in whole)
    ):
        lengths = [len(text) for text in whole]
        return rf"\d{{{min(lengths)},{max(lengths)}}}", {}, False
    if n < 0.9 * len(every) or len(every) < 3:
        return "", {}, False
    canonical = {core(text): text for text in every if shape(text) == common}
    parts = re.fullmatch(r"((?:[^\d\\{}]|\\(?!d))*)\\d\{(\d+)\}", common)
    variants = {text for text in others if not re.fullmatch(common, text) and core(text) in canonical}
    variants |= {text for text in every if shape(text) != common and shape(text).casefold() == folded}
    if not parts or not variants:
        return common, {}, False
    prefix, digits = re.sub(r"\\(.)", r"\1", parts[1]), int(parts[2])
    rewrite, padded = {}, False
    if prefix and any(not re.match(re.escape(prefix) + r"\d", text) for text in variants):
        letters = re.match(r"[^\W\d_]*", prefix)[0]
        rewrite[rf"(?i)^{re.escape(letters)}[-_ ./]*(?=\d)"] = prefix
    for short in range(1, digits):
        if any(len(re.sub(r"\D", "", text)) == short for text in variants):
            rewrite[rf"^({re.escape(prefix).replace(chr(92) + '-', '-')})(\d{{{short}}})$"] = (
                rf"\g<1>{'0' * (digits - short)}\2"
            )
            padded = True
    return common, rewrite, padded


# --- rows ---------------------------------------------------------------------------------------------------------------------


def coded(entry: Entry, facts: Facts) -> np.ndarray:
    """One number for each row: rows with the same value have the same; -1 where there is none."""
    spec = {
        key: value
        for key, value in entry.spec.items()
        if key in ("date_order", "decimal", "missing", "unit", "rewrite")
    }
    spec = {key: tuple(value) if isinstance(value, list) else value for key, value in spec.items()}
    if "missing" in spec:
        spec["missing"] = dict.fromkeys(spec["missing"], "")
    codes = entry.spec.get("codes")
    if isinstance(codes, dict):
        spec["codes"] = {code: tuple(texts) for code, texts in codes.items()}
    type_ = entry.type if codes != "from file" else "text"
    values: dict[str, int] = {}
    known: dict = {}
    for cell, _, reading in facts.read(type_, **spec).cells:
        text = text_of(reading.value, type_) if not reading.problem else normalise(cell.text)
        known[cell] = values.setdefault(text, len(values)) if text else -1
    column = facts.raw.columns[facts.at]
    return np.array([known.get(cell, -1) for cell in column.cells] or [-1], dtype=np.int64)[column.codes]


def _by_date(every: pd.DataFrame, best: tuple, usable: dict[str, Entry]) -> list[tuple[tuple[str, ...], int, int]]:
    """A key that repeats in some rows, with the first date that tells these rows apart: an event may come back."""
    columns, repeated, blank = best
    for name, entry in usable.items():
        if repeated and entry.type in ("date", "datetime") and name not in columns and (every[name] >= 0).all():
            wider = (*columns, name)
            if len(every) == len(every.drop_duplicates(["p", *wider])) and not any(
                usable[one].type in ("date", "datetime") for one in columns
            ):
                return [(wider, 0, blank)]
    return []


FIRST = re.compile(
    r"visit|day|date|time|window|cycle|test|param|analyt|term|lab|event|instance|seq|week|month|日期|时间|项目|天|检查|datum|fecha",
    re.I,
)
WORTH = {"date": 0, "datetime": 0, "code": 1, "integer": 2, "id": 2}


def key_of(
    participant: np.ndarray, candidates: dict[str, tuple[Entry, np.ndarray]]
) -> list[tuple[tuple[str, ...], int, int]]:
    """(columns beside the participant, rows that repeat a key, rows without one) of the keys that could name a row; the best
    first, none longer than it has to be. No row whose every cell is that of another one counts."""
    filled = participant >= 0
    exact = pd.DataFrame({"p": participant} | {name: codes for name, (_, codes) in candidates.items()})[filled]
    every = exact.drop_duplicates()
    n = len(every)
    if not n:
        return []
    few, some = max(1, 0.002 * n), 0.02 * n
    repeated = n - len(every.drop_duplicates("p"))
    alone = [((), repeated, int((~filled).sum()))]
    if repeated <= few:
        return alone
    second = alone if repeated <= some else []
    usable = {
        name: entry for name, (entry, _) in candidates.items() if entry.type in WORTH and "identifier" not in entry.spec
    }
    full = {name: int((every[name] < 0).sum()) for name in usable}
    names = [name for name in usable if full[name] <= 0.1 * n and every[name].nunique() > 1]
    names.sort(key=lambda name: (not FIRST.search(name), WORTH[usable[name].type], list(usable).index(name)))
    names = names[:14]
    for size in (1, 2, 3):
        found = []
        for columns in combinations(names, size):
            keyed = every[(every[list(columns)] >= 0).all(axis=1)]
            repeated = len(keyed) - len(keyed.drop_duplicates(["p", *columns]))
            if repeated <= some:
                worth = (
                    sum(not FIRST.search(name) for name in columns),
                    repeated + n - len(keyed),
                    [names.index(name) for name in columns],
                )
                found.append((worth, (columns, repeated, n - len(keyed))))
        ordered = [one for _, one in sorted(found, key=lambda one: one[0])]
        if good := [one for one in ordered if one[1] <= few]:
            return [*_by_date(every, good[0], usable), *good, *second]
        second += ordered
    return sorted(second, key=lambda one: one[1])
