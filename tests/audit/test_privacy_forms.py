"""The privacy gate: names by their parts, what only looks like a number of a hospital, the texts of the study, the allow-list."""

import base64
import hashlib
import io
import json
import random
import zipfile

import pandas as pd
import pytest
from trialpress.audit import _ours, _without_allowed
from trialpress.audit.privacy import PrivacyError, Sought, gate, sought
from trialpress.clean.log import CELLS, CHANGES
from trialpress.ending import privacy as said_at_the_end
from trialpress.errors import InputError
from trialpress.study import load_study

from .conftest import ROOT


def known_by(*values: str, kind="name") -> Sought:
    found = Sought()
    for value in values:
        found.add(value, kind, file="people.csv")
    return found


def test_an_id_and_a_day_in_the_key_of_a_row_are_no_number():
    known = known_by("12342014", "1232014", kind="hospital number")
    assert not known.hits("LD-1234/2014-11-11 LD-00000123/2014-11-11")
    assert len(known.hits("1234/2014 no. 123-2014, of 2014-11-11")) == 2
    assert known_by("030 2014 1122", kind="telephone").hits("ask 030/2014-11-22.")


@pytest.mark.parametrize(
    ("number", "texts", "others"),
    [
        ("14320792", ["1432-0792", "1432 0792", "a 1432-0792, b", "a 1432-0792.", "0014320792", "1432/0792\n"],
         ["1432-792", "x.1432-0792", "1432-0792.5", "9461432-0792", "1432-07921", "3,1432-0792,5", "1432,0792"]),
        ("020 0946 0012", ["020-0946-0012", "02009460012", "2009460012", "020 0946 0012"], ["2094612", "020 0946"]),
        ("00551234", ["55-1234", "0055-1234", "551234"], ["55 1234", "55-01234"]),
    ],
)  # fmt: skip
def test_zeros_within_a_number_stand_and_those_before_it_do_not_count(number, texts, others):
    known = known_by(number, kind="telephone")
    assert [text for text in texts if not known.hits(text)] == []
    assert [text for text in others if known.hits(text)] == []


@pytest.mark.parametrize(
    ("name", "texts"),
    [
        ("Müller-Lüdenscheid, Anna", ["Mueller-Luedenscheid", "MULLER LUDENSCHEID", "Anna Müller", "Frau Dr. Anna M. Müller", "Lüdenscheid"]),
        ("Mueller, Eva", ["Müller", "Eva Muller"]),
        ("O'Brien, Seán", ["OBrien", "O’Brien", "Sean O Brien", "SEAN"]),
        ("D'Amico", ["DAmico", "D’AMICO", "d amico"]),
        ("Jean-Pierre Dupont", ["Jeanpierre Dupont", "Jean Pierre", "DUPONT J-P"]),
        ("Kim Min-su", ["Minsu Kim", "KIM MINSU", "Min-su Kim", "min su kim"]),
        ("Nguyễn Thị Ánh", ["Nguyen Thi Anh", "NGUYEN", "Ánh Nguyễn"]),
        ("Wu Li", ["Wu, Li", "li wu"]),
        ("Łukasz Świątek", ["Lukasz Swiatek", "SWIATEK"]),
        ("李明", ["患者李明发热", "李 明", "明李"]),
        ("김민수", ["환자 김민수님", "김 민수", "민수"]),
        ("山田 太郎", ["山田太郎", "太郎", "山田様"]),
        ("やまだはなこ", ["やまだ はなこ"]),
    ],
)  # fmt: skip
def test_a_name_by_its_parts(name, texts):
    found = known_by(name)
    for text in texts:
        assert found.hits(f"... {text} ..."), text


@pytest.mark.parametrize(
    "text", ["the wu of", "an li", "Lim Wu", "anna", "Mull", "brienz", "the Minsur", "民", "min sur"]
)
def test_what_is_no_part_of_it(text):
    assert not known_by("Wu Li", "Müller, Eva", "O'Brien, Bo", "Kim Min-su", "李民").hits(text)


def test_short_parts_are_counted_and_the_whole_is_found():
    found = known_by("Wu Li", "An", "Ng Bo")
    assert found.unsearchable == {("people.csv", "a part of a name"): 4, ("people.csv", "name"): 1}
    assert set(found.hits("Bo Ng").values()) == {"name"} and not found.hits("An")


# --- digits that come about by chance -------------------------------------------------------------------------------------


