from pathlib import Path

from trialpress.job import logged

with logged(snakemake.log[0]):
    from trialpress.report.staging import make
    from trialpress.audit.claims import load_claims
    from trialpress.plan import load_plan
    from trialpress.results import load
    from trialpress.study import load_study

    study = load_study(snakemake.input.dictionary)
    plan = load_plan(snakemake.input.plan, study)
    folder = Path(snakemake.params.results)
    claims = load_claims(snakemake.input.claims, plan)
    results = load(study, plan, folder)
    make(results, claims, Path(snakemake.params.source), folder, snakemake.params.formats, snakemake.params.engine)
