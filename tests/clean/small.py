"""Studies of a few rows, written in a test and cleaned: files in, clean data out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from trialpress.clean import CleanData, clean, write
from trialpress.study import load_study

READ = {"type": "text", "free_text": {"reviewed": "A reader", "date": "2020-01-31"}}  # a text column that is kept
HEAD = {"id": "small", "title": "A small trial", "data_cutoff": "2030-12-31", "reconstruction": False}


def seal(raw: Path) -> None:
    """SHA256SUMS of the folder as it is."""
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}"
        for path in sorted(raw.iterdir())
        if path.name != "SHA256SUMS"
    ]
    (raw / "SHA256SUMS").write_text("\n".join(lines) + "\n")


def folder_of(folder: Path, files: Mapping[str, str | bytes], tables: Mapping, corrections: str = "", **more) -> Path:
    """A study's folder: raw files by path, tables as study.yaml has them; `files_` gives options of files."""
    raw = folder / "data" / "raw"
    raw.mkdir(parents=True)
    for name, content in files.items():
        (raw / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    seal(raw)
    options = more.pop("options", {})
    described = {Path(name).stem: {"path": name, **options.get(Path(name).stem, {})} for name in files}
    content = {"study": {**HEAD, **more.pop("study", {})}, "files": described, "tables": tables, **more}
    (folder / "study.yaml").write_text(json.dumps(content), encoding="utf-8")
    if corrections:
        (folder / "data" / "corrections.csv").write_text(corrections, encoding="utf-8")
    return folder


def cleaned(folder: Path, *given, **more) -> CleanData:
    """What cleaning makes of it; InputError if it stops."""
    folder = folder_of(folder, *given, **more)
    data = clean(load_study(folder / "study.yaml"), folder / "data" / "raw", folder / "data" / "corrections.csv")
    write(data, folder / "clean")
    return data


def column(folder: Path, spec: Mapping, *texts: str, **more) -> CleanData:
    """A table of participants and one column `x` with the raw texts given."""
    lines = "".join(f'S{i},"{text.replace(chr(34), 2 * chr(34))}"\n' for i, text in enumerate(texts))
    columns = {"participant": {"source": "ID", "type": "id"}, "x": {"source": "X", **spec}}
    tables = {"t": {"file": "f", "key": ["participant"], "columns": columns}}
    return cleaned(folder, {"f.csv": "ID,X\n" + lines}, tables, **more)


def values(data: CleanData, name: str = "x", table: str = "t") -> list:
    """The values of a column: dates as ISO text, missing as None."""
    found = data.tables[table][name]
    if found.dtype.kind == "M":
        found = found.dt.strftime(
            "%Y-%m-%d" if (found.dropna() == found.dropna().dt.normalize()).all() else "%Y-%m-%dT%H:%M:%S"
        )
    return [
        None if value is None or value != value else value for value in found.astype(object).where(found.notna(), None)
    ]
