from pathlib import Path

from trialpress.job import logged

with logged(snakemake.log[0]):
    from trialpress import stages

    stages.fragments(
        snakemake.input.dictionary,
        snakemake.input.plan,
        snakemake.input.claims,
        Path(snakemake.output.summary).parents[1],
        snakemake.params.formats,
        snakemake.params.engine,
    )
