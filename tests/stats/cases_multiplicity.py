"""Our side of multiplicity.R."""

from stats.concordance import Key, data, keyed
from trialpress.stats.multiplicity import METHODS, adjust

FAMILIES = ("chickwts", "airquality", "mtcars", "ties", "untested")


def compute() -> dict[Key, float]:
    return keyed({(name, m): adjust(data(f"multiplicity-{name}")["p"], m) for name in FAMILIES for m in METHODS})
