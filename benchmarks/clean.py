"""Seconds and peak memory of the clean stage by the number of raw laboratory rows: `python benchmarks/clean.py [rows ...]`.

The rows are like those of a hospital: 20 analytes with units in a column of their own, codes to translate, limits of
quantification, dates in two forms, and one row in 500 with something wrong. Each size runs in a process of its own.
"""

from __future__ import annotations

import hashlib
import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path

SIZES = (10**4, 10**5, 10**6, 10**7)
ANALYTES = {  # raw text, code, raw unit, canonical unit, factor
    **{f"Test {i}": (f"T{i}", "mg/dL", "mg/L", 10) for i in range(10)},
    **{f"Assay {i}": (f"A{i}", "U/L", "U/L", 1) for i in range(10)},
}
STUDY = {
    "study": {"id": "large", "title": "Laboratory rows", "data_cutoff": "2020-01-01", "reconstruction": False},
    "missing": ["-", "NA"],
    "files": {"labs": {"path": "labs.csv", "date_order": "dmy"}, "people": {"path": "people.csv"}},
    "codes": {"analytes": {code: [text] for text, (code, *_) in ANALYTES.items()}},
    "units": {code: {unit: 1, raw: factor} for code, raw, unit, factor in ANALYTES.values()},
    "tables": {
        "people": {"file": "people", "key": ["participant"], "columns": {"participant": {"source": "ID", "type": "id"}}},
        "labs": {
            "file": "labs",
            "key": ["participant", "date", "analyte"],
            "references": {"participant": "people.participant"},
            "columns": {
                "participant": {"source": "ID", "type": "id", "pattern": r"S\d{7}"},
                "date": {"source": "Date", "type": "date", "possible": ["2010-01-01", "2019-12-31"]},
                "analyte": {"source": "Test", "type": "code", "codes": "analytes"},
                "value": {"source": "Value", "type": "number", "unit_from": "Unit", "unit_by": "analyte", "unit_to": "unit",
                          "limit": "censored", "possible": [0, 100000]},
            },
        },
    },
}  # fmt: skip
RUN = """
import json, resource, sys, time
from pathlib import Path
from trialpress.clean import clean, write
from trialpress.study import load_study
folder = Path(sys.argv[1])
start = time.perf_counter()
data = clean(load_study(folder / "study.yaml"), folder / "raw", folder / "none.csv")
cleaned = time.perf_counter()
write(data, folder / "clean")
print(json.dumps({"clean": cleaned - start, "write": time.perf_counter() - cleaned,
                  "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
                  "kept": int(data.rows["rows_kept"].iloc[-1]), "queries": len(data.queries)}))
"""


def make(folder: Path, rows: int) -> None:
    """The raw files and study.yaml."""
    draw = random.Random(rows)
    raw = folder / "raw"
    raw.mkdir()
    people = max(1, rows // 200)
    (raw / "people.csv").write_text("ID\n" + "".join(f"S{who:07d}\n" for who in range(people)))
    tests = list(ANALYTES)
    with open(raw / "labs.csv", "w", encoding="utf-8") as out:
        out.write("ID,Date,Test,Value,Unit\n")
        for number in range(rows):
            who, day, test = number // 200, number % 200 // 20, tests[number % 20]
            date = f"201{who % 9}-0{1 + day % 9}-1{day % 10}" if who % 3 else f"1{day % 10}.0{1 + day % 9}.201{who % 9}"
            value = f"{draw.random() * 100:.3g}" if draw.random() > 0.01 else "<0.5"
            if draw.random() < 0.002:
                value = draw.choice(["haemolysed", "NA", "1e9", "12,5"])
            value = f'"{value}"' if "," in value else value
            out.write(f"S{who:07d},{date},{test},{value},{ANALYTES[test][1]}\n")
    sums = (f"{hashlib.sha256((raw / name).read_bytes()).hexdigest()}  {name}\n" for name in ("people.csv", "labs.csv"))
    (raw / "SHA256SUMS").write_text("".join(sums))
    (folder / "study.yaml").write_text(json.dumps(STUDY))  # JSON is YAML


def main(sizes: list[int]) -> None:
    print(f"{'rows':>10} {'clean s':>9} {'write s':>9} {'peak MB':>9} {'kept':>10} {'queries':>8}")
    for rows in sizes:
        with tempfile.TemporaryDirectory() as name:
            make(Path(name), rows)
            done = subprocess.run([sys.executable, "-c", RUN, name], text=True, capture_output=True,
                                  env={"PYTHONPATH": str(Path(__file__).parents[1] / "workflow")})  # fmt: skip
            if done.returncode:
                sys.exit(done.stderr)
            found = json.loads(done.stdout)
            print(f"{rows:>10,} {found['clean']:>9.2f} {found['write']:>9.2f} {found['peak']:>9.0f} "
                  f"{found['kept']:>10,} {found['queries']:>8,}", flush=True)  # fmt: skip


if __name__ == "__main__":
    main([int(float(size)) for size in sys.argv[1:]] or list(SIZES))
