"""Our side of imputed_ancova.R."""

import numpy as np
from stats.concordance import SCRIPTS, Key, data, keyed, read
from trialpress.stats.imputation import pooled, pooled_test
from trialpress.stats.linear import differences, least_squares_means


def compute() -> dict[Key, float]:
    results = {}
    for name in sorted({dataset for dataset, _, _ in read(SCRIPTS / "imputed_ancova.csv")}):
        d = data(f"imputed_ancova-{name}")
        means, apart, df = [], [], 0
        for copy in np.unique(d["copy"]):
            y, group, X = (v[d["copy"] == copy] for v in (d["y"], d["group"], np.column_stack([d["wind"], d["sun"]])))
            found = least_squares_means(y, group, X, at=X.mean(axis=0))
            means.append((found.curve["estimate"], found.curve["std_error"] ** 2))
            apart.append(differences(y, group, X))
            df = found["df_residual"]
        for of, parts in (("mean", means), ("difference", [(q, np.diag(V)) for q, V in apart])):
            for at in range(len(parts[0][0])):
                place = f"{of} of group {at + 1 + (of == 'difference')}"
                results[name, place] = pooled([q[at] for q, _ in parts], [u[at] for _, u in parts], df)
        results[name, "D1"] = pooled_test(np.array([q for q, _ in apart]), np.array([V for _, V in apart]), df)
    return keyed(results)
