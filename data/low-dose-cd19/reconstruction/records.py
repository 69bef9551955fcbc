"""The true tables as the hospital's departments would write them down: eleven files, each in its own habits.

A `Sheet` is one file before it is written: physical rows of text cells, each row knowing the clean rows it tells of.
The forms here are each department's usual ones; what goes wrong in them is in `defects.py`, the bytes are in `encode.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from itertools import takewhile

from patients import Patient, stream

SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦许何吕施张孔曹严华金魏陶姜"
GIVEN = (
    "安澜 柏舟 初晴 丹枫 方舟 谷雨 海棠 景行 静姝 可心 明远 南星 沛霖 青禾 若水 书航 思齐 听雨 望舒 惜时 小满 雅言 知秋"
)

YES_NO = {"yes": "是", "no": "否"}
SEX = {"M": "男", "F": "女"}
STRATUM = {"RR": "R/R", "MRD": "MRD+"}
SITE = {"CNS": "中枢神经系统", "testis": "睾丸", "bone": "骨骼"}
KARYOTYPE = {
    "normal": "正常核型",
    "KMT2A": "KMT2A重排",
    "hyperdiploid": "超二倍体",
    "complex": "复杂核型",
    "other": "其他",
}
OXYGEN = {
    "none": "无",
    "nasal_cannula": "鼻导管",
    "face_mask": "面罩",
    "high_flow": "高流量",
    "cpap": "CPAP",
    "ventilator": "有创通气",
}
PRESSORS = {0: "无", 1: "去甲肾上腺素", 2: "去甲肾上腺素+肾上腺素"}
PRESSOR_DOSE = {"low": "低", "high": "高"}
MIND = {"awake": "清醒", "voice": "呼唤睁眼", "touch": "触觉刺激睁眼", "unarousable": "不能唤醒", "sedated": "镇静"}
METHOD = {"flow": "流式(10^-4)"}
RESPONSE = {"CR": "CR", "CRi": "CRi", "NR": "NR", "relapse": "复发"}
RELATED = {"related": "相关", "possible": "可能相关", "unrelated": "无关"}
DONOR = {"haploidentical": "单倍体", "sibling": "同胞全合", "unrelated": "无关供者"}
CONDITIONING = {"TBI": "TBI", "busulfan": "白消安"}
STEM_CELLS = {"peripheral": "外周血", "peripheral_marrow": "骨髓+外周血"}
CD19 = {"positive": "CD19+", "negative": "CD19-"}
CAUSE = {
    "disease": "白血病",
    "cart_toxicity": "CAR-T治疗相关",
    "transplant_related": "移植相关",
    "infection": "感染",
}
STATUS = {"alive": "存活", "dead": "死亡"}
SOURCE = {"clinic": "门诊", "phone": "电话", "referring_hospital": "转诊医院"}
LYMPHODEPLETION = {"FC": "FC", "C": "环磷酰胺"}


@dataclass
class Row:
    """One physical row: text cells, and the clean rows (of `table`) that it stands for, by raw column if wide.

    In a workbook a cell may have a number format or be merged with those below it (column -> format, number of rows).
    """

    cells: list[str]
    truth: list[dict] = field(default_factory=list)
    formats: dict[int, str] = field(default_factory=dict)
    merged: dict[int, int] = field(default_factory=dict)
    hidden: bool = False


@dataclass
class Sheet:
    """One raw file: its name, the clean table it feeds, the rows above the header, the header, the body, the notes."""

    file: str
    table: str
    header: list[str]
    rows: list[Row]
    above: list[list[str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    encoding: str = "utf-8"
    delimiter: str = ","
    newline: str = "\n"
    title: str = ""  # of the worksheet, for a workbook
    merged: tuple[str, ...] = ()

    def number(self, row: Row) -> int:
        """Physical row number in the file, from 1: the line of a text file in which it begins."""
        before = takewhile(lambda other: other is not row, self.rows)
        return len(self.above) + 2 + sum(1 + sum(cell.count("\n") for cell in r.cells) for r in before)

    def numbered_notes(self) -> list[tuple[int, str]]:
        """Footnotes with their physical rows: after a blank row below the body."""
        return list(enumerate(self.notes, len(self.above) + 1 + len(self.rows) + 2))


def text(value, codes: dict | None = None) -> str:
    """A cell as plain text: ISO date, shortest number, code."""
    if value is None:
        return ""
    if codes is not None:
        return codes.get(value, str(value))
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return f"{value:.10g}"
    return str(value)


def power(value: float) -> str:
    """1.4e6 as the ward writes it: 1.4×10^6."""
    mantissa, exponent = f"{value:.9e}".split("e")
    return f"{float(mantissa):.10g}×10^{int(exponent)}"


def comma(value: str) -> str:
    return value.replace(".", ",")


def sheets(specification: dict, people: list[Patient], tables: dict[str, list[dict]]) -> list[Sheet]:
    """All raw files in their usual form, in the order in which they are listed in the datasheet."""
    return [
        enrolment(specification, people, tables["enrolment"]),
        history(tables["history"]),
        infusion(specification, tables["infusion"]),
        signs(tables["signs"]),
        *labs(specification, tables["labs"]),
        kinetics(specification, tables["kinetics"]),
        marrow(tables["response"]),
        adverse_events(tables["adverse_events"]),
        transplant(tables["transplant"]),
        followup(tables["followup"]),
    ]


def plain(rows: list[dict], *cells) -> list[Row]:
    """Rows of which each cell is (field, codes or None)."""
    return [Row([text(r[name], codes) for name, codes in cells], [r]) for r in rows]


def enrolment(specification: dict, people: list[Patient], rows: list[dict]) -> Sheet:
    rng = stream(specification, "identity")
    body = []
    given = GIVEN.split()
    for p, r in zip(people, rows, strict=True):
        name = rng.choice(SURNAMES) + rng.choice(given)
        hospital_number = f"{p.consent.year % 100}{rng.randint(0, 999999):06d}"
        cells = [p.participant, name, hospital_number, text(p.birth), text(r["sex"], SEX), text(r["consent_date"])]
        cells += [text(r["apheresis_date"]), text(r["stratum"], STRATUM)]
        body.append(Row(cells, [r]))
    header = ["研究编号", "姓名", "住院号", "出生日期", "性别", "知情同意日期", "单采日期", "分层"]
    return Sheet("01_enrolment.csv", "enrolment", header, body, encoding="gb18030", newline="\r\n")


def history(rows: list[dict]) -> Sheet:
    header = ["研究编号", "诊断日期", "治疗线数", "既往移植", "骨髓原始细胞(%)", "MRD(%)"]
    header += ["髓外病变", "髓外部位", "染色体核型", "BCR-ABL"]
    body = plain(
        rows,
        ("participant", None),
        ("diagnosis_date", None),
        ("prior_lines", None),
        ("prior_hct", YES_NO),
        ("blasts_percent", None),
        ("mrd_percent", None),
        ("extramedullary", YES_NO),
        ("extramedullary_site", SITE),
        ("cytogenetics", KARYOTYPE),
        ("bcr_abl", {"yes": "阳性", "no": "阴性"}),
    )
    groups = ["受试者", "诊断与既往治疗", "", "", "回输前病情", "", "", "", "遗传学", ""]
    return Sheet(
        "02_history.xlsx",
        "history",
        header,
        body,
        above=[groups],
        notes=["注：骨髓原始细胞与MRD取预处理前最后一次评估；MRD仅MRD+层填写。"],
        title="既往史",
        merged=("B1:D1", "E1:H1", "I1:J1"),
    )


def infusion(specification: dict, rows: list[dict]) -> Sheet:
    """Dose per kg in the habit of whoever was on duty; the first ten patients by total cells and weight alone."""
    rng = stream(specification, "dose forms")
    body = []
    for i, r in enumerate(rows):
        dose = r["dose_per_kg"]
        forms = [f"{power(dose)}/kg", f"{power(dose)}/kg", f"{dose:.10g}", f"{dose / 1e4:.10g}万/kg"]
        forms.append(f"{float(f'{dose:.9e}'.split('e')[0]):.10g}e{int(f'{dose:.9e}'.split('e')[1])}")
        cells = [r["participant"], text(r["infusion_date"]), text(r["weight_kg"])]
        r["dose_recorded"] = None if i < 10 else dose
        cells += ["" if i < 10 else rng.choice(forms), power(r["total_cells"])]
        body.append(Row([*cells, text(r["lymphodepletion"], LYMPHODEPLETION)], [r]))
    header = ["研究编号", "回输日期", "体重(kg)", "回输剂量(/kg)", "细胞总数", "预处理方案"]
    return Sheet("03_infusion.csv", "infusion", header, body)


def signs(rows: list[dict]) -> Sheet:
    columns = {
        "研究编号": ("participant", None),
        "日期": ("date", None),
        "最高体温(℃)": ("temperature", None),
        "收缩压(mmHg)": ("sbp", None),
        "SpO2(%)": ("spo2", None),
        "吸氧方式": ("oxygen_device", OXYGEN),
        "氧流量(L/min)": ("oxygen_flow", None),
        "FiO2(%)": ("fio2", None),
        "升压药": ("vasopressors", PRESSORS),
        "升压药剂量": ("vasopressor_dose", PRESSOR_DOSE),
        "血管加压素": ("vasopressin", YES_NO),
        "低血压补液": ("iv_fluids", YES_NO),
        "凝血制品": ("coagulation_products", YES_NO),
        "托珠单抗": ("tocilizumab", YES_NO),
        "激素": ("steroids", YES_NO),
        "ICE评分": ("ice_score", None),
        "意识": ("consciousness", MIND),
        "惊厥": ("seizure", YES_NO),
    }
    body = plain(rows, *columns.values())
    return Sheet("04_signs.csv", "signs", list(columns), body, encoding="utf-8-sig", newline="\r\n")


NAMES = {
    "ANC": "中性粒细胞绝对值",
    "PLT": "血小板",
    "CRP": "C反应蛋白",
    "FERRITIN": "铁蛋白",
    "FIBRINOGEN": "纤维蛋白原",
    "CREATININE": "肌酐",
    "ALT": "谷丙转氨酶",
    "BILIRUBIN": "总胆红素",
    "BCELL": "CD19+ B细胞",
}
REFERENCE = {
    "ANC": "1.8-6.3",
    "PLT": "125-350",
    "CRP": "0-8",
    "FERRITIN": "24-336",
    "FIBRINOGEN": "2.0-4.0",
    "CREATININE": "41-111",
    "ALT": "7-40",
    "BILIRUBIN": "3.4-20.5",
    "BCELL": "90-560",
}


def labs(specification: dict, rows: list[dict]) -> list[Sheet]:
    """The hospital's laboratory (TSV), whose analysers changed units, and the cytokine laboratory (German software)."""
    own, outside = [], []
    for r in rows:
        value, unit = r["value"], r["unit"]
        if r["analyte"] in ("IL6", "IFNG"):
            result = (r["censored"] or "") + comma(text(value))
            name = {"IL6": "IL-6", "IFNG": "IFN-gamma"}[r["analyte"]]
            outside.append(Row([r["participant"], f"{r['date']:%d.%m.%Y}", name, result, unit], [r]))
            continue
        reference = REFERENCE[r["analyte"]]
        if r["analyte"] == "CRP" and r["date"] < date(2015, 7, 1):
            value, unit, reference = value / 10, "mg/dL", "0-0.8"
        elif r["analyte"] == "ANC" and r["date"] < date(2015, 4, 1):
            value, unit, reference = value * 1000, "/uL", "1800-6300"
        elif r["analyte"] == "PLT" and r["date"].year == 2016:
            unit = "K/uL"
        elif r["analyte"] == "CREATININE" and r["date"] < date(2015, 7, 1):
            value, unit, reference = round(value / 88.4, 2), "mg/dL", "0.46-1.26"
            r["value"] = float(f"{value * 88.4:.10g}")
        elif r["analyte"] == "FERRITIN" and r["date"] > date(2016, 9, 1):
            unit = "ug/L"
        elif r["analyte"] == "FIBRINOGEN" and r["date"] < date(2015, 7, 1):
            value, unit, reference = value * 100, "mg/dL", "200-400"
        result = (r["censored"] or "") + text(float(value))
        own.append(Row([r["participant"], text(r["date"]), NAMES[r["analyte"]], result, unit, reference], [r]))
    return [
        Sheet(
            "05_labs.tsv",
            "labs",
            ["研究编号", "采样日期", "项目", "结果", "单位", "参考范围"],
            own,
            delimiter="\t",
        ),
        Sheet(
            "05_cytokines.csv",
            "labs",
            ["Patient", "Datum", "Analyt", "Ergebnis", "Einheit"],
            outside,
            encoding="cp1252",
            delimiter=";",
            newline="\r\n",
        ),
    ]


