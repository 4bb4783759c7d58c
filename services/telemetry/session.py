"""Counting one armed trace in this process, from its first request to its result."""

import asyncio
import time
from typing import Any

from services.telemetry.armed import Armed
from services.telemetry.awaiting import Place, Sampler
from services.telemetry.counting import MOST_EVENTS, OWN, Counter
from services.telemetry.monitoring import CountingError, Monitoring
from services.telemetry.owners import Owners
from services.telemetry.tally import merged, rows

LONGEST_S = 20.0


class Session:
    """One armed trace. It may make several requests here, even at once: while one is open, its
    calls are counted and its coroutines looked at, for ``longest_s`` in all.

    ``own`` is what the names of our own code's files begin with.
    """

    def __init__(
        self,
        what: Armed,
        own: str | tuple[str, ...] = OWN,
        longest_s: float = LONGEST_S,
    ) -> None:
        self.armed = what
        self.requests = 0
        self.open = 0
        self._owners = Owners(what.trace_id)
        self._counter = Counter(self._owners, self._watch_calls, own)
        self._monitoring = Monitoring(
            self._counter.on_start, self._counter.on_call, self._counter.on_return, self._failed
        )
        self._waited_s: dict[tuple[str, tuple[Place, ...]], float] = {}
        self._sampler: Sampler | None = None
        self._longest_s = longest_s
        self._until_s = time.perf_counter() + longest_s
        self._not_counted: str | None = None
        self._incomplete: str | None = None

    def begin(self) -> None:
        """A request begins; with the first, counting does. Never fails."""
        self.requests += 1
        self.open += 1
        if self.open > 1 or self._not_counted:
            return
        try:
            self._start()
        except CountingError as failed:
            self._not_counted = str(failed)
        except Exception as failed:  # noqa: BLE001 - whatever it is, the request must go on
            self._not_counted = f"counting can't start: {type(failed).__name__}"
            self.stop()

    def end(self) -> None:
        """A request ends; with the last, counting does."""
        self.open -= 1
        if self.open <= 0:
            self.stop()

    def stop(self) -> None:
        """Nothing is counted any more. Never fails; more often does no harm."""
        try:
            self._monitoring.stop()
        except Exception as failed:  # noqa: BLE001 - whatever it is, the request must go on
            self._failed(failed)
        if self._sampler:
            self._sampler.stop()
            self._incomplete = self._incomplete or self._sampler.problem

    @property
    def is_running(self) -> bool:
        """Whether requests are open, and still counted."""
        return self.open > 0 and time.perf_counter() < self._until_s

    def told(self) -> dict[str, Any]:
        """The result as JSON: functions as `tally.rows` has them, milliseconds of waiting.

        ``not_counted`` and ``incomplete`` say what is missing, and why.
        """
        if self._counter.is_full:
            self._incomplete = f"counting stopped after {MOST_EVENTS} events"
        waited = sorted(self._waited_s.items(), key=lambda one: -one[1])
        return {
            "trace_id": self.armed.trace_id,
            "requests": self.requests,
            "not_counted": self._not_counted,
            "incomplete": self._incomplete,
            "functions": rows(merged(self._counter.tallies), self._counter.functions),
            "awaited": [
                {"span": span, "stack": stack, "waited_ms": round(seconds * 1000, 3)}
                for (span, stack), seconds in waited
            ],
        }

    def _start(self) -> None:
        if time.perf_counter() >= self._until_s:
            self._late()
            return
        self._sampler = Sampler(
            asyncio.get_running_loop(),
            self._owners,
            self._waited_s,
            self._until_s,
            on_start=self._counter.leave_out,
            on_late=self._late,
        )
        self._sampler.start()
        self._monitoring.start()

    def _watch_calls(self, code: Any) -> None:
        self._monitoring.watch_calls(code)

    def _late(self) -> None:
        self._incomplete = f"counting stopped after {self._longest_s:g} s"
        self._monitoring.stop()

    def _failed(self, error: Exception) -> None:
        self._incomplete = f"counting failed with {type(error).__name__}"
