"""Is a stage run again whenever what it reads has changed? One value of a study's plan, dictionary or claims is changed at a time.

`python tests/parts_sweep.py [--study ID] [--n 60] [--seed 1] [--stages clean,cohort]`. Each stage whose parts of the changed files
are what they were is run with the changed files on the results as they are: it must give the same bytes, for a run would not
run it. So must each figure that would not be drawn again. A change that is refused runs nothing.
"""

from __future__ import annotations

import argparse
import copy
import os
import random
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import chdir
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "workflow"))

from trialpress import parts, stages  # noqa: E402
from trialpress.checks.plan import load_plan  # noqa: E402
from trialpress.errors import InputError  # noqa: E402
from trialpress.figures import draw_all  # noqa: E402
from trialpress.figures.drawn import Drawn  # noqa: E402
from trialpress.files import sha256  # noqa: E402
from trialpress.receipts import FOLDER  # noqa: E402
from trialpress.results import load  # noqa: E402
from trialpress.study import load_study, load_yaml  # noqa: E402

ORDER = ("clean", "cohort", "effects", "analysis", "figures", "tables", "trace", "fragments")
ROOM = {"effects": "cohort", "trace": "audit", "fragments": "report"}  # stages that write into another's folder


class Plain(yaml.SafeDumper):
    """Without anchors: one change must not change its twins."""

    def ignore_aliases(self, data) -> bool:
        return True


def leaves(value, path: tuple = ()) -> Iterator[tuple]:
    """The places of all values of a YAML file."""
    inner = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else None
    if inner is None:
        yield path
    for key, held in inner or ():
        yield from leaves(held, (*path, key))


def changed(content, path: tuple):
    """The content with another value in one place: not true, one more, a letter more."""
    content = copy.deepcopy(content)
    at = content
    for step in path[:-1]:
        at = at[step]
    old = at[path[-1]]
    at[path[-1]] = not old if isinstance(old, bool) else old + 1 if isinstance(old, int | float) else f"{old or ''}x"
    return content