def chance_files(folder, seed):
    """A manifest, a receipt, a crate and logs full of hashes, sizes and rows."""
    random.seed(seed)
    digest = [hashlib.sha256(str(n + seed).encode()).hexdigest() for n in range(400)]
    files = {f"f{n}.csv": {"sha256": one, "bytes": random.randrange(10_000, 99_999)} for n, one in enumerate(digest)}
    (folder / ".receipts").mkdir(parents=True)
    (folder / ".receipts" / "clean.json").write_text(
        json.dumps({"read": {str(k): v["sha256"] for k, v in files.items()}})
    )
    (folder / "manifest.json").write_text(json.dumps({"outputs": files}, indent=1))
    crate = [{"@id": name, "sha256": one["sha256"], "contentSize": str(one["bytes"])} for name, one in files.items()]
    with zipfile.ZipFile(folder / "crate.zip", "w") as archive:
        archive.writestr("ro-crate-metadata.json", json.dumps({"@graph": crate}))
        archive.writestr(
            "font.html", "src: url(data:font/woff2;base64," + base64.b64encode(random.randbytes(60_000)).decode() + ")"
        )
    pins = "".join(
        f"    --hash=sha256:{one}\n    sha512-{base64.b64encode(bytes.fromhex(one) * 2).decode()}\n" for one in digest
    )
    (folder / "requirements.lock").write_text(pins)
    rows = range(10_000, 99_999, 7)
    changes = pd.DataFrame({name: "x" for name in CHANGES}, index=rows).assign(source_row=rows)
    changes.to_csv(folder / "changes.csv", index=False)
    cells = pd.DataFrame({name: "x" for name in CELLS}, index=rows).assign(row=rows)
    cells.to_parquet(folder / "cells.parquet", index=False)
    numbered = {"values": list(map(str, rows)), "codes": list(rows)}
    page = {"rows": 3, "columns": {"a": {"values": ["x"], "codes": list(rows)}, "source_row": numbered}}
    trace = {"cells": [[3, "P1", row, "raw", "clean", 5] for row in rows], "who": {"n": list(rows)}}
    trace["lines"] = {str(who): [["labs.tsv", row, row + 100]] for who, row in enumerate(rows)}
    (folder / "index.html").write_text(
        f'<script type="application/json">{json.dumps([page, trace], separators=(",", ":"))}</script>'
    )


@pytest.mark.parametrize("seed", range(3))
def test_53_numbers_of_five_digits_are_no_false_stop(tmp_path, seed):
    chance_files(tmp_path, seed)
    numbers = random.Random(seed).sample(range(10_000, 99_999), 53)
    found = known_by(*map(str, numbers), kind="hospital number")
    assert gate(found, [tmp_path])["searched"] == 53
    leak = {"values": {"source": {"values": [str(numbers[7])]}, "cells": [["raw", numbers[7]]]}, "codes": ["a"]}
    (tmp_path / "leak.json").write_text(json.dumps(leak, separators=(",", ":")))
    with pytest.raises(
        PrivacyError, match=r"leak.json: holds a direct identifier: hospital number \(1 different, of people.csv\)"
    ):
        gate(found, [tmp_path])


def test_a_log_of_a_run_may_hold_a_short_number_and_no_name(tmp_path):
    for name in ("results", "logs"):
        (tmp_path / name).mkdir()
    found = known_by("12345", kind="hospital number").over(known_by("Okafor, Chidi"))
    (tmp_path / "logs" / "a.log").write_text("process 12345 ended")
    gate(found, [tmp_path / "results", tmp_path / "logs"])
    (tmp_path / "logs" / base64.b64encode(b"results/okafor.csv").decode()).write_text("x")
    with pytest.raises(PrivacyError, match="a part of a name"):
        gate(found, [tmp_path / "results", tmp_path / "logs"])


def test_what_is_embedded_and_a_file_of_its_own_is_told_once(tmp_path):
    leak = b'<svg xmlns="x"><text>Okafor</text></svg>' + b" " * 40
    (tmp_path / "a.svg").write_bytes(leak)
    (tmp_path / "a.html").write_bytes(b'<img src="data:image/svg+xml;base64,' + base64.b64encode(leak) + b'">')
    with pytest.raises(PrivacyError) as error:
        gate(known_by("Okafor, Chidi"), [tmp_path])
    assert [problem.where for problem in error.value.problems] == [(tmp_path / "a.svg").as_posix()]


# --- texts of the study, copies, the allow-list ---------------------------------------------------------------------------

STUDY = """
study: {id: s, title: A study, data_cutoff: "2021-01-01", reconstruction: false, participant: who}
files: {people: {path: people.csv}}
tables:
  people:
    file: people
    key: [who]
    columns:
      who: {source: ID, type: id}
      name: {source: Name, identifier: name}
      given: {source: Given, identifier: given name}
      born: {source: Born, type: date, identifier: date of birth}
      number: {source: No, type: integer, identifier: hospital number}
      MORE
"""
RAW = """ID,Name,Given,Born,No,Remark,Again
P1,Okafor,Chidi,1961-03-12,482915,Chidi was well,Okafor
P2,Wetherby,Ann,1958-11-30,573026,seen by her sister,Wetherby
P3,Young,Bo,1970-01-02,664137,fever,Young
"""
MARCH = "not_identifying:\n  Young: the adverb\n  Zhou: an author\n"


