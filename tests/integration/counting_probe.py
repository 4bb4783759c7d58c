"""Counting by `sys.monitoring` in a service's own Python, run inside of its container.

Prints one JSON object with what each probe below found.
"""

import asyncio
import json
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from opentelemetry import context
from opentelemetry.sdk.trace import TracerProvider
from starlette.types import Receive, Scope, Send

from services.telemetry import armed
from services.telemetry import counting as counter
from services.telemetry.arguments import Keys
from services.telemetry.armed import Armed
from services.telemetry.counted import Counting, CountingMiddleware
from services.telemetry.monitoring import TOOL_IDS
from services.telemetry.session import Session

monitoring: Any = getattr(sys, "monitoring", None)
tracer = TracerProvider().get_tracer("probe")
TOKEN = "0123456789abcdef" * 4


def nap() -> None:
    """Calls one C function."""
    time.sleep(0.02)


def work(times: int) -> int:
    """Calls one function of our own."""
    for _ in range(times):
        nap()
    return times


def deep(left: int) -> int:
    """Calls itself."""
    return deep(left - 1) if left else 0


def deepest() -> int:
    """How deep it can."""
    low, high = 1, 10_000
    while low < high:
        middle = (low + high + 1) // 2
        try:
            deep(middle)
            low = middle
        except RecursionError:
            high = middle - 1
    return low


OWN = work.__code__.co_filename


def is_off() -> bool:
    """Whether nothing of ours is left: no tool, no events, not on a function either."""
    if any(monitoring.get_tool(tool) for tool in TOOL_IDS):
        return False
    left = 0
    for tool in TOOL_IDS:
        monitoring.use_tool_id(tool, "probe")
        left |= monitoring.get_events(tool) | monitoring.get_local_events(tool, work.__code__)
        monitoring.free_tool_id(tool)
    return left == 0


@contextmanager
def counting(**how: Any) -> Iterator[Session]:
    """A session with one request open, and the span that is counted. Needs an event loop."""
    with tracer.start_as_current_span("work") as span:
        trace_id = f"{span.get_span_context().trace_id:032x}"
        session = Session(Armed(trace_id, TOKEN, time.time() + 60), OWN, **how)
        session.begin()
        try:
            yield session
        finally:
            session.end()


def calls(session: Session) -> dict[str, int]:
    """Calls by function."""
    return {one["function"]: one["calls"] for one in session.told()["functions"]}


async def counts() -> Any:
    """A function of our own, and what it calls."""
    with counting() as session:
        work(3)
    return session.told()["functions"]


async def counts_again() -> Any:
    """What was called often enough in one session is counted in the next."""
    with patch.object(counter, "MOST_CALLS", 2), counting() as stopped:
        work(4)
    with counting() as anew:
        work(4)
    return [calls(stopped)["nap"], calls(anew)["nap"]]


async def leaves_others_out() -> Any:
    """A thread of another trace, and a thread of none, while a request is counted."""

    def other() -> None:
        with tracer.start_as_current_span("other", context=context.Context()):
            work(2)

    with counting() as session:
        threads = [threading.Thread(target=other), threading.Thread(target=work, args=(2,))]
        for thread in threads:
            thread.start()
        work(1)
        for thread in threads:
            thread.join()
    return calls(session)


async def sees_waits() -> Any:
    """A task of the trace that waits, and one of another."""

    async def waits() -> None:
        await asyncio.sleep(0.2)

    with tracer.start_as_current_span("other", context=context.Context()):
        beside = asyncio.create_task(waits())
    with counting() as session:
        await waits()
    await beside
    return session.told()["awaited"]


async def fails_quietly() -> Any:
    """What counts raises: the work is done all the same."""
    with patch.object(Keys, "of_call", None), counting() as session:
        done = work(2)
    return {"done": done, "incomplete": session.told()["incomplete"]}


async def keeps_depth() -> Any:
    """Code that goes as deep as it can comes as deep as before."""
    before = deepest()
    limit = sys.getrecursionlimit()
    with counting():
        during = deepest()
    return {"before": before, "during": during, "restored": sys.getrecursionlimit() == limit}


async def finds_a_free_id() -> Any:
    """Another tool has the first."""
    monitoring.use_tool_id(TOOL_IDS[0], "coverage")
    try:
        with counting() as session:
            work(1)
        return {"calls": calls(session), "other": monitoring.get_tool(TOOL_IDS[0])}
    finally:
        monitoring.free_tool_id(TOOL_IDS[0])


async def says_why_not() -> Any:
    """Other tools have all."""
    for tool in TOOL_IDS:
        monitoring.use_tool_id(tool, "coverage")
    try:
        with counting() as session:
            done = work(1)
        return {"done": done, "not_counted": session.told()["not_counted"]}
    finally:
        for tool in TOOL_IDS:
            monitoring.free_tool_id(tool)


async def ends_in_time() -> Any:
    """The event loop is blocked for longer than may be counted."""
    with counting(longest_s=0.05) as session:
        time.sleep(0.2)
        off = is_off()
    return {"off": off, "incomplete": session.told()["incomplete"]}


async def ends_with_the_request() -> Any:
    """Through the middleware: a request that raises, one that is cancelled, one beside another."""
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder, tracer.start_as_current_span("work") as span:
        trace_id = f"{span.get_span_context().trace_id:032x}"
        said = {"trace_id": trace_id, "token": TOKEN, "expires_s": time.time() + 60}
        (Path(folder) / armed.FILE).write_text(json.dumps(said), encoding="utf-8")

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            found.setdefault("on", []).append(not is_off())
            await asyncio.sleep(scope["wait_s"])
            raise LookupError

        middleware: Any = CountingMiddleware(app, Counting(Path(folder)))
        requests = [middleware({"type": "http", "wait_s": s}, None, None) for s in (0, 0.05, 60)]
        tasks = [asyncio.create_task(request) for request in requests]
        done, pending = await asyncio.wait(tasks, timeout=0.3)
        found["raised"] = sorted(type(task.exception()).__name__ for task in done)
        found["open"] = not is_off()
        for task in pending:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        found["off"] = is_off()
    return found


PROBES: tuple[Callable[[], Any], ...] = (
    counts,
    counts_again,
    leaves_others_out,
    sees_waits,
    fails_quietly,
    keeps_depth,
    finds_a_free_id,
    says_why_not,
    ends_in_time,
    ends_with_the_request,
)


def main() -> None:
    """Run them, one after another."""
    found = {}
    for probe in PROBES:
        result = asyncio.run(probe())
        found[probe.__name__] = {"result": result, "off": is_off()}
    print(json.dumps(found))  # noqa: T201 - what the test reads


if __name__ == "__main__":
    main()
