"""YAML by hand: study.yaml and plan.yaml that are no YAML, hold what no one can mean, or are changed at one place.

What is accepted is right only if the numbers are those of the plan as it was, or the place is one that may change them.
"""

from __future__ import annotations

import copy
import hashlib
import json
import random
from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path

import pandas as pd
from trialpress import stages
from trialpress.checks.plan import load_plan
from trialpress.study import load_study

from .judge import Case

AREA = "YAML by hand"
ROWS = "ID,Age,D,T,G\n" + "".join(
    f"S{i:02d},{18 + i},2019-0{1 + i % 9}-0{1 + i % 7},{i * 1.5},{'ab'[i % 2]}\n" for i in range(1, 21)
)
STUDY = {
    "study": {"id": "s", "title": "A small trial", "data_cutoff": "2020-01-01", "reconstruction": False},
    "missing": ["NA"],
    "codes": {"groups": {"a": [], "b": []}},
    "units": {"years": {"months": 0.0833}},
    "files": {"f": {"path": "f.csv", "encoding": "utf-8", "delimiter": ",", "decimal": "."}},
    "tables": {"t": {
        "file": "f", "key": ["participant"], "where": "present(participant)",
        "columns": {
            "participant": {"source": "ID", "type": "id", "pattern": r"S\d\d", "rewrite": {"^s": "S"}},
            "age": {"source": "Age", "type": "number", "unit": "years", "units": "years", "possible": [0, 120], "label": "Age"},
            "seen": {"source": "D", "type": "date", "date_order": "dmy", "possible": ["2018-01-01", "2020-01-01"]},
            "dose": {"source": "T", "type": "number", "plausible": [0, 100]},
            "arm": {"source": "G", "type": "code", "codes": "groups", "label": "Group"},
            "old": {"derive": "when(age > 30, 'yes', 'no')", "type": "code", "codes": {"no": [], "yes": []}},
        },
        "checks": [{"id": "c", "assert": "age > 0", "field": "age", "message": "no age", "action": "keep"}],
    }},
}  # fmt: skip
PLAN = {
    "plan": {"level": 0.95, "seed": 1},
    "cohort": {"table": "t", "columns": {
        "band": {"cut": "age", "at": [25, 32], "labels": ["low", "middle", "high"], "label": "Band"},
        "twice": {"expression": "dose * 2", "label": "Twice"},
    }},
    "populations": {"all": {"label": "All", "condition": "true"}, "some": {"label": "Some", "within": "all", "condition": "age > 22"}},
    "analyses": {
        "age": {"method": "summary", "population": "all", "variable": "age"},
        "share": {"method": "proportion", "population": "some", "event": "arm == 'a'"},
        "bands": {"method": "frequency", "population": "all", "variable": "band"},
        "twice": {"method": "summary", "population": "some", "variable": "twice", "by": "arm"},
    },
}  # fmt: skip
HOSTILE = [None, [], {}, "", " ", 0, -1, 1e308, 2**62, True, "x" * 5000, "../../etc/passwd", "$(touch hacked)", "(", "a+b(", "\u202e", "0", ["x"], {"x": 1},
           [None], [[[[]]]], "a,b", "nobody", "age", "true", "1/0", "'", '"', "{{< include /etc/passwd >}}", "-", "é", "9999-99-99"]  # fmt: skip
# places whose change may change a number without being wrong
FREE = {"level", "seed", "missing", "condition", "event", "cut", "at", "expression", "population", "within", "variable", "by", "where", "assert", "action", "field",
        "possible", "plausible", "data_cutoff", "units", "rewrite", "pattern", "ignore", "source", "type", "unit", "derive", "decimal", "delimiter", "codes", "labels"}  # fmt: skip


