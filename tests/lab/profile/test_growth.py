"""Time against work."""

import math
from dataclasses import replace

import pytest

from lab.measure.measurement import GrowthPoint
from lab.profile.growth import by_kind, expected_s, median_parts_ms, point, work_of
from lab.profile.variants import QUESTION, TOP_K, Variant
from lab.traces.spans import Trace
from lab.traffic.replay import Replay
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
    ("half_ms", "expected_ms"),
    [
        (800.0, 800 + 4000),  # no difference: nothing of it grows
        (400.0, 1600 + 4000),  # linear
        (200.0, 3200 + 4000),  # quadratic
        (900.0, 800 + 4000),  # noise
        (10.0, math.inf),  # who knows where that ends
    ],
)
def test_the_double_is_foreseen_from_the_half(half_ms: float, expected_ms: float) -> None:
    """Stage by stage: what another one saves doesn't count for the one that grows."""
    now = {"rerank": 800.0, "generate": 2000.0, "": 3.0}
    half = {"rerank": half_ms, "generate": 1000.0, "": 1.0}
    assert expected_s(now, half, 0.5, 2.0) == pytest.approx(expected_ms / 1000, abs=0.01)


def test_less_than_half_tells_the_same() -> None:
    """Two passages of five, then ten: the power counts, not the step."""
    now, half = {"rerank": 1000.0}, {"rerank": 160.0}
    assert expected_s(now, half, 0.4, 2.0) == pytest.approx(4.0)


def test_what_no_stage_tells_is_a_part_of_its_own() -> None:
    """The gateway's own time is the request's less the stages', and never negative."""
    one = Replay("a", 1.0, {"retrieve": 300.0, "generate": 600.0})
    other = Replay("b", 1.2, {"retrieve": 300.0, "generate": 700.0})
    assert median_parts_ms([one, other]) == {"retrieve": 300.0, "generate": 650.0, "": 150.0}
    assert median_parts_ms([Replay("c", 0.1, {"retrieve": 200.0})])[""] == 0.0


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
