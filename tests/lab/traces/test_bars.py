"""Spans as bars of characters."""

import random

import pytest

from lab.traces.bars import ASCII, UNICODE, Interval, Scale, bar

SCALE = Scale(1_000, 2_000, 10)


def drawn(spans: list[Interval], critical: list[Interval]) -> str:
    """The bar on ten cells of 100 us, in ASCII: `#` critical, `-` open."""
    return bar(SCALE, spans, critical, ASCII)


def test_a_bar_lies_where_the_span_was() -> None:
    """From its start to its end."""
    assert drawn([(1_200, 1_500)], []) == "  ---     "


def test_what_was_waited_for_is_drawn_solid() -> None:
    """The rest of the bar stays open."""
    assert drawn([(1_000, 2_000)], [(1_300, 1_700)]) == "---####---"


def test_the_shortest_span_takes_one_cell() -> None:
    """Even of no length, even at the very end."""
    assert drawn([(1_450, 1_450)], []) == "    -     "
    assert drawn([(2_000, 2_000)], []) == "         -"
    assert drawn([(1_410, 1_412)], [(1_410, 1_412)]) == "    #     "


def test_a_cell_is_solid_if_half_of_the_bar_in_it_was_waited_for() -> None:
    """Slivers between children don't speckle the parent's bar."""
    assert drawn([(1_000, 2_000)], [(1_000, 1_049)]) == "----------"
    assert drawn([(1_000, 2_000)], [(1_000, 1_051)]) == "#---------"


def test_a_span_outside_the_scale_is_kept_inside() -> None:
    """A clock that is off moves nothing off the screen."""
    assert drawn([(0, 1_100)], []) == "-         "
    assert drawn([(5_000, 6_000)], []) == "         -"


def test_a_fold_draws_all_of_its_spans() -> None:
    """With the gaps between them."""
    assert drawn([(1_000, 1_200), (1_500, 1_600)], [(1_500, 1_600)]) == "--   #    "


def test_a_scale_of_no_length_draws_one_cell() -> None:
    """A trace of one instant has a bar all the same."""
    assert bar(Scale(5, 5, 4), [(5, 5)], [], UNICODE) == "░   "


@pytest.mark.parametrize("seed", range(50))
def test_whatever_is_drawn_fills_the_width_exactly(seed: int) -> None:
    """The columns stay aligned."""
    rng = random.Random(seed)  # noqa: S311 - must be repeatable
    width = rng.randint(1, 200)
    starts = [rng.randint(0, 10_000) for _ in range(5)]
    spans = [(start, start + rng.randint(0, 9_000)) for start in starts]
    made = bar(Scale(2_000, 8_000, width), spans, spans[:2], UNICODE)
    assert len(made) == width
    assert set(made) <= {" ", "█", "░"}
    assert made.strip()
