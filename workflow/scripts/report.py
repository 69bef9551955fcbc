from pathlib import Path

from trialpress.job import logged

with logged(snakemake.log[0]):
    from trialpress.audit.checklists import load_checklists
    from trialpress.audit.claims import load_claims
    from trialpress.plan import load_plan
    from trialpress.report.staging import make
    from trialpress.results import load
    from trialpress.study import load_study

    study = load_study(snakemake.input.dictionary)
    plan = load_plan(snakemake.input.plan, study)
    folder = Path(snakemake.output.summary).parents[1]
    claims = load_claims(snakemake.input.claims, plan)
    results = load(study, plan, folder)
    source = Path(snakemake.input.source[0]).parent
    asked = map(Path, snakemake.input.checklists)
    checklists = load_checklists(*asked, Path(snakemake.input.plan), source) if snakemake.input.checklists else []
    make(
        results,
        claims,
        source,
        folder,
        snakemake.params.formats,
        snakemake.params.engine,
        checklists,
    )
