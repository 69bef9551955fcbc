from pathlib import Path

from trialpress.job import logged
from trialpress.receipts import kept

with logged(snakemake.log[0]), kept(snakemake):
    from trialpress import stages

    raw = Path(snakemake.input.sums).parent
    stages.clean(snakemake.input.dictionary, raw, Path(snakemake.output.changes).parents[1])
