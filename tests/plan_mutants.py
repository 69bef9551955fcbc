"""Does a plan mean what it says? One literal, operator, level, column or population of a plan.yaml is changed at a time.

`python tests/plan_mutants.py [--study ID] [--n 400] [--seed 1] [--markdown FILE]`, or `make plan-mutants`. Each changed plan
is refused with a message, or changes results that use the changed entry and no others. A change that changes nothing is
one of which the run says in no_effect.csv that its part has no effect on these data (*said*), or is listed with the reason:
the data cannot tell the two plans apart (plan_reasons.py). Only the cohort and what uses the changed entry are computed again, from
the clean tables and in this process.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import re
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import pandas as pd
import yaml

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "workflow"))

from plan_changes import PRINTED, Entry, Mutation, drawn, leaves, mutations  # noqa: E402
from plan_reasons import said, why  # noqa: E402
from trialpress import analysis, clean, cohort, figures, tables  # noqa: E402
from trialpress.checks.effects import no_effect  # noqa: E402
from trialpress.checks.plan import load_plan  # noqa: E402
from trialpress.errors import InputError  # noqa: E402
from trialpress.plan.loops import expand  # noqa: E402
from trialpress.plan.objects import of_table  # noqa: E402
from trialpress.results import Results  # noqa: E402
from trialpress.study import load_study, load_yaml  # noqa: E402

SLOW = {"bootstrap", "pool"}  # computed again only where they use the changed entry
BAD = ("wrong", "crashed", "unexplained")


@dataclass
class Outcome:
    """refused, changed (what), said (by the run), unchanged (why), unexplained, wrong (what should not have changed), crashed (how)."""

    what: str
    detail: str = ""
    changed: list[str] = field(default_factory=list)


class Plain(yaml.SafeDumper):
    """Without anchors: one change must not change its twins."""

    def ignore_aliases(self, data) -> bool:
        return True


class Subject:
    """A study with its plan as it is, and what comes out of it."""

    def __init__(self, study_id: str, folder: Path):
        self.id = study_id
        self.study = load_study(ROOT / "config" / study_id / "study.yaml")
        written = ROOT / "config" / study_id / "plan.yaml"
        known = load_plan(written, self.study).columns
        levels = {name: column.levels for name, column in known.items()}
        content = expand(written, load_yaml(written), levels.get, [])  # loops written out
        self.content = yaml.safe_load(yaml.dump(content, Dumper=Plain, sort_keys=False))
        raw = ROOT / "data" / study_id / "raw"
        written = folder / "clean"
        clean.write(clean.clean(self.study, raw, raw.parent / "corrections.csv"), written)
        self.tables, self.file = cohort.read_tables(written, self.study), folder / "plan.yaml"
        self.plan = self.read(self.content)
        self.built = cohort.build(self.study, self.plan, self.tables)
        self.made = self.analyse(self.plan, self.built)
        self.drawn: dict[Entry, str] = {}

    def read(self, content: Mapping):
        self.file.write_text(yaml.dump(content, Dumper=Plain, allow_unicode=True, sort_keys=False), encoding="utf-8")
        return load_plan(self.file, self.study)

    def analyse(self, plan, built) -> tuple[pd.DataFrame, ...]:
        return analysis.run(self.study, plan, built.subjects, built.daily, self.tables)

    # --- what uses what ---

    @cached_property
    def entries(self) -> dict[Entry, object]:
        content, cohort_of = self.content, self.content["cohort"]
        found = {("columns", name): spec for name, spec in cohort_of["columns"].items()}
        daily = cohort_of.get("daily", {})
        rest = {key: value for key, value in daily.items() if key != "grades"}
        found |= {("daily", name): {**rest, **spec} for name, spec in daily.get("grades", {}).items()}
        for kind in ("populations", "endpoints", "analyses", "figures", "tables"):
            found |= {(kind, name): spec for name, spec in content.get(kind, {}).items()}
        found |= {("flow", str(number)): step for number, step in enumerate(content.get("flow", []))}
        return found

    @cached_property
    def no_effect(self) -> pd.DataFrame:
        """What the run says has no effect."""
        return no_effect(self.study, self.plan, self.tables, self.built.subjects)

    @cached_property
    def uses(self) -> dict[Entry, set[Entry]]:
        """Entry -> the entries whose names its values write."""
        gives: dict[str, list[Entry]] = {}
        for entry in self.entries:
            gives.setdefault(entry[1], []).append(entry)
        for kind, name in self.entries:
            if kind == "endpoints":
                for part in ("time", "event", "cause", "cut"):
                    gives.setdefault(f"{name}_{part}", []).append((kind, name))
        found = {}
        for entry, spec in self.entries.items():
            words = {
                word
                for path, value in leaves(spec)
                if isinstance(value, str) and not {*path} & (PRINTED - {"labels"})
                if not (entry[0] == "columns" and path[0] == "from")  # a clean table
                for word in re.findall(r"\w+", value)
            }
            may = ("columns", "daily", "populations", "endpoints")
            may += ("analyses",) if entry[0] in ("figures", "tables") else ()
            found[entry] = {
                other for word in words for other in gives.get(word, []) if other != entry and other[0] in may
            }
            if entry[0] == "flow":
                number = int(entry[1])
                found[entry] |= {("flow", str(number - 1))} if number and "from" not in spec else set()
        # the whole population flow is drawn where it is drawn
        for entry, spec in self.entries.items():
            if isinstance(spec, Mapping) and spec.get("kind") == "flow":
                found[entry] |= {other for other in self.entries if other[0] == "flow"}
        return found

    def affected(self, entry: Entry) -> set[Entry]:
        """What may change with an entry: all that uses it, and the p-values adjusted together with it."""
        if entry[0] in ("plan", "families") or entry == ("cohort", ""):
            return set(self.entries)
        start = {entry} if entry[1] or entry[0] != "daily" else {other for other in self.entries if other[0] == "daily"}
        found, waiting = set(), [*start]
        while waiting:
            one = waiting.pop()
            if one in found:
                continue
            found.add(one)
            waiting += [other for other, used in self.uses.items() if one in used]
            family = self.entries[one].get("family") if one[0] == "analyses" else None
            if family:
                waiting += [other for other, spec in self.entries.items()
                            if other[0] == "analyses" and spec.get("family") == family]  # fmt: skip
        return found

    # --- one mutant ---

    def outcome(self, mutation: Mutation, everything: bool = False) -> Outcome:
        """What a changed plan does. everything: compute all analyses, also those that do not use the entry."""
        affected = self.affected(mutation.entry)
        try:
            plan = self.read(mutation.apply(self.content))
            at_cohort = mutation.entry[0] in ("columns", "daily", "populations", "endpoints", "flow", "cohort")
            built = cohort.build(self.study, plan, self.tables) if at_cohort else self.built
            changed = [f"columns.{name}" for name in self.columns_changed(built)]
            changed += ["flow"] if not built.flow.equals(self.built.flow) else []
            wanted = {
                of_table(name) if kind == "tables" else name
                for kind, name in affected
                if kind in ("analyses", "tables")
            }
            chosen = {name: spec for name, spec in plan.analyses.items()
                      if name in wanted or (everything and spec["method"] not in SLOW)}  # fmt: skip
            made = self.analyse(replace(plan, analyses=chosen), built)
            different = self.analyses_changed(made, chosen)
            changed += [f"analyses.{name}" for name in different]
            wrong = [name for name in different if name not in wanted]
            if not wrong:
                changed += self.printed_changed(plan, built, made, affected, chosen)
        except InputError as error:
            return Outcome("refused", error.problems[0].what)
        except Exception as error:
            at = traceback.extract_tb(error.__traceback__)[-1]
            return Outcome("crashed", f"{type(error).__name__}: {error} ({Path(at.filename).name}, line {at.lineno})")
        if wrong:
            return Outcome("wrong", f"{', '.join(wrong)} changed and does not use it", changed)
        if changed:
            return Outcome("changed", "", changed)
        told = said(self, mutation)
        if told:
            return Outcome("said", told)
        reason = why(self, mutation)
        return Outcome("unchanged" if reason else "unexplained", reason, changed)

    def columns_changed(self, built) -> list[str]:
        old, new = self.built.subjects, built.subjects
        found = [name for name in old if name not in new or not _same(old[name], new[name])]
        found += [name for name in new if name not in old]
        return found + [f"daily {name}" for name in self.built.daily
                        if name not in built.daily or not _same(self.built.daily[name], built.daily[name])]  # fmt: skip

    def analyses_changed(self, made: tuple[pd.DataFrame, ...], names) -> list[str]:
        found = []
        for name in names:
            pairs = ((frame[frame["analysis"] == name].reset_index(drop=True) for frame in both)
                     for both in zip(self.made, made, strict=True))  # fmt: skip
            if not all(old.astype(str).equals(new.astype(str)) for old, new in pairs):
                found.append(name)
        return found

    def printed_changed(self, plan, built, made, affected, chosen) -> list[str]:
        """Figures and tables that use the entry and look different; only those that nothing else has shown."""
        found = []
        rest = [name for name in self.plan.analyses if name not in chosen]
        parts = [
            pd.concat([new, old[old["analysis"].isin(rest)]], ignore_index=True)
            for new, old in zip(made, self.made, strict=True)
        ]
        results = Results(self.study, plan, built.subjects, built.daily, built.flow, *parts, self.tables)
        for entry in sorted(affected):
            if entry[0] in ("figures", "tables") and not found:
                new = _printed(results, entry)
                if entry not in self.drawn:
                    whole = Results(self.study, self.plan, self.built.subjects, self.built.daily, self.built.flow,
                                    *self.made, self.tables)  # fmt: skip
                    self.drawn[entry] = _printed(whole, entry)
                if new != self.drawn[entry]:
                    found.append(".".join(entry))
        return found


def _same(a: pd.Series, b: pd.Series) -> bool:
    return a.astype("string").fillna("").equals(b.astype("string").fillna(""))


def _printed(results: Results, entry: Entry) -> str:
    kind, name = entry
    if kind == "tables":
        return tables.tabulate(results, name).markdown(name, "")
    import matplotlib.pyplot as plt

    drawing = figures.draw(results, name)
    picture = io.BytesIO()
    drawing.figure.savefig(picture, format="png", dpi=50)
    plt.close("all")
    return "\n".join([drawing.numbers.to_csv(index=False), drawing.alt, hashlib.sha256(picture.getvalue()).hexdigest()])


# --- the command ------------------------------------------------------------------------------------------------------


def run(study: str, folder: Path, n: int | None, seed: int, tell=print) -> list[tuple[Mutation, Outcome]]:
    """n mutants of a study's plan (None: all), drawn by the seed so that every kind has its share."""
    subject = Subject(study, folder)
    chosen = drawn(mutations(subject), n, seed)
    outcomes = []
    for number, mutation in enumerate(chosen):
        outcome = subject.outcome(mutation, everything=number % 10 == 0)
        outcomes.append((mutation, outcome))
        if outcome.what in ("wrong", "crashed", "said", "unchanged", "unexplained"):
            tell(f"{study} {number}: {outcome.what}: {mutation} {outcome.detail}")
    return outcomes


