"""Models of data that are completed by multiple imputation."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...ids import Name
from ...registry import Column, Count
from ...stats.result import Result
from .. import Data, Rows
from ..participants import in_no_group
from .common import METHODS, RATIO, comparable, group_codes, is_categorical, not_estimable, number
from .linear import centre

POOLED = ("std_error", "df", "ci_low", "ci_high", "p_value", "fmi")


@dataclass(frozen=True)
class Incomplete:
    """What is imputed. frame: numbers, 0 and 1, and levels as columns of 0 and 1; binary: of each; model: columns of the model
    (after those of the groups) with their names; code: group of each; gaps: column of the subjects -> where it is missing.
    """

    known: pd.Series
    matrix: np.ndarray
    binary: list[bool]
    names: list[Name]
    code: np.ndarray
    sizes: dict[Name, int]
    gaps: dict[str, pd.Series]
    boolean: bool
    why: str

    @classmethod
    def of(cls, data: Data, variable: str, by: str, covariates: Iterable[str], auxiliary: Iterable[str]) -> Incomplete:
        known = ~in_no_group(data, by)
        code, sizes = group_codes(data, by, known)
        columns, binary, names, why = [], [], [], ""
        outcome = data.frame.loc[known, variable]
        boolean = bool(outcome.dtype == "boolean")
        gaps, covariates = {}, list(covariates)
        for place, column in enumerate([variable, *covariates, *(one for one in auxiliary if one not in covariates)]):
            values, own = data.frame.loc[known, column], data.column(column)
            gaps[column] = data.frame[column].isna() & known
            found: list[tuple[Name, np.ndarray, bool]] = []
            if values.dtype == "boolean" or not is_categorical(data, column):
                found = [(own, number(values), bool(values.dtype == "boolean"))]
                if values.dtype == "boolean" and place:
                    found = [(level, found[0][1], True) for level in list(data.levels(column))[-1:]]
            else:
                members = {level: here[known].to_numpy() for level, here in data.levels(column).items()}
                present = [level for level, here in members.items() if here.any()]
                missing = ~np.logical_or.reduce([np.zeros(len(values), bool), *members.values()])
                if missing.any() and len(present) > 2:
                    why = why or f"{data.plan.label(column)} has more than two levels and gaps, which are not imputed"
                found = [(level, np.where(missing, np.nan, members[level]), True) for level in present[1:]]
            if not len(values.dropna()):
                why = why or ("no participants" if not len(values) else f"{data.plan.label(column)} has no known value")
            for name, numbers, own_binary in found:
                columns.append(numbers)
                binary.append(own_binary)
                if 0 < place <= len(covariates):
                    names.append(name)
        matrix = np.column_stack(columns) if columns else np.empty((int(known.sum()), 0))
        return cls(known, matrix, binary, names, code, sizes, gaps, boolean, why)

    @property
    def groups(self) -> np.ndarray:
        return np.eye(len(self.sizes))[self.code][:, 1:]

    def copies(self, imputations: int, iterations: int, seed: int):
        """(outcome, design without intercept: groups but the first, then covariates) of each completed data set."""
        from ...stats.imputation import imputed

        whole = np.column_stack([self.groups, self.matrix])
        binary = [True] * (len(self.sizes) - 1) + self.binary
        first = len(self.sizes) - 1
        for one in imputed(whole, binary, imputations=imputations, iterations=iterations, seed=seed):
            yield one[:, first], np.column_stack([one[:, :first], one[:, first + 1 : first + 1 + len(self.names)]])


@METHODS.add("multiple_imputation", missing_apart=True)
def multiple_imputation(data: Data, rows: Rows, *, variable: Column, by: Column, covariates: list[Column] = (),
                        auxiliary: list[Column] = (), imputations: Count = 20, iterations: Count = 10):  # fmt: skip
    """A variable between groups where values are missing at random: gaps of the variable and of covariates are filled by chained
    equations several times (predictive mean matching; of true and false, logistic regression), a model is fitted to each completed
    data set, and the results are pooled by Rubin's rules. Numbers: least-squares means as of ancova, the difference of each group
    from the first, and the F test of all groups (linear model); true and false: its odds ratio (logistic model). How many values were imputed stands beside each column (`missing`), and who
    they are of in the trace. Nobody without a group is added. The seed is the plan's.

    Parameters
        variable: what is compared: numbers, or true and false
        by: column of the groups
        covariates: columns of the model
        auxiliary: columns that help to impute and are not in the model
        imputations: completed data sets
        iterations: rounds of the chained equations
    """
    from ...stats.imputation import pooled

    own = Incomplete.of(data, variable, by, covariates, auxiliary)
    kind = "logistic" if own.boolean else "linear"
    method = (
        f"multiple imputation by chained equations ({imputations} data sets, {iterations} iterations), {kind} model"
    )
    for group in data.groups(by):
        rows.add({"n": own.sizes.get(group, 0)}, group=group, method="participants, values known or imputed")
    filled = ", ".join(f"{data.plan.label(column)} {int(gap.sum())}" for column, gap in own.gaps.items() if gap.any())
    said = f"imputed: {filled}" if filled else "nothing was missing"
    rows.add({"n": int(own.known.sum())}, method="participants, values known or imputed", note=said)
    for column, gap in own.gaps.items():
        rows.add({"missing": int(gap.sum())}, level=data.column(column), method="values that were imputed")
    ratio = "odds_ratio" if own.boolean else "estimate"
    if not comparable(rows, own.sizes, method, (ratio, "p_value"), two=False):
        return
    levels = dict(zip(data.groups(by), data.levels(by), strict=True))
    names = [levels[group] for group in list(own.sizes)[1:]] + own.names
    fits, why = [], own.why
    if not why:
        if not own.boolean and is_categorical(data, variable):
            why = f"{data.plan.label(variable)} is a category: neither numbers nor true and false"
        else:
            sets = list(own.copies(imputations, iterations, data.plan.seed))
            fits, why = fitted(sets, own.boolean)
            if not own.boolean and not why:
                _means(data, rows, own, sets, list(covariates), method)
    for at, name in enumerate(names):
        if why:
            not_estimable(rows, (ratio, "p_value"), why, method, level=name)
            continue
        n, k = len(own.code), len(names) + 1
        result = pooled([b[at] for b, _ in fits], [v[at] for _, v in fits], n - k, level=data.plan.level)
        values = {ratio: result["estimate"], **{key: result[key] for key in POOLED}}
        if own.boolean:
            with np.errstate(over="ignore"):
                values |= {key: float(np.exp(values[key])) for key in (ratio, "ci_low", "ci_high")}
        found = Result(f"{method}, {result.method}", values, result.note)
        rows.add(found, level=name, kinds=(RATIO if own.boolean else {}) | {"fmi": "percent"})


def _means(data: Data, rows: Rows, own: Incomplete, sets: list, covariates: list[str], method: str) -> None:
    """Least-squares means of the groups, each taken where its data set has its centre, and the F test of all groups."""
    from ...stats.imputation import pooled, pooled_test
    from ...stats.linear import differences, least_squares_means

    first, df = len(own.sizes) - 1, len(own.code) - len(own.sizes) - len(own.names)
    parts = [(y, X[:, first:]) for y, X in sets]
    found = [least_squares_means(y, own.code, X, at=centre(data, X, own.names, covariates)).curve for y, X in parts]
    for at, group in enumerate(own.sizes):
        result = pooled(
            [one["estimate"][at] for one in found],
            [one["std_error"][at] ** 2 for one in found],
            df,
            level=data.plan.level,
        )
        only = ("estimate", "std_error", "df", "ci_low", "ci_high", "fmi")
        mean = Result(f"least-squares means, {method}, {result.method}", result.values, result.note)
        rows.add(mean, group=group, only=only, kinds={"fmi": "percent"})
    estimates, covariances = zip(*(differences(y, own.code, X) for y, X in parts), strict=True)
    tested = pooled_test(np.array(estimates), np.array(covariances), df)
    rows.add(Result(f"{method}, {tested.method}", tested.values, tested.note), kinds={"df_residual": "df"})


def fitted(copies, boolean: bool) -> tuple[list[tuple[np.ndarray, np.ndarray]], str]:
    """(coefficients and their variances of each completed data set, why there are none)."""
    from ...stats.linear import regression
    from ...stats.logistic import logistic

    found = []
    for y, X in copies:
        ids = [str(at) for at in range(X.shape[1])]
        result = logistic(y, X, ids) if boolean else regression(y, X)
        if result.note.startswith("not estimable"):
            return [], f"in a completed data set {result.note.removeprefix('not estimable: ')}"
        b = np.array([result[f"estimate:{at}"] for at in ids]) if boolean else result.curve["estimate"]
        error = np.array([result[f"standard_error:{at}"] for at in ids]) if boolean else result.curve["std_error"]
        found.append((b, error**2))
    return found, ""
