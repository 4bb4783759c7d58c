"""One py-spy for each service of a request, all recording at the same time.

Three of them, sampling 100 times a second, share the processors with what they sample:
`python -m bench.recording` measures what that costs a request.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from lab.measure.pyspy import Format, Recorded, Recording, arguments
from lab.measure.sidecar import beside
from lab.settings import Settings
from lab.traffic.replay import PAUSE_S

# py-spy is ended when the replays are done. Should nobody be left to end it, it ends by itself.
LIMIT_S = 900


@dataclass(frozen=True)
class Recordings:
    """The py-spys that are recording right now, by service."""

    running: Mapping[str, Recording]

    def finish(self) -> Mapping[str, Recorded]:
        """End all of them and fetch what they recorded; whole, or LabError."""
        for one in self.running.values():
            one.end()
        return {service: one.fetch() for service, one in self.running.items()}


@contextmanager
def recording(
    settings: Settings, services: Sequence[str], kind: Format = "chrometrace", *, idle: bool = True
) -> Iterator[Recordings]:
    """Record these services' processes in py-spy's format ``kind`` until ``finish`` is called.

    The block begins once all of them sample. After it no sidecar is left, however it ends. ``idle``
    keeps threads that wait. Raises LabError where py-spy can't attach or one is at work already.
    """
    argv = arguments(kind, LIMIT_S, idle=idle)
    with ExitStack() as sidecars:
        running = {
            service: Recording(sidecars.enter_context(beside(settings, service, argv)), kind)
            for service in services
        }
        for one in running.values():
            one.wait_ready()
        time.sleep(PAUSE_S)
        yield Recordings(running)
