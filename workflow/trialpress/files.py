"""Files written whole or not at all, and the same bytes for the same content."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import InputError, Problem
from .text import iso

if TYPE_CHECKING:  # who writes texts alone does not wait for it
    import pandas as pd
    import pyarrow as pa
    from pyarrow import csv, parquet


def sha256(content: Path | str | bytes) -> str:
    """Of a file by its path, or of bytes."""
    if isinstance(content, bytes):
        return hashlib.sha256(content).hexdigest()
    with open(content, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_whole(path: Path, write: Callable[[Path], None]) -> None:
    """Call `write` with a temporary neighbour of `path`, then move it into place; on failure nothing is left behind."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.part")
    try:
        write(temporary)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def link(source: Path, to: Path) -> None:
    """Put a hard link to `source` in the place of `to`; OSError where the disk knows none."""
    beside = to.with_name(f".{to.name}.link")
    beside.unlink(missing_ok=True)
    os.link(source, beside)
    os.replace(beside, to)


def write_text(text: str, path: Path) -> None:
    write_whole(path, lambda to: to.write_bytes(text.encode("utf-8")))


def write_csv(frame: pd.DataFrame, path: Path) -> None:
    """UTF-8, comma, \\n, dates as ISO with the time of day where there is one, missing as an empty field."""
    frame = frame.copy()
    for at, kind in enumerate(frame.dtypes):  # by position: two columns may have one header
        if kind.kind == "M":
            frame.isetitem(at, frame.iloc[:, at].map(iso, na_action="ignore"))
    write_whole(path, lambda to: frame.to_csv(to, index=False, lineterminator="\n", encoding="utf-8"))


# bytes of a CSV file that are read at a time: of eight times as many the different texts of a column are found at half the speed
BLOCK = 2**23
LONGEST = 2**30  # bytes of a row
ROW_GROUP = 2**20  # rows of a Parquet file that are packed together
BATCH = 2**16  # rows of which those that are asked for are taken at a time
used: set[str] = set()  # the tables that this process has opened, the modules that it has read and not run


def read_parquet(
    path: Path, columns: Iterable[str] | None = None, among: tuple[str, Iterable[str]] | None = None
) -> pd.DataFrame:
    """A table that a stage has written. among: (column, those of its texts whose rows are read). It is noted that the table was
    opened: what does not decide need not be computed again."""
    import pandas as pd

    used.add(str(path))
    if among is None:
        return pd.read_parquet(path, columns=columns)
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    column, texts = among
    with pq.ParquetFile(path) as file:
        if column not in file.schema_arrow.names:
            return pd.read_parquet(path)
        texts = sorted(texts)
        chosen = pa.array(texts, file.schema_arrow.field(column).type)
        batches = file.iter_batches(BATCH, row_groups=_between(file.metadata, column, texts)) if texts else ()
        found = [batch.filter(pc.is_in(batch[column], chosen)) for batch in batches]
        return pa.Table.from_batches(found, file.schema_arrow).to_pandas()


def _between(file: parquet.FileMetaData, column: str, texts: Sequence[str]) -> list[int]:
    """The row groups in which one of these texts, in order, can be: the tables of the clean stage are in the order of their keys."""
    at = file.schema.names.index(column)
    each = [file.row_group(number).column(at).statistics for number in range(file.num_row_groups)]
    return [
        number
        for number, known in enumerate(each)
        if not (known and known.has_min_max) or (known.min <= texts[-1] and known.max >= texts[0])
    ]


class Tables(Mapping):
    """Tables by name, each read when it is first asked for."""

    def __init__(self, paths: Mapping[str, Path], read: Callable[[Path], pd.DataFrame] = read_parquet):
        self.paths, self.read, self.frames = paths, read, {}

    def __getitem__(self, name: str) -> pd.DataFrame:
        if name not in self.frames:
            self.frames[name] = self.read(self.paths[name])
        return self.frames[name]

    def __contains__(self, name: object) -> bool:
        return name in self.paths

    def __iter__(self) -> Iterator[str]:
        return iter(self.paths)

    def __len__(self) -> int:
        return len(self.paths)


def write_parquet(frame: pd.DataFrame | Iterable[pa.Table], path: Path) -> None:
    """A frame, or its rows in tables of Arrow (with their `schema`), each as large as a row group but the last."""
    import pandas as pd
    import pyarrow as pa
    from pyarrow import parquet

    if isinstance(frame, pd.DataFrame):
        rows = pa.Table.from_pandas(frame, preserve_index=False)
        pieces, schema = [rows], rows.schema
    else:
        pieces, schema = frame, frame.schema

    def write(to: Path) -> None:
        with parquet.ParquetWriter(to, schema, compression="zstd") as writer:
            for piece in pieces:
                writer.write_table(piece, row_group_size=ROW_GROUP)

    write_whole(path, write)


