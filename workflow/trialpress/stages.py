"""One function per stage, from the files that it reads to the files that it writes: the workflow's scripts and `trialpress run`
call the same ones. `folder` is results/<study>/; what a stage writes lies below it, in a folder with the stage's name.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .plan import Plan
    from .report.staging import Fragments
    from .results import Results
    from .study import Study

# here and in the functions: a stage imports what it needs itself, so that a job does not wait for the rest of the house
STAGES = ("clean", "cohort", "analysis", "figures", "tables", "report", "audit")


def clean(
    dictionary: Path | str, raw: Path, folder: Path, parts: Sequence[Path | str] = (), processes: int = 1
) -> None:
    """Raw records -> typed tables and the logs of what was changed, questioned and rejected; parts: see `clean_part`."""
    from . import clean
    from .parts import study_part, whole_study

    study, corrections = study_part("clean", whole_study(dictionary)), raw.parent / "corrections.csv"
    if parts:
        from .clean.scatter import gather

        data = gather(study, corrections, [Path(part) for part in parts])
    else:
        data = clean.clean(study, raw, corrections)
    clean.write(data, folder / "clean", processes)


def clean_deal(dictionary: Path | str, raw: Path, parts: int, folder: Path, processes: int = 1) -> None:
    """Raw records -> where the rows of each part are, for `clean_part`."""
    from .clean.deal import deal
    from .parts import study_part, whole_study

    deal(study_part("clean", whole_study(dictionary)), raw, parts, folder, processes)


def clean_part(dictionary: Path | str, raw: Path, dealt: Path, item: str, folder: Path) -> None:
    """The raw records of some participants -> their part of what `clean` puts together; dealt: see `clean_deal`; item: '3-of-8'."""
    from .chunks import place
    from .clean.scatter import clean_part
    from .parts import study_part, whole_study

    part, _ = place(item)
    clean_part(study_part("clean", whole_study(dictionary)), raw, raw.parent / "corrections.csv", dealt, part, folder)


def cohort(dictionary: Path | str, plan: Path | str, folder: Path, taken: Sequence[Path | str] = ()) -> None:
    """Clean tables -> one row per participant; taken: see `cohort_part`."""
    from . import cohort, parts
    from .cohort.undated import asked_about
    from .contracts import QUERIES

    study, planned = parts.read("cohort", dictionary, plan)
    tables = cohort.read_tables(folder / "clean", study)
    asked = asked_about(QUERIES.texts(folder / "clean"), study)
    if taken:
        from .cohort.scatter import gather

        built = gather(study, planned, tables, [Path(part) for part in taken], asked)
    else:
        built = cohort.build(study, planned, tables, asked=asked)
    cohort.write(built, folder / "cohort")


def cohort_part(dictionary: Path | str, plan: Path | str, clean: Path, item: str, folder: Path) -> None:
    """Clean tables -> what is taken from their rows for some participants, for `cohort` to put together; item: '3-of-8'."""
    from . import parts
    from .chunks import place
    from .cohort.scatter import cohort_part

    cohort_part(*parts.read("cohort", dictionary, plan), clean, *place(item), folder)


def effects(dictionary: Path | str, plan: Path | str, folder: Path) -> None:
    """Cohort and plan -> what of the plan has no effect on these data, cohort/no_effect.csv; beside the other stages."""
    from . import cohort, parts
    from .checks.effects import no_effect
    from .contracts import NO_EFFECT
    from .files import read_parquet

    study, planned = parts.read("effects", dictionary, plan)
    tables = cohort.read_tables(folder / "clean", study)
    subjects = read_parquet(folder / "cohort" / "subjects.parquet")
    NO_EFFECT.write(no_effect(study, planned, tables, subjects), folder / "cohort")


def analysis(dictionary: Path | str, plan: Path | str, claims: Path | str | None, folder: Path) -> None:
    """Cohort -> the analysis results data. claims: what was published of the patients of a reconstruction, if they are one."""
    from . import analysis, cohort, parts
    from .analysis import exchange
    from .analysis.families import warning
    from .analysis.origin import published
    from .files import read_parquet

    study, planned = parts.read("analysis", dictionary, plan)
    tables = cohort.read_tables(folder / "clean", study)
    subjects, daily = (read_parquet(folder / "cohort" / f"{name}.parquet") for name in ("subjects", "daily"))
    known = published(claims) if study.reconstruction and claims else {}
    analysis.write(*analysis.run(study, planned, subjects, daily, tables, known), folder / "analysis")
    exchange.write(study, planned, folder / "analysis")
    if said := warning(planned):
        print(f"tests {said}", file=sys.stderr)


def figures(
    dictionary: Path | str, plan: Path | str, folder: Path, processes: int = 1, read: Mapping[str, str] | None = None,
    parts: Sequence[Path | str] = (),
) -> None:  # fmt: skip
    """Results -> figures, each with the numbers that it shows. read: the hashes of all that the stage reads, if figures that were
    drawn of the same may be taken from an earlier run, or from parts: see `figures_part`."""
    from .figures import draw_all
    from .figures.drawn import Drawn

    results = _results("figures", dictionary, plan, folder)
    kept = [_kept(folder), *map(Path, parts)]
    draw_all(results, folder / "figures", processes, None if read is None else Drawn(kept, read, results, folder))


def figures_part(
    dictionary: Path | str,
    plan: Path | str,
    folder: Path,
    item: str,
    part: Path,
    processes: int,
    read: Mapping[str, str],
) -> None:
    """Results -> some of the figures, kept in the folder `part` for `figures` to take; item: '3-of-8'."""
    from .figures import draw_some, scatter
    from .figures.drawn import Drawn

    results = _results("figures", dictionary, plan, folder)
    drawn = Drawn([part, _kept(folder)], read, results, folder)
    draw_some(results, scatter.part(results.plan.figures, item), part, processes, drawn)


def _kept(folder: Path) -> Path:
    """Where the figures of earlier runs are."""
    from .receipts import FOLDER

    return folder / FOLDER / "figures"


def tables(dictionary: Path | str, plan: Path | str, folder: Path) -> None:
    """Results -> tables as Markdown and CSV."""
    from .tables import write_all

    write_all(_results("tables", dictionary, plan, folder), folder / "tables")


def fragments(dictionary: Path | str, plan: Path | str, claims: Path | str | None, folder: Path, formats: Iterable[str],
              engine: str) -> None:  # fmt: skip
    """Results -> what the manuscript includes from them, and the summary of the run."""
    from .audit import second
    from .clean import COUNTED, read_logs
    from .report import fragments
    from .report.renderer import file_name

    results, logs = _results("fragments", dictionary, plan, folder), read_logs(folder / "clean", COUNTED)
    known = claims_of(claims, results.plan)
    said = fragments.summary(results, known, logs, map(file_name, formats))
    recorded = second.on_record(Path(plan), results.ard)
    fragments.write(fragments.fragments(results, known, logs, folder, engine, recorded), said, folder)


def report(checklists: Iterable[Path | str], source: Path, folder: Path, formats: Iterable[str], engine: str) -> None:
    """Manuscript source -> HTML, PDF, DOCX, JATS. checklists: the guidelines and the study's answers, or nothing."""
    from .report.staging import make, read

    found = read(folder)
    make(found, answers(checklists, found, source), source, folder, formats, engine)


