from pathlib import Path

from trialpress.job import logged
from trialpress.receipts import kept

with logged(snakemake.log[0]), kept(snakemake):
    from trialpress import stages

    given, item = snakemake.input, snakemake.wildcards.scatteritem
    stages.clean_part(given.dictionary, Path(given.sums).parent, Path(given.dealt), item, Path(snakemake.output.part))
