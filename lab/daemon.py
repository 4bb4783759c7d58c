"""The engine's daemon on a machine that runs none: started as root, once, in the background."""

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from lab import debian
from lab.errors import UnavailableError
from lab.run import run
from lab.watched import Report

PROC = Path("/proc")
RUN = Path("/run")
LOG = Path("/var/log/tracelab-dockerd.log")
LOCK = RUN / "tracelab-engine.lock"
SYSTEMD = RUN / "systemd" / "system"
PID_FILES = {RUN / "docker.pid": "dockerd", RUN / "docker/containerd/containerd.pid": "containerd"}
TIMEOUT_S = 60.0
POLL_S = 0.2
TAIL_LINES = 20


def is_live(pid_file: Path, program: str, proc: Path = PROC) -> bool:
    """Whether the process named in a pid file is alive and is that program."""
    try:
        pid = int(pid_file.read_text().strip())
        return (proc / str(pid) / "comm").read_text().strip() == program
    except (OSError, ValueError):
        return False


def start(answers: Callable[[], bool], report: Report, timeout_s: float = TIMEOUT_S) -> None:
    """Start dockerd and wait until it answers; call it with the lock held.

    Under systemd its service is started, elsewhere dockerd itself in a session of its own. A
    dockerd that is already on its way is waited for. Raises UnavailableError with the end of the
    daemon's log if it doesn't answer in time.
    """
    if answers():
        return
    process: subprocess.Popen[bytes] | None = None
    offset = LOG.stat().st_size if LOG.exists() else 0
    if SYSTEMD.is_dir():
        report("starting the engine: systemctl start docker")
        run(["systemctl", "start", "docker"], timeout_s=timeout_s, check=False)
    elif not any(is_live(path, program) for path, program in PID_FILES.items()):
        for path in PID_FILES:
            path.unlink(missing_ok=True)
        report(f"starting the engine: dockerd, log in {LOG}")
        process = _spawn()
    _await(answers, process, timeout_s, offset)


def _spawn() -> "subprocess.Popen[bytes]":
    with LOG.open("ab") as log:
        return subprocess.Popen(
            ["dockerd"],
            cwd="/",
            env={**os.environ, "PATH": debian.system_path()},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def _await(
    answers: Callable[[], bool],
    process: "subprocess.Popen[bytes] | None",
    timeout_s: float,
    offset: int,
) -> None:
    started = time.monotonic()
    while not answers():
        waited = time.monotonic() - started
        if process is not None and process.poll() is not None:
            raise UnavailableError(
                f"dockerd ended with exit code {process.returncode} after {waited:.0f} s; "
                f"{_tail(offset)}"
            )
        if waited > timeout_s:
            raise UnavailableError(f"dockerd doesn't answer after {waited:.0f} s; {_tail(offset)}")
        time.sleep(POLL_S)


def _tail(offset: int) -> str:
    if SYSTEMD.is_dir():
        shown = run(
            ["journalctl", "-u", "docker", "-n", str(TAIL_LINES), "--no-pager"], check=False
        )
        return f"its journal ends:\n{shown.stdout or shown.stderr}"
    if not LOG.exists():
        return "it left no log"
    with LOG.open(errors="replace") as log:
        log.seek(offset)
        lines = log.read().splitlines()[-TAIL_LINES:]
    return f"its log {LOG} ends:\n" + ("\n".join(lines) or "(it wrote nothing)")
