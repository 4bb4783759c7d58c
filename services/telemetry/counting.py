"""Counts what one trace calls in this process.

Python functions are counted as they start, C functions that our own code calls as they are called
and return. Events come from the whole process; one counts if the current span of its context is of
the trace, so requests beside it, health checks and background threads are left out. So are threads
that don't take over the context of who started them.
"""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from services.telemetry.callees import full_name, is_in_c, short_name
from services.telemetry.conventions import OWN_FOLDERS
from services.telemetry.owners import Owners
from services.telemetry.tally import (
    MOST_C_CALLS,
    MOST_CALLS,
    MOST_DISTINCT,
    Function,
    Site,
    Tally,
)

ROOT = Path(__file__).parents[2]
OWN = tuple(f"{ROOT}/{folder}/" for folder in OWN_FOLDERS)
# What begins and ends the counting, and the switches of planted faults: no part of the work.
LEFT_OUT = frozenset(
    f"{ROOT}/services/{name}"
    for name in (
        "telemetry/counted.py",
        "telemetry/monitoring.py",
        "telemetry/session.py",
        "common/flags.py",
    )
)
# Of one thread: 1 to 2 microseconds each.
MOST_EVENTS = 3_000_000
# A C call as short as this is taken to compute: asking the thread's clock takes 0.6 microseconds.
SHORT_NS = 20_000
# A caller of our own is looked for so many frames up.
FAR = 40


class Counter:
    """Takes the events of services.telemetry.monitoring and keeps a tally for each thread.

    ``own`` is what the names of our own code's files begin with; ``watch_calls`` is told each of
    its functions when it is first seen.
    """

    def __init__(
        self,
        owners: Owners,
        watch_calls: Callable[[CodeType], None],
        own: str | tuple[str, ...] = OWN,
        clock_ns: Callable[[], int] = time.perf_counter_ns,
        cpu_time_ns: Callable[[], int] = time.thread_time_ns,
    ) -> None:
        self.functions: dict[int, Function] = {}
        self.tallies: list[Tally] = []
        self.is_full = False
        self._owners = owners
        self._watch_calls = watch_calls
        self._own = own
        self._clock_ns = clock_ns
        self._cpu_time_ns = cpu_time_ns
        self._local = threading.local()

    def leave_out(self) -> None:
        """Don't count the thread that calls this, whatever context it takes on."""
        self._local.tally = None

    def on_start(self, code: CodeType, frame: FrameType) -> bool:
        """A function starts; whether it has been counted often enough."""
        if code.co_filename in LEFT_OUT:
            return True
        span = self._owners.current()
        tally = self._tally() if span is not None else None
        if span is None or tally is None:
            return False
        function = self.functions.get(id(code)) or self._met(code)
        key = span, id(code), self._caller(frame.f_back, FAR if function.is_own else 1)
        calls = tally.calls[key] = tally.calls.get(key, 0) + 1
        if function.arguments is not None and not function.keys.is_spent:
            seen = tally.arguments.setdefault(key[:2], set())
            if len(seen) < MOST_DISTINCT:
                seen.add(function.keys.of_call(frame, function.arguments))
        return calls >= MOST_CALLS or self._is_enough(tally)

    def on_call(self, code: CodeType, offset: int, callee: Any) -> bool:
        """Our own code calls something; whether this place has been counted often enough."""
        span = self._owners.current() if is_in_c(callee) else None
        tally = self._tally() if span is not None else None
        if span is None or tally is None:
            return False
        key = span, id(code), offset, short_name(callee)
        site = tally.sites.get(key)
        if site is None:
            site = tally.sites[key] = Site(full_name(callee))
        if site.calls >= MOST_C_CALLS or self._is_enough(tally):
            return True
        site.calls += 1
        cpu_ns = self._cpu_time_ns()
        tally.pending.append((id(code), offset, site, cpu_ns, self._clock_ns()))
        return False

    def on_return(self, code: CodeType, offset: int) -> bool:
        """What our own code called has returned, or raised."""
        ended_ns = self._clock_ns()
        tally: Tally | None = getattr(self._local, "tally", None)
        pending = tally.pending if tally else []
        for index in range(len(pending) - 1, -1, -1):
            function, place, site, cpu_ns, began_ns = pending[index]
            if place == offset and function == id(code):
                took_ns = ended_ns - began_ns
                site.total_ns += took_ns
                is_short = took_ns < SHORT_NS
                site.cpu_ns += took_ns if is_short else min(took_ns, self._cpu_time_ns() - cpu_ns)
                # Above it there is only what never returned.
                del pending[index:]
                break
        return False

    def _tally(self) -> Tally | None:
        if not hasattr(self._local, "tally"):
            self._local.tally = Tally()
            self.tallies.append(self._local.tally)
        tally: Tally | None = self._local.tally
        return tally

    def _is_enough(self, tally: Tally) -> bool:
        tally.events += 1
        self.is_full = self.is_full or tally.events >= MOST_EVENTS
        return self.is_full

    def _met(self, code: CodeType) -> Function:
        is_own = code.co_filename.startswith(self._own)
        function = self.functions[id(code)] = Function.of(code, is_own)
        if is_own:
            self._watch_calls(code)
        return function

    def _caller(self, frame: FrameType | None, far: int) -> int:
        """The nearest function of our own, ``far`` frames up at most; 0 for none."""
        for _ in range(far):
            if frame is None:
                break
            code = frame.f_code
            if code.co_filename.startswith(self._own):
                if id(code) not in self.functions:
                    self._met(code)
                return id(code)
            frame = frame.f_back
        return 0
