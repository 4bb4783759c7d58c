"""py-spy on a service of the lab: can it attach, and recordings in its formats."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from lab.errors import LabError
from lab.pyspy_launcher import PID
from lab.settings import Settings
from lab.sidecar import START_TIMEOUT_S, Sidecar, beside

Format = Literal["flamegraph", "speedscope", "chrometrace"]

RATE_HZ = 100
OUTPUT = "/tmp/recording"  # noqa: S108 - inside the sidecar
READY = "Sampling process"


@dataclass(frozen=True)
class Attached:
    """What `py-spy dump` saw of a service: proof that it can be profiled."""

    service: str
    pid: int
    python: str
    threads: int

    def __str__(self) -> str:
        return (
            f"py-spy read {self.threads} threads of {self.service} "
            f"(pid {self.pid}, Python {self.python})"
        )


@dataclass(frozen=True)
class Recorded:
    """A finished recording. ``started_us`` is when py-spy was started, since the epoch.

    ``samples`` counts stacks: one for each thread seen at each tick.
    """

    format: Format
    data: bytes
    pid: int
    started_us: int
    samples: int
    errors: int


class Recording:
    """A py-spy that is recording right now."""

    def __init__(self, sidecar: Sidecar, kind: Format, seconds: float) -> None:
        self._sidecar = sidecar
        self._format = kind
        self._ends_s = time.monotonic() + seconds

    def left_s(self) -> float:
        """Seconds until the recording ends, not below 0."""
        return max(0.0, self._ends_s - time.monotonic())

    def finish(self) -> Recorded:
        """Wait for the recording's end and fetch it."""
        self._sidecar.wait_end(self.left_s() + START_TIMEOUT_S)
        pid, started_us = self._sidecar.launched()
        samples, errors = counts(self._sidecar.said())
        data = self._sidecar.fetch(OUTPUT)
        return Recorded(self._format, data, pid, started_us, samples, errors)


def can_attach(settings: Settings, service: str) -> Attached:
    """Read the stacks of a service's process once.

    Raises LabError with what py-spy said where it can't be done, UnavailableError where the service
    or the engine isn't there.
    """
    with beside(settings, service, ["dump", "--pid", PID]) as sidecar:
        sidecar.wait_end(START_TIMEOUT_S)
        return attached(service, sidecar.launched()[0], sidecar.said())


@contextmanager
def recording(
    settings: Settings, service: str, kind: Format, seconds: int, *, idle: bool
) -> Iterator[Recording]:
    """Record a service's process for ``seconds`` in py-spy's format ``kind``, at 100 Hz.

    The block begins once py-spy samples. ``idle`` keeps threads that wait.
    """
    # fmt: off
    arguments = [
        "record", "--pid", PID, "--format", kind, "--output", OUTPUT, "--rate", str(RATE_HZ),
        "--duration", str(seconds), "--threads", *(["--idle"] if idle else []),
    ]
    # fmt: on
    with beside(settings, service, arguments) as sidecar:
        sidecar.wait_for(READY)
        yield Recording(sidecar, kind, seconds)


def attached(service: str, pid: int, dump: str) -> Attached:
    """Parse what `py-spy dump` writes."""
    python = re.search(r"^Python v(\S+)", dump, re.MULTILINE)
    threads = re.findall(r"^Thread ", dump, re.MULTILINE)
    if python is None or not threads:
        raise LabError(f"py-spy attached to {service} but showed no thread: {dump.strip()[-400:]}")
    return Attached(service, pid, python[1], len(threads))


def counts(said: str) -> tuple[int, int]:
    """Samples and errors from py-spy's closing line."""
    found = re.search(r"Samples: (\d+) Errors: (\d+)", said)
    if found is None:
        raise LabError(f"py-spy ended without saying what it recorded: {said.strip()[-400:]}")
    return int(found[1]), int(found[2])