def built(folder: Path, study: str, plan: str) -> pd.DataFrame:
    """The numbers of a study and plan given as texts."""
    (folder / "raw").mkdir(parents=True)
    (folder / "raw" / "f.csv").write_text(ROWS)
    (folder / "raw" / "SHA256SUMS").write_text(f"{hashlib.sha256(ROWS.encode()).hexdigest()}  f.csv\n")
    paths = folder / "study.yaml", folder / "plan.yaml"
    for path, text in zip(paths, (study, plan), strict=True):
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
    load_plan(paths[1], load_study(paths[0]))
    stages.clean(paths[0], folder / "raw", folder / "out")
    stages.cohort(*paths, folder / "out")
    stages.analysis(*paths, None, folder / "out")
    return pd.read_csv(folder / "out" / "analysis" / "ard.csv", dtype=str, keep_default_na=False)


@cache
def usual() -> frozenset:
    """The numbers of the study as it is."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        return numbers(built(Path(folder), json.dumps(STUDY), json.dumps(PLAN)))


def numbers(ard: pd.DataFrame) -> frozenset:
    return frozenset(zip(ard["analysis"], ard["group"], ard["level"], ard["statistic"], ard["value"], strict=True))


def places(content, path: tuple = ()) -> Iterator[tuple]:
    """The paths of everything in a document."""
    if path:
        yield path
    items = content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else ()
    for key, value in items:
        yield from places(value, (*path, key))


def changed(content, path: tuple, value):
    """A copy with another value at a place."""
    content = copy.deepcopy(content)
    at = content
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    return content


def _attempt(folder: Path, study: str, plan: str, free: bool) -> str:
    found = numbers(built(folder, study, plan))
    lost = len(usual() - found)
    return "" if free or not lost else f"{lost} numbers are others"


TEXTS = [
    "[" * 100_000, "{a: " * 100_000, "- " * 100_000, "a: &x [*x]", "&a a: *a",
    "a: &a [" + "x," * 9 + "]\n" + "\n".join(f"{chr(98 + i)}: &{chr(98 + i)} [" + f"*{chr(97 + i)}," * 9 + "]" for i in range(9)),
    "a: 1e400", "a: " + "9" * 5000, "<<: {a: 1}", "a: !!python/object/apply:os.system ['touch hacked']", "a: !!binary aGk=", "a: !!set {x}", "a: !x y",
    "? [a]\n: b", "a: b\na: c", "a: b: c", "\ta: b", 'a: "\\0"', 'a: "\\ud800"', "a: '\x07'", "---\na: 1\n---\nb: 2", "", "# nothing", "[]", "5", "text", "null",
    "{}", "a: *b", "a: 'x", '"', "@a", "`a`", "a: {b: c", "]", "a: \u2028b", "1: a", "null: a", "true: a", "\ufeffstudy: 1", "a: |\n  x\n y", "%YAML 9.9\n---\na: 1",
    "k: v\n" * 3, "\n".join(f"k{i}: v" for i in range(60_000)), "study: " + "x" * 1_000_000, "\ud800", "a: \x00",
]  # fmt: skip


def cases(rng: random.Random) -> Iterator[Case]:
    for text in TEXTS:
        yield Case(AREA, f"study {text[:30]!r}", partial(_attempt, study=text, plan=json.dumps(PLAN), free=False))
        yield Case(AREA, f"plan {text[:30]!r}", partial(_attempt, study=json.dumps(STUDY), plan=text, free=False))
    for name, whole in (("study", STUDY), ("plan", PLAN)):
        every = list(places(whole))
        for _ in range(130):
            path, value = rng.choice(every), rng.choice(HOSTILE)
            texts = {"study": STUDY, "plan": PLAN} | {name: changed(whole, path, value)}
            free = bool(FREE & set(path))
            given = {key: json.dumps(content) for key, content in texts.items()}
            yield Case(
                AREA, f"{name}: {'.'.join(map(str, path))} = {value!r:.30}", partial(_attempt, **given, free=free)
            )
        for number in range(40):  # a character more or less in the text itself
            text = json.dumps(whole, indent=1)
            at = rng.randrange(len(text))
            text = (
                text[:at]
                + rng.choice(["", "{", "}", ":", ",", '"', "\t", "\n", "*", "&", "!", "|", "%"])
                + text[at + rng.randrange(2) :]
            )
            given = {"study": json.dumps(STUDY), "plan": json.dumps(PLAN)} | {name: text}
            yield Case(AREA, f"{name} sign {number}", partial(_attempt, **given, free=True))