def read_text(path: Path) -> str:
    """A text that people have written; InputError, with its line, if it is not UTF-8."""
    data = path.read_bytes()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        what = f"is not UTF-8: byte 0x{data[error.start]:02x}"
        where = f"{path}, line {data.count(10, 0, error.start) + 1}"
        raise InputError([Problem(where, what, "its letters would be guessed", "save it as UTF-8")]) from None


@contextmanager
def of_a_run(path: Path | str, do: str) -> Iterator[None]:
    """InputError for a file that a run writes and that cannot be read: cut off, changed by hand, of something else."""
    try:
        yield
    except (ValueError, RecursionError) as error:  # among them those of JSON, pandas and UTF-8
        what = f"cannot be read ({' '.join(str(error).split())[:200]})"
        raise InputError([Problem(str(path), what, "it is not what a run has written there", do)]) from None


def read_json(path: Path, **kinds: type) -> dict:
    """A JSON object that a run has written; InputError if it is none, or has no value of this kind by one of these names."""
    do = "run again: make report; of another's results ask for the file again"
    with of_a_run(path, do):
        content = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(content, dict):
            raise ValueError("it holds no object")
        if lost := [name for name, kind in kinds.items() if not isinstance(content.get(name), kind)]:
            raise ValueError(f"it lacks {', '.join(lost)}")
        return content


def header(path: Path | str) -> list[str]:
    """The names of a CSV file's columns."""
    import pandas as pd

    return list(pd.read_csv(path, dtype=str, nrows=0, encoding="utf-8").columns)


def read_csv(path: Path | str, numbers: Iterable[str] = (), whole: Iterable[str] = ()) -> pd.DataFrame:
    """A CSV file with the types that its contract declares: every column is text, an empty cell the empty text, but those
    of `numbers` (an empty cell is missing) and of `whole` numbers. "None", "NA", "nan" and "null" are texts."""
    import pandas as pd

    names = header(path)
    numbers, whole = [name for name in numbers if name in names], [name for name in whole if name in names]
    types = dict.fromkeys(names, str) | dict.fromkeys(numbers, float) | dict.fromkeys(whole, "Int64")
    missing = {name: [""] for name in (*numbers, *whole)}
    frame = pd.read_csv(path, dtype=types, keep_default_na=False, na_values=missing, encoding="utf-8")
    if not isinstance(frame.index, pd.RangeIndex):  # pandas takes what is too much for an index, and moves the rest
        raise ValueError("its rows have more cells than its header")
    return frame


def _blocks(path: Path | str, names: Iterable[str], size: int) -> csv.CSVStreamingReader:
    """A CSV file (or some of its columns) whose cells are all text, opened by Arrow: blocks of `size` bytes, each with its own
    dictionaries."""
    import pyarrow as pa
    from pyarrow import csv

    kinds = dict.fromkeys(header(path), pa.dictionary(pa.int32(), pa.string()))
    wanted = csv.ConvertOptions(column_types=kinds, strings_can_be_null=False, include_columns=list(names))
    return csv.open_csv(path, csv.ReadOptions(block_size=size), csv.ParseOptions(newlines_in_values=True), wanted)


def read_blocks(path: Path | str, names: Iterable[str] = ()) -> Iterator[pa.RecordBatch]:
    """A CSV file (or some of its columns) whose cells are all text, some rows at a time, at least one block: no more is held. Where
    a row is longer than a block it is read again from there in larger ones."""
    import pyarrow as pa

    names, given, size = list(names), 0, BLOCK
    while True:
        rows = 0
        try:
            with _blocks(path, names, size) as blocks:
                for block in blocks:
                    new = block.slice(min(max(given - rows, 0), len(block)))
                    rows += len(block)
                    if len(new):
                        given = rows
                        yield new
                if not given:
                    yield pa.RecordBatch.from_pylist([], blocks.schema)
            return
        except pa.ArrowInvalid as error:
            size *= 8
            if "block size" not in str(error) or size > LONGEST:
                raise


def read_dictionaries(path: Path | str, names: Iterable[str] = ()) -> pa.Table:
    """The same at once: each different text once."""
    import pyarrow as pa

    return pa.Table.from_batches(read_blocks(path, names)).unify_dictionaries()


def read_categories(path: Path | str, names: Iterable[str] = ()) -> pd.DataFrame:
    """The same as categories of pandas. What Arrow holds of a column is given up as soon as pandas has it."""
    return read_dictionaries(path, names).to_pandas(split_blocks=True, self_destruct=True)


def read_guessed(path: Path | str, *texts: str) -> pd.DataFrame:
    """A CSV file that no contract describes, such as published counts: an empty cell is missing and nothing else is; a
    column is numeric if all of its cells are numbers, and never if it is named in `texts`."""
    import pandas as pd

    frame = pd.read_csv(path, dtype="string", keep_default_na=False, na_values=[""], encoding="utf-8")
    for name in (name for name in frame if name not in texts):
        found = pd.to_numeric(frame[name], errors="coerce")
        if (found.notna() | frame[name].isna()).all():
            frame[name] = found.astype(float)
    return frame
