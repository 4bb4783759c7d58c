"""Percentiles of latencies."""

import pytest

from lab.traffic.percentiles import latency, percentile


def test_a_percentile_lies_between_its_neighbours() -> None:
    """Linear interpolation: the 95th of 1 to 4 is 85 % of the way from 3 to 4."""
    assert percentile([1.0, 2.0, 3.0, 4.0], 0.95) == pytest.approx(3.85)
    assert percentile([1.0, 2.0, 3.0, 4.0], 0.5) == pytest.approx(2.5)


def test_the_ends_are_the_least_and_the_most() -> None:
    """The 0th and the 100th percentile are values that occurred."""
    assert percentile([1.0, 5.0, 9.0], 0.0) == 1.0
    assert percentile([1.0, 5.0, 9.0], 1.0) == 9.0


def test_one_value_is_every_percentile() -> None:
    """A single answer is its own median and its own worst."""
    found = latency([7.0])
    assert found is not None
    assert (found.count, found.p50_ms, found.p99_ms, found.max_ms) == (1, 7.0, 7.0, 7.0)


def test_no_values_have_no_percentiles() -> None:
    """Nothing answered is told as nothing, not as 0 ms."""
    assert latency([]) is None
    with pytest.raises(ValueError, match="no values"):
        percentile([], 0.5)


def test_order_does_not_matter() -> None:
    """Latencies come in as they were answered."""
    found = latency([30.0, 10.0, 20.0])
    assert found is not None
    assert (found.p50_ms, found.max_ms) == (20.0, 30.0)
