"""Our side of sample_size.R."""

from stats.concordance import SCRIPTS, Key, keyed, read
from trialpress.stats.sample_size import log_rank_events, single_arm, two_means, two_proportions

KINDS = {
    "single arm": single_arm,
    "two proportions": two_proportions,
    "two means": two_means,
    "log-rank": log_rank_events,
}


def compute() -> dict[Key, float]:
    cases = dict.fromkeys(key[:2] for key in read(SCRIPTS / "sample_size.csv"))
    return keyed({(name, kind): KINDS[kind](*map(float, name.split())) for name, kind in cases})
