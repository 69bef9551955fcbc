"""The methods that plan.yaml can name. Each takes the population's participants, calls `stats`, and adds rows.

What a method cannot estimate it says in a row ("not estimable: ..."); it never fails for want of events or groups.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from ..registry import Column, Condition, Endpoint, Registry, Table
from . import Data, Rows

METHODS = Registry("method", "method", ("population", "where", "label", "family"))

Interval = Literal["clopper-pearson", "wilson", "jeffreys", "mid-p", "blaker"]
Unit = Literal["days", "months", "years"]
DAYS = {"days": 1.0, "months": 30.4375, "years": 365.25}
PERCENT = {"estimate": "percent", "ci_low": "percent", "ci_high": "percent"}


# --- describing -----------------------------------------------------------------------------------------------------


@METHODS.add("proportion")
def proportion(data: Data, rows: Rows, *, event: Condition, by: Column = "", interval: Interval = "clopper-pearson"):
    """Share of participants for whom a condition holds, with an exact interval. Where the condition is not known the
    participant counts as not having the event and the note says how many those are.

    Parameters
        event: what is counted
        by: column whose levels are reported apart
        interval: kind of confidence interval
    """
    from ..stats.proportions import proportion as estimate

    holds = data.holds(event)
    for group, members in data.groups(by).items():
        unknown = int(holds[members].isna().sum())
        note = f"{unknown} with unknown outcome counted as no event" if unknown else ""
        result = estimate(int(holds[members].sum()), int(members.sum()), level=data.plan.level, interval=interval)
        rows.add(result, group=group, kinds=PERCENT, note=note)


@METHODS.add("summary")
def summary(data: Data, rows: Rows, *, variable: Column, by: Column = ""):
    """Number, missing, mean, standard deviation, median, quartiles (R type 7) and range of a continuous variable.

    Parameters
        variable: what is summarised
        by: column whose levels are reported apart
    """
    for group, members in data.groups(by).items():
        _summarise(data, rows, variable, members, group, "")


def _summarise(data: Data, rows: Rows, variable: str, members: pd.Series, group: str, prefix: str):
    from ..stats.continuous import summary as summarise

    values = data.frame.loc[members, variable].astype("Float64")
    known = values.dropna().to_numpy(dtype=float)
    rows.add({"missing": int(values.isna().sum())}, group=group, level=prefix, method="summary")
    if len(known):
        span = np.ptp(known)
        kind = (
            "decimal0"
            if np.all(known == np.round(known)) and span > 10
            else "significant"
            if span < 1 or np.max(np.abs(known)) >= 1000
            else "decimal1"
        )
        rows.add(summarise(known), group=group, level=prefix, kind=kind)
    else:
        rows.add({"n": 0}, group=group, level=prefix, method="summary")


@METHODS.add("frequency")
def frequency(data: Data, rows: Rows, *, variable: Column, by: Column = ""):
    """Counts and percentages of the levels of a categorical variable, of those in whom it is known.

    Parameters
        variable: what is counted
        by: column whose levels are reported apart
    """
    for group, members in data.groups(by).items():
        _frequencies(data, rows, variable, members, group, "")


def _frequencies(data: Data, rows: Rows, variable: str, members: pd.Series, group: str, prefix: str):
    levels = data.groups(variable)
    known = int(data.frame.loc[members, variable].notna().sum())
    rows.add(
        {"N": known, "missing": int(members.sum()) - known}, group=group, level=prefix, method="counts of known values"
    )
    for level, holds in levels.items():
        n = int((holds & members).sum())
        values = {"n": n, "percent": n / known if known else float("nan")}
        name = f"{prefix}: {level}" if prefix else level
        rows.add(
            values,
            group=group,
            level=name,
            method="counts of known values",
            note="" if known else "not estimable: no known value",
        )


@METHODS.add("baseline")
def baseline(data: Data, rows: Rows, *, variables: list[Column], by: Column = ""):
    """Baseline characteristics: continuous variables summarised, categorical ones counted, overall and by group, with
    standardised differences between two groups. No tests: groups that were not randomised differ.

    Parameters
        variables: the characteristics, in the order of the table
        by: column whose levels are compared
    """
    from ..stats.continuous import standardised_difference

    groups = {**(data.groups(by) if by else {}), "Overall": pd.Series(True, index=data.frame.index)}
    for group, members in groups.items():
        rows.add({"N": int(members.sum())}, group=group, method="participants")
        for variable in variables:
            describe = _frequencies if is_categorical(data, variable) else _summarise
            describe(data, rows, variable, members, group, data.plan.label(variable, unit=True))
    pair = [members for group, members in groups.items() if group != "Overall"]
    if len(pair) == 2:
        for variable in variables:
            values = data.frame[variable]
            categorical = is_categorical(data, variable)
            values = values.astype("string") if categorical else values.astype("Float64")
            first, second = (values[members].dropna().to_numpy(dtype=str if categorical else float) for members in pair)
            result = standardised_difference(first, second)
            rows.add(result, group="difference", level=data.plan.label(variable, unit=True), names={"estimate": "standardised_difference"},
                     only=("estimate",), kind="decimal2")  # fmt: skip


def is_categorical(data: Data, variable: str) -> bool:
    """Whether a column is counted by level rather than summarised."""
    return bool(data.plan.columns[variable].levels) or not pd.api.types.is_numeric_dtype(data.frame[variable]) or (
        data.frame[variable].dtype == "boolean"
    )  # fmt: skip


# --- comparing ------------------------------------------------------------------------------------------------------


@METHODS.add("fisher")
def fisher(data: Data, rows: Rows, *, event: Condition, by: Column):
    """A condition compared between two groups: Fisher's exact test with the conditional odds ratio and its interval (as
    R's fisher.test), and the risk difference with Newcombe's interval. The second group is compared with the first;
    participants in whom the condition is not known are left out and counted in the note.

    Parameters
        event: what is compared
        by: column with two levels
    """
    from ..stats.contingency import fisher_2x2, risk_difference

    holds, groups = data.holds(event), data.groups(by)
    if not _two(rows, groups, "Fisher's exact test", ("odds_ratio", "p_value")):
        return
    counts = {
        group: (int(holds[members].sum()), int(holds[members].notna().sum())) for group, members in groups.items()
    }
    _unknown(rows, counts, holds, method="counts of known outcomes")
    (n1, N1), (n2, N2) = counts.values()
    result = fisher_2x2(np.array([[n2, N2 - n2], [n1, N1 - n1]]), level=data.plan.level)
    rows.add(
        result, kinds=dict.fromkeys(("ci_low", "ci_high"), "ratio"), only=("odds_ratio", "ci_low", "ci_high", "p_value")
    )
    difference = risk_difference(n2, N2, n1, N1, level=data.plan.level)
    rows.add(difference, level="risk difference", kind="percent", only=("estimate", "ci_low", "ci_high"))


def _unknown(rows: Rows, counts: dict, holds: pd.Series, method: str):
    unknown = int(holds.isna().sum())
    note = f"{unknown} with unknown outcome left out" if unknown else ""
    for group, (n, N) in counts.items():
        share = n / N if N else float("nan")
        rows.add(
            {"n": n, "N": N, "percent": share},
            group=group,
            method=method,
            note=note or ("" if N else "not estimable: no participants"),
        )


def _two(rows: Rows, groups: dict, method: str, names: tuple[str, ...]) -> bool:
    filled = [group for group, members in groups.items() if members.any()]
    if len(groups) == 2 and len(filled) == 2:
        return True
    why = (
        f"not estimable: {len(filled)} group{'s' if len(filled) != 1 else ''} with participants where two are compared"
    )
    rows.add(dict.fromkeys(names, float("nan")), method=method, note=why)
    return False


@METHODS.add("fisher_rxc")
def fisher_rxc(data: Data, rows: Rows, *, variable: Column, by: Column):
    """Association of two categorical variables: Fisher's exact test for an r x c table, by exact enumeration.

    Parameters
        variable: rows of the table
        by: columns of the table
    """
    from ..stats.contingency import fisher_rxc as exact

    table, groups, levels = cross_table(data, variable, by)
    for group, column in zip(groups, table.T, strict=True):
        for level, n in zip(levels, column, strict=True):
            rows.add({"n": n}, group=group, level=level, method="counts")
    rows.add({"N": table.sum()}, method="participants with both known")
    rows.add(exact(table), only=("p_value",))


def cross_table(data: Data, variable: str, by: str) -> tuple[np.ndarray, list[str], list[str]]:
    """Counts of `variable` (rows) by `by` (columns), with the names of columns and rows."""
    columns, lines = data.groups(by), data.groups(variable)
    table = np.array([[int((line & column).sum()) for column in columns.values()] for line in lines.values()])
    return table, list(columns), list(lines)


def _samples(data: Data, variable: str, by: str) -> dict[str, np.ndarray]:
    values = data.frame[variable].astype("Float64")
    return {group: values[members].dropna().to_numpy(dtype=float) for group, members in data.groups(by).items()}


@METHODS.add("mann_whitney")
def mann_whitney(data: Data, rows: Rows, *, variable: Column, by: Column):
    """A continuous or ordinal variable between two groups: Mann-Whitney test (as R's wilcox.test: exact without ties,
    otherwise normal with continuity correction) and the Hodges-Lehmann shift, second group less first.

    Parameters
        variable: what is compared
        by: column with two levels
    """
    from ..stats.continuous import mann_whitney as test

    samples = _samples(data, variable, by)
    _medians(rows, samples)
    if _two(
        rows, {group: values.size * np.ones(1) for group, values in samples.items()}, "Mann-Whitney test", ("p_value",)
    ):
        first, second = samples.values()
        rows.add(test(second, first, level=data.plan.level))


def _medians(rows: Rows, samples: dict[str, np.ndarray]):
    for group, values in samples.items():
        median = float(np.median(values)) if values.size else float("nan")
        note = "" if values.size else "not estimable: no known value"
        rows.add(
            {"n": values.size, "median": median},
            group=group,
            method="median of known values",
            kind="significant",
            note=note,
        )


@METHODS.add("kruskal_wallis")
def kruskal_wallis(data: Data, rows: Rows, *, variable: Column, by: Column):
    """A continuous or ordinal variable between several groups: Kruskal-Wallis test with ties corrected.

    Parameters
        variable: what is compared
        by: column of the groups
    """
    from ..stats.continuous import kruskal_wallis as test

    samples = _samples(data, variable, by)
    _medians(rows, samples)
    rows.add(test([values for values in samples.values() if values.size]))


@METHODS.add("spearman")
def spearman(data: Data, rows: Rows, *, x: Column, y: Column):
    """Rank correlation of two variables with its p-value (as R's cor.test).

    Parameters
        x: a column
        y: another column
    """
    from ..stats.continuous import spearman as correlate

    both = data.frame[[x, y]].astype("Float64").dropna()
    rows.add(correlate(both[x].to_numpy(dtype=float), both[y].to_numpy(dtype=float)))


@METHODS.add("trend")
def trend(data: Data, rows: Rows, *, event: Condition, by: Column, variant: Literal["exact", "r", "n-1"] = "exact"):
    """Trend of a proportion over ordered groups (Cochran-Armitage), scores 1, 2, ... in the order of the levels.

    Parameters
        event: what is counted
        by: column of the ordered groups
        variant: exact, or the asymptotic test with R's or the N-1 variance
    """
    from ..stats.dose import cochran_armitage
    from ..stats.proportions import proportion as estimate

    holds = data.holds(event)
    counts = {group: (int(holds[m].sum()), int(holds[m].notna().sum())) for group, m in data.groups(by).items()}
    for group, (n, N) in counts.items():
        rows.add(estimate(n, N, level=data.plan.level), group=group, kinds=PERCENT)
    filled = [(n, N, score) for score, (n, N) in enumerate(counts.values(), start=1) if N]
    events, totals, scores = (np.array(values) for values in zip(*filled, strict=True)) if filled else ([], [], [])
    rows.add(cochran_armitage(events, totals, scores, variant=variant), only=("statistic", "p_value"))


# --- time to event --------------------------------------------------------------------------------------------------


def _times(data: Data, endpoint: str, unit: str, members: pd.Series | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Times in `unit` and event indicators of those in whom both are known."""
    frame = data.frame if members is None else data.frame[members]
    known = frame[[f"{endpoint}_time", f"{endpoint}_event"]].dropna()
    return known.iloc[:, 0].to_numpy(dtype=float) / DAYS[unit], known.iloc[:, 1].to_numpy(dtype=float)


@METHODS.add("kaplan_meier")
def kaplan_meier(data: Data, rows: Rows, *, endpoint: Endpoint, by: Column = "", at: list[float] = [], unit: Unit = "months",
                 transform: Literal["log-log", "log", "plain", "arcsin"] = "log-log"):  # fmt: skip  # noqa: B006
    """Kaplan-Meier estimate: median with interval, estimates at fixed times, numbers at risk (time >= t).

    Parameters
        endpoint: the time-to-event endpoint
        by: column whose levels are estimated apart
        at: fixed times, in `unit`
        unit: unit of all times
        transform: scale on which the interval is symmetric
    """
    from ..stats.survival import kaplan_meier as estimate
    from ..stats.survival import survival_at

    for group, members in data.groups(by).items():
        time, event = _times(data, endpoint, unit, members)
        if not time.size:
            rows.add(
                {"n": 0, "median": float("nan")},
                group=group,
                method="Kaplan-Meier",
                note="not estimable: no participants",
            )
            continue
        km = estimate(time, event, level=data.plan.level, transform=transform)
        rows.add(km, group=group, kind="decimal1", names={"median_ci_low": "ci_low", "median_ci_high": "ci_high"})
        rows.curve(km.curve, group=group)
        for t in at:
            rows.add(survival_at(km, t), group=group, level=f"{t:g} {unit}", kind="percent", kinds={"n_at_risk": "count"},
                     only=("estimate", "ci_low", "ci_high", "n_at_risk"))  # fmt: skip


@METHODS.add("follow_up")
def follow_up(data: Data, rows: Rows, *, endpoint: Endpoint, unit: Unit = "months"):
    """Median follow-up by the reverse Kaplan-Meier method (Schemper & Smith 1996).

    Parameters
        endpoint: overall survival, as a rule
        unit: unit of all times
    """
    from ..stats.survival import reverse_kaplan_meier

    time, event = _times(data, endpoint, unit)
    rows.add(reverse_kaplan_meier(time, event, level=data.plan.level), kind="decimal1",
             names={"median_ci_low": "ci_low", "median_ci_high": "ci_high"})  # fmt: skip


@METHODS.add("log_rank")
def log_rank(data: Data, rows: Rows, *, endpoint: Endpoint, by: Column, rho: float = 0):
    """Log-rank test between groups (Fleming-Harrington with rho > 0).

    Parameters
        endpoint: the time-to-event endpoint
        by: column of the groups
        rho: weight S(t)^rho
    """
    from ..stats.survival import log_rank as test

    names = {f"{endpoint}_time", f"{endpoint}_event", by}
    known = data.frame.dropna(subset=sorted(names))
    if known[by].nunique() < 2:
        rows.add({"p_value": float("nan")}, method="log-rank test", note="not estimable: one group only")
        return
    time, event = known[f"{endpoint}_time"].to_numpy(dtype=float), known[f"{endpoint}_event"].to_numpy(dtype=float)
    rows.add(test(time, event, known[by].astype(str).to_numpy(), rho=rho), only=("statistic", "df", "p_value"))


@METHODS.add("cox")
def cox(data: Data, rows: Rows, *, endpoint: Endpoint, covariates: list[Column]):
    """Proportional hazards regression, Efron ties, Wald intervals. A categorical covariate is compared with its first
    level; participants with a missing covariate are left out and counted in the note.

    Parameters
        endpoint: the time-to-event endpoint
        covariates: columns of the model
    """
    from ..stats.cox import cox as fit

    design, names, known = design_matrix(data, covariates, [f"{endpoint}_time", f"{endpoint}_event"])
    left_out = len(data.frame) - int(known.sum())
    note = f"{left_out} with a missing value left out" if left_out else ""
    time, event = _times(data, endpoint, "days", known)
    rows.add({"n": time.size, "events": event.sum()}, method="participants in the model", note=note)
    result = fit(time, event, design, level=data.plan.level, names=names)
    _coefficients(rows, result, names, "hazard_ratio", note)
    rows.add(result, only=("lr_statistic", "lr_p_value"), kinds={"lr_p_value": "p"})


def _coefficients(rows: Rows, result, names: list[str], ratio: str, note: str = ""):
    """Per covariate rows from a Result whose `curve` has one row per covariate; not estimable: one row that says why."""
    note = "; ".join(text for text in (result.note, note) if text)
    if not result.curve:
        for name in names:
            rows.add({ratio: float("nan")}, level=name, method=result.method, note=note)
    for at, name in enumerate(result.curve.get("name", ())):
        values = {key: result.curve[key][at] for key in (ratio, "ci_low", "ci_high", "p_value")}
        rows.add(values, level=str(name), method=result.method, kinds={"ci_low": "ratio", "ci_high": "ratio"}, note=note)


def design_matrix(data: Data, covariates: list[str], needed: list[str]) -> tuple[np.ndarray, list[str], pd.Series]:
    """(X, names, who is complete): continuous covariates as they are, categorical ones against their first level."""
    known = data.frame[[*covariates, *needed]].notna().all(axis=1)
    columns, names = [], []
    for covariate in covariates:
        if is_categorical(data, covariate):
            for level, members in list(data.groups(covariate).items())[1:]:
                if (members & known).any():
                    columns.append(members[known].to_numpy(dtype=float))
                    names.append(f"{data.plan.label(covariate)}: {level}")
        else:
            columns.append(data.frame.loc[known, covariate].to_numpy(dtype=float))
            names.append(data.plan.label(covariate, unit=True))
    return np.column_stack(columns) if columns else np.empty((int(known.sum()), 0)), names, known


# --- kinetics -------------------------------------------------------------------------------------------------------


@METHODS.add("kinetics_by_day")
def kinetics_by_day(data: Data, rows: Rows, *, table: Table, day: str, value: str, by: Column = "", below: float = 0.5):
    """Geometric mean with interval of a measurement on each day. A value below the quantification limit (a `<` in the
    column's limit column) enters as a fraction of the limit.

    Parameters
        table: clean table with one row per participant and day
        day: its column of the day
        value: its column of the measurement
        by: column whose levels are reported apart
        below: fraction of the limit that stands for a value below it
    """
    from ..stats.kinetics import geometric_mean

    source, limit = data.tables[table], data.study.tables[table].columns[value].limit
    measured = source[value].astype("Float64")
    if limit:
        measured = measured.where(source[limit].fillna("") != "<", measured * below)
    for group, members in data.groups(by).items():
        inside = source[data.study.participant].isin(data.frame.loc[members, data.study.participant]) & measured.notna()
        points = []
        for at, values in measured[inside].groupby(source.loc[inside, day]):
            result = geometric_mean(values.to_numpy(dtype=float), level=data.plan.level)
            rows.add(result, group=group, level=f"day {at}", kind="significant", only=("n", "estimate", "ci_low", "ci_high"))
            points.append((at, result["estimate"], result["ci_low"], result["ci_high"], result["n"]))
        if points:
            rows.curve(dict(zip(("x", "estimate", "ci_low", "ci_high", "n_at_risk"), np.array(points, dtype=float).T, strict=True)), group=group)