def trace(
    dictionary: Path | str, plan: Path | str, folder: Path, cells: Path | str | None = None, parts: Sequence[Path | str] = (),
    hashes: Mapping[str, str] | None = None,
) -> None:  # fmt: skip
    """Every number back to raw cells; what open queries do to the numbers; every statistic a second time. cells, parts: see
    `trace_cells` and `trace_part`; hashes: those of all that the stage reads, if what was made of the same may be taken from an
    earlier run."""
    from .audit import open_queries, scatter, trace, write_second
    from .clean import read_logs
    from .contracts import QUERY_EFFECTS
    from .receipts import FOLDER
    from .store import of_run

    store = None if parts else of_run(folder / FOLDER / "second", hashes)
    results, logs = _results("trace", dictionary, plan, folder), read_logs(folder / "clean", None)
    if parts:
        records, found = scatter.gather(results, [Path(part) for part in parts])
        index = trace.indexed(results, logs, records, scatter.take_cells(Path(cells), folder))
        trace.write_index(index, folder)
    else:
        records, found = scatter.begun(results, store)
        index = trace.write(results, logs, folder, records=records)
    QUERY_EFFECTS.write(open_queries.effects(results, logs["queries"], index), folder / "audit")
    write_second(results, found(), folder)
    if store:
        store.forget()


def trace_cells(dictionary: Path | str, plan: Path | str, folder: Path, to: Path) -> None:
    """Cohort -> its columns and raw cells, for `trace` to put together with the analyses."""
    from .audit import scatter

    scatter.trace_cells(_results("trace", dictionary, plan, folder, analysed=False), folder, to)


def trace_part(dictionary: Path | str, plan: Path | str, item: str, folder: Path, to: Path) -> None:
    """Some analyses a second time, and who is in their counts -> their part of what `trace` puts together; item: '3-of-8'."""
    from .audit import scatter
    from .chunks import place

    scatter.trace_part(_results("trace", dictionary, plan, folder), *place(item), to)


