from pathlib import Path

from trialpress.job import logged
from trialpress.receipts import kept

with logged(snakemake.log[0]), kept(snakemake):
    from trialpress import stages

    given = snakemake.input
    folder = Path(given.cohort[0]).parents[1]
    stages.trace_cells(given.dictionary, given.plan, folder, Path(snakemake.output.cells))
