"""Time against work."""

from dataclasses import replace

import pytest

from lab.measure.measurement import GrowthPoint
from lab.profile.growth import by_kind, expected_s, point, work_of
from lab.profile.variants import QUESTION, TOP_K, Variant
from lab.traces.spans import Trace
from tests.lab.literal_recordings import ALIGNMENT, RERANK, SCORE
from tests.lab.literal_traces import mystery
from tests.lab.measure.test_measurement_json import SCORED, WHOLE


def test_a_point_has_each_places_and_each_functions_time() -> None:
    """A function's time includes what is below it; recursion counts once."""
    recursive = replace(
        SCORED,
        own_ms=(400.0, 410.0, 500.0),
        stacks={(RERANK, SCORE, SCORE, ALIGNMENT): 300.0, (RERANK, SCORE): 100.0},
    )
    found = point(0.5, replace(WHOLE, spans=(recursive,)))
    assert found.work == 0.5
    assert found.own_ms[SCORED.place] == pytest.approx(410, rel=0.02)
    assert found.function_ms == {
        (SCORED.place, "Retriever.rerank", "services/retriever/service.py"): 400,
        (SCORED.place, "score", "services/retriever/scoring.py"): 400,
        (SCORED.place, "alignment", "services/retriever/scoring.py"): 300,
    }


def test_points_come_by_kind_with_the_request_as_it_is() -> None:
    """Half, whole and double of each kind, in order of work."""
    half, now, double = (GrowthPoint(work, {}, {}) for work in (0.5, 1.0, 2.0))
    found = by_kind([(TOP_K, half), (QUESTION, half), (TOP_K, double)], now)
    assert [(one.work, one.points) for one in found] == [
        (TOP_K, (half, now, double)),
        (QUESTION, (half, now)),
    ]


@pytest.mark.parametrize(
    ("half_s", "expected"),
    [
        (5.0, 5.0),  # no difference: nothing of it grows
        (4.5, 7.0),  # linear: 1 s more, counted double
        (4.25, 11.0),  # quadratic: 3 s more, counted double
        (4.0, float("inf")),  # the half had none of it left
        (3.0, float("inf")),
        (5.2, 5.0),  # noise
    ],
)
def test_the_double_is_foreseen_from_the_half(half_s: float, expected: float) -> None:
    """Of 5 s one is in question; how much less the half takes tells how it grows."""
    assert expected_s(5.0, half_s, 1.0) == pytest.approx(expected)


def test_nothing_in_question_takes_no_longer() -> None:
    """A service without time of its own can't make the request longer."""
    assert expected_s(5.0, 4.0, 0.0) == 5.0


def with_passages(count: int) -> list[Trace]:
    """A replay whose `score` tells how many passages it worked on."""
    return [
        Trace.of(
            replace(one, attributes={**one.attributes, "passages": count})
            if one.name == "score"
            else one
            for one in mystery().spans
        )
    ]


def test_passages_are_believed_before_top_k() -> None:
    """Twice the `top_k` made 100 passages of 60: that is the work, where a service tells it."""
    twice = Variant(TOP_K, 2.0, {})
    assert work_of(twice, with_passages(100), with_passages(60), "retriever") == 100 / 60
    assert work_of(twice, with_passages(100), with_passages(60), "generator") == 2.0
    longer = Variant(QUESTION, 1.9, {})
    assert work_of(longer, with_passages(100), with_passages(60), "retriever") == 1.9
