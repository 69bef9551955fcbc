"""What a run by `make` says while it goes on: a line a stage; where one stops, its message and nothing after it."""

from __future__ import annotations

import re
import sys
import time
from logging import ERROR, LogRecord
from pathlib import Path

from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.common import LogEvent

from .as_before import AS_BEFORE

ALL = "all"  # the rule that only gathers
OF_A_STAGE = ("RuleException", "CalledProcessError")  # its own log says more
WHERE = re.compile(
    r"^WorkflowError(?: in file .*)?:\n|^  File \".*\", line \d+, in (?:<module>|__onstart)$", re.M
)  # in our rules


def _as_before(log: str) -> bool:
    """Whether a job's log says that its outputs were given back."""
    try:
        with open(log, encoding="utf-8", errors="replace") as file:
            return file.readline().rstrip("\n") == AS_BEFORE
    except OSError:
        return False


class LogHandler(LogHandlerBase):
    """A handler of Snakemake's events (snakemake-interface-logger-plugins)."""

    writes_to_stream, writes_to_file, has_filter, has_formatter, needs_rulegraph = True, False, True, True, False

    def __post_init__(self) -> None:
        self.rules: dict[int, str] = {}
        self.logs: dict[int, list[str]] = {}
        self.begun: dict[int, float] = {}
        self.done, self.total, self.failed = 0, 0, []
        self.live = sys.stderr.isatty()

    def say(self, text: str, end: str = "\n") -> None:
        print(f"\r\x1b[K{text}" if self.live else text, end=end, file=sys.stderr, flush=True)

    def emit(self, record: LogRecord) -> None:
        event = getattr(record, "event", None)
        if event == LogEvent.RUN_INFO:
            self.total = sum(n for rule, n in record.stats.items() if rule not in (ALL, "total"))
        elif event == LogEvent.JOB_INFO and record.rule_name != ALL:
            self.rules[record.jobid], self.begun[record.jobid] = record.rule_name, time.monotonic()
            self.logs[record.jobid] = list(getattr(record, "log", None) or ())
            if self.live:
                self.say(f"  {', '.join(self.rules[job] for job in self.begun)} ...", end="")
        elif event == LogEvent.JOB_FINISHED and record.job_id in self.begun:
            self.done += 1
            took = time.monotonic() - self.begun.pop(record.job_id)
            said = ", as before" if any(map(_as_before, self.logs[record.job_id])) else ""
            self.say(f"  {self.rules[record.job_id]:<10}{took:6.1f} s   {self.done} of {self.total}{said}")
        elif event == LogEvent.JOB_ERROR:
            self.failed.append((record.rule_name, list(record.log or ())))
        elif record.levelno >= ERROR and getattr(record, "exception", "") not in OF_A_STAGE and not self.failed:
            self.say(WHERE.sub("", record.getMessage()).strip())

    def close(self) -> None:
        """The messages of the stages that stopped: what their logs hold."""
        for rule, logs in self.failed:
            texts = [Path(log).read_text(encoding="utf-8", errors="replace") for log in logs if Path(log).is_file()]
            said = "\n".join(filter(None, (text.strip() for text in texts)))
            self.say(f"the stage {rule} stopped\n{said}" if said else f"the stage {rule} stopped without a message")
        self.failed = []
        super().close()
