"""Metadata are recognised by their content and go before what is inferred: REDCap, define.xml, ODM, codebooks, value labels."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from trialpress.clean import clean
from trialpress.draft.metadata import metadata
from trialpress.draft.new import Given, drafted, sums
from trialpress.errors import InputError
from trialpress.study import load_study

HEAD = ("Variable / Field Name,Form Name,Section Header,Field Type,Field Label,\"Choices, Calculations, OR Slider Labels\",Field Note,"
        "Text Validation Type OR Show Slider Number,Text Validation Min,Text Validation Max,Identifier?,Branching Logic (Show field only if...),"
        "Required Field?,Custom Alignment,Question Number (surveys only),Matrix Group Name,Matrix Ranking?,Field Annotation\n")  # fmt: skip
DICTIONARY = (
    HEAD
    + """record_id,intake,,text,Record ID,,,,,,,,,,,,,
initials,intake,,text,Initials,,,,,,y,,,,,,,
sex,intake,,radio,Sex,"1, Male | 2, Female",,,,,,,y,,,,,
born,intake,,yesno,Has given birth?,,,,,,,[sex] = '2',,,,,,
race,intake,,checkbox,Race,"1, Asian | 2, White",,,,,,,,,,,,
height,intake,,text,Height (m),,,number,1,2.5,,,,,,,,
weight,intake,,text,Weight (kg),,,number,30,250,,,,,,,,
bmi,intake,,calc,BMI,"round([weight]/([height]^2), 1)",,,,,,,,,,,,
seen,visit,,text,Seen on,,,date_ymd,,,,,,,,,,
crp,visit,,text,CRP,,,number,,,,,,,,,,
"""
)
ROWS = "record_id,redcap_repeat_instrument,redcap_repeat_instance,initials,sex,born,race___1,race___2,height,weight,bmi,intake_complete,seen,crp,visit_complete\n"
EXPORT = ROWS + "".join(
    f"{n},,,AB,{1 + n % 2},{'1' if n % 2 else ''},{n % 2},0,1.7,70,{24.2 if n != 4 else 42.2},2,,,\n"
    + "".join(f"{n},visit,{k},,,,,,,,,,2021-03-0{k},{n}.5,{k % 3}\n" for k in (1, 2))
    for n in range(1, 13)
)


def study(folder: Path, answers: tuple[str, ...] = (), **files: str | bytes):
    """(the draft, its dictionary, what the clean stage makes of it) of files; `_` in a name is a point."""
    raw = folder / "raw"
    raw.mkdir()
    for name, text in files.items():
        (raw / name.replace("_", ".")).write_bytes(text.encode() if isinstance(text, str) else text)
    (raw / "SHA256SUMS").write_text(sums(raw), encoding="utf-8")
    draft = drafted(Given("made", directory=folder, missing=answers), raw)
    (folder / "study.yaml").write_text(draft.texts["config/made/study.yaml"], encoding="utf-8")
    return (
        draft,
        load_study(folder / "study.yaml"),
        clean(load_study(folder / "study.yaml"), raw, folder / "corrections.csv"),
    )


def test_a_redcap_export_with_its_dictionary(tmp_path):
    draft, found, data = study(tmp_path, dictionary_csv=DICTIONARY, data_csv=EXPORT)
    assert draft.told == {"dictionary.csv": "a REDCap dictionary, 13 variables"}
    lines = [line.strip() for line in draft.texts["config/made/study.yaml"].splitlines()]
    for line in (
        "initials: {identifier: name}  # certain",
        'sex: {type: code, codes: {Male: ["1"], Female: ["2"]}, label: Sex}  # certain',
        'race_1: {source: race___1, type: code, codes: {Unchecked: ["0"], Checked: ["1"]}, label: "Race: Asian"}  # certain',
        "height: {type: number, unit: m, plausible: [1, 2.5], label: Height}  # certain",
        'visit_complete: {type: code, codes: {Incomplete: ["0"], Unverified: ["1"], Complete: ["2"]}, label: visit complete}  # certain',
        'born: {type: code, codes: {"No": ["0"], "Yes": ["1"]}, label: "Has given birth?"}  # certain; asked only if [sex] = \'2\'',
        "where: missing(redcap_repeat_instrument)",
        "where: \"redcap_repeat_instrument == 'visit'\"",
    ):
        assert line in lines, line
    assert {name: (table.key, len(data.tables[name])) for name, table in found.tables.items()} == {
        "intake": (("participant",), 12), "visit": (("participant", "redcap_repeat_instance"), 24),
    }  # fmt: skip
    assert [check["assert"] for check in found.tables["intake"].checks] == [
        "missing(born) or (sex == 'Female')", "-0.06 <= bmi - (round(weight/(height**2), 1)) <= 0.06",
    ]  # fmt: skip
    asked = data.queries[data.queries["table"] == "intake"]
    assert list(zip(asked["key"], asked["field"], asked["message"], strict=True)) == [
        ("4", "bmi", "is not what its formula gives")
    ]


def test_a_redcap_export_with_labels_and_without_a_dictionary(tmp_path):
    rows = "".join(
        f"{n},baseline_arm_1,{'Male' if n % 2 else 'Female'},Checked,Complete\n{n},week_4_arm_1,,,\n"
        for n in range(1, 13)
    )
    _, found, data = study(tmp_path, data_csv="record_id,redcap_event_name,sex,race___1,intake_complete\n" + rows)
    assert {name: (table.key, table.where, len(data.tables[name])) for name, table in found.tables.items()} == {
        "baseline_arm_1": (("participant",), "redcap_event_name == 'baseline_arm_1'", 12)
    }
    assert found.tables["baseline_arm_1"].columns["race_1"].codes == {"Unchecked": ("0",), "Checked": ("1",)}


def test_branching_that_cannot_be_written_is_a_comment_alone(tmp_path):
    text = DICTIONARY.replace("[sex] = '2'", "\"datediff([seen], 'today', 'd') > 3 and [sex] = '2'\"")
    draft, found, _ = study(tmp_path, dictionary_csv=text, data_csv=EXPORT)
    assert [check["id"] for check in found.tables["intake"].checks] == ["formula-bmi"]
    assert "asked only if datediff([seen], 'today', 'd') > 3 and [sex] = '2'" in draft.texts["config/made/study.yaml"]


def test_metadata_that_the_cells_contradict_are_asked(tmp_path):
    _, found, _ = study(
        tmp_path, dictionary_csv=DICTIONARY.replace('"1, Male | 2, Female"', '"1, Male | 3, Female"'), data_csv=EXPORT
    )
    assert found.tables["intake"].columns["sex"].codes == {"Male": ("1",), "Female": ("3",)}
    lines = (tmp_path / "study.yaml").read_text(encoding="utf-8").splitlines()
    assert [line.rpartition("# ")[2] for line in lines if line.strip().startswith("sex:")] == ["ASK q1"]


DEFINE = """<?xml version="1.0" encoding="UTF-8"?>
<ODM xmlns="http://www.cdisc.org/ns/odm/v1.3" xmlns:def="http://www.cdisc.org/ns/def/v2.0" FileOID="f"><Study OID="s"><MetaDataVersion OID="m">
<ItemGroupDef OID="IG.DM" Name="DM"><ItemRef ItemOID="IT.USUBJID"/><ItemRef ItemOID="IT.SEX"/><ItemRef ItemOID="IT.DTHFL"/><ItemRef ItemOID="IT.AGE"/></ItemGroupDef>
<ItemDef OID="IT.USUBJID" Name="USUBJID" DataType="text"><Description><TranslatedText>Unique Subject Identifier</TranslatedText></Description></ItemDef>
<ItemDef OID="IT.SEX" Name="SEX" DataType="text"><Description><TranslatedText>Sex</TranslatedText></Description><CodeListRef CodeListOID="CL.SEX"/></ItemDef>
<ItemDef OID="IT.DTHFL" Name="DTHFL" DataType="text"><Description><TranslatedText>Death flag</TranslatedText></Description><CodeListRef CodeListOID="CL.Y"/></ItemDef>
<ItemDef OID="IT.AGE" Name="AGE" DataType="integer"><Description><TranslatedText>Age at consent</TranslatedText></Description></ItemDef>
<CodeList OID="CL.SEX" Name="Sex" DataType="text"><CodeListItem CodedValue="M"><Decode><TranslatedText>Male</TranslatedText></Decode></CodeListItem>
<CodeListItem CodedValue="F"><Decode><TranslatedText>Female</TranslatedText></Decode></CodeListItem></CodeList>
<CodeList OID="CL.Y" Name="Y" DataType="text"><EnumeratedItem CodedValue="Y"/></CodeList>
</MetaDataVersion></Study></ODM>
"""


def test_define_xml(tmp_path):
    rows = "".join(f"01-{n:03d},{'MF'[n % 2]},{'Y' if n % 5 == 0 else ''},{40 + n}\n" for n in range(1, 31))
    draft, found, _ = study(tmp_path, define_xml=DEFINE, dm_csv="USUBJID,SEX,DTHFL,AGE\n" + rows)
    assert draft.told == {"define.xml": "define.xml or ODM, 4 variables"}
    columns = found.tables["dm"].columns
    assert (columns["sex"].codes, columns["dthfl"].codes, columns["age"].type, columns["age"].label) == (
        {"Male": ("M",), "Female": ("F",)}, {"Y": ()}, "integer", "Age at consent",
    )  # fmt: skip
    assert (
        sum(
            line.endswith("# certain")
            for line in draft.texts["config/made/study.yaml"].splitlines()
            if "label: " in line
        )
        == 3
    )


def test_an_odm_file_that_declares_entities_is_refused(tmp_path):
    with pytest.raises(InputError, match="declares a document type"):
        study(
            tmp_path,
            odm_xml=DEFINE.replace("<ODM", '<!DOCTYPE ODM [<!ENTITY a "aaaa">]><ODM', 1),
            dm_csv="USUBJID,SEX\n1,M\n",
        )


def test_a_codebook(tmp_path):
    book = 'variable,description,type,unit,codes\nid,Study number,id,,\nsex,Sex,,,"1=male, 2=female"\nhb,Haemoglobin,numeric,g/dL,\nnote,Remarks,text,,\n'
    rows = "".join(f"{n},{1 + n % 2},{10 + n % 5},fine\n" for n in range(1, 31))
    draft, found, _ = study(tmp_path, codebook_csv=book, data_csv="id,sex,hb,note\n" + rows)
    assert draft.told == {"codebook.csv": "a codebook, 4 variables"}
    columns = found.tables["data"].columns
    assert (columns["sex"].codes, columns["hb"].type, columns["hb"].unit, columns["hb"].label) == (
        {"male": ("1",), "female": ("2",)},
        "number",
        "g/dL",
        "Haemoglobin",
    )


def test_a_table_with_such_headers_about_other_things_is_data(tmp_path):
    (tmp_path / "a.csv").write_text("id,name,type\n1,aspirin,drug\n2,heparin,drug\n", encoding="utf-8")
    (tmp_path / "b.csv").write_text("id,age\n1,40\n2,50\n", encoding="utf-8")
    known, laid = metadata([tmp_path / "a.csv", tmp_path / "b.csv"])
    assert known.told == {} and len(laid) == 2


def test_value_labels_of_a_stata_file_are_its_codes(tmp_path):
    import pandas as pd
    import pyreadstat

    frame = pd.DataFrame({"id": range(1, 21), "arm": [1, 2] * 10, "score": [0, 1, 2, 3, 4] * 4})
    pyreadstat.write_dta(
        frame, tmp_path / "a.dta", variable_value_labels={"arm": {1: "active", 2: "placebo"}, "score": {0: "none"}}
    )
    draft, found, data = study(tmp_path, a_dta=(tmp_path / "a.dta").read_bytes())
    assert "arm: {type: code, codes: from file, label: arm}  # certain" in draft.texts["config/made/study.yaml"]
    assert sorted(data.tables["a"]["arm"].unique()) == ["active", "placebo"]
    assert not found.tables["a"].columns["score"].codes_from_file


def test_a_sas_catalogue_and_the_labels_of_variables(tmp_path):
    import pandas as pd
    import pyreadstat

    sas = Path(__file__).resolve().parents[1] / "fixtures" / "sas"
    for name in ("sex.sas7bdat.gz", "sex.sas7bcat.gz"):
        (tmp_path / name).write_bytes((sas / name).read_bytes())
    _, laid = metadata(sorted(tmp_path.iterdir()))
    assert [(one.file.path, one.file.catalog) for one in laid] == [("sex.sas7bdat.gz", "sex.sas7bcat.gz")]
    frame = pd.DataFrame({"USUBJID": [f"P{n}" for n in range(20)], "AVAL": [n + 0.5 for n in range(20)]})
    pyreadstat.write_xport(frame, tmp_path / "a.xpt", column_labels=["Unique Subject Identifier", "Weight (kg)"])
    draft, _, _ = study(tmp_path, a_xpt=(tmp_path / "a.xpt").read_bytes())
    assert (
        "aval: {source: AVAL, type: number, unit: kg, label: Weight}  # certain"
        in draft.texts["config/made/study.yaml"]
    )


CODED = """record_id,height,weight,born,note
1,1.70,-999,NI,x
2,-998,70.5,1,x
3,1.80,80.2,0,NI
4,1.90,90.1,-999,x
5,1.65,65.3,1,x
6,1.66,66.4,1,x
"""
SETTINGS = 'project_id,missing_data_codes\n7,"-999, Not asked | -998, Refused | NI, No information"\n'
ODM = """<?xml version="1.0"?><ODM xmlns="http://www.cdisc.org/ns/odm/v1.3" xmlns:redcap="https://projectredcap.org">
<Study OID="P"><GlobalVariables><redcap:MissingDataCodes>-999, Not asked&#10;-998, Refused&#10;NI, No information</redcap:MissingDataCodes></GlobalVariables>
<MetaDataVersion OID="M"><ItemGroupDef Name="Intake"><ItemRef ItemOID="weight"/></ItemGroupDef><ItemDef OID="weight" Name="weight" DataType="float"/></MetaDataVersion></Study></ODM>"""


@pytest.mark.parametrize(
    "files", [{"project_csv": SETTINGS}, {"project_xml": ODM}, {"answers": ("-999=Not asked", "-998=Refused", "NI=No information")}]
)  # fmt: skip
def test_missing_data_codes_with_their_reason(tmp_path, files):
    """From a project's settings, its XML, or the command line: into the dictionary, the changes, and the queries."""
    draft, found, data = study(tmp_path, data_csv=CODED, **files)
    line = 'missing: {"-999": Not asked, "-998": Refused, NI: No information}  # certain'
    assert line in draft.texts["config/made/study.yaml"].splitlines()
    entries = found.tables["data"].columns
    assert [entries[name].type for name in ("height", "weight", "born")] == ["number", "number", "code"]
    assert not entries["weight"].missing and list(entries["born"].codes) == ["0", "1"]
    said = data.changes[data.changes["rule"].str.startswith("missing code")]
    assert sorted(zip(said["field"], said["raw_value"], said["rule"], strict=True)) == [
        ("born", "-999", "missing code: Not asked"),
        ("born", "NI", "missing code: No information"),
        ("height", "-998", "missing code: Refused"),
        ("note", "NI", "missing code: No information"),
        ("weight", "-999", "missing code: Not asked"),
    ]
    assert set(said["kind"]) == {"code"} and "error" not in set(data.queries["severity"])
    text = (tmp_path / "study.yaml").read_text("utf-8").replace("weight: {", "weight: {required: true, ")
    (tmp_path / "study.yaml").write_text(text, "utf-8")
    asked = clean(load_study(tmp_path / "study.yaml"), tmp_path / "raw", tmp_path / "corrections.csv").queries
    asked = asked[asked["severity"] == "error"]
    assert asked["message"].tolist() == ["weight is missing: Not asked"] and asked["row"].tolist() == [2]


