rule tables:
    """Results -> tables as Markdown and CSV."""
    input:
        if_opened=rules.clean.output.tables,
        receipts=rules.clean.output.receipt,
        cohort=rules.cohort.output,
        analysis=rules.analysis.output,
        dictionary=ancient(f"{CONFIG}/study.yaml"),
        plan=ancient(f"{CONFIG}/plan.yaml"),
        labels=ancient(LABELS),
    output:
        md=expand(f"{OUT}/tables/{{table}}.md", table=PLAN.tables),
        csv=expand(f"{OUT}/tables/{{table}}.csv", table=PLAN.tables),
        receipt=f"{OUT}/.receipts/tables.json",
    log:
        f"{LOGS}/tables.log",
    benchmark:
        f"{LOGS}/tables.tsv"
    priority: 1
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=memory.asked("tables", SIZE),
        runtime=10 + SIZE // 10,
    params:
        rooms=["cohort", "stats", "analysis", "figures", "tables"],
        content=content("tables"),
        parts=PARTS["tables"],
    message:
        "tables: Markdown and CSV"
    script:
        "../scripts/tables.py"
