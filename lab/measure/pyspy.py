"""py-spy on a service of the lab: can it attach, and recordings in its formats."""

import re
from dataclasses import dataclass
from typing import Literal

from lab.errors import LabError
from lab.measure.pyspy_launcher import PID
from lab.measure.sidecar import START_TIMEOUT_S, Sidecar, beside
from lab.settings import Settings

Format = Literal["flamegraph", "chrometrace"]

RATE_HZ = 100
OUTPUT = "/tmp/recording"  # noqa: S108 - inside the sidecar
READY = "Sampling process"
# A long recording takes seconds to write.
END_TIMEOUT_S = 60.0


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
    """A py-spy that records until it is told to end."""

    def __init__(self, sidecar: Sidecar, kind: Format) -> None:
        self._sidecar = sidecar
        self._format = kind

    def wait_ready(self) -> None:
        """Return once py-spy samples. Raises LabError where it can't."""
        self._sidecar.wait_for(READY)

    def end(self) -> None:
        """Tell py-spy to end; it then writes what it has."""
        self._sidecar.interrupt()

    def fetch(self) -> Recorded:
        """Wait until py-spy has ended and fetch the recording."""
        self._sidecar.wait_end(END_TIMEOUT_S)
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


def arguments(kind: Format, seconds: int, *, idle: bool) -> list[str]:
    """py-spy's arguments to record in format ``kind`` for at most ``seconds``, at 100 Hz.

    ``idle`` keeps threads that wait.
    """
    # fmt: off
    return [
        "record", "--pid", PID, "--format", kind, "--output", OUTPUT, "--rate", str(RATE_HZ),
        "--duration", str(seconds), "--threads", *(["--idle"] if idle else []),
    ]
    # fmt: on


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
