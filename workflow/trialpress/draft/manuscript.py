"""What prints a draft: manuscript.qmd, _quarto.yml, references.bib, checklists.yaml, claims.yaml."""

from __future__ import annotations

from ..citations import entries
from .plan import Plan
from .yaml import scalar

CLAIMS = "# What was published on these patients. Every key is described in config/README.md of the engine.\nsources: {}\nclaims: {}\n"
QUARTO = """project:
  type: default
  render: [manuscript.qmd]
  pre-render: trialpress stage # for `quarto render` by hand: run it once before; .venv/bin of the engine is on PATH then
profile:
  default: trialpress # staged with the results: filters, templates, fonts
number-sections: true
bibliography: references.bib
link-citations: true
crossref:
  title-delim: "."
format:
  html:
    toc: true
    toc-depth: 2
    embed-resources: true
  typst:
    toc: false
  docx:
    toc: false
"""
# given names as initials: in full they would be those of some participant, and the privacy gate would find them
REFERENCES = r"""@article{molder2021, author={M{\"o}lder, F and Jablonski, K P and Letcher, B and Hall, M B and Tomkins-Tinch, C H and Sochat, V and others}, title={Sustainable data analysis with {Snakemake}}, journal={F1000Research}, year={2021}, volume={10}, pages={33}, doi={10.12688/f1000research.29032.2}}
@article{lang2015, author={Lang, T A and Altman, D G}, title={Basic statistical reporting for articles published in biomedical journals: the “{Statistical Analyses and Methods in the Published Literature}” or the {SAMPL} guidelines}, journal={International Journal of Nursing Studies}, year={2015}, volume={52}, pages={5--9}, doi={10.1016/j.ijnurstu.2014.09.006}}
"""
CHECKLISTS = """# Where the manuscript answers the items of config/checklists.yaml; an item without an answer is printed as open.
sampl:
  4: {section: sec-methods-list, answer: "@tbl-methods.", sentence: "lists the methods as the results themselves name them"}
  6: {section: sec-methods, plan: plan.alpha, numbers: [plan.alpha]}
  8: {section: sec-reproducibility, numbers: [software.text]}
"""


def references(plan: Plan) -> str:
    return REFERENCES + (f"{entries()['kaplan1958'].line}\n" if plan.endpoints else "")


def manuscript(title: str, study: str, plan: Plan, held: list[str]) -> str:
    """The skeleton: every figure and table is included and cited, every number comes by name. held: what is held back."""
    figures = [name for name in plan.figures if name != "flow"]
    first = [name for name in plan.tables if name == "characteristics" or name.startswith("asked_of_some")]
    rest = [name for name in plan.tables if name not in first]
    shown = ", ".join(["@fig-flow", *(f"@tbl-{name}" for name in first)])
    results = [
        "## Participants\n",
        f"{{{{< var population.all.n >}}}} participants are described ({shown}).\n",
        "{{< include figures/flow.md >}}\n",
        *(f"{{{{< include tables/{name}.md >}}}}\n" for name in first),
    ]
    if figures or rest:
        cited = ", ".join([*(f"@tbl-{name}" for name in rest), *(f"@fig-{name}" for name in figures)])
        results += [
            "## Times to events\n",
            f"Times to events are estimated by the Kaplan-Meier method [@kaplan1958] ({cited}).\n",
        ]
        results += [f"{{{{< include tables/{name}.md >}}}}\n" for name in rest]
        results += [f"{{{{< include figures/{name}.md >}}}}\n" for name in figures]
    back = f" Held back as what may tell who a participant is, or as free text: {len(held)} columns." if held else ""
    return f"""---
title: {scalar(title)}
subtitle: "A draft, made from the study's files"
banner: "{{{{< var study.notice >}}}}"
author:
  - name: The authors of the study
date: "{{{{< var plan.date >}}}}"
abstract: |
  **Background.** To be written.

  **Methods.** The raw records were cleaned and analysed by one chain of programs.

  **Results.** {{{{< var population.all.n >}}}} participants are described.

  **Conclusions.** To be written.
---

# Introduction {{#sec-introduction}}

To be written: what is known, and what the study asks.

# Methods {{#sec-methods}}

The raw records were turned into typed tables by a data dictionary, which was drafted from the files and is to be read by whoever knows them:
{{{{< var clean.changes >}}}} cells were changed by rule; {{{{< var clean.open >}}}}.{back} Populations:

{{{{< include generated/populations.md >}}}}

Tests are two-sided at {{{{< var plan.alpha >}}}}, intervals are at {{{{< var plan.level >}}}}. {{{{< var plan.multiplicity >}}}} Methods by analysis are in @sec-methods-list; reporting follows SAMPL [@lang2015].

# Results {{#sec-results}}

{chr(10).join(results)}
# Discussion

To be written.

# Reproducibility {{#sec-reproducibility}}

Every number above comes by name from {{{{< var plan.statistics >}}}} statistics of {{{{< var plan.analyses >}}}} analyses, computed from the raw records by a Snakemake workflow
[@molder2021]. Software: {{{{< var software.text >}}}}.

# Statements {{#sec-statements}}

{{{{< include generated/statements.md >}}}}

# References {{.unnumbered}}

::: {{#refs}}
:::

# Supplement {{#sec-supplement .supplement}}

## Methods by analysis {{#sec-methods-list}}

@tbl-methods lists the methods as the results themselves name them.

{{{{< include generated/methods.md >}}}}

## Reporting guidelines {{#sec-guidelines}}

{{{{< include generated/checklists.md >}}}}

## Numbers and their records

{{{{< include generated/numbers.md >}}}}
"""