@pytest.fixture
def study_of(tmp_path):
    def make(more: str = "", head: str = ""):
        (tmp_path / "study.yaml").write_text(head + STUDY.replace("MORE", more))
        (tmp_path / "raw").mkdir(exist_ok=True)
        (tmp_path / "raw" / "people.csv").write_text(RAW)
        (tmp_path / "out").mkdir(exist_ok=True)
        return load_study(tmp_path / "study.yaml"), tmp_path / "raw"

    return make


@pytest.mark.parametrize(
    ("column", "values"),
    [("born_too", pd.to_datetime(["1961-03-12", "1958-11-30", "1970-01-02"])), ("n", [482915, 573026, None]),
     ("who_is_it", ["Chidi Okafor", "Ann Wetherby", "x"])],
)  # fmt: skip
def test_a_derived_copy_of_an_identifier_is_told(study_of, tmp_path, column, values):
    table = pd.DataFrame({"who": ["P1", "P2", "P3"], column: values, "age": [52, 55, 44]})
    found = sought(*study_of(), [], tables={"people": table})
    with pytest.raises(PrivacyError) as error:
        gate(found, [tmp_path / "out"])
    assert {problem.where for problem in error.value.problems} == {f"table people, column {column}"}
    assert "values of an identifier" in str(error.value) and "Okafor" not in str(error.value)


def test_a_column_with_the_same_values_declared_as_something_else_is_told(study_of, tmp_path):
    study, raw = study_of("again: {source: Again, type: id}")
    table = pd.DataFrame({"who": ["P1", "P2", "P3"], "again": ["Okafor", "Wetherby", "Young"]})
    found = sought(study, raw, [], tables={"people": table})
    (tmp_path / "out" / "t.csv").write_text("who,again\nP1,Wetherby\n")
    with pytest.raises(PrivacyError) as error:
        gate(found, [tmp_path / "out"])
    assert {problem.where for problem in error.value.problems} == {
        "table people, column again",
        f"{tmp_path}/out/t.csv",
    }


def test_free_text_that_is_held_back_is_looked_for_whole(study_of):
    found = sought(*study_of("remark: {source: Remark}"), [])
    assert "free text 'Remark'" in found.hits("she was seen by her sister then").values()


def test_two_columns_of_a_name_are_one_name(study_of):
    found = sought(*study_of(), [])
    assert "name" in found.hits("Bo Young").values() and "name" in found.hits("Young, Bo").values()


