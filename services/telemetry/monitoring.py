"""Calls in this process as they happen, by `sys.monitoring`, switched on and off as a whole."""

import sys
import threading
from collections.abc import Callable
from types import CodeType, FrameType
from typing import Any

NAME = "tracelab"
TOOL_IDS = (2, 3, 4)  # sys.monitoring.PROFILER_ID first; the others have no meaning of their own
# So deep do the callbacks themselves call: code that comes near its limit must not notice them.
CALLBACK_DEPTH = 50

OnStart = Callable[[CodeType, FrameType], bool]
OnCall = Callable[[CodeType, int, Any], bool]
OnReturn = Callable[[CodeType, int], bool]


class CountingError(Exception):
    """Nothing can be counted here; the message says why."""


class Monitoring:
    """Calls back, in the thread where it happens, each time

    - ``on_start``: a Python function starts, with its frame,
    - ``on_call``: a function that was given to ``watch_calls`` calls something, with the offset in
      its bytecode, before it does,
    - ``on_return``: that was written in C, and returned or raised.

    What they answer is whether this function, or this place in it, is to be watched no further. An
    exception of theirs goes to ``on_failure`` and not on into the code that is watched.
    """

    def __init__(
        self,
        on_start: OnStart,
        on_call: OnCall,
        on_return: OnReturn,
        on_failure: Callable[[Exception], None],
    ) -> None:
        self._on_start = on_start
        self._on_call = on_call
        self._on_return = on_return
        self._on_failure = on_failure
        # Reentrant: to stop is Python code, too, and may call back while it does.
        self._switching = threading.RLock()
        self._tool: int | None = None
        self._watched: dict[int, CodeType] = {}
        self._limit = 0

    def start(self) -> None:
        """Raises CountingError where sys.monitoring is missing or all its tool ids are taken."""
        monitoring = _monitoring()
        with self._switching:
            self._tool = _claim(monitoring)
            self._limit = sys.getrecursionlimit()
            sys.setrecursionlimit(self._limit + CALLBACK_DEPTH)
            for event, callback in self._callbacks(monitoring).items():
                monitoring.register_callback(self._tool, event, callback)
            for code in self._watched.values():
                monitoring.set_local_events(self._tool, code, monitoring.events.CALL)
            monitoring.restart_events()
            monitoring.set_events(self._tool, monitoring.events.PY_START)

    def watch_calls(self, code: CodeType) -> None:
        """Call back for what this function calls, from now on."""
        monitoring = _monitoring()
        with self._switching:
            if self._tool is not None:
                self._watched[id(code)] = code
                monitoring.set_local_events(self._tool, code, monitoring.events.CALL)

    def stop(self) -> None:
        """Take everything back. To be called in any case; more often does no harm."""
        with self._switching:
            tool, self._tool = self._tool, None
            if tool is None:
                return
            monitoring = _monitoring()
            monitoring.set_events(tool, 0)
            for code in self._watched.values():
                monitoring.set_local_events(tool, code, 0)
            for event in self._callbacks(monitoring):
                monitoring.register_callback(tool, event, None)
            monitoring.free_tool_id(tool)
            if sys.getrecursionlimit() == self._limit + CALLBACK_DEPTH:
                sys.setrecursionlimit(self._limit)

    def _callbacks(self, monitoring: Any) -> dict[int, Callable[..., Any]]:
        on_start, on_call, on_return = self._on_start, self._on_call, self._on_return
        failed, disable = self._on_failure, monitoring.DISABLE

        def started(code: CodeType, _: int) -> Any:
            try:
                return disable if on_start(code, sys._getframe(1)) else None
            except Exception as error:  # noqa: BLE001 - whatever it is, the request must go on
                failed(error)

        def called(code: CodeType, offset: int, callee: Any, _: Any) -> Any:
            try:
                return disable if on_call(code, offset, callee) else None
            except Exception as error:  # noqa: BLE001
                failed(error)

        def returned(code: CodeType, offset: int, _: Any, __: Any) -> None:
            try:
                on_return(code, offset)
            except Exception as error:  # noqa: BLE001
                failed(error)

        events = monitoring.events
        return {
            events.PY_START: started,
            events.CALL: called,
            events.C_RETURN: returned,
            events.C_RAISE: returned,
        }


def is_on() -> bool:
    """Whether calls are watched in this process now."""
    monitoring = getattr(sys, "monitoring", None)
    return monitoring is not None and NAME in map(monitoring.get_tool, TOOL_IDS)


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
