"""Cohorts for methods: one that has everything, and awkward ones made from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import SimpleNamespace

import numpy as np
import pandas as pd
from trialpress.analysis import Data, Rows
from trialpress.analysis.methods import METHODS
from trialpress.plan import Derived, Endpoint, Plan

ARMS = {"a": "Arm A", "b": "Arm B"}
DOSES = {"low": "Low", "middle": "Middle", "high": "High", "none": "No one"}
ENDPOINTS = {
    "os": Endpoint("os", "Overall survival", "origin", {"death": "died"}, "last"),
    "relapse": Endpoint("relapse", "Relapse", "origin", {"relapse": "r", "death in remission": "d"}, "last", True),
}


def data(frame: pd.DataFrame, levels: Mapping = {}, tables: Mapping = {}, seed: int = 1) -> Data:
    """A population with the columns of a frame; levels: column -> value -> name."""
    columns = {
        name: Derived(name, {}, name.replace("_", " ").capitalize(), levels=levels.get(name, {})) for name in frame
    }
    plan = Plan(0.95, 0.05, seed, "", "", {}, {}, {}, (), ENDPOINTS, {}, {}, {}, columns)
    copies = SimpleNamespace(limit="censored", type="number", codes={}, codes_from_file=False)
    limited = SimpleNamespace(columns={"copies": copies})
    study = SimpleNamespace(participant="who", tables={name: limited for name in tables})
    return Data(frame.reset_index(drop=True), plan, study, tables)


def compute(method: str, population: Data, **options) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(rows, curves) of a method."""
    rows = Rows()
    METHODS.functions[method](population, rows, **options)
    curves = pd.concat(rows.curves, ignore_index=True) if rows.curves else pd.DataFrame()
    return pd.DataFrame(rows.rows), curves


def values(method: str, population: Data, group: str = "", level: str = "", **options) -> dict[str, float]:
    """Statistic -> value of one group and level."""
    rows, _ = compute(method, population, **options)
    here = rows[(rows["group"] == group) & (rows["level"] == level)]
    return dict(zip(here["statistic"], here["value"], strict=True))


def usual(n: int = 24) -> pd.DataFrame:
    """Participants with all that methods use."""
    random = np.random.default_rng(20170508)
    time = pd.Series(random.integers(20, 400, n), dtype="Int64")
    origin = pd.Series(pd.Timestamp("2016-01-01") + pd.to_timedelta(random.integers(0, 100, n), unit="D"))
    begin = pd.Series(random.integers(15, 200, n))
    cause = pd.Series(random.integers(0, 3, n), dtype="Int64")
    return pd.DataFrame(
        {
            "who": pd.Series([f"P{i:02d}" for i in range(n)], dtype="string"),
            "arm": pd.Series(np.tile(["a", "b"], n)[:n], dtype="string"),
            "dose_group": pd.Series(np.tile(["low", "middle", "high"], n)[:n], dtype="string"),
            "dose": pd.Series(10 ** random.normal(5, 0.5, n), dtype="Float64"),
            "x": pd.Series(random.normal(50, 10, n), dtype="Float64"),
            "y": pd.Series(random.normal(50, 10, n), dtype="Float64"),
            "grade": pd.Series(random.integers(0, 5, n), dtype="Int64"),
            "response": pd.Series(random.random(n) < 0.6, dtype="boolean"),
            "later": pd.Series(random.random(n) < 0.5, dtype="boolean"),
            "origin": origin,
            "begin": (origin + pd.to_timedelta(begin, unit="D")).where(random.random(n) < 0.5),
            "os_time": time,
            "os_event": pd.Series(random.random(n) < 0.6, dtype="boolean"),
            "relapse_time": time,
            "relapse_event": (cause > 0).astype("boolean"),
            "relapse_cause": cause,
        }
    ).assign(again=lambda frame: (frame["begin"] + pd.Timedelta(days=30)).where(frame.index % 3 > 0))


