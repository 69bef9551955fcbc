from pathlib import Path

from trialpress.job import logged

with logged(snakemake.log[0]):
    import pandas as pd
    from trialpress import analysis, cohort
    from trialpress.plan import load_plan
    from trialpress.study import load_study

    study = load_study(snakemake.input.dictionary)
    plan = load_plan(snakemake.input.plan, study)
    tables = cohort.read_tables(Path(snakemake.input.tables[0]).parent, study)
    subjects, daily = pd.read_parquet(snakemake.input.subjects), pd.read_parquet(snakemake.input.daily)
    analysis.write(*analysis.run(study, plan, subjects, daily, tables), Path(snakemake.output.ard).parent)
