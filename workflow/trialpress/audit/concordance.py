"""A second opinion on the analysis results data: computed again, from exported data, by code that shares nothing with it.

The second implementation is R with its package survival, one process for all analyses (concordance.R), and plain Python (plain/)
of what R has no function for, or other random numbers; where R is not there, of all that needs no package. Of every statistic
that was computed once, computed_once.csv says why.
"""

from __future__ import annotations

import math
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import pandas as pd

from ..analysis import Data
from ..analysis.methods import METHODS, toxicity
from ..analysis.methods.common import is_categorical, scores
from ..analysis.methods.continuous import pair_of
from ..analysis.methods.discrimination import risk_groups
from ..contracts import COMPUTED_ONCE, CONCORDANCE
from ..expression import Expression
from ..files import read_guessed, write_text
from ..ids import EVERYONE, Name, word
from ..ids import day as on_day
from ..parts import hash_of
from ..results import Results
from ..store import Store
from ..text import number_text
from . import exports, exports_tests, exports_times, plain
from .kept import Kept
from .plain import MISSING

AGREES, DIFFERS = "agrees", "differs"
KEY = list(CONCORDANCE.key)
SCRIPT = Path(__file__).with_name("concordance.R")
DEFAULTS = {"interval": "clopper-pearson", "transform": "log-log", "variant": "exact", "unit": "months", "rho": 0, "ties": "efron",
            "below": 0.5, "at": "", "stratum": "", "cluster": "", "trend": "", "correction": "false", "until": "",
            "landmark": 0, "variance": "survival", "tau2": "reml", "knapp_hartung": True, "alternative": "two-sided",
            "by": "", "intervals": "", "severe": 3, "firth": "", "statistic": "median", "limit": "", "milestone": "", "rate": "", "design": "3+3", "target": 0.3, "closes": 0.95, "start": "measured",
            **exports.DEFAULTS}  # fmt: skip
OWN_DEFAULTS = {
    "risk_difference": {"interval": "newcombe"},
    "number_needed": {"interval": "newcombe"},
    "win_ratio": {"variance": "estimate"},
    "cox": {"interval": "wald", "errors": "model"},
    "pool": {"transform": "logit", "trials": "true"},
    "bootstrap": {"interval": "bca"},
    "proportional_hazards": {"transform": "km"},
    "cause_specific_cox": {"interval": "wald"},
    "concordance_index": {"weights": "harrell", "until": 0},
    "exposure": {"below": "half", "until": 28},
    **exports.OWN_DEFAULTS,
}


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
        return _ids(members, self.data.frame.index)

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
            more["level"] = _ids(members, self.data.frame.index)
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
        """Each stratum as a number (x) in the order of its code as text, where the analysis has strata; missing where it is not known."""
        if not self.spec.get("stratum"):
            return {}
        column = self.data.frame[self.spec["stratum"]]
        codes = pd.Series(pd.factorize(column.astype("string"), sort=True)[0], index=column.index, dtype="Float64")
        return {"x": codes.mask(column.isna())}


def _ids(members: Mapping[Name, pd.Series], index) -> pd.Series:
    found = pd.Series(pd.NA, index=index, dtype="string")
    for name, here in members.items():
        found[here] = name.id
    return found


def _event(export: Export):
    export.rows(
        y=export.data.outcome(export.spec["event"]).astype("Float64"), group=export.groups(export.spec.get("by", ""))
    )


def _values(export: Export):
    export.rows(
        y=export.number(export.spec["variable"]),
        group=export.groups(export.spec.get("by", "")),
        **export.stratum(),
    )


def _table(export: Export):
    members = export.data.groups(export.spec["variable"])
    export.order("level", members)
    export.rows(level=_ids(members, export.data.frame.index), group=export.groups(export.spec.get("by", "")))


def _baseline(export: Export):
    group = export.groups(export.spec["by"]) if "by" in export.spec else pd.NA
    export.order("group", [EVERYONE])
    for name in export.spec["variables"]:
        export.variable(name, group=group)


def _pair(export: Export):
    export.rows(x=export.number(export.spec["x"]), y=export.number(export.spec["y"]))


def _pairs(export: Export):
    """Every two variables as a set."""
    for x, y in combinations(export.spec["variables"], 2):
        pair = pair_of(export.data.column(x), export.data.column(y))
        export.order("set", [pair])
        export.rows(set=pair.id, x=export.number(x), y=export.number(y))