def kinetics(specification: dict, rows: list[dict]) -> Sheet:
    days = specification["assumed"]["kinetics"]["value"]["days"]
    by_patient: dict[str, dict[int, dict]] = {}
    for r in rows:
        by_patient.setdefault(r["participant"], {})[r["day"]] = r
    body = []
    for participant, values in by_patient.items():
        cells = [participant]
        for d in days:
            r = values.get(d)
            cells.append("" if r is None else "<LLOQ" if r["below_lloq"] == "yes" else text(r["copies_per_ug"]))
        body.append(Row(cells, list(values.values())))
    return Sheet(
        "06_kinetics.xlsx",
        "kinetics",
        ["研究编号", *(f"D{d}" for d in days)],
        body,
        notes=["单位：copies/μg基因组DNA；LLOQ = 50 copies/μg。空格＝未采样。"],
        title="CAR拷贝数",
    )


def marrow(rows: list[dict]) -> Sheet:
    body = []
    for r in rows:
        cells = [r["participant"], text(r["assessment_date"]), text(r["marrow_blasts_percent"])]
        cells += [
            text(r["extramedullary"], {"yes": "有", "no": "无"}),
            (r["mrd_censored"] or "") + text(r["mrd_percent"]),
        ]
        body.append(Row([*cells, text(r["mrd_method"], METHOD), text(r["assessor_response"], RESPONSE)], [r]))
    header = ["研究编号", "评估日期", "骨髓原始细胞(%)", "髓外病变", "MRD(%)", "MRD方法", "疗效"]
    return Sheet("07_marrow.xlsx", "response", header, body, title="疗效评估")


