"""The statistical analysis plan as objects: columns, populations, endpoints, and the plan that holds them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import pandas as pd

from ..checks.values import TRUTH
from ..ids import Name
from ..kinds import Kind
from ..text import number_text
from ..wording import ENGLISH, Wording
from .lock import Lock

DAYS_PER_MONTH = 30.4375
UNITS = ("hours", "days", "weeks", "months", "years")


def level_texts(values: pd.Series) -> pd.Series:
    """The values of a column as `levels` name them: 1 and not 1.0, True, a text as it is; missing stays missing."""
    if pd.api.types.is_float_dtype(values):
        return values.astype("Float64").map(number_text, na_action="ignore").astype("string")
    return values.astype("string")


def own_word(word: str, taken: Collection[str], more: str) -> str:
    """A word of ours ("Unknown") among those of the data; with what it means beside it where one of them is the same.

    >>> own_word("Unknown", ["CR", "Unknown"], "no value")
    'Unknown (no value)'
    """
    while word in taken:
        word = f"{word} ({more})"
    return word


OTHER = "other"  # the level of all values that no level names


def other_level(spec: Mapping) -> dict[str, str]:
    """The level for all values that no level names, if the plan wants it."""
    return {OTHER: str(spec["other"])} if "other" in spec else {}


def reasons(step: Mapping) -> dict[Name, str]:
    """The reasons of a step of the flow -> their conditions; a reason without a label of its own is printed as its id."""
    written = {id: {"condition": one} if isinstance(one, str) else one for id, one in step.get("reasons", {}).items()}
    return {Name(id, one.get("label", id)): one["condition"] for id, one in written.items()}


@dataclass(frozen=True)
class Derived:
    """A derived column of the subjects."""

    name: str
    spec: Mapping
    label: str = ""
    unit: str = ""
    type: str = ""
    levels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Population:
    """An analysis population; `within` is the id of the population that it is part of. An empty one stops the run, unless
    it may be empty."""

    id: str
    label: str
    within: str = ""
    condition: str = "true"
    definition: str = ""
    may_be_empty: bool = False

    @property
    def unknown(self) -> str:
        """The column that is true for those of whom it is not known whether they belong; none if it is known of everybody."""
        return f"{self.id}_unknown"


@dataclass(frozen=True)
class Endpoint:
    """A time-to-event endpoint over columns or expressions of the subjects; its times are counted in `unit`.

    From dates: `origin`, the dates of `events`, `censor` (counts for those without an event only); the earliest of
    `censor_at` cuts, also before an event. From durations: `time`, and `events` as conditions; `censor_at` are durations
    too. `entry`: from when a participant is at risk.
    """

    id: str
    label: str
    origin: str = ""
    events: Mapping[str, str] = field(default_factory=dict)
    censor: str = ""
    competing: bool = False
    definition: str = ""
    censor_at: tuple[str, ...] = ()
    time: str = ""
    unit: str = "days"
    entry: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)

    def event(self, name: str) -> Name:
        """An event or cause as results name it."""
        return Name(name, self.labels.get(name, name))

    @property
    def from_durations(self) -> bool:
        return bool(self.time)

    @property
    def moments(self) -> dict[str, str]:
        """Where in the endpoint each of its dates or durations stands -> the expression."""
        cuts = {f"censor_at.{number}": text for number, text in enumerate(self.censor_at)}
        entry = {"entry": self.entry} if self.entry else {}
        if self.time:
            return {"time": self.time, **cuts, **entry}
        events = {f"events.{name}": text for name, text in self.events.items()}
        return {"origin": self.origin, **events, "censor": self.censor, **cuts, **entry}

    @property
    def undated(self) -> str:
        """The column that is true for those without an event who may have had one on a day that is not known; none if there is nobody."""
        return f"{self.id}_undated"

    @property
    def conditions(self) -> dict[str, str]:
        """The same of its conditions, of an endpoint from durations."""
        if not self.time:
            return {}
        return {f"causes.{name}" if self.competing else "event": text for name, text in self.events.items()}

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the subjects that it gives."""
        more = [("cut", self.censor_at), ("entry", self.entry), ("cause", self.competing)]
        return tuple(f"{self.id}_{name}" for name in ("time", "event", *(name for name, has in more if has)))


# Tables that count participants themselves -> their options and what the method of the same name calls them. What such a
# table declares is an analysis.
COUNTING = {"crosstab": {"population": "population", "rows": "variable", "columns": "columns"}}


def of_table(name: str) -> str:
    """The id under which the numbers stand that a table counts or lists itself."""
    return f"table_{name}"


def counted_by(tables: Mapping[str, Mapping]) -> dict[str, Mapping]:
    """The analyses that tables declare."""
    return {
        of_table(name): {"method": spec["kind"], "label": spec["caption"].strip().rstrip("."),
                         **{what: spec[key] for key, what in COUNTING[spec["kind"]].items() if key in spec}}
        for name, spec in tables.items() if spec["kind"] in COUNTING
    }  # fmt: skip


@dataclass(frozen=True)
class Plan:
    """The checked plan. `columns` holds the label, unit and levels of every column of the subjects, `kinds` what each can
    hold; `analyses` those that are written and those that tables declare; `families` the method by which the p-values of each family are adjusted; `written` the YAML, loops written out; `lock` what was fixed of it before the data.
    """

    level: float
    alpha: float
    seed: int
    multiplicity: str
    cohort_table: str
    derived: Mapping[str, Derived]
    daily: Mapping
    populations: Mapping[str, Population]
    flow: tuple[Mapping, ...]
    endpoints: Mapping[str, Endpoint]
    analyses: Mapping[str, Mapping]
    figures: Mapping[str, Mapping]
    tables: Mapping[str, Mapping]
    columns: Mapping[str, Derived]
    families: Mapping[str, str] = field(default_factory=dict)
    days_per_month: float = DAYS_PER_MONTH
    date: str = ""
    precision: Mapping = field(default_factory=dict)
    kinds: Mapping[str, Kind] = field(default_factory=dict)
    written: Mapping = field(default_factory=dict, repr=False)
    lock: Lock = Lock()
    labels: str = ""  # the file of the second set of labels, if the plan asks for one
    say: Wording = field(default=ENGLISH, repr=False)  # the program's own words in the language of these labels

    def label(self, column: str, unit: bool = False) -> str:
        """A column's name as printed, with its unit if asked for."""
        known = self.columns.get(column)
        text = (known.label if known else "") or column.replace("_", " ")
        return f"{text}, {known.unit}" if unit and known and known.unit else text

    def level_label(self, column: str, value) -> str:
        """A level's name as printed."""
        known = self.columns.get(column)
        text = (known.levels if known else {}).get(str(value), str(value))
        return TRUTH.get(text, text)

    @property
    def files(self) -> list[str]:
        """The files beside the clean tables that analyses read."""
        return sorted({spec["file"] for spec in self.analyses.values() if "file" in spec})

    @property
    def shown(self) -> list[str]:
        """The files beside the results that figures show."""
        return sorted({spec["file"] for spec in self.figures.values() if "file" in spec})

    def days(self, unit: str) -> float:
        """The days of a unit of time."""
        month = self.days_per_month
        return {"hours": 1 / 24, "days": 1.0, "weeks": 7.0, "months": month, "years": 12 * month}[unit]

    def per(self, endpoint: str, unit: str) -> float:
        """How many units of an endpoint's times make one `unit`; exactly 1 where they are the same."""
        own = self.endpoints[endpoint].unit
        return 1.0 if own == unit else self.days(unit) / self.days(own)
