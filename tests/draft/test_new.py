"""A study in minutes, from outside: two files in, a folder of its own out, which runs to its manuscript."""

from __future__ import annotations

import re
import subprocess
import sys
from contextlib import chdir
from pathlib import Path

import pytest
from trialpress.checks.plan import load_plan
from trialpress.draft.new import Given, new
from trialpress.draft.questions import read_answers
from trialpress.errors import InputError
from trialpress.study import load_study, load_yaml

sys.path.insert(0, str(Path(__file__).parent))
import made_up

ROOT = Path(__file__).resolve().parents[2]


def tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def draft(home: Path, *paths: Path, **keys) -> int:
    """`trialpress new made ... --draft-only` in a folder of its own."""
    home.mkdir(exist_ok=True)
    return new(Given("made", paths, home, **keys), report=False)


@pytest.fixture(scope="module")
def received(tmp_path_factory) -> Path:
    return made_up.write(tmp_path_factory.mktemp("received"))


@pytest.fixture
def home(tmp_path, received, capsys) -> Path:
    assert draft(tmp_path / "my trial", received) == 0
    return tmp_path / "my trial"


def lines_of(home: Path, name: str) -> list[str]:
    return [line.strip() for line in (home / "config" / "made" / name).read_text(encoding="utf-8").splitlines()]


def test_every_column_is_declared_and_marked(home):
    lines = lines_of(home, "study.yaml")
    for line in (
        'patient_name: {source: Patient name, identifier: name}  # ASK q1',
        'date_of_birth: {source: Date of birth, type: date, identifier: date of birth}  # ASK q2',
        'weight: {source: Weight (kg), type: number, unit: kg, missing: ["-999"], label: Weight}  # ASK q3, q4',
        'diabetes: {source: "Diabetes (0=No/1=Yes)", type: code, codes: {"No": ["0"], "Yes": ["1"]}, label: Diabetes}  # certain',
        'randomisation_date: {source: Randomisation date, type: date, label: Randomisation date}  # certain',
        'age: {source: Age (years), type: integer, unit: years, label: Age}  # likely',
        'visit: {type: code, codes: {baseline: [], week 4: [], week 12: []}, label: visit}  # likely',
        'crp: {source: CRP (mg/L), type: number, unit: mg/L, decimal: ",", limit: crp_limit, label: CRP}  # certain',
        'comment: {label: comment}  # likely',
        'visits: {path: visits.csv, delimiter: ";"}  # likely',
        'references: {participant: patients.participant}  # likely',
        r'participant: {source: subject, type: id, pattern: "S-\\d{3}", rewrite: {"(?i)^S[-_ ./]*(?=\\d)": "S-"}, label: Participant}  # likely',
    ):  # fmt: skip
        assert line in lines, line
    study = load_study(home / "config" / "made" / "study.yaml")
    headers = sum(
        len(text.splitlines()[0].replace(";", ",").split(",")) for text in (made_up.patients(), made_up.visits())
    )
    assert sum(len(part.columns) for table in study.tables.values() for part in table.parts) == headers == 17


def test_the_plan_has_the_arms_the_codes_and_the_times(home):
    plan = load_yaml(home / "config" / "made" / "plan.yaml")
    assert plan["analyses"]["characteristics"] == {
        "method": "baseline", "population": "all", "by": "arm", "variables": ["sex", "age", "weight", "diabetes", "ecog"],
    }  # fmt: skip
    assert [name for name, spec in plan["analyses"].items() if spec["method"] == "frequency"] == [
        "levels_of_sex",
        "levels_of_arm",
        "levels_of_diabetes",
    ]
    assert plan["endpoints"] == {
        "os": {"label": "Overall survival", "origin": "randomisation_date", "events": {"death": "date_of_death"}, "censor": "last_contact_date"}
    }  # fmt: skip
    text = (home / "report" / "made" / "manuscript.qmd").read_text(encoding="utf-8")
    for kind, short in (("figures", "fig"), ("tables", "tbl")):
        for name in plan[kind]:
            assert f"{{{{< include {kind}/{name}.md >}}}}" in text and f"@{short}-{name}" in text


