from pathlib import Path

from trialpress.job import logged

with logged(snakemake.log[0]):
    from trialpress.figures import draw_all
    from trialpress.results import read

    folder = Path(snakemake.input.analysis[0]).parents[1]
    draw_all(read(snakemake.input.dictionary, snakemake.input.plan, folder), folder / "figures")
