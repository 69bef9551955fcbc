rule cohort:
    """Clean tables -> one row per participant: endpoints, strata, populations, daily grades, participant flow."""
    input:
        if_opened=rules.clean.output.tables,
        receipts=rules.clean.output.receipt,
        dictionary=ancient(f"{CONFIG}/study.yaml"),
        plan=ancient(f"{CONFIG}/plan.yaml"),
        labels=ancient(LABELS),
        code=modules("clean", "cohort"),
    output:
        subjects=f"{OUT}/cohort/subjects.parquet",
        daily=f"{OUT}/cohort/daily.parquet",
        flow=report(
            f"{OUT}/cohort/flow.csv",
            category="Cohort",
            labels={"file": "Participant flow"},
        ),
        receipt=f"{OUT}/.receipts/cohort.json",
    log:
        f"{LOGS}/cohort.log",
    benchmark:
        f"{LOGS}/cohort.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=1000 + 8 * SIZE,
        runtime=10 + SIZE // 10,
    params:
        content=content("cohort"),
        parts=PARTS["cohort"],
    message:
        "cohort: populations, strata and endpoints"
    script:
        "../scripts/cohort.py"


rule effects:
    """What of the plan has no effect on these data; no number waits for it."""
    input:
        if_opened=rules.clean.output.tables,
        subjects=rules.cohort.output.subjects,
        receipts=[rules.clean.output.receipt, rules.cohort.output.receipt],
        dictionary=ancient(f"{CONFIG}/study.yaml"),
        plan=ancient(f"{CONFIG}/plan.yaml"),
        labels=ancient(LABELS),
        code=modules("clean", "cohort", "stats", "analysis", "figures", "tables"),
    output:
        idle=report(
            f"{OUT}/cohort/no_effect.csv",
            category="Cohort",
            labels={"file": "What of the plan has no effect on these data"},
        ),
        receipt=f"{OUT}/.receipts/effects.json",
    log:
        f"{LOGS}/effects.log",
    benchmark:
        f"{LOGS}/effects.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=1000 + 16 * SIZE,
        runtime=10 + SIZE // 10,
    params:
        content=content("effects"),
        parts=PARTS["effects"],
    message:
        "effects: what of the plan has none"
    script:
        "../scripts/effects.py"
