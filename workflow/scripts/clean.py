from pathlib import Path

from trialpress.job import logged
from trialpress.receipts import kept

with logged(snakemake.log[0]), kept(snakemake, give_back=True) as read:
    if read is not None:
        from trialpress import stages

        raw, folder = Path(snakemake.input.sums).parent, Path(snakemake.output.changes).parents[1]
        stages.clean(snakemake.input.dictionary, raw, folder, snakemake.input.parts, snakemake.threads)