def test_files_are_copied_with_their_checksums_and_what_is_a_folder_of_its_own(home, received):
    raw = home / "data" / "made" / "raw"
    assert {path.name for path in raw.iterdir()} == {"patients.csv", "visits.csv", "SHA256SUMS"}
    assert (raw / "visits.csv").read_bytes() == (received / "visits.csv").read_bytes()
    assert subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=raw).returncode == 0
    assert load_yaml(home / "config" / "config.yaml")["study"] == "made"
    subprocess.run(["git", "init", "--quiet", home], check=True)
    seen = subprocess.run(
        ["git", "-C", home, "status", "--porcelain", "-uall"], capture_output=True, text=True, check=True
    ).stdout
    assert "data/made/raw/SHA256SUMS" in seen and "patients.csv" not in seen


def test_no_person_stands_in_what_is_written_or_said(home, received, capsys):
    draft(home, received)
    said = capsys.readouterr().out
    written = "".join(text.decode() for name, text in tree(home).items() if not name.startswith("data/made/raw/"))
    for row in made_up.patients().splitlines()[1:]:
        _, name, born, *_ = row.split(",")
        assert name not in written + said and born not in written + said
    assert "no complaint" not in written + said


def test_same_files_and_answers_give_the_same_bytes(tmp_path, home, received):
    again = tmp_path / "again"
    command = [sys.executable, "-m", "trialpress", "new", "made", received, "--directory", again, "--draft-only"]
    subprocess.run(
        command, env=environment() | {"PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo"}, check=True, capture_output=True
    )
    assert {name: text for name, text in tree(again).items()} == tree(home)


def answered(home: Path, **answers: str) -> Path:
    """questions.yaml of a draft with answers behind some `about`."""
    path = home / "config" / "made" / "questions.yaml"
    lines, about = path.read_text(encoding="utf-8").splitlines(), ""
    for at, line in enumerate(lines):
        about = line.partition("about: ")[2].strip('"') if "  about: " in line else about
        if line == "  answer:" and about in answers:
            lines[at] = f'  answer: "{answers[about]}"'
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_answers_change_the_lines_that_they_are_about_and_replay(home, received):
    before = lines_of(home, "study.yaml")
    said = {"patients.weight stray texts": "yes", "patients.date_of_birth identifier": "no", "study title": "A made-up trial",
            "visits key": "participant, visit", "patients.ecog codes or number": "0 = fully active, 1 = restricted, 2 = in bed"}  # fmt: skip
    questions = answered(home, **said)
    assert draft(home, answers=questions) == 0
    after = lines_of(home, "study.yaml")
    assert [line for line in after if line not in before] == [
        'title: A made-up trial',
        'date_of_birth: {source: Date of birth, type: date, label: Date of birth}  # answered q2',
        'weight: {source: Weight (kg), type: number, unit: kg, missing: ["-999", unknown], label: Weight}  # ASK q3',
        'ecog: {source: ECOG, type: code, codes: {fully active: ["0"], restricted: ["1"], in bed: ["2"]}, label: ECOG}  # answered q5',
        'key: [participant, visit]  # answered q6',
    ]  # fmt: skip
    assert read_answers(questions) == said
    bytes_ = tree(home)
    assert draft(home, received, answers=questions) == 0
    assert tree(home) == bytes_


def test_nothing_is_overwritten(home, received):
    dictionary = home / "config" / "made" / "study.yaml"
    dictionary.write_text(
        dictionary.read_text(encoding="utf-8").replace("label: Weight", "label: Body weight"), encoding="utf-8"
    )
    before = tree(home)
    with pytest.raises(InputError) as stopped:
        draft(home, answers=answered(home, **{"patients.ecog codes or number": "code"}))
    assert [problem.where for problem in stopped.value.problems] == [str(dictionary)]
    assert "is not as a draft left it" in str(stopped.value)
    changed = {name for name, text in tree(home).items() if before.get(name) != text}
    assert changed == {"config/made/questions.yaml"}  # which the test itself has answered


