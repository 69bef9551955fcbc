"""`python -m trialpress run FOLDER --out OUT [--until STAGE]`: all stages in one process, without Snakemake.

The functions, the names and the environment are those of the workflow, so the files have the same bytes. A run works in
a house of its own below OUT; what is done is put in place when it ends, together, so OUT never mixes two runs.
"""

from __future__ import annotations

import os
import shutil
import sys
import traceback
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import chdir
from pathlib import Path

from . import environment, folder, memory, receipts, stages
from .chunks import megabytes
from .ending import ending
from .errors import InputError, Problem, raise_if
from .exclusive import BUSY, hold
from .job import captured, fault, told
from .plan import Plan
from .study import Study, load_study, load_yaml, schema_problems

MARK = "TRIALPRESS_STARTED"  # the process that has set its environment, so that it does so once
OURS = ".trialpress"  # in a folder of results that this command may replace; also its lock
ROOMS = (*stages.STAGES, "logs")
SETTINGS = environment.ROOT / "config" / "config.yaml"


def in_its_environment(study: Study) -> None:
    """Start this process again if its environment is not that of a workflow's job: the hash seed acts at the start only."""
    wanted = environment.settings(environment.ROOT, study.data_cutoff)
    if any(os.environ.get(name) != value for name, value in wanted.items()) and os.environ.get(MARK) != str(
        os.getpid()
    ):
        os.environ.update(wanted | {MARK: str(os.getpid())})
        os.execv(sys.executable, [sys.executable, "-m", "trialpress", *sys.argv[1:]])


def until_where(sources: folder.Folder, until: str | None) -> str:
    """The last stage to run; InputError if the folder lacks what it needs."""
    last = until or sources.last
    if stages.STAGES.index(last) > stages.STAGES.index(sources.last):
        what = f"holds no {sources.lacks}, which the stage {last} needs"
        do = f"write {sources.lacks} there, or ask for --until {sources.last}"
        raise InputError([Problem(str(sources.path), what, "what was asked for could not be written", do)])
    return last


def claim(out: Path, sources: folder.Folder) -> int:
    """Make OUT and lock it; InputError if it holds what this command did not write, or what the study starts from."""
    given = [
        path for path in (sources.study, sources.plan, sources.data / "raw", sources.claims, sources.report) if path
    ]
    rooms = [(out / room).resolve() for room in ROOMS]
    raise_if(
        Problem(str(path), f"lies in {room}, which a run replaces", "the sources would be lost", "name another --out")
        for path in given
        for room in rooms
        if path.resolve().is_relative_to(room)
    )
    if out.exists() and not out.is_dir():
        raise InputError([Problem(str(out), "is a file", "results are a folder", "name another --out")])
    foreign = [room for room in ROOMS if (out / room).exists()] if not (out / OURS).exists() else []
    if foreign:
        what = f"holds {', '.join(foreign)}, which this command did not write"
        raise InputError([Problem(str(out), what, "a run would replace them", "name another --out, or a new folder")])
    out.mkdir(parents=True, exist_ok=True)
    lock = hold(out / OURS)
    if lock is None:
        raise InputError([Problem(str(out), BUSY.partition(":")[0], "two runs would mix", "wait until it has ended")])
    return lock


class Run:
    """One run: the stages in a house of their own, then their folders into OUT."""

    plan: Plan | None = None

    def __init__(self, sources: folder.Folder, study: Study, config: Mapping, out: Path):
        self.sources, self.study, self.config, self.out = sources, study, config, out
        self.house = out.absolute() / f"{OURS}-house"
        self.results, self.logs = Path(f"results/{study.id}"), Path(f"logs/{study.id}")

    def call(self, stage: str) -> None:
        """One stage, by the names of the house."""
        config, raw = Path(f"config/{self.study.id}"), Path(f"data/{self.study.id}/raw")
        two = (config / "study.yaml", config / "plan.yaml")
        claims = config / "claims.yaml" if self.sources.claims else None
        if stage == "clean":
            stages.clean(two[0], raw, self.results)
        elif stage == "cohort":
            stages.cohort(*two, self.results)
            stages.effects(*two, self.results)
        elif stage == "analysis":
            stages.analysis(*two, claims, self.results)
        elif stage == "report":
            answers = ["config/checklists.yaml", config / "checklists.yaml"] if self.sources.checklists else []
            how = (self.config["formats"], self.config["engine"])
            stages.fragments(*two, claims, self.results, *how)
            stages.report(answers, Path(f"report/{self.study.id}"), self.results, *how)
        elif stage == "audit":
            stages.trace(*two, self.results)
            given = folder.inputs(self.study, self.plan)
            stages.audit(*two, claims, given, raw, self.results, self.logs, self.config["disclosure"], processes=2)
        else:
            getattr(stages, stage)(*two, self.results)

    def stage(self, name: str) -> None:
        """One stage with its log, and a line on what it wrote."""
        at = self.results / name
        with captured(self.logs / f"{name}.log"):
            try:
                self.call(name)
            except InputError:
                if name != "clean":  # what it writes when it stops is what must be looked at
                    shutil.rmtree(at, ignore_errors=True)
                raise
            except BaseException:
                shutil.rmtree(at, ignore_errors=True)
                traceback.print_exc()
                raise
        lacking = [
            file
            for file in stages.outputs(name, self.study, self.plan, self.config["formats"])
            if not (at / file).is_file()
        ]
        if lacking:
            raise RuntimeError(f"{', '.join(lacking)} not written")
        print(f"{name:<9} {written(at)}", flush=True)

    def put_in_place(self) -> list[str]:
        """The folders of this run into OUT, those of an earlier one out of it; the stages that are there now."""
        for room in ROOMS:
            shutil.rmtree(self.out / room, ignore_errors=True)
        done = [name for name in stages.STAGES if (self.house / self.results / name).is_dir()]
        for name in done:
            os.replace(self.house / self.results / name, self.out / name)
        os.replace(self.house / self.logs, self.out / "logs")
        return done

    def said(self, text: object) -> str:
        """A message with the paths of the house as they are outside."""
        where = {name: f"{path}/" for name, path in folder.names(self.sources, self.study).items()}
        where |= {f"{self.results}/": f"{self.out}/", f"{self.logs}/": f"{self.out}/logs/", f"{self.house}/": ""}
        for name, path in where.items():
            text = str(text).replace(name, path)
        return text

    def until(self, last: str) -> None:
        """All stages up to the last. InputError: nothing ran, OUT is as it was. Stopped: a stage did not do its work."""
        shutil.rmtree(self.house, ignore_errors=True)  # of a run that was killed
        name = ""
        try:
            folder.lay_out(self.sources, self.study, self.house)
            with chdir(self.house):
                self.plan = folder.check(self.sources, self.study, last)
                self.logs.mkdir(parents=True)
                rooms = map(Path, ("config", "data", "report"))
                given = receipts.hashes(path for room in rooms for path in room.rglob("*") if path.is_symlink())
                for name in stages.STAGES[: stages.STAGES.index(last) + 1]:
                    self.stage(name)
                name = ""  # nothing of two versions is put in place
                raise_if(receipts.changed(given, receipts.MIXED))
            self.put_in_place()
        except Exception as error:
            if not name:
                raise
            text = self.said(error)
            if not isinstance(error, InputError):
                text = self.said(told(name, error, self.out / "logs" / f"{name}.log"))
            raise Stopped(name, text, self.put_in_place(), self.out) from None
        finally:
            shutil.rmtree(self.house, ignore_errors=True)


