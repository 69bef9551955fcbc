"""`python -m trialpress.exclusive <lock file> <command ...>`: run a command unless another one holds the lock.

The lock belongs to the process, so a run that was killed leaves none behind (Snakemake's own lock files would stay).
"""

import fcntl
import os
import sys

BUSY = "another run is under way in this folder: wait until it has ended, or stop it"


def hold(path: str | os.PathLike) -> int | None:
    """Lock a file for as long as this process lives; its descriptor, or None if another process holds it."""
    lock = os.open(path, os.O_CREAT | os.O_RDWR)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    return lock


def main(path: str, *command: str) -> None:
    """Replace this process by the command, holding the lock for as long as it lives."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    lock = hold(path)
    if lock is None:
        sys.exit(BUSY)
    os.set_inheritable(lock, True)
    os.execvp(command[0], command)


if __name__ == "__main__":
    main(*sys.argv[1:])
