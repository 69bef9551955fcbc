from pathlib import Path

from trialpress.job import logged

with logged(snakemake.log[0]):
    from trialpress import audit
    from trialpress.audit import page, trace
    from trialpress.audit.claims import load_claims
    from trialpress.plan import load_plan
    from trialpress.results import load
    from trialpress.study import load_study

    study = load_study(snakemake.input.dictionary)
    plan = load_plan(snakemake.input.plan, study)
    folder = Path(snakemake.output.manifest).parents[1]
    claims = load_claims(snakemake.input.claims, plan)
    results, clean = load(study, plan, folder), trace.read_clean(folder)
    traced = trace.read(folder)
    audit.write(results, claims, snakemake.params.inputs, folder)
    page.write(results, traced, clean, folder)  # the gate searches it too
    folders = [folder, Path(snakemake.log[0]).parent]
    setting, raw = snakemake.config["disclosure"], Path(snakemake.input.sums).parent
    audit.guard(results, snakemake.params.inputs, raw, folders, setting, snakemake.threads)
    page.write(results, traced, clean, folder)  # with what the gate says
