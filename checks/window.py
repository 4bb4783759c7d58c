"""Which traces and requests a check may judge: young enough to matter, old enough to be whole."""

from collections.abc import Iterable
from dataclasses import dataclass

from lab.traces.spans import Trace
from services.telemetry.conventions import SCHEDULE_DELAY_MS

HOUR_S = 3600.0
# A span leaves its process at the latest one batch interval after its end; the rest is the way.
SETTLE_S = SCHEDULE_DELAY_MS / 1000 + 3


@dataclass(frozen=True)
class Window:
    """A span of time, seconds since the epoch."""

    start_s: float
    end_s: float

    @staticmethod
    def before(now_s: float, *not_before_s: float) -> "Window":
        """The last hour, or less, up to what has surely arrived."""
        return Window(max((now_s - HOUR_S, *not_before_s)), now_s - SETTLE_S)

    def holds(self, start_s: float, end_s: float) -> bool:
        return self.start_s <= start_s and end_s <= self.end_s

    def select(self, traces: Iterable[Trace]) -> tuple[Trace, ...]:
        """The traces that began and ended inside."""
        return tuple(
            trace
            for trace in traces
            if self.holds(
                trace.spans[0].start_us / 1e6, max(span.end_us for span in trace.spans) / 1e6
            )
        )
