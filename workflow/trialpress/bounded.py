"""A bound in time on what an input may make us do, such as a regular expression that tries every way of matching."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from .errors import InputError, Problem


class TooLong(Exception):
    """The time is over."""


def _over(*_):
    raise TooLong


@contextmanager
def bounded(seconds: float, problem: Problem) -> Iterator[None]:
    """InputError with the problem if the block takes longer. Only a process's main thread can be interrupted; a timer that
    runs already goes on afterwards."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGALRM, _over)
    left, again = signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    except TooLong:
        raise InputError([problem]) from None
    finally:
        signal.setitimer(signal.ITIMER_REAL, max(left, 0.001) if left else 0, again)
        signal.signal(signal.SIGALRM, before)
