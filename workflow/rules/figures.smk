# in parts, each some of the figures, if the raw files are large or config.yaml says so
DRAWN, DRAWN_RECEIPT = (
    f"{OUT}/.parts/figures/{{scatteritem}}",
    f"{OUT}/.parts/.receipts/figures-{{scatteritem}}.json",
)
DRAWN_PARTS = figure_chunks(
    config.get("figure_chunks", "auto"), len(PLAN.figures), SIZE
)
PARTS["figures_part"] = PARTS["figures"]  # of the dictionary and the plan


scattergather:
    figures=DRAWN_PARTS,


rule figures:
    """Results -> figures as SVG and PNG, each with the numbers that it shows."""
    input:
        parts=gather.figures(DRAWN) if DRAWN_PARTS > 1 else [],
        drawn=gather.figures(DRAWN_RECEIPT) if DRAWN_PARTS > 1 else [],
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
    priority: 2
    conda:
        "../../envs/environment.yaml"
    threads: DRAWING
    resources:
        mem_mb=memory.asked("figures", SIZE),
        runtime=10 + SIZE // 10,
        processes=PROCESSES,
    params:
        rooms=["cohort", "stats", "analysis", "figures"],
        content=content("figures"),
        parts=PARTS["figures"],
    message:
        "figures: SVG, PNG and the numbers shown"
    script:
        "../scripts/figures.py"


rule figures_part:
    """Some of the figures on their way to the figure stage, which takes them."""
    input:
        if_opened=rules.clean.output.tables,
        receipts=rules.figures.input.receipts,
        cohort=rules.figures.input.cohort,
        analysis=rules.figures.input.analysis,
        dictionary=ancient(f"{CONFIG}/study.yaml"),
        plan=ancient(f"{CONFIG}/plan.yaml"),
        labels=ancient(LABELS),
        fonts=FONTS,
        files=rules.figures.input.files,
    output:
        part=temp(directory(DRAWN)),
        receipt=temp(DRAWN_RECEIPT),
    log:
        f"{LOGS}/figures-{{scatteritem}}.log",
    benchmark:
        f"{LOGS}/figures-{{scatteritem}}.tsv"
    priority: -1  # what else can be done meanwhile is begun first
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=memory.asked("figures", SIZE),
        runtime=10 + SIZE // 10 // DRAWN_PARTS,
    params:
        rooms=["cohort", "stats", "analysis", "figures"],
        content=content("figures_part"),
        parts=PARTS["figures_part"],
    message:
        "figures: part {wildcards.scatteritem}"
    script:
        "../scripts/figures_part.py"
