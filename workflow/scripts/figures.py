from pathlib import Path

from trialpress.job import logged

with logged(snakemake.log[0]):
    from trialpress import stages

    stages.figures(snakemake.input.dictionary, snakemake.input.plan, Path(snakemake.output.alt).parents[1])
