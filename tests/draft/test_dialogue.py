"""The questions of a draft in the terminal: what is answered there is what questions.yaml would have said."""

from __future__ import annotations

import os
import re
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest
from trialpress.draft.new import Given, new
from trialpress.draft.questions import Question, read_answers

pytest.importorskip("questionary", reason="questionary is not in this environment yet: make sets it up")
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput
from trialpress.draft.dialogue import dialogue

sys.path.insert(0, str(Path(__file__).parent))
import made_up

ROOT = Path(__file__).resolve().parents[2]
ENTER, DOWN, STOP = "\r", "\x1b[B", "\x03"
QUESTIONS = [
    Question("q1", "patients.patient_name identifier", "Is it a name?", "60 texts", ("yes", "no"), "yes", "patients.patient_name"),
    Question("q2", "study data_cutoff", "What is the date?", "the last: 2022-02-10", ("<YYYY-MM-DD>",), "2022-02-10", "study.data_cutoff"),
    Question("q3", "visits.crp units", "Which factor?", "mg/dL (4)", ("a query for each", "<unit = factor>"), "a query for each", "visits.crp"),
]  # fmt: skip


def asked(keys: str) -> dict[str, str]:
    with create_pipe_input() as typed:
        typed.send_text(keys)
        return dialogue(QUESTIONS, input=typed, output=DummyOutput())


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ("n", {}),
        ("y" + 3 * ENTER, {}),  # each left open
        ("y" + DOWN + ENTER + 2 * ENTER, {"patients.patient_name identifier": "yes"}),
        ("y" + 2 * DOWN + ENTER + DOWN + ENTER + "2022-03-01" + ENTER + 2 * DOWN + ENTER + "mg/dL = 10" + ENTER,
         {"patients.patient_name identifier": "no", "study data_cutoff": "2022-03-01", "visits.crp units": "mg/dL = 10"}),
        ("y" + ENTER + DOWN + ENTER + "March" + ENTER + 5 * "\x7f" + "2022-03-01" + ENTER + ENTER, {"study data_cutoff": "2022-03-01"}),
        ("y" + ENTER + DOWN + ENTER + ENTER + ENTER, {}),  # nothing written
        ("y" + DOWN + ENTER + STOP, {"patients.patient_name identifier": "yes"}),  # what was said before it was stopped holds
        (STOP, {}),
    ],
)  # fmt: skip
def test_what_is_chosen_is_the_answer(keys, expected):
    assert asked(keys) == expected


def test_answers_in_the_terminal_draft_as_those_of_the_file(tmp_path, capsys):
    (tmp_path / "received").mkdir()
    received = made_up.write(tmp_path / "received")
    turns = []

    def ask(questions):
        turns.append([question.about for question in questions])
        return {"study data_cutoff": "2022-12-31", "study title": "Made"} if len(turns) == 1 else {}

    assert new(Given("made", [received], tmp_path / "a"), report=False, ask=ask) == 0
    assert len(turns) == 2 and set(turns[0]) - set(turns[1]) == {"study data_cutoff", "study title"}
    answers = tmp_path / "a/config/made/questions.yaml"
    assert read_answers(answers) == {"study data_cutoff": "2022-12-31", "study title": "Made"}
    assert new(Given("made", [received], tmp_path / "b", answers=answers), report=False) == 0
    for name in ("study.yaml", "plan.yaml", "questions.yaml"):
        assert (tmp_path / "a/config/made" / name).read_bytes() == (tmp_path / "b/config/made" / name).read_bytes()


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="there are no pseudo terminals")
def test_in_a_terminal_it_asks_and_elsewhere_it_does_not(tmp_path):
    (tmp_path / "received").mkdir()
    made_up.write(tmp_path / "received")
    command = [
        sys.executable,
        "-m",
        "trialpress",
        "new",
        "made",
        str(tmp_path / "received"),
        "--draft-only",
        "--directory",
    ]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "workflow"), "TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1"}
    silent = subprocess.run(
        [*command, tmp_path / "file"], env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    assert silent.returncode == 0 and "Answer now?" not in silent.stdout + silent.stderr
    here, there = os.openpty()
    talk = subprocess.Popen([*command, tmp_path / "terminal"], env=environment, stdin=there, stdout=there, stderr=there)
    os.close(there)
    seen, end, sent = "", time.monotonic() + 60, False
    while talk.poll() is None and time.monotonic() < end:
        if select.select([here], [], [], 0.2)[0]:
            try:
                seen += os.read(here, 65536).decode(errors="replace")
            except OSError:  # the other side is closed
                break
        if "Answer now?" in seen and not sent:
            os.write(here, b"n")
            sent = True
    assert talk.wait(30) == 0 and sent
    os.close(here)
    plain = lambda folder: {path.name: path.read_bytes() for path in (tmp_path / folder / "config/made").iterdir()}  # noqa: E731
    assert plain("terminal") == plain("file"), "who answers nothing gets what there is without a terminal"
    assert re.search(r"\d+ open questions", seen)
