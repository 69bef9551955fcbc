"""Our side of stratified_risks.R."""

import numpy as np
from stats.concordance import SCRIPTS, Key, data, keyed, read
from trialpress.stats.number_needed import stratified_number_needed
from trialpress.stats.stratified_risks import INTERVALS, stratified_difference, stratified_ratio


def compute() -> dict[Key, float]:
    results = {}
    for name in sorted({dataset for dataset, _, _ in read(SCRIPTS / "stratified_risks.csv")}):
        d = data(f"stratified_risks-{name}")
        tables = np.column_stack([d["a"], d["n1"] - d["a"], d["b"], d["n2"] - d["b"]]).reshape(-1, 2, 2)
        for interval in INTERVALS:
            results[name, interval] = results[name, "cochran"] = stratified_difference(tables, interval=interval)
            for side, found in zip(("more", "fewer"), stratified_number_needed(tables, interval=interval), strict=True):
                results[name, f"needed {side} {interval}"] = found
        results[name, "ratio"] = stratified_ratio(tables)
    return keyed(results)
