"""The recording's clock aligned with the spans."""

from lab.measure.clock import UNCALIBRATED_ERROR_US, Clock, Interval, calibrate
from lab.measure.stacks import Frame, Stay, Timeline

STARTED_US = 1_000_000_000
PERIOD_US = 10_000
IDLE = Frame("Queue.get", "/usr/lib/python3.13/queue.py", 1)
HANDLER = Frame("rerank", "/app/services/retriever/app.py", 40)
SCORE = Frame("score", "/app/services/retriever/rerank.py", 20)


def recorded(*runs: tuple[int, int], end_us: int) -> Timeline:
    """A thread that idles but in each (start, end), where `score` runs 50 ms into `rerank`."""
    stays: list[Stay] = []
    at_us = 0
    for start_us, finish_us in runs:
        stays += [
            Stay(41, at_us, start_us - 50_000, (IDLE,)),
            Stay(41, start_us - 50_000, start_us, (HANDLER,)),
            Stay(41, start_us, finish_us, (HANDLER, SCORE)),
        ]
        at_us = finish_us
    return Timeline((*stays, Stay(41, at_us, end_us, (IDLE,))))


def span(start_us: int, end_us: int) -> Interval:
    """A span, in microseconds after py-spy was started by our clock."""
    return Interval(41, STARTED_US + start_us, STARTED_US + end_us)


def test_the_origin_is_moved_to_where_the_spans_fit() -> None:
    """Edges seen 20 ms early put the origin 20 ms later, and half a period for sampling's lag."""
    timeline = recorded((480_000, 980_000), (1_480_000, 1_980_000), end_us=3_000_000)
    spans = [span(500_000, 1_000_000), span(1_500_000, 2_000_000)]
    found = calibrate(timeline, spans, STARTED_US, PERIOD_US)
    assert found == Clock(STARTED_US + 25_000, error_us=0, worst_us=0, edges=4)


def test_the_scatter_of_the_edges_is_stated() -> None:
    """One edge that is 8 ms off shows as the worst, not in the median."""
    timeline = recorded((500_000, 1_000_000), (1_500_000, 2_008_000), end_us=3_000_000)
    spans = [span(500_000, 1_000_000), span(1_500_000, 2_000_000)]
    found = calibrate(timeline, spans, STARTED_US, PERIOD_US)
    assert found == Clock(STARTED_US + 5_000, error_us=0, worst_us=8_000, edges=4)


def test_the_function_as_long_as_the_span_marks_it() -> None:
    """The handler around the span, 50 ms longer, doesn't shift the clock."""
    timeline = recorded((500_000, 1_000_000), end_us=2_000_000)
    found = calibrate(timeline, [span(500_000, 1_000_000)], STARTED_US, PERIOD_US)
    assert found.origin_us == STARTED_US + 5_000


def test_a_span_cut_short_by_the_recording_is_no_mark() -> None:
    """A span that began before the recording has no edge to compare, nor spoils the others'."""
    timeline = Timeline(
        (
            Stay(41, 20_000, 300_000, (HANDLER, SCORE)),
            Stay(41, 300_000, 700_000, (IDLE,)),
            Stay(41, 700_000, 1_200_000, (HANDLER, SCORE)),
            Stay(41, 1_200_000, 2_000_000, (IDLE,)),
        )
    )
    spans = [span(-200_000, 300_000), span(700_000, 1_200_000)]
    found = calibrate(timeline, spans, STARTED_US, PERIOD_US)
    assert found == Clock(STARTED_US + 5_000, error_us=0, worst_us=0, edges=2)


def test_without_a_mark_the_start_is_taken_with_its_known_error() -> None:
    """An event loop shows `select` in and beside the span: nothing can be compared."""
    select = Frame("EpollSelector.select", "/usr/lib/python3.13/selectors.py", 452)
    timeline = Timeline((Stay(41, 0, 3_000_000, (select,)),))
    found = calibrate(timeline, [span(500_000, 1_000_000)], STARTED_US, PERIOD_US)
    assert found == Clock(STARTED_US, UNCALIBRATED_ERROR_US, UNCALIBRATED_ERROR_US, edges=0)