@pytest.mark.parametrize(
    ("answers", "what"),
    [
        ({"patients.patient_name identifier": "perhaps"}, "'perhaps' is no answer to it"),
        ({"study data_cutoff": "in May"}, "'in May' is no date"),
    ],
)
def test_an_answer_that_cannot_be_is_refused(home, answers, what):
    before = lines_of(home, "study.yaml")
    with pytest.raises(InputError, match=what):
        draft(home, answers=answered(home, **answers))
    assert lines_of(home, "study.yaml") == before


def test_an_answer_to_another_question_is_refused(home, tmp_path):
    other = tmp_path / "answers.yaml"
    other.write_text('q1: {about: patients.pulse identifier, answer: "no"}\n', encoding="utf-8")
    with pytest.raises(InputError, match="answers a question that is not asked of these files"):
        draft(home, answers=other)


def test_ids_of_a_hospital_stop_the_run_until_somebody_says_that_they_are_pseudonyms(tmp_path, capsys):
    rows = ["Hospital number,sex", *(f"{14044880 + 7919 * n},{'mf'[n % 2]}" for n in range(40))]
    (tmp_path / "list.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    assert draft(tmp_path / "home", tmp_path / "list.csv", participant="Hospital number") == 1
    assert "nothing was run: what names the participants may tell who they are; answer q2" in capsys.readouterr().out
    answers = answered(tmp_path / "home", **{"list.participant pseudonym": "yes"})
    assert draft(tmp_path / "home", answers=answers) == 0


def test_the_signs_between_digits_are_in_the_dictionary(tmp_path):
    rows = "".join(f"P{n:02};1.{n}5.000;{n},250\n" for n in range(10, 40))
    (tmp_path / "counts.csv").write_text(f"patient id;platelets;cells\n{rows}")
    assert draft(tmp_path / "home", tmp_path / "counts.csv") == 0
    answers = answered(tmp_path / "home", **{"counts.cells comma": "thousands"})
    assert draft(tmp_path / "home", answers=answers) == 0
    columns = load_study(tmp_path / "home/config/made/study.yaml").tables["counts"].columns
    signs = {name: (columns[name].decimal, columns[name].grouping) for name in ("platelets", "cells")}
    assert signs == {"platelets": (",", "."), "cells": ("", ",")}


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        ("a.csv", "", "the raw file is empty"),
        ("a.csv", "id,age\n", "the raw file has no rows"),
        ("a.pdf", "%PDF-1.7 ...", "PDF"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_where_the_user_has_it(tmp_path, name, content, what):
    (tmp_path / name).write_text(content)
    with pytest.raises(InputError, match=what) as stopped:
        draft(tmp_path / "home", tmp_path / name)
    assert str(tmp_path / name) in str(stopped.value)
    assert list((tmp_path / "home").iterdir()) == []


def test_the_command_runs_the_draft_to_its_manuscript(tmp_path, received):
    """The one run to the end: in a folder of its own, at a path with a space and an apostrophe."""
    home = tmp_path / "Ann's trial"
    with chdir(tmp_path):
        done = subprocess.run([sys.executable, "-m", "trialpress", "new", "made", received, "--directory", home, "--git"],
                              capture_output=True, text=True, env=environment())  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    for said in (
        "  patients.csv -> patients: 60 of 60",
        "  visits.csv -> visits: 180 of 181, 1 rejected",
        "      2 x patients.weight: ... is not a number (as 'unknown')",
        "          tables.patients.columns.weight: missing: [unknown] if it means so; limit_text if it stands for a limit; or a correction",
        "10 open questions (config/made/questions.yaml)",
    ):
        assert said in done.stdout.splitlines(), said
    assert re.search(r"^  computed again (\d+) of 158 agree", done.stdout, re.M)
    assert {path.name for path in (home / "results" / "made" / "report").glob("manuscript.*")} == {
        f"manuscript.{end}" for end in ("html", "pdf", "docx", "xml", "jats.zip")
    }
    assert (home / ".git").is_dir()


def test_what_it_says_is_next_can_be_typed_where_one_stands(tmp_path, capsys):
    """In a path with a space; and when nothing is open any more it does not ask for answers."""
    (tmp_path / "cells.csv").write_text("Subject,Age (years)\n" + "".join(f"P{n},{n + 20.5}\n" for n in range(30)))
    with chdir(tmp_path):
        draft(Path("my trial"), Path("cells.csv"))
        (said,) = re.findall(r"^next: answer them, then   (trialpress new .*)", capsys.readouterr().out, re.M)
        answers = Path("my trial") / "config" / "made" / "questions.yaml"
        assert said == f"trialpress new made --answers '{answers}' --directory 'my trial'"
        open_ = {question["about"]: question["default"] for question in load_yaml(answers).values()}
        assert draft(Path("my trial"), answers=answered(Path("my trial"), **open_)) == 0
        last = capsys.readouterr().out.rstrip().splitlines()[-1]
    assert last == "next: edit what was drafted, then   trialpress report made --directory 'my trial'"


def test_a_number_in_a_misfit_is_left_out_visibly():
    import pandas as pd
    from trialpress.draft import advice

    message = "the row looks shifted: ldh does not fit and does when moved by {} columns to the left; it was kept"
    queries = pd.DataFrame({"table": "labs", "field": "ldh", "file": "labs.csv", "value": ["Hemolyzed"] * 2,
                            "message": [message.format(number) for number in (1, 12)]})  # fmt: skip
    what = f"labs.ldh: {message.format('...')} (as 'Hemolyzed')"
    assert advice.commonest(queries) == [(2, what, "look at clean/queries.csv")]


def environment() -> dict[str, str]:
    import os

    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "PYTHON", "COV"))}
    return kept | {"PYTHONPATH": str(Path(__file__).resolve().parents[2] / "workflow")}


