rule figures:
    """Results -> figures as SVG and PNG, each with the numbers that it shows."""
    input:
        if_opened=rules.clean.output.tables,
        receipts=rules.clean.output.receipt,
        cohort=rules.cohort.output,
        analysis=rules.analysis.output,
        dictionary=ancient(f"{CONFIG}/study.yaml"),
        plan=ancient(f"{CONFIG}/plan.yaml"),
        labels=ancient(LABELS),
        fonts=FONTS,
        files=sorted({*PLAN.files, *PLAN.shown}),
    output:
        svg=[
            report(
                f"{OUT}/figures/{figure}.svg",
                category="Figures",
                labels={"figure": figure, "caption": spec["caption"]},
            )
            for figure, spec in PLAN.figures.items()
        ],
        png=expand(f"{OUT}/figures/{{figure}}.png", figure=PLAN.figures),
        csv=expand(f"{OUT}/figures/{{figure}}.csv", figure=PLAN.figures),
        alt=f"{OUT}/figures/alt.json",
        receipt=f"{OUT}/.receipts/figures.json",
    log:
        f"{LOGS}/figures.log",
    benchmark:
        f"{LOGS}/figures.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: DRAWING
    resources:
        mem_mb=2000 + 10 * SIZE,
        runtime=10 + SIZE // 10,
    params:
        rooms=["clean", "cohort", "stats", "analysis", "figures"],
        content=content("figures"),
        parts=PARTS["figures"],
    message:
        "figures: SVG, PNG and the numbers shown"
    script:
        "../scripts/figures.py"
