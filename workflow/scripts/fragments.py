from pathlib import Path

from trialpress.job import logged
from trialpress.receipts import kept

with logged(snakemake.log[0]), kept(snakemake, give_back=True) as read:
    if read is not None:
        from trialpress import stages

        stages.fragments(
            snakemake.input.dictionary,
            snakemake.input.plan,
            snakemake.input.claims or None,
            Path(snakemake.output.summary).parents[1],
            snakemake.params.formats,
            snakemake.params.engine,
        )
