"""Our side of cmh.R."""

from stats.concordance import Key, data, keyed
from trialpress.stats.stratified_tables import cochran_mantel_haenszel as test

SETS = ("job satisfaction", "UCB", "Titanic", "HairEye", "esoph", "gap")


def read(name: str):
    columns = data(f"cmh-{name.replace(' ', '-')}")
    rows, width = int(columns["rows"][0]), int(columns["columns"][0])
    return columns["n"].reshape(-1, width, rows).transpose(0, 2, 1)


def compute() -> dict[Key, float]:
    results = {}
    for name in SETS:
        tables = read(name)
        results[name, "general"] = test(tables, "general")
        for kind in ("row_mean", "correlation"):
            results |= {
                (name, f"{kind} {scores}"): test(tables, kind, scores=scores) for scores in ("integer", "modridit")
            }
            if name == "job satisfaction":
                given = {"row_scores": [3, 10, 20, 35], "column_scores": [1, 3, 4, 5]}
                results[name, f"{kind} agresti"] = test(tables, kind, **given)
    return keyed(results)