def _predicted(export: Export):
    """The prediction and the outcome, each participant in a group by rising prediction."""
    y, p = export.data.outcome(export.spec["event"]).astype("Float64"), export.number(export.spec["predicted"])
    known, group = (y.notna() & p.notna()).to_numpy(dtype=bool), pd.Series(pd.NA, index=p.index, dtype="string")
    for level, members in risk_groups(p[known].to_numpy(dtype=float), export.spec.get("groups", 5)).items():
        group.iloc[known.nonzero()[0][members]] = level.id
    export.rows(x=p, y=y, group=group)


def _survival(export: Export):
    export.rows(**export.times(export.spec.get("unit", "months")), group=export.groups(export.spec.get("by", "")))


def _days(export: Export):
    export.rows(**export.times("days"), **export.stratum(), group=export.groups(export.spec["by"]))


def _competing(export: Export):
    cause = export.number(f"{export.spec['endpoint']}_cause")
    unit = "days" if export.spec["method"] == "gray" else export.spec.get("unit", "months")
    group = export.groups(export.spec.get("by", ""))
    export.rows(**{**export.times(unit), "event": cause, **export.stratum()}, group=group)


def _delayed(export: Export):
    data, spec = export.data, export.spec
    origin = Expression(data.plan.endpoints[spec["endpoint"]].origin)(data.columns())
    export.order("begin", [data.column(spec["begin"])])
    begin = (data.frame[spec["begin"]] - origin) / pd.Timedelta(days=1)
    stratum = data.frame[spec["stratum"]].astype("string") if spec.get("stratum") else None
    export.rows(**export.times("days"), **({} if stratum is None else {"level": stratum}), x=begin)
    for name in spec.get("covariates", ()):
        export.variable(name, **export.times("days"), **({} if stratum is None else {"group": stratum}), x=begin)


def _logistic(export: Export):
    event = export.data.outcome(export.spec["event"]).astype("Float64")
    for name in export.spec["covariates"]:
        export.variable(name, x=event)


def _pool(export: Export):
    """The trials that were pooled, with their counts as the file has them."""
    spec, trial = export.spec, export.spec.get("trial", "trial")
    table = read_guessed(spec["file"], trial)
    table = table[table[trial].isin(export.ard["level"])]
    export.frames.append(pd.DataFrame({"level": table[trial], "x": table[spec["n"]], "y": table[spec["N"]]}))


def _by_day(export: Export):
    data, spec = export.data, export.spec
    who, table = data.study.participant, data.tables[spec["table"]]
    limit = data.study.tables[spec["table"]].columns[spec["value"]].limit
    group = dict(zip(data.frame[who], export.groups(spec.get("by", "")), strict=True))
    table = table[table[who].isin(group)]
    table = table[table[spec["day"]].notna()]
    days = table[spec["day"]].map(lambda day: on_day(day).id)
    export.order("set", (Name(day, day) for day in sorted(days.unique())))
    below = table[limit].fillna("").eq("<").astype(int) if limit else 0
    values = table[spec["value"]].astype("Float64")
    values = values.mask(values == 0, spec["zero"]) if spec.get("zero", 0) > 0 else values
    measured = {"set": days, "group": table[who].map(group), "y": values, "x": below}
    export.frames.append(pd.DataFrame(measured))


def _toxicity(export: Export):
    """Every event once for itself, its class and its term (set), with its grade (y), whose it is (x) and in which group; and
    every participant (no set)."""
    data, spec = export.data, export.spec
    who = data.frame[data.study.participant]
    group = export.groups(spec["by"]) if "by" in spec else pd.Series(pd.NA, index=data.frame.index, dtype="string")
    number = dict(zip(who, range(len(who)), strict=True))
    export.rows(x=who.map(number), group=group)
    events = toxicity.Events.of(data, METHODS.given(spec)).frame
    of = dict(zip(who, group, strict=True))
    named = {key: (f"{key}=" + events[key]).where(events[key].notna()) for key in ("class", "term")}
    for at in (pd.Series("any_event", index=events.index), *named.values()):
        mine = events.assign(set=at)[at.notna()]
        related = mine["related"].fillna(False).astype(int).astype(str)
        export.frames.append(pd.DataFrame({"set": mine["set"], "level": related, "group": mine["who"].map(of),
                                           "x": mine["who"].map(number), "y": mine["grade"]}))  # fmt: skip