class Refused(Exception):
    """Sources that are wrong before anything has run, in words."""


class Stopped(Exception):
    """A stage that did not do what was asked for, in words."""

    def __init__(self, stage: str, text: str, done: list[str], out: Path):
        text = text.replace("; nothing was written.", ".")
        super().__init__(
            f"the stage {stage} stopped\n{text}\n{out} holds what was done before: {', '.join(done) or 'nothing'}"
        )


def written(at: Path) -> str:
    """'21 files: 10 csv, 11 parquet'."""
    kinds = Counter(path.suffix[1:] for path in at.rglob("*") if path.is_file())
    n = sum(kinds.values())
    if not n:
        return "nothing: the plan has none"
    return f"{n} file{'s' if n != 1 else ''}: " + ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))


def _too_large(sources: folder.Folder, study: Study, config: Mapping, last: str) -> Iterator[Problem]:
    """What is wrong if the memory that there is will not do for the stages."""
    raw = sources.data / "raw"
    size = megabytes(study, raw)
    stages_of = stages.STAGES[: stages.STAGES.index(last) + 1]
    asked = [(job, memory.asked(job, size)) for job in (*stages_of, *(["trace"] if last == "audit" else []))]
    return memory.lacking(asked, memory.there(config.get("memory", memory.AUTO)), size, str(raw))


def run(path: Path, out: Path, until: str | None = None) -> bool:
    """Run a study's stages; whether every statistic that was computed again agrees. InputError or Stopped if not everything that was
    asked for could be written."""
    sources = folder.find(path)
    last = until_where(sources, until)
    study = folder.dictionary(sources)
    config = load_yaml(SETTINGS)
    raise_if(schema_problems(SETTINGS, config, "config"))
    raise_if(_too_large(sources, study, config, last))
    lock = claim(out, sources)
    run = Run(sources, study, config, out)
    try:
        run.until(last)
    except InputError as error:
        raise Refused(run.said(error)) from None
    finally:
        os.close(lock)
    text, differs = ending(out) if (out / "report" / "summary.txt").exists() else (f"{study.title}\n", False)
    print(text, end="")
    print(f"  {'all of it':<14} {out}/")
    if until is None and sources.lacks:
        after = stages.STAGES[stages.STAGES.index(last) + 1]
        print(f"  {'not made':<14} {after} and what follows it: {path} holds no {sources.lacks}")
    return not differs


def main(path: Path, out: Path, until: str | None) -> int:
    """The command: status 0 only if everything that was asked for was written, and the second computation agrees."""
    try:
        in_its_environment(load_study(folder.find(path).study))
        agrees = run(path, out, until)
    except (InputError, Refused, Stopped) as error:
        said = str(error)
    except OSError as error:  # of OUT itself: what a stage meets is told by the stage
        what, do = f"cannot be written: {error.strerror or error}", "name another --out, or make room"
        said = str(Problem(str(error.filename or out), what, "nothing could be put there", do))
    except Exception as error:  # before the first stage
        log = out / "logs" / "start.log" if not out.exists() or (out / OURS).exists() else None
        if log:
            log.parent.mkdir(parents=True, exist_ok=True)
            (out / OURS).touch()
            log.write_text(traceback.format_exc(), encoding="utf-8")
        said = str(fault("start", f"{type(error).__name__}: {error}", log))
    else:
        return 0 if agrees else 1
    sys.stdout.flush()
    print(said, file=sys.stderr)
    return 1
