"""`python -m trialpress.exclusive <lock file> <command ...>`: run a command unless another one holds the lock.

The lock belongs to the process and what it starts, so a run that was killed leaves none behind (Snakemake's own lock
files would stay). Jobs of a run that was just killed may still be ending: the next one waits for them a little.
"""

import fcntl
import os
import sys
import time

BUSY = "another run is under way in this folder: wait until it has ended, or stop it"
PATIENCE = 20  # seconds that jobs of a killed run are given to end


def hold(path: str | os.PathLike, patience: float = 0) -> int | None:
    """Lock a file for as long as this process lives; its descriptor, or None if another holds it after `patience` s."""
    lock = os.open(path, os.O_CREAT | os.O_RDWR)
    deadline = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return lock
        except BlockingIOError:
            if time.monotonic() >= deadline:
                os.close(lock)
                return None
            time.sleep(0.1)


def main(path: str, *command: str) -> None:
    """Replace this process by the command, holding the lock for as long as it lives."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    lock = hold(path)
    if lock is None:
        print(f"another run holds this folder: waiting up to {PATIENCE} s for it to end", file=sys.stderr, flush=True)
        lock = hold(path, PATIENCE)
    if lock is None:
        sys.exit(BUSY)
    os.set_inheritable(lock, True)
    os.execvp(command[0], command)


if __name__ == "__main__":
    main(*sys.argv[1:])
