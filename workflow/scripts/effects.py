from pathlib import Path

from trialpress.job import logged
from trialpress.receipts import kept

with logged(snakemake.log[0]), kept(snakemake, give_back=True) as read:
    if read is not None:
        from trialpress import stages

        stages.effects(snakemake.input.dictionary, snakemake.input.plan, Path(snakemake.output.idle).parents[1])
