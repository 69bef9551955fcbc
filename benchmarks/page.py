"""The audit's page with many changed cells, opened in Chromium: `PYTHONPATH=workflow:tests python -P benchmarks/page.py [changes ...]`.

Needs results/low-dose-cd19 (make report). Its log of changes is repeated under new keys and participants until it has as many rows;
what is timed is what a reviewer waits for, from the click to the rows.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from audit.reviewer import CHROMIUM, FLAGS, STUDY, WHO
from trialpress.audit import page, trace
from trialpress.clean import read_logs
from trialpress.results import read


def enlarged(changes: pd.DataFrame, n: int) -> pd.DataFrame:
    """The log again and again, in each copy under a number of its own behind the key."""
    times = -(-n // len(changes))
    found = pd.concat([changes] * times, ignore_index=True).iloc[:n]
    copy = np.repeat(np.arange(times), len(changes))[:n]
    later = copy > 0
    found["key"] = found["key"].astype(str).where(~later, found["key"].astype(str) + "." + pd.Series(copy).astype(str))
    return found


def made(n: int, to: Path) -> float:
    """The page in `to`, and how long it took to write."""
    folder, config = Path("results") / STUDY, Path("config") / STUDY
    results, logs = read(config / "study.yaml", config / "plan.yaml", folder), read_logs(folder / "clean")
    logs = {**logs, "changes": enlarged(logs["changes"], n)}
    content = trace.read(folder)
    for name in ("analysis", "clean", "report"):
        (to / name).symlink_to((folder / name).resolve(), target_is_directory=True)
    (to / "audit").mkdir()
    for path in (folder / "audit").iterdir():
        if path.suffix in (".csv", ".json") or path.name == "trace":
            (to / "audit" / path.name).symlink_to(path.resolve())
    start = time.perf_counter()
    page.write(results, content, logs, to, Path("data") / STUDY / "corrections.csv")
    return time.perf_counter() - start


def timed(tab, index: Path) -> Iterator[tuple[str, float]]:
    """(what was asked for, seconds until it is there)."""
    log = "[data-table=changes]"

    def until(do: Callable[[], object], there: str) -> float:
        start = time.perf_counter()
        do()
        tab.wait_for_function(f"() => {there}")
        return time.perf_counter() - start

    def go(part: str) -> Callable[[], object]:
        return lambda: tab.evaluate("part => { location.hash = part; }", part)

    status = f"document.querySelector('section:not([hidden]) {log} .pager [role=status]')?.textContent"
    yield "first view", until(lambda: tab.goto(index.as_uri()), "document.querySelector('h1') !== null")
    yield "log of changes", until(go("#/cleaning"), f"/^1 to 50 of/.test({status})")
    yield (
        "next page",
        until(lambda: tab.locator(f"{log} .pager button").nth(1).click(), f"/^51 to 100 of/.test({status})"),
    )
    kind = tab.locator(f"{log} select").first
    some = [one for one in kind.locator("option").all_inner_texts() if one != "all"][0].split(" (")[0]
    yield f"first rows of a kind ({some})", until(lambda: kind.select_option(some), f"/^(1 to|reading)/.test({status}) && document.querySelectorAll('{log} tbody tr').length > 0")  # fmt: skip
    yield f"all rows of a kind ({some})", until(lambda: None, f"/^1 to 50 of/.test({status})")
    yield "another kind", until(lambda: kind.select_option(index=2), f"/^1 to 50 of/.test({status}) && document.querySelector('{log} tbody tr') !== null")  # fmt: skip
    tab.evaluate("location.hash = '#/cleaning'")
    tab.wait_for_function(f"() => /^1 to 50 of/.test({status})")
    yield "search in all cells", until(lambda: tab.locator(f"{log} input[type=search]").fill(WHO), f"/^1 to/.test({status}) && !/of 1,000,000/.test({status})")  # fmt: skip
    yield "a participant", until(go(f"#/participant?who={WHO}"), "document.querySelector('section:not([hidden]) table') !== null && !document.querySelector('main').innerText.includes('Reading')")  # fmt: skip
    yield "search over everything", until(go("#/search?q=36%2F40"), "document.querySelector('section:not([hidden]) .hits') !== null")  # fmt: skip


def main(sizes: list[int]) -> None:
    from playwright.sync_api import sync_playwright

    for n in sizes:
        with tempfile.TemporaryDirectory() as scratch, sync_playwright() as play:
            to = Path(scratch) / "project" / "results" / STUDY
            to.mkdir(parents=True)
            seconds = made(n, to)
            parts = sorted((to / "audit" / "page").glob("*.js"))
            sizes_of = [path.stat().st_size / 1e6 for path in parts]
            print(f"\n{n:,} changed cells: written in {seconds:.1f} s; index.html {(to / 'audit' / 'index.html').stat().st_size / 1e6:.1f} MB, "
                  f"{len(parts)} parts, the largest {max(sizes_of, default=0):.1f} MB, together {sum(sizes_of):.0f} MB\n")  # fmt: skip
            browser = play.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
            tab = browser.new_page()
            print("| asked for | s |\n|:---|---:|")
            for what, taken in timed(tab, to / "audit" / "index.html"):
                print(f"| {what} | {taken:.2f} |", flush=True)
            browser.close()


if __name__ == "__main__":
    main([int(text) for text in sys.argv[1:]] or [1_000_000])
