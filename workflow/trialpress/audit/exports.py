"""What the second computation is given: the data of each analysis in one long form, its options, its levels in order.

A method's data are written by its entry in `EXPORTS`, beside methods of its kind (exports_*.py).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import pandas as pd

from ..analysis import Data
from ..analysis.methods import METHODS
from ..analysis.methods.common import is_categorical, scores
from ..files import write_text
from ..ids import Name
from ..parts import hash_of
from ..results import Results
from ..text import number_text
from . import exports_models, exports_tests, exports_times, exports_values
from .plain import MISSING

# parameters of methods, told as they are in force
OPTIONS = (
    "a", "adjust", "against", "alpha", "alternative", "b", "below", "beta", "closes", "cohort", "contrasts", "correction",
    "correlation", "covariance", "design", "df", "difference", "equal_variance", "errors", "estimand", "estimator",
    "event_share", "exact", "firth", "gamma", "hazard_ratio", "interval", "intervals", "knapp_hartung", "knots", "landmark",
    "limit", "median", "model", "n", "n1", "n_max", "p0", "p1", "p_values", "per", "power", "quantiles", "r", "r1", "rate", "rates",
    "reference", "replicates", "resamples", "rho", "scores", "sd", "severe", "skeleton", "stabilised", "start",
    "statistic", "target", "tau2", "test", "threshold", "ties", "time", "transform", "trend", "trials", "truncate", "unit", "until",
    "variance", "variant", "weights",
)  # fmt: skip
# of a method that has no such parameter, for what it shares with one that has
WITHOUT = {"alternative": "two-sided", "gamma": 0, "interval": "clopper-pearson", "rho": 0, "transform": "log-log",
           "unit": "months"}  # fmt: skip


class Export:
    """Collects the data of one analysis in long form: set, group, level, x, y, time, event, entry; and its levels in order."""

    def __init__(self, data: Data, spec: Mapping, ard: pd.DataFrame):
        self.data, self.spec, self.ard = data, spec, ard
        self.frames: list[pd.DataFrame] = []
        self.levels: list[tuple[str, str, str]] = []  # set, kind, id

    def order(self, kind: str, names: Iterable[Name], within: str = ""):
        self.levels += [(within, kind, name.id) for name in names]

    def groups(self, by: str) -> pd.Series:
        """The group of each participant, missing where there is none."""
        members = self.data.groups(by)
        self.order("group", members)
        return self.ids(members)

    def ids(self, members: Mapping[Name, pd.Series]) -> pd.Series:
        """The id of the one of these that each participant is in, missing where there is none."""
        found = pd.Series(pd.NA, index=self.data.frame.index, dtype="string")
        for name, here in members.items():
            found[here] = name.id
        return found

    def rows(self, **columns):
        self.frames.append(pd.DataFrame(columns, index=self.data.frame.index))

    def number(self, column: str) -> pd.Series:
        """Numbers as they are, codes by their order."""
        return pd.Series(scores(self.data, column), index=self.data.frame.index)

    def variable(self, column: str, **more):
        """A covariate or characteristic as a set of its own: its levels if it is categorical, else its values."""
        name = self.data.column(column)
        self.order("set", [name])
        if is_categorical(self.data, column):
            members = self.data.groups(column)
            self.order("level", members, within=name.id)
            more["level"] = self.ids(members)
        else:
            more["y"] = self.number(column)
        self.rows(set=name.id, **more)

    def times(self, unit: str) -> dict:
        endpoint = self.spec["endpoint"]
        per = self.data.plan.per(endpoint, unit)
        entry = {"entry": self.number(f"{endpoint}_entry") / per} if self.data.plan.endpoints[endpoint].entry else {}
        return {
            "time": self.number(f"{endpoint}_time") / per,
            "event": self.number(f"{endpoint}_event"),
            **entry,
        }

    def stratum(self) -> dict[str, pd.Series]:
        """Each stratum as a number (x) in the order of its code as text, where there are strata; missing where it is not known."""
        if not self.spec.get("stratum"):
            return {}
        column = self.data.frame[self.spec["stratum"]]
        codes = pd.Series(pd.factorize(column.astype("string"), sort=True)[0], index=column.index, dtype="Float64")
        return {"x": codes.mask(column.isna())}


EXPORTS: dict[str, Callable[[Export], None]] = {
    **exports_values.EXPORTS,
    **exports_models.EXPORTS,
    **exports_times.EXPORTS,
    **exports_tests.EXPORTS,
}


def _options(results: Results, spec: Mapping, data: Data) -> dict[str, str]:
    """The options of an analysis that are in force, as text."""
    plan, force = results.plan, METHODS.given(spec)
    told = {"method": spec["method"], "conf": plan.level, "seed": plan.seed, "plan_alpha": plan.alpha}
    told |= {name: force.get(name, WITHOUT.get(name, "")) for name in OPTIONS}
    told["at"] = force.get("at", force.get("days", ()))
    told |= {name: data.column(force[name]).id if force.get(name) else "" for name in ("by", "visit")}
    told |= {name: bool(force.get(name)) for name in ("stratum", "cluster", "covariates", "related")}
    told["divisor"] = plan.days(told["unit"])
    endpoint = plan.endpoints.get(force.get("endpoint", ""))
    told["delayed"] = bool(endpoint and endpoint.entry)
    if "cause" in force:
        events = list(endpoint.events)
        told["cause_name"] = force["cause"] or events[0]
        told["cause"] = events.index(told["cause_name"]) + 1
    return {name: _text(value) for name, value in told.items()}


def _text(value) -> str:
    match value:
        case bool():
            return str(value).lower()
        case list() | tuple():
            return ";".join(map(_text, value))
        case int() | float():
            return number_text(value)
    return "" if value is None else str(value)


def _families(results: Results) -> pd.DataFrame:
    """The tests of each family."""
    rows = results.ard[results.ard["statistic"].eq("p_value_adjusted") & results.ard["value"].notna()]
    family = [results.plan.analyses[name]["family"] for name in rows["analysis"]]
    method = [results.plan.families[name] for name in family]
    return rows[["analysis", "group", "level"]].assign(family=family, method=method)


COLUMNS = ["analysis", "set", "group", "level", "x", "y", "time", "event", "entry"]


def export(results: Results, folder: Path, analysed: Iterable[tuple[str, Data]]) -> dict[str, str]:
    """Write jobs.csv, levels.csv, families.csv and data.csv for all analyses that have a second implementation; the hash of what
    stands there of each. analysed: all analyses with what they work on."""
    jobs, levels, families, exported = [], [], _families(results), {}
    texts, tested = [",".join(COLUMNS) + "\n"], families.to_dict("records")
    for name, data in analysed:
        spec = results.plan.analyses[name]
        if spec["method"] not in EXPORTS:
            continue
        made = Export(data, spec, results.analysis(name))
        EXPORTS[spec["method"]](made)
        jobs.append({"analysis": name, **_options(results, spec, data)})
        seen: dict[tuple, int] = {}
        mine = []
        for within, kind, id in made.levels:
            position = seen[within, kind] = seen.get((within, kind), 0) + 1
            mine.append({"analysis": name, "set": within, "kind": kind, "position": position, "id": id})
        levels += mine
        if made.frames:
            rows = pd.concat([frame.astype(object) for frame in made.frames]).assign(analysis=name)
            texts.append(_csv(rows.reindex(columns=COLUMNS), header=False))
        text = texts[-1] if made.frames else ""
        tests = [test for test in tested if test["analysis"] == name]
        asked = made.ard[["group", "level", "statistic"]].to_numpy().tolist()
        exported[name] = hash_of([jobs[-1], json.dumps([mine, tests, asked]), text])
    for frame, file in (
        (pd.DataFrame(jobs).fillna(""), "jobs"),
        (pd.DataFrame(levels, columns=["analysis", "set", "kind", "position", "id"]), "levels"),
        (families, "families"),
    ):
        write_text(_csv(frame), folder / f"{file}.csv")
    write_text("".join(texts), folder / "data.csv")
    return exported


def _csv(frame: pd.DataFrame, header: bool = True) -> str:
    return frame.to_csv(index=False, header=header, na_rep=MISSING, lineterminator="\n")
