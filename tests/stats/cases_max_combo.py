"""Our side of max_combo.R."""

from stats.concordance import Key, data, keyed
from trialpress.stats.max_combo import max_combo


def compute() -> dict[Key, float]:
    results = {}
    for name in ("lung", "veteran", "colon", "ovarian", "aml"):
        d = data(f"max_combo-{name}")
        for by, stratum in (("plain", None), ("stratified", d["stratum"])):
            results[name, by] = max_combo(d["time"], d["event"], d["group"], stratum=stratum)
    return keyed(results)
