"""Long commands that are watched while they run: a log file, a line of progress, a clean stop."""

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from lab.errors import LabError

Report = Callable[[str], None]
TAIL_LINES = 20
EVERY_S = 10.0
TICK_S = 0.1
GRACE_S = 10.0
LINE_LENGTH = 120


class StoppedError(LabError):
    """The command was stopped on purpose, because another one failed or the user gave up."""


@dataclass
class Watch:
    """How long commands are run: where their progress and their output go, who may stop them."""

    report: Report
    log_dir: Path
    every_s: float = EVERY_S
    stop: threading.Event = field(default_factory=threading.Event)

    def run(
        self,
        step: str,
        argv: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        brief: Callable[[str], str] = str,
    ) -> float:
        """Run a command to its end and return the seconds it took.

        Every ``every_s`` seconds a line of progress is reported: the step, how long, the last line
        written, cut down by ``brief``. All output goes to ``<log_dir>/<step>.log``. Raises LabError
        with the last lines and the log's path if it ends badly, StoppedError if ``stop`` was set.
        """
        self.log_dir.mkdir(parents=True, exist_ok=True)
        log = self.log_dir / f"{step.replace(' ', '-').replace('/', '-')}.log"
        started = time.monotonic()
        with log.open("w", errors="replace") as sink, _start(argv, env, cwd) as process:
            tail: deque[str] = deque(maxlen=TAIL_LINES)
            reader = threading.Thread(target=_drain, args=(process, sink, tail), daemon=True)
            reader.start()
            try:
                self._wait(process, started, step, lambda: brief(tail[-1]) if tail else "no output")
            finally:
                _end(process)
                reader.join(GRACE_S)
        if self.stop.is_set() and process.returncode:
            raise StoppedError(f"{step}: stopped")
        if process.returncode:
            raise LabError(failure(step, process.returncode, tail, log))
        return time.monotonic() - started

    def _wait(
        self, process: "subprocess.Popen[str]", started: float, step: str, last: Callable[[], str]
    ) -> None:
        told = started
        while process.poll() is None and not self.stop.is_set():
            time.sleep(TICK_S)
            now = time.monotonic()
            if now - told >= self.every_s:
                told = now
                self.report(f"{step}: {now - started:.0f} s, {last()[:LINE_LENGTH]}")


@contextlib.contextmanager
def ended_in_order() -> Iterator[None]:
    """Let a SIGTERM or SIGHUP end the block as a Ctrl-C does: what was started is ended with it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = (signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, signal.default_int_handler) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def failure(step: str, exit_code: int, tail: Sequence[str] | deque[str], log: Path) -> str:
    """The message for a step that ended badly."""
    lines = "\n".join(f"  {line}" for line in tail) or "  (it wrote nothing)"
    return f"{step} failed with exit code {exit_code}; its last lines:\n{lines}\nall of it: {log}"


def _start(
    argv: Sequence[str], env: Mapping[str, str] | None, cwd: Path | None
) -> "subprocess.Popen[str]":
    try:
        return subprocess.Popen(
            list(argv),
            env={**os.environ, **env} if env else None,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,  # a Ctrl-C reaches us alone; we end the whole group in order
        )
    except FileNotFoundError:
        raise LabError(f"`{argv[0]}` was not found on PATH") from None


def _drain(process: "subprocess.Popen[str]", sink: IO[str], tail: "deque[str]") -> None:
    assert process.stdout is not None  # noqa: S101 - it was opened as a pipe
    for line in process.stdout:
        sink.write(line)
        if line.strip():
            tail.append(line.rstrip())


def _end(process: "subprocess.Popen[str]") -> None:
    if process.poll() is not None:
        return
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(GRACE_S)
            return
