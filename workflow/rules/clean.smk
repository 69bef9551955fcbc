rule clean:
    """Raw records -> typed tables, with a log of every changed cell, every question and every row not used."""
    input:
        raw=[f"{DATA}/raw/{file.path}" for file in STUDY.files.values()],
        sums=f"{DATA}/raw/SHA256SUMS",
        corrections=branch(
            exists(f"{DATA}/corrections.csv"),
            then=f"{DATA}/corrections.csv",
            otherwise=[],
        ),
        dictionary=ancient(f"{CONFIG}/study.yaml"),
        code=modules("clean"),
    output:
        tables=expand(f"{OUT}/clean/{{table}}.parquet", table=STUDY.tables),
        cells=f"{OUT}/clean/cells.parquet",
        rows=f"{OUT}/clean/rows.csv",
        changes=report(
            f"{OUT}/clean/changes.csv",
            caption="../report/changes.rst",
            category="Cleaning",
            labels={"file": "Changed cells"},
        ),
        queries=report(
            f"{OUT}/clean/queries.csv", category="Cleaning", labels={"file": "Queries"}
        ),
        rejected=report(
            f"{OUT}/clean/rejected.csv",
            category="Cleaning",
            labels={"file": "Rejected rows"},
        ),
        receipt=f"{OUT}/.receipts/clean.json",
    log:
        f"{LOGS}/clean.log",
    benchmark:
        f"{LOGS}/clean.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        content=content("clean"),
        parts=PARTS["clean"],
    message:
        "clean: raw records to typed tables"
    script:
        "../scripts/clean.py"
