"""Counts what one trace calls in this process, by `sys.monitoring`, for as long as it is asked to.

Python functions are counted as they start, C functions called by our own code as they are called
and return. The events are the whole process's; a call counts if the current span of its context is
of the trace, so requests beside it, health checks and background threads are left out. Threads that
don't take over the context of who started them are left out too.
"""

import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from services.telemetry.arguments import Keys
from services.telemetry.callees import full_name, is_in_c, short_name
from services.telemetry.owners import Owners
from services.telemetry.tally import (
    MOST_C_CALLS,
    MOST_CALLS,
    MOST_DISTINCT,
    Function,
    Site,
    Tally,
)

NAME = "tracelab"
OWN = f"{Path(__file__).parents[1]}/"
# What begins and ends the counting, and the switches of planted faults: no part of the work.
LEFT_OUT = frozenset({__file__, f"{OWN}telemetry/counted.py", f"{OWN}common/flags.py"})
TOOL_IDS = (2, 3, 4)  # sys.monitoring.PROFILER_ID first; the others have no meaning of their own
# Of one thread: 1 to 2 microseconds each.
MOST_EVENTS = 3_000_000
# A caller of our own is looked for so many frames up.
FAR = 40
# So deep do the callbacks themselves call: code that comes near its limit must not notice them.
OWN_DEPTH = 50

Callback = Callable[..., Any]


class CountingError(Exception):
    """Nothing can be counted here; the message says why."""