def test_a_code_without_its_reason_is_refused(tmp_path):
    with pytest.raises(InputError, match="'-999' is no code with its reason"):
        study(tmp_path, data_csv=CODED, answers=("-999",))


def test_a_missing_value_in_two_columns_put_together(tmp_path):
    rows = "".join(f"{n},{'NA_NA' if n == 3 else '0_no' if n % 2 else '1_yes'}\n" for n in range(1, 21))
    draft, found, _ = study(tmp_path, data_csv="id,aspirin\n" + rows)
    assert list(found.tables["data"].columns["aspirin"].codes) == ["no", "yes"]
    assert "missing: [NA_NA]  # likely" in draft.texts["config/made/study.yaml"].splitlines()


def test_a_dictionary_that_is_none_is_refused(tmp_path):
    (tmp_path / "data.csv").write_text("id,age\n1,40\n2,50\n", encoding="utf-8")
    (tmp_path / "dictionary.csv").write_text("id,age\n1,40\n", encoding="utf-8")
    with pytest.raises(InputError, match="is no REDCap dictionary, define.xml, ODM-XML or codebook"):
        metadata([tmp_path / "data.csv", tmp_path / "dictionary.csv"], tmp_path / "dictionary.csv")


ARMS = "record_id,redcap_event_name,sex,born,crp,intake_complete,visit_complete\n" + "".join(
    f"{n},baseline_arm_{1 + n % 2},{1 + n % 2},{('0' if n % 3 else '1') if n % 2 else ''},,2,\n{n},week_4_arm_{1 + n % 2},,,{n}.5,,2\n"
    for n in range(1, 25)
)


