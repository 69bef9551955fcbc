from pathlib import Path

from trialpress.job import logged

with logged(snakemake.log[0]):
    from trialpress.audit import trace, write_second
    from trialpress.audit.concordance import Second
    from trialpress.plan import load_plan
    from trialpress.results import load
    from trialpress.study import load_study

    study = load_study(snakemake.input.dictionary)
    plan = load_plan(snakemake.input.plan, study)
    folder = Path(snakemake.output.trace).parents[1]
    results, clean = load(study, plan, folder), trace.read_clean(folder)
    second = Second(results)  # works beside this process until it is asked for its answer
    trace.write(trace.trace(results, clean), folder)
    write_second(second, folder)