def audit(
    dictionary: Path | str, plan: Path | str, claims: Path | str | None, inputs: Iterable[str], raw: Path, folder: Path,
    logs: Path, disclosure: Mapping, processes: int = 1, hashes: Mapping[str, str] | None = None,
) -> None:  # fmt: skip
    """Claims, manifest, crate, the privacy gate over results and logs, the page. Reads what `trace` has written. hashes: those of
    all that the stage reads, if what was made of the same may be taken from an earlier run."""
    from . import audit
    from . import hashes as of_files
    from .audit import page, trace
    from .chunks import megabytes
    from .contracts import CHANGES, QUERIES, REJECTED, ROWS
    from .receipts import FOLDER
    from .store import of_run
    from .workers import beside

    inputs, results, traced = list(inputs), _results("audit", dictionary, plan, folder), trace.read(folder)

    def made() -> tuple[dict[str, str], dict]:
        known = of_run(folder / FOLDER / "audit", hashes)
        listed = audit.write(results, claims_of(claims, results.plan), inputs, folder, known, hashes)
        clean = folder / "clean"
        logs = {"changes": CHANGES.blocks(clean), "rows": ROWS.read(clean)}
        logs |= {log.name: log.texts(clean) for log in (QUERIES, REJECTED)}
        said = page.write(results, traced, logs, folder, raw.parent / "corrections.csv", known, hashes)
        if known:
            known.forget()
        audit.pack(results, listed, folder)
        return said, of_files.made()

    with beside(made, processes) as of_page:
        searched = of_run(folder / FOLDER / "searched", hashes)
        # small files are read before a process is there
        several = processes if megabytes(results.study, raw) > 10 else 1
        looked_for = audit.sought(results, inputs, raw, searched, several)
    said, hashed = of_page()
    of_files.take(hashed)
    # the gate searches what was made beside, too, and what is kept
    audit.guard(results, inputs, looked_for, [folder, logs], disclosure, processes, searched)
    page.write_again(traced, said, folder)  # with what the gate says


def _results(stage: str, dictionary: Path | str, plan: Path | str, folder: Path, analysed: bool = True) -> Results:
    """What a stage reads of both, and all results so far."""
    from . import parts
    from .results import load

    return load(*parts.read(stage, dictionary, plan), folder, analysed)


def claims_of(path: Path | str | None, plan: Plan) -> tuple:
    """The claims, their sources and what the claims rest on; none without a file."""
    from .audit.claims import load_claims

    return load_claims(path, plan) if path else ({}, {}, [])


def answers(checklists: Iterable[Path | str], found: Fragments, source: Path) -> str:
    """The checklists as the manuscript in `source` prints them. checklists: the guidelines and the study's answers, or nothing."""
    from .audit.checklists import judged, load_checklists, markdown
    from .audit.p_values import verdict
    from .files import read_text

    asked, text = [Path(path) for path in checklists], read_text(source / "manuscript.qmd")
    answered = load_checklists(*asked, found.planned, source, found.numbers) if asked else []
    return markdown(judged(answered, {("sampl", "11"): verdict(text, found.p_values)}))


def outputs(stage: str, study: Study, plan: Plan | None, formats: Iterable[str]) -> Iterator[str]:
    """The files that a stage must have written when it is done, as paths below its folder."""
    match stage:
        case "clean":
            yield from (f"{name}.parquet" for name in (*study.tables, "cells"))
            yield from ("changes.csv", "queries.csv", "rejected.csv", "rows.csv")
        case "cohort":
            yield from ("subjects.parquet", "daily.parquet", "flow.csv", "no_effect.csv")
        case "analysis":
            yield from ("ard.csv", "curves.csv", "participants.csv", "ard.json", "ard_cards.csv")
        case "figures":
            yield from (f"{name}.{suffix}" for name in plan.figures for suffix in ("svg", "png", "csv"))
            yield "alt.json"
        case "tables":
            yield from (f"{name}.{suffix}" for name in plan.tables for suffix in ("md", "csv"))
        case "report":
            from .report.renderer import file_names

            yield from file_names(formats)
            yield from ("fragments.json", "summary.txt", "renderer.json")
        case "audit":
            yield from (
                "trace.json",
                "concordance.csv",
                "computed_once.csv",
                "query_effects.csv",
                "second_opinion.json",
                "claims.csv",
                "claim_checks.csv",
                "anonymity.csv",
            )
            yield from ("manifest.json", "crate.zip", "privacy.json", "index.html")
