"""Our side of pooling.R."""

from itertools import product

from stats.concordance import Key, data, keyed
from trialpress.stats.pooling import TAU2, TRANSFORMS, pooled_proportion

SETS = ("UCB departments", "lung institutions", "infert education", "esoph age", "two trials")


def compute() -> dict[Key, float]:
    results = {}
    for name, transform, tau2, knapp_hartung in product(SETS, TRANSFORMS, TAU2, (True, False)):
        d = data(f"pooling-{name.replace(' ', '-')}")
        key = f"{transform} {tau2} {'knapp-hartung' if knapp_hartung else 'normal'}"
        results[name, key] = pooled_proportion(
            d["events"], d["totals"], transform=transform, tau2=tau2, knapp_hartung=knapp_hartung
        )
    return keyed(results)