class Sample:
    """A study in a folder of its own, with its results; `stages`: those that are looked at."""

    def __init__(self, name: str, source: Path, house: Path, wanted=ORDER):
        self.name, self.house, self.stages = name, house, wanted
        own = lambda room: source / room / name if (source / room / name).is_dir() else source / room  # noqa: E731
        self.config, self.results = Path(f"config/{name}"), Path(f"results/{name}")
        shutil.copytree(own("config"), house / self.config)
        for room in ("data", "report"):
            (house / room).mkdir()
            (house / room / name).symlink_to(own(room))
        if (source / "data" / "literature").is_dir():
            (house / "data" / "literature").symlink_to(source / "data" / "literature")
        with chdir(house):
            self.study = load_study(self.config / "study.yaml")
            self.files = {file: load_yaml(self.config / file) for file in ("plan.yaml", "study.yaml", "claims.yaml")}
            for file, content in self.files.items():  # as it will be written when it is changed
                self.write(file, content)
            for stage in ORDER[: ORDER.index(self.stages[-1]) + 1]:
                self.run(stage)
            self.before = self.digests()

    def write(self, file: str, content) -> None:
        text = yaml.dump(content, Dumper=Plain, allow_unicode=True, sort_keys=False)
        (self.config / file).write_text(text, encoding="utf-8")

    def run(self, stage: str) -> None:
        two, claims = (self.config / "study.yaml", self.config / "plan.yaml"), self.config / "claims.yaml"
        if stage == "clean":
            stages.clean(two[0], Path(f"data/{self.name}/raw"), self.results)
        elif stage == "analysis":
            stages.analysis(*two, claims, self.results)
        elif stage == "figures":
            stages.figures(*two, self.results, read=self.reads())
        elif stage == "fragments":
            stages.fragments(*two, claims, self.results, ["html"], "embedded")
        else:
            getattr(stages, stage)(*two, self.results)

    def digests(self) -> dict[str, list[str]]:
        """Stage -> what decides on whether it is run again, of the files that are changed here."""
        named = parts.of_rules(self.config, bool(self.study.reconstruction))
        found = {stage: [parts.digest(part) for part in named[stage]] for stage in self.stages}
        found["fragments"] = [*found.get("fragments", ()), sha256(self.config / "claims.yaml")]
        return found

    def _read(self) -> tuple:
        study = load_study(self.config / "study.yaml")
        return parts.of("figures", study, load_plan(self.config / "plan.yaml", study))

    def reads(self) -> dict[str, str]:
        """What the figures read beside the results."""
        _, plan = self._read()
        name = f"{self.config}/study.yaml#figures"
        return {path: sha256(path) for path in (*plan.files, *plan.shown)} | {name: parts.digest(name)}

    def files_of(self, stage: str) -> dict[str, bytes]:
        room = self.results / ROOM.get(stage, stage)
        return {path.as_posix(): path.read_bytes() for path in sorted(room.rglob("*")) if path.is_file()}

    def stale(self, file: str, path: tuple) -> tuple[str, list[str]]:
        """('refused', 'same' or 'changed', the stages and figures that would be left as they are and are others)."""
        with chdir(self.house):
            try:
                self.write(file, changed(self.files[file], path))
                try:
                    study = load_study(self.config / "study.yaml")
                    load_plan(self.config / "plan.yaml", study)
                    stages.claims_of(self.config / "claims.yaml", load_plan(self.config / "plan.yaml", study))
                except InputError:
                    return "refused", []
                now = self.digests()
                idle = [stage for stage in self.stages if now[stage] == self.before[stage] and stage != "figures"]
                wrong = [stage for stage in idle if self._differs(stage)]
                if "figures" in self.stages:
                    wrong += self._figures()
                return "same" if now == self.before else "changed", wrong
            finally:
                self.write(file, self.files[file])

    def _differs(self, stage: str) -> bool:
        before = self.files_of(stage)
        self.run(stage)
        return self.files_of(stage) != before

    def _figures(self) -> list[str]:
        study, plan = self._read()
        alone = load(study, plan, self.results)
        drawn = Drawn([self.results / FOLDER / "figures"], self.reads(), alone, self.results)
        idle = [name for name in plan.figures if drawn.taken(name, self.house / "taken") is not None]
        before = self.files_of("figures")
        for name in idle:
            draw_all(parts.replace(alone, plan=parts.replace(plan, figures={name: plan.figures[name]})), self.results / "figures")  # fmt: skip
        after = self.files_of("figures")
        return [name for name in after if after[name] != before[name] and not name.endswith("alt.json")]


def sweep(sample: Sample, n: int, seed: int, tell=print) -> Counter:
    """n changes, a third of each file where it has so many; Counter of what came of them."""
    draw, found = random.Random(seed), Counter()
    places = {file: [*leaves(content)] for file, content in sample.files.items()}
    chosen = [(file, path) for file, of in places.items() for path in draw.sample(of, min(len(of), n // 3 or 1))]
    for file, path in chosen:
        what, wrong = sample.stale(file, path)
        found[what] += 1
        if wrong:
            found["stale"] += 1
            tell(f"{file}, {'.'.join(map(str, path))}: {', '.join(wrong)} would be left as they are, and are others")
    return found


def main() -> int:
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--study", default="low-dose-cd19")
    given.add_argument("--n", type=int, default=60)
    given.add_argument("--seed", type=int, default=1)
    given.add_argument("--stages", default=",".join(ORDER), help="those that are looked at; default: all")
    given = given.parse_args()
    os.environ["MPLBACKEND"] = "Agg"
    with tempfile.TemporaryDirectory() as folder:
        source = ROOT / "tests" / "fixtures" / "tiny" if given.study == "tiny" else ROOT
        found = sweep(Sample(given.study, source, Path(folder), given.stages.split(",")), given.n, given.seed)
    print(given.study, dict(found))
    return int(bool(found["stale"]))


if __name__ == "__main__":
    sys.exit(main())
