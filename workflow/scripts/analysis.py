from pathlib import Path

from trialpress.job import logged
from trialpress.receipts import kept

with logged(snakemake.log[0]), kept(snakemake, give_back=True) as read:
    if read is not None:
        from trialpress import stages

        given = snakemake.input
        stages.analysis(given.dictionary, given.plan, given.get("claims"), Path(snakemake.output.ard).parents[1])
