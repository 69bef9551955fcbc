"""States between which participants move."""

from __future__ import annotations

from ...ids import Name, word
from ...ids import at as at_time
from ...registry import Column, Endpoint
from ...stats.result import Result
from .. import Data, Rows
from .common import METHODS, PERCENT, Unit, not_estimable
from .delayed import States


def states_of(data: Data, endpoint: str, begin: str) -> list[Name]:
    """The states by number: not begun, begun, and one of each cause."""
    label, of = data.plan.label(begin), data.plan.endpoints[endpoint]
    named = [Name(one.id, f"{label}: {one.label}") for one in (word("not begun"), word("begun"))]
    return named + [of.event(name) for name in of.events]


@METHODS.add("state_probabilities", days=True)
def state_probabilities(
    data: Data, rows: Rows, *, endpoint: Endpoint, begin: Column, at: list[float] = (), unit: Unit = "months"
):
    """Probabilities of an illness-death model over time (Aalen-Johansen): of being under follow-up without what may begin, as an
    allogeneic transplant, of being under follow-up after it, and of each cause of the endpoint; together they are 1.

    Parameters
        endpoint: an endpoint with competing causes
        begin: column of the date on which it begins
        at: fixed times, in `unit`
        unit: unit of the curves and of fixed times
    """
    from ...stats.multistate import illness_death
    from ...stats.multistate import state_probabilities as estimate
    from ...stats.survival import read_off

    if not data.plan.endpoints[endpoint].competing:
        raise ValueError(f"endpoint: '{endpoint}' has no competing causes, which are the states at the end")
    found, names = States.of(data, endpoint, begin, outcome="cause"), states_of(data, endpoint, begin)
    method = "Aalen-Johansen state probabilities"
    rows.add({"n": len(found.time)}, method="participants with follow-up", note=found.note)
    stays = illness_death(found.time, found.event.astype(int), found.begin) if found.time.size else None
    if stays is None or not len(stays.patient):
        return not_estimable(rows, ("estimate",), "no follow-up" if found.time.size else "no participants", method)
    result = estimate(stays, len(names), level=data.plan.level)
    at_once = int((found.time == 0).sum())
    note = f"{at_once} without follow-up beyond day 0 left out of the estimate" if at_once else ""
    for k, name in enumerate(names):
        part = {key: values[result.curve["state"] == k] for key, values in result.curve.items() if key != "state"}
        part["time"] = part["time"] / data.plan.days(unit)
        rows.add(
            {"transitions": result[f"state:{k}"]},
            group=name,
            kind="count",
            method="transitions into the state",
            note=note,
        )
        rows.curve(part, group=name)
        for t in at:
            there = read_off(Result(result.method, {}, curve=part), t, before=0.0)
            rows.add(there, group=name, level=at_time(t, unit), kinds=PERCENT, only=("estimate", "ci_low", "ci_high"))
