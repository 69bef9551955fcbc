"""The page in a real browser: followed, filtered, saved; hostile text is shown, nothing is run and nothing is asked of a network."""

import csv
import io
import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
from trialpress.audit import page, trace
from trialpress.audit.parts import read_part
from trialpress.explain import explain, follow

pytestmark = pytest.mark.xdist_group("audit")
FIXES = Path(__file__).resolve().parents[2] / "data" / "low-dose-cd19" / "corrections.csv"
CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip
HOSTILE = {
    "script": "<script>window.ran = 1</script>",
    "end": "</script><img src=x onerror='window.ran = 1'>",
    "formula": "=cmd|' /C calc'!A0",
    "link": '=HYPERLINK("http://example.invalid","x")',
    "plus": "+1+cmd",
    "at": "@SUM(1)",
    "separator": "line\u2028separator",
    "template": "${window.ran = 1}",
}


@pytest.fixture(scope="module")
def chromium():
    if not CHROMIUM.exists():
        pytest.skip("there is no Chromium")
    sync_api = pytest.importorskip("playwright.sync_api", reason="there is no Playwright")
    with sync_api.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def opened(chromium):
    """open(file, hash="", **context) -> page; at the end there must be no error and no request but to the file itself."""
    said, contexts = [], []

    def open_page(file: Path, hash: str = "", **context):
        contexts.append(chromium.new_context(**context))
        tab = contexts[-1].new_page()
        tab.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
        tab.on("pageerror", lambda error: said.append(f"error: {error}"))
        tab.on("request", lambda request: None if request.url.startswith(("file:", "blob:")) else said.append(f"request: {request.url}"))  # fmt: skip
        tab.goto(file.as_uri() + hash)
        return tab

    yield open_page
    for context in contexts:
        context.close()
    assert said == []


@pytest.fixture(scope="module")
def index(audited) -> Path:
    return audited.folder / "audit" / "index.html"


