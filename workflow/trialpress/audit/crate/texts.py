"""The texts that stand in the crate only: what it is, the manifest of CODECHECK, and the formats of its files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import yaml

MEDIA = {
    ".R": "text/x-r", ".bib": "application/x-bibtex", ".cff": "application/yaml", ".csl": "application/xml", ".css": "text/css",
    ".csv": "text/csv", ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document", ".html": "text/html",
    ".js": "text/javascript", ".json": "application/json", ".lua": "text/x-lua", ".md": "text/markdown",
    ".ods": "application/vnd.oasis.opendocument.spreadsheet", ".parquet": "application/vnd.apache.parquet", ".pdf": "application/pdf",
    ".png": "image/png", ".py": "text/x-python", ".qmd": "text/markdown", ".rst": "text/prs.fallenstein.rst", ".smk": "text/x-python",
    ".svg": "image/svg+xml", ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".xml": "application/xml",
    ".yaml": "application/yaml", ".yml": "application/yaml",
}  # fmt: skip
TEXTS = {"", ".lock", ".txt", ".typ"}
SHOWN = {"manuscript": "the manuscript", "ard": "every statistic", "claims": "published claims against results"}


def media(name: str) -> str:
    """The media type of a file by its name; of an unknown one that of any bytes."""
    suffix = Path(name).suffix
    return MEDIA.get(suffix) or ("text/plain" if suffix in TEXTS else "application/octet-stream")


def front_matter(manuscript: str) -> dict:
    """The YAML at the head of a manuscript, {} if it has none."""
    _, fence, rest = manuscript.partition("---\n")
    return (yaml.safe_load(rest.partition("\n---")[0]) or {}) if fence and not _.strip() else {}


def codecheck(front: Mapping, files: Iterable[str]) -> str:
    """codecheck.yml: the outputs that a codechecker is to reproduce (https://codecheck.org.uk/spec/config/1.0/)."""
    authors = [author if isinstance(author, Mapping) else {"name": author} for author in front.get("author", [])]
    said = {
        "version": "https://codecheck.org.uk/spec/config/1.0/",
        "paper": {
            "title": front.get("title", ""),
            "authors": [{key: a[key] for key in ("name", "orcid") if key in a} for a in authors],
        },
        "manifest": [{"file": name, "comment": _comment(name)} for name in files],
    }
    return yaml.safe_dump(said, sort_keys=False, allow_unicode=True, width=120)


def _comment(name: str) -> str:
    path = Path(name)
    table = f"Table {path.stem}" if path.parent.name == "tables" else path.name
    return SHOWN.get(path.stem, table)


def readme(study: str, title: str, notice: str, raw: Iterable[str]) -> str:
    """README.md of the crate. raw: names of the records that are not in it."""
    listed = "\n".join(f"- `{name}`" for name in raw)
    return f"""# {title}

One run of the study `{study}`, from its raw records to the publication, as a Provenance Run Crate
(`ro-crate-metadata.json`). {notice}

- `results/report/`: the manuscript; `results/analysis/ard.csv`: every statistic; `results/tables/`; `results/audit/`
- `config/`, `report/`: the data dictionary, the analysis plan, the manuscript's source
- `Snakefile`, `workflow/`, `envs/requirements.lock`: the code, and every package with its version and hash
- `codecheck.yml`: the outputs to reproduce; `CITATION.cff`: how to cite the software

## To run it again

Not included, as they may hold personal records; the crate has their hashes:

{listed}

With these files in a folder, and in an environment of the lock file (`pip install --require-hashes -r envs/requirements.lock`):

```sh
PYTHONPATH=workflow python -m trialpress verify --crate crate.zip --raw FOLDER
```

This runs the code of the crate on the records and compares every output. To run it by hand, put the files where their
names say and call `snakemake --cores all --config study={study}`.
"""
