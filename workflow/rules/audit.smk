# small counts are withheld in a copy for public release, if the configuration wants one
RELEASE = (
    {"release": directory(f"{OUT}/audit/release")}
    if config["disclosure"]["threshold"]
    else {}
)


WHOLE = ["clean", "cohort", "stats", "analysis", "figures", "tables", "report", "audit"]

# in parts by analysis, as many as those of the clean stage; beside them the raw cells
TRACE_PART, TRACE_RECEIPT = (
    f"{OUT}/.parts/trace/{{scatteritem}}",
    f"{OUT}/.parts/.receipts/trace-{{scatteritem}}.json",
)
TRACE_CELLS = f"{OUT}/.parts/trace/cells"
CELLS_RECEIPT = f"{OUT}/.parts/.receipts/trace-cells.json"
PARTS["trace_part"] = PARTS["trace_cells"] = PARTS["trace"]


scattergather:
    trace=CHUNKS,


rule trace:
    """Every number back to raw cells; every statistic a second time, by R where it is."""
    input:
        parts=gather.trace(TRACE_PART) if CHUNKS > 1 else [],
        cells=TRACE_CELLS if CHUNKS > 1 else [],
        receipts=[*gather.trace(TRACE_RECEIPT), CELLS_RECEIPT] if CHUNKS > 1 else [],
        clean=rules.clean.output,
        cohort=rules.cohort.output,
        analysis=rules.analysis.output,
        dictionary=ancient(f"{CONFIG}/study.yaml"),
        plan=ancient(f"{CONFIG}/plan.yaml"),
        labels=ancient(LABELS),
        fixed=FIXED,
    output:
        trace=f"{OUT}/audit/trace.json",
        once=f"{OUT}/audit/computed_once.csv",
        queries=f"{OUT}/audit/query_effects.csv",
        concordance=report(
            f"{OUT}/audit/concordance.csv",
            category="Audit",
            labels={"file": "Second opinion"},
        ),
        versions=f"{OUT}/audit/second_opinion.json",
        receipt=f"{OUT}/.receipts/trace.json",
    log:
        f"{LOGS}/trace.log",
    benchmark:
        f"{LOGS}/trace.tsv"
    priority: 0 if SMALL else 3
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=memory.asked("trace_together" if CHUNKS > 1 else "trace", SIZE),
        runtime=10 + SIZE // 10,
        niceness=5 if SMALL else 0,
    params:
        rooms=["clean", "cohort", "stats", "analysis", "report", "audit"],
        content=content("trace"),
        parts=PARTS["trace"],
        beside=[f"{OUT}/audit/trace"],
    message:
        "trace: numbers to raw cells, statistics a second time"
    script:
        "../scripts/trace.py"


rule trace_cells:
    """The columns of the cohort and the raw cells behind them, on their way to the trace; no analysis is waited for."""
    input:
        clean=rules.clean.output,
        cohort=rules.cohort.output,
        dictionary=ancient(f"{CONFIG}/study.yaml"),
        plan=ancient(f"{CONFIG}/plan.yaml"),
        labels=ancient(LABELS),
        fixed=FIXED,
    output:
        cells=temp(directory(TRACE_CELLS)),
        receipt=temp(CELLS_RECEIPT),
    log:
        f"{LOGS}/trace-cells.log",
    benchmark:
        f"{LOGS}/trace-cells.tsv"
    priority: 3
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=memory.asked("trace_cells", SIZE),
        runtime=10 + SIZE // 10,
    params:
        rooms=["clean", "cohort", "stats", "analysis", "report", "audit"],
        content=content("trace_cells"),
        parts=PARTS["trace_cells"],
    message:
        "trace: columns to raw cells"
    script:
        "../scripts/trace_cells.py"


rule trace_part:
    """The statistics of some analyses a second time, on their way to the trace, which puts the parts together."""
    input:
        clean=rules.clean.output.tables,
        made=rules.clean.output.receipt,
        cohort=rules.cohort.output,
        analysis=rules.analysis.output,
        dictionary=ancient(f"{CONFIG}/study.yaml"),
        plan=ancient(f"{CONFIG}/plan.yaml"),
        labels=ancient(LABELS),
        fixed=FIXED,
    output:
        part=temp(directory(TRACE_PART)),
        receipt=temp(TRACE_RECEIPT),
    log:
        f"{LOGS}/trace-{{scatteritem}}.log",
    benchmark:
        f"{LOGS}/trace-{{scatteritem}}.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=memory.asked("trace_part", SIZE),
        runtime=10 + SIZE // 10,
    params:
        rooms=["clean", "cohort", "stats", "analysis", "audit"],
        content=content("trace_part"),
        parts=PARTS["trace_part"],
    message:
        "trace: part {wildcards.scatteritem}"
    script:
        "../scripts/trace_part.py"


rule audit:
    """Published claims against results; the hash of every input and output; the privacy gate; the page."""
    input:
        analysis=rules.analysis.output,
        raw=rules.clean.input.raw,
        sums=rules.clean.input.sums,
        corrections=rules.clean.input.corrections,
        source=rules.report.input.source,
        outputs=[
            rules.clean.output,
            rules.cohort.output,
            rules.effects.output,
            rules.figures.output,
            rules.tables.output,
            rules.fragments.output,
            rules.report.output,
            rules.trace.output,
        ],
        claims=CLAIMS,
        checklists=rules.report.input.checklists,
        dictionary=f"{CONFIG}/study.yaml",
        plan=f"{CONFIG}/plan.yaml",
        labels=LABELS,
        fixed=FIXED,
        recorded=RECORDED,
        files=rules.figures.input.files,
        config="config/config.yaml",
        lock=[engine("envs/requirements.lock"), engine("envs/environment.yaml")],
        terms=[engine("CITATION.cff"), engine("LICENSE")],
        workflow=[
            engine("Snakefile"),
            *sorted(map(str, Path(engine("workflow")).glob("[rs]*/*.*"))),
        ],
    output:
        **RELEASE,
        claims=report(
            f"{OUT}/audit/claims.csv",
            category="Audit",
            labels={"file": "Published claims"},
        ),
        checks=f"{OUT}/audit/claim_checks.csv",
        anonymity=f"{OUT}/audit/anonymity.csv",
        manifest=f"{OUT}/audit/manifest.json",
        crate=f"{OUT}/audit/crate.zip",
        privacy=f"{OUT}/audit/privacy.json",
        page=report(
            f"{OUT}/audit/index.html", category="Audit", labels={"file": "Audit"}
        ),
        receipt=f"{OUT}/.receipts/audit.json",
    log:
        f"{LOGS}/audit.log",
    benchmark:
        f"{LOGS}/audit.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 2
    resources:
        mem_mb=memory.asked("audit", SIZE),
        runtime=10 + SIZE // 10,
    params:
        rooms=WHOLE,
        content=content("audit"),
        beside=[f"{OUT}/audit/page"],
        inputs=lambda wildcards, input: sorted(
            {*map(str, input), *modules(*WHOLE)}
            - {*map(str, input.analysis), *map(str, input.outputs)}
        ),
    message:
        "audit: claims, manifest, privacy gate and the page"
    script:
        "../scripts/audit.py"
