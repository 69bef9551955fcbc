# What every rule uses: the checked configuration, the environment that makes a rerun the same, and where things lie.
import gc
import os
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

ROOT = Path(str(workflow.current_basedir)).parents[1]
sys.path.insert(0, str(ROOT / "workflow"))

from trialpress import environment, exclusive, memory, parts, receipts
from trialpress.chunks import chunks, cohort_chunks, figure_chunks, megabytes
from trialpress.environment import engine, modules, sources
from trialpress.errors import InputError, raise_if
from trialpress.job import keep, told
from trialpress.checks.plan import check_plan
from trialpress.studies import folder_problems
from trialpress.study import preflight, schema_problems

try:
    raise_if(schema_problems("config/config.yaml", config, "config"))
except InputError as error:
    raise WorkflowError(str(error)) from None

NAME = config["study"]
CONFIG = f"config/{NAME}"
DATA = f"data/{NAME}"
OUT = f"results/{NAME}"
LOGS = f"logs/{NAME}"

try:
    raise_if(environment.folder_problems(Path.cwd()))
    STUDY = parts.whole_study(f"{CONFIG}/study.yaml")
    raise_if(folder_problems(STUDY, NAME))
    PLAN = parts.whole_plan(f"{CONFIG}/plan.yaml")
    check_plan(PLAN, STUDY, f"{CONFIG}/plan.yaml")
    preflight(STUDY, DATA)
    CHUNKS = chunks(config.get("chunks", "auto"), STUDY, Path(DATA, "raw"))
    COHORT_CHUNKS = cohort_chunks(
        config.get("chunks", "auto"), STUDY, PLAN, Path(DATA, "raw")
    )
    SIZE = megabytes(
        STUDY, Path(DATA, "raw")
    )  # what a job asks of a cluster grows with it
except InputError as error:
    raise WorkflowError(str(error)) from None
except Exception as error:  # the one boundary: a message, the traceback in a file
    raise WorkflowError(str(told("the configuration", error, keep(None)))) from None

os.environ.update(environment.settings(ROOT, STUDY.data_cutoff))
os.environ[exclusive.RUN] = str(os.getpid())
environment.name_interpreter()

# jobs of this machine are not begun side by side beyond its memory; a cluster counts its own
MEMORY = memory.there(config.get("memory", "auto"))
if workflow.resource_settings.nodes is None:
    workflow.global_resources.setdefault("mem_mb", MEMORY)

# what each rule reads of the dictionary, the plan and the claims: it runs again when that has changed, not the files
PARTS = parts.of_rules(CONFIG, bool(STUDY.reconstruction))
parts.are_checked(part for of in PARTS.values() for part in of)
content = receipts.parameter(rules, OUT, PARTS)  # of what a rule reads and none makes

# Two things lead to the audit: figures, tables and report; and the trace, which is the longer way but for a small study. What
# lies on the longer way is begun first, and of two cores it goes first: the trace of a small study takes what is left.
SMALL = SIZE < 3

# cores that the figures take, as another stage works beside them: one of two, two of more; on a cluster cores are not counted.
# A small study is drawn by two processes even so: the trace beside them gives way.
CORES = workflow.resource_settings.cores or 4
DRAWING = max(1, min(2, CORES // 2))
PROCESSES = min(2, CORES) if SMALL else DRAWING

# the plan as it was fixed before the data, and what is on record of the second computation, if there is
FIXED, RECORDED = (
    f"{CONFIG}/{name}.lock" if Path(f"{CONFIG}/{name}.lock").is_file() else []
    for name in ("plan", "second")
)

# what was published, if anything was; a reconstruction is made of it
CLAIMS = f"{CONFIG}/claims.yaml"
CLAIMS = CLAIMS if STUDY.reconstruction or Path(CLAIMS).is_file() else []

# what the plan prints in another language, and what it is drawn with
LABELS = PLAN.labels or []
FONTS = environment.fonts(f"report/{NAME}")


onstart:
    gc.freeze()  # what was imported and built until now stays: `make report` has not looked through it, and nobody need
    gc.enable()
    exclusive.alone(
        ".snakemake/running"
    )  # against `make report` and another snakemake; a dry run takes no lock
    if workflow.local_exec:
        jobs = [
            (job.rule.name, job.rule.resources["mem_mb"].value)
            for job in workflow.dag.needrun_jobs()
            if "mem_mb" in job.rule.resources
        ]
        try:
            raise_if(memory.lacking(jobs, MEMORY, SIZE, f"{DATA}/raw"))
        except InputError as error:
            raise WorkflowError(str(error)) from None
