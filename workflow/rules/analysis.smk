rule analysis:
    """Cohort -> the analysis results data: every analysis of the plan, one row per statistic."""
    input:
        **({"claims": ancient(f"{CONFIG}/claims.yaml")} if STUDY.reconstruction else {}),
        if_opened=rules.clean.output.tables,
        subjects=rules.cohort.output.subjects,
        daily=rules.cohort.output.daily,
        receipts=[rules.clean.output.receipt, rules.cohort.output.receipt],
        dictionary=ancient(f"{CONFIG}/study.yaml"),
        plan=ancient(f"{CONFIG}/plan.yaml"),
        labels=ancient(LABELS),
        files=PLAN.files,
    output:
        ard=report(
            f"{OUT}/analysis/ard.csv",
            caption="../report/ard.rst",
            category="Analysis",
            labels={"file": "Analysis results data"},
        ),
        curves=f"{OUT}/analysis/curves.csv",
        participants=f"{OUT}/analysis/participants.csv",
        exchange=multiext(f"{OUT}/analysis/ard", ".json", "_cards.csv"),
        receipt=f"{OUT}/.receipts/analysis.json",
    log:
        f"{LOGS}/analysis.log",
    benchmark:
        f"{LOGS}/analysis.tsv"
    priority: 1
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=memory.asked("analysis", SIZE),
        runtime=30 + SIZE // 10,
    params:
        rooms=["cohort", "stats", "analysis"],
        content=content("analysis"),
        parts=PARTS["analysis"],
    message:
        "analysis: every statistic of the plan"
    script:
        "../scripts/analysis.py"
