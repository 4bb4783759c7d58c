"""Finding the slowest of many traces with few calls."""

import random
from collections.abc import Sequence

import pytest

from lab.errors import LabError
from lab.traces.slowest import MAX_CALLS, PAGE, slowest
from lab.traces.spans import Span, Trace
from tests.lab.trace_literals import BEGAN_US, span, trace

END_US = BEGAN_US + 10**12


class Store:
    """Traces in order of start, and the calls made to it."""

    def __init__(self, durations_us: Sequence[int]) -> None:
        self.calls = 0
        self._traces = [
            trace(span("r", None, 1_000 * n, 1_000 * n + us, trace_id=f"{n + 1:032x}"))
            for n, us in enumerate(durations_us)
        ]

    def page(self, min_us: int, end_us: int) -> Sequence[Trace]:
        self.calls += 1
        newest = (
            one
            for one in reversed(self._traces)
            if one.root.start_us <= end_us and one.root.duration_us >= min_us
        )
        return [one for one, _ in zip(newest, range(PAGE), strict=False)]


def every(one: Trace) -> Sequence[Span]:
    """All spans match."""
    return one.spans


def found_us(store: Store, min_us: int = 0) -> int | None:
    """The duration of what the search finds."""
    found = slowest(store.page, every, min_us, END_US)
    return found.root.duration_us if found else None


def test_nothing_is_found_in_nothing() -> None:
    """One call tells that there is none."""
    store = Store([])
    assert found_us(store) is None
    assert store.calls == 1


def test_traces_to_skip_are_passed_over() -> None:
    """Two pages of longer ones that aren't wanted don't hide the one that is."""
    store = Store([5, 900, *[2_000] * (2 * PAGE), 30])
    found = slowest(store.page, every, 0, END_US, lambda one: one.root.duration_us == 2_000)
    assert found is not None
    assert found.root.duration_us == 900


def test_few_traces_take_one_call() -> None:
    """A page that isn't full holds them all."""
    store = Store([5, 900, 30])
    assert found_us(store) == 900
    assert store.calls == 1


@pytest.mark.parametrize("seed", range(20))
def test_thousands_in_no_order_take_few_calls(seed: int) -> None:
    """Each call leaves a small part of those before."""
    rng = random.Random(seed)  # noqa: S311 - must be repeatable
    durations_us = [int(rng.lognormvariate(13, 1)) for _ in range(5_000)]
    store = Store(durations_us)
    assert found_us(store) == max(durations_us)
    assert store.calls <= 6


def test_thousands_that_got_quicker_take_a_bounded_number_of_calls() -> None:
    """The worst order: the newest are the quickest, so that a page tells little."""
    durations_us = list(range(3_000_000, 1_000_000, -500))
    store = Store(durations_us)
    assert found_us(store) == 3_000_000
    assert store.calls <= 40


def test_one_very_slow_trace_behind_many_alike_is_found() -> None:
    """Guessing upwards ends, however far up the slowest is."""
    store = Store([3_600_000_000, *([1_000] * 500), *range(1_000, 2_000)])
    assert found_us(store) == 3_600_000_000
    assert store.calls <= MAX_CALLS


def test_many_traces_of_the_same_length_end_the_search() -> None:
    """Nothing is longer than the longest, however many there are."""
    assert found_us(Store([7] * 500)) == 7
    assert found_us(Store([0] * 500)) == 0


def test_what_is_too_short_does_not_count() -> None:
    """The least duration asked for is met or nothing is found."""
    assert found_us(Store([5, 900, 30]), min_us=900) == 900
    assert found_us(Store([5, 900, 30]), min_us=901) is None


def test_pages_without_a_match_are_paged_past() -> None:
    """Spans that aren't asked for may fill a page; the slowest match is behind it."""
    durations_us = [50, *([100] * 70)]
    store = Store(durations_us)

    def short(one: Trace) -> Sequence[Span]:
        """A store that finds by any span: of the long traces, only a short span matches."""
        root = one.root
        if root.duration_us == 50:
            return [root]
        return [span("below", "r", root.start_us - BEGAN_US, root.start_us - BEGAN_US + 10)]

    found = slowest(store.page, short, 20, END_US)
    assert found is not None
    assert found.root.duration_us == 50


def test_too_many_calls_are_an_error_that_says_how_to_narrow() -> None:
    """Better no answer than one that isn't sure to be right."""
    store = Store([100] * (PAGE * MAX_CALLS + 1))

    def below(one: Trace) -> Sequence[Span]:
        start_us = one.root.start_us - BEGAN_US
        return [span("below", "r", start_us, start_us + 10)]

    with pytest.raises(LabError, match="--since"):
        slowest(store.page, below, 20, END_US)
    assert store.calls == MAX_CALLS
