"""The memory of the services' processes over time, read from outside of them."""

import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from lab.errors import LabError
from lab.memory import sampler as memory_sampler
from lab.memory.slope import Sample
from lab.settings import Settings
from lab.stack.containers import container, follow_lines

FIRST_TIMEOUT_S = 10.0
# A service that comes this near to its container's limit is about to be killed.
NEAR_LIMIT = 0.85
KIB = 1024


@dataclass
class Watched:
    """One service's samples so far, oldest first. ``limit_kb`` is its container's, 0 without."""

    limit_kb: float
    samples: list[Sample] = field(default_factory=list)

    @property
    def is_near_limit(self) -> bool:
        if not self.samples or not self.limit_kb:
            return False
        return self.samples[-1].rss_kb > NEAR_LIMIT * self.limit_kb


@contextmanager
def watching(
    settings: Settings, services: Sequence[str], answered: Callable[[], int]
) -> Iterator[Mapping[str, Watched]]:
    """Sample the services' memory while the block runs, each with what ``answered`` tells then.

    Raises UnavailableError where a container isn't there, LabError where a sampler says nothing.
    """
    source = Path(memory_sampler.__file__).read_text()
    found = {service: Watched(_limit_kb(settings, service)) for service in services}
    started: dict[str, subprocess.Popen[str]] = {}
    readers: list[threading.Thread] = []
    try:
        for service, watched in found.items():
            started[service] = follow_lines(settings, service, ["python", "-S", "-c", source])
            reading = (started[service], watched, answered)
            readers.append(threading.Thread(target=_read, args=reading, daemon=True))
            readers[-1].start()
        _wait_for_first(found, started)
        yield found
    finally:
        for sampler in started.values():
            sampler.kill()
        for reader in readers:
            reader.join()
        for sampler in started.values():
            with sampler:
                pass


def _limit_kb(settings: Settings, service: str) -> float:
    return float(container(settings, service).attrs["HostConfig"].get("Memory") or 0) / KIB


def _read(sampler: "subprocess.Popen[str]", watched: Watched, answered: Callable[[], int]) -> None:
    for line in sampler.stdout or ():
        if line.strip().isdecimal():
            watched.samples.append(Sample(time.time(), answered(), float(line)))


def _wait_for_first(
    found: Mapping[str, Watched], started: Mapping[str, "subprocess.Popen[str]"]
) -> None:
    deadline_s = time.monotonic() + FIRST_TIMEOUT_S
    for service, watched in found.items():
        while not watched.samples:
            if started[service].poll() is not None or time.monotonic() > deadline_s:
                started[service].kill()
                said = started[service].stderr or [""]
                raise LabError(
                    f"the memory of {service} can't be read: "
                    f"{' '.join(said).strip()[-300:] or 'its sampler said nothing'}"
                )
            time.sleep(0.02)
