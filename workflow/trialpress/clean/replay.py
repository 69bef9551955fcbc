"""The clean tables again, from nothing but the raw cells and the change log."""

from __future__ import annotations

import pandas as pd

from ..study import Study
from ..text import plain
from .fields import typed


def replay(study: Study, cells: pd.DataFrame, changes: pd.DataFrame, table: str) -> pd.DataFrame:
    """The clean table again (derived and block columns aside): the raw cells as they stand, then every change.

    One row per key, in the order of the keys' first appearance; columns as in the dictionary.
    """
    columns = study.tables[table].columns
    cells, changes = cells[cells["table"] == table], changes[changes["table"] == table]
    keys = pd.Index(cells["key"].drop_duplicates(), name="key")
    found = {}
    for name, column in columns.items():
        own, changed = cells[cells["field"] == name], changes[changes["field"] == name]
        if own.empty and changed.empty:
            continue
        at = ["key", "row"]
        # several cells of one key come from joined files: the first that says something after its change counts
        last = changed.rename(columns={"source_row": "row", "source_file": "file"}).astype({"row": "int64"})
        merged = own.merge(last[[*at, "file", "clean_value"]], on=[*at, "file"], how="outer", sort=False)
        text, kind = merged["raw"].fillna(""), column.type
        value = [
            plain(new if isinstance(new, str) else raw, kind)
            for raw, new in zip(text, merged["clean_value"], strict=True)
        ]
        known = pd.DataFrame({"key": merged["key"], "value": pd.Series(value, dtype=object)}).dropna()
        known = known.drop_duplicates("key").set_index("key")["value"].reindex(keys)
        found[name] = typed([None if pd.isna(value) else value for value in known], kind)
    return pd.DataFrame(found).set_axis(keys)
