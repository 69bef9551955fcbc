"""Our side of repeated.R."""

import numpy as np
from stats.concordance import Key, data, keyed
from trialpress.stats.covariance import STRUCTURES
from trialpress.stats.repeated import Repeated, repeated
from trialpress.stats.result import Result

CASES = {"fev": list(STRUCTURES), "orthodont": list(STRUCTURES), "chicks": ["unstructured", "ar1", "heterogeneous-ar1"]}


def read(name: str) -> tuple:
    columns = data(f"repeated-{name}")
    known = ~np.isnan(columns["y"])
    return tuple(columns[column][known] for column in columns)


def fitted(name: str, structure: str, df: str = "kenward-roger") -> Repeated:
    y, subject, visit, group, *X = read(name)
    visit, group = (values.astype(int) - 1 for values in (visit, group))
    X = np.column_stack(X) if X else None
    return repeated(y, subject, visit, group, X, visits=visit.max() + 1, groups=2, structures=(structure,), df=df)


def compute() -> dict[Key, float]:
    results = {}
    for name, structures in CASES.items():
        for structure in structures:
            model = fitted(name, structure, "satterthwaite")
            n, p = int(model.n.sum()), len(model.fit.b)
            scale = sum(
                np.log(np.abs(x - x.mean()).max()) for x in read(name)[4:]
            )  # covariates are fitted with a largest value of 1
            likelihood = model.fit.value + (n - p) * np.log(2 * np.pi * model.unit**2) + 2 * scale
            results[name, structure] = Result("", {"likelihood": likelihood})
            for what, found in (("mean", model.means()), ("difference", model.differences())):
                for at in range(model.n.size if what == "mean" else model.n.shape[1]):
                    values = {key: found.curve[key][at] for key in ("estimate", "std_error")}
                    results[name, f"{structure} {what} at {at + 1}"] = Result("", values)
    return keyed(results)
