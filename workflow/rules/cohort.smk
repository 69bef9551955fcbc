# in parts by participant, as the clean stage
COHORT_PART, COHORT_RECEIPT = (
    f"{OUT}/.parts/cohort/{{scatteritem}}",
    f"{OUT}/.parts/.receipts/cohort-{{scatteritem}}.json",
)
PARTS["cohort_part"] = PARTS["cohort"]  # of the plan and the dictionary


scattergather:
    cohort=COHORT_CHUNKS,


rule cohort:
    """Clean tables -> one row per participant: endpoints, strata, populations, daily grades, participant flow."""
    input:
        parts=gather.cohort(COHORT_PART) if COHORT_CHUNKS > 1 else [],
        receipts=[
            rules.clean.output.receipt,
            *(gather.cohort(COHORT_RECEIPT) if COHORT_CHUNKS > 1 else []),
        ],
        queries=rules.clean.output.queries,
        if_opened=rules.clean.output.tables,
        dictionary=ancient(f"{CONFIG}/study.yaml"),
        plan=ancient(f"{CONFIG}/plan.yaml"),
        labels=ancient(LABELS),
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
        mem_mb=memory.asked("cohort_together" if COHORT_CHUNKS > 1 else "cohort", SIZE),
        runtime=10 + SIZE // 10,
    params:
        rooms=["clean", "cohort"],
        content=content("cohort"),
        parts=PARTS["cohort"],
    message:
        "cohort: populations, strata and endpoints"
    script:
        "../scripts/cohort.py"


rule cohort_part:
    """What the rows of some participants say of them, on their way to the cohort, which puts the parts together."""
    input:
        if_opened=rules.clean.output.tables,
        receipts=rules.clean.output.receipt,
        dictionary=ancient(f"{CONFIG}/study.yaml"),
        plan=ancient(f"{CONFIG}/plan.yaml"),
        labels=ancient(LABELS),
    output:
        part=temp(directory(COHORT_PART)),
        receipt=temp(COHORT_RECEIPT),
    log:
        f"{LOGS}/cohort-{{scatteritem}}.log",
    benchmark:
        f"{LOGS}/cohort-{{scatteritem}}.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=memory.asked("cohort_part", SIZE, COHORT_CHUNKS),
        runtime=10 + SIZE // 10,
    params:
        rooms=["clean", "cohort"],
        content=content("cohort_part"),
        parts=PARTS["cohort_part"],
    message:
        "cohort: part {wildcards.scatteritem}"
    script:
        "../scripts/cohort_part.py"


rule effects:
    """What of the plan has no effect on these data; no number waits for it."""
    input:
        if_opened=rules.clean.output.tables,
        subjects=rules.cohort.output.subjects,
        receipts=[rules.clean.output.receipt, rules.cohort.output.receipt],
        dictionary=ancient(f"{CONFIG}/study.yaml"),
        plan=ancient(f"{CONFIG}/plan.yaml"),
        labels=ancient(LABELS),
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
        mem_mb=memory.asked("effects", SIZE),
        runtime=10 + SIZE // 10,
    params:
        rooms=["cohort", "stats", "analysis", "figures", "tables"],
        content=content("effects"),
        parts=PARTS["effects"],
    message:
        "effects: what of the plan has none"
    script:
        "../scripts/effects.py"
