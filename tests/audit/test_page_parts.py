"""What a reviewer asks of the page: search, the address, the way back, a participant, corrections, open queries, who was at risk."""

import dataclasses
import re
import shutil
import subprocess

import pyarrow.parquet as pq
import pytest
from audit.test_page import chromium, index, opened, shown  # noqa: F401  fixtures
from trialpress import analysis, cohort, environment
from trialpress.audit import page
from trialpress.audit.open_queries import effects
from trialpress.audit.page import people
from trialpress.audit.parts import read_part, write_part
from trialpress.clean.withheld import HIDDEN
from trialpress.contracts import QUERY_EFFECTS
from trialpress.plan.lock import Lock, Version

pytestmark = pytest.mark.xdist_group("audit")
WHO = "LD-017"


def ask(tab, text: str) -> dict[str, int]:
    """Heading -> hits."""
    tab.locator("#q").fill(text)
    tab.locator("#q").press("Enter")
    tab.wait_for_function(
        "said => [...document.querySelectorAll('section:not([hidden]) h1')].some(h => h.textContent === said)",
        arg=f"Search: {text}",
    )
    heads, before = tab.locator("section:visible h2").all_inner_texts(), None
    while heads != before:  # what lies in other files comes later
        tab.wait_for_timeout(300)
        heads, before = tab.locator("section:visible h2").all_inner_texts(), heads
    return {name: int(n.replace(",", "")) for name, _, n in (head.partition(": ") for head in heads)}


def test_everything_is_searched(audited, index, opened):  # noqa: F811
    tab = opened(index)
    hits = ask(tab, "36/40")
    printed = [entry for record in audited.traced["records"].values() for entry in record.get("results", ())
               if "36/40" in " ".join(entry["printed"].values())]  # fmt: skip
    assert hits["Numbers"] == len(printed) and hits["In the manuscript"] >= 3
    assert ask(tab, "CR or CRi was reached by")["In the manuscript"] >= 1
    assert ask(tab, "nursing chart") == {"Corrections": 1}
    assert ask(tab, "bone no such word") == {} and "Nothing has all of these words" in tab.locator("main").inner_text()
    assert ask(tab, "LD-01")["Participants"] == 10
    assert ask(tab, "骨髓原始细胞(%)")["Columns"] >= 2


def test_what_a_table_shows_is_in_the_address_and_the_back_button_works(index, opened):  # noqa: F811
    tab = opened(index, "#/cleaning")
    everything = shown(tab, "changes")
    tab.locator("[data-table=changes]").get_by_label("Table").select_option("response")
    response = shown(tab, "changes")
    tab.locator("[data-table=changes]").get_by_role("button", name="Next").click()
    assert shown(tab, "changes").startswith("51 to 100 of ") and tab.url.endswith(
        "?changes.table=response&changes.from=51"
    )
    again = opened(index, tab.url[tab.url.index("#") :])
    assert shown(again, "changes") == shown(tab, "changes")
    tab.go_back()
    tab.wait_for_function(
        "document.querySelector('[data-table=changes] [role=status]').textContent.startsWith('1 to 50')"
    )
    assert shown(tab, "changes") == response != everything
    tab.go_back()
    tab.wait_for_function(
        "text => document.querySelector('[data-table=changes] [role=status]').textContent === text", arg=everything
    )
    assert tab.locator("[data-table=changes]").get_by_label("Table").input_value() == ""


def test_changes_are_told_by_kind(audited, index, opened):  # noqa: F811
    tab = opened(index, "#/cleaning")
    for kind, n in audited.logs["changes"]["kind"].astype(str).value_counts().items():
        tab.get_by_role("link", name=f"{n:,} in {kind}").click()
        tab.wait_for_url(f"**changes.kind={kind}")
        assert shown(tab, "changes").endswith(f"of {n:,}")


