"""To which power of the work a time grows, where the work may hardly differ."""

import pytest

from lab.diagnosis.exponents import exponents
from lab.measure.measurement import Growth, GrowthPoint
from tests.lab.literal_measurements import PLACES

PLACE = PLACES["score"]


def growth(*points: tuple[float, float]) -> tuple[Growth, ...]:
    """Own time of `score` in milliseconds by work."""
    return (Growth("top_k", tuple(GrowthPoint(work, {PLACE: ms}, {}) for work, ms in points)),)


@pytest.mark.parametrize("points", [((1.0, 200), (1.0, 210)), ((0.95, 180), (1.0, 210))])
def test_as_much_work_tells_no_power(points: tuple[tuple[float, float], ...]) -> None:
    """Half the `top_k` may fetch as many passages: the times then differ by noise alone."""
    assert exponents(growth(*points), PLACE, None) == ()


def test_what_hardly_differs_is_left_out_of_the_slope() -> None:
    """The request as it is stays, not the variant that worked as much."""
    points = growth((0.95, 120), (1.0, 200), (2.0, 800))
    assert exponents(points, PLACE, None) == (("top_k", 2.0),)


def test_three_amounts_of_work_are_all_used() -> None:
    """Half, whole and double: the slope from the least to the most."""
    assert exponents(growth((0.5, 100), (1.0, 200), (2.0, 400)), PLACE, None) == (("top_k", 1.0),)
