"""Data sets of SAS, SPSS and Stata by pyreadstat: values as stored, dates by their formats, labels, tagged missing."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pyreadstat

from ...study import File
from . import xport
from .dataset import assemble, plain_only
from .detect import READ, Content, unpack
from .encode import Encoder, number_text
from .problems import stop
from .raw import BLANK, Cell, Raw, Remark
from .statistics_dates import converter


def read_statistics(content: Content, path: Path, file: File) -> Raw:
    """Read a data set of SAS, SPSS or Stata."""
    plain_only(content, file)
    values, meta, remarks = _values(content, path, file)
    labels, columns = {}, []
    for index, name in enumerate(meta.column_names):
        dot = "" if content.format in ("sav", "por") else "."
        labels[index] = {
            dot + key if isinstance(key, str) and meta.readstat_variable_types[name] != "string" else _text(key): label
            for key, label in (meta.variable_value_labels.get(name) or {}).items()
        }
        column = Encoder()
        column.add(values[name])
        columns.append(column.done(_cell_of(content.format, meta, name, labels[index])))
        if (meta.original_variable_types[name] or "").startswith("%tC"):
            message = "counts leap seconds (%tC); it is read as %tc and may be up to 27 seconds late"
            remarks.append(Remark("warning", 0, name, "", message))
    labels = {index: of for index, of in labels.items() if of}
    return assemble(content, file, meta.column_names, columns, remarks, labels)


def _values(content: Content, path: Path, file: File) -> tuple[Mapping, object, list[Remark]]:
    """Lists of values by name, what pyreadstat knows of the file, and remarks. A tag is a text among numbers."""
    reader = getattr(pyreadstat, f"read_{content.format}")
    how = {"output_format": "dict", "disable_datetime_conversion": True}
    if content.format in ("sas7bdat", "sav", "dta"):
        how["user_missing"] = True
    if file.encoding != File.encoding and content.format != "por":
        how["encoding"] = file.encoding  # otherwise the file says it itself
    catalog = _catalog(path, file) if content.format == "sas7bdat" and file.catalog else b""
    if content.format == "xport" and (count := xport.members(content.data)) > 1:
        do = "split it: in SAS by PROC COPY with one data set per file"
        raise stop(content.where, f"holds {count} data sets; only the first could be read", do)
    try:
        values, meta = reader(io.BytesIO(content.data), **how)
        remarks = []
        if catalog:
            lists = pyreadstat.read_sas7bcat(io.BytesIO(catalog), output_format="dict")[1].value_labels
            of = {name: lists.get(format) for name, format in meta.variable_to_label.items()}
            meta.variable_value_labels = {name: labels for name, labels in of.items() if labels}
        if content.format == "xport":
            for index, tagged in xport.tags(content.data, meta.number_rows).items():
                for row, tag in tagged.items():
                    values[meta.column_names[index]][row] = tag
        elif content.format == "por" and meta.missing_ranges:
            names = ", ".join(meta.missing_ranges)
            message = f"the missing values that SPSS declares for {names} cannot be told from empty ones: use .sav"
            remarks.append(Remark("warning", 0, "", "", message))
    except UnicodeDecodeError:
        do = f"set files.{file.name}.encoding to that of the program that wrote it (cp1252, gb18030, ...)"
        raise stop(content.where, "its texts are not in the encoding that the file declares", do) from None
    except Exception as error:  # pyreadstat has classes of its own, and passes on what the reader of C raises
        do = "ask for the file again; it may be cut off, or need files.encoding in study.yaml"
        raise stop(content.where, f"cannot be read as {READ[content.format]}: {error}", do) from None
    return values, meta, remarks


def _catalog(path: Path, file: File) -> bytes:
    """The format catalogue that study.yaml names, below the raw folder as the file itself."""
    at = path.parents[len(Path(file.path).parts) - 1] / file.catalog
    if not at.is_file():
        raise stop(at, "the format catalogue does not exist", "put it there, or correct catalog in study.yaml")
    content, _ = unpack(at, File(file.name, file.catalog))
    if content.format != "sas7bcat":
        raise stop(at, "is no SAS format catalogue", "name the .sas7bcat file as catalog")
    return content.data


def _text(value) -> str:
    return value if isinstance(value, str) else number_text(value)


def _cell_of(format: str, meta, name: str, labels: Mapping[str, str]) -> Callable[..., Cell]:
    """How a value of a column becomes a cell."""
    kind = meta.readstat_variable_types[name]
    dated = converter(format, meta.original_variable_types[name] or "")
    declared = (meta.missing_ranges.get(name) or []) if format == "sav" else []

    def cell(value) -> Cell:
        if value is None or value != value or value == "":
            return BLANK
        if kind != "string" and isinstance(value, str):
            return Cell(f".{value}", "missing", labels.get(f".{value}", ""))
        text = number_text(np.float32(value)) if kind == "float" else _text(value)
        if any(type(span["lo"]) is type(value) and span["lo"] <= value <= span["hi"] for span in declared):
            return Cell(text, "missing", labels.get(text, ""))
        if kind == "string":
            return Cell(text, "text", labels.get(text, ""))
        found = dated(value) if dated else Cell(text, "number")
        return found._replace(shown=labels[text]) if text in labels else found

    return cell
