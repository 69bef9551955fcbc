"""The command line.

begin
  trialpress new MYTRIAL FILES... --directory FOLDER                  draft a study from its files: dictionary, plan, manuscript; and run it
  trialpress new MYTRIAL --answers questions.yaml --directory FOLDER  draft it again, with answers to its questions
  trialpress fetch STUDY                                              download the raw files that study.yaml lists, checked by their hash
  trialpress fetch STUDY --redcap URL                                 the records and the dictionary of a REDCap project
before the data
  trialpress test-data STUDY [--out FOLDER]                           made-up records of the dictionary's form, to try the plan on
  trialpress plan STUDY                                               the analysis plan with mock tables and figures, without a record
  trialpress lock STUDY --by NAME --date 2026-01-31                   fix the plan before the data; with --reason an amendment
run
  trialpress report [STUDY] [--directory FOLDER]                      the publication, as by make report; FOLDER holds config/, data/, report/
  trialpress report STUDY --out DIR --engine quarto                   the manuscript's editions from the results that are there
  trialpress preview STUDY                                            the manuscript in the browser, as it is written
  trialpress stage                                                    in report/STUDY: the results beside the manuscript, for `quarto render`
  trialpress queries STUDY [--answers filled.xlsx]                    open queries as a workbook for the data manager, and its answers
  trialpress run FOLDER --out OUT [--until analysis]                  a study in one folder, all stages in one process
look
  trialpress explain cr_rr_evaluable --participant LD-017             a printed number back to the raw cells
  trialpress compare A B                                              which printed numbers moved from A to B, and why
  trialpress verify [STUDY]                                           run it again from the raw records, and compare with the results of record
  trialpress verify --crate crate.zip --raw FOLDER                    the run in a crate again, from the crate and the raw records
  trialpress record [STUDY]                                           accept results/STUDY as the results of record
  trialpress document                                                 every key, method, figure and table of the configuration, as Markdown
"""

from __future__ import annotations

import argparse
import datetime
import os
import sys
import tempfile
from pathlib import Path

from .job import boundary
from .stages import STAGES
from .studies import checked


