"""A reviewer with ten questions at the page of the audit, in Chromium: what is clicked, how often, and what the answer is.

`PYTHONPATH=workflow:tests python -m audit.reviewer` asks them of results/low-dose-cd19 and writes docs/reviewer.md. Typing is free;
a click, a choice from a list and the Enter key are one each.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip
STUDY = "low-dose-cd19"
WHO = "LD-017"


@dataclass
class Reviewer:
    """One question: the tab, and the steps so far."""

    tab: object
    steps: list[str] = field(default_factory=list)

    def click(self, locator, said: str):
        locator.click()
        self.steps.append(said)

    def part(self, name: str):
        self.click(self.tab.locator("nav").get_by_role("link", name=name, exact=True), name)

    def choose(self, table: str, label: str, option: str):
        self.list(table, label).select_option(option)
        self.steps.append(f"{label}: {option}")

    def list(self, table: str, label: str):
        """The list from which a column's values are chosen."""
        named = self.tab.locator(f"[data-table={table}] label").filter(has_text=re.compile(f"^{label}"))
        return named.first.locator("select")

    def ask(self, text: str):
        self.tab.locator("#q").fill(text)
        self.tab.locator("#q").press("Enter")
        self.steps.append(f"Search: {text}")

    def rows(self, table: str) -> list[list[str]]:
        """The cells of a table as they are shown."""
        found = self.tab.locator(f"[data-table={table}] tbody tr")
        return [
            [" ".join(text.split()) for text in found.nth(at).locator("> td").all_inner_texts()]
            for at in range(found.count())
        ]


def from_the_manuscript(one: Reviewer) -> str:
    one.click(one.tab.locator("main a.num", has_text="36/40 (90.0%").first, "36/40 in the manuscript")
    one.click(one.tab.get_by_role("link", name=WHO, exact=True).first, WHO)
    cells = one.tab.locator(".way tbody tr").first.locator("td").all_inner_texts()
    return f"{cells[0]}, row {cells[1]}, {' = '.join(cells[2].split(chr(10)))}: {cells[3]}"


def by_hand(one: Reviewer) -> str:
    one.part("Corrections")
    found = one.rows("corrections")
    return f"{len(found)} cells; by {', '.join(sorted({row[5] for row in found}))}; the first {found[0][0]} {found[0][1]}, {found[0][7]}"


def excluded(one: Reviewer) -> str:
    one.part("Left out")
    one.choose("left_out", "Left out of", "population")
    return "; ".join(f"{row[4]}: {row[6]}" for row in one.rows("left_out")[:3])


def once(one: Reviewer) -> str:
    one.part("Second computation")
    found = one.rows("computed_once")
    return f"{len(found)}: {found[0][4]}" if found else one.tab.locator("section:visible p").first.inner_text()


def since_the_record(one: Reviewer) -> str:
    one.click(one.tab.get_by_role("link", name="Since the record"), "Since the record")
    one.tab.wait_for_url("**/compare/index.html")
    return one.tab.locator("main p").first.inner_text()


def of_a_model(one: Reviewer) -> str:
    one.part("Left out")
    one.choose("left_out", "Method", "firth_logistic")
    return "; ".join(f"{row[1]}: {row[4]} ({row[6]})" for row in one.rows("left_out")[:2])


def of_a_query(one: Reviewer) -> str:
    one.part("Queries")
    table = one.tab.locator("[data-table=queries]")
    table.get_by_label("Search").fill("369 is impossible")
    cells = table.locator("tbody tr").first.locator("> td")
    touches = cells.nth(6).locator("summary").inner_text()
    one.click(cells.nth(7).locator("summary"), "what moves")
    return f"It touches {touches} records; {cells.nth(7).locator('summary').inner_text()}, the first {cells.nth(7).locator('li').first.inner_text()}"


def software(one: Reviewer) -> str:
    one.part("Environment")
    names, said = (one.tab.locator(f"section:visible {tag}").all_inner_texts() for tag in ("dt", "dd"))
    known = dict(zip(names, said, strict=True))
    return f"Python {known['Python']}, pandas {known['pandas']}; engine {known['Engine']}; with the hash of the lock file and of the code"


def claims(one: Reviewer) -> str:
    one.part("Claims")
    verdicts = one.list("claims", "Verdict").locator("option").all_inner_texts()
    return "; ".join(verdicts[1:])


def of_a_participant(one: Reviewer) -> str:
    one.ask(WHO)
    one.tab.get_by_role("heading", name="Numbers that count").wait_for()
    heads = one.tab.locator("section:visible h2").all_inner_texts()
    return f"{one.tab.locator('h1:visible').inner_text()}: {'; '.join(head for head in heads if ':' in head)}"


QUESTIONS = (
    ("Where is 36/40 from?", from_the_manuscript), ("Which cells were changed by hand, and by whom?", by_hand),
    ("Who was excluded, and why?", excluded), ("Which statistics were not computed a second time?", once),
    ("What changed since the record?", since_the_record), ("Which participants were left out of a model?", of_a_model),
    ("What does an open query touch?", of_a_query), ("Under which software was this computed?", software),
    ("Which claims are contradicted, or hold by construction?", claims), (f"What is there of participant {WHO}?", of_a_participant),
)  # fmt: skip


def answers(browser, folder: Path) -> list[tuple[str, list[str], str]]:
    """(question, steps, answer) of each, from a fresh page of the results in `folder`."""
    found = []
    for question, answer in QUESTIONS:
        start = "report/manuscript.html" if answer is from_the_manuscript else "audit/index.html"
        tab = browser.new_page()
        tab.goto((folder / start).absolute().as_uri())
        one = Reviewer(tab)
        found.append((question, one.steps, answer(one)))
        tab.close()
    return found


def table(found: list[tuple[str, list[str], str]]) -> str:
    lines = ["| question | clicks | what is clicked | answer |", "|---|---:|---|---|"]
    for question, steps, answer in found:
        text = " ".join(answer.split()).replace("|", "\\|")
        lines.append(
            f"| {question} | {len(steps)} | {', '.join(steps)} | {text if len(text) <= 300 else text[:300] + ' …'} |"
        )
    return "\n".join(lines)


def main() -> None:
    from playwright.sync_api import sync_playwright
    from trialpress.compare import main as compare

    compare("record", "now", STUDY, Path("compare"))
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        found = answers(browser, Path("results") / STUDY)
        browser.close()
    text = (
        "# A reviewer's ten questions\n\nAsked of `results/low-dose-cd19` in Chromium, by `tests/audit/reviewer.py`, which wrote this page "
        "(`make docs`).\nA click, a choice from a list and the Enter key count one each; typing is free. A test holds each to three.\n\n"
    )
    Path("docs/reviewer.md").write_text(text + table(found) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
