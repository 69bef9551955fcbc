"""Our side of proportions.R."""

from stats.concordance import Key, keyed
from trialpress.stats.proportions import beta_binomial, exact_test, proportion, simon_two_stage

COUNTS = {
    "CR of evaluated": (36, 40),
    "MRD negative": (9, 9),
    "seizures": (8, 51),
    "relapse": (9, 18),
    "lung deaths": (165, 228),
    "UCB admitted": (1755, 4526),
    "no event": (0, 9),
    "one of one": (1, 1),
}


def compute() -> dict[Key, float]:
    results = {}
    for name, (n, N) in COUNTS.items():
        results[name, "clopper-pearson 90%"] = proportion(n, N, level=0.9)
        for interval in ("clopper-pearson", "wilson", "jeffreys", "mid-p"):
            results[name, f"{interval} 95%"] = proportion(n, N, interval=interval)
        for p0 in (0.3, 0.7):
            for alternative in ("two-sided", "greater", "less"):
                results[name, f"exact test {p0} {alternative}"] = exact_test(n, N, p0, alternative=alternative)
        results[name, "Beta(1, 1)"] = beta_binomial(n, N, 1, 1, 0.7)
    for design in ((1, 10, 5, 29, 0.1, 0.3), (1, 15, 5, 25, 0.1, 0.3), (0, 9, 2, 17, 0.05, 0.25)):
        results["design {}/{} {}/{}".format(*design), "simon"] = simon_two_stage(*design)
    return keyed(results)