def parser() -> argparse.ArgumentParser:
    whole = argparse.ArgumentParser(
        prog="trialpress",
        description="From the raw records of a trial to its publication, and back.",
        epilog=__doc__.partition("\n\n")[2] + "\ntrialpress COMMAND --help says what a command takes.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = whole.add_subparsers(dest="command", required=True, metavar="COMMAND")
    new = commands.add_parser("new", help="a new study from its files")
    new.add_argument("study", help="a short name; it names the folders below config/, data/, report/ and results/")
    new.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="data files and metadata, or folders of them")
    new.add_argument("--directory", type=Path, default=Path(), help="a folder of its own for the study (default: here)")
    new.add_argument("--dictionary", type=Path, help="a REDCap dictionary, define.xml, ODM-XML or codebook CSV")
    new.add_argument("--participant", default="", metavar="COLUMN", help="header of the column that names participants")
    new.add_argument("--cutoff", default="", metavar="DATE", help="date of the data, as 2026-01-31")
    new.add_argument(
        "--missing",
        action="append",
        default=[],
        metavar="CODE=REASON",
        help="a missing data code, as --missing='-999=Not asked'",
    )
    new.add_argument("--answers", type=Path, help="questions.yaml of an earlier draft with answers in it")
    new.add_argument(
        "--no-dialogue", action="store_true", help="ask nothing in the terminal; questions.yaml has it all"
    )
    new.add_argument("--git", action="store_true", help="make the folder a git repository, raw data left out")
    new.add_argument("--draft-only", action="store_true", help="write the draft, do not run it")
    fetch = commands.add_parser("fetch", help="download the raw files that study.yaml lists, or a REDCap project")
    fetch.add_argument("--redcap", metavar="URL", help="address of a REDCap API; its token in REDCAP_TOKEN")
    fetch.add_argument("--directory", type=Path, default=Path(), help="the study's folder (default: here)")
    record = commands.add_parser("record", help="accept results/STUDY as the results of record")
    for command in (fetch, record):
        command.add_argument("study", nargs="?", help="default: that of config/config.yaml")
    commands.add_parser("document", help="the reference of the configuration")
    run = commands.add_parser("run", help="all stages of a study in a folder of its own")
    run.add_argument(
        "folder", type=Path, help="holds study.yaml, plan.yaml and data/raw/; claims.yaml and report/ if wanted"
    )
    run.add_argument(
        "--out", type=Path, required=True, help="where the results go; those of an earlier run are replaced"
    )
    run.add_argument("--until", choices=STAGES, help="last stage (default: the last for which the folder has sources)")
    preview = commands.add_parser("preview", help="the manuscript in the browser, rendered again whenever it is saved")
    preview.add_argument("study", help="name of a study under config/ whose results are there")
    preview.add_argument("--port", type=int, default=8000, help="0 takes a free one (default: 8000)")
    commands.add_parser("stage", help="lay the results beside the manuscript, for `quarto render` in report/STUDY")
    report = commands.add_parser(
        "report", help="the publication; with --out its editions from the results that are there"
    )
    report.add_argument("study", nargs="?", help="name of a study under config/ (default: that of config/config.yaml)")
    report.add_argument(
        "--directory", type=Path, default=Path(), help="holds config/, data/ and report/ (default: here)"
    )
    report.add_argument("--cores", default="all", help="default: all")
    report.add_argument("--out", type=Path, help="render into this folder alone; not into results/")
    report.add_argument(
        "--format", action="append", choices=("html", "pdf", "docx", "jats"), help="with --out (default: all four)"
    )
    for command in (preview, report):
        command.add_argument("--engine", choices=("auto", "quarto", "embedded"), default="auto", help="default: auto")
    verify = commands.add_parser("verify", help="run a study or a crate again from the raw records, and compare")
    verify.add_argument("study", nargs="?", help="default: that of config/config.yaml")
    verify.add_argument("--crate", type=Path, help="audit/crate.zip of a run, instead of a study; with --raw")
    verify.add_argument("--raw", type=Path, help="with --crate: holds the raw files; corrections.csv there or beside")
    plan = commands.add_parser("plan", help="the statistical analysis plan and mock shells of every table and figure")
    plan.add_argument("study", help="name of a study under config/; no record of it is read")
    plan.add_argument("--out", type=Path, help="default: sap/STUDY/")
    plan.add_argument("--engine", choices=("auto", "quarto", "embedded"), default="auto", help="default: auto")
    test = commands.add_parser("test-data", help="made-up records of the dictionary's form, in a study of its own")
    test.add_argument("study", help="name of a study under config/; no record of it is read")
    test.add_argument("--directory", type=Path, default=Path(), help="holds config/ and report/ (default: here)")
    test.add_argument("--out", type=Path, help="default: test-data/STUDY/ there; what an earlier call made is replaced")
    test.add_argument("--participants", type=int, default=100, metavar="N", help="default: 100")
    test.add_argument("--seed", type=int, default=1, help="another one gives other records (default: 1)")
    test.add_argument("--missing", type=float, default=0.05, metavar="SHARE", help="of the values (default: 0.05)")
    lock = commands.add_parser("lock", help="fix the analysis plan before the data, or amend it")
    lock.add_argument("study", help="name of a study under config/")
    lock.add_argument("--by", required=True, help="who fixes it")
    lock.add_argument("--date", required=True, help="as 2026-01-31")
    lock.add_argument("--reason", default="", help="why it is amended; needed from the second version on")
    queries = commands.add_parser("queries", help="the open queries as a workbook; with --answers, what was answered")
    queries.add_argument("study", help="name of a study under config/, or a folder as `run` has it")
    queries.add_argument("--directory", type=Path, default=Path(), help="holds config/ and data/ (default: here)")
    queries.add_argument("--out", type=Path, help="default: data/STUDY/queries.xlsx, beside the raw records")
    queries.add_argument(
        "--answers", type=Path, metavar="FILLED", help="a filled workbook: checked, then into corrections.csv"
    )
    compare = commands.add_parser("compare", help="which printed numbers moved between two runs, and why")
    for side in "ab":
        compare.add_argument(side, metavar=side.upper(), help="results, a crate, a git revision, 'record' or 'now'")
    compare.add_argument("--study", help="default: that of config/config.yaml")
    compare.add_argument("--out", type=Path, default=Path("compare"), help="default: compare/")
    explain = commands.add_parser("explain", help="the record of a number")
    explain.add_argument(
        "number", help="id of a number or of an analysis, as the manuscript's links and appendix give it"
    )
    explain.add_argument("--participant", help="study id of a participant to follow to the raw cells")
    explain.add_argument("--study", help="default: that of config/config.yaml")
    return whole