def levels_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Measurements by day, the first below the limit of 50."""
    days = np.array([0, 4, 7, 14, 21, 28, 60])
    shape = np.array([50.0, 2e3, 6e4, 3e4, 6e3, 2e3, 300])
    n = len(frame)
    scale = np.repeat(1 + np.arange(n) / 10, len(days))
    return pd.DataFrame(
        {
            "who": np.repeat(frame["who"].to_numpy(dtype=object), len(days)),
            "day": pd.Series(np.tile(days, n), dtype="Int64"),
            "taken": np.repeat(frame["origin"].to_numpy(), len(days)) + pd.to_timedelta(np.tile(days, n), unit="D"),
            "copies": pd.Series(np.where(np.tile(days, n) > 0, np.tile(shape, n) * scale, 50.0), dtype="Float64"),
            "censored": pd.Series(np.where(np.tile(days, n) > 0, None, "<"), dtype="string"),
        }
    ).astype({"who": "string"})


def _with(**columns) -> Callable[[pd.DataFrame], pd.DataFrame]:
    def change(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(
            **{name: pd.Series([value] * len(frame), dtype=frame[name].dtype) for name, value in columns.items()}
        )

    return change


NOBODY_HAS_IT = {"response": False, "later": False, "os_event": False, "relapse_event": False, "relapse_cause": 0}
ALL_HAVE_IT = {"response": True, "later": True, "os_event": True, "relapse_event": True, "relapse_cause": 1}
MEASURED = ("dose", "x", "y", "grade", "response", "later", "os_time", "os_event", "relapse_time", "relapse_event",
            "relapse_cause", "arm", "dose_group", "begin")  # fmt: skip


def _separated(frame: pd.DataFrame) -> pd.DataFrame:
    """Everything that happens, happens in arm B at a high dose, and early."""
    b = frame["arm"].eq("b")
    time = frame["os_time"].where(~b, frame.index.to_series() + 1)
    return frame.assign(response=b.astype("boolean"), later=b.astype("boolean"), os_event=b.astype("boolean"),
                        x=frame["x"].where(b, frame["x"] - 1000), dose=frame["dose"].where(~b, frame["dose"] * 1e6),
                        relapse_event=b.astype("boolean"), relapse_cause=b.astype("Int64"),
                        os_time=time, relapse_time=time, begin=frame["begin"].where(b))  # fmt: skip


AWKWARD: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "usual": lambda frame: frame,
    "nobody": lambda frame: frame.iloc[:0],
    "one participant": lambda frame: frame.iloc[:1],
    "two participants": lambda frame: frame.iloc[:2],
    "one group": lambda frame: frame[frame["arm"] == "a"],
    "one in a group": lambda frame: pd.concat([frame[frame["arm"] == "a"], frame[frame["arm"] == "b"].iloc[:1]]),
    "no event": _with(**NOBODY_HAS_IT),
    "all events": _with(**ALL_HAVE_IT),
    "only competing events": _with(relapse_event=True, relapse_cause=2),
    "all missing": _with(**dict.fromkeys(MEASURED, pd.NA) | {"begin": pd.NaT}),
    "half missing": lambda frame: frame.assign(**{name: frame[name].mask(frame.index % 2 == 1) for name in MEASURED}),
    "outcomes of one arm unknown": lambda frame: frame.assign(
        **{name: frame[name].mask(frame["arm"].eq("b")) for name in ("response", "later", "x", "os_time", "relapse_time")}
    ),
    "constant covariates": _with(dose=1e5, x=50.0, y=50.0, grade=2),
    "dose of zero": _with(dose=0.0),
    "separation": _separated,
    "all at the same time": _with(os_time=100, relapse_time=100),
    "no follow-up": _with(os_time=0, relapse_time=0),
    "nobody begins": _with(begin=pd.NaT),
    "begins again before": lambda frame: frame.assign(again=frame["origin"] + pd.Timedelta(days=60)),
    "all begin at once": lambda frame: frame.assign(begin=frame["origin"]),
    "all begin before": lambda frame: frame.assign(begin=frame["origin"] - pd.Timedelta(days=9)),
    "large and small": lambda frame: frame.assign(x=frame["x"] * 1e40, y=-frame["y"] * 1e-40),
}  # fmt: skip


def awkward(name: str) -> Data:
    frame = AWKWARD[name](usual()).reset_index(drop=True)
    return data(frame, {"arm": ARMS, "dose_group": DOSES}, {"levels": levels_table(frame)})