def test_a_record_leads_back_to_each_of_its_sentences(index, opened):  # noqa: F811
    tab = opened(index, "#cr_rr_evaluable")
    links = tab.get_by_role("link", name=re.compile("^Back to "))
    tab.locator("summary", has_text="In the manuscript").click()
    n = links.count()
    assert n >= 4
    texts = [text.removeprefix("Back to ") for text in links.all_inner_texts()]
    for at in (0, n - 1):
        links.nth(at).click()
        tab.wait_for_url("**/manuscript.html#number=*")
        here = tab.locator("a.num.here")
        assert here.inner_text() == texts[at] and here.evaluate("link => link === document.activeElement")
        tab.go_back()
        tab.locator("summary", has_text="In the manuscript").click()


def test_a_participant_has_all_raw_rows_changes_and_numbers(audited, index, opened):  # noqa: F811
    tab = opened(index, f"#/participant?who={WHO}")
    tab.get_by_role("heading", name="Numbers that count").wait_for()
    cells = pq.read_table(audited.folder / "clean" / "cells.parquet").to_pandas()
    mine = cells[cells["key"].str.split("/").str[0].eq(WHO)]
    rows = mine.groupby(["table", "file"])["row"].nunique()
    said = tab.locator("section:visible > div > details > summary").all_inner_texts()
    assert {f"{table}, {file}: {n} row{'s' if n > 1 else ''}" for (table, file), n in rows.items()} == set(said)
    numbers = [entry["id"] for record in audited.traced["records"].values() for entry in record.get("results", ())
               if any(audited.traced["participants"].index(WHO) in members for members in entry["who"].values())]  # fmt: skip
    assert shown(tab, "counted").endswith(f" of {len(numbers)}")
    text = tab.locator("section:visible").inner_text()
    assert HIDDEN in text and "研究编号" in text and "Consent" in text


def test_the_raw_cells_beside_the_page_are_those_of_the_clean_stage(audited, tmp_path):
    found = people.write(audited.results, audited.logs["changes"], audited.folder / "clean" / "cells.parquet", tmp_path)
    told = []
    for number, first in enumerate(found["first"], start=1):
        part = read_part(tmp_path / f"people-{number:04d}.js")
        assert part["first"] == first
        at = {name: [column["values"][code] for code in column["codes"]] for name, column in part["columns"].items()}
        told += [
            (*found["places"][place], row, raw)
            for place, row, raw in zip(at["place"], at["row"], at["raw"], strict=True)
        ]
    withheld = {
        (name, column.name)
        for name, table in audited.study.tables.items()
        for column in table.columns.values()
        if column.withheld
    }
    assert withheld and all(raw == HIDDEN for table, field, *_, raw in told if (table, field) in withheld)
    cells = pq.read_table(audited.folder / "clean" / "cells.parquet").to_pandas()
    kept = {name: set(audited.results.tables[name][audited.study.participant]) for name in audited.study.tables}
    cells = cells[[key.split("/")[0] in kept[table] for table, key in zip(cells["table"], cells["key"], strict=True)]]
    shown_here = {one for one in told if one[:2] not in withheld}
    assert (
        set(zip(*(cells[name] for name in ("table", "field", "file", "column", "row", "raw")), strict=True))
        - shown_here
        == set()
    )


def test_corrections_have_name_and_date_where_the_file_has_them(audited, tmp_path):
    path = tmp_path / "corrections.csv"
    path.write_text(
        "table,key,field,old,new,reason,by,date\nhistory,LD-016,blasts_percent,35,3.5,slip,A. Name,2016-02-01\nenrolment,LD-001,name,x,y,slip,,\n"
    )
    found = page.corrections(path, audited.study, audited.logs["changes"])
    columns = ["old", "new", "by", "date", "source_file", "source_row"]
    assert found[columns].to_numpy().tolist() == [
        ["35", "3.5", "A. Name", "2016-02-01", "02_history.xlsx", "17"],
        [HIDDEN, HIDDEN, "not stated", "not stated", "", ""],
    ]


