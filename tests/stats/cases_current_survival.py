"""Our side of current_survival.R."""

import numpy as np
from stats.concordance import SCRIPTS, Key, data, keyed, read
from trialpress.stats.current_survival import current_survival
from trialpress.stats.result import Result
from trialpress.stats.survival import read_off
from trialpress.stats.survival_difference import difference_at


def compute() -> dict[Key, float]:
    results = {}
    for name in sorted({dataset for dataset, _, _ in read(SCRIPTS / "current_survival.csv")}):
        d = data(f"current_survival-{name}")
        changes = np.column_stack([values for column, values in d.items() if column.startswith("change")])
        at = np.quantile(d["time"], [0.1, 0.3, 0.5, 0.7], method="inverted_cdf")
        everyone, half = np.ones(len(changes), bool), np.arange(1, len(changes) + 1) % 2 == 0
        for start in ("remission", "disease"):
            for late in ("", " with delayed entry"):

                def curve(who, scale, d=d, changes=changes, start=start, late=late):
                    entry = d["entry"][who] if late else None
                    return current_survival(
                        d["time"][who],
                        d["death"][who],
                        changes[who],
                        entry=entry,
                        in_remission=start == "remission",
                        transform=scale,
                    )

                halves = [curve(who, "plain") for who in (~half, half)]
                for scale in ("log-log", "plain", "arcsin"):
                    whole = curve(everyone, scale)
                    for j, t in enumerate(at, start=1):
                        found = read_off(whole, t, before=np.nan)
                        values = {key: found[key] for key in ("estimate", "std_error", "ci_low", "ci_high")}
                        results[name, f"{scale} {start} time {j}{late}"] = Result("", values)
                        results[name, f"{start} time {j}{late}"] = Result("", values)
                        parts = [read_off(one, t, before=np.nan) for one in halves]
                        apart = difference_at(*parts, "AB", transform=scale, level=0.95)
                        results[name, f"difference, {scale} {start} time {j}{late}"] = apart
    return keyed(results)