HOSTILE = {
    "yaml": 'Subject,"a: b # c",{block},"x | y",#3,"[1, 2]",~,null\n' + "".join(f"P{n},1,2,3,4,5,6,7\n" for n in range(30)),
    "words": "Subject,class,if,true,missing,None\n" + "".join(f"P{n},1,2,3,4,5\n" for n in range(30)),
    "twice": "Subject,a,a,A,,\n" + "".join(f"P{n},1,2,3,4,5\n" for n in range(30)),
    "lines": 'Subject,"a\nb","c\td","e\x01f"\n' + "".join(f"P{n},1,x\x02y,z\n" for n in range(30)),
    "codes": "Subject,c,d\n" + "".join(f"P{n},{['yes', 'null', '~', '1e5'][n % 4]},{['{{< var x >}}', '*b*', '$x$', 'a: b'][n % 4]}\n" for n in range(32)),
    "added": "Subject,x,x_limit,Unit,Test,Value,value_unit\n" + "".join(f"P{n},<{n}.5,{n % 2},mg/L,CRP,{n},x\n" for n in range(30)),
    "scripts": "Ｓｕｂｊｅｃｔ,①,性別,🙂\n" + "".join(f"P{n},{n},男,x\n" for n in range(30)),
}  # fmt: skip


@pytest.mark.parametrize("case", HOSTILE)
def test_whatever_a_header_or_a_code_says_the_draft_can_be_read(case, tmp_path, capsys):
    (tmp_path / "cells.csv").write_text(HOSTILE[case], encoding="utf-8")
    assert draft(tmp_path / "home", tmp_path / "cells.csv") == 0
    load_plan(tmp_path / "home/config/made/plan.yaml", load_study(tmp_path / "home/config/made/study.yaml"))