@pytest.fixture(scope="module")
def hostile(audited, tmp_path_factory) -> Path:
    """The page of the same study with hostile text in every log, in a raw cell and in a label, and 100,000 changes."""
    folder = tmp_path_factory.mktemp("hostile")
    traced = json.loads(json.dumps(audited.traced))
    at = traced["participants"].index("LD-017")
    number = traced["evidence"]["response_blasts"][str(at)]["cells"][0]
    traced["cells"][number][3] = HOSTILE["script"]
    traced["records"]["seizure_all"]["label"] = HOSTILE["end"]
    traced["title"] = HOSTILE["end"]
    logs = {**audited.logs}
    changes = logs["changes"].head(len(HOSTILE)).assign(raw_value=list(HOSTILE.values()), rule="hostile")
    numbers = logs["changes"].head(1).assign(raw_value="-5.2", rule="hostile")
    filler = [logs["changes"]] * (100_000 // len(logs["changes"]) + 1)
    logs["changes"] = pd.concat([changes, numbers, *filler], ignore_index=True)
    logs["rejected"] = logs["rejected"].assign(content=json.dumps({HOSTILE["script"]: HOSTILE["end"]}))
    logs["queries"] = logs["queries"].assign(value=HOSTILE["script"], message=HOSTILE["end"])
    page.write(audited.results, traced, logs, folder, FIXES)
    return folder / "audit" / "index.html"


def shown(tab, name: str) -> str:
    """What a table says of the rows that it shows, when it has read what it needs."""
    status = tab.locator(f"[data-table={name}] [role=status]")
    tab.wait_for_function(
        "status => status.textContent && !status.textContent.startsWith('reading')", arg=status.element_handle()
    )
    return status.inner_text()


def test_a_number_is_followed_from_the_manuscript_to_its_raw_cell(audited, opened):
    tab = opened(audited.folder / "report" / "manuscript.html")
    tab.locator("main a.num", has_text="36/40 (90.0%; 95% CI 76.3% to 97.2%)").first.click()
    tab.wait_for_url("**/audit/index.html#cr_rr_evaluable~*")
    assert tab.locator("h1:visible").inner_text() == "CR or CRi in R/R"
    assert tab.locator(".printed").inner_text() == "36/40 (90.0%; 95% CI 76.3% to 97.2%)"
    tab.get_by_role("link", name="LD-017").click()
    traced = audited.traced
    at = traced["participants"].index("LD-017")
    cells = [trace.cell(traced, n) for n in traced["evidence"]["response_blasts"][str(at)]["cells"]]
    blasts = next(cell for cell in cells if cell["field"] == "marrow_blasts_percent")
    row = tab.locator(".way tr", has_text=blasts["column"]).first
    assert row.locator("td").all_inner_texts() == [blasts["file"], str(blasts["row"]), f"{blasts['column']}\nMarrow blasts, %", blasts["raw"], blasts["clean"], ""]  # fmt: skip
    assert tab.locator("#participant").is_visible()


def test_every_link_of_the_manuscript_finds_its_record(audited, index, opened):
    tab = opened(audited.folder / "report" / "manuscript.html")
    ids = sorted(
        set(tab.eval_on_selector_all("a.num", "links => links.map((a) => decodeURIComponent(a.hash.slice(1)))"))
    )
    assert len(ids) > 60
    tab = opened(index)
    for number in ids:  # each with its place, as ID~2
        tab.evaluate(
            "id => { location.hash = '#' + id.split('@').map(encodeURIComponent).join('@'); route(); }", number
        )
        assert tab.locator("h1:visible").inner_text() != "No such number", number


def test_the_cleaning_log_is_filtered_and_turned(audited, index, opened):
    changes = audited.logs["changes"]
    tab = opened(index, "#/cleaning")
    log = tab.locator("[data-table=changes]")
    assert shown(tab, "changes") == f"1 to 50 of {len(changes):,}"
    log.get_by_label("Table").select_option("response")
    log.get_by_label("Rule").select_option("code list")
    chosen = changes[(changes["table"] == "response") & (changes["rule"] == "code list")]
    assert shown(tab, "changes") == f"1 to 50 of {len(chosen):,}"
    log.get_by_label("Search").fill("LD-017 extramed")
    found = chosen[chosen["key"].str.contains("LD-017") & (chosen["field"] == "extramedullary")]
    assert shown(tab, "changes") == f"1 to {len(found)} of {len(found)}"
    texts = log.locator("tbody tr").first.locator("td").all_inner_texts()
    assert texts[3:6] == [found.iloc[0]["raw_value"], found.iloc[0]["clean_value"], "code list"]
    log.get_by_label("Search").fill("")
    log.get_by_role("button", name="Next").click()
    assert shown(tab, "changes").startswith("51 to ")
    log.get_by_role("button", name="Key").click()
    log.get_by_role("button", name="Key").click()
    keys = log.locator("tbody tr td:nth-child(2)").all_inner_texts()
    assert keys == sorted(keys, reverse=True)
    log.get_by_label("Search").fill("no such text")
    assert shown(tab, "changes") == "nothing matches"


def test_the_life_of_a_query(audited, tmp_path, opened):
    """Open, answered and closed, asked again: state, answer, who and when; the tile counts the open ones."""
    logs, rows = dict(audited.logs), audited.logs["queries"].copy()
    told = ["state", "answer", "new_value", "reason", "by", "date"]
    rows.loc[0, told] = ["closed", "corrected", "3.5", "source checked", "Ann Lee", "2026-04-30"]
    rows.loc[1, told] = ["closed", "confirmed", "", "as in the chart", "Bo Ray", "2026-04-29"]
    rows.loc[2, told] = ["open", "not known", "", "no chart", "Bo Ray", "2026-04-28"]
    page.write(audited.results, audited.traced, logs | {"queries": rows}, tmp_path, FIXES)
    tab = opened(tmp_path / "audit" / "index.html", "#/queries")
    log = tab.locator("[data-table=queries]")
    lives = [log.locator("tbody tr").nth(at).locator("td").last.inner_text().split("\n") for at in range(4)]
    assert lives == [
        ["corrected to 3.5 by Ann Lee on 2026-04-30", "source checked"],
        ["confirmed by Bo Ray on 2026-04-29", "as in the chart"],
        ["not known by Bo Ray on 2026-04-28", "no chart", "asked again after this answer"],
        ["not answered"],
    ]
    log.get_by_label("State").select_option("closed")
    assert shown(tab, "queries") == "1 to 2 of 2"
    ids = log.locator("tbody td:first-child").all_inner_texts()
    assert ids == rows["id"].head(2).tolist()
    tab.evaluate("() => { location.hash = '#/overview'; route(); }")
    lines = tab.locator(".tile", has_text="Open queries").locator("p").all_inner_texts()
    assert lines[0] == str(len(rows)) and lines[1].endswith("; 2 answered and closed")


def test_the_way_back_leads_from_a_changed_cell_to_numbers(index, opened):
    tab = opened(index, "#/cleaning")
    log = tab.locator("[data-table=changes]")
    log.get_by_label("Search").fill("LD-017/ extramedullary response")
    shown(tab, "changes")  # a row that does not stay is not there to be clicked
    cell = log.locator("tbody tr").first.locator("details")
    cell.locator("summary").click()
    cell.get_by_role("link", name="cr_rr_evaluable", exact=True).click()
    assert "LD-017" in tab.locator("#participant").inner_text()


def test_a_row_that_stays_keeps_what_was_opened_in_it(index, opened):
    tab = opened(index, "#/cleaning")
    log = tab.locator("[data-table=changes]")
    rows, opens = log.locator("tbody tr"), lambda at: rows.nth(at).locator("details").get_attribute("open") is not None
    for text in ("LD-017 history", "LD-017 history extramedullary", "LD-017 history"):
        log.get_by_label("Search").fill(text)
        many = int(shown(tab, "changes").split()[-1])
        if text.endswith("history") and not any(map(opens, range(many))):
            rows.nth(1).locator("summary").click()
        assert [opens(at) for at in range(many)] == ([True] if many == 1 else [False, True, False])


def test_hostile_text_is_shown_and_never_run(hostile, opened):
    tab = opened(hostile, "#/cleaning")
    log = tab.locator("[data-table=changes]")
    log.get_by_label("Rule").select_option("hostile")
    assert shown(tab, "changes") == "1 to 9 of 9"
    assert [text for text in log.locator("tbody td:nth-child(4)").all_text_contents()] == [*HOSTILE.values(), "-5.2"]
    for view, text in (("#/rejected", HOSTILE["end"]), ("#/queries", HOSTILE["script"]), ("#cr_rr_evaluable@LD-017", HOSTILE["script"]),
                       ("#seizure_all", HOSTILE["end"]), ("#/overview", HOSTILE["end"]), (f"#{HOSTILE['end']}", HOSTILE["end"])):  # fmt: skip
        tab.evaluate("hash => { location.hash = hash; route(); }", view)
        assert text in tab.locator("section:visible").text_content(), view
    assert tab.evaluate("window.ran") is None
    assert tab.locator("main img, main script").count() == 0


def test_the_policy_lets_no_other_script_run(index, tmp_path, chromium):
    """Even a script that stood in the page as markup would not run, and nothing can be fetched."""
    changed = tmp_path / "index.html"
    text = index.read_text(encoding="utf-8")
    changed.write_text(
        text.replace("</main>", "</main><script>window.ran = 1</script><img src='http://example.invalid/x'>")
    )
    tab = chromium.new_page()
    failed = []
    tab.on("console", lambda message: failed.append(message.text))
    tab.goto(changed.as_uri())
    assert tab.evaluate("window.ran") is None
    assert len([text for text in failed if "Content Security Policy" in text]) == 2
    tab.close()


def test_a_saved_table_holds_no_formula(hostile, opened):
    tab = opened(hostile, "#/cleaning")
    log = tab.locator("[data-table=changes]")
    log.get_by_label("Rule").select_option("hostile")
    shown(tab, "changes")
    with tab.expect_download() as saved:
        log.get_by_role("button", name="Save as CSV").click()
    text = Path(saved.value.path()).read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    raw = [row["raw_value"] for row in rows]
    assert not [cell for row in rows for cell in row.values() if cell[:1] in tuple("=+@\t\r")]
    assert raw == [f"'{text}" if text[0] in "=+@" else text for text in HOSTILE.values()] + ["-5.2"]


def test_a_hundred_thousand_changes_are_quick(hostile, opened):
    tab = opened(hostile, "#/cleaning")
    assert hostile.stat().st_size < 4_000_000 and len(list((hostile.parent / "page").glob("changes-*.js"))) == 6
    assert shown(tab, "changes").startswith("1 to 50 of 1")
    assert tab.locator("[data-table=changes] tbody tr").count() == 50
    search = """text => { const search = document.querySelector("[data-table=changes] input"), start = performance.now();
        search.value = text; search.dispatchEvent(new Event("input")); return performance.now() - start; }"""
    tab.evaluate(search, "LD-017 code")  # reads all parts
    assert int(shown(tab, "changes").split()[-1].replace(",", "")) > 1000
    assert tab.evaluate(search, "LD-018 code") < 1000


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [380, 1280])
def test_every_part_fits_the_screen(audited, index, opened, scheme, width):
    tab = opened(index, color_scheme=scheme, viewport={"width": width, "height": 900})
    parts = tab.eval_on_selector_all("nav a", "links => links.map((a) => a.hash)")
    assert {"#/overview", "#/claims", "#/results", "#/cleaning", "#/queries", "#/rejected", "#/environment"} <= set(
        parts
    )
    for hash in [*parts, "#cr_rr_evaluable@LD-017", "#baseline@LD-003", "#population.infused", "#clean.corrections"]:
        tab.evaluate("hash => { location.hash = hash; route(); }", hash)
        assert tab.locator("section:visible").count() == 1
        assert tab.evaluate("document.documentElement.scrollWidth") <= width, hash
    light = tab.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert light == (scheme == "light")
    assert audited.study.notice in tab.locator(".banner").inner_text()


