import os
from pathlib import Path

from trialpress.job import logged
from trialpress.receipts import kept

os.nice(snakemake.resources.niceness)
with logged(snakemake.log[0]), kept(snakemake, give_back=True) as read:
    if read is not None:
        from trialpress import stages

        given, folder = snakemake.input, Path(snakemake.output.trace).parents[1]
        stages.trace(given.dictionary, given.plan, folder, given.cells or None, given.parts, read)
