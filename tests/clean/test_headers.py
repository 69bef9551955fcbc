"""Which column a source names, and advice that works where it names none or several."""

import hashlib
import os
import re
import sys

import pytest
from trialpress.clean.read import checksum_problems, declared, identifiers, read, read_all, resolve
from trialpress.errors import InputError
from trialpress.study import Column, File, Part, load_study


@pytest.fixture
def table(tmp_path):
    def table(text, header_rows=1):
        (tmp_path / "f.csv").write_text(text, encoding="utf-8")
        return read(tmp_path / "f.csv", File("f", "f.csv", header_rows=header_rows))

    return table


def problem(raw, *sources, blocks=None, **keys):
    part = Part(raw.file, {"x": Column("x", source=sources, **keys)}, blocks or {})
    found, problems = resolve(raw, part, "f.csv")
    assert all(p.where and p.what and p.why and p.do for p in problems)
    return problems[0] if problems else found["x", None]


def test_headers_with_a_bar_are_columns_of_their_own(table):
    raw = table("a|b,b,c #2\n1,2,3\n")
    assert (raw.find("a|b"), raw.find("a | b"), raw.find("b"), raw.find("c #2")) == ([0], [0], [1], [2])
    raw = table("Day 0,Day 7\nCRP|mg,CRP|mg\n1,2\n", header_rows=2)
    assert raw.find("Day 7|CRP|mg") == [1] and raw.find("CRP|mg") == [0, 1] and raw.find("mg") == []
    raw = table("A,A\nB,C\nmg,mg\n1,2\n", header_rows=3)
    assert [raw.find(source) for source in ("A|B|mg", "C|mg", "A|mg", "B|A|mg")] == [[0], [1], [0, 1], []]


def test_columns_by_occurrence_and_position(table):
    raw = table("id,Complete?,x,Complete?,Complete?\n1,2,3,4,5\n")
    assert raw.find("Complete?") == [1, 3, 4] and raw.find("Complete?#2") == [3] and raw.find("#5") == [4]
    assert [raw.find(source) for source in ("Complete?#4", "#0", "#6", "y#1")] == [[], [], [], []]
    assert table("a,a,a#2\n1,2,3\n").find("a#2") == [2], "a header that is literally so goes first"


def test_the_advice_for_several_columns_works(table):
    raw = table("id,Complete?,x,Complete?,Complete?\n1,2,3,4,5\n")
    found = problem(raw, "Complete?")
    assert found.what == "has 3 columns 'Complete?', wanted for x"
    advised = re.findall("'([^']+)'", found.do)
    assert {tuple(raw.find(source)) for source in advised} == {(1,), (3,), (4,)}
    assert "path" not in found.do
    raw = table("Day 0,Day 7\nCRP,CRP\n1,2\n", header_rows=2)
    advised = re.findall("'([^']+)'", problem(raw, "CRP").do)
    raw_of_twins = table("Day 0,Day 0,Day 7\nCRP,CRP,CRP\n1,2,3\n", header_rows=2)
    assert "path" not in problem(raw_of_twins, "CRP").do  # that of the first two would find both
    assert "Day 0 | CRP" in advised and all(len(raw.find(source)) == 1 for source in advised)
    assert "keep one of the synonyms" in problem(table("a,b\n1,2\n"), "a", "b").do


@pytest.mark.parametrize(("n", "shown"), [(6, "'#6'"), (7, "'#6', ...")])
def test_advice_names_six_positions(table, n, shown):
    raw = table(",".join(["a"] * n) + "\n" + ",".join(["1"] * n) + "\n")
    assert problem(raw, "a").do.endswith(f"by position '#1', '#2', '#3', '#4', '#5', {shown}")


def test_advice_for_blocks_names_no_position(table):
    raw = table("id,w 1,w 1,w 2,w 2\n1,2,3,4,5\n")
    part = Part(raw.file, {"w": Column("w", source=("w {block}",))}, {1: "1", 2: "2"})
    _, problems = resolve(raw, part, "f.csv")
    assert len(problems) == 2 and all("'w {block}#1'" in p.do and "position" not in p.do for p in problems)


