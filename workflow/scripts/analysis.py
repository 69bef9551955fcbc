from pathlib import Path

from trialpress.job import logged

with logged(snakemake.log[0]):
    from trialpress import stages

    given = snakemake.input
    stages.analysis(given.dictionary, given.plan, given.get("claims"), Path(snakemake.output.ard).parents[1])
