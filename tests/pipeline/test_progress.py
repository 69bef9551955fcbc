"""What a run by make says: a line a stage, and where one stops its message and nothing after it."""

import logging
from types import SimpleNamespace

from snakemake_interface_logger_plugins.common import LogEvent
from trialpress.as_before import AS_BEFORE
from trialpress.progress import LogHandler


def said(capsys, *records) -> str:
    handler = LogHandler(SimpleNamespace(), None)
    for level, message, extra in records:
        record = logging.LogRecord("snakemake", level, "", 0, message, None, None)
        record.__dict__.update(extra)
        handler.emit(record)
    handler.close()
    return capsys.readouterr().err


def job(number, rule):
    return (logging.INFO, "", {"event": LogEvent.JOB_INFO, "jobid": number, "rule_name": rule})


def done(number):
    return (logging.INFO, "", {"event": LogEvent.JOB_FINISHED, "job_id": number})


PLANNED = (logging.INFO, "", {"event": LogEvent.RUN_INFO, "stats": {"all": 1, "clean": 1, "cohort": 1, "total": 3}})
NOISE = (logging.INFO, "Select jobs to execute...", {})


def test_a_line_a_stage(capsys):
    text = said(capsys, PLANNED, NOISE, job(1, "clean"), done(1), job(2, "cohort"), done(2), job(0, "all"), done(0))
    lines = [line.split() for line in text.splitlines()]
    assert [(line[0], *line[-3:]) for line in lines] == [("clean", "1", "of", "2"), ("cohort", "2", "of", "2")]


def test_a_stage_whose_files_were_given_back_is_said_to_be_as_before(capsys, tmp_path):
    logs = [tmp_path / "clean.log", tmp_path / "cohort.log", tmp_path / "none.log"]
    logs[0].write_text("a warning\n" + AS_BEFORE)
    logs[1].write_text(AS_BEFORE + "\na warning\n")
    begun = [(*job(n, log.stem)[:2], {**job(n, log.stem)[2], "log": [str(log)]}) for n, log in enumerate(logs)]
    text = said(capsys, PLANNED, *begun, *map(done, range(3)))
    assert [line.endswith(", as before") for line in text.splitlines()] == [False, True, False]


def test_a_stage_that_stops_ends_with_its_message(capsys, tmp_path):
    log = tmp_path / "clean.log"
    log.write_text("raw.csv, row 3: what\n    why it matters: why\n")
    raised = (
        logging.ERROR,
        "RuleException:\nCalledProcessError in file x",
        {"event": LogEvent.ERROR, "exception": "RuleException"},
    )
    stopped = (logging.ERROR, "", {"event": LogEvent.JOB_ERROR, "rule_name": "clean", "log": [str(log)]})
    after = (
        logging.ERROR,
        "WorkflowError:\nAt least one job did not complete successfully.",
        {"event": LogEvent.ERROR, "exception": "WorkflowError"},
    )
    text = said(capsys, PLANNED, job(1, "clean"), raised, stopped, NOISE, after)
    assert text == "the stage clean stopped\nraw.csv, row 3: what\n    why it matters: why\n"


def test_what_is_wrong_before_a_stage_runs_is_said_without_a_trace(capsys):
    message = 'WorkflowError in file "/a b/common.smk", line 35:\nplan.yaml: what\n  File "/a b/common.smk", line 35, in <module>'
    wrong = (logging.ERROR, message, {"event": LogEvent.ERROR, "exception": "WorkflowError"})
    assert said(capsys, wrong) == "plan.yaml: what\n"
