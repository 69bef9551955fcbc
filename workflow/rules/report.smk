from trialpress.report.renderer import ARCHIVE, file_name, stamp


rule report:
    """Manuscript source with numbers by name -> HTML, PDF and DOCX, by Quarto or by Pandoc and Typst."""
    input:
        manuscript=f"report/{NAME}/manuscript.qmd",
        source=sources(f"report/{NAME}"),
        clean=[
            rules.clean.output.changes,
            rules.clean.output.queries,
            rules.clean.output.rejected,
            rules.clean.output.rows,
        ],
        cohort=rules.cohort.output,
        analysis=rules.analysis.output,
        figures=rules.figures.output,
        tables=rules.tables.output,
        claims=f"{CONFIG}/claims.yaml",
        checklists=branch(
            exists(f"{CONFIG}/checklists.yaml"),
            then=["config/checklists.yaml", f"{CONFIG}/checklists.yaml"],
            otherwise=[],
        ),
        dictionary=f"{CONFIG}/study.yaml",
        plan=f"{CONFIG}/plan.yaml",
        lock="envs/requirements.lock",
        code=modules("clean", "cohort", "analysis", "audit", "report"),
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
        summary=f"{OUT}/report/summary.txt",
        renderer=f"{OUT}/report/renderer.json",
    log:
        f"{LOGS}/report.log",
    benchmark:
        f"{LOGS}/report.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 2
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        formats=config["formats"],
        engine=config["engine"],
        renderer=lambda wildcards: stamp(config["engine"]),  # putting Quarto on PATH rebuilds
    message:
        "report: the manuscript"
    script:
        "../scripts/report.py"