def markdown(found: Mapping[str, list[tuple[Mutation, Outcome]]], seed: int) -> str:
    lines = ["# Plans with one mistake", "",
             "Written by `make plan-mutants`. One literal, operator, level, column, population or number of a study's plan.yaml is changed at "
             "a time; the cohort and everything that uses the changed entry are computed again. *Refused*: a message and nothing is "
             "computed. *Changed*: results that use the entry change, and no others. *Said*: nothing changes, "
             "and the run says so of the part that was changed (cohort/no_effect.csv). *Unchanged*: nothing that is written differs, "
             "because no participant tells the two plans apart, and the run does not say it; the reason is listed, and one without a reason is *bad*, as one is that changes "
             "what does not use it, or crashes.", "",
             f"Seed {seed}.", "", "| study | kind of change | mutants | refused | changed | said | unchanged | bad |",
             "|---|---|---:|---:|---:|---:|---:|---:|"]  # fmt: skip
    for study, outcomes in found.items():
        for kind in [*sorted({mutation.kind for mutation, _ in outcomes}), "all"]:
            count = Counter(outcome.what for mutation, outcome in outcomes if kind in (mutation.kind, "all"))
            bad = sum(count[what] for what in BAD)
            lines.append(f"| {study} | {kind} | {sum(count.values())} | {count['refused']} | {count['changed']} | {count['said']} | {count['unchanged']} | {bad} |")  # fmt: skip
    for what in ("said", "unchanged"):
        lines += ["", f"## {what.capitalize()}", ""]
        for study, outcomes in found.items():
            lines += [f"- {study}, {mutation}: {one.detail}" for mutation, one in outcomes if one.what == what]
    lines += ["", "## Bad", ""]
    for study, outcomes in found.items():
        lines += [
            f"- {study}, {mutation}: {outcome.what} {outcome.detail}"
            for mutation, outcome in outcomes
            if outcome.what in BAD
        ]
    return "\n".join(lines) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--study", action="append")
    parser.add_argument("--n", type=int, default=None, help="mutants of each study; default: all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--markdown", type=Path)
    asked = parser.parse_args()
    studies = asked.study or [
        path.name for path in sorted((ROOT / "config").iterdir()) if (path / "plan.yaml").exists()
    ]
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for study in studies:
            if not any((ROOT / "data" / study / "raw").glob("*.[cxt]*")):
                print(f"{study}: its raw records are not here (make fetch STUDY={study})")
                continue
            found[study] = run(study, Path(folder) / study, asked.n, asked.seed)
    for study, outcomes in found.items():
        print(study, dict(Counter(outcome.what for _, outcome in outcomes)))
    if asked.markdown:
        asked.markdown.write_text(markdown(found, asked.seed), encoding="utf-8")
    return int(any(outcome.what in BAD for outcomes in found.values() for _, outcome in outcomes))


if __name__ == "__main__":
    sys.exit(main())
