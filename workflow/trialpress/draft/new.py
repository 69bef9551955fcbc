"""`trialpress new STUDY PATH...`: copies the files, drafts what describes them, runs the chain, and says what is open."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..clean import CleanData, clean
from ..environment import ROOT
from ..errors import InputError, Problem, nearest, raise_if
from ..files import sha256, write_text
from ..studies import checked
from ..study import load_study
from . import advice, dictionary, folder, manuscript, plan
from .layout import Laid
from .metadata import metadata
from .questions import Question, Questions, is_date, read_answers
from .tables import Tables, all_dates, missing_words
from .units import merge

NO_DATA = ("SHA256SUMS",)
TEXTS = ("README", "LICENSE", "LICENCE")
DOCUMENTS = frozenset([".pdf", ".doc", ".docx", ".odt", ".rtf", ".ppt", ".pptx", ".html", ".htm", ".md", ".png", ".jpg", ".jpeg", ".gif", ".svg", ".tif", ".tiff", ".r", ".rmd", ".qmd", ".py", ".sas", ".do", ".sps", ".log", ".bak", ".tmp", ".lnk", ".ini", ".db"])  # fmt: skip
KEPT = "nothing is overwritten: what is there may be somebody's work"
DRAWN = "draft.sha256"  # in config/STUDY/: what the last draft wrote, so that it may be replaced while nobody has changed it

Ask = Callable[[Sequence[Question]], dict[str, str]]


@dataclass(frozen=True)
class Given:
    """What the command was told."""

    study: str
    paths: Sequence[Path] = ()
    directory: Path = Path()
    dictionary: Path | None = None
    participant: str = ""
    cutoff: str = ""
    answers: Path | None = None
    missing: Sequence[str] = ()  # "-999=Not asked"
    said: Mapping[str, str] = field(default_factory=dict)  # about -> answer, given in the terminal


@dataclass
class Draft:
    """The draft of a study: path below its folder -> text; what is held back; what the clean stage made of it."""

    texts: dict[str, str] = field(default_factory=dict)
    data: CleanData | None = None
    questions: Questions = field(default_factory=Questions)
    tables: Tables | None = None
    blocked: list = field(default_factory=list)
    told: dict[str, str] = field(default_factory=dict)  # metadata files: name -> what they are


def files_of(paths: Iterable[Path]) -> tuple[list[Path], list[str]]:
    """(the files that are named, or lie in the folders that are, by name; what lies in those folders and is no data)."""
    problems, found, left = [], {}, []
    why, do = "a study is drafted from its files", "name files or folders"
    for path in paths:
        inside = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
        if not path.exists():
            problems.append(Problem(str(path), "does not exist", why, f"{do} that are there"))
        for file in inside if path.exists() else ():
            if file.name.startswith(".") or file.name in NO_DATA or file.name.upper().startswith(TEXTS):
                continue
            if path.is_dir() and (file.suffix.lower() in DOCUMENTS or file.name.startswith("~$")):
                left.append(file.name)
                continue
            other = found.setdefault(file.name, file)
            if other != file and other.read_bytes() != file.read_bytes():
                do_ = "give them different names"
                problems.append(Problem(str(file), f"has the name of {other}", "one of them would be lost", do_))
    if not found and not problems:
        problems.append(Problem(" ".join(map(str, paths)) or "the command", "names no data file", why, do))
    raise_if(problems)
    return [found[name] for name in sorted(found)], sorted(left, key=str.casefold)


def drafted(given: Given, raw: Path) -> Draft:
    """The draft over the files in `raw`, a folder of copies. Nothing is written."""
    answers = read_answers(given.answers) if given.answers else {}
    options = {"study data_cutoff": given.cutoff, "study participant": given.participant,
               "study missing codes": ", ".join(given.missing)}  # fmt: skip
    questions = Questions(answers | {about: said for about, said in options.items() if said} | given.said)
    files = sorted(
        path for path in raw.iterdir() if path.name not in NO_DATA and not path.name.upper().startswith("README")
    )
    known, laid = metadata(files, given.dictionary)
    known.missing |= codes_for_missing(questions)
    tables = Tables(laid, known, questions, named(laid, questions))
    if tables.main is None:
        raise InputError([Problem(str(given.study), "no column of any file names the participant", "every number is of participants",
                                  "name it: --participant COLUMN")])  # fmt: skip
    days = sorted(all_dates(tables.drafted))
    cutoff = questions.ask("study data_cutoff", "What is the date of the data (the cut-off)? Outputs carry it.",
                           f"the last date of the files: {last(days)}" if days else "no file holds a date", ["<YYYY-MM-DD>"], last(days), "study.data_cutoff")  # fmt: skip
    if not is_date(cutoff.taken):
        raise InputError(
            [
                Problem(
                    f"{given.answers}, {cutoff.id}",
                    f"'{cutoff.taken}' is no date",
                    "outputs carry it",
                    "write it as 2026-01-31",
                )
            ]
        )
    head = {"id": given.study, "title": given.study, "data_cutoff": cutoff.taken, "reconstruction": False}
    title = questions.ask(
        "study title",
        "What is the title of the study?",
        "no file says it",
        ["<title>"],
        f"{given.study}: a draft",
        "study.title",
    )
    head["title"] = title.taken
    sure = {name: layout_mark(name, one, questions) for name, one in zip(tables.names, tables.laid, strict=True)}
    text = dictionary.study_text(head, cutoff, {name: (one.file, sure[name]) for name, one in zip(tables.names, tables.laid, strict=True)},
                                 tables.drafted, missing_words(tables), merge(tables.unit_lists))  # fmt: skip
    draft = Draft(
        {f"config/{given.study}/study.yaml": text},
        questions=questions,
        tables=tables,
        blocked=tables.blocked,
        told=known.told,
    )
    with tempfile.TemporaryDirectory(prefix="trialpress-") as scratch:
        at = Path(scratch) / f"{given.study}/study.yaml"
        write_text(text, at)
        with outside(Path(scratch), {f"{given.study}/study.yaml": Path("the draft of study.yaml")}):
            study = load_study(at)
        draft.data = clean(study, raw, Path(scratch) / "none.csv")
    asked = {name: entry.asked_if for name, entry in tables.main.entries.items() if entry.asked_if}
    made = plan.draft(study, draft.data.tables, tables.main.name, questions, asked)
    held = [f"{table.name}.{entry.name}" for table in tables.drafted for entry in table.entries.values() if entry.held]
    report = f"report/{given.study}"
    draft.texts |= {
        f"config/{given.study}/plan.yaml": made.text(given.study),
        f"config/{given.study}/claims.yaml": manuscript.CLAIMS,
        f"config/{given.study}/checklists.yaml": manuscript.CHECKLISTS,
        f"{report}/manuscript.qmd": manuscript.manuscript(head["title"], given.study, made, held),
        f"{report}/_quarto.yml": manuscript.QUARTO,
        f"{report}/references.bib": manuscript.references(made),
        f"config/{given.study}/questions.yaml": questions.text(given.study),
    }
    raise_if(questions.problems(str(given.answers)))
    return draft


def codes_for_missing(questions: Questions) -> dict[str, str]:
    """Text -> reason of the missing data codes that somebody has given; InputError if one has no reason."""
    said = questions.answers.get("study missing codes", "")
    if not said:
        return {}
    questions.ask("study missing codes", "Which texts mean that a value is missing, and why?", "it was given", ["<text = reason, text = reason>"],
                  said, "missing")  # fmt: skip
    pairs = [[part.strip() for part in entry.partition("=")] for entry in re.split(r"\s*[,;|]\s*(?=[^,;|=]+=)", said)]
    raise_if(
        Problem("missing data codes", f"'{''.join(pair)}' is no code with its reason", "the reason is what the audit shows", "write -999=Not asked")
        for pair in pairs if not (pair[0] and pair[2])
    )  # fmt: skip
    return {code: why for code, _, why in pairs}


def named(laid: Sequence[Laid], questions: Questions) -> str:
    """The header that names the participant, where somebody has said so; InputError if no file has it."""
    said = questions.answers.get("study participant", "")
    if said:
        questions.ask(
            "study participant",
            "Which header names the participant, in the files that have it?",
            "it was given",
            ["<header>"],
            said,
            "tables.*.columns.participant",
        )
        headers = {
            header for one in laid for path in one.raw.headers for header in (path[-1], " | ".join(filter(None, path)))
        }
        if said.casefold() not in map(str.casefold, headers):
            raise InputError(
                [
                    Problem(
                        "the participant's column",
                        f"no file has a header '{said}'",
                        "every number is of participants",
                        nearest(said, headers),
                    )
                ]
            )
    return said


def last(days: Sequence) -> str:
    """The last of some dates that does not stand alone: one more than a year after all others is a slip of the hand."""
    for day, before in zip(reversed(days), [*reversed(days[:-1]), None], strict=False):
        if before is None or (day - before).days < 366:
            return day.isoformat()
    return "2000-01-01"


def layout_mark(name: str, laid: Laid, questions: Questions) -> str:
    open_ = [q for about, q in questions.asked.items() if about.startswith(f"files.{name} ")]
    return dictionary.mark("likely" if laid.guesses or laid.file.delimiter != "," else "certain", *open_)


# --- writing ------------------------------------------------------------------------------------------------------------------


def sums(raw: Path) -> str:
    """SHA256SUMS of a folder."""
    files = sorted(
        path
        for path in raw.rglob("*")
        if path.is_file() and path.name not in NO_DATA and not path.name.upper().startswith("README")
    )
    return "".join(f"{sha256(path)}  {path.relative_to(raw).as_posix()}\n" for path in files)


def place(draft: Draft, given: Given, raw: Path) -> None:
    """Put the draft and the copies where they belong; InputError, and nothing is written, if one of the files is there already with
    other content, and is not as the last draft left it."""
    home = given.directory
    drawn = home / "config" / given.study / DRAWN
    before = (
        dict(reversed(line.split("  ", 1)) for line in drawn.read_text(encoding="utf-8").splitlines())
        if drawn.exists()
        else {}
    )
    data = home / "data" / given.study
    wanted = {home / name: text.encode() for name, text in draft.texts.items()}
    metadata = [path for path in sorted(raw.iterdir()) if path.name in draft.told]
    wanted |= {data / "metadata" / path.name: path.read_bytes() for path in metadata}
    for path in metadata:
        path.unlink()
    write_text(sums(raw), raw / "SHA256SUMS")
    wanted |= {data / "raw" / path.name: path.read_bytes() for path in sorted(raw.iterdir())}
    problems = []
    for path, content in wanted.items():
        if not path.exists() or path.read_bytes() == content:
            continue
        name = path.relative_to(home).as_posix()
        answered = given.answers is not None and path.resolve() == given.answers.resolve()
        if before.get(name) != sha256(path) and not answered:
            do = "move it away, or write what is new into it by hand; or name another study"
            problems.append(Problem(str(path), "is there already, and is not as a draft left it", KEPT, do))
    raise_if(problems)
    for path, content in wanted.items():
        if not path.exists() or path.read_bytes() != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    lines = [f"{sha256(text.encode())}  {name}" for name, text in sorted(draft.texts.items())]
    write_text("\n".join(lines) + "\n", drawn)


def new(given: Given, git: bool = False, report: bool = True, ask: Ask | None = None) -> int:
    """The command. 0: the draft runs; 1: it was written, and what stops it is said. ask: asks the open questions, about -> answer."""
    checked(given.study)
    home = given.directory
    own = [path for path in (home / "data" / given.study / room for room in ("raw", "metadata")) if path.is_dir()]
    with tempfile.TemporaryDirectory(prefix="trialpress-raw-") as scratch:
        raw = Path(scratch)
        files, left = files_of([*(given.paths or own), *filter(None, [given.dictionary])])
        from_ = {path.name: path for path in files}
        for name, path in from_.items():
            shutil.copyfile(path, raw / name)
        write_text(sums(raw), raw / "SHA256SUMS")
        with outside(raw, from_):
            draft = drafted(given, raw)
            while ask and draft.questions.open and (answers := ask(draft.questions.open)):
                given = replace(given, said={**given.said, **answers})  # an answer may raise other questions
                draft = drafted(given, raw)
        if home.resolve() != ROOT:
            draft.texts |= {
                name: text
                for name, text in folder.files(given.study, printable(draft.tables)).items()
                if not (home / name).exists()
            }
        place(draft, given, raw)
    if git:
        folder.repository(home)
    status = 0
    print(said(draft, given, left))
    if draft.data.losses or draft.blocked:
        status = 1
    elif report:
        status = chain(given)
    print(closing(draft, given, status))
    return status


def printable(tables: Tables) -> bool:
    """Whether the fonts of the PDF have the letters of all labels and codes that are printed."""
    return all(
        plan.drawable(text)
        for table in tables.drafted
        for entry in table.entries.values()
        if not entry.held
        for text in (
            entry.name,
            entry.spec.get("label", ""),
            *(entry.spec["codes"] if isinstance(entry.spec.get("codes"), dict) else ()),
        )
    )


@contextmanager
def outside(raw: Path, paths: Mapping[str, Path]) -> Iterator[None]:
    """Problems name the files where the user has them, not the copies."""
    try:
        yield
    except InputError as error:
        texts = [[str(getattr(problem, part)) for part in ("where", "what", "why", "do")] for problem in error.problems]
        for name, path in paths.items():
            texts = [[text.replace(str(raw / name), str(path)) for text in problem] for problem in texts]
        raise InputError(Problem(*problem) for problem in texts) from None


def chain(given: Given) -> int:
    """All stages on the draft, by the launcher."""
    environment = os.environ | {"PYTHONPATH": str(ROOT / "workflow")}
    sys.stdout.flush()
    command = [sys.executable, "-m", "trialpress", "report", given.study, "--directory", str(given.directory)]
    return subprocess.run(command, env=environment, check=False).returncode


def said(draft: Draft, given: Given, left: Sequence[str] = ()) -> str:
    """What the files hold, row by row, and the commonest misfits with the line that would mend each."""
    n = len({one.file.path for one in draft.tables.laid})
    lines = [f"{given.study}: drafted from {n} data file{'s' * (n != 1)}"]
    lines += [f"  {name}: {what}" for name, what in draft.told.items()]
    lines += [f"  left out, as files that hold no data: {', '.join(left)}"] if left else []
    lines += ["", "rows kept and lost"]
    elsewhere = advice.elsewhere(draft.data.rejected)
    for row in draft.data.rows.itertuples():
        others = elsewhere.get((row.file, row.table), 0)
        rest = {"of other tables": others, "rejected": row.rows_rejected - others}
        said = [f"{row.rows_kept:,} of {row.rows_in:,}", *(f"{n:,} {what}" for what, n in rest.items() if n)]
        lines.append(f"  {row.file} -> {row.table}: {', '.join(said)}")
    names = {one.file.path: name for name, one in zip(draft.tables.names, draft.tables.laid, strict=True)}
    if lost := advice.rejected(draft.data.rejected, names):
        lines += ["", "rows that could not be used, why, and what would mend it", *lost]
    for problem in draft.data.losses:
        lines += ["", str(problem)]
    if found := advice.commonest(draft.data.queries):
        lines += ["", "the commonest misfits, and what would mend them"]
        lines += [f"  {n:>5} x {what}\n          {do}" for n, what, do in found]
    return "\n".join(lines)


def closing(draft: Draft, given: Given, status: int) -> str:
    lines = [""]
    open_ = draft.questions.open
    if open_:
        lines += [
            f"{len(open_)} open questions (config/{given.study}/questions.yaml)",
            *dictionary.open_questions(draft.questions)[:40],
        ]
        lines += ["  ..."] if len(open_) > 40 else []
    if draft.blocked:
        ids = ", ".join(question.id for question in draft.blocked)
        lines += [
            "",
            f"nothing was run: what names the participants may tell who they are; answer {ids}, then draft again",
        ]
    if given.directory.resolve() == ROOT:
        lines += [
            "",
            "the raw records lie in the engine's repository now: commit them nowhere, or draft into --directory FOLDER",
        ]
    place = "" if given.directory == Path() else f" --directory {shlex.quote(str(given.directory))}"
    answers = shlex.quote(str(given.directory / "config" / given.study / "questions.yaml"))
    again = f"answer them, then   trialpress new {given.study} --answers {answers}{place}"
    edited = f"edit what was drafted, then   trialpress report {given.study}{place}"
    lines += ["", f"next: {again if open_ else edited}"]
    return "\n".join(lines)
