"""What goes wrong on the way from the ward to the data manager, seeded one by one, and what cleaning must make of it.

Most defects are single cells, listed in defects.yaml; the few that concern rows, or two cells at once, are functions here.
A defect is expected to end as
  change    the form is repaired without judgement, or by a signed-off correction,
  query     somebody must answer; an impossible or unreadable value is set missing, a doubtful one is kept,
  rejected  the row cannot be used.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import yaml
from forms import write
from patients import Patient
from records import Row, Sheet, text

LIMITS = {"value": ("censored",), "copies_per_ug": ("censored", "below_lloq"), "mrd_percent": ("mrd_censored",)}
SAME = object()  # the clean value is the true one
AS_WRITTEN = "as written"


class Cell(NamedTuple):
    """One defective cell, as defects.yaml describes it."""

    kind: str
    of: str
    column: str
    field: str  # of the clean table
    expected: str
    at: object = None
    raw: str | None = None
    form: str = ""
    becomes: object = SAME
    note: str = ""
    correction: str = ""
    format: str = ""


@dataclass
class Seeded:
    """What was seeded: a list for the tests (`defects`), and the corrections that were signed off."""

    sheets: list[Sheet]
    tables: dict[str, list[dict]]
    people: dict[str, Patient]
    defects: list[tuple]  # (kind, sheet, row, column, raw, expected, clean, note)
    corrections: list[dict]

    def sheet(self, file: str) -> Sheet:
        return next(s for s in self.sheets if s.file == file)

    def find(self, file: str, participant: str, where=None) -> tuple[Row, dict]:
        """The physical row and the clean row of a place given as in defects.yaml."""
        p = self.people[participant]
        mine = [(row, r) for row in self.sheet(file).rows for r in row.truth if r["participant"] == participant]
        if file == "04_signs.csv":
            mine = [x for x in mine if x[1]["date"] == p.day(where)]
        elif file.startswith("05_"):
            mine = [x for x in mine if (x[1]["analyte"], x[1]["date"]) == (where[0], p.day(where[1]))]
        elif file == "06_kinetics.xlsx":
            mine = [x for x in mine if x[1]["day"] == where]
        elif file == "07_marrow.xlsx":
            mine = [mine[where]]
        elif file == "08_adverse_events.csv":
            mine = [x for x in mine if x[1]["term"] == where]
        (found,) = mine
        return found

    def cell(self, file: str, d: Cell) -> None:
        sheet = self.sheet(file)
        row, true = self.find(file, d.of, d.at)
        raw = write(d.form, true[d.field]) if d.form else d.raw
        at = sheet.header.index(d.column)
        assert row.cells[at] != raw, d
        row.cells[at] = raw
        if d.format:
            row.formats[at] = d.format
        if d.becomes is not SAME:
            true[d.field] = raw if d.becomes == AS_WRITTEN else d.becomes
            if d.becomes is None and d.field in LIMITS:
                true.update(dict.fromkeys(true.keys() & LIMITS[d.field]))
        if d.field == "unit" and d.expected == "query":
            true["value"] = true["censored"] = None
        clean = text(true[d.field]) if d.expected == "change" else ""
        note = f"signed-off correction: {d.note}" if d.correction else d.note
        self.defects.append((d.kind, sheet, row, d.column, raw, d.expected, clean, note))
        if d.correction:
            self.corrections.append(
                {"table": sheet.table, "true": true, "field": d.field, "old": raw, "new": clean, "reason": d.correction}
            )

    def insert(self, file: str, after: Row, cells: list[str]) -> Row:
        """Another row behind `after`."""
        sheet, row = self.sheet(file), Row(cells)
        sheet.rows.insert(1 + next(i for i, r in enumerate(sheet.rows) if r is after), row)
        return row

    def reject(self, kind: str, file: str, row: Row, note: str) -> None:
        self.defects.append((kind, self.sheet(file), row, "", "", "rejected", "", note))

    def drop(self, table: str, true: dict) -> None:
        self.tables[table] = [r for r in self.tables[table] if r is not true]


def seed(people: list[Patient], sheets: list[Sheet], tables: dict[str, list[dict]]) -> Seeded:
    """Spoil the sheets and adapt the tables to what cleaning can still know."""
    s = Seeded(sheets, tables, {p.participant: p for p in people}, [], [])
    rows_of_their_own(s)
    listed = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))
    for file, cells in listed.items():
        for cell in cells:
            s.cell(file, Cell(**cell))
    contradictions(s)
    of_workbooks(s)
    return s


def rows_of_their_own(s: Seeded) -> None:
    for file, participant, where in (
        ("01_enrolment.csv", "LD-033", None),
        ("04_signs.csv", "LD-032", 13),
        ("05_labs.tsv", "LD-038", ("PLT", 5)),
        ("05_labs.tsv", "LD-038", ("PLT", 6)),
        ("08_adverse_events.csv", "LD-003", "Platelet count decreased"),
    ):
        row, _ = s.find(file, participant, where)
        again = s.insert(file, row, row.cells[:])
        s.reject("exact duplicate", file, again, f"repeats the row before ({participant})")

    for file, participant, where, column, other in (
        ("04_signs.csv", "LD-046", 12, "收缩压(mmHg)", "131"),
        ("05_labs.tsv", "LD-042", ("CRP", 17), "结果", "88.8"),
    ):
        row, _ = s.find(file, participant, where)
        cells = row.cells[:]
        at = s.sheet(file).header.index(column)
        cells[at] = other
        kind, note = "conflicting duplicate", "the first is kept, somebody must decide"
        s.reject(kind, file, s.insert(file, row, cells), note)
        s.defects.append((kind, s.sheet(file), row, column, row.cells[at], "query", "", note))

    for file, participant, where in (
        ("05_labs.tsv", "LD-024", ("ALT", 10)),
        ("08_adverse_events.csv", "LD-038", "Platelet count decreased"),
        ("10_followup.txt", "LD-040", None),
    ):
        row, _ = s.find(file, participant, where)
        orphan = s.insert(file, row, ["LD-099", *row.cells[1:]])
        s.reject("orphan record", file, orphan, "nobody enrolled has this number")

    row, _ = s.find("04_signs.csv", "LD-023", 28)
    header = s.insert("04_signs.csv", row, s.sheet("04_signs.csv").header[:])
    s.reject("repeated header", "04_signs.csv", header, "a second page pasted below")

    for day, kind, note, spoil in (
        (26, "ragged row", "one field too many", lambda cells: [*cells[:2], "", *cells[2:]]),
        (27, "ragged row", "one field too few", lambda cells: [*cells[:2], *cells[3:]]),
        (
            28,
            "shifted row",
            "as many fields as the header, one column to the right",
            lambda cells: [*cells[:2], "", *cells[2:-1]],
        ),
    ):
        row, true = s.find("04_signs.csv", "LD-044", day)
        row.cells = spoil(row.cells)
        s.drop("signs", true)
        s.reject(kind, "04_signs.csv", row, note)
        # the query on a shifted row names the first cell that does not fit
        at = s.sheet("04_signs.csv").header.index("吸氧方式")
        place = ("吸氧方式", row.cells[at]) if kind == "shifted row" else ("", "")
        s.defects.append((kind, s.sheet("04_signs.csv"), row, *place, "query", "", note))

    row, _ = s.find("05_labs.tsv", "LD-006", ("PLT", 21))
    after = s.people["LD-006"].day(23)
    true = {"participant": "LD-006", "date": after, "analyte": "PLT", "value": 9.0, "censored": None, "unit": "10^9/L"}
    cells = [row.cells[0], text(after), row.cells[2], "9", *row.cells[4:]]
    extra = s.insert("05_labs.tsv", row, cells)
    extra.truth.append(true)
    s.tables["labs"].append(true)
    note = "a sample two days after death: kept"
    s.defects.append(("after death", s.sheet("05_labs.tsv"), extra, "采样日期", cells[1], "query", "", note))


def contradictions(s: Seeded) -> None:
    """Doubtful values that depend on another cell of the patient."""

    def spoil(kind, file, of, at, column, field, value, note, codes=None, missing=False) -> None:
        raw = codes or text(value)
        s.cell(file, Cell(kind, of, column, field, "query", at, raw, "", None if missing else value, note))

    p = s.people["LD-030"]
    spoil(
        *("before birth", "02_history.xlsx", "LD-030", None, "诊断日期", "diagnosis_date"),
        p.birth - timedelta(days=400),
        "diagnosis before birth: impossible, set missing",
        missing=True,
    )
    p = s.people["LD-045"]
    before = p.consent - timedelta(days=2)
    spoil(
        "date order",
        "01_enrolment.csv",
        "LD-045",
        None,
        "单采日期",
        "apheresis_date",
        before,
        "apheresis before consent",
    )
    positive = next(r["participant"] for r in s.tables["history"] if r["bcr_abl"] == "yes")
    spoil(
        "contradiction",
        "02_history.xlsx",
        positive,
        None,
        "BCR-ABL",
        "bcr_abl",
        "no",
        "karyotype is t(9;22)",
        codes="阴性",
    )
    _, true = s.find("03_infusion.csv", "LD-025")
    ten = float(f"{true['total_cells'] * 10:.10g}")
    spoil(
        *("total and parts", "03_infusion.csv", "LD-025", None, "细胞总数", "total_cells", ten),
        "not dose times weight",
        codes=s.find("03_infusion.csv", "LD-025")[0].cells[4].replace("10^7", "10^8"),
    )
    treated = next(
        r for r in s.tables["signs"] if r["participant"] == "LD-042" and r["vasopressors"] and r["tocilizumab"] == "no"
    )
    day = (treated["date"] - s.people["LD-042"].infusion).days
    note = "vasopressor without dose level"
    spoil("half of a pair", "04_signs.csv", "LD-042", day, "升压药剂量", "vasopressor_dose", None, note, codes="")
    last = s.find("10_followup.txt", "LD-008")[1]
    before = last["death_date"] - timedelta(days=5)
    spoil(
        *("date order", "10_followup.txt", "LD-008", None, "末次随访日期", "last_contact_date", before),
        "death after the last contact",
    )


def of_workbooks(s: Seeded) -> None:
    """What a sheet does not show, or shows once for several rows."""
    sheet = s.sheet("02_history.xlsx")
    row, _ = s.find(sheet.file, "LD-028")
    row.hidden = True
    s.defects.append(("hidden row", sheet, row, "", "", "query", "", "hidden in the workbook; read all the same"))

    sheet = s.sheet("07_marrow.xlsx")
    rows = [row for row in sheet.rows if row.cells[0] == "LD-033"]
    rows[0].merged[0] = len(rows)
    note = f"the number stands for all {len(rows)} assessments"
    s.defects.append(("merged cells", sheet, rows[0], "研究编号", "LD-033", "query", "", note))
