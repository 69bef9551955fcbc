"""What the second computation gave is kept by content: only analyses of which something changed are computed again.

Made of: what was exported of an analysis, the code (see `store.of_run`), R with its packages and Python. The analyses of a family
are kept together, since a p-value is adjusted with those of the whole family.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from ..plan import Plan
from ..store import Store
from . import plain

PACKAGES = ("survival", "cmprsk")
ASK = f"""cat("R", as.character(getRversion()), sep = "\\t"); cat("\\n")
for (name in c({", ".join(f'"{name}"' for name in PACKAGES)}))
  cat(name, "\\t", tryCatch(as.character(packageVersion(name)), error = function(e) "absent"), "\\n", sep = "")"""


def together(plan: Plan) -> list[tuple[str, ...]]:
    """The analyses in the order of the plan, those of a family where its first is."""
    found: dict[tuple, list[str]] = {}
    for name, spec in plan.analyses.items():
        found.setdefault(("family", spec["family"]) if spec.get("family") else ("", name), []).append(name)
    return [tuple(names) for names in found.values()]


def any_kept(store: Store | None) -> bool:
    """Whether something may be taken, so that R may have nothing to do."""
    return store is not None and any(store.folder.glob("*"))


def of_r() -> dict[str, str]:
    """R and its packages as concordance.R names them; nothing where R is not, or does not answer."""
    if not shutil.which("Rscript"):
        return {}
    done = subprocess.run(["Rscript", "--vanilla", "-e", ASK], capture_output=True, text=True, check=False)
    return dict(line.split("\t") for line in done.stdout.splitlines() if "\t" in line)


class Kept:
    """What is kept of the analyses of a plan in a store. exported: analysis -> hash of what the second computation reads of it."""

    def __init__(self, store: Store, plan: Plan, exported: Mapping[str, str]):
        self.store, self.exported = store, exported
        self.units = [unit for unit in together(plan) if set(unit) & set(exported)]
        self.by = of_r() if any_kept(store) else None  # R is asked only if something can be taken
        self.rows: dict[tuple[str, ...], list[dict]] = {}
        for unit in self.units if self.by is not None else ():
            if (content := store.taken(self._made_of(unit))) is not None:
                self.rows[unit] = json.loads(content)
        self.taken = {name for unit in self.rows for name in unit}

    def _made_of(self, unit: tuple[str, ...]) -> list:
        return [{name: self.exported.get(name) for name in unit}, self.by, plain.versions()]

    def narrow(self, folder: Path) -> bool:
        """Take the analyses that are kept out of jobs.csv; whether one is left."""
        if not self.taken:
            return bool(self.exported)
        jobs = pd.read_csv(folder / "jobs.csv", dtype=str, keep_default_na=False)
        left = jobs[~jobs["analysis"].isin(self.taken)]
        left.to_csv(folder / "jobs.csv", index=False, encoding="utf-8")
        return not left.empty

    def whole(self, second: pd.DataFrame, versions: Mapping[str, str], failed: Mapping[str, str]) -> tuple:
        """(the statistics, versions) of what was computed now and of what is kept; what was computed now is kept from now on."""
        if self.by is None:
            self.by = {name: version for name, version in versions.items() if name != "Python"}
        of: dict[str, list[dict]] = {}
        for row in second.to_dict("records"):
            of.setdefault(row["analysis"], []).append(row)
        for unit in self.units:
            if unit not in self.rows and not set(unit) & set(failed):
                rows = [row for name in unit for row in of.get(name, ())]
                self.store.keep(self._made_of(unit), json.dumps(rows).encode())
        kept = [row for rows in self.rows.values() for row in rows]
        if not kept:
            return second, dict(versions)
        every = pd.concat([second, pd.DataFrame(kept)], ignore_index=True)
        python = not self.by or every["implementation"].str.startswith("Python, ").any()
        return every, self.by | (plain.versions() if python else {})
