"""Parts of a timeline cut out and folded."""

from lab.cuts import Cut, FunctionTime, Interval, accountable, cut, functions
from lab.stacks import Frame, Stay, Timeline

ORIGIN_US = 1_000_000_000
RUN = Frame("Thread.run", "/usr/lib/python3.13/threading.py", 994)
HANDLER = Frame("rerank", "/app/services/retriever/app.py", 40)
SCORE = Frame("score", "/app/services/retriever/rerank.py", 20)
SCORE_LATER = Frame("score", "/app/services/retriever/rerank.py", 25)
DOT = Frame("dot", "/opt/venv/lib/python3.13/site-packages/numpy/core.py", 7)
RECV = Frame(
    "SyncStream.read", "/opt/venv/lib/python3.13/site-packages/httpcore/_backends/sync.py", 3
)


def ended(cut: Cut) -> dict[tuple[str, ...], int]:
    """A cut by function names."""
    return {tuple(frame.function for frame in stack): us for stack, us in cut.stacks.items()}


def test_only_the_intervals_thread_and_time_are_kept() -> None:
    """Stays are clipped to the span's time on its thread; other threads are left out."""
    timeline = Timeline(
        (
            Stay(41, 0, 100, (RUN,)),
            Stay(41, 100, 300, (RUN, SCORE)),
            Stay(42, 0, 300, (RUN, DOT)),
        )
    )
    found = cut(timeline, [Interval(41, ORIGIN_US + 50, ORIGIN_US + 200)], ORIGIN_US)
    assert ended(found) == {("Thread.run",): 50, ("Thread.run", "score"): 100}
    assert (found.intervals, found.wanted_us, found.covered_us) == (1, 150, 150)


def test_what_was_not_recorded_is_not_covered() -> None:
    """Time of the span outside the recording is wanted, but not made up."""
    timeline = Timeline((Stay(41, 100, 200, (SCORE,)),))
    found = cut(timeline, [Interval(41, ORIGIN_US, ORIGIN_US + 500)], ORIGIN_US)
    assert (found.wanted_us, found.covered_us) == (500, 100)


def test_stacks_that_do_not_change_for_long_are_told() -> None:
    """A stay of 100 ms counts with its part inside the span; shorter ones don't."""
    timeline = Timeline(
        (
            Stay(41, 0, 40_000, (SCORE,)),
            Stay(41, 40_000, 140_000, (SCORE_LATER,)),
            Stay(41, 140_000, 180_000, (SCORE,)),
        )
    )
    found = cut(timeline, [Interval(41, ORIGIN_US, ORIGIN_US + 130_000)], ORIGIN_US)
    assert (found.still_us, found.covered_us) == (90_000, 130_000)


def test_samples_are_covered_time_in_sampling_periods() -> None:
    """Two and a half seconds at 100 Hz are 250 samples."""
    assert Cut({(SCORE,): 2_500_000}, 1, 2_500_000).samples(rate_hz=100) == 250


def test_waiting_is_told_by_the_innermost_frame() -> None:
    """Only stacks that end in a waiting call count as waiting."""
    seen = Cut({(HANDLER, RECV): 300, (HANDLER, SCORE): 100}, 1, 400)
    assert (seen.waiting_us("io"), seen.waiting_us("lock")) == (300, 0)


def test_self_and_total_time_by_function() -> None:
    """Lines of one function are one entry, at the line with most time; recursion counts once."""
    seen = Cut(
        {(HANDLER, SCORE): 100, (HANDLER, SCORE_LATER): 300, (HANDLER, SCORE, SCORE_LATER): 50},
        1,
        450,
    )
    assert functions(seen) == (
        FunctionTime("score", "services/retriever/rerank.py", 25, self_us=450, total_us=450),
        FunctionTime("rerank", "services/retriever/app.py", 40, self_us=0, total_us=450),
    )


def test_the_deepest_own_function_is_accountable() -> None:
    """Time spent in a library below our code is our deepest function's, at its heaviest line."""
    seen = Cut(
        {
            (RUN, HANDLER, SCORE, DOT): 100,
            (RUN, HANDLER, SCORE_LATER, DOT): 600,
            (RUN, HANDLER): 200,
        },
        1,
        900,
    )
    assert accountable(seen) == SCORE_LATER


def test_a_function_with_less_than_the_share_is_not_accountable() -> None:
    """Where no deeper function has half the time, the one that calls them all is named."""
    other = Frame("load", "/app/services/retriever/documents.py", 3)
    seen = Cut({(HANDLER, SCORE): 400, (HANDLER, other): 400, (HANDLER,): 100}, 1, 900)
    assert accountable(seen) == HANDLER


def test_a_generator_expression_belongs_to_its_function() -> None:
    """A comprehension is no function of its own to blame."""
    inner = Frame("score.<locals>.<genexpr>", "/app/services/retriever/rerank.py", 21)
    assert accountable(Cut({(HANDLER, SCORE, inner): 500}, 1, 500)) == SCORE


def test_library_time_alone_has_no_own_function() -> None:
    """A thread that never is in the services' code has nothing accountable."""
    assert accountable(Cut({(RUN, DOT): 500}, 1, 500)) is None
    assert accountable(Cut({}, 0, 0)) is None
