"""Whether a raw column may tell who a participant is: by the words of its header, and by the shape of what it holds.

The words are those that files of trials use; a column is suspected rather than believed to be harmless. What is found is
held back until somebody answers, so a word too many costs a question, a word too few would cost a name.
"""

from __future__ import annotations

import datetime
import re

from ..text import normalise
from .facts import Facts

# kind -> what its headers say; whole words for scripts that have them
WORDS = {
    "name": "name|names|surname|forename|initials?|vorname|nachname|familienname|nom|pr[ée]nom|nombre|apellidos?|naam|cognome"
    "|patname|ptname|lname|fname|firstname|lastname|fullname|^first$|^last$|first name|last name",
    "date of birth": "birth|birthday|dob|brthdtc?|brthdt|birthdate|geburtsdatum|geb|gebdat|geburtstag|naissance|ddn|nacimiento|nascita|bdate",
    "hospital number": "mrn|hospital|chart|nhs|ssn|insurance|passport|medical record|admission (?:no|number|id)|inpatient|case (?:no|number)"
    "|fallnummer|krankenkasse|versicherung\\w*|patientennummer|national id|accession|social security|hic|mbi|curp|nino|bsn|cpr no|personnummer",
    "phone": "phone|telephone|telefon|tel|mobile|fax|handy|t[ée]l[ée]phone|tel[ée]fono|cellphone|contact (?:no|number)",
    "address": "address|addr|street|zip|zipcode|zip code|postcode|postal|postal code|post code|plz|adresse|strasse|straße|direcci[óo]n|city|town|village|county|geocode"
    "|latitude|longitude|gps",
    "email": "e mail|email|mail",
    "person": "next of kin|relative|guardian|caregiver|contact person|emergency contact|physician|doctor|investigator|nurse|signature"
    "|signed|entered by|assessor name|assessed by|rater|staff|operator|recorded by|reviewer|angeh[öo]rige\\w*|arzt|[äa]rztin|m[ée]decin|mother s?|father s?",
    "other identifier": "url|website|ip|ip address|photo|photograph|image|picture|fingerprint|biometric|licen[cs]e|plate|vehicle|serial (?:no|number)"
    "|device id|udi|account|certificate|facebook|twitter|username|user name|barcode|audio|video",
}  # fmt: skip
HAN = {
    "name": "姓名|名字|患者名|病人名|拼音|氏名|이름|성명",
    "date of birth": "出生|生日|生年月日|생년월일",
    "hospital number": "住院号|病历号|病案号|门诊号|身份证|医保|社保|就诊号|登记号|床号|病床|患者番号|주민등록",
    "phone": "电话|手机|联系方式|電話|전화",
    "address": "住址|地址|邮编|籍贯|住所|주소",
    "email": "邮箱|电子邮件",
    "person": "联系人|家属|监护人|医生|医师|护士|签名|签字|录入人|记录人|评估者|操作者",
}
# words before `name` that make it that of a thing; a person's name has none of them
THINGS = re.compile(
    r"\b(?:drug|medication|medicine|product|trade|brand|generic|test|lab|analyte|file|sheet|form|event|term|study|trial|protocol|arm"
    r"|group|visit|variable|procedure|device|gene|marker|site|treatment|regimen|disease|column|parameter|param|country)\b", re.I
)  # fmt: skip
NOT_NUMBERS = re.compile(
    r"\b(?:days?|weeks?|length|duration|los|stay|score|type|ward|discharge|yes|no|date|time|hours?)\b|日期|时间", re.I
)
SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许邓冯韩曹曾彭萧蔡潘田董袁于余叶蒋杜苏魏程吕丁沈任姚卢傅钟姜崔谭廖范汪陆金石戴贾韦夏邱方侯邹熊孟秦白江阎薛尹段雷黎史龙陶贺顾毛郝龚邵万钱严覃武"
NAME_SHAPE = r"[A-ZÀ-Ž][a-zà-ž'’-]+(?:,? [A-ZÀ-Ž](?:[a-zà-ž'’-]+|\.?)){1,3}|[A-ZÀ-Ž]{2,}, ?[A-ZÀ-Ž][A-Za-zà-ž'’ -]+"
SHAPES = (
    ("email", r"[^@\s]+@[^@\s]+\.[A-Za-z]{2,}"),
    ("other identifier", r"https?://\S+|www\.\S+|\d{1,3}(?:\.\d{1,3}){3}"),
    ("hospital number", r"\d{3}-\d{2}-\d{4}|\d{17}[\dXx]|\d{3} \d{3} \d{4}"),
    (
        "phone",
        r"\+\d[\d ()/-]{7,}|\(\d{2,5}\)[ \d/-]{5,}|0\d{1,4}[ /-]\d[\d -]{4,}|\d{3}[-.]\d{3}[-.]\d{4}|1[3-9]\d{9}",
    ),
)


def by_header(header: str) -> str:
    """The kind of identifier that a header names; '' for none.

    >>> [by_header(text) for text in ("Patient name", "住院号", "DOB", "Drug name", "Surname_2", "Length of hospital stay")]
    ['name', 'hospital number', 'date of birth', '', 'name', '']
    """
    text = normalise(header)
    for kind, words in HAN.items():
        if re.search(words, text):
            return kind
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])|[\W_]+|(?<=[A-Za-z])(?=\d)", " ", text).strip().lower()
    for kind, words in WORDS.items():
        if re.search(rf"\b(?:{words})\b", spaced):
            if kind == "name" and THINGS.search(spaced):
                continue
            if kind == "hospital number" and NOT_NUMBERS.search(spaced):
                continue
            return kind
    return ""


def by_shape(facts: Facts) -> str:
    """The kind of identifier that a column's cells look like, whatever its header says; '' for none."""
    if facts.n < 3:
        return ""
    for kind, form in SHAPES:
        if facts.share(form) > 0.3:
            return kind
    distinct = len(facts.texts) / facts.n
    if facts.share(NAME_SHAPE) > 0.7 and distinct > 0.6:
        return "name"
    if facts.share(rf"[{SURNAMES}][\u4e00-\u9fff]{{1,2}}") > 0.7 and distinct > 0.6:
        return "name"
    lengths = {len(text) for text in facts.texts}
    if (
        facts.share(r"\d{6,20}") > 0.95
        and distinct > 0.9
        and len(lengths) <= 2
        and facts.share(r"(?:19|20)\d{6}") < 0.9
    ):
        return "hospital number"
    return ""


def born(dates: dict[object, int], others: list[object]) -> bool:
    """Whether the dates of a column lie as dates of birth do: half of them more than ten years before the dates of the other
    columns. dates: value -> rows; others: the dates of the study's other columns."""
    days = sorted(date for value, n in dates.items() for date in [_day(value)] * n)
    rest = sorted(map(_day, others))
    if len(days) < 3 or len(rest) < 3:
        return False
    return (rest[len(rest) // 2] - days[len(days) // 2]).days > 3652


def _day(value) -> datetime.date:
    return value.date() if isinstance(value, datetime.datetime) else value
