"""Reporting guidelines: each item answered from the plan and the manuscript with a link to the section, or marked open."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ..errors import Problem, nearest, raise_if
from ..study import NOTHING_RUNS, load_yaml, schema_problems

TOP = "sec-top"


@dataclass(frozen=True)
class Checklist:
    """A guideline with its answers: rows of (item, what it asks, section, answer, plan key, state). state: answered, open,
    not applicable."""

    name: str
    title: str
    key: str
    rows: tuple[tuple[str, str, str, str, str, str], ...]


def sections(manuscript: str) -> set[str]:
    """The section ids of a manuscript's source."""
    return {TOP, *re.findall(r"^#+ .*\{[^}]*#(sec-[\w-]+)", manuscript, re.MULTILINE)}


def _has(content, path: str) -> bool:
    for part in path.split("."):
        if not isinstance(content, Mapping) or part not in content:
            return False
        content = content[part]
    return True


def load_checklists(guidelines: Path, answers: Path, planned: Mapping, source: Path) -> list[Checklist]:
    """The guidelines that a study answers; InputError if an answer names an item, section, figure, table or key of the plan
    that does not exist. planned: the plan as it is written, its loops written out."""
    asked, given = load_yaml(guidelines), load_yaml(answers)
    raise_if([*schema_problems(guidelines, asked, "checklists"), *schema_problems(answers, given, "answers")])
    known, problems = sections((source / "manuscript.qmd").read_text(encoding="utf-8")), []
    given = {name: {str(item): answer for item, answer in items.items()} for name, items in given.items()}
    for name, items in given.items():
        if name not in asked:
            problems.append(
                Problem(f"{answers}, {name}", "the guideline is not defined", NOTHING_RUNS, nearest(name, asked))
            )
            continue
        wanted = {str(item): what for item, what in asked[name]["items"].items()}
        for item, answer in items.items():
            where = f"{answers}, {name}.{item}"
            if item not in wanted:
                problems.append(Problem(where, "the guideline has no such item", NOTHING_RUNS, nearest(item, wanted)))
            if sum(key in answer for key in ("section", "open", "not_applicable")) != 1:
                problems.append(
                    Problem(
                        where,
                        "needs one of section, open, not_applicable",
                        NOTHING_RUNS,
                        "say where it is answered, or why not",
                    )
                )
            if answer.get("section", TOP) not in known:
                problems.append(
                    Problem(
                        where,
                        f"the manuscript has no section {answer['section']}",
                        "the link would lead nowhere",
                        nearest(answer["section"], known),
                    )
                )
            if "plan" in answer and not _has(planned, answer["plan"]):
                problems.append(
                    Problem(
                        where,
                        f"plan.yaml has no key {answer['plan']}",
                        "the answer would rest on nothing",
                        "correct the key",
                    )
                )
    raise_if(problems)
    return [
        Checklist(name, asked[name]["title"], asked[name]["key"],
                  tuple(_row(str(item), what, items.get(str(item))) for item, what in asked[name]["items"].items()))
        for name, items in given.items()
    ]  # fmt: skip


def _row(item: str, what: str, answer: Mapping | None) -> tuple[str, str, str, str, str, str]:
    if answer is None:
        return item, what, "", "Not answered.", "", "open"
    if "open" in answer:
        return item, what, "", answer["open"], "", "open"
    if "not_applicable" in answer:
        return item, what, "", answer["not_applicable"], "", "not applicable"
    return item, what, answer["section"], answer.get("answer", ""), answer.get("plan", ""), "answered"


def markdown(checklists: Iterable[Checklist]) -> str:
    """The checklists as tables for the manuscript's supplement, each with the number of open items."""
    lines = []
    for checklist in checklists:
        lines += [
            "| Item | What it asks | Where | Answer |",
            "|:---|:--------------------|:-------|:--------------------|",
        ]
        for item, what, section, answer, plan, state in checklist.rows:
            where = "title and abstract" if section == TOP else f"@{section}" if section else f"**{state}**"
            basis = f"`{plan}` in plan.yaml." if plan else ""
            lines.append(f"| {item} | {what} | {where} | {' '.join(filter(None, (answer, basis)))} |")
        count = sum(row[-1] == "open" for row in checklist.rows)
        said = f"{count} of {len(checklist.rows)} items are open" if count else "no item is open"
        lines += ["", f": {checklist.title} [@{checklist.key}]: {said}. {{#tbl-{checklist.name}}}", ""]
    return "\n".join(lines) or "No reporting guideline is answered for this study.\n"
