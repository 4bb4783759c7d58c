"""Client calls folded into the application spans that make them."""

from dataclasses import replace

from lab.traces import folding
from lab.traces.critical_path import critical_self_time_us
from lab.traces.spans import Trace
from tests.lab.literal_traces import many_selects, mystery, named, rerank_slowest, span


def test_the_slowest_span_is_the_applications_not_the_client_call() -> None:
    """Unfolded the innermost HTTP call would be slowest; folded it is the span that makes it."""
    trace = mystery()
    own_us = critical_self_time_us(trace)
    assert trace.by_id[max(own_us, key=lambda span_id: own_us[span_id])].name == "POST"
    ranked = folding.slowest_span(trace)
    assert ranked.span.name == "openai.generate"
    assert ranked.critical_self_us == 3_500_000
    assert ranked.share == 3_500_000 / 4_200_000
    assert ranked.next_span == named(trace, "score")
    assert ranked.ahead_of_next_us == 3_100_000


def test_folding_loses_no_time() -> None:
    """The folded times add up to the request's duration."""
    for trace in (mystery(), rerank_slowest(), many_selects()):
        ranked = folding.rank(trace, critical_self_time_us(trace))
        assert sum(own_us for _, own_us in ranked) == trace.root.duration_us


def test_nested_client_spans_belong_to_one_application_span() -> None:
    """`chat` and the `POST` inside it are both openai.generate's."""
    owners = folding.owners(mystery())
    assert {owners[span_id].name for span_id in ("34", "35", "36")} == {"openai.generate"}


def test_a_contract_span_of_kind_client_is_the_applications() -> None:
    """pinecone.query is a client span made by hand: it stays itself."""
    assert folding.owners(mystery())["13"].name == "pinecone.query"


def test_a_client_span_without_an_application_span_above_stays_itself() -> None:
    """A client call at the root, or below another service's span, is nobody else's."""
    alone = span("01", None, "GET", "gateway", (0, 10), kind="client")
    astray = span("02", "01", "GET", "retriever", (1, 9), kind="client")
    owners = folding.owners(Trace.of([alone, astray]))
    assert (owners["01"], owners["02"]) == (alone, astray)


def test_a_request_of_one_span_has_no_next() -> None:
    """A trace with nothing but its root is its own slowest span, all of it."""
    root = span("01", None, "POST /query", "gateway", (0, 10), kind="server")
    ranked = folding.slowest_span(Trace.of([root]))
    assert (ranked.span, ranked.next_span, ranked.ahead_of_next_us) == (root, None, 10_000)
    assert ranked.share == 1.0


def test_a_place_is_the_way_from_the_root_without_client_calls() -> None:
    """A span is found again in a replay by the application spans above it."""
    trace = mystery()
    found = folding.places(trace)
    assert found["23"] == (
        ("gateway", "POST /query"),
        ("gateway", "rerank"),
        ("retriever", "POST /rerank"),
        ("retriever", "score"),
    )
    again = Trace.of(
        replace(one, span_id=f"b{one.span_id}", parent_id=f"b{one.parent_id}", trace_id="b" * 32)
        for one in trace.spans
    )
    assert {span_id[1:]: place for span_id, place in folding.places(again).items()} == found


def test_client_calls_have_no_place_of_their_own() -> None:
    """The calls that openai.generate makes are in its place; a contract span of kind client isn't
    one of them."""
    found = folding.places(mystery())
    assert {"35", "36", "31"}.isdisjoint(found)
    assert found["13"][-1] == ("retriever", "pinecone.query")
