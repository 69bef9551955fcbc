from pathlib import Path

from trialpress.job import logged
from trialpress.receipts import kept

with logged(snakemake.log[0]), kept(snakemake):
    from trialpress import stages

    given, item = snakemake.input, snakemake.wildcards.scatteritem
    folder = Path(given.analysis[0]).parents[1]
    stages.trace_part(given.dictionary, given.plan, item, folder, Path(snakemake.output.part))