def test_arms_of_a_redcap_project_and_questions_that_were_not_asked(tmp_path):
    dictionary = HEAD + "".join(
        line
        for line in DICTIONARY.splitlines(keepends=True)
        if line.split(",")[0] in ("record_id", "sex", "born", "crp")
    )
    draft, found, data = study(tmp_path, dictionary_csv=dictionary, data_csv=ARMS)
    assert list(found.tables["intake"].columns["arm"].codes) == ["arm 1", "arm 2"]
    arms = dict(zip(data.tables["intake"]["participant"], data.tables["intake"]["arm"], strict=True))
    assert arms == {str(n): f"arm {1 + n % 2}" for n in range(1, 25)}
    plan = yaml.safe_load(draft.texts["config/made/plan.yaml"])
    assert (
        plan["analyses"]["characteristics"]["by"] == "arm"
        and "born" not in plan["analyses"]["characteristics"]["variables"]
    )
    asked = {"method": "baseline", "population": "all", "by": "arm", "where": "sex == 'Female'", "variables": ["born"]}
    assert (
        plan["analyses"]["asked_of_some_1"] == asked
        and plan["analyses"]["levels_of_born"]["where"] == "sex == 'Female'"
    )
    assert plan["tables"]["asked_of_some_1"]["caption"] == "Asked of those with sex == 'Female' alone."
    assert "{{< include tables/asked_of_some_1.md >}}" in draft.texts["report/made/manuscript.qmd"]
