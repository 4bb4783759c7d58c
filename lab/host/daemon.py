"""The engine's daemon on a machine that runs none: started as root, once, in the background."""

import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from lab.errors import UnavailableError
from lab.host import debian
from lab.run import CommandError, run
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
    pid: int | None = None
    offset = LOG.stat().st_size if LOG.exists() else 0
    if SYSTEMD.is_dir():
        report("starting the engine: systemctl start docker")
        with suppress(CommandError):  # the wait below tells, with the journal
            run(["systemctl", "start", "docker"], timeout_s=timeout_s)
    elif not any(is_live(path, program) for path, program in PID_FILES.items()):
        for path in PID_FILES:
            path.unlink(missing_ok=True)
        report(f"starting the engine: dockerd, log in {LOG}")
        pid = _spawn()
    _await(answers, pid, timeout_s, offset)


def _spawn() -> int:
    """Start dockerd so that it outlives this process and its terminal; returns its pid."""
    appending = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    return os.posix_spawnp(
        "env",
        ["env", "--chdir=/", "dockerd"],
        {**os.environ, "PATH": debian.system_path()},
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(LOG), appending, 0o640),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setsid=True,
    )


def _await(answers: Callable[[], bool], pid: int | None, timeout_s: float, offset: int) -> None:
    started = time.monotonic()
    while not answers():
        waited_s = time.monotonic() - started
        ended, status = os.waitpid(pid, os.WNOHANG) if pid else (0, 0)
        if ended:
            raise UnavailableError(
                f"dockerd ended with exit code {os.waitstatus_to_exitcode(status)} "
                f"after {waited_s:.0f} s; {_tail(offset)}"
            )
        if waited_s > timeout_s:
            raise UnavailableError(
                f"dockerd doesn't answer after {waited_s:.0f} s; {_tail(offset)}"
            )
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
