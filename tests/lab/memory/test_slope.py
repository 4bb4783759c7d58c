"""A leak's slope told from warm-up and noise."""

from collections.abc import Callable

import pytest

from lab.memory.slope import Growth, Sample, blocks, judge, theil_sen


def growth_of(rss_kb: Callable[[int], float], requests: int = 600, warm_up: int = 200) -> Growth:
    """The growth of a process whose memory is ``rss_kb`` after so many requests."""
    samples = [Sample(at / 10, at, rss_kb(at)) for at in range(0, requests + 1, 5)]
    return judge("retriever", samples, warm_up)


def test_a_straight_line_has_its_slope_and_no_error() -> None:
    """Points on one line give that line's slope, without an interval around it."""
    slope = theil_sen([(0, 100), (10, 150), (20, 200), (30, 250)])
    assert (slope.kb, slope.low_kb, slope.high_kb, slope.error_kb) == (5, 5, 5, 0)


def test_an_outlier_hardly_moves_the_slope() -> None:
    """One wild value among twelve leaves the median of the pairs' slopes where it was."""
    points = [(float(x), 2.0 * x) for x in range(12)]
    points[5] = (5.0, 900.0)
    assert theil_sen(points).kb == 2


def test_sens_interval_is_that_of_hollander_and_wolfe() -> None:
    """Ten points with scatter: the 11th and 35th of 45 slopes bound the median with 95 %."""
    values = [1, 4, 2, 8, 5, 9, 7, 15, 11, 18]
    points = [(float(x), float(y)) for x, y in enumerate(values)]
    slopes = sorted(
        (b[1] - a[1]) / (b[0] - a[0]) for i, a in enumerate(points) for b in points[i + 1 :]
    )
    slope = theil_sen(points)
    assert slope.kb == slopes[22]
    assert (slope.low_kb, slope.high_kb) == (slopes[10], slopes[34])


def test_no_slope_without_two_different_points() -> None:
    """All samples at the same request have no slope."""
    with pytest.raises(ValueError, match="slope"):
        theil_sen([(3, 1), (3, 2)])


def test_blocks_are_medians_over_equally_many_requests() -> None:
    """Samples crowd where requests are slow; each stretch of requests still counts once."""
    crowded = [Sample(0, 0, 10)] * 50 + [Sample(1, 100, 20), Sample(2, 200, 30)]
    assert blocks(crowded, 2) == [(0, 10), (150, 25)]
    assert blocks([Sample(0, 7, 1)] * 5) == []


def test_a_leak_grows() -> None:
    """60 KB of each request on top of a sawtooth: it grows, by that much."""
    found = growth_of(lambda at: 150_000 + 60 * at + at % 70 * 8)
    assert found.trend == "grows"
    assert found.slope is not None
    assert found.slope.kb == pytest.approx(60, abs=3)
    assert found.slope.low_kb > 50
    assert found.requests == 400


def test_a_warm_up_is_no_leak() -> None:
    """14 MB of pools and arenas in the first hundred requests, then little: steady."""
    found = growth_of(lambda at: 143_000 + 14_000 * (1 - 0.97**at) + 4 * at)
    assert found.trend == "steady"


def test_a_young_process_that_settles_is_steady() -> None:
    """12 KB a request, as measured of a healthy retriever just started, is below the least."""
    assert growth_of(lambda at: 215_000 + 12 * at + at % 50 * 20).trend == "steady"


def test_growth_that_flattens_is_not_told_to_grow() -> None:
    """A cache that is filling still but fills less and less is not called growth."""
    assert growth_of(lambda at: 150_000 + 9_000 * (1 - 0.992**at)).trend != "grows"


def test_a_drop_in_between_is_no_growth() -> None:
    """Memory that the allocator gives back leaves a steady process steady."""
    assert growth_of(lambda at: 210_000 - (17_000 if at > 350 else 0) + at).trend == "steady"


def test_too_few_samples_have_no_slope() -> None:
    """A handful of samples is unclear, and none at all too."""
    few = judge("gateway", [Sample(at, at * 10, 100 + at) for at in range(4)], 0)
    assert (few.trend, few.slope, few.samples) == ("unclear", None, 4)
    assert judge("gateway", [], 0).trend == "unclear"


def test_what_comes_before_the_warm_ups_end_is_not_judged() -> None:
    """A jump inside the warm-up doesn't show."""
    found = growth_of(lambda at: 100_000 if at < 200 else 150_000)
    assert (found.first_kb, found.last_kb, found.trend) == (150_000, 150_000, "steady")
    assert found.slope is not None
    assert found.slope.kb == 0
    assert len(found.series) > found.samples