def test_a_rejected_row_is_said_with_its_reason_and_what_mends_it(tmp_path, capsys):
    rows = [f"P{n:02d},A{n:02d},{n % 2},{n + 0.5}" for n in range(1, 61)]
    (tmp_path / "visits.csv").write_text(
        "id,visit no,done,value\n" + "\n".join([*rows, ",A61,1,3.5", "P61,A61,1"]) + "\n", "utf-8"
    )
    assert draft(tmp_path / "trial", tmp_path / "visits.csv", participant="id") == 0
    said = capsys.readouterr().out
    assert "visits.csv -> visits: 60 of 62, 2 rejected" in said
    told = said[said.index("rows that could not be used") :].splitlines()
    assert told[1] == "  visits.csv, row 63 -> visits: has 3 cells, the header has 4"
    assert told[2].strip() == "the file, if a cell is lost or too many; footer of files.visits, if the row is no record"
    assert told[3] == "  visits.csv, row 62 -> visits: no usable key: participant is missing"
    assert (
        told[4].strip()
        == "the file, if the cell was forgotten or is a slip; footer of files.visits, if the row is no record"
    )
    assert "the commonest misfits" not in said


def test_what_is_no_data_in_a_folder_is_left_out_and_said(tmp_path, received, capsys):
    folder = tmp_path / "folder"
    folder.mkdir()
    for path in received.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    for name in ("protocol.pdf", "notes.docx", "~$patients.xlsx", "Thumbs.db"):
        (folder / name).write_bytes(b"no data")
    assert draft(tmp_path / "home", folder) == 0
    said = capsys.readouterr().out
    assert "left out, as files that hold no data: notes.docx, protocol.pdf, Thumbs.db, ~$patients.xlsx" in said
    assert {path.name for path in (tmp_path / "home/data/made/raw").iterdir()} == {
        "patients.csv",
        "visits.csv",
        "SHA256SUMS",
    }
    with pytest.raises(InputError, match="notes.docx"):  # named by itself it is tried
        draft(tmp_path / "other", folder / "notes.docx", folder / "patients.csv")


def test_ids_in_capitals_and_small_letters_are_one_and_a_total_is_no_participant(tmp_path, capsys):
    rows = "".join(f"{'P' if n % 3 else 'p'}-{n:03d},{n % 2},{n + 0.5}\n" for n in range(1, 61))
    (tmp_path / "a.csv").write_text(f"Patient,Response (0=no/1=yes),CRP\n{rows}Summe,30,\n", "utf-8")
    assert draft(tmp_path / "home", tmp_path / "a.csv") == 0
    assert "a.csv, row 62 -> a: no usable key: participant ... does not have the form" in capsys.readouterr().out


def test_a_draft_says_nothing_of_this_machine(home):
    """So that the folder can be moved, or cloned elsewhere."""
    for path in (*(home / "config").rglob("*"), *(home / "report").rglob("*"), home / "README.md", home / ".gitignore"):
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            assert (
                str(ROOT) not in text and ROOT.name + "/" not in text and "../" not in text.replace("../audit", "")
            ), path


def test_the_examples_of_the_documentation_are_what_is_drafted(home):
    text = (Path(__file__).resolve().parents[2] / "docs" / "new-study.md").read_text(encoding="utf-8")
    examples = text.partition("```yaml\n")[2].partition("```")[0].splitlines()
    assert len(examples) == 4 and set(examples) <= set(lines_of(home, "study.yaml"))


def test_the_files_of_an_archive_are_tables_each(tmp_path, received, capsys):
    import zipfile

    with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
        for path in received.iterdir():
            archive.write(path, f"export/{path.name}")
    assert draft(tmp_path / "home", tmp_path / "export.zip") == 0
    assert "patients: {path: export.zip, member: export/patients.csv}  # certain" in lines_of(
        tmp_path / "home", "study.yaml"
    )
    assert {path.name for path in (tmp_path / "home/data/made/raw").iterdir()} == {"export.zip", "SHA256SUMS"}
