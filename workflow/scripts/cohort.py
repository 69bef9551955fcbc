from pathlib import Path

from trialpress.job import logged

with logged(snakemake.log[0]):
    from trialpress import cohort
    from trialpress.plan import load_plan
    from trialpress.study import load_study

    study = load_study(snakemake.input.dictionary)
    plan = load_plan(snakemake.input.plan, study)
    tables = cohort.read_tables(Path(snakemake.input.tables[0]).parent, study)
    cohort.write(cohort.build(study, plan, tables), Path(snakemake.output.subjects).parent)
