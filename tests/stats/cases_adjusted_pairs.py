"""Our side of adjusted_pairs.R."""

from stats.concordance import SCRIPTS, Key, data, keyed, read
from trialpress.stats.linear import group_contrasts
from trialpress.stats.result import Result


def compute() -> dict[Key, float]:
    results = {}
    for name in sorted({dataset for dataset, _, _ in read(SCRIPTS / "adjusted_pairs.csv")}):
        d = data(f"adjusted_pairs-{name}")
        for how, X in (("adjusted", d["x"][:, None]), ("plain", None)):
            for contrasts in ("all", "tukey"):
                curve = group_contrasts(d["y"], d["group"], X, contrasts=contrasts).curve
                for at, (i, j) in enumerate(zip(curve["first"], curve["second"], strict=True)):
                    values = {key: curve[key][at] for key in ("estimate", "std_error", "ci_low", "ci_high", "p_value")}
                    for key in (contrasts, f"{contrasts} p"):
                        results[name, f"{key} {how} {j + 1} against {i + 1}"] = Result("", values)
    return keyed(results)
