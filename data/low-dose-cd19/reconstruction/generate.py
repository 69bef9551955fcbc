"""Write the reconstructed records of the study: `python data/low-dose-cd19/reconstruction/generate.py [--root DIR]`.

From specification.yaml come the raw files with their checksums, the signed-off corrections, and, for the tests alone,
the list of seeded defects and the tables that cleaning must arrive at. The same bytes come out on every run.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
from pathlib import Path

import yaml
from defects import Seeded, seed
from encode import encode
from patients import simulate
from records import sheets, text

KEYS = {
    "enrolment": ("participant",),
    "history": ("participant",),
    "infusion": ("participant",),
    "signs": ("participant", "date"),
    "labs": ("participant", "date", "analyte"),
    "kinetics": ("participant", "day"),
    "response": ("participant", "assessment_date"),
    "adverse_events": ("participant", "term", "start_date"),
    "transplant": ("participant",),
    "followup": ("participant",),
}
DEFECT_COLUMNS = ("defect", "kind", "file", "row", "column", "raw", "expected", "clean", "note")
CORRECTION_COLUMNS = ("table", "key", "field", "old", "new", "reason")


def table(header, rows) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue().encode()


def defect_list(seeded: Seeded) -> bytes:
    order = {sheet.file: i for i, sheet in enumerate(seeded.sheets)}
    found = [(d[1].file, d[1].number(d[2]), d) for d in seeded.defects]
    for sheet in seeded.sheets:
        footnote = ("footnote", sheet, None, "", "", "rejected", "", "not a record")
        found.extend((sheet.file, number, footnote) for number, _ in sheet.numbered_notes())
    found.sort(key=lambda x: (order[x[0]], x[1]))
    rows = [
        (i, kind, file, number, column, raw, expected, clean, note)
        for i, (file, number, (kind, _, _, column, raw, expected, clean, note)) in enumerate(found, 1)
    ]
    return table(DEFECT_COLUMNS, rows)


def corrections(seeded: Seeded) -> bytes:
    rows = []
    for c in seeded.corrections:
        # the key as the raw file has it: a correction may be of the key itself
        key = "/".join(c["old"] if name == c["field"] else text(c["true"][name]) for name in KEYS[c["table"]])
        rows.append((c["table"], key, c["field"], c["old"], c["new"], c["reason"]))
    return table(CORRECTION_COLUMNS, rows)


def build(specification: dict) -> dict[str, bytes]:
    """All generated files: path below the repository root to bytes."""
    people, tables = simulate(specification)
    raw = sheets(specification, people, tables)
    seeded = seed(people, raw, tables)
    files = {f"data/low-dose-cd19/raw/{sheet.file}": encode(sheet) for sheet in raw}
    sums = "".join(f"{hashlib.sha256(data).hexdigest()}  {Path(path).name}\n" for path, data in files.items())
    files["data/low-dose-cd19/raw/SHA256SUMS"] = sums.encode()
    files["data/low-dose-cd19/corrections.csv"] = corrections(seeded)
    fixtures = "tests/fixtures/low-dose-cd19"
    files[f"{fixtures}/defects.csv"] = defect_list(seeded)
    for name, key in KEYS.items():
        rows = sorted(seeded.tables[name], key=lambda r: tuple(r[k] for k in key))
        body = [[text(value) for value in r.values()] for r in rows]
        files[f"{fixtures}/truth/{name}.csv"] = table(rows[0], body)
    return files


def main() -> None:
    here = Path(__file__).resolve()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=Path, default=here.parents[3], help="write below this folder")
    root = parser.parse_args().root
    specification = yaml.safe_load((here.parent / "specification.yaml").read_text(encoding="utf-8"))
    for path, data in build(specification).items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)


if __name__ == "__main__":
    main()
