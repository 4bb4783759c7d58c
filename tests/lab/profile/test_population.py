"""One trace among many."""

from dataclasses import replace

from lab.diagnosis.findings import Population
from lab.profile.population import compare, duration_ms
from lab.traces.folding import places
from lab.traces.spans import Trace
from tests.lab.literal_traces import mystery, rerank_slowest

PLACE = places(mystery())["34"]


def taking(trace_id: str, generate_ms: int) -> Trace:
    """A query whose openai.generate takes so long."""
    return Trace.of(
        replace(
            one,
            trace_id=trace_id,
            duration_us=generate_ms * 1000 if one.span_id == "34" else one.duration_us,
        )
        for one in mystery().spans
    )


def test_a_span_is_ranked_among_those_at_its_place() -> None:
    """Three others, of which one took longer; a query without that span doesn't count."""
    others = [taking("b" * 32, 3000), taking("c" * 32, 3200), taking("d" * 32, 4000)]
    found = compare(mystery(), PLACE, [*others, rerank_slowest()])
    assert found == Population(traces=3, median_ms=3200, p95_ms=3920, longer=1)


def test_a_trace_is_not_compared_with_itself() -> None:
    """The trace in question is among those found."""
    assert compare(mystery(), PLACE, [mystery()]) is None


def test_spans_of_one_place_are_added_up() -> None:
    """Two of them in one trace are one duration; none is None."""
    again = replace(mystery().by_id["34"], span_id="44", duration_us=500_000)
    assert duration_ms(Trace.of([*mystery().spans, again]), PLACE) == 4000
    assert duration_ms(rerank_slowest(), PLACE) is None
