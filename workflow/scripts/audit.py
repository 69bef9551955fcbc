from pathlib import Path

from trialpress.job import logged

with logged(snakemake.log[0]):
    from trialpress import audit
    from trialpress.audit import page, trace
    from trialpress.audit.claims import load_claims
    from trialpress.results import read

    folder = Path(snakemake.output.manifest).parents[1]
    results = read(snakemake.input.dictionary, snakemake.input.plan, folder)
    clean, claims = trace.read_clean(folder), load_claims(snakemake.input.claims, results.plan)
    traced = trace.read(folder)
    audit.write(results, claims, snakemake.params.inputs, folder)
    page.write(results, traced, clean, folder)  # the gate searches it too
    folders = [folder, Path(snakemake.log[0]).parent]
    setting, raw = snakemake.config["disclosure"], Path(snakemake.input.sums).parent
    audit.guard(results, snakemake.params.inputs, raw, folders, setting, snakemake.threads)
    page.write(results, traced, clean, folder)  # with what the gate says