def test_what_an_open_query_does_is_what_the_whole_computation_says(audited):
    """A temperature of 369 that was received and cleared: with it every analysis is computed anew, from the cohort on."""
    found = QUERY_EFFECTS.texts(audited.folder / "audit")
    queries = audited.logs["queries"]
    assert (
        list(dict.fromkeys(found["query"]))
        == queries.loc[queries["severity"].eq("error") & queries["state"].eq("open"), "id"].tolist()
    )
    query = queries[queries["value"].eq("369")].iloc[0]
    tables = dict(audited.results.tables)
    signs = tables["signs"] = tables["signs"].copy()
    who, day = query["key"].split("/")
    signs.loc[signs["participant"].eq(who) & signs["date"].astype(str).eq(day), "temperature"] = 369.0
    made = cohort.build(audited.study, audited.plan, tables)
    new, _, _ = analysis.run(audited.study, audited.plan, made.subjects, made.daily, tables)
    key = ["analysis", "group", "level", "statistic"]
    both = audited.results.ard.merge(new, on=key, how="outer", suffixes=("", "_new"))
    both[["display", "display_new"]] = both[["display", "display_new"]].fillna("not there")
    moved = both[~both["display"].eq(both["display_new"])]
    told = found[found["query"].eq(query["id"])].set_index(key)
    assert len(moved) and set(map(tuple, moved[key].to_numpy())) <= set(told.index)
    for row in moved.itertuples():
        one = told.loc[(row.analysis, row.group, row.level, row.statistic)]
        assert (one["now"], one["otherwise"]) == (row.display, row.display_new)
    same = both[both["display"].eq(both["display_new"]) & both["value"].eq(both["value_new"])]
    assert not set(map(tuple, same[key].to_numpy())) & set(told.index)


def test_a_query_whose_value_cannot_be_computed_with_says_why(audited):
    queries = audited.logs["queries"].head(1).assign(severity="error", state="open")
    row = {"table": "labs", "key": "LD-012/2015-08-08/FERRITIN", "field": "value", "value": "1830"}
    said = [
        effects(audited.results, queries.assign(**change), audited.traced)["what"].iloc[0]
        for change in (
            {},
            row,
            row | {"key": "LD-012/none"},
            {"table": "history", "key": "LD-026", "field": "blasts_percent", "value": "many"},
        )
    ]
    assert [text.partition(": ")[2] for text in said] == [
        "the question is of a whole row or file, and none of its values is among the clean ones",
        "the value is not kept, and its unit stands in another place",
        "the row was rejected, and what its cells should be is not known",
        "many cannot be read as a value, so there is none to compute with",
    ]


def test_all_at_risk_are_named(audited, index, opened):  # noqa: F811
    tab = opened(index, "#os")
    tab.locator("summary", has_text="participants, by time").click()
    subjects = audited.results.subjects.sort_values("os_time")
    assert shown(tab, "at_risk") == f"1 to 50 of {len(subjects)}"
    rows = tab.locator("[data-table=at_risk] tbody tr")
    first = rows.first.locator("td").all_inner_texts()
    one = subjects.iloc[0]
    assert first == [
        one["participant"],
        str(one["os_time"]),
        "event" if one["os_event"] else "censored",
        str(len(subjects)),
    ]


def test_no_word_is_broken_in_print(index, opened):  # noqa: F811
    tab = opened(index, viewport={"width": 1030, "height": 700})
    tab.evaluate("dispatchEvent(new Event('beforeprint'))")
    tab.emulate_media(media="print")
    broken = tab.evaluate("""() => {
      const found = [], walk = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT), range = document.createRange();
      for (let node = walk.nextNode(); node; node = walk.nextNode()) {
        if (node.parentElement.closest("details:not([open]), .hash, code, .raw, [hidden], svg, option")) continue;
        for (const word of node.textContent.matchAll(/[A-Za-z]{2,}/g)) {
          range.setStart(node, word.index); range.setEnd(node, word.index + word[0].length);
          if (new Set([...range.getClientRects()].map((at) => Math.round(at.top))).size > 1) found.push(word[0]);
        }
      }
      return found; }""")
    assert broken == [] and tab.evaluate("document.documentElement.scrollWidth") <= 1030


