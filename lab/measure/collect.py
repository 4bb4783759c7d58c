"""The replays' traces, once all of their spans are in Jaeger."""

import time
from collections.abc import Callable, Iterable

from lab.errors import LabError
from lab.traces.spans import Trace

TIMEOUT_S = 25.0
POLL_S = 0.5


def collect(
    find: Callable[[str], Trace | None],
    trace_ids: Iterable[str],
    is_whole: Callable[[Trace], bool],
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> tuple[Trace, ...]:
    """Wait for the replays' traces: services hand their spans over every few seconds.

    Raises LabError if one isn't whole in time.
    """
    deadline_s = clock() + TIMEOUT_S
    found = []
    for trace_id in trace_ids:
        trace = find(trace_id)
        while trace is None or not is_whole(trace):
            if clock() > deadline_s:
                seen = f"has {len(trace.spans)} spans only" if trace else "isn't there"
                raise LabError(
                    f"the trace {trace_id} of a replay {seen} in Jaeger after "
                    f"{TIMEOUT_S:.0f} s; see `invoke checklist`"
                )
            sleep(POLL_S)
            trace = find(trace_id)
        found.append(trace)
    return tuple(found)


def whole(services: Iterable[str], roots: int = 1) -> Callable[[Trace], bool]:
    """Whether a replay's trace has a span of each service and no more than ``roots`` roots.

    A service hands over a span only after those below it, so a missing one leaves others without
    their parent.
    """
    wanted = frozenset(services)

    def is_whole(trace: Trace) -> bool:
        has_all = wanted <= {span.service for span in trace.spans}
        return has_all and len(trace.roots) <= roots

    return is_whole
