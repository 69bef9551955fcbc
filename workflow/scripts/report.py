from pathlib import Path

from trialpress.job import logged
from trialpress.receipts import kept

with logged(snakemake.log[0]), kept(snakemake, give_back=True) as read:
    if read is not None:
        from trialpress import stages

        stages.report(
            snakemake.input.checklists,
            Path(snakemake.input.manuscript).parent,
            Path(snakemake.output.renderer).parents[1],
            snakemake.params.formats,
            snakemake.params.engine,
        )