def test_the_id_of_the_code_is_gits_own(tmp_path):
    for name, text in {"a.py": "x = 1\n", "a/b.txt": "é\n", "a-b/c": "", "empty/__pycache__/d.pyc": "x"}.items():
        (tmp_path / "code" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "code" / name).write_text(text)
    (tmp_path / "code" / "a-b" / "c").chmod(0o755)
    (tmp_path / "code" / ".gitignore").write_text("__pycache__/\n")

    def git(*words):
        return subprocess.run(
            ["git", "-C", tmp_path, *words], capture_output=True, text=True, check=True
        ).stdout.strip()

    git("init", "-q")
    git("add", "code")
    of = environment.tree(tmp_path / "code")
    assert of == git("rev-parse", f"{git('write-tree')}:code")
    # as the page says: it leads to the commit that brought it, also behind later ones, and nowhere if there is none
    commits = []
    for words in (["code"], ["other"], ["code/more"]):
        (tmp_path / words[0]).is_dir() or (tmp_path / words[0]).write_text(words[0])
        git("add", "-A")
        git("-c", "user.name=A", "-c", "user.email=a@b.c", "commit", "-qm", words[0])
        commits.append(git("rev-parse", "HEAD"))
    found = git("log", "-t", f"--find-object={of}", "--format=%H").split()
    assert found[-1] == commits[0]
    (tmp_path / "code" / "a.py").write_text("x = 2\n")
    other = environment.tree(tmp_path / "code")
    assert git("log", "-t", f"--find-object={other}", "--format=%H") == ""


def test_the_page_says_how_the_commit_is_found(audited, opened):  # noqa: F811
    said = (
        opened(audited.folder / "audit" / "index.html", "#/environment")
        .locator("section:visible dd")
        .first.inner_text()
    )
    of = environment.tree(environment.ROOT / "workflow")
    assert said.startswith(of) and f"git log -t --find-object={of} --format=%H | tail -1" in said


def test_a_sentence_without_a_number_is_found_and_led_to(opened, index):  # noqa: F811
    tab = opened(index, "#/search?q=one%20centre%2C%20no%20control%20group")
    hit = tab.locator("section:visible .hits li")
    assert hit.count() == 1 and hit.inner_text().startswith("The study has one centre, no control group")
    link = hit.get_by_role("link", name="in the manuscript")
    assert link.get_attribute("href").startswith(
        "../report/manuscript.html#:~:text=The%20study%20has%20one%20centre%2C%20no"
    )


def test_an_address_that_was_cut_is_named(opened, index):  # noqa: F811
    said = opened(index, "#%E0%A4%A").locator("section:visible").inner_text()
    assert said.startswith("No such number") and "%E0%A4%A is not the id of a number" in said


def test_a_comparison_that_was_not_written_is_named_and_one_that_was_is_followed(audited, tmp_path, chromium):  # noqa: F811
    folder = tmp_path / "results" / "s"
    shutil.copytree(audited.folder, folder)
    tab = chromium.new_page()
    tab.goto((folder / "audit" / "index.html").as_uri())
    since = tab.get_by_role("link", name="Since the record")
    since.click()
    tab.get_by_text("Not written yet").wait_for()
    assert "trialpress compare record now" in tab.locator(".tile", has_text="Since the record").inner_text()
    (tmp_path / "compare").mkdir()
    (tmp_path / "compare" / "index.html").write_text("<h1>Compared</h1>")
    write_part({"moved": 0}, tmp_path / "compare" / "compared.js")
    since.click()
    tab.get_by_role("heading", name="Compared").wait_for()
    tab.close()


def test_the_amendments_of_a_locked_plan_are_listed(audited, opened, tmp_path):  # noqa: F811
    first, second = (
        Version(n, f"2022-0{n}-01", "A. B.", reason, {}) for n, reason in ((1, ""), (2, "shorter follow-up"))
    )
    plan = dataclasses.replace(audited.plan, lock=Lock((first, second)))
    for name in ("report/manuscript.html", "audit/manifest.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(audited.folder / name, tmp_path / name)
    page.write(
        dataclasses.replace(audited.results, plan=plan), audited.traced, audited.logs, tmp_path, tmp_path / "none.csv"
    )
    said = opened(tmp_path / "audit" / "index.html", "#/environment").locator("section:visible dd").nth(2)
    assert said.locator("li").all_inner_texts() == [
        "Version 2, 2022-02-01, by A. B.: shorter follow-up. Changed: nothing."
    ]
