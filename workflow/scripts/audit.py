from pathlib import Path

from trialpress.job import logged
from trialpress.receipts import kept

with logged(snakemake.log[0]), kept(snakemake) as read:
    from trialpress import stages

    stages.audit(
        snakemake.input.dictionary,
        snakemake.input.plan,
        snakemake.input.claims or None,
        snakemake.params.inputs,
        Path(snakemake.input.sums).parent,
        Path(snakemake.output.manifest).parents[1],
        Path(snakemake.log[0]).parent,
        snakemake.config["disclosure"],
        snakemake.threads,
        read,
    )
