"""Whether traces have arrived in Jaeger whole."""

import time
from collections.abc import Callable, Sequence

from lab.errors import LabError
from lab.traces.jaeger import Jaeger
from lab.traces.spans import Span, Trace
from services.telemetry.conventions import ROOT_SPAN, SERVICES, STAGES, USER_ID

POLL_S = 0.25
DAY_S = 86_400.0
# Of the newest traces, some are of cached answers and so never complete.
LOOKED_AT_PER_WANTED = 5
NEWEST = 5


def is_complete(trace: Trace) -> bool:
    """Whether a query, its stages and the work of other services for each of them are there.

    A trace that is still arriving isn't complete, nor is one of a cached answer. Processes export
    on their own time, and a long request's first spans before its last: so no span may lack its
    parent, and no stage the service it calls.
    """
    root = trace.root
    stages = {span.name: span for span in trace.children(root)}
    return (
        root.name == ROOT_SPAN
        and len(trace.roots) == 1
        and {span.service for span in trace.spans}.issuperset(SERVICES)
        and all(name in stages and _reaches_out(trace, stages[name]) for name in STAGES)
    )


def wait(
    jaeger: Jaeger,
    trace_ids: Sequence[str],
    want: int,
    timeout_s: float,
    on_progress: Callable[[str], None],
) -> None:
    """Wait until ``want`` of the traces are complete. Raises LabError when the time is up."""
    ends_s = time.monotonic() + timeout_s
    missing = list(trace_ids)
    while True:
        missing = [one for one in missing if not _has_complete(jaeger, one)]
        arrived = len(trace_ids) - len(missing)
        if arrived >= want:
            return
        if time.monotonic() >= ends_s:
            raise LabError(
                f"{arrived} of {len(trace_ids)} sampled traces arrived in Jaeger whole in "
                f"{timeout_s:.0f} s, {want} are needed; {missing[0]} is one that didn't: "
                "`invoke checklist` tells where spans are lost"
            )
        on_progress(f"waiting for Jaeger: {arrived} of {want} traces")
        time.sleep(POLL_S)


def count_complete(jaeger: Jaeger, start_s: float, end_s: float, want: int) -> int:
    """How many complete traces there are among the newest; it looks at enough to find ``want``."""
    newest = jaeger.traces(
        service=SERVICES[0],
        operation=ROOT_SPAN,
        start_us=round(start_s * 1e6),
        end_us=round(end_s * 1e6),
        limit=want * LOOKED_AT_PER_WANTED,
    )
    return sum(is_complete(trace) for trace in newest)


def newest_of_user(jaeger: Jaeger, user_id: str, now_s: float) -> str | None:
    """The id of the user's newest complete trace of the last 24 hours, if there is one."""
    newest = jaeger.traces(
        service=SERVICES[0],
        operation=ROOT_SPAN,
        start_us=round((now_s - DAY_S) * 1e6),
        end_us=round(now_s * 1e6),
        tags={USER_ID: user_id},
        limit=NEWEST,
    )
    return next((trace.trace_id for trace in newest if is_complete(trace)), None)


def _reaches_out(trace: Trace, stage: Span) -> bool:
    """Whether another service's span is below."""
    stack = [stage]
    while stack:
        children = trace.children(stack.pop())
        if any(child.service != stage.service for child in children):
            return True
        stack += children
    return False


def _has_complete(jaeger: Jaeger, trace_id: str) -> bool:
    found = jaeger.trace(trace_id)
    return found is not None and is_complete(found)
