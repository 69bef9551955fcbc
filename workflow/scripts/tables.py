from pathlib import Path

from trialpress.job import logged

with logged(snakemake.log[0]):
    from trialpress.results import read
    from trialpress.tables import write_all

    folder = Path(snakemake.input.analysis[0]).parents[1]
    write_all(read(snakemake.input.dictionary, snakemake.input.plan, folder), folder / "tables")
