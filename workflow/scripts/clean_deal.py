from pathlib import Path

from trialpress.job import logged
from trialpress.receipts import kept

with logged(snakemake.log[0]), kept(snakemake):
    from trialpress import stages

    raw = Path(snakemake.input.sums).parent
    stages.clean_deal(snakemake.input.dictionary, raw, snakemake.params.number, Path(snakemake.output.dealt))
