"""docs/manuscript.md: how a manuscript gets its numbers and its lists, with the names that there are, so it cannot fall behind.

`python -m trialpress.manual` prints it; the lists come from what makes the numbers and the lists themselves.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from string import Template

from . import contracts
from .analysis.display import p_value
from .audit.trace.records import LOGS
from .checks.plan import load_plan
from .environment import ROOT
from .job import boundary
from .report.fragments import GENERATED
from .report.variables import phrases
from .study import SCHEMAS, load_study, load_yaml

TEXT = SCHEMAS / "manuscript.md"
EXAMPLES = (
    {"n": "36", "N": "40", "estimate": "90.0%", "ci_low": "76.3%", "ci_high": "97.2%"},
    {"odds_ratio": "2.1", "ci_low": "0.8", "ci_high": "5.6", "p_value": "0.13", "p_value_adjusted": "0.26"},
    {"p_value": p_value(1e-4)},
)


def _phrases() -> Iterator[str]:
    """Each phrase with an example, made by what makes them."""
    yield "| name | made of | example |"
    yield "|:---|:---|:---|"
    seen = set()
    for shown in EXAMPLES:
        for name, text in phrases(shown, 0.95).items():
            if name not in seen:
                seen.add(name)
                parts = ", ".join(f"`{key}` {value}" for key, value in shown.items())
                yield f"| `{name}` | {parts} | {text} |"


def _counts() -> Iterator[str]:
    yield from ("| name | what it counts | from |", "|:---|:---|:---|")
    for name, (log, _, label) in LOGS.items():
        yield f"| `{name}` | {label} | `clean/{log}.csv` |"


def _lists() -> Iterator[str]:
    yield from ("| file | what it holds |", "|:---|:---|")
    for name, make in GENERATED.items():
        yield f"| `generated/{name}.md` | {' '.join((inspect.getdoc(make) or '').split())} |"
    yield "| `generated/numbers.md` | Where the numbers of the text come from: in HTML a sentence, elsewhere a table of their ids. |"
    yield "| `generated/checklists.md` | The reporting guidelines that `checklists.yaml` answers, item by item. |"


def _guidelines() -> Iterator[str]:
    yield from ("| name in checklists.yaml | guideline | key in references.bib | items |", "|:---|:---|:---|--:|")
    for name, of in load_yaml(ROOT / "config" / "checklists.yaml").items():
        yield f"| `{name}` | {of['title']} | `{of['key']}` | {len(of['items'])} |"


def _statistics() -> Iterator[str]:
    """What the analyses of the studies of record have for all of their participants."""
    found: dict[str, set[str]] = {}
    for study in sorted(path.parents[1].name for path in (ROOT / "data").glob("*/record/analysis")):
        config = ROOT / "config" / study
        analyses = load_plan(config / "plan.yaml", load_study(config / "study.yaml")).analyses
        ard = contracts.ARD.texts(ROOT / "data" / study / "record" / "analysis")
        for row in ard[(ard["group"] == "") & (ard["level"] == "")].itertuples():
            if row.analysis in analyses:
                found.setdefault(analyses[row.analysis]["method"], set()).add(row.statistic)
    yield from ("| method | statistics |", "|:---|:---|")
    for method in sorted(found):
        yield f"| `{method}` | {', '.join(f'`{name}`' for name in sorted(found[method], key=lambda name: (name.lower(), name)))} |"


def manual() -> str:
    """The text of docs/manuscript.md."""
    made = {
        "phrases": _phrases(),
        "counts": _counts(),
        "lists": _lists(),
        "guidelines": _guidelines(),
        "statistics": _statistics(),
    }
    return Template(TEXT.read_text(encoding="utf-8")).substitute(
        {name: "\n".join(lines) for name, lines in made.items()}
    )


if __name__ == "__main__":
    with boundary("make docs"):
        print(manual(), end="")