class Counter:
    """Counts one trace's calls between ``start`` and ``stop``, which may come again.

    ``own`` is what the names of our own code's files begin with.
    """

    def __init__(self, owners: Owners, own: str = OWN) -> None:
        self.functions: dict[int, Function] = {}
        self.tallies: list[Tally] = []
        self.incomplete: str | None = None
        self._owners = owners
        self._own = own
        self._keys = Keys()
        self._local = threading.local()
        # Reentrant: to stop is Python code, too, and may be watched while it does.
        self._switching = threading.RLock()
        self._tool: int | None = None
        self._limit = 0

    def start(self) -> None:
        """Raises CountingError where sys.monitoring is missing or all its tool ids are taken."""
        monitoring = _monitoring()
        self._tool = _claim(monitoring)
        self._limit = sys.getrecursionlimit()
        sys.setrecursionlimit(self._limit + OWN_DEPTH)
        for event, callback in self._callbacks(monitoring.events):
            monitoring.register_callback(self._tool, event, _guarded(self, callback))
        for function in list(self.functions.values()):
            self._watch_calls(function)
        monitoring.restart_events()
        monitoring.set_events(self._tool, monitoring.events.PY_START)

    def stop(self) -> None:
        """Take everything back. To be called in any case; more often does no harm."""
        with self._switching:
            tool, self._tool = self._tool, None
            if tool is None:
                return
            monitoring = _monitoring()
            monitoring.set_events(tool, 0)
            for function in list(self.functions.values()):
                if function.is_own:
                    monitoring.set_local_events(tool, function.code, 0)
            for event, _ in self._callbacks(monitoring.events):
                monitoring.register_callback(tool, event, None)
            monitoring.free_tool_id(tool)
            if sys.getrecursionlimit() == self._limit + OWN_DEPTH:
                sys.setrecursionlimit(self._limit)

    def _callbacks(self, events: Any) -> tuple[tuple[int, Callback], ...]:
        return (
            (events.PY_START, self._on_start),
            (events.CALL, self._on_call),
            (events.C_RETURN, self._on_return),
            (events.C_RAISE, self._on_return),
        )

    def _on_start(self, code: CodeType, _: int) -> Any:
        if code.co_filename in LEFT_OUT:
            return _monitoring().DISABLE
        span = self._owners.current()
        if span is None:
            return None
        tally = self._tally()
        if tally is None:
            return None
        if self._is_enough(tally):
            return _monitoring().DISABLE
        function = self.functions.get(id(code)) or self._met(code)
        frame = sys._getframe(2)  # below this callback and its guard
        key = (span, id(code), self._caller(frame.f_back, far=function.is_own))
        calls = tally.calls[key] = tally.calls.get(key, 0) + 1
        if function.arguments:
            seen = tally.arguments.setdefault(key[:2], set())
            if len(seen) < MOST_DISTINCT:
                seen.add(self._keys.of_call(frame, function.arguments))
        return _monitoring().DISABLE if calls >= MOST_CALLS else None

    def _on_call(self, code: CodeType, offset: int, callee: Any, _: Any) -> Any:
        if not is_in_c(callee):
            return None
        span = self._owners.current()
        if span is None:
            return None
        tally = self._tally()
        if tally is None:
            return None
        key = (span, id(code), offset, short_name(callee))
        site = tally.sites.get(key)
        if site is None:
            site = tally.sites[key] = Site(full_name(callee))
        if site.calls >= MOST_C_CALLS or self._is_enough(tally):
            return _monitoring().DISABLE
        site.calls += 1
        tally.pending.append((id(code), offset, site, time.perf_counter_ns()))
        return None

    def _on_return(self, code: CodeType, offset: int, _: Any, __: Any) -> None:
        ended_ns = time.perf_counter_ns()
        tally: Tally | None = getattr(self._local, "tally", None)
        pending = tally.pending if tally else []
        for index in range(len(pending) - 1, -1, -1):
            function, place, site, began_ns = pending[index]
            if place == offset and function == id(code):
                site.total_ns += ended_ns - began_ns
                # Above it there is only what never returned.
                del pending[index:]
                return

    def leave_out(self) -> None:
        """Don't count the thread that calls this, whatever context it takes on."""
        self._local.tally = None

    def _tally(self) -> Tally | None:
        if not hasattr(self._local, "tally"):
            self._local.tally = Tally()
            self.tallies.append(self._local.tally)
        tally: Tally | None = self._local.tally
        return tally

    def _is_enough(self, tally: Tally) -> bool:
        tally.events += 1
        if tally.events < MOST_EVENTS:
            return False
        self.incomplete = f"counting stopped after {MOST_EVENTS} events of one thread"
        return True

    def _met(self, code: CodeType) -> Function:
        is_own = code.co_filename.startswith(self._own)
        function = self.functions[id(code)] = Function.of(code, is_own)
        self._watch_calls(function)
        return function

    def _watch_calls(self, function: Function) -> None:
        with self._switching:
            if function.is_own and self._tool is not None:
                monitoring = _monitoring()
                monitoring.set_local_events(self._tool, function.code, monitoring.events.CALL)

    def _caller(self, frame: FrameType | None, far: bool) -> int:
        """The nearest function of our own that called, directly if not ``far``; 0 for none."""
        for _ in range(FAR if far else 1):
            if frame is None:
                break
            code = frame.f_code
            if code.co_filename.startswith(self._own):
                if id(code) not in self.functions:
                    self._met(code)
                return id(code)
            frame = frame.f_back
        return 0


def _guarded(counter: Counter, callback: Callback) -> Callback:
    """An exception of a callback would go on into the code that is watched."""

    def guarded(*event: Any) -> Any:
        try:
            return callback(*event)
        except Exception as failed:  # noqa: BLE001 - whatever it is, the request must go on
            counter.incomplete = f"counting failed with {type(failed).__name__}"
            return None

    return guarded


def _monitoring() -> Any:
    found = getattr(sys, "monitoring", None)
    if found is None:
        raise CountingError("this Python is older than 3.12 and has no sys.monitoring")
    return found


def _claim(monitoring: Any) -> int:
    for tool in TOOL_IDS:
        try:
            monitoring.use_tool_id(tool, NAME)
        except ValueError:
            continue
        return tool
    taken = ", ".join(f"{tool} by {monitoring.get_tool(tool)}" for tool in TOOL_IDS)
    raise CountingError(f"sys.monitoring has no free tool id (taken: {taken})")
