"""`make fuzz`: inputs made by hypothesis against readers, YAML, expressions and manuscripts, for as long as it is told.

What may be raised is an InputError (or an ExpressionError by the language); anything else is a crash and ends it with the
smallest input that hypothesis found. Where atheris is installed it has half of the time: it guides the bytes by the code that they
reach, one target in a process of its own (`--coverage`).

    python tests/hostile/fuzz.py [--minutes 5] [--seed 1] [--target yaml] [--coverage]
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import re
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "workflow"), str(ROOT / "tests")]

ATHERIS = importlib.util.find_spec("atheris") is not None
if "--coverage" in sys.argv:
    import atheris

    instrumented = atheris.instrument_imports(include=["trialpress"])
else:
    instrumented = contextlib.nullcontext()

with instrumented:
    from hostile.expressions import value
    from hypothesis import HealthCheck, Phase, given, seed, settings
    from hypothesis import strategies as st
    from trialpress.clean.read import read
    from trialpress.errors import InputError
    from trialpress.report import constructs, qmd
    from trialpress.study.dictionary import File, Limits
    from trialpress.study.files import load_yaml, schema_problems

LIMITS = Limits(cell=20_000, unpacked=1)
WORDS = ["a", "b", "s", "d", " ", "(", ")", "and ", "or ", "not ", "==", "<", "in ", "'x'", "1", "2.5", "+", "-", "*", "/", "**", ",", "missing(", "when(", "coalesce(",
         "min(", "round(", "date('2020-01-01')", "true", "missing", ".", "[", "]", "{", "\0", "é"]  # fmt: skip
SIGNS = [
    "a",
    "key",
    ":",
    " ",
    "\n",
    "  ",
    "- ",
    "[",
    "]",
    "{",
    "}",
    ",",
    "'",
    '"',
    "&x ",
    "*x",
    "!!int ",
    "|",
    ">",
    "#",
    "1e999",
    "null",
    "~",
    "\t",
    "\\0",
    "study",
    "files",
]
PROSE = [
    "---\n",
    "title: x\n",
    "x",
    "\n",
    "{{< ",
    " >}}",
    "include ",
    "../x",
    "var ",
    "meta ",
    "```",
    "{=html}",
    "![](",
    ")",
    "::: {",
    "}",
    ":::",
    "$",
    "`",
    "[",
    "]",
    "@fig-x",
    "#",
]
HEADS = [
    b"PK\3\4",
    b"\x1f\x8b\x08\0",
    b"$FL2",
    b"<stata_dta>",
    b"PAR1",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    b"HEADER RECORD*******LIB",
    b"ID,Age\nS01,5\n",
    b"",
    b"\xff\xfe",
]


def readers(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "f"
        path.write_bytes(data)
        for options in ({}, {"encoding": "latin-1", "delimiter": ";"}, {"quote": "", "header_rows": 2, "skip_rows": 1}):
            with contextlib.suppress(InputError):
                read(path, File("f", "f", limits=LIMITS, **options))


def yaml(text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "f.yaml"
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        with contextlib.suppress(InputError):
            schema_problems(path, load_yaml(path), "study")


def expressions(text: str) -> None:
    with contextlib.suppress(InputError):
        value(text)


def manuscripts(text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "manuscript.qmd"
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        with contextlib.suppress(InputError):
            constructs.problems(qmd.read(Path(folder), embedded=True), embedded=True, formats=("html",))


def pieces(words: list[str]) -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(words) | st.characters(), max_size=40).map("".join)


def noise() -> st.SearchStrategy[bytes]:
    return st.tuples(st.sampled_from(HEADS), st.binary(max_size=600)).map(b"".join)


TARGETS = {
    "readers": (readers, noise()),
    "yaml": (yaml, pieces(SIGNS)),
    "expressions": (expressions, pieces(WORDS)),
    "manuscripts": (manuscripts, pieces(PROSE)),
}


def attack(name: str, until: float, start: int) -> int:
    """Try inputs until the time is over; the number tried. A crash is raised, with its smallest input."""
    target, inputs = TARGETS[name]
    tried = 0
    while time.monotonic() < until:

        @seed(start + tried)
        @settings(
            max_examples=400,
            deadline=None,
            database=None,
            phases=[Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
        )
        @given(inputs)
        def run(data):
            nonlocal tried
            tried += 1
            target(data)

        run()
    return tried


def guided(name: str, minutes: float) -> None:
    """The same by atheris; it ends the process itself, with status 0 if there was no crash."""
    target, _ = TARGETS[name]
    text = name != "readers"
    options = [
        f"-max_total_time={int(minutes * 60)}",
        "-rss_limit_mb=4096",
        "-timeout=60",
        "-print_final_stats=1",
        "-verbosity=0",
    ]
    with tempfile.TemporaryDirectory() as folder:  # where an input that crashes is left
        options.append(f"-artifact_prefix={folder}/")
        atheris.Setup([sys.argv[0], *options], lambda data: target(data.decode("utf-8", "replace") if text else data))
        atheris.Fuzz()


def coverage(name: str, minutes: float) -> str:
    """How many inputs atheris has tried, in words. SystemExit with what it says if one crashes."""
    command = [sys.executable, __file__, "--coverage", "--target", name, "--minutes", str(minutes)]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace")
    if done.returncode:
        sys.exit(f"{name}, by atheris:\n{(done.stdout + done.stderr)[-4000:]}")
    return re.search(r"number_of_executed_units: *(\d+)", done.stderr)[1]


def main() -> int:
    given_ = argparse.ArgumentParser(description=__doc__)
    given_.add_argument("--minutes", type=float, default=5)
    given_.add_argument("--seed", type=int, default=1)
    given_.add_argument("--target", choices=TARGETS, action="append")
    given_.add_argument("--coverage", action="store_true", help="guided by atheris")
    chosen = given_.parse_args()
    warnings.simplefilter("ignore")
    names = chosen.target or list(TARGETS)
    if chosen.coverage:
        guided(names[0], chosen.minutes)
    each = chosen.minutes / len(names) / (2 if ATHERIS else 1)
    for name in names:
        tried = attack(name, time.monotonic() + 60 * each, chosen.seed)
        more = f", {coverage(name, each)} by atheris" if ATHERIS else ""
        print(f"{name}: {tried} inputs{more}, no crash", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