def _crosstab(export: Export):
    data, variable = export.data, export.data.groups(export.spec["variable"])
    export.order("level", variable)
    export.order("set", map(data.column, export.spec["columns"]))
    for name in export.spec["columns"]:
        members, of = data.groups(name), data.column(name).id
        export.order("group", members, within=of)
        export.rows(set=of, group=_ids(members, data.frame.index), level=_ids(variable, data.frame.index))


def _people(export: Export, **more) -> dict[str, int]:
    """The participants with their groups, and each one's number."""
    who = export.data.frame[export.data.study.participant]
    numbered = {name: number for number, name in enumerate(who, start=1)}
    export.rows(set="people", x=who.map(numbered), group=export.groups(export.spec.get("by", "")), **more)
    return numbered


def _measurements(export: Export):
    data, spec = export.data, export.spec
    numbered = _people(export)
    rows, limit = data.tables[spec["table"]], data.study.tables[spec["table"]].columns[spec["value"]].limit
    x, values = rows[data.study.participant].map(numbered), rows[spec["value"]].astype("Float64")
    values = values.mask(rows[limit].fillna("").eq("<"), 0.0) if limit else values
    frame = pd.DataFrame({"set": "values", "x": x, "y": values, "time": rows[spec["day"]].astype("Float64")})
    export.frames.append(frame[x.notna()])


def _dose(export: Export):
    export.rows(x=export.number(export.spec["dose"]), y=export.data.outcome(export.spec["event"]).astype("Float64"))


def _score(export: Export):
    """The score, higher where the outcome is expected, and the outcome."""
    score = export.number(export.spec["score"]) * (-1 if export.spec.get("lower") else 1)
    export.rows(x=score, y=export.data.outcome(export.spec["event"]).astype("Float64"))


def _together(export: Export):
    """The names of the sets that each participant is in; missing where one is not known."""
    holds = {word(name): export.data.holds(text) for name, text in export.spec["sets"].items()}
    export.order("set", holds)
    table = pd.DataFrame({name.id: one for name, one in holds.items()}, index=export.data.frame.index)
    inside = [None if row.isna().any() else [name for name in table if row[name]] for _, row in table.iterrows()]
    export.rows(level=["+".join(names) or "none" if names is not None else pd.NA for names in inside])


EXPORTS: dict[str, Callable[[Export], None]] = {
    "proportion": _event, "fisher": _event, "trend": _event,
    "summary": _values, "mann_whitney": _values, "kruskal_wallis": _values, "frequency": _table, "fisher_rxc": _table,
    "chi_square": _table, "baseline": _baseline, "spearman": _pair, "kaplan_meier": _survival, "follow_up": _survival,
    "log_rank": _days,  "kinetics_by_day": _by_day, "missing_response": _event,  "survival_difference": _survival, "toxicity": _toxicity, "combinations": _together,
    "cumulative_incidence": _competing, "gray": _competing, "landmark": _delayed, "mantel_byar": _delayed,
    "firth_logistic": _logistic, "pool": _pool, "simon_makuch": _delayed, "time_dependent_cox": _delayed, "naive_comparison": _delayed,
    "pairwise_means": _values, "pairwise_ranks": _values, "pairwise_proportions": _event, "pairwise_log_rank": _days,
    "crosstab": _crosstab, "exposure": _measurements, "dose_response": _dose, "isotonic": _dose, "conditional_probability": _competing, "permutation_log_rank": _days, "roc": _score, "correlations": _pairs, "calibration": _predicted, "bootstrap": _values,
    **exports.EXPORTS, **exports_times.EXPORTS, **exports_tests.EXPORTS,
}  # fmt: skip


def _cause(results: Results, spec: Mapping) -> dict:
    if spec["method"] not in (
        "cumulative_incidence",
        "conditional_probability",
        "gray",
        "cause_specific_cox",
        "fine_gray",
    ):
        return {"cause": "", "cause_name": ""}
    events = list(results.plan.endpoints[spec["endpoint"]].events)
    name = spec.get("cause") or events[0]
    return {"cause": events.index(name) + 1, "cause_name": name}


def _families(results: Results) -> pd.DataFrame:
    """The tests of each family."""
    rows = results.ard[results.ard["statistic"].eq("p_value_adjusted") & results.ard["value"].notna()]
    family = [results.plan.analyses[name]["family"] for name in rows["analysis"]]
    method = [results.plan.families[name] for name in family]
    return rows[["analysis", "group", "level"]].assign(family=family, method=method)


