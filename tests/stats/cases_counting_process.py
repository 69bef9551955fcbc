"""Our side of counting_process.R."""

import numpy as np
from stats.cases_cox import rows
from stats.concordance import Key, data, keyed
from trialpress.stats.counting_process import counting_process
from trialpress.stats.cox import cox


def compute() -> dict[Key, float]:
    results, tables = {}, {}
    for name in ("pbcseq", "bmt"):
        d = data(f"counting_process-{name}")
        begins = [d[column] for column in ("begin", "begin2") if column in d]
        measured = []
        if name == "pbcseq":
            m = data("counting_process-pbcseq-measured")
            measured = [(m["id"].astype(int) - 1, m["day"], m["value"])]
        found = counting_process(d["time"], d["event"], begins, measured)
        X = np.column_stack([found.X, *([d["x1"][found.patient]] if "x1" in d else [])])
        fit = cox(found.time, found.event, X, entry=found.entry)
        results[name, "changing cox"] = fit
        tables |= rows(fit, name, "changing cox")
    return keyed(results) | tables
