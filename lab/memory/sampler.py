"""Runs inside a service's container, not here: tells its memory line by line until it is ended.

Needs nothing but the standard library; lab.memory.watch hands its text to the container's Python.
"""

import sys
import time
from pathlib import Path

EVERY_S = 0.25
RSS = "VmRSS:"


def service_pid(proc: Path = Path("/proc")) -> int:
    """The service is the init's first child, or the container's first process itself."""
    try:
        children = (proc / "1/task/1/children").read_text().split()
    except OSError:
        children = []
    return int(children[0]) if children else 1


def rss_kb(pid: int, proc: Path = Path("/proc")) -> int:
    """The resident memory of a process. Raises OSError once it has ended."""
    for line in (proc / str(pid) / "status").read_text().splitlines():
        if line.startswith(RSS):
            return int(line.removeprefix(RSS).split()[0])
    return 0


def main() -> None:
    """Print the resident memory in KB four times a second."""
    pid = service_pid()
    while True:
        try:
            print(rss_kb(pid), flush=True)  # noqa: T201 - the host reads it
        except OSError:
            sys.exit(f"process {pid} has ended")
        time.sleep(EVERY_S)


if __name__ == "__main__":
    main()
