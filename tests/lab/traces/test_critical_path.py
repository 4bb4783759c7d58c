"""The critical path of literal and of random traces."""

from itertools import pairwise

import pytest

from lab.traces.critical_path import critical_path, critical_self_time_us, self_time_us
from lab.traces.folding import slowest_span
from lab.traces.spans import Span, Trace
from tests.lab.trace_literals import BEGAN_US, query, random_trace, span, trace


def path(of: Trace) -> list[tuple[str, int, int]]:
    """The path's segments by span id, as offsets from the beginning."""
    return [
        (part.span.span_id, part.start_us - BEGAN_US, part.end_us - BEGAN_US)
        for part in critical_path(of)
    ]


def test_a_span_alone_is_its_own_path() -> None:
    """Without children, all of the time is the root's own."""
    assert path(trace(span("r", None, 0, 10))) == [("r", 0, 10)]


def test_children_one_after_the_other_are_all_on_the_path() -> None:
    """The root keeps what lies before, between and after them."""
    sequential = trace(span("r", None, 0, 100), span("a", "r", 10, 40), span("b", "r", 50, 90))
    assert path(sequential) == [
        ("r", 0, 10),
        ("a", 10, 40),
        ("r", 40, 50),
        ("b", 50, 90),
        ("r", 90, 100),
    ]


def test_children_without_a_gap_leave_the_parent_nothing_between() -> None:
    """A child that starts in the microsecond the other ends in follows it."""
    touching = trace(span("r", None, 0, 100), span("a", "r", 0, 40), span("b", "r", 40, 100))
    assert path(touching) == [("a", 0, 40), ("b", 40, 100)]


def test_of_parallel_children_the_last_to_finish_is_on_the_path() -> None:
    """The other was over before anyone waited for it, so making it faster helps nobody."""
    parallel = trace(span("r", None, 0, 100), span("a", "r", 10, 60), span("b", "r", 12, 90))
    assert path(parallel) == [("r", 0, 12), ("b", 12, 90), ("r", 90, 100)]


def test_before_the_last_to_finish_comes_the_last_that_finished_before_it_began() -> None:
    """Overlapping children: the walk goes back by what could have been waited for."""
    staggered = trace(
        span("r", None, 0, 100),
        span("a", "r", 0, 30),
        span("b", "r", 20, 70),
        span("c", "r", 50, 100),
    )
    assert path(staggered) == [("a", 0, 30), ("r", 30, 50), ("c", 50, 100)]


def test_the_path_goes_down_to_the_leaves() -> None:
    """A child on the path gives way to its own children."""
    nested = trace(
        span("r", None, 0, 100), span("a", "r", 10, 90), span("b", "a", 20, 80, service="other")
    )
    assert path(nested) == [
        ("r", 0, 10),
        ("a", 10, 20),
        ("b", 20, 80),
        ("a", 80, 90),
        ("r", 90, 100),
    ]


def test_a_child_by_another_clock_is_clipped_to_its_parent() -> None:
    """A service whose clock is ahead seems to end late and to begin early; the wait was for it."""
    skewed = trace(
        span("r", None, 0, 100),
        span("early", "r", -20, 30, service="retriever"),
        span("late", "r", 60, 130, service="generator"),
    )
    assert path(skewed) == [("early", 0, 30), ("r", 30, 60), ("late", 60, 100)]


def test_clipping_goes_all_the_way_down() -> None:
    """What a clipped span's children did outside of it isn't waited for either."""
    skewed = trace(
        span("r", None, 0, 100),
        span("late", "r", 60, 130, service="generator"),
        span("leaf", "late", 70, 120, service="generator"),
    )
    assert path(skewed) == [("r", 0, 60), ("late", 60, 70), ("leaf", 70, 100)]


def test_a_child_of_the_same_service_that_outlives_its_parent_was_not_waited_for() -> None:
    """By the same clock it ended after the parent: a task left behind, with all below it."""
    left_behind = trace(
        span("r", None, 0, 10_000),
        span("waited", "r", 1_000, 4_000),
        span("task", "r", 5_000, 60_000),
        span("below", "task", 6_000, 9_000),
    )
    assert path(left_behind) == [("r", 0, 1_000), ("waited", 1_000, 4_000), ("r", 4_000, 10_000)]


def test_a_child_that_closes_a_moment_late_was_waited_for() -> None:
    """Spans are closed after the work; less than a millisecond is no evidence."""
    late = trace(span("r", None, 0, 10_000), span("a", "r", 2_000, 10_400))
    assert path(late) == [("r", 0, 2_000), ("a", 2_000, 10_000)]


def test_a_child_wholly_outside_its_parent_is_off_the_path() -> None:
    """It can't have been waited for."""
    outside = trace(span("r", None, 0, 100), span("a", "r", 200, 300, service="generator"))
    assert path(outside) == [("r", 0, 100)]


