"""Our side of imputation.R."""

from stats.concordance import Key, data, keyed
from trialpress.stats.imputation import pooled

DF = {"five": 27, "two": 12, "much": 500, "large": 1e5, "nhanes 1": 22, "nhanes 2": 22, "nhanes 3": 22}


def compute() -> dict[Key, float]:
    columns = {name: data(f"imputation-{name.replace(' ', '-')}") for name in DF}
    return keyed({(name, "pool"): pooled(columns[name]["q"], columns[name]["u"], df) for name, df in DF.items()})
