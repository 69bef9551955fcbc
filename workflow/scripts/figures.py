from pathlib import Path

from trialpress.job import logged

with logged(snakemake.log[0]):
    from trialpress.figures import draw_all
    from trialpress.plan import load_plan
    from trialpress.results import load
    from trialpress.study import load_study

    study = load_study(snakemake.input.dictionary)
    plan = load_plan(snakemake.input.plan, study)
    folder = Path(snakemake.input.analysis[0]).parents[1]
    draw_all(load(study, plan, folder), folder / "figures")