def written(given: argparse.Namespace) -> int:
    """The commands of whoever writes the manuscript."""
    from .report import desk, preview

    if given.command == "preview":
        return preview.serve(given.study, given.port, given.engine)
    with tempfile.TemporaryDirectory(prefix="trialpress-") as scratch:
        at = desk.Desk(given.study, Path(scratch) / given.study, given.engine)
        made = at.editions(given.out, given.format or ("html", "pdf", "docx", "jats"))
        if stale := at.outdated():
            print(f"the results are out of date: {', '.join(stale)} changed; run make report", file=sys.stderr)
    print("\n".join(str(path) for path in made.values()))
    return 0


def chosen() -> str:
    """The study of config/config.yaml."""
    import yaml

    return str(yaml.safe_load(Path("config/config.yaml").read_text(encoding="utf-8"))["study"])


def publication(given: argparse.Namespace) -> int:
    """What `make report` does, in any folder that holds a study."""
    from .ending import main as ending
    from .environment import ROOT

    os.chdir(given.directory)
    settings = {"study": given.study, "engine": given.engine if given.engine != "auto" else None}
    config = [f"{key}={value}" for key, value in settings.items() if value]
    where = ["--snakefile", str(ROOT / "Snakefile"), "--cores", given.cores, *(["--config", *config] if config else [])]
    return ending(given.study or chosen(), *where)


def main(arguments: list[str] | None = None) -> int:
    whole = parser()
    given = whole.parse_args(arguments)
    if given.command == "verify" and ((given.crate is None) != (given.raw is None) or (given.crate and given.study)):
        whole.error("verify takes a study, or --crate and --raw together")
    with boundary(f"trialpress {given.command}"):
        return called(given)


def called(given: argparse.Namespace) -> int:
    """The status of the command that was asked for."""
    if given.command == "run":
        from .run import main as run

        return run(given.folder, given.out, given.until)
    if given.command == "report" and given.out is None:
        return publication(given)
    if given.command in ("preview", "report"):
        return written(given)
    if given.command == "new":
        from .draft.dialogue import dialogue, terminal
        from .draft.new import Given, new

        about = Given(
            given.study,
            given.paths,
            given.directory,
            given.dictionary,
            given.participant,
            given.cutoff,
            given.answers,
            given.missing,
        )
        asks = dialogue if terminal() and not given.no_dialogue else None
        return new(about, given.git, not given.draft_only, asks)
    if given.command == "fetch":
        if given.redcap:
            from .draft.server import fetch as export

            print("\n".join(map(str, export(given.redcap, checked(given.study or chosen()), given.directory))))
            return 0
        from .fetch import main as fetch

        os.chdir(given.directory)
        fetch(given.study or chosen())
        return 0
    if given.command == "stage":
        from .report.desk import beside

        here = Path.cwd()
        return beside(here.name, str(here.parents[1]))
    if given.command == "document":
        from .document import configuration

        print(configuration(), end="")
        return 0
    if given.command == "verify" and given.crate:
        from .audit.crate.verify import main as verify

        return verify(given.crate, given.raw)
    if given.command in ("verify", "record"):
        from .audit.record import main as recorded

        return recorded("accept" if given.command == "record" else "verify", given.study or chosen())
    if given.command == "test-data":
        from .testdata import write

        out = given.out or given.directory / "test-data" / given.study
        print(write(given.study, out, given.directory, given.participants, given.seed, given.missing))
        return 0
    if given.command in ("plan", "lock"):
        from . import sap

        if given.command == "lock":
            print(sap.fix(given.study, given.by, given.date, given.reason))
        else:
            print("\n".join(map(str, sap.write(given.study, given.out or Path("sap") / given.study, given.engine))))
        return 0
    if given.command == "queries":
        from . import queries

        out, answers = (path and path.resolve() for path in (given.out, given.answers))
        os.chdir(given.directory)
        today = datetime.date.today().isoformat()
        print(queries.take(given.study, answers, today) if answers else queries.ask(given.study, out))
        return 0
    if given.command == "compare":
        from .compare import main as compare

        return compare(given.a, given.b, given.study or chosen(), given.out)
    from .explain import main as explain

    return explain(given.number, given.participant, given.study)


if __name__ == "__main__":
    sys.exit(main())
