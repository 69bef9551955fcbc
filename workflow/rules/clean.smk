# in parts by participant, if the raw files are large or config.yaml says so
PART, PART_RECEIPT = (
    f"{OUT}/.parts/clean/{{scatteritem}}",
    f"{OUT}/.parts/.receipts/clean-{{scatteritem}}.json",
)
PARTS["clean_part"] = PARTS["clean_deal"] = PARTS["clean"]  # of the dictionary


scattergather:
    clean=CHUNKS,


rule clean:
    """Raw records -> typed tables, with a log of every changed cell, every question and every row not used."""
    input:
        parts=gather.clean(PART) if CHUNKS > 1 else [],
        receipts=gather.clean(PART_RECEIPT) if CHUNKS > 1 else [],
        raw=[f"{DATA}/raw/{file.path}" for file in STUDY.files.values()],
        sums=f"{DATA}/raw/SHA256SUMS",
        corrections=branch(
            exists(f"{DATA}/corrections.csv"),
            then=f"{DATA}/corrections.csv",
            otherwise=[],
        ),
        dictionary=ancient(f"{CONFIG}/study.yaml"),
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
    threads: 2 if CHUNKS > 1 else 1
    resources:
        mem_mb=memory.asked("clean_together" if CHUNKS > 1 else "clean", SIZE),
        runtime=10 + SIZE // 10,
    params:
        rooms=["clean"],
        content=content("clean"),
        parts=PARTS["clean"],
    message:
        "clean: raw records to typed tables"
    script:
        "../scripts/clean.py"


rule clean_deal:
    """Where in the raw files the rows of each part are: a file is read whole once, and each part reads its own rows."""
    input:
        raw=rules.clean.input.raw,
        sums=rules.clean.input.sums,
        dictionary=ancient(f"{CONFIG}/study.yaml"),
    output:
        dealt=temp(directory(f"{OUT}/.parts/clean/dealt-{CHUNKS}")),
        receipt=temp(f"{OUT}/.parts/.receipts/clean-dealt-{CHUNKS}.json"),
    log:
        f"{LOGS}/clean-dealt.log",
    benchmark:
        f"{LOGS}/clean-dealt.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 2
    resources:
        mem_mb=memory.asked("clean_deal", SIZE),
        runtime=10 + SIZE // 10,
    params:
        rooms=["clean"],
        content=content("clean_deal"),
        parts=PARTS["clean_deal"],
        number=CHUNKS,
    message:
        "clean: the rows of each of {params.number} parts"
    script:
        "../scripts/clean_deal.py"


rule clean_part:
    """The rows of some participants on their way to the clean stage, which puts the parts together."""
    input:
        dealt=rules.clean_deal.output.dealt,
        receipt=rules.clean_deal.output.receipt,
        raw=rules.clean.input.raw,
        sums=rules.clean.input.sums,
        corrections=rules.clean.input.corrections,
        dictionary=ancient(f"{CONFIG}/study.yaml"),
    output:
        part=temp(directory(PART)),
        receipt=temp(PART_RECEIPT),
    log:
        f"{LOGS}/clean-{{scatteritem}}.log",
    benchmark:
        f"{LOGS}/clean-{{scatteritem}}.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=memory.asked("clean_part", SIZE, CHUNKS),
        runtime=10 + SIZE // 10,
    params:
        rooms=["clean"],
        content=content("clean_part"),
        parts=PARTS["clean_part"],
    message:
        "clean: part {wildcards.scatteritem}"
    script:
        "../scripts/clean_part.py"