def _delayed_entry(results: Results, spec: Mapping) -> str:
    endpoint = results.plan.endpoints.get(spec.get("endpoint", ""))
    return str(bool(endpoint and endpoint.entry)).lower()


COLUMNS = ["analysis", "set", "group", "level", "x", "y", "time", "event", "entry"]


def export(results: Results, folder: Path, analysed: Iterable[tuple[str, Data]]) -> dict[str, str]:
    """Write jobs.csv, levels.csv, families.csv and data.csv for all analyses that have a second implementation; the hash of what
    stands there of each. analysed: all analyses with what they work on."""
    jobs, levels, families, exported = [], [], _families(results), {}
    texts = [",".join(COLUMNS) + "\n"]
    for name, data in analysed:
        spec = results.plan.analyses[name]
        if spec["method"] not in EXPORTS:
            continue
        made = Export(data, spec, results.analysis(name))
        EXPORTS[spec["method"]](made)
        defaults = {**DEFAULTS, **OWN_DEFAULTS.get(spec["method"], {})}
        options = {key: spec.get(key, default) for key, default in defaults.items()}
        options |= _cause(results, spec)
        options |= {"milestone": spec.get("time", ""), "seed": results.plan.seed, "plan_alpha": results.plan.alpha}
        options |= {
            key: ";".join(number_text(rate) for rate in spec.get(key, ())) for key in ("rates", "skeleton", "quantiles")
        }
        options |= {
            "exact": str(bool(spec.get("exact", True))).lower(),
            "equal_variance": str(bool(spec.get("equal_variance"))).lower(),
        }
        options["continuity"] = str(bool(spec.get("correction", True))).lower()
        options["at"] = ";".join(number_text(t) for t in spec.get("at", spec.get("days", ())))
        options |= {
            "divisor": results.plan.days(options["unit"]),
            "adjusted": str(bool(spec.get("covariates"))).lower(),
        }
        options["delayed"] = _delayed_entry(results, spec)
        options |= {
            key: str(bool(spec.get(key))).lower()
            for key in ("intervals", "stratum", "cluster", "trend", "correction", "related", "firth")
        }
        options["tested"] = str(bool(spec.get("p_values"))).lower()
        options["stabilised"] = str(options["stabilised"]).lower()
        options["covariance"] = ";".join(options["covariance"])
        options["knapp_hartung"] = str(options["knapp_hartung"]).lower()
        options["visit"] = data.column(options["visit"]).id if options["visit"] else ""
        options["by"] = data.column(options["by"]).id if options["by"] else ""
        jobs.append({"analysis": name, "method": spec["method"], "conf": results.plan.level, **options})
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
        exported[name] = hash_of([jobs[-1], mine, families[families["analysis"] == name].to_dict("records"), text])
    for frame, file in (
        (pd.DataFrame(jobs), "jobs"),
        (pd.DataFrame(levels, columns=["analysis", "set", "kind", "position", "id"]), "levels"),
        (families, "families"),
    ):
        write_text(_csv(frame), folder / f"{file}.csv")
    write_text("".join(texts), folder / "data.csv")
    return exported


def _csv(frame: pd.DataFrame, header: bool = True) -> str:
    return frame.to_csv(index=False, header=header, na_rep=MISSING, lineterminator="\n")


LONGEST = 1800  # seconds that R may take
FOUND = [*KEY, "second", "tolerance", "implementation"]


@dataclass(frozen=True)
class Answer:
    """second: the statistics that were computed again; versions: of what computed them; failed: analysis -> what R said."""

    second: pd.DataFrame
    versions: dict[str, str]
    failed: dict[str, str]


