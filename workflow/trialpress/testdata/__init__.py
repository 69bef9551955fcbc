"""Made-up records of the form that a dictionary declares, so that a plan can be tried before there are data.

    write("mytrial", Path("test-data/mytrial"))      a folder of its own, which `trialpress report --directory` runs

| file | idea |
|---|---|
| people | participants with their ids, and the time in which everything happens |
| records | clean tables: types, codes, ranges, keys, references and checks held, some values missing |
| patterns | a text of a regular expression's form |
| write | the tables as raw files under the declared headers |

Every output of such a study says that its patients are simulated. Nothing is learnt from real records: none is read.
"""

from __future__ import annotations

import re
import shutil
from collections import Counter
from pathlib import Path

import yaml

from ..checks.plan import load_plan
from ..clean import clean
from ..environment import ROOT
from ..errors import InputError, Problem, raise_if
from ..files import write_text
from ..studies import checked
from ..study import load_study, load_yaml
from . import write as files
from .records import Tables

MADE_UP = "Made-up test data: nobody was in this study; it shows what the plan prints, and no result."
MARK = "MADE-UP.md"
ABOUT = """# Made-up test data

{notice}

Drawn from the data dictionary alone; no record of a person was read:

    trialpress test-data {study} --participants {n} --seed {seed} --missing {missing}

In this folder the plan is tried on it:

    trialpress report --directory .

`config/` and `report/` are copies but for four things: study.yaml says that the records are made up, files of a format
that is not written here are CSV, any population of the plan may be empty, and claims.yaml is empty, since nothing
published can be met.
"""


def write(study_name: str, out: Path, home: Path = Path(), n: int = 100, seed: int = 1, missing: float = 0.05) -> str:
    """Make the folder `out`; what was made, in words. InputError if something else lies there, or cannot be made up."""
    checked(study_name)
    config = home / "config" / study_name
    study = load_study(config / "study.yaml")
    plan = load_plan(config / "plan.yaml", study) if (config / "plan.yaml").exists() else None
    why = "made-up records must not lie among real ones"
    raise_if(
        Problem(str(out), "is there, and is no folder of made-up data", why, "name another one: --out FOLDER")
        for there in [out] if there.exists() and (not there.is_dir() or (any(there.iterdir()) and not (there / MARK).exists()))
    )  # fmt: skip
    tables = Tables(study, plan, n, seed, missing)
    sheets = files.sheets(study, tables, seed)
    shutil.rmtree(out, ignore_errors=True)
    raw = out / "data" / study_name / "raw"
    raw.mkdir(parents=True)
    about = ABOUT.format(notice=MADE_UP, study=study_name, n=n, seed=seed, missing=missing)
    write_text(about, out / MARK)
    write_text(about, raw.parent / "README.md")
    moved = files.write(sheets, raw)
    copy(study_name, home, out, moved, plan)
    from ..draft.new import sums

    write_text(sums(raw), raw / "SHA256SUMS")
    made = load_study(out / "config" / study_name / "study.yaml")
    data = clean(made, raw, raw.parent / "corrections.csv")
    raise_if(data.losses)
    return said(study_name, out, data, moved)


def copy(study: str, home: Path, out: Path, moved: dict[str, str], plan) -> None:
    """The sources that a run needs beside the raw files."""
    fixed = shutil.ignore_patterns("*.lock")  # is of the plan and of the records as they are
    shutil.copytree(home / "config" / study, out / "config" / study, ignore=fixed)
    dictionary = out / "config" / study / "study.yaml"
    write_text(as_made_up(dictionary.read_text(encoding="utf-8"), dictionary, moved), dictionary)
    write_text(
        "# Nothing published can be met by made-up records.\nsources: {}\nclaims: {}\n",
        dictionary.with_name("claims.yaml"),
    )
    if plan:
        written = load_yaml(dictionary.with_name("plan.yaml"))
        for population in written["populations"].values():
            population["may_be_empty"] = True
        said = yaml.safe_dump(written, allow_unicode=True, sort_keys=False, width=120)
        write_text(said, dictionary.with_name("plan.yaml"))
    settings = (
        home / "config" / "config.yaml"
        if (home / "config" / "config.yaml").exists()
        else ROOT / "config" / "config.yaml"
    )
    text = re.sub(r"(?m)^study:.*$", f"study: {study}", settings.read_text(encoding="utf-8"))
    write_text(text, out / "config" / "config.yaml")
    for name in (
        "config/checklists.yaml",
        *(spec["file"] for spec in (plan.analyses.values() if plan else ()) if "file" in spec),
    ):
        if (home / name).is_file():
            (out / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(home / name, out / name)
    if (home / "report" / study).is_dir():
        shutil.copytree(
            home / "report" / study,
            out / "report" / study,
            ignore=shutil.ignore_patterns(".*", "_rendered", "figures", "tables", "generated"),
        )


def as_made_up(text: str, where: Path, moved: dict[str, str]) -> str:
    """study.yaml as it is, with what it says of the records changed: that they are made up, and where files are CSV."""
    text, told = re.subn(r"(?m)^(  reconstruction:).*$", rf'\1 "{MADE_UP}"', text, count=1)
    if not told:
        do = "write `reconstruction: false` into a line of its own below `study:`"
        raise InputError(
            [Problem(str(where), "has no line `reconstruction:`", "outputs must say that the records are made up", do)]
        )
    text = re.sub(r"(?m)^fetch:\n(?:[ #-].*\n|\n(?=[ -]))+", "", text)
    for name, path in moved.items():
        held = load_yaml(where)["files"][name]
        keys = {"path": path} | {
            key: held[key]
            for key in ("header_rows", "skip_rows", "date_order", "two_digit_years", "description", "not_identifying")
            if key in held
        }
        one = re.compile(rf"(?m)^  {re.escape(name)}:(?: *\{{.*\}}.*\n|.*\n(?:    .*\n)+)")
        import json

        line = f"  {name}: {json.dumps(keys, ensure_ascii=False)}\n"
        text, told = one.subn(lambda _, line=line: line, text, count=1)
        if not told:
            raise InputError(
                [
                    Problem(
                        f"{where}, files.{name}",
                        "is not written in lines of its own",
                        "it could not be changed to CSV",
                        "write it on lines of its own",
                    )
                ]
            )
    return text


def said(study: str, out: Path, data, moved: dict[str, str]) -> str:
    lines = [f"{study}: made up, from the dictionary alone", ""]
    lines += [f"  {row.file} -> {row.table}: {row.rows_kept:,} rows" for row in data.rows.itertuples()]
    lines += [f"  {name}: written as {path}, another format than the study's" for name, path in moved.items()]
    asked = Counter(
        zip(data.queries["table"], data.queries["message"].str.replace(r"\d+", "...", regex=True), strict=True)
    )
    if asked:
        lines += ["", f"{sum(asked.values()):,} queries on them, of checks that could not all be met"]
        lines += [f"  {n:>5} x {table}: {message[:100]}" for (table, message), n in asked.most_common(5)]
    return "\n".join([*lines, "", f"next: trialpress report --directory {out}"])
