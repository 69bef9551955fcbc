from pathlib import Path

from trialpress.job import logged

with logged(snakemake.log[0]):
    from trialpress import clean
    from trialpress.study import load_study

    study = load_study(snakemake.input.dictionary)
    raw = Path(snakemake.input.sums).parent
    data = clean.clean(study, raw, raw.parent / "corrections.csv")
    clean.write(data, Path(snakemake.output.changes).parent)
