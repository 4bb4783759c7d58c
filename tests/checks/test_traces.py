"""Checkpoint 1: whole queries are traced."""

from dataclasses import replace

from checks.traces import judge
from checks.window import Window
from tests.checks.literal import (
    NOW_S,
    cached,
    changed,
    lost,
    only,
    queries,
    query,
    with_attributes,
    without,
)

WINDOW = Window.before(NOW_S)


def test_ten_whole_queries_pass() -> None:
    """Ten complete traces over three services are enough, and are counted."""
    found = judge(queries(10), WINDOW)
    assert found.passed
    assert "10 complete traces of the last hour over 3 services" in found.evidence


def test_nine_whole_queries_fail_and_name_the_traffic_to_send() -> None:
    """One too few fails with the command that makes more."""
    found = judge(queries(9), WINDOW)
    assert not found.passed
    assert "complete traces: 1 too few" in found.evidence
    assert found.fix == "invoke traffic --scenario cold --requests 50"


def test_no_trace_fails_and_asks_for_more_traffic() -> None:
    """Without any trace, enough traffic for ten sampled ones is named."""
    found = judge((), WINDOW)
    assert not found.passed
    assert found.fix == "invoke traffic --scenario cold --requests 250"


def test_cached_queries_do_not_count() -> None:
    """Traces of cached answers are told apart and don't make up for whole ones."""
    found = judge((*queries(9), *(cached(number) for number in range(20, 40))), WINDOW)
    assert not found.passed
    assert "20 cached" in found.evidence


def test_each_missing_span_makes_a_trace_incomplete() -> None:
    """A trace without one of the contract's spans doesn't count, and the span is named."""
    for name, told in (
        ("retrieve", "retrieve"),
        ("rerank", "rerank"),
        ("generate", "generate"),
        ("embed", "embed of retriever"),
        ("pinecone.query", "pinecone.query of retriever"),
        ("load_passages", "load_passages of retriever"),
        ("score", "score of retriever"),
        ("serialize_prompt", "serialize_prompt of generator"),
        ("openai.generate", "openai.generate of generator"),
    ):
        found = judge((*queries(9), without(query(10), name)), WINDOW)
        assert not found.passed, name
        assert f"{told} in 1" in found.evidence, name


def test_a_trace_of_one_service_alone_does_not_count() -> None:
    """Without the other services' spans a trace is incomplete; the fix says where to look."""
    found = judge(tuple(only(one, ["gateway"]) for one in queries(12)), WINDOW)
    assert not found.passed
    assert "0 complete traces of the last hour over 0 services" in found.evidence
    assert found.fix is not None
    assert "invoke logs --service retriever" in found.fix


def test_a_service_under_another_name_does_not_count() -> None:
    """Service names are those of the conventions."""
    renamed = tuple(
        changed(
            one, lambda s: replace(s, service=s.service.replace("generator", "unknown_service"))
        )
        for one in queries(12)
    )
    assert not judge(renamed, WINDOW).passed


def test_a_trace_without_its_root_does_not_count() -> None:
    """Without the gateway's POST /query there is no query to profile."""
    assert not judge(tuple(lost(one, "POST /query") for one in queries(12)), WINDOW).passed


def test_a_stage_that_hangs_elsewhere_does_not_count() -> None:
    """The three stages are children of the root, not of each other."""
    moved = tuple(
        changed(one, lambda s: replace(s, parent_id="08") if s.name == "generate" else s)
        for one in queries(12)
    )
    found = judge(moved, WINDOW)
    assert not found.passed
    assert "generate in 12" in found.evidence


def test_what_is_still_arriving_is_told_apart() -> None:
    """A trace that has just ended and lacks spans is not called broken."""
    found = judge((*queries(10), without(query(11, ago_s=6), "generate")), WINDOW)
    assert found.passed
    assert "1 younger than 8 s, 0 incomplete" in found.evidence


def test_failed_queries_are_told_apart() -> None:
    """A query that failed with 502 has no later stages and is no fault of the tracing."""
    failed = with_attributes(
        without(query(11), "generate"), "POST /query", {"http.response.status_code": 502}
    )
    found = judge((*queries(10), failed), WINDOW)
    assert "1 failed, 0 younger than 8 s, 0 incomplete" in found.evidence
