"""The rows of the raw files dealt out by participant, before the parts of the clean stage begin: each file is read once, as a whole,
and for each part is noted where its rows are. What is noted are places: no cell is written but those of remarks, as queries show them.

A part then reads its own rows and those alone: its time and its memory are those of its share.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import asdict, replace
from functools import cache, partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ..chunks import ONE, WHY, refusals
from ..collector import uncollected
from ..errors import InputError, Problem, raise_if
from ..files import read_json, write_text, write_whole
from ..study import Study
from ..text import text_of
from . import positions_of, visible
from .parse import Parser
from .read import Raw, Remark, read_all
from .read.places import Places, places, read_some
from .signs import commas
from .steps.rows import core

SAID = "dealt.json"
DO = "run again, and leave the raw files as they are meanwhile"
SCHEMA = pa.schema([(name, pa.int64()) for name in ("number", "begin", "end")])


@cache
def number_of(participant: str, parts: int) -> int:
    """The part in which a participant is, from 0; ids that look alike are in one part, no id is in the first."""
    return zlib.crc32(core(participant).encode("utf-8")) % parts if participant else 0


@uncollected()
def deal(study: Study, raw_folder: Path, parts: int, folder: Path, processes: int = 1) -> None:
    """Note for each of the parts where its rows are, into a folder: a file for each raw file, with a row group for each part and one
    for the rows that all of them need. processes: of two each reads a file."""
    raise_if(refusals(study))
    folder.mkdir(parents=True, exist_ok=True)
    said = read_all(study, raw_folder, partial(_dealt, study, raw_folder, parts, folder), processes)
    write_text(json.dumps({"parts": parts, "files": said}, ensure_ascii=False), folder / SAID)


def _dealt(study: Study, raw_folder: Path, parts: int, folder: Path, raw: Raw) -> dict:
    """What is said of a file; its places are written."""
    path = raw_folder / raw.file.path
    of, numbers = _parts_of(study, raw, raw_folder, parts), raw.numbers
    if raw.refused:  # what is said of a file as a whole is in the first part alone
        of = np.append(of, np.zeros(len(raw.refused), dtype=of.dtype))
        numbers = np.append(numbers, [row.row for row in raw.refused])
    if beside := sorted((raw.beside or frozenset()) - set(raw.numbers.tolist() if raw.beside else ())):
        of, numbers = np.append(of, np.full(len(beside), parts, dtype=of.dtype)), np.append(numbers, beside)
    order = np.argsort(numbers, kind="stable")
    of, numbers = of[order], numbers[order]
    headers, remarks = len(raw.headers), [asdict(remark) for remark in visible(study, raw).remarks]
    shown = sorted(commas(study, raw))
    every, shared = np.isin(numbers, sorted(raw.beside)) if raw.beside else np.zeros(len(of), dtype=bool), parts
    raw = replace(raw, columns=())  # the cells of a large file are gigabytes
    found = places(path, raw, numbers)
    whole = found or Places(numbers, numbers, numbers, 0, 0)

    def write(to: Path) -> None:
        with pq.ParquetWriter(to, SCHEMA, compression="zstd", use_dictionary=False) as writer:
            for part in range(parts + 1):
                here = np.flatnonzero(every if part == shared else of == part)
                arrays = [whole.number[here], whole.begin[here], whole.end[here]]
                writer.write_table(pa.Table.from_arrays(arrays, schema=SCHEMA), row_group_size=max(len(here), 1))

    write_whole(folder / f"{raw.file.name}.parquet", write)
    cut = [whole.first, whole.last] if found else []
    return {
        "bytes": path.stat().st_size,
        "format": raw.format,
        "cut": cut,
        "columns": headers,
        "commas": shown,
        "remarks": remarks,
    }


def _parts_of(study: Study, raw: Raw, raw_folder: Path, parts: int) -> np.ndarray:
    """The part of each row."""
    at, found = set(), np.zeros(len(raw.numbers), dtype=np.int32)
    for name, positions in positions_of(study, {raw.file.name: raw}, raw_folder).items():
        for one, where in zip(study.tables[name].parts, positions, strict=True):
            if where is None:
                continue
            column = one.columns[study.participant]
            at |= {index for (of, _), index in where.items() if of == column.name}
            labels = raw.labels.get(min(at), {})
            days = {"date_1904": raw.date_1904, "serials": raw.serials}
            parse = Parser(column, one.file, study.missing, labels=labels, **days)
            cells = raw.columns[min(at)]
            texts = [text_of(reading.value, column.type) for reading in parse.all(cells.cells)]
            found = np.array([number_of(text, parts) for text in texts], dtype=np.int32)[cells.codes]
    if len(at) > 1:
        what = "its tables have the participant in different columns"
        raise InputError([Problem(raw.file.path, what, WHY, ONE)])
    return found


def read_dealt(study: Study, raw_folder: Path, dealt: Path, part: int) -> tuple[dict[str, Raw], Mapping]:
    """(the rows of a part of each raw file, the positions of columns: see `positions_of`); remarks are in the first part alone."""
    said = read_json(dealt / SAID, files=dict, parts=int)["files"]
    what, why = "has changed since its rows were dealt out", "a part would read other rows than its own"
    sizes = {
        raw_folder / file.path: said[name]["bytes"] for name, file in study.files.items()
    }  # a run compares the hashes
    raise_if(Problem(str(path), what, why, DO) for path, size in sizes.items() if path.stat().st_size != size)
    raws = {}
    for name, file in study.files.items():
        with pq.ParquetFile(dealt / f"{name}.parquet") as noted:
            own, shared = (_places(noted, number, said[name]["cut"]) for number in (part, noted.num_row_groups - 1))
        some = _together(own, shared) if said[name]["cut"] else None
        raw = read_some(raw_folder / file.path, file, said[name]["format"], some, own.number)
        if len(raw.headers) != said[name]["columns"]:
            raise AssertionError(
                f"{file.path}: a part has {len(raw.headers)} columns, the file {said[name]['columns']}"
            )
        remarks = tuple(Remark(**remark) for remark in said[name]["remarks"]) if part == 0 else ()
        raws[name] = replace(raw, remarks=remarks, commas=frozenset(said[name]["commas"]))
    return raws, positions_of(study, raws, raw_folder)


def _places(noted: pq.ParquetFile, group: int, cut: list[int]) -> Places:
    return Places(*(column.to_numpy() for column in noted.read_row_group(group).columns), *(cut or (0, 0)))


def _together(own: Places, shared: Places) -> Places:
    """Both, in the order of the file, each row once."""
    number, at = np.unique(np.append(own.number, shared.number), return_index=True)
    return Places(
        number, np.append(own.begin, shared.begin)[at], np.append(own.end, shared.end)[at], own.first, own.last
    )
