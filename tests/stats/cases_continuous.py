"""Our side of continuous.R."""

from stats.concordance import Key, data, keyed
from trialpress.stats import continuous as c
from trialpress.stats import correlation, description

TWO = (
    "airquality May August",
    "mtcars mpg am",
    "ToothGrowth supp",
    "PlantGrowth ctrl trt2",
    "lung age sex",
    "no ties",
    "too few",
)
PAIRED = ("sleep", "anorexia-like", "women", "mtcars drat wt", "cars")
SEVERAL = ("airquality ozone month", "InsectSprays", "PlantGrowth", "chickwts", "iris")
PAIRS = ("cars", "trees", "women", "lung age meal", "mtcars mpg wt", "nine", "seven", "forty", "hundred")
LEVELS = ("Titanic class by survival", "mtcars gear by am", "mtcars vs by am", "one level lacking")


def read(name: str, kind: str = ""):
    return data(f"continuous-{kind}{name.replace(' ', '-')}")


def compute() -> dict[Key, float]:
    results = {}
    for name in TWO:
        columns = read(name)
        a, b = (columns["x"][columns["group"] == g] for g in (1, 2))
        results[name, "welch"] = c.t_test(a, b)
        results[name, "student"] = c.t_test(a, b, equal_variance=True)
        results[name, "mann-whitney"] = c.mann_whitney(a, b)
        for side in ("greater", "less"):
            results[name, f"welch {side}"] = c.t_test(a, b, alternative=side)
            results[name, f"student {side}"] = c.t_test(a, b, equal_variance=True, alternative=side)
            results[name, f"mann-whitney {side}"] = c.mann_whitney(a, b, alternative=side)
        results[name, "standardised difference"] = description.standardised_difference(a, b)
        results[name, "summary"] = description.summary(a)
    for name in PAIRED:
        results[name, "signed rank"] = c.signed_rank(read(name)["x"])
        for side in ("greater", "less"):
            results[name, f"signed rank {side}"] = c.signed_rank(read(name)["x"], alternative=side)
    for name in SEVERAL:
        results[name, "kruskal-wallis"] = c.kruskal_wallis(**read(name))
        results[name, "jonckheere-terpstra"] = c.jonckheere_terpstra(**read(name))
    for name in PAIRS:
        results[name, "spearman"] = correlation.spearman(**read(name, "pairs-"))
        results[name, "kendall"] = correlation.kendall(**read(name, "pairs-"))
    for name in LEVELS:
        results[name, "standardised difference"] = description.standardised_difference_categorical(
            **read(name, "levels-")
        )
    return keyed(results)
