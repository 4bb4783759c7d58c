"""The cost of tracing from paired queries."""

from bench.overhead import Cost, costs


def test_the_extra_is_the_median_of_the_rounds_differences() -> None:
    """A slow round hits all variants alike and doesn't count as the cost of one."""
    taken_ms = {"off": [10.0, 30.0, 11.0], "on": [12.0, 31.0, 14.0]}
    assert costs(taken_ms, "off") == {"off": Cost(11.0, 0.0), "on": Cost(14.0, 2.0)}
