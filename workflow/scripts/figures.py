from pathlib import Path

from trialpress.job import logged
from trialpress.receipts import kept

with logged(snakemake.log[0]), kept(snakemake) as read:
    from trialpress import stages

    given, folder = snakemake.input, Path(snakemake.output.alt).parents[1]
    stages.figures(given.dictionary, given.plan, folder, snakemake.threads, read, given.parts)
