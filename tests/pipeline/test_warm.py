"""A job that is forked from the process that has imported the libraries is as one that Snakemake starts."""

import json
import re
import shutil
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from trialpress import parts, warm
from trialpress.environment import settings

ROOT = Path(__file__).resolve().parents[2]
SAYS = """
import json, os, sys
said = {"argv": sys.argv, "modules": sorted(sys.modules), "environment": dict(os.environ), "name": __name__, "file": __file__,
        "threads of the server": [open(f"{at.path}/comm").read().strip() for at in os.scandir(f"/proc/{os.getppid()}/task")]}
open(os.environ["SAID"], "w").write(json.dumps(said))
sys.exit(int(os.environ.get("STATUS", 0)))
"""


@pytest.fixture
def job(tmp_path, monkeypatch):
    """Run a script in a job; its exit status and what it said."""

    def run(script=SAYS, threads=1, **environment):
        (tmp_path / "script.py").write_text(script)
        given = settings(tmp_path, "2020-01-01") | {"SAID": str(tmp_path / "said.json")}
        for name, text in (given | environment).items():
            monkeypatch.setenv(name, text)
        begun = warm.begun(str(tmp_path / "script.py"), threads, str(tmp_path))
        if begun is None:
            return None, None
        warm.ended(begun)
        said = tmp_path / "said.json"
        return begun.exitcode, json.loads(said.read_text()) if said.exists() else None

    return run


def test_it_has_the_libraries_and_nothing_of_ours(job, monkeypatch):
    monkeypatch.setattr(parts, "_held", {})
    status, said = job()
    assert status == 0
    assert {"pandas", "pyarrow", "scipy.special"} <= {*said["modules"]}
    ours = {name for name in said["modules"] if name.startswith("trialpress")}
    assert ours <= {"trialpress", "trialpress.warm"}, "an edit of these during a run would not be in force"


def test_it_is_handed_the_plan_and_the_dictionary_as_they_are(job, tmp_path, monkeypatch):
    """What the run has read is not read again, and what has changed since is."""
    config = tmp_path / "config" / "low-dose-cd19"
    shutil.copytree(ROOT / "config" / "low-dose-cd19", config)
    study, plan = config / "study.yaml", config / "plan.yaml"
    monkeypatch.setattr(parts, "_held", {})
    parts.whole_plan(plan)
    script = f"""
import json, os
from pathlib import Path
from trialpress import parts, plan
held = [*map(str, parts._held)]
def read(*_): raise AssertionError("read again")
if os.environ["CHANGED"] == "no": parts.read_plan = parts.load_study = read
found = parts.whole_plan({str(plan)!r})
said = {{"held": held, "seed": found.seed, "title": parts.whole_study({str(study)!r}).title}}
open(os.environ["SAID"], "w").write(json.dumps(said))
"""
    seed = parts.whole_plan(plan).seed
    status, said = job(script, CHANGED="no", PYTHONPATH=str(ROOT / "workflow"))
    assert (status, said["seed"], said["title"]) == (0, seed, parts.whole_study(study).title)
    assert {*said["held"]} == {str(study), str(plan)}
    plan.write_text(re.sub("seed: .*", f"seed: {seed + 1}", plan.read_text(), count=1))
    assert job(script, CHANGED="yes", PYTHONPATH=str(ROOT / "workflow"))[1]["seed"] == seed + 1


def test_what_other_code_has_read_is_not_taken(monkeypatch):
    parts.whole_study(ROOT / "config" / "low-dose-cd19" / "study.yaml")
    code, read = parts.handed()
    monkeypatch.setattr(parts, "_held", {})
    parts.take([*code[:-1], "0" * 64], read)
    assert parts._held == {} and parts.handed() is None
    parts.take(code, read)
    assert len(parts._held) >= 1


def test_it_is_a_script_in_the_environment_of_the_run(job, tmp_path):
    _, said = job(threads=2, OF_THE_RUN="yes")
    path = str(tmp_path / "script.py")
    assert (said["argv"], said["file"], said["name"]) == ([path], path, "__main__")
    wanted = {"OF_THE_RUN": "yes", "TMPDIR": str(tmp_path), "OMP_NUM_THREADS": "2", "VECLIB_MAXIMUM_THREADS": "2"}
    assert wanted.items() <= said["environment"].items()
    _, later = job(OF_THE_RUN="no")
    assert later["environment"]["OF_THE_RUN"] == "no", "that of now, not of when the server began"


def test_its_server_has_no_thread_that_a_fork_would_cut_off(job):
    # Arrow's jemalloc has one of its own and prepares it for a fork (pthread_atfork)
    threads = job()[1]["threads of the server"]
    assert len([name for name in threads if not name.startswith("jemalloc")]) == 1, threads


@pytest.mark.parametrize(
    ("script", "status"),
    [(SAYS, 3), ("raise ValueError", 1), ("import os; os._exit(7)", 7), ("import os; os.kill(os.getpid(), 9)", -signal.SIGKILL)],
)  # fmt: skip
def test_its_status_is_that_of_the_script(job, script, status):
    assert job(script, STATUS="3")[0] == status


def test_many_jobs_of_several_threads_end_each_with_its_own_status(tmp_path):
    """A thread that begins a job looks for those that have ended, too, and must not take their status from another."""
    path = tmp_path / "script.py"
    path.write_text("import os; os._exit(5)")
    with ThreadPoolExecutor(6) as pool:
        found = [*pool.map(lambda _: warm.ended(warm.begun(str(path), 1, "")), range(48))]
    assert found == [5] * 48


def test_a_server_that_was_killed_is_begun_again(job):
    assert job("import os; os.kill(os.getppid(), 9)")[0] != 0, "what is not known to have ended well has not"
    job()  # it may still be ending: then this one is a Python of its own
    assert job()[0] == 0


def test_without_a_server_the_job_is_a_python_of_its_own(tmp_path, monkeypatch):
    def refused(self):
        raise EOFError

    monkeypatch.setattr(warm.get_context("forkserver").Process, "start", refused)
    assert warm.begun(str(tmp_path / "script.py"), 1, "") is None


def test_jobs_are_forked_where_the_interpreter_is_called_by_name(tmp_path):
    """As in a folder whose path has a space: Snakemake does not quote it, so `sys.executable` is a name from then on."""
    script = tmp_path / "script.py"
    script.write_text("import sys; sys.exit('trialpress' not in sys.modules)")  # which only a forked one has
    run = (
        "import sys; from trialpress import warm; warm.jobs(); sys.executable = 'python'; "
        f"print(warm.ended(warm.begun({str(script)!r}, 1, '')))"
    )
    done = subprocess.run([sys.executable, "-c", run], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("0\n", "")


def test_a_job_does_not_import_what_the_run_was_begun_with(tmp_path):
    """`python -m trialpress.ending`: multiprocessing would import it in each job, and with it half of the package."""
    (tmp_path / "script.py").write_text("import sys; sys.exit(hasattr(sys.modules['__mp_main__'], 'OURS'))")
    (tmp_path / "begun.py").write_text(
        "OURS = 1\nif __name__ == '__main__':\n    from trialpress import warm\n    warm.jobs()\n    print(warm.ended(warm.begun('script.py', 1, '')))\n"
    )
    done = subprocess.run([sys.executable, "-m", "begun"], cwd=tmp_path, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("0\n", "")
