from pathlib import Path

from trialpress.job import logged

with logged(snakemake.log[0]):
    from trialpress import stages

    stages.trace(snakemake.input.dictionary, snakemake.input.plan, Path(snakemake.output.trace).parents[1])