def adverse_events(rows: list[dict]) -> Sheet:
    cells = (("participant", None), ("term", None), ("grade", None), ("start_date", None), ("end_date", None))
    body = plain(rows, *cells, ("related", RELATED))
    header = ["Subject", "CTCAE term", "Grade", "Start", "End", "与CAR-T关系"]
    return Sheet("08_adverse_events.csv", "adverse_events", header, body)


def transplant(rows: list[dict]) -> Sheet:
    cells = (("participant", None), ("hct_date", None), ("donor", DONOR), ("conditioning", CONDITIONING))
    return Sheet(
        "09_transplant.xlsx",
        "transplant",
        ["研究编号", "移植日期", "供者", "预处理", "干细胞来源"],
        plain(rows, *cells, ("stem_cells", STEM_CELLS)),
        above=[["异基因造血干细胞移植登记表", "", "", "", ""]],
        title="移植",
        merged=("A1:E1",),
    )


def followup(rows: list[dict]) -> Sheet:
    columns = {
        "研究编号": ("participant", None),
        "复发日期": ("relapse_date", None),
        "复发时CD19": ("relapse_cd19", CD19),
        "死亡日期": ("death_date", None),
        "死亡原因": ("death_cause", CAUSE),
        "末次随访日期": ("last_contact_date", None),
        "生存状态": ("status", STATUS),
        "信息来源": ("status_source", SOURCE),
    }
    body = plain(rows, *columns.values())
    return Sheet(
        "10_followup.txt", "followup", list(columns), body, encoding="utf-16-le", delimiter="\t", newline="\r\n"
    )
