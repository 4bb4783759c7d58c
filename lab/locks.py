"""Lock files, so that two commands at once don't do the same work twice."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lab.watched import Report


@contextmanager
def one_at_a_time(lock: Path, report: Report, waiting_for: str) -> Iterator[None]:
    """Hold a lock file while the block runs; another process waits for it and says so."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("a") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            report(f"waiting for another command: {waiting_for}")
            fcntl.flock(held, fcntl.LOCK_EX)
        yield
