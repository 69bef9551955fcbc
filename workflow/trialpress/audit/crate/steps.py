"""What each rule of the workflow reads and writes, as patterns of names: the run's actions are derived from it, so that a run
without Snakemake, which keeps no receipts, writes the same crate. A test holds it against the receipts of a run.

`reads` are names of inputs (config/..., data/..., report/..., envs/...) and of results (clean/..., as below results/<study>/); a
pattern after `!` takes away. `{study}` is the study's id, `{files}` and `{shown}` stand for the files that its analyses and
figures name, `{published}` for the claims where the patients are a reconstruction. Code is not listed here: the rule's script is the action's instrument.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

DICTIONARY, PLAN, CLAIMS = (f"config/{{study}}/{name}.yaml" for name in ("study", "plan", "claims"))
FIXED, RECORDED = "config/{study}/plan.lock", "config/{study}/second.lock"
CHECKLISTS = ("config/checklists.yaml", "config/{study}/checklists.yaml")
COHORT = ("cohort/*", "!cohort/no_effect.csv")
TABLES = ("clean/*.parquet", "!clean/cells.parquet")
LOCK = "envs/requirements.lock"
PARTS = ("audit/trace/*",)  # of trace.json, if it is large
LATER = (
    "audit/crate.zip",
    "audit/index.html",
    "audit/privacy.json",
    "audit/page/*",
    "audit/release/*",
)  # than the crate


@dataclass(frozen=True)
class Step:
    """A rule: its name, what it does, the results it writes, what it reads, the parameters that it is given."""

    name: str
    text: str
    writes: tuple[str, ...]
    reads: tuple[str, ...]
    parameters: tuple[str, ...] = ()

    @property
    def script(self) -> str:
        return f"workflow/scripts/{self.name}.py"


STEPS = (
    Step("clean", "Raw records to typed tables; every changed cell, question and unused row logged", ("clean/*",),
         ("data/{study}/raw/*", "data/{study}/corrections.csv", DICTIONARY)),
    Step("cohort", "One row per participant: endpoints, strata, populations, participant flow", COHORT,
         (*TABLES, "clean/queries.csv", DICTIONARY, PLAN)),
    Step("effects", "What of the plan has no effect on these data", ("cohort/no_effect.csv",),
         (*TABLES, "cohort/subjects.parquet", DICTIONARY, PLAN)),
    Step("analysis", "Every statistic of the analysis plan", ("analysis/*",),
         (*TABLES, "cohort/subjects.parquet", "cohort/daily.parquet", DICTIONARY, PLAN, "{files}", "{published}"), ("level", "seed")),
    Step("figures", "Figures, each with the numbers that it shows", ("figures/*",),
         (*TABLES, *COHORT, "analysis/*", DICTIONARY, PLAN, "{files}", "{shown}")),
    Step("tables", "Tables", ("tables/*",), (*TABLES, *COHORT, "analysis/*", DICTIONARY, PLAN)),
    Step("fragments", "What the manuscript includes: numbers by name, figures and tables with captions",
         ("report/fragments.json", "report/summary.txt"),
         ("clean/*.csv", *COHORT, "analysis/*", "figures/alt.json", "tables/*", CLAIMS, DICTIONARY, PLAN, FIXED, RECORDED, LOCK), ("formats", "engine")),
    Step("report", "The manuscript in its formats", ("report/*", "!report/fragments.json", "!report/summary.txt"),
         ("report/{study}/*", "report/fragments.json", "figures/*", *CHECKLISTS, LOCK), ("formats", "engine")),
    Step("trace", "Every number back to raw cells; every statistic a second time",
         ("audit/trace.json", "audit/query_effects.csv", "audit/concordance.csv", "audit/computed_once.csv", "audit/second_opinion.json"),
         ("clean/*", *COHORT, "analysis/*", DICTIONARY, PLAN, FIXED)),
    Step("audit", "Published claims against results, manifest and this crate; then the privacy gate and the page",
         ("audit/anonymity.csv", "audit/claims.csv", "audit/claim_checks.csv", "audit/manifest.json"),
         ("clean/*", "cohort/*", "analysis/*", "figures/*", "tables/*", "report/*", "audit/trace.json", "audit/concordance.csv",
          "audit/computed_once.csv", "audit/query_effects.csv", "audit/second_opinion.json", "data/{study}/*", DICTIONARY, PLAN, FIXED, RECORDED, CLAIMS, *CHECKLISTS,
          "{files}", "{shown}", "report/{study}/*", "config/config.yaml", "envs/*", "CITATION.cff", "LICENSE", "Snakefile")),
)  # fmt: skip


def matching(names: Iterable[str], patterns: Iterable[str], known: Mapping[str, Iterable[str]]) -> list[str]:
    """The names that patterns choose, in their order. known: what stands for each word in braces.

    >>> matching(["clean/a.parquet", "clean/cells.parquet", "x/1"], ["clean/*", "!clean/c*", "{f}"], {"f": ["x/1"]})
    ['clean/a.parquet', 'x/1']
    """
    spelt = [text for pattern in patterns for text in _spelt(pattern, known)]
    wanted, without = ([p.lstrip("!") for p in spelt if p.startswith("!") is out] for out in (False, True))
    return [
        name
        for name in names
        if any(fnmatchcase(name, p) for p in wanted) and not any(fnmatchcase(name, p) for p in without)
    ]


def _spelt(pattern: str, known: Mapping[str, Iterable[str]]) -> list[str]:
    word = pattern.partition("{")[2].partition("}")[0]
    return [pattern.replace(f"{{{word}}}", text) for text in known[word]] if word else [pattern]
