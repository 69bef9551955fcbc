# From the raw records of a trial to its publication. The stages: raw -> clean -> cohort -> analysis -> figures, tables -> report -> audit.
from snakemake.utils import min_version

min_version("9.25")


configfile: "config/config.yaml"


report: "workflow/report/workflow.rst"


include: "workflow/rules/common.smk"
include: "workflow/rules/clean.smk"
include: "workflow/rules/cohort.smk"
include: "workflow/rules/analysis.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/tables.smk"
include: "workflow/rules/report.smk"
include: "workflow/rules/audit.smk"


rule all:
    default_target: True
    input:  # every output, so that one that was deleted is made again
        rules.clean.output,
        rules.cohort.output,
        rules.effects.output,
        rules.analysis.output,
        rules.figures.output,
        rules.tables.output,
        rules.fragments.output,
        rules.report.output,
        rules.trace.output,
        rules.audit.output,
    message:
        "{config[study]}: done"