def test_spans_of_no_length_take_no_time() -> None:
    """A child of no length leaves the path as it is; a root of no length has none."""
    assert path(trace(span("r", None, 0, 100), span("a", "r", 50, 50))) == [("r", 0, 100)]
    assert path(trace(span("r", None, 5, 5))) == []


def test_a_parent_outside_the_trace_makes_a_root() -> None:
    """A query forced by its caller has a parent that nobody recorded."""
    assert path(trace(span("r", "gone", 0, 50), span("a", "r", 10, 20))) == [
        ("r", 0, 10),
        ("a", 10, 20),
        ("r", 20, 50),
    ]


def test_of_several_roots_the_longest_is_walked() -> None:
    """Spans that lost their parent stay off the path, and have no share of it."""
    torn = trace(span("r", None, 0, 100), span("lost", "gone", 10, 60), span("x", "lost", 20, 30))
    assert path(torn) == [("r", 0, 100)]
    assert critical_self_time_us(torn) == {"r": 100, "lost": 0, "x": 0}


def test_self_time_is_what_no_child_covers() -> None:
    """Overlapping children count once, and only inside the span."""
    overlapping = trace(
        span("r", None, 0, 100),
        span("a", "r", 10, 50),
        span("b", "r", 30, 60),
        span("c", "r", 35, 40),
        span("d", "r", 90, 150),
    )
    assert self_time_us(overlapping) == {"r": 40, "a": 40, "b": 30, "c": 5, "d": 60}


def test_the_slowest_span_is_the_one_waited_for_longest() -> None:
    """In a mystery query it is the span that calls the provider, not those around it."""
    ranked = slowest_span(query())
    assert (ranked.span.span_id, ranked.critical_self_us) == ("09", 3_558_000)
    assert ranked.share == pytest.approx(3558 / 4203)
    assert ranked.next_span is not None
    assert (ranked.next_span.name, ranked.ahead_of_next_us) == ("score", 3_558_000 - 418_000)


def test_the_longest_span_off_the_path_is_not_the_slowest() -> None:
    """A baseline that takes the longest leaf would be wrong here."""
    hidden = trace(
        span("r", None, 0, 100),
        span("a", "r", 0, 60),
        span("b", "r", 61, 100),
        span("long", "r", 2, 70),
    )
    assert slowest_span(hidden).span.span_id == "a"


def test_one_span_on_the_path_has_no_next() -> None:
    """It is ahead by all it has."""
    ranked = slowest_span(trace(span("r", None, 0, 100)))
    assert (ranked.next_span, ranked.ahead_of_next_us, ranked.share) == (None, 100, 1.0)


def test_a_trace_of_no_length_has_a_slowest_span_without_a_share() -> None:
    """Nothing is divided by nothing."""
    ranked = slowest_span(trace(span("r", None, 5, 5)))
    assert (ranked.span.span_id, ranked.share, ranked.ahead_of_next_us) == ("r", 0.0, 0)


@pytest.mark.parametrize("seed", range(300))
def test_whatever_the_trace_the_path_covers_its_root_exactly(seed: int) -> None:
    """Without gap or overlap, in order, each segment inside its span, in all the root's length."""
    made = random_trace(seed)
    found = critical_path(made)
    assert sum(part.duration_us for part in found) == made.root.duration_us
    assert all(before.end_us == after.start_us for before, after in pairwise(found))
    assert all(part.duration_us > 0 for part in found)
    assert all(_is_inside(part.span, part.start_us, part.end_us) for part in found)
    if found:
        assert (found[0].start_us, found[-1].end_us) == (made.root.start_us, made.root.end_us)


@pytest.mark.parametrize("seed", range(100))
def test_whatever_the_trace_times_of_its_own_add_up(seed: int) -> None:
    """Critical self times are the root's duration in all, and no span's exceeds its duration."""
    made = random_trace(seed)
    critical_us, own_us = critical_self_time_us(made), self_time_us(made)
    assert sum(critical_us.values()) == made.root.duration_us
    for one in made.spans:
        assert 0 <= critical_us[one.span_id] <= one.duration_us
        assert 0 <= own_us[one.span_id] <= one.duration_us


def test_a_chain_of_two_thousand_spans_is_walked() -> None:
    """Depth is bounded by memory, not by the stack."""
    chain = [span(str(n), str(n - 1), n, 10_000 - n) for n in range(2_000)]
    found = critical_path(trace(*chain))
    assert len(found) == 2 * 2_000 - 1


def test_two_thousand_children_are_walked_in_order() -> None:
    """An N+1 of two thousand reads is all on the path."""
    reads = [span(str(n), "r", 5 * n, 5 * n + 4) for n in range(2_000)]
    own_us = critical_self_time_us(trace(span("r", None, 0, 10_000), *reads))
    assert own_us["r"] == 2_000
    assert set(own_us.values()) == {4, 2_000}


def _is_inside(one: Span, start_us: int, end_us: int) -> bool:
    return one.start_us <= start_us < end_us <= one.end_us
