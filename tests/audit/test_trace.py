"""Every number of the manuscript leads to participants and raw cells, and the cells give the number again."""

import copy
import json
import re
import statistics
from collections import defaultdict
from html.parser import HTMLParser
from pathlib import Path

import pytest
from trialpress.__main__ import main
from trialpress.audit.trace import agreement, cell, closure, find, methods
from trialpress.clean.read import read_all
from trialpress.clean.withheld import HIDDEN
from trialpress.environment import named
from trialpress.files import used
from trialpress.report.variables import numbers, record_id
from trialpress.text import plain, text_of

pytestmark = pytest.mark.xdist_group("audit")
MANUSCRIPT = Path(__file__).resolve().parents[2] / "report" / "low-dose-cd19" / "manuscript.qmd"
TEXTS = re.compile(r"(study|software)\.|plan\.(time|multiplicity|date)|population\.\w+\.label")


@pytest.fixture(scope="module")
def content(audited):
    """trace.json as it was written."""
    return json.loads((audited.folder / "audit" / "trace.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def printed(audited) -> dict[str, str]:
    """Every number of the manuscript's source with its text."""
    tree, found = numbers(audited.results, audited.logs), {}
    for name in re.findall(r"\{\{< var (\S+) >\}\}", MANUSCRIPT.read_text(encoding="utf-8")):
        if not TEXTS.match(name):
            value = tree
            for part in name.split("."):
                value = value[part]
            found[name] = value
    assert len(found) > 60
    return found


class Links(HTMLParser):
    """(target, text) of the links of class num."""

    def __init__(self, text: str):
        super().__init__()
        self.found, self.open = [], False
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.open = tag == "a" and attributes.get("class") == "num"
        if self.open:
            self.found.append([attributes["href"], ""])

    def handle_data(self, data):
        if self.open:
            self.found[-1][1] += data

    def handle_endtag(self, tag):
        self.open = self.open and tag != "a"


def cells_of(content, names, at) -> list[int]:
    """The raw cells behind some columns of a participant."""
    return [
        number for name in closure(content, names) for number in content["evidence"].get(name, {}).get(str(at), {}).get("cells", ())
    ]  # fmt: skip


def rows_of(content, names, at) -> list[tuple]:
    """(file, row) of the raw rows that were looked at for some columns of a participant."""
    tables = {content["columns"][name]["table"] for name in closure(content, names)}
    spans = [span for table in tables for span in content["rows"].get(table, {}).get(str(at), ())]
    return [(file, row) for file, first, last in spans for row in range(first, last + 1)]


def direct(content, name, at) -> list[dict]:
    """The raw cells that decided one column of a participant."""
    return [cell(content, number) for number in content["evidence"][name][str(at)]["cells"]]


def test_every_number_of_the_source_leads_to_its_participants_and_their_raw_cells(content, printed):
    walked = 0
    for name, text in printed.items():
        record_name, entry, part = find(content, name)
        record = content["records"][record_name]
        if "printed" in record:
            assert record["printed"] == text
            continue
        if "file" in record.get("plan", ()):  # of other trials
            assert entry["printed"][part] == text and not record["everyone"]
            continue
        assert entry["printed"][part or list(entry["printed"])[0]] == text, name
        members = {at for counted in entry["who"].values() for at in counted} or set(record["everyone"])
        assert members or text == "0", name
        for at in members:
            assert cells_of(content, record["columns"], at) or rows_of(content, record["columns"], at), (name, at)
            walked += 1
    assert walked > 1000


def test_every_number_of_the_page_is_a_link_that_resolves(audited, content, printed):
    links = Links((audited.folder / "report" / "manuscript.html").read_text(encoding="utf-8")).found
    seen = set()
    for target, text in links:
        path, _, number = target.partition("#")
        assert (audited.folder / "report" / path).resolve() == audited.folder / "audit" / "index.html"
        find(content, number.partition("@")[0])  # a listed value names its participant too
        seen.add((number, " ".join(text.split())))
    for name, text in printed.items():
        assert (record_id(name), text) in seen, name


def test_an_unlinked_number_is_noticed(audited):
    assert Links('<a class="num" href="#a">1</a> 2 <a href="#b">3</a>').found == [["#a", "1"]]


def test_counts_are_those_of_the_participants_named(audited, content):
    ard = audited.results.ard
    counts = ard[ard["statistic"].isin(["n", "N", "events", "missing", "n_at_risk"])]
    entries = {
        (name, entry["group"], entry["level"]): entry["who"]
        for name, record in content["records"].items()
        for entry in record.get("results", ())
    }
    again = 0
    for row in counts.itertuples():
        members = entries[row.analysis, row.group, row.level].get(row.statistic)
        method = content["records"][row.analysis]["method"]
        assert members is not None or method in ("exposure", "pool"), row  # by each one's curve; of other trials
        assert members is None or len(set(members)) == row.value, row
        again += members is not None
    assert again > 200 and content["counts"]["wrong"] == []


def test_a_count_that_does_not_agree_is_named(content):
    records = copy.deepcopy(content["records"])
    records["cr_rr_evaluable"]["results"][0]["who"]["n"].pop()
    assert agreement(records)["wrong"] == ["cr_rr_evaluable.n"]


def test_the_cells_are_those_of_the_raw_files(audited, content):
    raws = {raw.file.path: raw for raw in read_all(audited.study, audited.raw).values()}
    columns = {
        path: {
            raw.header(i): dict(zip(raw.numbers.tolist(), raw.texts(i), strict=True)) for i in range(len(raw.headers))
        }
        for path, raw in raws.items()
    }
    for number in range(len(content["cells"])):
        this = cell(content, number)
        if this["raw"] == HIDDEN:
            assert this["field"] in ("name", "hospital_number", "date_of_birth")
            continue
        assert columns[this["file"]][this["column"]][this["row"]] == this["raw"], this


def test_a_cell_is_changed_as_the_log_says_or_not_at_all(audited, content):
    changes = {
        (row.table, row.key, row.field, row.source_file, row.source_row): (row.raw_value, row.clean_value, row.rule)
        for row in audited.logs["changes"].itertuples()
    }
    changed = 0
    for number in range(len(content["cells"])):
        this = cell(content, number)
        logged = changes.get((this["table"], this["key"], this["field"], this["file"], str(this["row"])))
        if this["rule"]:
            assert logged == (this["raw"], this["clean"], this["rule"])
            changed += 1
        elif this["raw"] != HIDDEN and this["field"] in {
            column.name for part in audited.study.tables[this["table"]].parts for column in part.columns.values()
        }:
            kind = audited.study.tables[this["table"]].columns[this["field"]].type
            assert logged is None and text_of(plain(this["raw"], kind), kind) == this["clean"]
    assert changed > 100


def test_the_rows_that_decided_hold_the_value_that_was_taken(audited, content):
    columns = audited.study.tables
    checked = 0
    for name, derived in audited.plan.derived.items():
        field, table = derived.spec.get("value"), derived.spec.get("from")
        if name not in content["evidence"] or not field or field not in columns[table].columns or columns[table].columns[field].derive:  # fmt: skip
            continue
        block = columns[table].columns[field].block  # its value stands in the header of the cell that decided
        for at, value in enumerate(content["values"][name]):
            if block:
                told = {re.sub(r"\D", "", this["column"]) for this in direct(content, name, at)}
            else:
                told = {this["clean"] for this in direct(content, name, at) if this["field"] == field}
            assert told == ({value} if value else told & {""}), (name, content["participants"][at])
            checked += bool(value)
    assert checked > 500


def test_remission_is_counted_again_from_the_marrow_cells(content):
    entry = find(content, "cr_rr_evaluable")[1]
    remission = []
    for at in entry["who"]["N"]:
        blasts = {c["clean"] for c in direct(content, "response_blasts", at) if c["field"] == "marrow_blasts_percent"}
        outside = {c["clean"] for c in direct(content, "response_extramedullary", at) if c["field"] == "extramedullary"}
        if len(blasts) == 1 and blasts != {""} and float(blasts.pop()) < 5 and outside == {"no"}:
            remission.append(at)
    assert remission == entry["who"]["n"]
    assert entry["printed"]["count"] == f"{len(remission)}/{len(entry['who']['N'])}" == "36/40"


def test_seizures_are_counted_again_from_the_ward_sheets(audited, content):
    entry = find(content, "seizure_all")[1]
    raw = next(raw for raw in read_all(audited.study, audited.raw).values() if raw.file.path == "04_signs.csv")
    seizures = dict(zip(raw.numbers.tolist(), raw.texts(raw.find("惊厥")[0]), strict=True))
    seized = []
    for at in entry["who"]["N"]:
        told = {c["clean"] for c in direct(content, "seizure", at) if c["field"] == "seizure"}
        looked = {seizures[row] for _, row in rows_of(content, ["seizure"], at)}
        assert looked and ("是" in looked) == ("yes" in told)
        if "yes" in told:
            seized.append(at)
    assert seized == entry["who"]["n"] and len(seized) == 8


def test_events_are_counted_again_from_the_rows_named(content):
    """Whoever has an event of a term has its row with the raw cells of term, grade and attribution; no grade is grade unknown."""
    for analysis, related in (("toxicity", True), ("safety", False)):
        record, checked = content["records"][analysis], 0
        (column,) = (name for name in record["columns"] if name.startswith("adverse_events."))
        for entry in record["results"]:
            term = entry["level_label"].removeprefix("Term: ")
            for at in entry["who"].get("n", ()) if entry["level"].startswith("term=") else ():
                rows = defaultdict(dict)
                for event in direct(content, column, at):
                    rows[event["row"]][event["field"]] = event["clean"]
                assert all(set(row) == {"term", "grade"} | ({"related"} if related else set()) for row in rows.values())
                mine = [row for row in rows.values() if row["term"] == term]
                grades = [int(row["grade"]) for row in mine if row["grade"]]
                counted = {statistic for statistic, members in entry["who"].items() if at in members}
                assert mine and (f"grade_{max(grades)}" if grades else "ungraded") in counted
                assert ("severe" in counted) == (max(grades, default=0) >= 3)
                if related:
                    assert ("related" in counted) == any(row["related"] in ("possible", "related") for row in mine)
                checked += 1
        assert checked > 100


def test_explain_names_the_cell_that_makes_the_count(audited, monkeypatch, capsys):
    """An event whose grade is impossible, and so not known, is an event."""
    number = "toxicity.mrd.term_neutrophil_count_decreased"
    status, said = explain(audited, monkeypatch, capsys, number, "--participant", "LD-013")
    assert status == 0 and "row 72, CTCAE term: 'Neutrophil count decreased'" in said
    assert "row 72, Grade: '6' -> ''" in said and "row 72, 与CAR-T关系: " in said
    assert "adverse_events.term, grade, related\n" in said and "(missing)" not in said


def test_severe_crs_is_graded_again_from_the_signs_named(content):
    """ASTCT 2019 grade 3 or more on a day: one vasopressor or vasopressin, or oxygen beyond 6 L/min by cannula."""
    entry = find(content, "crs_severe")[1]
    severe = []
    for at in entry["who"]["N"]:
        days = defaultdict(dict)
        for sign in direct(content, "crs_astct", at):
            days[sign["key"]][sign["field"]] = sign["clean"]
        for day in days.values():
            pressed = float(day["vasopressors"] or 0) > 0 or day["vasopressin"] == "yes"
            flow = float(day["oxygen_flow"] or 0)
            high = day["oxygen_device"] not in ("", "none", "nasal_cannula") or flow > 6
            if pressed or high:
                severe.append(at)
                break
    assert severe == entry["who"]["n"]


def test_the_dose_is_summarised_again_from_the_cells_of_the_cell_laboratory(content):
    entry = find(content, "dose")[1]
    doses = []
    for at in entry["who"]["n"]:
        cells = {c["field"]: c["clean"] for c in direct(content, "dose_per_kg", at)}
        doses.append(float(cells["dose_recorded"] or round(float(cells["total_cells"]) / float(cells["weight_kg"]))))
    values = {statistic: value for statistic, value, *_ in entry["statistics"]}
    assert (min(doses), statistics.median(doses), max(doses)) == (values["min"], values["median"], values["max"])


def test_no_direct_identifier_stands_in_the_trace(audited):
    raw = next(raw for raw in read_all(audited.study, audited.raw).values() if raw.file.name == "enrolment")
    text = (audited.folder / "audit" / "trace.json").read_text(encoding="utf-8")
    for source in ("姓名", "住院号"):
        values = {text.strip() for text in raw.texts(raw.find(source)[0])} - {""}
        assert len(values) >= 50
        assert not [value for value in values if value in text]


def explain(audited, monkeypatch, capsys, *arguments) -> tuple[int, str]:
    monkeypatch.chdir(audited.project)
    status = main(["explain", *arguments])
    said = capsys.readouterr()
    return status, said.out + said.err


def test_explain_prints_a_record_and_follows_a_participant(audited, monkeypatch, capsys):
    status, said = explain(audited, monkeypatch, capsys, "cr_rr_evaluable.text")
    assert status == 0
    for text in ("36/40 (90.0%", "R/R, evaluable (n = 40): present(response_date)", "Clopper-Pearson", "in n: 36"):
        assert text in said
    status, said = explain(audited, monkeypatch, capsys, "cr_rr_evaluable", "--participant", "LD-017")
    assert status == 0
    assert "07_marrow.xlsx, row 52" in said and "'无' -> 'no' (code list)" in said


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [(["cr_rr_evaluabel"], "cr_rr_evaluable"), (["os.6_month.text"], "os.6_months.text"),
     (["os", "--participant", "017"], "LD-017"), (["os", "--study", "nowhere"], "make report STUDY=nowhere")],
)  # fmt: skip
def test_explain_says_what_is_near(audited, monkeypatch, capsys, arguments, hint):
    status, said = explain(audited, monkeypatch, capsys, *arguments)
    assert status == 1 and hint in said and "Traceback" not in said


def test_explain_does_not_obey_control_characters_of_a_raw_cell(audited, content, monkeypatch, capsys):
    hostile = copy.deepcopy(content)
    number = cells_of(content, ["stratum"], 0)[0]
    hostile["cells"][number][3] = "\x1b]0;title\x07\x1b[2J"
    path = audited.project / "results" / "hostile" / "audit" / "trace.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(hostile), encoding="utf-8")
    who = content["participants"][0]
    status, said = explain(
        audited, monkeypatch, capsys, "population.rr_infused", "--participant", who, "--study", "hostile"
    )
    assert status == 0 and "\x1b" not in said and "[2J" in said


def test_the_trace_is_small_and_in_one_order(audited, content):
    path = audited.folder / "audit" / "trace.json"
    assert path.stat().st_size < 3_000_000
    assert content["participants"] == sorted(content["participants"])
    assert content["cells"] == json.loads(json.dumps(audited.traced["cells"]))


def test_every_change_that_a_number_rests_on_is_known_by_its_cell(audited, content):
    """The way back: from a corrected raw cell to the numbers that rest on it."""
    corrections = audited.logs["changes"][audited.logs["changes"]["rule"].str.startswith("correction:")]
    known = {
        (this["table"], this["key"], this["field"]) for this in (cell(content, n) for n in range(len(content["cells"])))
    }
    assert len(corrections) >= 5
    resting = [row for row in corrections.itertuples() if (row.table, row.key, row.field) in known]
    assert resting
    reached = {
        number
        for record in content["records"].values()
        for at in record.get("everyone", ())
        for number in cells_of(content, record["columns"], at)
    }
    found = {(this["table"], this["key"], this["field"]) for this in (cell(content, number) for number in reached)}
    assert all((row.table, row.key, row.field) in found for row in resting)


def test_a_module_of_which_docstrings_are_read_counts_as_used():
    methods._stated.cache_clear()
    used.clear()
    assert any("Heinze" in text for text in methods.references("firth_logistic"))
    assert {named(path) for path in used} == {"workflow/trialpress/stats/logistic.py"}
