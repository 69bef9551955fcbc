"""What changes.csv says of the cells, a field of a table at a time: read block by block, held as numbers and not as texts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

# that are read
LOGGED = ("table", "field", "key", "source_file", "source_column", "source_row", "clean_value", "rule", "kind")
# blocks whose keys are looked up at once: the clean rows of a table are millions, and each time all are hashed
TOGETHER = 400


@dataclass(frozen=True)
class Lines:
    """Lines of the log of one field, in their order: at, the clean row that is meant or -1; place, the number of its file and
    column in `Changes.places`; row; clean; rule, the number in `Changes.rules`."""

    at: np.ndarray
    place: np.ndarray
    row: np.ndarray
    clean: pa.DictionaryArray
    rule: np.ndarray


class Changes:
    """The log of changes. counts: (rule, kind) -> how many lines have both."""

    def __init__(
        self, blocks: Iterable[pd.DataFrame | pa.RecordBatch], rows: Callable[[str, pa.ChunkedArray], np.ndarray]
    ):
        """blocks: changes.csv, each text of a column once; rows: the clean row of each key of a table, -1 for none."""
        self.places: dict[tuple[str, str], int] = {}
        self.rules: dict[str, int] = {}
        self.parts: dict[tuple[str, str], list[Lines]] = {}
        self.counts: Counter[tuple[str, str]] = Counter()
        self.given: set[tuple[str, str]] = set()
        waiting = iter(blocks)
        while some := [{name: encoded(block[name]) for name in LOGGED} for block in islice(waiting, TOGETHER)]:
            for block, meant in zip(some, _meant(some, rows), strict=True):
                self._add(block, meant)

    @property
    def counted(self) -> pd.DataFrame:
        """How many lines (n) have a rule and a kind."""
        return pd.DataFrame([(*both, n) for both, n in self.counts.items()], columns=["rule", "kind", "n"])

    def _add(self, block: dict[str, pa.DictionaryArray], meant: Mapping[str, np.ndarray]) -> None:
        both, names = combined(block["rule"], block["kind"])
        self.counts.update(dict(zip(names, np.bincount(both, minlength=len(names)).tolist(), strict=True)))
        of, fields = combined(block["table"], block["field"])
        named, found = combined(block["source_file"], block["source_column"])
        place = np.array([self.places.setdefault(one, len(self.places)) for one in found], np.int32)[named]
        texts = block["rule"].dictionary.to_pylist()
        numbers = np.array([self.rules.setdefault(text, len(self.rules)) for text in texts], np.int32)
        row = block["source_row"].dictionary.cast(pa.int64()).to_numpy()
        order, ends = np.argsort(of, kind="stable"), np.cumsum(np.bincount(of, minlength=len(fields)))
        for field, lines in zip(fields, np.split(order, ends[:-1]) if fields else (), strict=True):
            here = {name: integers(block[name].indices)[lines] for name in ("key", "source_row", "rule")}
            clean = block["clean_value"].take(pa.array(lines))
            self.parts.setdefault(field, []).append(
                Lines(meant[field[0]][here["key"]], place[lines], row[here["source_row"]].astype(np.int32), clean,
                      numbers[here["rule"]])
            )  # fmt: skip

    def of(self, table: str, field: str) -> Lines | None:
        """The lines of one field, which can be asked for once and are then given up; None if nothing of it has changed."""
        if (table, field) in self.given:
            raise AssertionError(f"{table}.{field}: its lines have been given up, and would be said not to be there")
        self.given.add((table, field))
        parts = self.parts.pop((table, field), None)
        if not parts:
            return None
        numbers = (np.concatenate([getattr(part, name) for part in parts]) for name in ("at", "place", "row", "rule"))
        at, place, row, rule = numbers
        clean = parts[0].clean
        if len(parts) > 1:
            clean = pa.concat_arrays([part.clean.dictionary_decode() for part in parts]).dictionary_encode()
        return Lines(at, place, row, clean, rule)


def _meant(
    blocks: Sequence[Mapping[str, pa.DictionaryArray]], rows: Callable[[str, pa.ChunkedArray], np.ndarray]
) -> list[dict[str, np.ndarray]]:
    """For each block, by table, the clean row of each text of its keys."""
    named = [block["table"].dictionary.take(pc.unique(block["table"].indices)).to_pylist() for block in blocks]
    found: list[dict[str, np.ndarray]] = [{} for _ in blocks]
    for table in dict.fromkeys(name for names in named for name in names):
        here = [at for at, names in enumerate(named) if table in names]
        keys = [blocks[at]["key"].dictionary for at in here]
        at_rows = rows(table, pa.chunked_array(keys, pa.string())).astype(np.int32)
        for at, part in zip(here, np.split(at_rows, np.cumsum([len(one) for one in keys])[:-1]), strict=True):
            found[at][table] = part
    return found


def encoded(values: pd.Series | pa.Array | pa.ChunkedArray) -> pa.DictionaryArray:
    """Texts of a log, each once."""
    found = values if isinstance(values, pa.Array | pa.ChunkedArray) else pa.array(values)
    found = found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found
    found = found if pa.types.is_dictionary(found.type) else found.dictionary_encode()
    return pa.DictionaryArray.from_arrays(found.indices.cast(pa.int32()), found.dictionary.cast(pa.string()))


def integers(values: pa.Array | pa.ChunkedArray) -> np.ndarray:
    """Indices of Arrow, -1 for none."""
    return values.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)


def combined(*columns: pa.Array) -> tuple[np.ndarray, list[tuple[str, ...]]]:
    """Codes of the combinations of texts of some columns, and the combinations in the order of first appearance."""
    columns = [column if isinstance(column, pa.DictionaryArray) else column.dictionary_encode() for column in columns]
    sizes = [max(len(column.dictionary), 1) for column in columns]
    codes = np.zeros(len(columns[0]), np.int64)
    for column, size in zip(columns, sizes, strict=True):
        codes = codes * size + integers(column.indices)
    codes, found = pd.factorize(codes)
    names = []
    for column, size in zip(reversed(columns), reversed(sizes), strict=True):
        found, code = np.divmod(found, size)
        names.append(column.dictionary.take(pa.array(code)).to_pylist())
    return codes, list(zip(*reversed(names), strict=True))