def test_missing_columns_units_and_columns_that_are_not_read(table):
    raw = table("id,CRP,CRP unit\n1,2,mg/L\n")
    assert "did you mean 'CRP'" in problem(raw, "CRPP").do
    columns = {
        "crp": Column("crp", source=("CRP",), unit_from="CRP unit"),
        "n": Column("n", row=True),
        "d": Column("d", derive="crp + 1"),
        "b": Column("b", block=True),
    }
    found, problems = resolve(raw, Part(raw.file, columns), "f.csv")
    assert found == {("crp", None): 1, ("crp unit", None): 2} and not problems


STUDY = """
study: {id: s, title: S, data_cutoff: "2021-01-01", reconstruction: false}
files: {f: {path: sub/f.csv}}
tables:
  a: {file: f, key: [participant], columns: {participant: {source: id}, crp: {source: CRP, type: number, unit: mg/L, unit_from: Unit}}}
  b: {file: f, key: [participant], columns: {participant: {source: id}, name: {source: Name, identifier: name}}}
  c: {file: f, key: [participant], columns: {participant: {source: id}, who: {source: Name, type: code, codes: {A: [Ann]}}}}
"""


@pytest.fixture
def study(tmp_path):
    (tmp_path / "study.yaml").write_text(STUDY, encoding="utf-8")
    (tmp_path / "raw" / "sub").mkdir(parents=True)
    (tmp_path / "raw" / "sub" / "f.csv").write_text("id,CRP,Unit,Name,Phone\n1,2,mg/L,Ann,555\n", encoding="utf-8")
    return load_study(tmp_path / "study.yaml")


def seal(raw, style="{sum}  {name}\n", encoding="utf-8"):
    digest = hashlib.sha256((raw / "sub" / "f.csv").read_bytes()).hexdigest()
    (raw / "SHA256SUMS").write_bytes(style.format(sum=digest, SUM=digest.upper(), name="sub/f.csv").encode(encoding))


def test_declared_columns_are_those_no_table_calls_an_identifier(study, tmp_path):
    seal(tmp_path / "raw")
    raw = read_all(study, tmp_path / "raw")["f"]
    assert [(index, column.name) for index, column in identifiers(study, raw)] == [(3, "name")]
    assert declared(study, raw) == {0: sys.maxsize, 1: 40, 2: 40}, (
        "the phone is not declared, and a name stays one in every table"
    )


@pytest.mark.parametrize(
    ("style", "encoding"),
    [
        ("{sum}  {name}\n", "utf-8"),
        ("{SUM} *./{name} \r\n", "utf-8-sig"),
        ("{SUM}  {name}\r\n", "utf-16"),
        ("SHA256 ({name}) = {sum}\n", "utf-8"),
        ("# made by hand\n{sum}\t.\\sub\\f.csv\n", "utf-8"),
    ],
)
def test_lists_of_checksums_as_people_send_them(study, tmp_path, style, encoding):
    seal(tmp_path / "raw", style, encoding)
    assert checksum_problems(tmp_path / "raw", ["sub/f.csv"]) == []


def test_what_is_wrong_with_files_and_checksums(tmp_path, study):
    raw = tmp_path / "raw"

    def what(*names):
        problems = checksum_problems(raw, names)
        assert all(p.where and p.what and p.why and p.do for p in problems)
        return [p.what for p in problems]

    assert what("sub/f.csv") == ["does not exist"]
    seal(raw, "{sum}  {name}\n")
    (raw / "other.csv").write_text("a\n", encoding="utf-8")
    assert what("sub/f.csv", "other.csv", "gone.csv") == ["is not in SHA256SUMS", "the raw file does not exist"]
    seal(raw, "{sum}  {name}\n" + "0" * 64 + "  {name}\n")
    assert what("sub/f.csv") == ["has two lines in SHA256SUMS that differ"]
    seal(raw, "0" * 64 + "  {name}\n")
    assert what("sub/f.csv") == ["differs from its line in SHA256SUMS"]
    with pytest.raises(InputError, match="differs from its line"):
        read_all(study, raw)
    (tmp_path / "secret.csv").write_text("a\n", encoding="utf-8")
    os.symlink(tmp_path / "secret.csv", raw / "link.csv")
    out = "leads out of the raw folder"
    assert what("../secret.csv", "/etc/hosts", "C:\\x.csv", "a/../../b") == [out] * 4
    assert what("link.csv") == ["is a link that leads out of the raw folder"]
