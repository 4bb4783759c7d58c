"""Which trace is profiled: the given one, or the slowest query of the window."""

from lab.errors import LabError, UnavailableError
from lab.jaeger import Jaeger
from lab.replay import is_replay
from lab.spans import Trace

ANSWERED = {"http.response.status_code": "200"}


def find_trace(jaeger: Jaeger, trace_id: str | None, since_s: float) -> Trace:
    """The given trace, or the slowest query's that was answered, replays left out.

    Where none was answered, the slowest of all is taken. Raises LabError where there is none.
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
    return _original_of(jaeger, found, since_s) if is_replay(found) else found


def _original_of(jaeger: Jaeger, replayed: Trace, since_s: float) -> Trace:
    """The slowest query that is no replay, ``replayed`` being slower: under py-spy, a bit.

    It is looked for among the slow ones first: of replays there may be more than can be gone
    through. Where there is none, the replay itself.
    """
    least_us = replayed.root.duration_us // 2
    while least_us:
        try:
            found = jaeger.slowest(
                since_s=since_s, tags=ANSWERED, min_duration_us=least_us, skip=is_replay
            )
        except UnavailableError:
            raise
        except LabError:  # too many to go through
            return replayed
        if found is not None:
            return found
        least_us //= 2
    return replayed
