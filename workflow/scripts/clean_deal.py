from pathlib import Path

from trialpress.job import logged
from trialpress.receipts import kept

with logged(snakemake.log[0]), kept(snakemake):
    from trialpress import stages

    raw, dealt = Path(snakemake.input.sums).parent, Path(snakemake.output.dealt)
    stages.clean_deal(snakemake.input.dictionary, raw, snakemake.params.number, dealt, snakemake.threads)
