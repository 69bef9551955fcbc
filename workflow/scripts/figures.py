from pathlib import Path

from trialpress.job import logged
from trialpress.receipts import kept

with logged(snakemake.log[0]), kept(snakemake, give_back=True) as read:
    if read is not None:
        from trialpress import stages

        given, folder = snakemake.input, Path(snakemake.output.alt).parents[1]
        stages.figures(given.dictionary, given.plan, folder, snakemake.resources.processes, read, given.parts)