class Second:
    """R at work beside this process: started at once, asked for its answer later; plain Python for what R has not, and where
    there is no R."""

    def __init__(
        self, results: Results, analysed: Iterable[tuple[str, Data]] | None = None, store: Store | None = None
    ):
        """analysed: all analyses with what they work on, if somebody has it; store: what was computed of the same is taken from."""
        self.results, self.process = results, None
        self.folder = tempfile.TemporaryDirectory(prefix="trialpress-second-")
        every = ((name, results.analysed(name)) for name in results.plan.analyses)
        folder = Path(self.folder.name)
        exported = export(results, folder, every if analysed is None else analysed)
        self.kept = Kept(store, results.plan, exported) if store else None
        self.left = self.kept.narrow(folder) if self.kept else True
        if self.left and shutil.which("Rscript"):
            command = ["Rscript", "--vanilla", str(SCRIPT), self.folder.name]
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def found(self) -> Answer:
        """What came of it. What R says goes to the log."""
        with self.folder:
            now = self._found(Path(self.folder.name)) if self.left else Answer(pd.DataFrame(columns=FOUND), {}, {})
        if not self.kept:
            return now
        return Answer(*self.kept.whole(now.second, now.versions, now.failed), now.failed)

    def _found(self, folder: Path) -> Answer:
        if self.process is None:
            rows, failed = plain.second(folder, [], plain.METHODS)
            return Answer(pd.DataFrame(rows, columns=FOUND), plain.versions(), failed)
        ended, failed = "", {}
        try:
            said, _ = self.process.communicate(timeout=LONGEST)
        except subprocess.TimeoutExpired:
            self.process.kill()
            said, _ = self.process.communicate()
            ended = f"R was ended after {LONGEST} s"
        print(said, end="")
        there = (folder / "second.csv").exists()
        if ended or not there:
            last = next((line for line in reversed(said.splitlines()) if line.strip()), "R gave no answer")
            print(why := ended or f"R stopped: {last.strip()}")
            failed = dict.fromkeys(self.results.plan.analyses, why)
        if not there:
            return Answer(pd.DataFrame(columns=FOUND), {}, failed)
        second, known, stopped = (
            pd.read_csv(folder / f"{name}.csv", dtype=str, keep_default_na=False)
            for name in ("second", "versions", "failed")
        )
        versions, failed = dict(known.to_numpy().tolist()), dict(stopped.to_numpy().tolist())
        rows, beside = plain.second(folder, second.to_dict("records"), plain.BESIDE)
        if rows:
            second = pd.concat([second, pd.DataFrame(rows)], ignore_index=True)
            versions |= plain.versions()
        return Answer(second, versions, beside | failed)


def difference(first: float, second: float) -> float:
    """Relative to the second value, absolute where that is zero; 0 where both are missing or infinite alike."""
    if first == second or (math.isnan(first) and math.isnan(second)):
        return 0.0
    gap = abs(first - second)
    return math.inf if not math.isfinite(gap) else gap / abs(second) if abs(second) > 1e-12 else gap


def compare(ard: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
    """Rows of ard.csv that have a second value, with both, their difference, tolerance and verdict."""
    both = ard[[*KEY, "value"]].merge(second, on=KEY, how="inner", sort=False)
    theirs = pd.to_numeric(both["second"].replace({"NA": "nan", "Inf": "inf", "-Inf": "-inf"}), errors="coerce")
    gap = [difference(a, b) for a, b in zip(both["value"], theirs, strict=True)]
    both = both.assign(second=theirs, difference=gap, tolerance=pd.to_numeric(both["tolerance"]))
    both["verdict"] = [
        AGREES if d <= t else DIFFERS for d, t in zip(both["difference"], both["tolerance"], strict=True)
    ]
    return both[list(CONCORDANCE.columns)]


def once(results: Results, concordance: pd.DataFrame, failed: Mapping[str, str], here: bool) -> pd.DataFrame:
    """The rows of ard.csv that have no second value, each with the reason. failed: analysis -> what R said; here: R is."""
    both = results.ard.merge(concordance[[*KEY, "verdict"]], on=KEY, how="left")
    rows = both[both["verdict"].isna()]
    methods = {name: spec["method"] for name, spec in results.plan.analyses.items()}
    why = [_why(row, methods[row.analysis], failed, here) for row in rows.itertuples()]
    return rows.assign(why=why)[list(COMPUTED_ONCE.columns)]


def _why(row, method: str, failed: Mapping[str, str], here: bool) -> str:
    if method not in EXPORTS:
        return f"no second implementation of the method {method}"
    if math.isnan(row.value):
        return f"no value to compare: {row.note or 'not estimable'}"
    if row.analysis in failed:
        return f"the second computation stopped: {failed[row.analysis]}"
    if not here:
        return "needs R, which is not installed here"
    if row.statistic == "p_value_adjusted":
        return "not every test of its family was computed twice"
    return f"no second implementation of {row.statistic} for these options or data"


def share(ard: pd.DataFrame, concordance: pd.DataFrame) -> dict:
    """How many statistics there are, how many were computed twice, and how many of those differ."""
    differ = int((concordance["verdict"] == DIFFERS).sum())
    return {"statistics": len(ard), "computed_twice": len(concordance), "differ": differ}
