from pathlib import Path

from trialpress.job import logged
from trialpress.receipts import kept

with logged(snakemake.log[0]), kept(snakemake):
    from trialpress import stages

    item, raw = snakemake.wildcards.scatteritem, Path(snakemake.input.sums).parent
    stages.clean_part(snakemake.input.dictionary, raw, item, Path(snakemake.output.part))
