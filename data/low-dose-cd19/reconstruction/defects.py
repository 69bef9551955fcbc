"""What goes wrong on the way from the ward to the data manager, seeded one by one, and what cleaning must make of it.

Each defect of `CELLS` is one cell; the few that concern whole rows are functions. A defect is expected to end as
  change    the form is repaired without judgement, or by a signed-off correction,
  query     somebody must answer; an impossible or unreadable value is set missing, a doubtful one is kept,
  rejected  the row cannot be used.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from patients import Patient
from records import Row, Sheet, comma, text

SAME = object()  # the clean value is the true one
LIMITS = {"value": ("censored",), "copies_per_ug": ("censored", "below_lloq"), "mrd_percent": ("mrd_censored",)}

MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec"


def full_width(value) -> str:
    return text(value).translate({i: i + 0xFEE0 for i in range(0x21, 0x7F)})


def chinese_date(value: date) -> str:
    return f"{value.year}年{value.month}月{value.day}日"


def slash_date(value: date) -> str:
    return f"{value.year}/{value.month}/{value.day}"


def english_date(value: date) -> str:
    return f"{value.day}-{MONTHS[3 * value.month - 3 : 3 * value.month]}-{value.year}"


def serial_date(value: date) -> str:
    """Days since 1899-12-30, as a spreadsheet stores a date."""
    return str((value - date(1899, 12, 30)).days)


def decimal_comma(value: float) -> str:
    return comma(text(value))


def times(factor: float) -> Callable:
    return lambda value: text(float(f"{value * factor:.10g}"))


def year_slip(years: int) -> Callable:
    return lambda value: text(value.replace(year=value.year + years))


class Cell(NamedTuple):
    """One defective cell: where it is, what is written there, and what it must become."""

    kind: str
    file: str
    participant: str
    where: object  # day after infusion, (analyte, day), number of the assessment, AE term; None: the only row
    column: str
    field: str  # of the clean table
    raw: str | Callable
    expected: str
    value: object = SAME  # in the clean table: SAME, None (missing), or the doubtful value that is kept
    note: str = ""
    correction: str = ""  # reason of the signed-off correction that repairs it


SPACE, WIDTH, DATE, MISSING, CODE = "spaces", "full-width", "date format", "missing code", "misspelt code"
SLIP10, SLIP1000, RANGE, TEXT, FAHRENHEIT = "slip by 10", "slip by 1000", "impossible value", "text for number", "°F"
ORDER, COMMA, UNIT, SUMMARY, YEAR = "date order", "decimal comma", "unit", "contradiction", "year"

CELLS = [
    # enrolment
    Cell(SPACE, "01_enrolment.csv", "LD-005", None, "研究编号", "participant", "LD-005 ", "change"),
    Cell("zero-width character", "01_enrolment.csv", "LD-011", None, "性别", "sex", "\u200b男", "change"),
    Cell(CODE, "01_enrolment.csv", "LD-018", None, "性别", "sex", "男性", "change"),
    Cell(CODE, "01_enrolment.csv", "LD-022", None, "性别", "sex", "Male", "change"),
    Cell(CODE, "01_enrolment.csv", "LD-037", None, "性别", "sex", "女性", "change"),
    Cell(DATE, "01_enrolment.csv", "LD-007", None, "知情同意日期", "consent_date", chinese_date, "change"),
    Cell(DATE, "01_enrolment.csv", "LD-014", None, "知情同意日期", "consent_date", slash_date, "change"),
    Cell(DATE, "01_enrolment.csv", "LD-020", None, "知情同意日期", "consent_date", english_date, "change"),
    Cell(DATE, "01_enrolment.csv", "LD-031", None, "单采日期", "apheresis_date", serial_date, "change"),
    Cell(WIDTH, "01_enrolment.csv", "LD-028", None, "分层", "stratum", "ＭＲＤ＋", "change"),
    # history
    Cell(MISSING, "02_history.xlsx", "LD-004", None, "髓外部位", "extramedullary_site", "-", "change", None),
    Cell(MISSING, "02_history.xlsx", "LD-016", None, "染色体核型", "cytogenetics", "未查", "change", None),
    Cell(MISSING, "02_history.xlsx", "LD-021", None, "治疗线数", "prior_lines", "n.d.", "change", None),
    Cell(MISSING, "02_history.xlsx", "LD-050", None, "BCR-ABL", "bcr_abl", "NA", "change", None),
    Cell(MISSING, "02_history.xlsx", "LD-052", None, "染色体核型", "cytogenetics", "---", "change", None),
    Cell(TEXT, "02_history.xlsx", "LD-026", None, "骨髓原始细胞(%)", "blasts_percent", "大量", "query", None),
    Cell("unlikely value", "02_history.xlsx", "LD-041", None, "治疗线数", "prior_lines", "14", "query", 14),
    Cell(
        SLIP10,
        "02_history.xlsx",
        "LD-016",
        None,
        "骨髓原始细胞(%)",
        "blasts_percent",
        times(10),
        "change",
        note="5% blasts or more cannot be MRD-only disease",
        correction="decimal point lost: marrow report of the day",
    ),
    # infusion
    Cell(DATE, "03_infusion.csv", "LD-024", None, "回输日期", "infusion_date", chinese_date, "change"),
    Cell(WIDTH, "03_infusion.csv", "LD-040", None, "体重(kg)", "weight_kg", full_width, "change"),
    Cell(
        SLIP10,
        "03_infusion.csv",
        "LD-019",
        None,
        "体重(kg)",
        "weight_kg",
        times(10),
        "change",
        note="impossible weight",
        correction="decimal point lost: nursing chart",
    ),
    Cell(
        SLIP1000,
        "03_infusion.csv",
        "LD-038",
        None,
        "回输剂量(/kg)",
        "dose_recorded",
        "1×10^8/kg",
        "change",
        note="impossible dose; one of the recent 20",
        correction="exponent mistyped: release certificate of the product",
    ),
    Cell(
        YEAR,
        "03_infusion.csv",
        "LD-029",
        None,
        "回输日期",
        "infusion_date",
        year_slip(-1),
        "change",
        note="infusion before apheresis",
        correction="year mistyped: infusion record",
    ),
    # signs
    Cell(FAHRENHEIT, "04_signs.csv", "LD-006", 3, "最高体温(℃)", "temperature", "102.2°F", "change", 39.0),
    Cell(FAHRENHEIT, "04_signs.csv", "LD-006", 4, "最高体温(℃)", "temperature", "103.1", "change", 39.5, "unmarked"),
    Cell(FAHRENHEIT, "04_signs.csv", "LD-005", 4, "最高体温(℃)", "temperature", "101.3", "change", 38.5, "unmarked"),
    Cell(COMMA, "04_signs.csv", "LD-008", 4, "最高体温(℃)", "temperature", decimal_comma, "change"),
    Cell(COMMA, "04_signs.csv", "LD-008", 5, "最高体温(℃)", "temperature", decimal_comma, "change"),
    Cell(WIDTH, "04_signs.csv", "LD-015", 8, "最高体温(℃)", "temperature", full_width, "change"),
    Cell(WIDTH, "04_signs.csv", "LD-015", 9, "收缩压(mmHg)", "sbp", full_width, "change"),
    Cell(SLIP10, "04_signs.csv", "LD-016", 12, "最高体温(℃)", "temperature", times(10), "query", None),
    Cell(SLIP10, "04_signs.csv", "LD-018", 20, "最高体温(℃)", "temperature", times(0.1), "query", None),
    Cell("unlikely value", "04_signs.csv", "LD-018", 22, "最高体温(℃)", "temperature", "34.2", "query", 34.2),
    Cell(RANGE, "04_signs.csv", "LD-019", 15, "SpO2(%)", "spo2", "109", "query", None),
    Cell(RANGE, "04_signs.csv", "LD-042", 24, "ICE评分", "ice_score", "14", "query", None),
    Cell(TEXT, "04_signs.csv", "LD-025", 5, "最高体温(℃)", "temperature", "发热", "query", None),
    Cell(TEXT, "04_signs.csv", "LD-049", 25, "收缩压(mmHg)", "sbp", "测不出", "query", None),
    Cell(MISSING, "04_signs.csv", "LD-030", 18, "SpO2(%)", "spo2", "-", "change", None),
    Cell(MISSING, "04_signs.csv", "LD-031", 18, "收缩压(mmHg)", "sbp", "未测", "change", None),
    Cell(MISSING, "04_signs.csv", "LD-032", 19, "FiO2(%)", "fio2", "NA", "change", None),
    Cell(MISSING, "04_signs.csv", "LD-042", 20, "ICE评分", "ice_score", "n.d.", "change", None),
    Cell(MISSING, "04_signs.csv", "LD-042", 21, "ICE评分", "ice_score", "未查", "change", None),
    Cell(MISSING, "04_signs.csv", "LD-035", 22, "最高体温(℃)", "temperature", "---", "change", None),
    Cell(CODE, "04_signs.csv", "LD-006", 5, "吸氧方式", "oxygen_device", "面照", "change", note="of 面罩"),
    Cell(SPACE, "04_signs.csv", "LD-039", 3, "吸氧方式", "oxygen_device", "无 ", "change"),
    Cell(CODE, "04_signs.csv", "LD-039", 4, "吸氧方式", "oxygen_device", "未吸氧", "change"),
    Cell("unknown code", "04_signs.csv", "LD-042", 22, "意识", "consciousness", "?", "query", None),
    Cell(DATE, "04_signs.csv", "LD-020", 6, "日期", "date", slash_date, "change"),
    Cell(DATE, "04_signs.csv", "LD-020", 7, "日期", "date", chinese_date, "change"),
    Cell(DATE, "04_signs.csv", "LD-020", 8, "日期", "date", english_date, "change"),
    Cell(DATE, "04_signs.csv", "LD-020", 9, "日期", "date", serial_date, "change"),
    Cell(UNIT, "04_signs.csv", "LD-036", 10, "FiO2(%)", "fio2", "0.21", "change", note="a fraction among percents"),
    Cell(UNIT, "04_signs.csv", "LD-036", 11, "FiO2(%)", "fio2", "21%", "change"),
    Cell("zero-width character", "04_signs.csv", "LD-017", 14, "研究编号", "participant", "LD-0\u200b17", "change"),
    Cell(WIDTH, "04_signs.csv", "LD-022", 14, "研究编号", "participant", "ＬＤ－０２２", "change"),
    Cell(CODE, "04_signs.csv", "LD-021", 14, "研究编号", "participant", "ld-021", "change", note="lower case"),
    Cell("flow without device", "04_signs.csv", "LD-043", 17, "氧流量(L/min)", "oxygen_flow", "3", "query", 3.0),
    # labs
    Cell(SLIP1000, "05_labs.tsv", "LD-030", ("PLT", 20), "结果", "value", times(1000), "query", None),
    Cell(
        SLIP1000,
        "05_labs.tsv",
        "LD-035",
        ("PLT", 29),
        "结果",
        "value",
        times(1000),
        "change",
        note="on the day of the response assessment",
        correction="count per uL under the unit K/uL: laboratory confirmed",
    ),
    Cell("unit missing", "05_labs.tsv", "LD-012", ("FERRITIN", 8), "单位", "unit", "", "query"),
    Cell("unknown unit", "05_labs.tsv", "LD-023", ("CREATININE", 8), "单位", "unit", "mmol/l?", "query"),
    Cell(WIDTH, "05_labs.tsv", "LD-015", ("BCELL", 28), "结果", "value", "＜１", "change"),
    Cell(UNIT, "05_labs.tsv", "LD-017", ("ANC", 8), "单位", "unit", "10E9/L", "change"),
    Cell(UNIT, "05_labs.tsv", "LD-017", ("ANC", 9), "单位", "unit", "×10⁹/L", "change"),
    Cell(UNIT, "05_labs.tsv", "LD-018", ("FERRITIN", 10), "单位", "unit", "ng/ml", "change"),
    Cell(CODE, "05_labs.tsv", "LD-019", ("CRP", 6), "项目", "analyte", "C-反应蛋白", "change"),
    Cell(CODE, "05_labs.tsv", "LD-019", ("CRP", 8), "项目", "analyte", "CPR", "change"),
    Cell(CODE, "05_labs.tsv", "LD-021", ("PLT", 8), "项目", "analyte", "血小板计数", "change"),
    Cell(SPACE, "05_labs.tsv", "LD-022", ("ALT", 8), "项目", "analyte", "谷丙转氨酶\u3000", "change"),
    Cell(TEXT, "05_labs.tsv", "LD-025", ("FIBRINOGEN", 10), "结果", "value", "溶血", "query", None),
    Cell(MISSING, "05_labs.tsv", "LD-026", ("BILIRUBIN", 12), "结果", "value", "未查", "change", None),
    Cell(MISSING, "05_labs.tsv", "LD-028", ("BILIRUBIN", 12), "结果", "value", "---", "change", None),
    Cell(MISSING, "05_labs.tsv", "LD-029", ("BILIRUBIN", 12), "结果", "value", "-", "change", None),
    Cell(COMMA, "05_labs.tsv", "LD-024", ("FIBRINOGEN", 12), "结果", "value", decimal_comma, "change"),
    Cell(WIDTH, "05_labs.tsv", "LD-031", ("PLT", 12), "结果", "value", full_width, "change"),
    Cell(WIDTH, "05_labs.tsv", "LD-013", ("ANC", 25), "结果", "value", full_width, "change"),
    Cell(RANGE, "05_labs.tsv", "LD-032", ("ALT", 14), "结果", "value", "-25", "query", None),
    Cell(DATE, "05_labs.tsv", "LD-010", ("ALT", 4), "采样日期", "date", chinese_date, "change"),
    Cell(DATE, "05_labs.tsv", "LD-010", ("ALT", 6), "采样日期", "date", slash_date, "change"),
    Cell(DATE, "05_labs.tsv", "LD-010", ("ALT", 8), "采样日期", "date", serial_date, "change"),
    Cell(CODE, "05_cytokines.csv", "LD-003", ("IL6", 5), "Analyt", "analyte", "IL 6", "change"),
    Cell(CODE, "05_cytokines.csv", "LD-003", ("IL6", 7), "Analyt", "analyte", "Interleukin-6", "change"),
    Cell(MISSING, "05_cytokines.csv", "LD-026", ("IFNG", 9), "Ergebnis", "value", "n.d.", "change", None),
    Cell(TEXT, "05_cytokines.csv", "LD-044", ("IL6", 21), "Ergebnis", "value", "geronnen", "query", None),
    # kinetics
    Cell(CODE, "06_kinetics.xlsx", "LD-007", 0, "D0", "copies_per_ug", "< LLOQ", "change"),
    Cell(CODE, "06_kinetics.xlsx", "LD-008", 0, "D0", "copies_per_ug", "BLQ", "change"),
    Cell(
        "number as text",
        "06_kinetics.xlsx",
        "LD-012",
        9,
        "D9",
        "copies_per_ug",
        lambda v: f"{v:.2E}",
        "change",
    ),
    Cell(WIDTH, "06_kinetics.xlsx", "LD-015", 11, "D11", "copies_per_ug", full_width, "change"),
    Cell(RANGE, "06_kinetics.xlsx", "LD-020", 28, "D28", "copies_per_ug", "-120", "query", None),
    Cell(TEXT, "06_kinetics.xlsx", "LD-034", 28, "D28", "copies_per_ug", "标本凝固", "query", None),
    # marrow
    Cell(
        YEAR,
        "07_marrow.xlsx",
        "LD-035",
        0,
        "评估日期",
        "assessment_date",
        year_slip(-1),
        "change",
        note="response before infusion",
        correction="year mistyped: marrow report",
    ),
    Cell(
        ORDER,
        "07_marrow.xlsx",
        "LD-023",
        2,
        "评估日期",
        "assessment_date",
        "2015-04-18",
        "query",
        date(2015, 4, 18),
        "response before infusion; not the response assessment",
    ),
    Cell(
        SLIP10,
        "07_marrow.xlsx",
        "LD-019",
        0,
        "骨髓原始细胞(%)",
        "marrow_blasts_percent",
        times(10),
        "change",
        note="CR with 5% blasts or more",
        correction="decimal point lost: marrow report",
    ),
    Cell(SUMMARY, "07_marrow.xlsx", "LD-001", 2, "骨髓原始细胞(%)", "marrow_blasts_percent", "12", "query", 12.0),
    Cell(CODE, "07_marrow.xlsx", "LD-002", 0, "疗效", "assessor_response", "完全缓解", "change"),
    Cell(WIDTH, "07_marrow.xlsx", "LD-030", 0, "疗效", "assessor_response", full_width, "change"),
    Cell(CODE, "07_marrow.xlsx", "LD-017", 0, "疗效", "assessor_response", "未缓解", "change"),
    Cell(UNIT, "07_marrow.xlsx", "LD-041", 0, "MRD(%)", "mrd_percent", "<0.01%", "change"),
    Cell(TEXT, "07_marrow.xlsx", "LD-021", 1, "MRD(%)", "mrd_percent", "阴性", "query", None),
    # adverse events
    Cell(CODE, "08_adverse_events.csv", "LD-004", "Cytokine release syndrome", "Grade", "grade", "III级", "change"),
    Cell(CODE, "08_adverse_events.csv", "LD-012", "Cytokine release syndrome", "Grade", "grade", "Grade 3", "change"),
    Cell(CODE, "08_adverse_events.csv", "LD-005", "Cytokine release syndrome", "Grade", "grade", "2级", "change"),
    Cell(CODE, "08_adverse_events.csv", "LD-007", "Encephalopathy", "CTCAE term", "term", "Encephalopaty", "change"),
    Cell(
        ORDER,
        "08_adverse_events.csv",
        "LD-028",
        "Encephalopathy",
        "End",
        "end_date",
        year_slip(-1),
        "query",
        year_slip(-1),
        "end before start",
    ),
    Cell(
        "no such date",
        "08_adverse_events.csv",
        "LD-048",
        "Cytokine release syndrome",
        "End",
        "end_date",
        "2016-11-31",
        "query",
        None,
    ),
    Cell(
        "ambiguous date",
        "08_adverse_events.csv",
        "LD-045",
        "Cytokine release syndrome",
        "End",
        "end_date",
        "09/10/2016",
        "query",
        None,
        "day and month cannot be told apart",
    ),
    Cell(RANGE, "08_adverse_events.csv", "LD-013", "Neutrophil count decreased", "Grade", "grade", "6", "query", None),
    # transplant
    Cell(DATE, "09_transplant.xlsx", "LD-024", None, "移植日期", "hct_date", slash_date, "change"),
    Cell(DATE, "09_transplant.xlsx", "LD-026", None, "移植日期", "hct_date", chinese_date, "change"),
    Cell(DATE, "09_transplant.xlsx", "LD-045", None, "移植日期", "hct_date", serial_date, "change"),
    Cell(CODE, "09_transplant.xlsx", "LD-031", None, "供者", "donor", {"haploidentical": "半相合"}.get, "change"),
    # follow-up
    Cell(
        YEAR,
        "10_followup.txt",
        "LD-040",
        None,
        "末次随访日期",
        "last_contact_date",
        year_slip(45),
        "change",
        note="impossible: after the cut-off",
        correction="digits swapped (2061): clinic letter",
    ),
    Cell(
        SUMMARY, "10_followup.txt", "LD-020", None, "生存状态", "status", "存活", "query", "alive", "has a death date"
    ),
    Cell(CODE, "10_followup.txt", "LD-004", None, "复发时CD19", "relapse_cd19", {"positive": "CD19阳性"}.get, "change"),
    Cell(CODE, "10_followup.txt", "LD-007", None, "复发时CD19", "relapse_cd19", {"negative": "CD19 neg"}.get, "change"),
    Cell(MISSING, "10_followup.txt", "LD-047", None, "复发时CD19", "relapse_cd19", "未查", "change", None),
    Cell(SPACE, "10_followup.txt", "LD-017", None, "信息来源", "status_source", {"clinic": " 门诊"}.get, "change"),
    Cell(DATE, "10_followup.txt", "LD-018", None, "末次随访日期", "last_contact_date", chinese_date, "change"),
    Cell(DATE, "10_followup.txt", "LD-044", None, "复发日期", "relapse_date", slash_date, "change"),
]


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
        """The physical row and the clean row of a place given as in `Cell.where`."""
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

    def cell(self, d: Cell) -> None:
        sheet = self.sheet(d.file)
        row, true = self.find(d.file, d.participant, d.where)
        raw = d.raw(true[d.field]) if callable(d.raw) else d.raw
        assert raw is not None, f"{d} does not fit the value {true[d.field]}"
        at = sheet.header.index(d.column)
        assert row.cells[at] != raw, d
        row.cells[at] = raw
        if d.value is not SAME:
            value = d.value(true[d.field]) if callable(d.value) else d.value
            true[d.field] = value
            if value is None and d.field in LIMITS:
                true.update(dict.fromkeys(LIMITS[d.field]))
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
    for d in CELLS:
        s.cell(d)
    contradictions(s)
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

    row, true = s.find("04_signs.csv", "LD-044", 26)
    row.cells.insert(2, "")
    s.drop("signs", true)
    s.reject("shifted columns", "04_signs.csv", row, "one field too many")
    row, true = s.find("04_signs.csv", "LD-044", 27)
    del row.cells[2]
    s.drop("signs", true)
    s.reject("shifted columns", "04_signs.csv", row, "one field too few")

    for p in s.people.values():
        if not p.order:
            row, _ = s.find("01_enrolment.csv", p.participant)
            note = "enrolled, never infused: kept"
            at = ("研究编号", p.participant)
            s.defects.append(("no infusion", s.sheet("01_enrolment.csv"), row, *at, "query", "", note))

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

    def spoil(kind, file, participant, where, column, field, value, note, codes=None, missing=False) -> None:
        raw = codes or text(value)
        kept = None if missing else value
        s.cell(Cell(kind, file, participant, where, column, field, raw, "query", kept, note))

    p = s.people["LD-030"]
    spoil(
        *("before birth", "02_history.xlsx", "LD-030", None, "诊断日期", "diagnosis_date"),
        p.birth - timedelta(days=400),
        "diagnosis before birth: impossible, set missing",
        missing=True,
    )
    p = s.people["LD-045"]
    before = p.consent - timedelta(days=2)
    spoil(ORDER, "01_enrolment.csv", "LD-045", None, "单采日期", "apheresis_date", before, "apheresis before consent")
    positive = next(r["participant"] for r in s.tables["history"] if r["bcr_abl"] == "yes")
    spoil(SUMMARY, "02_history.xlsx", positive, None, "BCR-ABL", "bcr_abl", "no", "karyotype is t(9;22)", codes="阴性")
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
        *(ORDER, "10_followup.txt", "LD-008", None, "末次随访日期", "last_contact_date", before),
        "death after the last contact",
    )
