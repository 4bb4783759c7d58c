"""Where the coroutines of one trace wait: their stacks, looked at every few milliseconds.

A profiler sees an event loop that waits in `select`, whoever it waits for. The tasks know.
"""

import asyncio
import gc
import threading
import time
from collections.abc import Callable
from types import AsyncGeneratorType, CoroutineType, GeneratorType
from typing import Any, cast

from opentelemetry import trace

from services.telemetry.owners import Owners

EVERY_S = 0.005
DEEPEST = 200
# Objects that stand between a coroutine and what it awaits, and don't tell it.
BETWEEN = frozenset({"anext_awaitable", "async_generator_asend", "async_generator_athrow",
                     "coroutine_wrapper"})  # fmt: skip

Place = tuple[str, str, int]
"""Function, file and line."""


def chain(awaitable: object) -> tuple[Place, ...]:
    """Where each coroutine awaits the next, the outermost first. Empty where it runs right now."""
    places: list[Place] = []
    while awaitable is not None and len(places) < DEEPEST:
        if isinstance(awaitable, CoroutineType):
            frame, inner = awaitable.cr_frame, awaitable.cr_await
            running = awaitable.cr_running
        elif isinstance(awaitable, GeneratorType):
            frame, inner = awaitable.gi_frame, awaitable.gi_yieldfrom
            running = awaitable.gi_running
        elif isinstance(awaitable, AsyncGeneratorType):
            # ag_running is true of one that awaits, too
            frame, inner, running = awaitable.ag_frame, awaitable.ag_await, False
        else:
            awaitable = _behind(awaitable)
            continue
        if frame is None or running:
            return ()
        places.append((frame.f_code.co_qualname, frame.f_code.co_filename, frame.f_lineno))
        awaitable = inner
    return tuple(places)


def _behind(awaitable: object) -> object | None:
    if type(awaitable).__name__ not in BETWEEN:
        return None
    kinds = (CoroutineType, GeneratorType, AsyncGeneratorType)
    for linked in gc.get_referents(awaitable):
        if isinstance(linked, kinds) or type(linked).__name__ in BETWEEN:
            return cast(object, linked)
    return None


class Sampler:
    """Adds up in ``waited_s``, by span and stack, how long tasks of the trace were seen to wait.

    It looks at all tasks of ``loop`` from a thread of its own, in which ``on_start`` is called
    first. At ``until_s``, in the clock's time, it ends and calls ``on_late``: somebody must keep a
    watch on the time even while the loop is blocked.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        owners: Owners,
        waited_s: dict[tuple[str, tuple[Place, ...]], float],
        until_s: float,
        on_start: Callable[[], None],
        on_late: Callable[[], None],
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.problem: str | None = None
        self._loop = loop
        self._owners = owners
        self._waited_s = waited_s
        self._until_s = until_s
        self._on_start = on_start
        self._on_late = on_late
        self._clock = clock
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tracelab-awaiting", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._ended.set()
        self._thread.join(1)

    def _run(self) -> None:
        try:
            self._on_start()
            last_s = self._clock()
            while not self._ended.wait(EVERY_S):
                now_s = self._clock()
                if now_s >= self._until_s:
                    self._on_late()
                    return
                self.look(now_s - last_s)
                last_s = now_s
        except Exception as failed:  # noqa: BLE001 - it is told, and the request goes on
            self.problem = f"looking at coroutines failed with {type(failed).__name__}"

    def look(self, elapsed_s: float) -> None:
        """Charge the time since the last look to where each task of the trace waits now."""
        for task in asyncio.all_tasks(self._loop):
            span = self._span(task)
            stack = chain(task.get_coro()) if span is not None else ()
            if span is not None and stack:
                key = span, stack
                self._waited_s[key] = self._waited_s.get(key, 0.0) + elapsed_s

    def _span(self, task: Any) -> str | None:
        # A copy, as a context can't be entered while its task runs.
        return self._owners.of(task.get_context().copy().run(trace.get_current_span))
