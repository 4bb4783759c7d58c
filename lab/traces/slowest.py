"""The slowest trace of a window, by an API that only tells the newest ones above a duration."""

from collections.abc import Callable, Sequence

from lab.errors import LabError
from lab.traces.spans import Span, Trace

PAGE = 20
MAX_CALLS = 80
# So many times, the next call asks for just more than the best found; after that, it halves the
# range of durations in question. Where durations come in no order, two or three calls do.
STEPS_UP = 6

Page = Callable[[int, int], Sequence[Trace]]
Matching = Callable[[Trace], Sequence[Span]]
Skip = Callable[[Trace], bool]


class _Search:
    """Calls ``page`` and counts."""

    def __init__(self, page: Page, matching: Matching, end_us: int, skip: Skip) -> None:
        self._page = page
        self._matching = matching
        self._skip = skip
        self._end_us = end_us
        self.calls = 0

    def newest(self, at_least_us: int) -> tuple[Trace | None, int, bool]:
        """Go back in time to the first page with traces that long; the longest of that page.

        Returns the trace, its length, and whether no older ones are left to look at.
        """
        end_us = self._end_us
        while True:
            if self.calls == MAX_CALLS:
                raise LabError(
                    f"the slowest trace isn't found after {MAX_CALLS} calls to Jaeger; "
                    "ask for a shorter time, such as `--since 1h`, or a longer `--min-duration`"
                )
            self.calls += 1
            traces = self._page(at_least_us, end_us)
            is_last = len(traces) < PAGE
            matching = [(trace, self._matching(trace)) for trace in traces]
            lengths = [(_longest_us(spans), trace) for trace, spans in matching if spans]
            hits = [
                (us, trace) for us, trace in lengths if us >= at_least_us and not self._skip(trace)
            ]
            if hits or is_last:
                longest_us, longest = max(hits, key=lambda hit: hit[0], default=(0, None))
                return longest, longest_us, is_last
            newest_us = [max(span.start_us for span in spans) for _, spans in matching if spans]
            end_us = min(end_us - 1, *newest_us)


def slowest(
    page: Page, matching: Matching, min_us: int, end_us: int, skip: Skip = lambda _: False
) -> Trace | None:
    """The trace with the longest of all matching spans, if that lasts at least ``min_us``.

    ``page(min_us, end_us)`` gives the up to PAGE newest traces with a matching span that begins no
    later than ``end_us`` and with any span, matching or not, of at least ``min_us``. Traces to
    ``skip`` are passed over. Raises LabError after MAX_CALLS calls.
    """
    search = _Search(page, matching, end_us, skip)
    best, low_us, is_last = search.newest(min_us)
    none_from_us: int | None = None
    while best is not None and not is_last and none_from_us != low_us + 1:
        above_us = _next(search.calls, low_us, none_from_us)
        found, found_us, is_last = search.newest(above_us)
        if found is None:
            none_from_us, is_last = above_us, False
        else:
            best, low_us = found, found_us
    return best


def _next(calls: int, low_us: int, none_from_us: int | None) -> int:
    """Ask from here on next; ``low_us`` has been found, from ``none_from_us`` on there is none."""
    if none_from_us is not None:
        return (low_us + none_from_us + 1) // 2
    return low_us + 1 if calls < STEPS_UP else max(2 * low_us, low_us + 1)


def _longest_us(spans: Sequence[Span]) -> int:
    return max(span.duration_us for span in spans)
