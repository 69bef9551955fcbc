"""Files written whole or not at all, and the same bytes for the same content."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pandas as pd


def write_whole(path: Path, write: Callable[[Path], None]) -> None:
    """Call `write` with a temporary neighbour of `path`, then move it into place; on failure nothing is left behind."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.part")
    try:
        write(temporary)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def write_text(text: str, path: Path) -> None:
    write_whole(path, lambda to: to.write_bytes(text.encode("utf-8")))


def write_csv(frame: pd.DataFrame, path: Path) -> None:
    """UTF-8, comma, \\n, dates as ISO, missing as an empty field."""
    write_whole(
        path, lambda to: frame.to_csv(to, index=False, lineterminator="\n", date_format="%Y-%m-%d", encoding="utf-8")
    )


def write_parquet(frame: pd.DataFrame, path: Path) -> None:
    write_whole(path, lambda to: frame.to_parquet(to, index=False, engine="pyarrow", compression="zstd"))
