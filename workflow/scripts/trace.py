from pathlib import Path

from trialpress.job import logged

with logged(snakemake.log[0]):
    from trialpress.audit import trace, write_second
    from trialpress.audit.concordance import Second
    from trialpress.results import read

    folder = Path(snakemake.output.trace).parents[1]
    results = read(snakemake.input.dictionary, snakemake.input.plan, folder)
    clean = trace.read_clean(folder)
    second = Second(results)  # works beside this process until it is asked for its answer
    trace.write(trace.trace(results, clean), folder)
    write_second(second, folder)
