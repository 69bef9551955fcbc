"""What each rule read and wrote, by content. Time stamps decide what is run again; that no number is of another version of
its sources than the text around it, and that no file was changed after it was written, is seen here.

results/<study>/.receipts/<rule>.json: {"rule": ..., "read": {path: sha256}, "wrote": {path: sha256}}. Of a file of which a
rule reads a part (`parts`) the part stands there by its name.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from . import hashes as made
from . import parts
from .as_before import AS_BEFORE, LastTime
from .environment import located, modules, named
from .errors import Problem, raise_if
from .exclusive import end_with_the_run
from .files import write_text

FOLDER = ".receipts"
PARTS = "/.parts/"  # what is removed as soon as it is put together
MIXED = "the results would be of two versions of it"
AGAIN = "let it rest and run again: make report"


def hashes(paths: Iterable[Path | str]) -> dict[str, str]:
    """Path -> sha256 of each file, those of folders too, and of each part; what is not there is left out."""
    paths = [*map(str, paths)]
    found = (Path(path) for path in paths if not parts.is_part(path))
    files = (file for path in found for file in (sorted(path.rglob("*")) if path.is_dir() else [path]))
    of_parts = ((path, parts.digest(path)) for path in paths if parts.is_part(path) and parts.file_of(path).is_file())
    return dict(sorted([*((named(file), made.of(file)) for file in files if file.is_file()), *of_parts]))


_once = cache(made.of)


def content(paths: Iterable[Path | str], below: str, of_parts: Iterable[str] = ()) -> str:
    """One hash of the files that no rule makes (those not `below`), and of parts in the place of their files: a parameter of a
    rule, so that a file with other content and an older time runs it again. Each file is looked at once a process."""
    given, of_parts = {*map(str, paths)}, sorted(of_parts)
    read = parts.read_by(of_parts)
    there = (path for path in sorted(given) if not path.startswith(f"{below}/") and not read(path))
    known = [(named(path), _once(path)) for path in there if os.path.isfile(path)]
    known += [(part, parts.digest(part)) for part in of_parts]
    return hashlib.sha256(repr(known).encode()).hexdigest()[:16]


def parameter(rules, below: str, of_parts: Mapping[str, Iterable[str]]):
    """Rule -> its parameter: `content` of its inputs, and of the code that its parameter `rooms` names: so many files are no inputs
    since Snakemake would look at each of them many times. Content decides, not time."""

    @cache  # Snakemake asks again when a job begins, which writes down what it was begun for
    def of(rule: str) -> str:
        its = getattr(rules, rule)
        return content([*its.input, *modules(*its.params.rooms)], below, of_parts.get(rule, ()))

    return lambda rule: lambda wildcards: of(rule)


def _unchecked(before: Mapping[str, str]) -> Iterator[Problem]:
    for part in parts.unchecked(before):
        yield Problem(part, "was changed after the run had begun", "nobody has checked what it says now", AGAIN)


def changed(before: Mapping[str, str], why: str) -> Iterator[Problem]:
    """Files that are no longer what was read."""
    now = hashes(map(located, before))
    for path, known in before.items():
        if now.get(path) != known:
            what = "was changed while it was read" if path in now else "was removed while it was read"
            yield Problem(path, what, why, AGAIN)


def problems(found: Mapping[str, str], receipts: Iterable[Mapping]) -> Iterator[Problem]:
    """What of the files now `found` is not what the rules of these receipts wrote or read."""
    told = set()
    for receipt in receipts:
        for path in sorted(receipt["wrote"].keys() & found):
            if found[path] != receipt["wrote"][path]:
                told.add(path)
                do = f"if it was changed by hand, remove it, and it is written again: rm '{path}'; make report"
                yield Problem(
                    path, f"is not what the rule {receipt['rule']} wrote", "no stage has computed what it says", do
                )
        for path in sorted((receipt["read"].keys() & found) - told):
            if found[path] != receipt["read"][path]:
                told.add(path)
                yield Problem(path, f"has changed since the rule {receipt['rule']} read it", MIXED, AGAIN)


def load(paths: Iterable[Path | str]) -> list[dict]:
    """The receipts among these files."""
    return [json.loads(Path(path).read_text(encoding="utf-8")) for path in paths if Path(path).parent.name == FOLDER]


def gone(listed: set[str], found: Mapping[str, str]) -> Iterator[Problem]:
    """Files that a receipt lists and that are not there."""
    for path in sorted(listed - found.keys()):
        do = "run: make report; if it stops here again, make clean first"
        yield Problem(path, "is not there any more", "the results are not whole", do)


@contextmanager
def kept(job, give_back: bool = False):
    """A workflow's job (`snakemake` in its script) that begins only with what the rules before left and read, and ends only
    if its sources are still what they were; then its receipt is written. InputError otherwise. A parameter `beside` names a
    folder of files that it writes beside its outputs, as many as the study needs; a parameter `parts` what it reads of files; a
    parameter `rooms` its code.
    What it reads, path or part -> sha256, is for its script to use; None if its outputs of the last time were given back, as
    `give_back` may: then there is nothing to do."""
    end_with_the_run()
    rooms = job.params.get("rooms")
    given = sorted({*map(str, job.input), *(modules(*rooms) if rooms else ())})
    of_parts = job.params.get("parts", ())
    receipt = Path(job.output.receipt)
    read = parts.read_by(of_parts)
    whole = [path for path in given if Path(path).parent != receipt.parent and not read(path)]
    receipts, stamps = load(given), Path(str(receipt).replace(PARTS, "/")).parent / "stamps"
    made.take_left(stamps)
    before = hashes([*whole, *of_parts])
    beside = {path for one in receipts for path in one["wrote"]} - before.keys()
    beside |= {path for one in receipts for path in one["read"] if parts.is_part(path)}
    found = before | hashes(map(located, beside))
    raise_if([*_unchecked(before), *gone(beside, found), *problems(found, receipts)])
    shelf = LastTime(job, receipt, before) if give_back else None
    said = shelf.give_back() if shelf else None
    if said is not None:
        print(AS_BEFORE, said, sep="\n", end="")
    yield before if said is None else None
    raise_if(changed(before, MIXED))
    wrote = hashes(path for path in (*map(str, job.output), *job.params.get("beside", ())) if Path(path) != receipt)
    read = {path: known for path, known in before.items() if PARTS not in path}
    if shelf and said is None:
        sys.stdout.flush()
        shelf.keep(wrote, Path(job.log[0]).read_text(encoding="utf-8"))
    known = {"rule": job.rule, "read": read, "wrote": wrote}
    made.leave((*found, *wrote), stamps / receipt.name)
    write_text(json.dumps(known, indent=1, ensure_ascii=False) + "\n", receipt)


def check(folder: Path) -> None:
    """InputError if a file of results/<study>/ is not what its rule wrote, or a source not what the rules read."""
    receipts = load(sorted((folder / FOLDER).glob("*.json")))
    listed = {path for receipt in receipts for path in (*receipt["wrote"], *receipt["read"])}
    found = hashes(map(located, listed))
    raise_if([*gone(listed, found), *problems(found, receipts)])
