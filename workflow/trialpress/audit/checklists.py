"""Reporting guidelines: each item answered from the plan and the manuscript with a link to the section, or marked open.

An answer names the sentence, or the number, that answers the item; both are looked for in the section that it names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ..errors import Problem, nearest, raise_if
from ..files import read_text
from ..study import NOTHING_RUNS, load_yaml, schema_problems
from ..text import record_link

TOP = "sec-top"
ROOMS = ("population", "flow", "clean", "plan")  # of numbers that are no analyses
NUMBER = re.compile(r"\{\{< var (\S+) >\}\}")
INCLUDE = re.compile(r"\{\{< include (figures|tables)/(\S+)\.md >\}\}")
HEADING = re.compile(r"^(#+) (.+?)(?: *\{([^}]*)\})?$")


@dataclass(frozen=True)
class Checklist:
    """A guideline with its answers: rows of (item, what it asks, section, answer, plan key, state). state: answered, open,
    not applicable."""

    name: str
    title: str
    key: str
    rows: tuple[tuple[str, str, str, str, str, str], ...]


def sections(manuscript: str) -> dict[str, str]:
    """Id -> text of the sections of a manuscript's source, those within them included."""
    found, open_ = {TOP: ""}, [(0, TOP)]
    for line in _body(manuscript):
        if match := HEADING.match(line):
            depth, id = len(match[1]), re.search(r"#(sec-[\w-]+)", match[3] or "")
            open_ = [(level, name) for level, name in open_ if 0 < level < depth] + [(depth, id[1] if id else "")]
        for _, name in open_:
            found[name] = found.get(name, "") + line + "\n"
    found.pop("", None)
    return found


def _body(manuscript: str) -> list[str]:
    """The lines, without the comments of the front matter, where a `#` opens no heading."""
    lines, front = manuscript.splitlines(), manuscript.startswith("---")
    end = next((at for at, line in enumerate(lines[1:], 1) if line.startswith("---")), 0) if front else 0
    return [line for at, line in enumerate(lines) if at > end or not line.startswith("#")]


def headed(manuscript: str) -> list[tuple[str, str]]:
    """(heading, text up to the next heading) in the order of reading."""
    found = [("Abstract", "")]
    for line in _body(manuscript):
        if match := HEADING.match(line):
            found.append((match[2], ""))
        else:
            found[-1] = (found[-1][0], f"{found[-1][1]}{line}\n")
    return found


def _plain(text: str) -> str:
    return " ".join(text.split())


def _printed(number: str, text: str, planned: Mapping) -> bool:
    """Whether a number, or one below its id, stands in a text, or in a table or figure that is included there."""
    names = NUMBER.findall(text)
    shown: set[str] = set()
    for room, name in INCLUDE.findall(text):
        spec = planned.get(room, {}).get(name, {})
        shown |= {
            f"table_{name}",
            *spec.get("analyses", ()),
            *filter(None, [spec.get("analysis")]),
            *spec.get("tests", ()),
        }
    return number.split(".")[0] in shown or any(name == number or name.startswith(f"{number}.") for name in names)


def _has(content, path: str) -> bool:
    for part in path.split("."):
        if not isinstance(content, Mapping) or part not in content:
            return False
        content = content[part]
    return True


def load_checklists(
    guidelines: Path, answers: Path, planned: Mapping, source: Path, named: Mapping | None = None
) -> list[Checklist]:
    """The guidelines that a study answers; InputError if an answer names an item, section, figure, table or key of the plan
    that does not exist. planned: the plan as it is written, its loops written out; named: the numbers of the results by name,
    nested, to which answers are linked, None before there are any."""
    asked, given = load_yaml(guidelines), load_yaml(answers)
    raise_if([*schema_problems(guidelines, asked, "checklists"), *schema_problems(answers, given, "answers")])
    known, problems = sections(read_text(source / "manuscript.qmd")), []
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
            text = known.get(answer.get("section", TOP), "")
            if "sentence" in answer and _plain(answer["sentence"]) not in _plain(text):
                what = f"{answer.get('section')} does not say '{answer['sentence']}'"
                problems.append(
                    Problem(where, what, "the item would be answered nowhere", "quote the text as its source has it")
                )
            for number in answer.get("numbers", ()):
                if not _printed(number, text, planned):
                    what = f"{answer.get('section')} does not print the number {number}"
                    do = "name a number of its text, or an analysis of a table or figure in it"
                    problems.append(Problem(where, what, "the item would be answered nowhere", do))
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
                  tuple(_row(str(item), what, items.get(str(item)), named or {}) for item, what in asked[name]["items"].items()))
        for name, items in given.items()
    ]  # fmt: skip


def _row(item: str, what: str, answer: Mapping | None, named: Mapping) -> tuple[str, str, str, str, str, str]:
    if answer is None:
        return item, what, "", "Not answered.", "", "open"
    if "open" in answer:
        return item, what, "", answer["open"], "", "open"
    if "not_applicable" in answer:
        return item, what, "", answer["not_applicable"], "", "not applicable"
    said = [answer.get("answer", "")]
    said += [f"“{NUMBER.sub('…', _plain(answer['sentence']))}”"] if "sentence" in answer else []
    said += (
        [f"Number: {', '.join(_link(number, named) for number in answer['numbers'])}."] if "numbers" in answer else []
    )
    return (
        item,
        what,
        answer["section"],
        " ".join(filter(None, said)).replace("|", "\\|"),
        answer.get("plan", ""),
        "answered",
    )


def _link(number: str, named: Mapping) -> str:
    """The id of a number, which leads to its record if it has one: a text of the plan has none, nor has a part of an id."""
    return record_link(f"`{number}`", number) if _recorded(number, named) else f"`{number}`"


def _recorded(number: str, named: Mapping) -> bool:
    """Whether a record is of this id: an analysis, a group and level of one, a number."""
    found: Mapping | str = named
    for part in number.split("."):
        if not isinstance(found, Mapping) or part not in found:
            return False
        found = found[part]
    if isinstance(found, str):
        return True
    whole = "." not in number or any(isinstance(value, str) for value in found.values())
    return whole and number not in ROOMS and not number.startswith("flow.")  # a step has a record for each reason


def judged(checklists: Iterable[Checklist], checks: Mapping[tuple[str, str], tuple[bool, str]]) -> list[Checklist]:
    """The checklists with what was found by the checks of (guideline, item): an item that is not met is open."""

    def row(name: str, one: tuple) -> tuple:
        item, what, section, answer, plan, state = one
        met, text = checks.get((name, item), (True, ""))
        if not text or state == "not applicable":
            return one
        return item, what, section, " ".join(filter(None, [answer, text])), plan, state if met else "open"

    return [replace(one, rows=tuple(row(one.name, line) for line in one.rows)) for one in checklists]


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
        said = (
            f"{count} of {len(checklist.rows)} items {'is' if count == 1 else 'are'} open"
            if count
            else "no item is open"
        )
        lines += ["", f": {checklist.title} [@{checklist.key}]: {said}. {{#tbl-{checklist.name}}}", ""]
    return "\n".join(lines) or "No reporting guideline is answered for this study.\n"
