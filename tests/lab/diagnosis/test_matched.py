"""Spans that were renamed, taken out or put around others are held against what they covered."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from lab.diagnosis.matched import matched
from lab.measure.measurement import Counts, Measurement, SpanCost
from lab.traces.spans import Place
from tests.lab.literal_measurements import (
    ALIGNING,
    COUNTS,
    PLACES,
    RERANKING,
    SCORING,
    changed,
    healthy,
    judged,
    own,
    span,
)

SERVER = PLACES["score"][:-1]
RANK: Place = (*SERVER, ("retriever", "rank"))
ALIGN: Place = (*PLACES["score"], ("retriever", "align"))


def served(measurement: Measurement) -> Measurement:
    """With the retriever's server span, which the literal measurements leave out."""
    cost = replace(span("retrieve", (6.0, 6.1, 6.2), {RERANKING: 5}, cpu_ms=(2.0,) * 3), calls=())
    return changed(measurement, replace(cost, place=SERVER))


def moved(counts: Counts, name: str) -> Counts:
    """The counts with those of `score` under another span's name."""
    functions = (
        replace(one, span=name) if one.span == "score" else one for one in counts.functions
    )
    return replace(counts, functions=tuple(functions))


def renamed(measurement: Measurement) -> Measurement:
    """`score` is called `rank`."""
    spans = (
        replace(one, place=RANK) if one.place == PLACES["score"] else one
        for one in measurement.spans
    )
    return replace(measurement, spans=tuple(spans), counts=moved(COUNTS, "rank"))


def taken_out(measurement: Measurement) -> Measurement:
    """`score` is no span any more: what it did is its server span's."""
    by_place: Mapping[Place, SpanCost] = {one.place: one for one in measurement.spans}
    score, server = by_place[PLACES["score"]], by_place[SERVER]
    whole = tuple(a + b for a, b in zip(score.own_ms, server.own_ms, strict=True))
    merged = replace(
        server, own_ms=whole, critical_ms=whole, stacks={**server.stacks, **score.stacks}
    )
    kept = tuple(one for one in measurement.spans if one.place not in (SERVER, score.place))
    return replace(measurement, spans=(*kept, merged), counts=moved(COUNTS, "POST /rerank"))


def wrapped(measurement: Measurement, slower_ms: float = 0.0) -> Measurement:
    """`alignment` has a span of its own below `score`."""
    inner = replace(
        span(
            "score",
            (390.0 + slower_ms,) * 3,
            {ALIGNING: 390.0 + slower_ms},
            cpu_ms=(385.0 + slower_ms,) * 3,
        ),
        place=ALIGN,
    )
    outer = span("score", (20.0,) * 3, {SCORING: 20.0}, cpu_ms=(15.0,) * 3)
    return changed(measurement, outer, inner)


@pytest.mark.parametrize("change", [renamed, taken_out, wrapped])
def test_spans_that_changed_blame_nobody(change: object) -> None:
    """The same work under other spans is the same work."""
    assert callable(change)
    found = judged(change(served(healthy())), served(healthy()))
    assert (found.verdict.cause, found.verdict.function) == ("none", None)


def test_what_is_slower_in_a_new_span_is_found_there() -> None:
    """300 ms more of `alignment`, in the span that was put around it."""
    found = judged(wrapped(served(healthy()), 300), served(healthy()))
    assert (found.verdict.function, found.verdict.span) == ("alignment", "align")
    assert found.verdict.avoidable_ms == pytest.approx(300, abs=30)


def test_a_span_of_new_work_has_no_past() -> None:
    """What nobody did before, nobody has to answer for but itself."""
    fresh = replace(
        span("score", (200.0,) * 3, {(*RERANKING, own("spell", "retriever/spell.py", 9)): 198}),
        place=RANK,
    )
    now = changed(served(healthy()), fresh)
    assert RANK not in matched(served(healthy()).spans, now.spans)


def test_nothing_is_lost_or_made_up() -> None:
    """All of the reference's time is somewhere."""
    before = served(healthy())
    for now in (renamed(before), taken_out(before), wrapped(before)):
        found = matched(before.spans, now.spans)
        assert sum(one.own_ms[0] for one in found.values()) == pytest.approx(before.request_ms[0])
