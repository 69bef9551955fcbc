from pathlib import Path

from trialpress.job import logged

with logged(snakemake.log[0]):
    from trialpress import stages

    stages.cohort(snakemake.input.dictionary, snakemake.input.plan, Path(snakemake.output.flow).parents[1])
