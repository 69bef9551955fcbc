from trialpress.report.renderer import ARCHIVE, file_name, stamp

ENGINE = stamp(config["engine"])  # a parameter: putting Quarto on PATH rebuilds


rule fragments:
    """Results -> what the manuscript includes: numbers by name, figures and tables with captions, lists."""
    input:
        clean=[
            rules.clean.output.changes,
            rules.clean.output.queries,
            rules.clean.output.rejected,
            rules.clean.output.rows,
            rules.clean.output.receipt,
        ],
        cohort=rules.cohort.output,
        analysis=rules.analysis.output,
        alt=rules.figures.output.alt,
        receipts=rules.figures.output.receipt,
        tables=rules.tables.output,
        claims=CLAIMS,
        dictionary=ancient(f"{CONFIG}/study.yaml"),
        plan=ancient(f"{CONFIG}/plan.yaml"),
        labels=ancient(LABELS),
        fixed=FIXED,
        recorded=RECORDED,
        lock=engine("envs/requirements.lock"),
    output:
        fragments=f"{OUT}/report/fragments.json",
        summary=f"{OUT}/report/summary.txt",
        receipt=f"{OUT}/.receipts/fragments.json",
    log:
        f"{LOGS}/fragments.log",
    benchmark:
        f"{LOGS}/fragments.tsv"
    priority: 1
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=memory.asked("fragments", SIZE),
        runtime=10 + SIZE // 10,
    params:
        rooms=[
            "clean",
            "cohort",
            "stats",
            "analysis",
            "figures",
            "tables",
            "audit",
            "report",
        ],
        content=content("fragments"),
        parts=PARTS["fragments"],
        formats=config["formats"],
        engine=config["engine"],
        renderer=ENGINE,
    message:
        "fragments: what the manuscript includes"
    script:
        "../scripts/fragments.py"


rule report:
    """Manuscript source with numbers by name -> HTML, PDF, DOCX and JATS, by Quarto or by Pandoc and Typst."""
    input:
        manuscript=f"report/{NAME}/manuscript.qmd",
        source=sources(f"report/{NAME}"),
        fragments=rules.fragments.output.fragments,
        receipts=rules.fragments.output.receipt,
        figures=rules.figures.output,
        checklists=branch(
            exists(f"{CONFIG}/checklists.yaml"),
            then=[engine("config/checklists.yaml"), f"{CONFIG}/checklists.yaml"],
            otherwise=[],
        ),
        lock=engine("envs/requirements.lock"),
    output:
        manuscript=[
            report(
                f"{OUT}/report/{file_name(format)}",
                caption="../report/manuscript.rst",
                category="Manuscript",
                labels={"format": format},
            )
            for format in config["formats"]
        ],
        archive=[f"{OUT}/report/{ARCHIVE}"] if "jats" in config["formats"] else [],
        renderer=f"{OUT}/report/renderer.json",
        receipt=f"{OUT}/.receipts/report.json",
    log:
        f"{LOGS}/report.log",
    benchmark:
        f"{LOGS}/report.tsv"
    priority: 1
    conda:
        "../../envs/environment.yaml"
    threads: 1 if CORES == 2 else 2  # the trace may work beside it
    resources:
        mem_mb=memory.asked("report", SIZE),
        runtime=10 + SIZE // 10,
    params:
        rooms=[
            "clean",
            "cohort",
            "stats",
            "analysis",
            "figures",
            "tables",
            "audit",
            "report",
        ],
        content=content("report"),
        printed=environment.printed_by(sources(f"report/{NAME}")),
        formats=config["formats"],
        engine=config["engine"],
        renderer=ENGINE,
    message:
        "report: the manuscript"
    script:
        "../scripts/report.py"