def test_the_page_is_reached_by_keyboard(index, opened):
    tab = opened(index)
    focused = "document.activeElement.textContent"
    tab.keyboard.press("Tab")
    assert tab.evaluate(focused) == "Skip to the content"
    tab.keyboard.press("Enter")
    assert tab.evaluate("document.activeElement.id") == "main" and tab.evaluate("location.hash") == ""
    tab.get_by_role("link", name="Claims", exact=True).first.focus()
    for _ in range(4):
        tab.keyboard.press("Tab")
    assert tab.evaluate(focused) == "Cleaning"
    tab.keyboard.press("Enter")
    tab.wait_for_function(
        "document.activeElement.tagName === 'H1' && document.activeElement.textContent === 'Cleaning'"
    )
    for _ in range(5):
        tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.type") == "search"
    tab.keyboard.type("enrolment sex")
    assert shown(tab, "rules").startswith("1 to ")


def test_print_holds_every_part(index, opened):
    tab = opened(index)
    tab.evaluate("dispatchEvent(new Event('beforeprint'))")
    tab.emulate_media(media="print")
    assert tab.locator("section h1:visible").count() >= 7
    assert not tab.locator("nav").is_visible()


@pytest.mark.parametrize(
    ("gate", "state", "says"),
    [
        ((2, 3, 40, {}), "good", ["no identifier in 7 files", "40 values of 2 identifying and 3 undeclared columns looked for"]),
        ((0, 3, 40, {"f.csv": {"undeclared column 'x'": 1200}}), "open", ["1,200 values are not searchable", "no column is declared an identifier"]),
        ((0, 3, 0, {"f.csv": {"undeclared column 'x'": 5}}), "open", ["nothing could be looked for in 3 undeclared columns", "5 values"]),
        ((0, 0, 0, {}), "open", ["nothing was looked for: no column is declared an identifier"]),
    ],
)  # fmt: skip
def test_the_privacy_tile_is_green_only_if_everything_was_looked_for(audited, opened, tmp_path, gate, state, says):
    told, untold, searched, given = gate
    content = {
        "gate": {"files": 7, "identifier_columns": told, "undeclared_columns": untold, "searched": searched, "not_searchable": given},
        "disclosure": {"threshold": 0, "withheld": 0, "reason": "off"},
    }  # fmt: skip
    (tmp_path / "audit").mkdir()
    (tmp_path / "audit" / "privacy.json").write_text(json.dumps(content))
    (tmp_path / "audit" / "manifest.json").write_text("{}")
    page.write(audited.results, audited.traced, audited.logs, tmp_path, FIXES)
    tab = opened(tmp_path / "audit" / "index.html")
    tile = tab.locator(".tile", has_text="Privacy")
    assert tile.get_attribute("class") == f"tile {state}"
    for text in says:
        assert text in tile.inner_text()
    tab.evaluate("location.hash = '#/environment'; route()")
    said = tab.locator("section:visible").inner_text()
    assert ("values of undeclared columns; audit/privacy.json has them by file and column" in said) == bool(given)


