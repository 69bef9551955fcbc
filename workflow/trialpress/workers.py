"""One function of several things in several processes, which end with the run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context

from .exclusive import end_with_the_run

_work: Callable = print  # of a worker: what it was begun for


def _begin(work: Callable) -> None:
    global _work
    _work = work
    end_with_the_run()


def _call(item):
    return _work(item)


def each(work: Callable, items: Sequence, processes: int) -> list:
    """What `work` makes of each item, in their order. It is handed to the workers by the fork; items and what is made of them
    are pickled. A worker that is killed raises BrokenProcessPool here."""
    if processes < 2 or len(items) < 2:
        return [work(item) for item in items]
    with ProcessPoolExecutor(min(processes, len(items)), get_context("fork"), _begin, (work,)) as pool:
        return [*pool.map(_call, items)]


@contextmanager
def beside(work: Callable[[], object], processes: int) -> Iterator[Callable]:
    """Do one thing in a process of its own while the block runs, which ends with both done; in this one where there may be but one.
    Yields what gives its result, which is pickled. What it raises is raised here."""
    if processes < 2:
        done = work()
        yield lambda: done
        return
    with ProcessPoolExecutor(1, get_context("fork"), _begin, (lambda _: work(),)) as pool:
        begun = pool.submit(_call, None)
        yield begun.result
        begun.result()
