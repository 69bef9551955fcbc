"""A second set of labels: what a plan prints, in another language, beside it in labels.<language>.yaml.

The file has the shape of plan.yaml and of it only texts that are printed; all columns of the subjects, with their levels, stand
under `columns`; `words` are texts of the program's own, or of the data, each with its translation. A text alone is a label, or a caption. Whatever decides on a number is refused there, so the numbers are the same in every language.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from ..errors import Problem, nearest
from ..study import load_yaml
from ..wording import fits
from .objects import Derived

PRINTED = ("label", "definition", "caption", "titles", "labels", "visits", "multiplicity", "events", "reasons")
ROOMS = ("plan", "columns", "populations", "flow", "endpoints", "analyses", "figures", "tables", "words")
WHY = "it would be printed in the language of the plan, or nowhere"


def beside(plan: Path, written: Mapping) -> Path | None:
    """The file that a plan asks for by `plan.language`."""
    language = (written.get("plan") or {}).get("language") if isinstance(written, Mapping) else None
    return plan.with_name(f"labels.{language}.yaml") if language else None


class Labels:
    """The labels of one file. What it names and the plan has not is a problem."""

    def __init__(self, path: Path, problems: list[Problem]):
        self.path, self.problems = path, problems
        self.texts: Mapping = {}
        if not path.is_file():
            do = "write it, or take plan.language out of the plan"
            problems.append(Problem(str(path), "does not exist", "the plan asks for it by plan.language", do))
            return
        self.texts = load_yaml(path)
        for room in self.texts if isinstance(self.texts, Mapping) else ():
            if room not in ROOMS:
                self.wrong(str(room), "is no part of a plan that is printed", nearest(str(room), ROOMS))

    def wrong(self, where: str, what: str, do: str) -> None:
        self.problems.append(Problem(f"{self.path}, {where}", what, WHY, do))

    def lay_over(self, written: dict) -> dict:
        """The plan as it is written, loops written out, with these texts in the place of its own."""
        found = dict(written)
        for room, texts in self.texts.items():
            if room == "plan":
                found[room] = self.entry("plan", found[room], texts)
            elif room == "flow":
                by_id = {step["population"]: step for step in found.get("flow", ())}
                found[room] = list(self.entries("flow", by_id, texts).values())
            elif room in ROOMS and room not in ("columns", "words"):
                found[room] = self.entries(room, found.get(room, {}), texts)
        return found

    def entries(self, where: str, held: Mapping, texts: Mapping) -> dict:
        found = dict(held)
        for name, given in self.mapping(where, texts).items():
            if name not in held:
                self.wrong(f"{where}.{name}", "is not in the plan", nearest(name, held))
            else:
                text = {"caption" if where in ("figures", "tables") else "label": given}
                found[name] = self.entry(f"{where}.{name}", held[name], text if isinstance(given, str) else given)
        return found

    def entry(self, where: str, held, given) -> dict:
        found = dict(held)
        for key, text in self.mapping(where, given).items():
            if key not in PRINTED or (key == "labels" and not where.startswith("figures.")):
                self.wrong(f"{where}.{key}", "decides on more than what is printed", f"keep to {', '.join(PRINTED)}")
            elif key in ("events", "reasons"):
                named = {
                    name: of if isinstance(of, Mapping) else {"date": of} for name, of in held.get(key, {}).items()
                }
                found[key] = self.entries(f"{where}.{key}", named, text)
            elif isinstance(text, list) != isinstance(held.get(key), list):
                self.wrong(f"{where}.{key}", "is not what the plan has there", "give as many texts as the plan")
            elif isinstance(text, list) and len(text) != len(held[key]):
                self.wrong(
                    f"{where}.{key}",
                    f"has {len(text)} texts, the plan {len(held[key])}",
                    "give as many texts as the plan",
                )
            else:
                found[key] = text
        return found

    def mapping(self, where: str, given) -> Mapping:
        if isinstance(given, Mapping):
            return given
        self.wrong(where, "is not a mapping", "give texts by name")
        return {}

    def column(self, name: str, known: Derived) -> Derived:
        """A column of the subjects with the texts under `columns`; the order of its levels stays."""
        given = self.texts.get("columns", {}).get(name, {})
        given = {"label": given} if isinstance(given, str) else given
        for key in set(given) - {"label", "levels"}:
            self.wrong(f"columns.{name}.{key}", "decides on more than what is printed", "keep to label and levels")
        levels = {str(value): label for value, label in given.get("levels", {}).items()}
        for value in set(levels) - set(known.levels):
            self.wrong(f"columns.{name}.levels.{value}", "is not among the codes", nearest(value, known.levels))
        return replace(known, label=given.get("label", known.label), levels={**known.levels, **levels})

    def words(self) -> dict[str, str]:
        """Texts with their translations; {} or {#} in the text for what stands between, {} or {0}, {1} in the translation."""
        found = self.mapping("words", self.texts.get("words", {}))
        for text, said in found.items():
            if not (isinstance(said, str) and fits(str(text), said)):
                do = "write {} for each, or {0}, {1} in another order"
                self.wrong(f"words.{text}", "is not translated by a text with as many {}", do)
        return {str(text): str(said) for text, said in found.items()}

    def columns_known(self, columns: Mapping) -> None:
        """Names under `columns` that the subjects do not have."""
        for name in set(self.texts.get("columns", {})) - set(columns):
            self.wrong(f"columns.{name}", "is not a column of the subjects", nearest(name, columns))


def nothing(_name: str, known: Derived) -> Derived:
    """The labels of the dictionary as they are."""
    return known


Column = Callable[[str, Derived], Derived]
