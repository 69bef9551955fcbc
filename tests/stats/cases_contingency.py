"""Our side of contingency.R."""

import numpy as np
from stats.concordance import Key, data, keyed
from trialpress.stats import contingency as c

TWO = ("tea", "convictions", "no event in a group", "diagonal", "UCB sex", "mtcars am vs", "lung sex")
MANY = (
    "job",
    "mtcars gear carb",
    "mtcars cyl gear",
    "warpbreaks",
    "lung ecog sex",
    "infert education parity",
    "ovarian",
    "empty row",
    "3x3 n 36",
    "3x5 n 400",
    "4x5 n 100",
    "6x5 n 50",
    "chicks by feed",
)
STRATA = ("UCB departments", "Titanic classes", "lung ecog")


def table(name: str) -> np.ndarray:
    return np.column_stack(list(data(f"contingency-{name.replace(' ', '-')}").values()))


def compute() -> dict[Key, float]:
    results = {}
    for name in TWO:
        cells = table(name)
        groups = cells[0, 0], cells[0].sum(), cells[1, 0], cells[1].sum()
        results[name, "fisher 2x2"] = c.fisher_2x2(cells)
        for side in ("greater", "less"):
            results[name, f"fisher 2x2 {side}"] = c.fisher_2x2(cells, alternative=side)
        results[name, "chi-square corrected"] = c.chi_square(cells, correction=True)
        for interval in ("newcombe", "miettinen-nurminen"):
            results[name, interval] = c.risk_difference(*groups, interval=interval)
        results[name, "risk ratio"] = c.risk_ratio(*groups)
    for name in TWO + MANY:
        results[name, "fisher r x c"] = c.fisher_rxc(table(name))
    for name in (*TWO, *MANY, "hair eye"):
        results[name, "chi-square"] = c.chi_square(table(name))
    for name in STRATA:
        tables = table(name).reshape(-1, 2, 2)
        results[name, "mantel-haenszel"] = c.mantel_haenszel(tables, correction=False)
        results[name, "mantel-haenszel corrected"] = c.mantel_haenszel(tables)
    for name, cells in {"approval": [[794, 150], [86, 570]], "tea": [[3, 1], [1, 3]]}.items():
        results[name, "mcnemar corrected"] = c.mcnemar(cells, exact=False)
        results[name, "mcnemar exact"] = c.mcnemar(cells)
    return keyed(results)
