from pathlib import Path

from trialpress.job import logged
from trialpress.receipts import kept

with logged(snakemake.log[0]), kept(snakemake, give_back=True) as read:
    if read is not None:
        from trialpress import stages

        stages.tables(snakemake.input.dictionary, snakemake.input.plan, Path(snakemake.input.analysis[0]).parents[1])
