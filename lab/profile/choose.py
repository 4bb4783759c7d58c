"""Which trace is profiled: the given one, or the slowest query of the window."""

from collections.abc import Callable

from lab.errors import LabError, UnavailableError
from lab.traces.jaeger import Jaeger
from lab.traces.spans import Trace
from lab.traffic.replay import is_replay

ANSWERED = {"http.response.status_code": "200"}


def find_trace(
    jaeger: Jaeger,
    trace_id: str | None,
    since_s: float,
    is_kept: Callable[[str], bool] = lambda _: True,
) -> Trace:
    """The given trace, or the slowest query's that was answered, replays left out.

    ``is_kept`` tells by trace id whether a request can be sent again; those that can't are passed
    over. Where none was answered or kept, the slowest of all is taken. Raises LabError where there
    is none.
    """
    if trace_id is not None:
        given = jaeger.trace(trace_id)
        if given is None:
            raise LabError(
                f"Jaeger has no trace {trace_id}; only sampled ones are kept (one in ten), and "
                "they arrive some seconds late: `invoke trace` shows the slowest there is"
            )
        return given
    found = jaeger.slowest(since_s=since_s, tags=ANSWERED) or jaeger.slowest(since_s=since_s)
    if found is None:
        raise LabError(
            f"there is no trace of a query of the last {since_s / 3600:.3g} h to profile; "
            "send some with `invoke traffic --requests 50` (one in ten is kept), or start with "
            "`invoke up`, which sends a slow one that always is"
        )

    def is_unfit(trace: Trace) -> bool:
        return is_replay(trace) or not is_kept(trace.trace_id)

    return _fit(jaeger, found, since_s, is_unfit) if is_unfit(found) else found


def _fit(
    jaeger: Jaeger, slowest: Trace, since_s: float, is_unfit: Callable[[Trace], bool]
) -> Trace:
    """The slowest query that is fit, ``slowest`` not being it: under py-spy, replays are slower.

    It is looked for among the slow ones first: of replays there may be more than can be gone
    through. Where there is none, ``slowest`` itself.
    """
    least_us = slowest.root.duration_us // 2
    while least_us:
        try:
            found = jaeger.slowest(
                since_s=since_s, tags=ANSWERED, min_duration_us=least_us, skip=is_unfit
            )
        except UnavailableError:
            raise
        except LabError:  # too many to go through
            return slowest
        if found is not None:
            return found
        least_us //= 2
    return slowest
