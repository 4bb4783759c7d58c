"""Runs inside the sidecar, not here: finds a service's Python process and becomes py-spy on it.

Needs nothing but the standard library; lab.measure.pyspy hands its text to the sidecar's Python.
"""

import json
import os
import sys
import time
from pathlib import Path

LAUNCHED = "launched "
PID = "{pid}"


def find(marker: str, proc: Path = Path("/proc")) -> int | None:
    """The lowest pid of a Python program that has ``marker`` among its arguments.

    An init that carries the same arguments is no Python, and a ``python -c`` is a launcher.
    """
    found = []
    for entry in proc.iterdir():
        if not entry.name.isdecimal():
            continue
        try:
            argv = (entry / "cmdline").read_text(errors="replace").split("\0")
        except OSError:  # the process has ended meanwhile
            continue
        is_python = argv[0].rpartition("/")[2].startswith("python")
        if is_python and marker in argv[1:] and "-c" not in argv[1:3]:
            found.append(int(entry.name))
    return min(found, default=None)


def main(marker: str, *arguments: str) -> None:
    """Note pid and time for the host on stderr, then run ``py-spy`` in this process's place."""
    pid = find(marker)
    if pid is None:
        sys.exit(f"no Python process runs {marker} here")
    command = ["py-spy", *(str(pid) if word == PID else word for word in arguments)]
    noted = {"pid": pid, "started_us": time.time_ns() // 1000}
    print(LAUNCHED + json.dumps(noted), file=sys.stderr, flush=True)  # noqa: T201 - the host reads it
    os.execvp("py-spy", command)  # noqa: S606 - no shell is wanted


if __name__ == "__main__":
    main(*sys.argv[1:])
