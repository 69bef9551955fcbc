from pathlib import Path

from trialpress.job import logged
from trialpress.receipts import kept

with logged(snakemake.log[0]), kept(snakemake):
    from trialpress import stages

    given, item = snakemake.input, snakemake.wildcards.scatteritem
    clean = Path(given.if_opened[0]).parent
    stages.cohort_part(given.dictionary, given.plan, clean, item, Path(snakemake.output.part))