def test_the_texts_of_the_study_are_searched_and_excuse_nothing(study_of, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    study, raw = study_of()
    (tmp_path / "config" / "s").mkdir(parents=True)
    (tmp_path / "data" / "s").mkdir(parents=True)
    (tmp_path / "config" / "s" / "plan.yaml").write_text("a: b\nlabel: Weight of Ann Wetherby\n# young patients\n")
    (tmp_path / "data" / "s" / "corrections.csv").write_text(
        "table,key,field,old,new,reason\nt,P1,number,482915,1,told by Chidi Okafor\n"
    )
    ours = _ours(["config/s/plan.yaml", "data/s/corrections.csv"], study)
    found = sought(study, raw, [], ours.values())
    with pytest.raises(PrivacyError) as error:
        gate(found, [tmp_path / "out"], ours=ours)
    told = {problem.where for problem in error.value.problems}
    assert told == {"config/s/plan.yaml, line 2", "data/s/corrections.csv, row 2, reason"}
    assert found.unsearchable["people.csv", "name"] == 0 and ("young",) in found.words


def test_the_name_of_a_raw_file_is_told(study_of, tmp_path):
    study, raw = study_of()
    (raw / "people.csv").rename(raw / "Okafor_people.csv")
    (tmp_path / "study.yaml").write_text(
        (tmp_path / "study.yaml").read_text().replace("path: people.csv", "path: Okafor_people.csv")
    )
    study = load_study(tmp_path / "study.yaml")
    with pytest.raises(
        PrivacyError, match="the name of the raw file Okafor_people.csv: holds a direct identifier: name"
    ):
        gate(sought(study, raw, []), [tmp_path / "out"], ours=_ours([], study))


def test_the_allow_list_lets_pass_and_says_what_never_fires(study_of, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a.md").write_text("Young patients did well.")
    study, raw = study_of(head="not_identifying: {Young: the adjective, Zhou: an author of ours}\n")
    assert study.not_identifying == {"Young": "the adjective", "Zhou": "an author of ours"}
    found = sought(study, raw, [])
    with pytest.raises(PrivacyError):
        gate(found, [tmp_path / "out"])
    said = gate(found, [tmp_path / "out"], allow=study.not_identifying)
    assert said["allowed"] == {"Young": "the adjective"} and said["allowed_in_vain"] == ["Zhou"]
    (tmp_path / "out" / "a.md").write_text("Young patients did well, said Okafor.")
    with pytest.raises(PrivacyError):
        gate(found, [tmp_path / "out"], allow=study.not_identifying)


def test_a_column_that_is_said_to_identify_nobody_is_not_looked_for(tmp_path):
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "people.csv").write_text(",,Days,Days\nWho,Name,CRP,LDH\nP1,Okafor,1234567,7654321\n")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a.csv").write_text("1234567\n")
    file = "{path: people.csv, header_rows: 2MORE}"
    columns = "{who: {source: Who, type: id}, name: {source: Name, identifier: name}}"
    text = f"""
study: {{id: s, title: S, participant: who, data_cutoff: "2020-01-01", reconstruction: false}}
files: {{people: {file}}}
tables: {{people: {{file: people, key: [who], columns: {columns}}}}}
"""

    def searched(more: str) -> dict:
        (tmp_path / "study.yaml").write_text(text.replace("MORE", more))
        study = load_study(tmp_path / "study.yaml")
        return gate(sought(study, tmp_path / "raw", []), [tmp_path / "out"])

    with pytest.raises(PrivacyError, match="undeclared column 'Days | CRP'"):
        searched("")
    with pytest.raises(PrivacyError, match="undeclared column 'Days | CRP'"):
        searched(", not_identifying: {Day: values of the laboratory}")
    said = searched(
        ", not_identifying: {Days: values of the laboratory, Name: is no name at all, Weeks: are no columns}"
    )
    assert said["undeclared_columns"] == 0 and said["allowed_in_vain"] == ["Weeks"]
    (tmp_path / "out" / "a.csv").write_text("Okafor\n")  # an identifier stays one
    with pytest.raises(PrivacyError, match="direct identifier: name"):
        searched(", not_identifying: {Name: is no name at all}")
    with pytest.raises(InputError, match="not_identifying.Days"):
        searched(", not_identifying: {Days: }")


def test_an_entry_of_the_allow_list_needs_a_reason(study_of):
    with pytest.raises(InputError, match="not_identifying.Young"):
        study_of(head="not_identifying: {Young: }\n")


def test_the_allow_list_itself_is_no_finding():
    text = f"a: 1\n{MARCH}b: 2\n"
    assert _without_allowed(text) == "a: 1\n\n\n\nb: 2\n"


def test_the_end_of_a_run_says_what_is_not_searchable(study_of, tmp_path):
    (tmp_path / "audit").mkdir()
    said = gate(sought(*study_of(), []), [tmp_path / "out"], allow={"Zhou": "an author"})
    (tmp_path / "audit" / "privacy.json").write_text(json.dumps({"gate": said}))
    kinds = said["not_searchable"]["people.csv"]
    n = sum(kinds.values())
    assert said_at_the_end(tmp_path) == [
        f"WARNING: {n} values of people.csv cannot be searched for ({', '.join(kinds)}): before a file leaves the house, look for them by eye (audit/privacy.json)",
        "not_identifying of study.yaml never fires: Zhou",
    ]
    assert n and said["not_searchable"]["people.csv"]["given name"] == 2


def test_the_attributes_of_an_office_document_are_sizes(tmp_path):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("[Content_Types].xml", "<a/>")
        archive.writestr("word/document.xml", '<w:pgSz w:w="12240" w:h="15840"/><w:t>57302</w:t>')
    (tmp_path / "a.docx").write_bytes(out.getvalue())
    gate(known_by("12240", "15840", kind="hospital number"), [tmp_path])
    with pytest.raises(PrivacyError):
        gate(known_by("57302", kind="hospital number"), [tmp_path])


def test_the_engine_excuses_no_number_or_name_of_the_default_study():
    raw = pd.read_csv(ROOT / "data/low-dose-cd19/raw/01_enrolment.csv", encoding="gb18030", dtype=str)
    known = known_by(*raw["住院号"].dropna(), kind="hospital number")
    for name in raw["姓名"].dropna():
        known.add(name, "name", file="people.csv")
    engine = [
        path
        for path in sorted((ROOT / "workflow").rglob("*"))
        if path.suffix in (".py", ".R", ".smk", ".lua", ".js", ".md")
    ]
    assert len(known) > 100 and len(engine) > 300
    assert [path.name for path in engine if known.hits(path.read_text(encoding="utf-8"))] == []