def test_embedded_data_cannot_end_its_element():
    text = page.embedded(list(HOSTILE.values()))
    assert not set("<>&\u2028") & set(text)
    assert json.loads(text) == list(HOSTILE.values())


def test_a_part_that_is_missing_is_left_out(audited, index, opened, tmp_path):
    page.write(audited.results, audited.traced, audited.logs, tmp_path, FIXES)  # no claims, no manifest
    parts = opened(tmp_path / "audit" / "index.html").eval_on_selector_all("nav a", "links => links.map((a) => a.hash)")
    assert "#/claims" not in parts and "#/environment" not in parts and "#/results" in parts


def test_who_is_not_counted_is_named_and_can_be_followed(opened, index):
    text = opened(index, "#crs_severe_model").locator("main").inner_text()
    rest = text.split("Participants not counted")[1]
    assert "1 left out: unknown outcome" in rest and "1 left out: Blast burden not known" in rest
    assert rest.count("LD-0") == 2 and "[object" not in text


@pytest.fixture
def parted(audited, tmp_path, monkeypatch) -> Path:
    """The same trace and page, cut into many parts."""
    monkeypatch.setattr(trace, "PART", 2000)
    monkeypatch.setattr(page.logs, "PART", 300)
    for name in ("report/manuscript.html", "clean/cells.parquet", "audit/query_effects.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(audited.folder / name, tmp_path / name)
    trace.write(audited.results, audited.logs, audited.folder, tmp_path)
    page.write(audited.results, trace.read(tmp_path), audited.logs, tmp_path, FIXES)
    return tmp_path


def test_a_large_trace_lies_in_parts_and_says_the_same(audited, parted, index, opened):
    content = trace.read(parted)
    assert len(content["parts"]) > 3 and not {"cells", "evidence", "values", "rows"} & set(content)
    for at in range(len(content["participants"])):
        part = trace.part_of(content, at, parted)
        for name, values in audited.traced["values"].items():
            assert part["values"][name][at - part["first"]] == values[at]
        for name, decided in audited.traced["evidence"].items():
            here, there = part["evidence"][name][str(at)], decided[str(at)]
            assert [part["cells"][one] for one in here["cells"]] == [
                (*audited.traced["cells"][one],) for one in there["cells"]
            ]
            assert {**here, "cells": 0} == {**there, "cells": 0}
        for table, runs in audited.traced["rows"].items():
            assert part["rows"][table].get(str(at)) == ([(*run,) for run in runs[str(at)]] if str(at) in runs else None)
    tab, whole = opened(parted / "audit" / "index.html"), opened(index)
    for number in (
        "cr_rr_evaluable",
        "cr_rr_evaluable@LD-017",
        "baseline@LD-053",
        "crs_severe_model",
        "seizure_all@LD-002",
    ):
        for one in (tab, whole):
            one.evaluate("hash => { location.hash = hash; }", f"#{number}")
            one.wait_for_function("who => document.querySelector('h1:not([hidden])') && !document.querySelector('main').innerText.includes('Reading') && (!who || document.getElementById('participant')?.textContent.includes(who))", arg=number.partition("@")[2])  # fmt: skip
        assert tab.locator("main").inner_text() == whole.locator("main").inner_text(), number
        name, _, who = number.partition("@")
        said = [
            list(follow(trace.read(folder), name, who, folder) if who else explain(trace.read(folder), name, folder))
            for folder in (parted, audited.folder)
        ]
        assert said[0] == said[1]
    tab.evaluate("location.hash = '#/cleaning'")
    log = tab.locator("[data-table=changes]")
    log.get_by_label("Search").fill("LD-017/ extramedullary response")
    shown(tab, "changes")
    log.locator("tbody tr").first.locator("summary").click()
    log.get_by_role("link", name="cr_rr_evaluable", exact=True).wait_for()


def test_a_part_that_is_not_there_is_named(parted, chromium):
    for path in (parted / "audit" / "trace").glob("participants-*.js"):
        path.unlink()
    tab = chromium.new_page()
    tab.goto((parted / "audit" / "index.html").as_uri() + "#cr_rr_evaluable@LD-017")
    tab.get_by_role("heading", name="A part is missing").wait_for()
    assert "cannot be read: build the audit again" in tab.locator("main").inner_text()
    tab.close()


def test_a_page_of_parts_lets_no_other_script_run(parted, tmp_path, chromium):
    changed = parted / "audit" / "index.html"
    (parted / "audit" / "other.js").write_text("window.ran = 1")
    text = changed.read_text(encoding="utf-8")
    changed.write_text(
        text.replace("</main>", "</main><script src='other.js'></script><script>window.ran = 1</script>")
    )
    tab = chromium.new_page()
    tab.goto(changed.as_uri())
    assert tab.evaluate("window.ran") is None
    tab.close()


@pytest.mark.parametrize("cut", [7, 3, 1])  # rows of a block
def test_more_rows_than_a_page_can_hold_are_the_first_of_each_kind(tmp_path, monkeypatch, cut):
    monkeypatch.setattr(page.logs, "PART", 2)
    monkeypatch.setattr(page.logs, "MOST", 4)
    rows = [("labs", "value", "a", n) for n in range(5)] + [("signs", "date", "b", 5), ("signs", "date", "b", 6)]
    log = pd.DataFrame(rows, columns=["table", "field", "rule", "key"]).assign(kind="code")
    log = page.Log("changes", [page.logs._block(log.iloc[at : at + cut]) for at in range(0, 7, cut)])
    table = log.paged(tmp_path)
    assert (table["rows"], table["of"], table["parts"], table["file"]) == (4, 7, 2, "clean/changes.csv")
    assert table["tally"]["table"] == [["labs", 5], ["signs", 2]]
    held = [read_part(tmp_path / f"changes-000{n}.js")["columns"]["key"] for n in (1, 2)]
    assert [[part["values"][code] for code in part["codes"]] for part in held] == [["0", "1"], ["5", "6"]]
    assert log.rules["cells"].tolist() == [5, 2]
