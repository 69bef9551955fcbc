"""The columns of the subjects: what each is derived from, and the cells that decided it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

from ...cohort import Builder
from ...cohort.grades import SCALES, bounds
from ...expression import Expression
from ...plan import Derived
from ...plan import Endpoint as TimeToEvent
from ...results import Results
from ...text import number_text
from .cells import Cells
from .texts import names_in, texts


class Columns:
    """The columns of the subjects: what each is derived from, and for each participant the cells that decided it."""

    def __init__(self, results: Results, cells: Cells):
        self.results, self.plan, self.cells = results, results.plan, cells
        self.who = results.subjects[results.study.participant].tolist()
        self.builder = Builder(results.study, results.plan, results.tables)
        self.builder.subjects = results.subjects
        self.about: dict[str, dict] = {}
        self.evidence: dict[str, dict[int, dict]] = {}
        self.rows: dict[str, dict[int, list]] = {}

    def add(self, name: str) -> None:
        """Trace a column and all that it comes from."""
        if name in self.about:
            return
        spec = self.plan.derived.get(name, Derived(name, {})).spec
        label, unit = self.plan.label(name), getattr(self.plan.columns.get(name), "unit", "")
        about = self.about[name] = {"label": label, "unit": unit, "how": "", "from": [], "table": ""}
        endpoint, _, part = name.rpartition("_")
        if "from" in spec:
            self._taken(name, spec, about)
        elif "daily" in spec:
            self._graded(name, spec["daily"], about)
        elif "expression" in spec:
            about |= {"how": str(spec["expression"]), "from": names_in(spec["expression"])}
        elif "cut" in spec:
            points = ", ".join(number_text(at) for at in spec["at"])
            about |= {"how": f"{spec['cut']} cut at {points}: {', '.join(spec['labels'])}", "from": [spec["cut"]]}
        elif "rank" in spec:
            order = " from the last" if spec.get("descending") else ""
            among = f" among {spec['among']}" if "among" in spec else ""
            about |= {"how": f"rank of {spec['rank']}{order}{among}", "from": [spec["rank"], *names_in(spec.get("among", "true"))]}  # fmt: skip
        elif name in self.plan.populations:
            population = self.plan.populations[name]
            outer = population.within or self.builder.who
            how = [outer if population.within else f"every row of {self.plan.cohort_table}", population.condition]
            about |= {
                "how": " and ".join(how).removesuffix(" and true"),
                "from": [outer, *names_in(population.condition)],
            }
        elif endpoint in self.plan.endpoints and part in ("time", "event", "cause", "cut", "entry"):
            self._endpoint(self.plan.endpoints[endpoint], part, about)
        else:
            about["from"] = [name]
        if name in about["from"]:  # a column of the cohort's table, or one derived from its namesake there
            about["from"] = [parent for parent in about["from"] if parent != name]
            self._own(name, about)
        for parent in about["from"]:
            self.add(parent)

    def table(self, table: str, fields: list[str]) -> str:
        """All rows of a clean table that an analysis reads directly, as a column `table.field`."""
        name = f"{table}.{fields[-1]}"
        if name not in self.about:
            frame, _ = self.builder.rows_of(table)
            label = self.results.study.tables[table].columns[fields[-1]].title
            how = f"all rows of {table} in which {fields[-1]} is known"
            self.about[name] = {"label": label, "unit": "", "how": how, "from": [], "table": table}
            self._rows(name, table, frame, frame[fields[-1]].notna(), fields)
        return name

    def _own(self, name: str, about: dict) -> None:
        table, field = name.split(".") if "." in name else (self.plan.cohort_table, name)
        column = self.results.study.tables[table].columns[field]
        about |= {"how": column.derive or f"{field} in {table}", "table": table}
        if "." in name:
            about |= {"label": column.title, "unit": column.unit}
        self.evidence[name] = {at: {"cells": self.cells.of(table, who, who, field)} for at, who in enumerate(self.who)}

    def _endpoint(self, endpoint, part: str, about: dict) -> None:
        about["how"] = _of_endpoint(endpoint, part)
        texts = [*endpoint.moments.values(), *endpoint.conditions.values()]
        about["from"] = list(dict.fromkeys(name for text in texts for name in names_in(text)))

    def _taken(self, name: str, spec: Mapping, about: dict) -> None:
        table, how = spec["from"], spec.get("take", "only")
        frame, columns = self.builder.rows_of(table)
        keep = Expression(spec["where"]).condition(columns) if "where" in spec else pd.Series(True, index=frame.index)
        value = self.builder.chosen(name, spec, columns)[0] if "value" in spec else None
        read = [read for key in ("value", "where", "by") if key in spec for read in names_in(spec[key])]
        about["table"] = table
        about["from"] = list(dict.fromkeys(read for read in read if read not in frame))
        take = f"{how} of " if how != "only" else ""
        where = f" where {spec['where']}" if "where" in spec else ""
        about["how"] = f"{take}{spec.get('value', 'rows')} in {table}{where}" + (
            f" by {spec['by']}" if "by" in spec else ""
        )
        who = frame[self.builder.who]
        decided = keep
        if value is not None and how in ("only", "min", "max", "first", "last"):
            known = keep & value.notna()
            if how in ("min", "max"):
                best = value.where(known).groupby(who).transform(how)
                known &= value.eq(best).fillna(False).astype(bool)
            elif how in ("first", "last"):
                by = Expression(spec["by"])(columns) if "by" in spec else pd.Series(0, index=frame.index)
                order = pd.DataFrame({"who": who, "by": by})[known].sort_values(["who", "by"], kind="stable")
                chosen = order.drop_duplicates("who", keep=how).index
                known = pd.Series(frame.index.isin(chosen), index=frame.index)
            decided = known | (keep & ~known.groupby(who).transform("any"))  # no value: the rows that have none
        self._rows(name, table, frame, decided, [read for read in read if read in frame])

    def _graded(self, name: str, grade: str, about: dict) -> None:
        daily, table = self.plan.daily, self.plan.daily["table"]
        spec = daily["grades"][grade]
        frame, _ = self.builder.rows_of(table)
        rows, signs = self.builder.signs(grade)
        low, high = bounds(SCALES[spec["scale"]], signs)
        graded = pd.DataFrame({"who": rows[self.builder.who], "low": low, "high": high})
        top = graded.groupby("who")["low"].transform("max")
        decided = ((graded["low"] == top) & (top > 0)) | (graded["high"] > top)
        read = list(dict.fromkeys(name for text in (daily["day"], *spec["signs"].values()) for name in names_in(text)))
        about["table"] = table
        about["from"] = [name for name in read if name not in frame]
        first, last = daily["window"]
        about["how"] = (
            f"highest grade of days {first} to {last} by {SCALES[spec['scale']].title}, from the signs in {table}: "
            "days of the highest grade (none if it is 0) and days that could be higher"
        )
        fields = [name for name in read if name in frame]
        self._rows(name, table, frame.loc[rows.index], decided, fields)

    def _rows(self, name: str, table: str, frame: pd.DataFrame, decided: pd.Series, fields: Iterable[str]) -> None:
        """Evidence from the rows of a clean table: the cells of `fields` in the rows that decided."""
        fields = list(dict.fromkeys(fields))
        participants = frame[self.builder.who].tolist()
        keys = [
            "/".join(parts)
            for parts in zip(*(texts(frame[k]) for k in self.results.study.tables[table].key), strict=True)
        ]
        at = {who: index for index, who in enumerate(self.who)}
        evidence = {index: {"cells": [], "rows": 0, "of": 0} for index in range(len(self.who))}
        looked: dict[int, list[str]] = {}
        for who, key, decides in zip(participants, keys, decided.tolist(), strict=True):
            found = evidence[at[who]]
            found["of"] += 1
            looked.setdefault(at[who], []).append(key)
            if decides:
                found["rows"] += 1
                for field in fields:
                    found["cells"] += self.cells.of(table, key, who, field)
        if table not in self.rows:
            self.rows[table] = {index: self.cells.span(table, keys) for index, keys in looked.items()}
        self.about[name]["fields"] = fields
        self.evidence[name] = evidence


def _of_endpoint(endpoint: TimeToEvent, part: str) -> str:
    """How a column of an endpoint came about, in words."""
    what = {"time": endpoint.unit, "event": "whether an event came first", "cause": "which event came first",
            "cut": "whether an event is left out because it came later,",
            "entry": f"{endpoint.unit} until at risk ({endpoint.entry}), counted"}[part]  # fmt: skip
    events = ", ".join(f"{name}: {text}" for name, text in endpoint.events.items())
    cut = f" and, whatever comes later, at the first of {', '.join(endpoint.censor_at)}" if endpoint.censor_at else ""
    if endpoint.from_durations:
        return f"{what} from the durations {endpoint.time} with {events}; otherwise censored{cut}"
    return (
        f"{what} from {endpoint.origin} to the first of {events}; without an event censored at {endpoint.censor}{cut}"
    )
