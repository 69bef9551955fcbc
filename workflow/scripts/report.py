from pathlib import Path

from trialpress.job import logged

with logged(snakemake.log[0]):
    from trialpress.audit.checklists import load_checklists
    from trialpress.audit.claims import load_claims
    from trialpress.report.staging import make
    from trialpress.results import read

    folder = Path(snakemake.output.summary).parents[1]
    results = read(snakemake.input.dictionary, snakemake.input.plan, folder)
    claims = load_claims(snakemake.input.claims, results.plan)
    source = Path(snakemake.params.source)
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
