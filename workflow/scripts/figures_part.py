from pathlib import Path

from trialpress.job import logged
from trialpress.receipts import kept

with logged(snakemake.log[0]), kept(snakemake) as read:
    from trialpress import stages

    given, item, part = snakemake.input, snakemake.wildcards.scatteritem, Path(snakemake.output.part)
    stages.figures_part(given.dictionary, given.plan, part.parents[2], item, part, snakemake.threads, read)
